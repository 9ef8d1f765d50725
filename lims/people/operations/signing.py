"""Signatures: password again, a meaning, bound to the hash of what was shown (ISO/IEC 17025 7.8.2.1 o, 7.11.3)."""

from __future__ import annotations

from sqlalchemy.orm import Session

from lims import clock
from lims.errors import Invalid, NotAllowed, Refused
from lims.people import passwords
from lims.people.operations.attempts import attempt_succeeded, begin_attempt
from lims.people.records import Person, Signature
from lims.people.rights import Actor
from lims.store.db import beside

MEANINGS = frozenset({"reviewed", "approved", "overridden", "validated", "deviated"})


class WrongPassword(Invalid):
    """The password given again is not the person's."""


def check_password(session: Session, *, by: Actor, password: str) -> Person:
    """Check the password of the person who acts, given again. Refuses after too many tries.

    Tries are counted beside the caller's transaction: a wrong one counts although it takes that transaction with it.
    """
    if by.person_id is None:
        raise NotAllowed("Only a person can sign.")
    person = session.get_one(Person, by.person_id)
    with beside(session) as own:
        attempt = begin_attempt(own, account=person.email, address=by.address)
    if attempt is None:
        raise Refused(
            "Too many wrong passwords. Wait a quarter of an hour and try again.", rule="attempts", clause="7.11.3"
        )
    if not passwords.matches(person.password_hash, password):
        raise WrongPassword(
            "The password is not right. Nothing was signed.",
            {"password": "Give your own password."},
        )
    with beside(session) as own:
        attempt_succeeded(own, attempt)
    return person


def sign(
    session: Session, *, by: Actor, password: str, meaning: str, thing: str, thing_id: object, content_hash: str
) -> int:
    """Sign: the password again, and what it means, bound to the hash of what was shown; return the signature's id."""
    if meaning not in MEANINGS:
        raise Invalid("A signature means one of: %(meanings)s.", meanings=", ".join(sorted(MEANINGS)))
    person = check_password(session, by=by, password=password)
    titles = person.title or {}
    signer = {locale: ", ".join(filter(None, (name, titles.get(locale)))) for locale, name in person.name.items()}
    row = Signature(
        person_id=person.id,
        at=clock.now(),
        meaning=meaning,
        thing=thing,
        thing_id=str(thing_id),
        content_hash=content_hash,
        signer=signer,
        request_id=by.request_id,
    )
    session.add(row)
    session.flush()
    return row.id
