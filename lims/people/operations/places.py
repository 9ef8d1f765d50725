"""Branches and laboratories: entered and changed by the administrator."""

from __future__ import annotations

import re
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import select
from sqlalchemy.orm import Session

from lims.errors import Invalid, LimsError, NotFound
from lims.people.colour import dark_enough
from lims.people.records import Branch, Laboratory
from lims.people.rights import Actor, Right
from lims.store import audit
from lims.store.db import Texts

_CODE = re.compile(r"[A-Z0-9]{1,8}")
"""Codes stand in the numbers of jobs and reports, so they hold nothing that a scanner could mistake."""


def create_branch(
    session: Session,
    *,
    by: Actor,
    code: str,
    name: Texts,
    address: Texts | None = None,
    time_zone: str = "Asia/Taipei",
    parent_id: int | None = None,
) -> Branch:
    """Enter a branch, or an office under one. Takes an administrator of the whole bureau."""
    by.must_at(Right.ADMINISTER, branch_id=None)
    _check(session, Branch, code, name, time_zone=time_zone)
    if parent_id is not None and session.get(Branch, parent_id) is None:
        raise NotFound("There is no such branch.")
    branch = Branch(code=code, name=name, address=address, time_zone=time_zone, parent_id=parent_id)
    session.add(branch)
    session.flush()
    audit.record(
        session, by=by, thing="branch", thing_id=branch.id, action="create", branch_id=branch.id,
        new={"code": code, "name": name},
    )  # fmt: skip
    return branch


def change_branch(session: Session, *, by: Actor, branch_id: int, name: Texts, address: Texts | None) -> None:
    """Change the name or the address of a branch: they stand on reports issued from now on."""
    row = session.get(Branch, branch_id, with_for_update=True, populate_existing=True)
    if row is None:
        raise NotFound("There is no such branch.")
    by.must_at(Right.ADMINISTER, branch_id=branch_id)
    _check_name(name)
    _change(session, by, row, branch_id, {"name": name, "address": address})


def create_laboratory(
    session: Session,
    *,
    by: Actor,
    branch_id: int,
    code: str,
    name: Texts,
    accent: str = "#0b5a7d",
    accreditation: str | None = None,
) -> Laboratory:
    """Enter a laboratory of a branch."""
    by.must_at(Right.ADMINISTER, branch_id=branch_id)
    if session.get(Branch, branch_id) is None:
        raise NotFound("There is no such branch.")
    _check(session, Laboratory, code, name)
    _check_colour(accent)
    row = Laboratory(branch_id=branch_id, code=code, name=name, accent=accent, accreditation=accreditation)
    session.add(row)
    session.flush()
    audit.record(
        session, by=by, thing="laboratory", thing_id=row.id, action="create", branch_id=branch_id,
        new={"code": code, "name": name, "accreditation": accreditation},
    )  # fmt: skip
    return row


def change_laboratory(
    session: Session,
    *,
    by: Actor,
    laboratory_id: int,
    accent: str,
    accreditation: str,
    reviewer_may_sign: bool,
    name: Texts | None = None,
) -> Laboratory:
    """Change name and colour of a laboratory, its accreditation, and whether its reviewers may sign reports."""
    row = session.get(Laboratory, laboratory_id, with_for_update=True, populate_existing=True)
    if row is None:
        raise NotFound("There is no such laboratory.")
    by.must_at(Right.ADMINISTER, branch_id=row.branch_id)
    _check_colour(accent)
    new: dict[str, object] = {
        "accent": accent,
        "accreditation": accreditation.strip() or None,
        "reviewer_may_sign": reviewer_may_sign,
    }
    if name is not None:
        _check_name(name)
        new["name"] = name
    _change(session, by, row, row.branch_id, new)
    return row


def _change(session: Session, by: Actor, row: Branch | Laboratory, branch_id: int, new: dict[str, object]) -> None:
    """Store what differs, and its old and new values."""
    old = {field: getattr(row, field) for field, value in new.items() if getattr(row, field) != value}
    if not old:
        return
    for field in old:
        setattr(row, field, new[field])
    audit.record(
        session, by=by, thing=row.__tablename__, thing_id=row.id, action="change", branch_id=branch_id, old=old,
        new={field: new[field] for field in old},
    )  # fmt: skip
    session.flush()


def _check(
    session: Session, kind: type[Branch | Laboratory], code: str, name: Texts, *, time_zone: str = "UTC"
) -> None:
    faults: dict[str, LimsError | str] = {}
    if not _CODE.fullmatch(code):
        faults["code"] = "Give one to eight capital letters or digits."
    elif session.scalar(select(kind.id).where(kind.code == code)):
        faults["code"] = "This code is taken."
    try:
        ZoneInfo(time_zone)
    except (ZoneInfoNotFoundError, ValueError):
        faults["time_zone"] = "Give a time zone such as Asia/Taipei."
    if faults:
        raise Invalid("This can't be entered yet. Look at the marked fields.", faults)
    _check_name(name)


def _check_name(name: Texts) -> None:
    if not any(text.strip() for text in name.values()):
        raise Invalid("A name is missing.", {"name-en": "Give the name in one language at least."})


def _check_colour(accent: str) -> None:
    if not dark_enough(accent):
        raise Invalid(
            "White letters can't be read on this colour.", {"accent": "Choose a darker colour (contrast 4.5 to white)."}
        )
