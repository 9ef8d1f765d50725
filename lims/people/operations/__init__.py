"""What is done about people: accounts by invitation, roles, signatures, tokens, branches, laboratories, clients."""

from lims.people.operations.accounts import (
    change_language,
    change_password,
    change_person,
    create_person,
    deactivate_person,
    end_sessions,
    reactivate_person,
    renew_hash,
)
from lims.people.operations.attempts import attempt_allowed, attempt_succeeded, begin_attempt, note_attempt
from lims.people.operations.clients import change_client, create_client
from lims.people.operations.invitations import accept_invitation, invite, offer_new_password, withdraw_invitation
from lims.people.operations.places import change_branch, change_laboratory, create_branch, create_laboratory
from lims.people.operations.roles import grant_role, revoke_role
from lims.people.operations.signing import check_password, sign
from lims.people.operations.tokens import create_token, note_use, revoke_token

__all__ = [
    "accept_invitation",
    "attempt_allowed",
    "attempt_succeeded",
    "begin_attempt",
    "change_branch",
    "change_client",
    "change_laboratory",
    "change_language",
    "change_password",
    "change_person",
    "check_password",
    "create_branch",
    "create_client",
    "create_laboratory",
    "create_person",
    "create_token",
    "deactivate_person",
    "end_sessions",
    "grant_role",
    "invite",
    "note_attempt",
    "note_use",
    "offer_new_password",
    "reactivate_person",
    "renew_hash",
    "revoke_role",
    "revoke_token",
    "sign",
    "withdraw_invitation",
]
