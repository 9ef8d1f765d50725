"""Nonconforming work: opened with all that it reached, results held back in the same act, let go at the resumption."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from lims import clock
from lims.errors import Invalid, NotAllowed, NotFound
from lims.instruments import queries as instruments
from lims.instruments.queries import InstrumentView, LotView
from lims.people.records import Branch
from lims.people.rights import Actor, Grant, Right
from lims.quality.frozen import freeze
from lims.quality.queries.nonconformities import nonconformity, source_of
from lims.quality.queries.reach import reach
from lims.quality.queries.traced import must
from lims.quality.records import Nonconformity
from lims.quality.states import MAY_OPEN, NONCONFORMITY, RESUME
from lims.results import operations as results
from lims.results.records import Hold
from lims.samples.calendar import local_date
from lims.store import audit, numbering, states

_EVERYWHERE = Actor(
    person_id=None, label="system", grants=frozenset({Grant(right=Right.READ), Grant(right=Right.AUDIT)})
)
"""Who sees all: the list is frozen whole, whoever opened it, and shown to each as far as they may see it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A nonconformity, how many results were held back, and how many could not be held by this person."""

    id: int
    held: int
    not_held: int


def open_nonconformity(
    session: Session,
    *,
    by: Actor,
    instrument_id: int | None = None,
    lot_id: int | None = None,
    what: str,
    since: datetime | None = None,
    until: datetime | None = None,
    hold: bool = False,
) -> Opened:
    """Open nonconforming work by an instrument or a lot, with the frozen list of all that it went into (7.10.1).

    With `hold` every result in it that was not retracted is held back at once, where the person may; results elsewhere
    are left to who may. Refuses without words on what was found, and who may neither follow up nor look after the
    instrument or the lot.
    """
    view = _about(session, by, instrument_id, lot_id)
    must(by, MAY_OPEN, view)
    if not what.strip():
        raise Invalid("Say what was found.", {"what": "Say in a few words what was found."})
    whole = reach(session, by=_EVERYWHERE, instrument_id=instrument_id, lot_id=lot_id, since=since, until=until)
    text, digest = freeze(whole)
    row = Nonconformity(
        number=_number(session, view.branch_id),
        branch_id=view.branch_id,
        laboratory_id=view.laboratory_id,
        instrument_id=instrument_id,
        lot_id=lot_id,
        what=what.strip(),
        reach=text,
        reach_hash=digest,
        opened_by_id=by.person_id,
        opened_at=clock.now(),
    )
    session.add(row)
    session.flush()
    about = {"instrument_id": instrument_id} if lot_id is None else {"lot_id": lot_id}
    audit.record(
        session,
        by=by,
        thing=NONCONFORMITY.thing,
        thing_id=row.id,
        action="open",
        branch_id=view.branch_id,
        new={"number": row.number, **about, "reach_hash": digest, "state": str(row.state)},
        why=row.what,
    )
    standing = sorted({one.result_id for one in whole.rows if one.result_id is not None and not one.retracted})
    held = _hold(session, by, row, standing) if hold else 0
    return Opened(id=row.id, held=held, not_held=len(standing) - held if hold else 0)


def _about(session: Session, by: Actor, instrument_id: int | None, lot_id: int | None) -> InstrumentView | LotView:
    """Return what the work is about: one instrument, or one lot."""
    if instrument_id is not None and lot_id is None:
        return instruments.instrument_seen(session, instrument_id, by=by)
    if lot_id is not None and instrument_id is None:
        return instruments.lot_seen(session, lot_id, by=by)
    raise Invalid("Name one instrument, or one lot.", {"instrument_id": "Choose from the list."})


def _number(session: Session, branch_id: int) -> str:
    branch = session.get_one(Branch, branch_id)
    year = local_date(clock.now(), branch.time_zone).year
    return numbering.numbered(
        "Q", branch.code, year, numbering.next_number(session, f"nonconformity:{branch.code}:{year}")
    )


def _hold(session: Session, by: Actor, row: Nonconformity, result_ids: Iterable[int]) -> int:
    """Hold results back where the person may, and return how many."""
    held = 0
    for result_id in result_ids:
        try:
            results.place_hold(
                session, by=by, result_id=result_id, reason=f"{row.number}: {row.what}", source=source_of(row.id)
            )
        except (NotAllowed, NotFound):  # of another place: counted, and left to who may
            continue
        held += 1
    return held


def move_nonconformity(
    session: Session, *, by: Actor, nonconformity_id: int, name: str, seen_version: int | None, why: str
) -> None:
    """Move nonconforming work on, saying why; the resumption lets the results go that it held back (7.10.1 f)."""
    seen = nonconformity(session, nonconformity_id, by=by).row
    row = session.get_one(Nonconformity, nonconformity_id)
    states.move(
        session,
        NONCONFORMITY,
        row,
        name,
        by=by,
        branch_id=seen.branch_id,
        laboratory_id=seen.laboratory_id,
        seen_version=seen_version,
        why=why,
    )
    if name == RESUME:
        _let_go(session, by, nonconformity_id, why)


def _let_go(session: Session, by: Actor, nonconformity_id: int, why: str) -> None:
    standing = select(Hold.id).where(Hold.source == source_of(nonconformity_id), Hold.released_at.is_(None))
    for hold_id in session.scalars(standing.order_by(Hold.id)).all():
        try:
            results.release_hold(session, by=by, hold_id=hold_id, reason=why)
        except (NotAllowed, NotFound):  # of another place: it stays until somebody there lets it go
            continue
