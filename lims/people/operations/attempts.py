"""Tries to log in or to sign: counted per account and per address, so that guessing is slow."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Text, bindparam, func, insert, select, update
from sqlalchemy.orm import Session

from lims import clock
from lims.people.records import LoginAttempt
from lims.store.db import table_of

WINDOW = timedelta(minutes=15)
PER_ACCOUNT = 5
PER_ADDRESS = 30
LONGEST = 320
"""Characters kept of what was typed as an account: no address has more."""


_TURN = select(
    *(func.pg_advisory_xact_lock(func.hashtextextended(bindparam(one, type_=Text), 0)) for one in ("first", "second"))
)
_ACCOUNT, _ADDRESS = bindparam("account", type_=Text), bindparam("address", type_=Text)
_SINCE = bindparam("since", type_=LoginAttempt.at.type)
_LAST_SUCCESS = (
    select(func.max(LoginAttempt.at)).where(LoginAttempt.account == _ACCOUNT, LoginAttempt.success).scalar_subquery()
)
_FAILED = select(func.count()).where(LoginAttempt.at > _SINCE, ~LoginAttempt.success)
_FAILURES = select(
    _FAILED.where(
        LoginAttempt.account == _ACCOUNT, LoginAttempt.at > func.coalesce(_LAST_SUCCESS, _SINCE)
    ).scalar_subquery(),
    _FAILED.where(LoginAttempt.address == _ADDRESS, LoginAttempt.address != "").scalar_subquery(),
)
"""Failures of late: of the account since its last success, and from the address."""
_ATTEMPTS = table_of(LoginAttempt)
_NOTED = insert(_ATTEMPTS).returning(_ATTEMPTS.c.id)
_SUCCEEDED = update(_ATTEMPTS).where(_ATTEMPTS.c.id == bindparam("attempt_id")).values(success=True)


def begin_attempt(session: Session, *, account: str, address: str) -> int | None:
    """Count a try as a wrong one before it is made, and return its key; None: there were too many, so make none.

    Commit it at once. Tries of one account, and those from one address, take turns here: many at the same moment are
    no more than one after the other.
    """
    counted = (f"account {_folded(account)}", f"address {address}")  # always in this order: nobody waits in a circle
    session.execute(_TURN, dict(zip(("first", "second"), counted, strict=True)))
    if not attempt_allowed(session, account=account, address=address):
        return None
    return note_attempt(session, account=account, address=address, success=False)


def attempt_succeeded(session: Session, attempt_id: int) -> None:
    """Count a try as a right one after all."""
    session.execute(_SUCCEEDED, {"attempt_id": attempt_id})


def note_attempt(session: Session, *, account: str, address: str, success: bool) -> int:
    """Keep one try, and return its key. Commit it whatever becomes of the request."""
    noted = {"account": _folded(account), "address": address, "success": success, "at": clock.now()}
    key: int = session.execute(_NOTED, noted).scalar_one()
    return key


def attempt_allowed(session: Session, *, account: str, address: str, per_account: int = PER_ACCOUNT) -> bool:
    """Tell whether another try is allowed: few failures of late of account (since its last success) and address."""
    counted = {"account": _folded(account), "address": address, "since": clock.now() - WINDOW}
    account_count, address_count = session.execute(_FAILURES, counted).one()
    return bool(account_count < per_account and address_count < PER_ADDRESS)


def _folded(account: str) -> str:
    """Return an account's name as it is counted, whatever was sent as one."""
    return account.replace("\0", "").strip().lower()[:LONGEST]
