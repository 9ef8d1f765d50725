"""Tries to log in or to sign: counted per account and per address, so that guessing is slow."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from lims import clock
from lims.people.records import LoginAttempt

WINDOW = timedelta(minutes=15)
PER_ACCOUNT = 5
PER_ADDRESS = 30
LONGEST = 320
"""Characters kept of what was typed as an account: no address has more."""


def begin_attempt(session: Session, *, account: str, address: str) -> int | None:
    """Count a try as a wrong one before it is made, and return its key; None: there were too many, so make none.

    Commit it at once. Tries of one account, and those from one address, take turns here: many at the same moment are
    no more than one after the other.
    """
    counted = (f"account {_folded(account)}", f"address {address}")  # always in this order: nobody waits in a circle
    session.execute(select(*(func.pg_advisory_xact_lock(func.hashtextextended(one, 0)) for one in counted)))
    if not attempt_allowed(session, account=account, address=address):
        return None
    return note_attempt(session, account=account, address=address, success=False)


def attempt_succeeded(session: Session, attempt_id: int) -> None:
    """Count a try as a right one after all."""
    session.execute(update(LoginAttempt).where(LoginAttempt.id == attempt_id).values(success=True))


def note_attempt(session: Session, *, account: str, address: str, success: bool) -> int:
    """Keep one try, and return its key. Commit it whatever becomes of the request."""
    row = LoginAttempt(account=_folded(account), address=address, success=success, at=clock.now())
    session.add(row)
    session.flush()
    return row.id


def attempt_allowed(session: Session, *, account: str, address: str, per_account: int = PER_ACCOUNT) -> bool:
    """Tell whether another try is allowed: few failures of late of account (since its last success) and address."""
    account, since = _folded(account), clock.now() - WINDOW
    last_success = (
        select(func.max(LoginAttempt.at)).where(LoginAttempt.account == account, LoginAttempt.success).scalar_subquery()
    )
    failures = select(func.count()).where(LoginAttempt.at > since, ~LoginAttempt.success)
    of_account = failures.where(
        LoginAttempt.account == account, LoginAttempt.at > func.coalesce(last_success, since)
    ).scalar_subquery()
    of_address = failures.where(LoginAttempt.address == address, LoginAttempt.address != "").scalar_subquery()
    account_count, address_count = session.execute(select(of_account, of_address)).one()
    return bool(account_count < per_account and address_count < PER_ADDRESS)


def _folded(account: str) -> str:
    """Return an account's name as it is counted, whatever was sent as one."""
    return account.replace("\0", "").strip().lower()[:LONGEST]
