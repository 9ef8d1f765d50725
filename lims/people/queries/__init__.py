"""What is asked about people: who acts, who may do what, branches, laboratories, clients."""

from lims.people.queries.accounts import (
    Account,
    account,
    account_by_email,
    anybody,
    password_known_to_all,
)
from lims.people.queries.acting import actor, actor_by_token, signed_in
from lims.people.queries.clients import CLIENT_READERS, ClientView, client, clients
from lims.people.queries.invitations import InvitationView, open_invitation, open_invitations
from lims.people.queries.places import BranchView, LaboratoryView, branches, laboratories
from lims.people.queries.signatures import SignatureView, signature
from lims.people.queries.staff import PersonView, RoleView, people, person, person_names
from lims.people.queries.tokens import TokenView, tokens

__all__ = [
    "CLIENT_READERS",
    "Account",
    "BranchView",
    "ClientView",
    "InvitationView",
    "LaboratoryView",
    "PersonView",
    "RoleView",
    "SignatureView",
    "TokenView",
    "account",
    "account_by_email",
    "actor",
    "actor_by_token",
    "anybody",
    "branches",
    "client",
    "clients",
    "laboratories",
    "open_invitation",
    "open_invitations",
    "password_known_to_all",
    "people",
    "person",
    "person_names",
    "signature",
    "signed_in",
    "tokens",
]
