"""Editions of a method: written, reviewed, approved with a signature; what is approved is frozen (7.2.1, 8.3)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from lims import clock
from lims.config import LEAST_TRIALS, MOST_TRIALS
from lims.errors import Invalid, Refused
from lims.methods import procedure
from lims.methods.approval import refuse_unready
from lims.methods.document import canonical_hash, checked
from lims.methods.operations.place import method_of, version_of
from lims.methods.records import Method, MethodVersion
from lims.methods.states import VERSION, VersionState
from lims.people.operations import sign
from lims.people.records import Branch
from lims.people.rights import Actor, Right
from lims.store import audit, states


def write_version(
    session: Session,
    *,
    by: Actor,
    method_id: int,
    edition: str,
    standard: str,
    document: Mapping[str, Any],
    changes: str = "",
    trials: int | None = None,
) -> MethodVersion:
    """Write a new edition as a draft; the document is parsed, so what is stored can be evaluated (7.2.1).

    `trials` is the number of Monte Carlo trials by which its results are checked, where the settings' is not enough.
    """
    method, branch_id = method_of(session, method_id)
    by.must(Right.MANAGE_METHODS, branch_id=branch_id, laboratory_id=method.laboratory_id)
    text, digest = _frozen(document)
    if not edition.strip() or not standard.strip():
        raise Invalid(
            "An edition has a name and follows a published standard or a procedure of ours.",
            {"edition" if not edition.strip() else "standard": "This is missing."},
        )
    if session.scalar(select(MethodVersion.id).filter_by(method_id=method_id, edition=edition)):
        raise Invalid("This edition exists already.", {"edition": "Give the new edition a name of its own."})
    row = MethodVersion(
        method_id=method_id,
        edition=edition,
        standard=standard,
        document=text,
        document_hash=digest,
        changes=changes,
        trials=_trials(trials),
        created_by_id=by.person_id,
    )
    session.add(row)
    session.flush()
    audit.record(
        session,
        by=by,
        thing=VERSION.thing,
        thing_id=row.id,
        action="write",
        branch_id=branch_id,
        new={
            "method": method.code,
            "edition": edition,
            "standard": standard,
            "document_hash": digest,
            "trials": trials,
        },
        why=changes,
    )
    return row


def change_draft(
    session: Session,
    *,
    by: Actor,
    version_id: int,
    document: Mapping[str, Any],
    seen_version: int,
    changes: str,
    trials: int | None = None,
) -> MethodVersion:
    """Write a draft's document again; refuses once it left the draft (7.2.1, 8.3)."""
    row, method, branch_id = version_of(session, version_id)
    by.must(Right.MANAGE_METHODS, branch_id=branch_id, laboratory_id=method.laboratory_id)
    states.check_seen(session, VERSION, row, seen_version)
    if row.state != VersionState.DRAFT:
        raise Refused(
            "Only a draft can be changed. Write a new edition instead.",
            rule="approved content is frozen",
            clause="8.3.2",
        )
    old: dict[str, Any] = {"document_hash": row.document_hash, "trials": row.trials}
    row.document, row.document_hash = _frozen(document)
    row.changes, row.trials = changes, _trials(trials)
    row.version += 1
    audit.record(
        session,
        by=by,
        thing=VERSION.thing,
        thing_id=row.id,
        action="change",
        branch_id=branch_id,
        old=old,
        new={"document_hash": row.document_hash, "trials": row.trials},
        why=changes,
    )
    session.flush()
    return row


def move_version(
    session: Session, *, by: Actor, version_id: int, name: str, seen_version: int, why: str = ""
) -> MethodVersion:
    """Send an edition for review, back, or withdraw it; approval is `approve_version`."""
    if name == "approve":
        raise Refused("Approval needs a signature.", rule="approval is a signature", clause="7.2.1")
    row, method, branch_id = version_of(session, version_id)
    states.move(
        session,
        VERSION,
        row,
        name,
        by=by,
        branch_id=branch_id,
        laboratory_id=method.laboratory_id,
        seen_version=seen_version,
        why=why,
    )
    if name == "withdraw" and row.in_force_from and row.in_force_from > _today(session, branch_id):
        _let_stand(session, row)
    return row


def _let_stand(session: Session, row: MethodVersion) -> None:
    """Let the edition before go on: the one that would have taken over never came into force."""
    before = select(MethodVersion).where(
        MethodVersion.method_id == row.method_id,
        MethodVersion.state == VersionState.APPROVED,
        MethodVersion.in_force_until == row.in_force_from,
    )
    for other in session.scalars(before.with_for_update()):
        other.in_force_until = row.in_force_until
    session.flush()


def approve_version(
    session: Session,
    *,
    by: Actor,
    version_id: int,
    password: str,
    in_force_from: date,
    seen_version: int,
    seen_hash: str,
    reason: str = "",
) -> MethodVersion:
    """Approve an edition with a signature over its document; it takes over from the one before on its day.

    Refuses the person who wrote it, a page that showed another document, a document that contradicts its own trial
    values, and few readings without a reason (7.2.1, 8.3.2).
    """
    row, method, branch_id = version_of(session, version_id)
    by.must(Right.APPROVE_METHODS, branch_id=branch_id, laboratory_id=method.laboratory_id)
    if row.created_by_id == by.person_id:
        raise Refused("Somebody else approves what you wrote.", rule="two persons", clause="8.3.2")
    if seen_hash != row.document_hash:
        raise Invalid("The document is not the one you were shown. Read it again.")
    refuse_unready(procedure.parse(json.loads(row.document)), reason)
    session.execute(select(Method.id).where(Method.id == method.id).with_for_update())  # one approval at a time
    others = _approved_once(session, row)
    _check_from(in_force_from, others, today=_today(session, branch_id))
    states.move(
        session,
        VERSION,
        row,
        "approve",
        by=by,
        branch_id=branch_id,
        laboratory_id=method.laboratory_id,
        seen_version=seen_version,
        why=reason,
    )
    row.signature_id = sign(
        session,
        by=by,
        password=password,
        meaning="approved",
        thing=VERSION.thing,
        thing_id=row.id,
        content_hash=row.document_hash,
    )
    row.in_force_from = in_force_from
    for other in others:
        if other.state == VersionState.APPROVED and other.in_force_until is None:
            other.in_force_until = in_force_from
    session.flush()
    return row


def _approved_once(session: Session, row: MethodVersion) -> Sequence[MethodVersion]:
    """Return the other editions of the method that were ever approved."""
    others = select(MethodVersion).where(
        MethodVersion.method_id == row.method_id, MethodVersion.id != row.id, MethodVersion.in_force_from.is_not(None)
    )
    return session.scalars(others).all()


def _check_from(in_force_from: date, others: Sequence[MethodVersion], *, today: date) -> None:
    """Refuse a first day that would change by which edition earlier work was done."""
    standing = (one for one in others if one.state == VersionState.APPROVED and one.in_force_until is None)
    if any(one.in_force_from and one.in_force_from >= in_force_from for one in standing):
        raise Invalid("A later edition is in force from that day on already.", {"in_force_from": "Choose a later day."})
    if others and in_force_from < today:
        raise Invalid(
            "Another edition was in force on that day, and work was done by it.",
            {"in_force_from": "Give today or later."},
        )


def _today(session: Session, branch_id: int) -> date:
    zone = session.scalar(select(Branch.time_zone).where(Branch.id == branch_id)) or "UTC"
    return clock.now().astimezone(ZoneInfo(zone)).date()


def _trials(trials: int | None) -> int | None:
    if trials is not None and not LEAST_TRIALS <= trials <= MOST_TRIALS:
        reason = Invalid(
            "The number of Monte Carlo trials lies between %(least)s and %(most)s; it is %(given)s.",
            least=LEAST_TRIALS, most=MOST_TRIALS, given=trials,
        )  # fmt: skip
        raise Invalid(reason.id, {"trials": reason}, **reason.data)
    return trials


def _frozen(document: Mapping[str, Any]) -> tuple[str, str]:
    """Return the text of a document that parses, and its hash; the order of keys stays: outputs use earlier ones."""
    procedure.parse(document)
    text = json.dumps(checked(document), ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text, canonical_hash(document)
