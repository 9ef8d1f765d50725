"""What an instrument's readings of a time went into, for its page; the time follows from calibrations and checks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from lims.errors import Invalid, NotAllowed
from lims.instruments import queries as instruments
from lims.instruments.queries import InstrumentView, LotView
from lims.people.rights import Actor, Right
from lims.quality.queries.proofs import proofs
from lims.quality.queries.reach import reach
from lims.quality.reached import Doubt, Proof, Reach, doubt_of
from lims.quality.states import MAY_TRACE


@dataclass(frozen=True, slots=True, kw_only=True)
class Traced:
    """An instrument, what is known of it, and what its readings in doubt went into."""

    instrument: InstrumentView
    proofs: tuple[Proof, ...]
    doubt: Doubt
    reach: Reach


def traced(
    session: Session,
    *,
    by: Actor,
    instrument_id: int,
    since: datetime | None = None,
    until: datetime | None = None,
    found_at: datetime | None = None,
) -> Traced:
    """Return what the readings of an instrument went into (6.4.9, 7.10.1).

    Without `since` they count from the last good calibration or check before the finding (`found_at`, or the latest
    failed check or refused certificate); without `until`, to the first good one after it, or to now. Refuses who may
    neither follow up, nor look after the instrument, nor audit at its place.
    """
    view = instruments.instrument_seen(session, instrument_id, by=by)
    must(by, MAY_TRACE, view)
    if since is not None and until is not None and until <= since:
        raise Invalid("The end lies before the beginning.", {"until": "Give a moment after the beginning."})
    known = tuple(proofs(session, instrument_id))
    doubt = doubt_of(known, found_at=found_at)
    return Traced(
        instrument=view,
        proofs=known,
        doubt=doubt,
        reach=reach(
            session,
            by=by,
            instrument_id=instrument_id,
            since=since or (doubt.since.at if doubt.since else None),
            until=until or (doubt.until.at if doubt.until else None),
        ),
    )


def traced_lot(
    session: Session, *, by: Actor, lot_id: int, since: datetime | None = None, until: datetime | None = None
) -> tuple[LotView, Reach]:
    """Return a lot, and what its values went into, with those of all that was made of it (6.4.9, 7.10.1).

    Refuses who may neither follow up, nor look after equipment, nor audit at its place.
    """
    view = instruments.lot_seen(session, lot_id, by=by)
    must(by, MAY_TRACE, view)
    if since is not None and until is not None and until <= since:
        raise Invalid("The end lies before the beginning.", {"until": "Give a moment after the beginning."})
    return view, reach(session, by=by, lot_id=lot_id, since=since, until=until)


def must(by: Actor, rights: tuple[Right, ...], view: InstrumentView | LotView) -> None:
    """Raise NotAllowed unless one of the rights is held where the instrument or the lot is."""
    if any(by.may(right, branch_id=view.branch_id, laboratory_id=view.laboratory_id) for right in rights):
        return
    raise NotAllowed(
        "You need the right to %(right)s here. Ask the manager of the laboratory or the administrator.",
        right=str(rights[0]),
    )
