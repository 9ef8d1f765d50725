"""Readings that a person writes down at the bench (7.5.1, 7.11.6)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from lims import clock
from lims.errors import Invalid
from lims.instruments.reading import GENESIS
from lims.instruments.states import InstrumentState
from lims.people.rights import Actor
from lims.results import counting
from lims.results.counting import Key
from lims.results.entry import Entered, Written, key_of, understand
from lims.results.operations import gates, results
from lims.results.operations.place import begin, edition_of, to_be_worked
from lims.results.queries.basis import Basis, basis
from lims.results.records import Reading
from lims.results.states import Source
from lims.store import audit, canonical


def enter_readings(
    session: Session,
    *,
    by: Actor,
    line_id: int,
    entries: Sequence[Entered],
    entry_id: UUID | None = None,
    why: str = "",
) -> list[int]:
    """Store numbers that a person read or was given; begins work on the line; return their ids (7.5.1, 6.2.5).

    Refuses who is not competent, numbers and units that can't be used (each by its field), an instrument that was not
    valid, and what takes the place of other readings without a reason. The same `entry_id` again is answered as done.
    """
    work = to_be_worked(session, by=by, line_id=line_id)
    known = _known(session, entry_id, line_id) if entry_id else None
    if known:
        return known
    entry_id = entry_id or uuid4()
    version = edition_of(session, work)
    found = basis(session, version, work.line.specification, line_id, begun=work.line.started_at is not None)
    received = work.item.received_at if work.item else None
    written = understand(entries, found.required, now=clock.now(), not_before=received)
    replacing = _replacing(found, written, why)
    competence = gates.competent(session, by=by, work=work, at=clock.now())
    certificates = {
        (one.input, one.point): gates.usable(session, work=work, instrument_id=one.instrument_id, until=one.at)
        for one in written
        if one.instrument_id is not None
    }
    begin(session, by=by, work=work, version=version)
    rows: list[dict[str, Any]] = []
    previous = GENESIS
    for one in written:
        view = certificates.get((one.input, one.point))
        shared = {
            "line_id": line_id,
            "input": one.input,
            "point": one.point,
            "source": Source.MANUAL,
            "entry_id": entry_id,
            "unit": one.unit,
            "at": one.at,
            "instrument_id": one.instrument_id,
            "certificate_id": view.certificate_id if view else None,
            "flags": _flags(view),
            "counts": True,
            "replaces": replacing[one.input, one.point],
            "recorded_by_id": by.person_id,
            "supervisor_id": gates.supervisor(competence),
        }
        for value, typed in zip(one.values, one.typed, strict=True):
            row = {**shared, "seq": len(rows) + 1, "value": value, "raw": typed}
            said = {"U": one.U, "k": one.k, "note": one.note, "why": why, "previous": previous}
            body = canonical.to_text({**row, **said})
            head = canonical.digest(body)
            rows.append({**row, "body": body, "previous_hash": previous, "hash": head})
            previous = head
    statement = insert(Reading).returning(Reading.id, sort_by_parameter_order=True)
    ids = list(session.scalars(statement, rows, execution_options={"render_nulls": True}))
    audit.record(
        session,
        by=by,
        thing="line",
        thing_id=line_id,
        action="enter readings",
        branch_id=work.job.branch_id,
        new={
            "entry_id": entry_id,
            "inputs": {key_of(one.input, one.point): [*one.values, one.unit] for one in written},
            "head": previous,
        },
        why=why.strip(),
    )
    results.evaluate_now(session, by=by, work=work, version=version, reason=why.strip())
    return ids


def _known(session: Session, entry_id: UUID, line_id: int) -> list[int]:
    query = select(Reading.id, Reading.line_id).where(Reading.entry_id == entry_id).order_by(Reading.seq)
    rows = session.execute(query).all()
    if any(row.line_id != line_id for row in rows):
        raise Invalid("This key is taken. Send another one.")
    return [row.id for row in rows]


def _replacing(found: Basis, written: Sequence[Written], why: str) -> Mapping[Key, bool]:
    """Return whether each input's numbers take the place of what is there; that needs a reason."""
    required = {(one.name, one.point): one for one in found.required}
    replacing = {
        (one.input, one.point): counting.replaces(required[one.input, one.point], found.counted) for one in written
    }
    taken = [key_of(*key) for key, whole in replacing.items() if whole and found.counted.get(key)]
    if taken and not why.strip():
        raise Invalid(
            "These numbers would take the place of those that are there: %(inputs)s. Say why.",
            {"why": "Give a reason in a few words."},
            inputs=", ".join(taken),
        )
    return replacing


def _flags(view: Any) -> list[str]:
    """Flags of a reading by eye: the gate that was overridden, so that nobody overlooks it."""
    if view is None or view.usable or view.state != InstrumentState.IN_SERVICE:
        return []
    return ["no_certificate" if view.certificate_id is None else "calibration_overdue"]
