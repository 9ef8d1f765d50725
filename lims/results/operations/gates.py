"""Gates asked and overridden (6.2.5, 6.4.4, 7.2.1)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy.orm import Session

from lims import clock
from lims.errors import Invalid, Refused
from lims.instruments import queries as instruments
from lims.instruments.queries import InstrumentView
from lims.methods.queries import CompetenceView
from lims.people.operations import sign
from lims.people.rights import Actor, Right
from lims.results.operations.place import WORKED, Work, at_line
from lims.results.queries import gates
from lims.results.queries.gates import GateView
from lims.results.records import GateOverride
from lims.results.states import Gate
from lims.samples.calendar import local_date
from lims.store import audit, canonical


def competent(session: Session, *, by: Actor, work: Work, at: datetime) -> CompetenceView | None:
    """Return by what the person may perform the method at that moment, None by an override; else refuse."""
    gate, found = gates.competence(
        session, person_id=by.person_id, method_id=work.line.method_id, on=local_date(at, work.time_zone)
    )
    must_pass(session, work.line.id, [gate])
    return found


def supervisor(found: CompetenceView | None) -> int | None:
    """Return under whom a trainee works; None for who is authorised alone."""
    return found.supervisor_id if found and found.state == "trainee" else None


def usable(session: Session, *, work: Work, instrument_id: int, until: datetime) -> InstrumentView:
    """Return an instrument of the line's laboratory that may measure until then; else refuse."""
    view = instruments.instrument(session, instrument_id, until)
    if view.laboratory_id != work.line.laboratory_id:
        raise Invalid(
            "This instrument belongs to another laboratory.", {"instrument": "Choose one of this laboratory."}
        )
    refusal = gates.in_service(view)
    if refusal is not None:
        raise refusal
    must_pass(session, work.line.id, [gates.calibration(view)])
    return view


def must_pass(session: Session, line_id: int, asked: Iterable[GateView]) -> None:
    """Raise the first refusal that nobody overrode."""
    refusing = [gate for gate in asked if gate.refusal]
    if not refusing:
        return
    for gate in gates.with_overrides(refusing, gates.overrides(session, line_id)):
        if not gate.passed and gate.refusal is not None:
            raise gate.refusal


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
    if work.line.state not in WORKED:
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
