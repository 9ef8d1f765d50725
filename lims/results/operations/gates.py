"""Gates asked and overridden (6.2.5, 6.4.4, 7.2.1)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from lims import clock
from lims.errors import Invalid, NotFound, Refused
from lims.instruments import queries as instruments
from lims.instruments.queries import InstrumentView
from lims.methods.queries import CompetenceView
from lims.methods.states import Activity
from lims.people.operations import sign
from lims.people.rights import Actor, Right
from lims.results.operations.place import WORKED, Refusals, at_line
from lims.results.queries import gates
from lims.results.queries.gates import GateView
from lims.results.records import GateOverride
from lims.results.states import Gate
from lims.samples.calendar import local_date
from lims.samples.operations.place import Placed
from lims.samples.states import LineState
from lims.store import audit, canonical


def competent(session: Session, *, by: Actor, work: Placed, at: datetime) -> CompetenceView | None:
    """Return by what the person may perform the method at that moment, None by an override; else refuse."""
    day = local_date(at, work.place.time_zone)
    found = gates.authorisations(session, by.person_id, [work.line.method_id], Activity.PERFORM)
    must_pass(session, work.line.id, [found.gate(work.line.method_id, day)])
    return found.on(work.line.method_id, day)


def supervisor(found: CompetenceView | None) -> int | None:
    """Return under whom a trainee works; None for who is authorised alone."""
    return found.supervisor_id if found and found.state == "trainee" else None


def usable(session: Session, *, work: Placed, instrument_id: int, until: datetime) -> InstrumentView:
    """Return an instrument of the line's laboratory that may measure until then; else refuse."""
    view = instruments.instrument(session, instrument_id, until)
    must_pass(session, work.line.id, [of_instrument(view, work)])
    return view


def of_instrument(view: InstrumentView | None, work: Placed) -> GateView:
    """Return the gate of an instrument; refuse one of another laboratory or out of service: no override helps."""
    if view is None:
        raise NotFound("There is no such instrument.")
    if view.laboratory_id != work.line.laboratory_id:
        raise Invalid(
            "This instrument belongs to another laboratory.", {"instrument": "Choose one of this laboratory."}
        )
    refusal = gates.in_service(view)
    if refusal is not None:
        raise refusal
    return gates.calibration(view)


def must_pass(session: Session, line_id: int, asked: Iterable[GateView]) -> None:
    """Raise the first refusal that nobody overrode."""
    refused: Refusals = {}
    all_pass(session, {line_id: list(asked)}, refused)
    if refused:
        raise refused[line_id]


def all_pass(session: Session, asked: Mapping[int, Sequence[GateView]], refused: Refusals) -> None:
    """Note for each line the first refusal of its gates that nobody overrode."""
    refusing = {
        line_id: found for line_id, of_line in asked.items() if (found := [one for one in of_line if one.refusal])
    }
    given = gates.overrides_of(session, refusing) if refusing else {}
    for line_id, found in refusing.items():
        for gate in gates.with_overrides(found, given[line_id]):
            if not gate.passed and gate.refusal is not None:
                refused.setdefault(line_id, gate.refusal)


def override_gate(
    session: Session,
    *,
    by: Actor,
    line_id: int,
    gate: str,
    instrument_id: int | None = None,
    reason: str,
    password: str,
) -> int:
    """Let a gate of a line pass, with a reason and the password again; it shows on result and report (7.10.1).

    Refuses without a reason, on a line that is reviewed, and an unknown gate. A repeat is answered as done.
    """
    work = at_line(session, by=by, line_id=line_id, right=Right.OVERRIDE_GATE, lock=True)
    if gate not in set(Gate) or (gate == Gate.CALIBRATION) != (instrument_id is not None):
        raise Invalid("There is no such gate.", {"gate": "Choose one of the gates of this line."})
    if not reason.strip():
        raise Invalid("Say why.", {"reason": "Give a reason in a few words."})
    if work.line.state not in ((LineState.SUBMITTED,) if gate == Gate.MONTE_CARLO else WORKED):
        raise Refused("This line is '%(state)s', so no gate of it is asked.", rule="state", state=work.line.state)
    known = [one for one in gates.overrides(session, line_id) if (one.gate, one.instrument_id) == (gate, instrument_id)]
    if known:
        return known[0].id
    content = {"line": line_id, "gate": gate, "instrument": instrument_id, "reason": reason.strip()}
    signature_id = sign(
        session,
        by=by,
        password=password,
        meaning="overridden",
        thing="line",
        thing_id=line_id,
        content_hash=canonical.digest(canonical.to_bytes(content)),
    )
    row = GateOverride(
        line_id=line_id,
        gate=gate,
        instrument_id=instrument_id,
        reason=reason.strip(),
        signature_id=signature_id,
        at=clock.now(),
        by_id=by.person_id,
    )
    session.add(row)
    session.flush()
    audit.record(
        session,
        by=by,
        thing="line",
        thing_id=line_id,
        action="override gate",
        branch_id=work.job.branch_id,
        new={"gate": gate, "instrument_id": instrument_id, "signature_id": signature_id},
        why=reason.strip(),
    )
    return row.id
