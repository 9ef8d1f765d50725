"""The gates before readings and before a line is submitted, each with why it refuses (6.2.5, 6.4.4, 7.2.1)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from lims.errors import Refused
from lims.instruments.queries import InstrumentView
from lims.instruments.status import Status
from lims.methods import queries as methods
from lims.methods.procedure import Procedure, Text
from lims.methods.queries import CompetenceView
from lims.methods.states import Activity
from lims.results.counting import Taken
from lims.results.records import GateOverride
from lims.results.states import UNCALIBRATED, Gate, Mark


@dataclass(frozen=True, slots=True, kw_only=True)
class OverrideView:
    """A gate of a line that somebody let pass, with a reason and a signature."""

    id: int
    gate: str
    instrument_id: int | None
    reason: str
    at: datetime
    by_id: int
    signature_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GateView:
    """One gate: why it refuses (None: it does not), and the override that lets it pass all the same."""

    gate: Gate
    refusal: Refused | None = None
    instrument_id: int | None = None
    override: OverrideView | None = None

    @property
    def passed(self) -> bool:
        """Whether one may go on."""
        return self.refusal is None or self.override is not None


_OVERRIDES = (
    select(GateOverride.line_id, *(getattr(GateOverride, name) for name in OverrideView.__slots__))
    .where(GateOverride.line_id.in_(bindparam("line_ids", expanding=True)))
    .order_by(GateOverride.id)
)


def overrides_of(session: Session, line_ids: Collection[int]) -> dict[int, list[OverrideView]]:
    """Return the gates of each line that were overridden."""
    found: dict[int, list[OverrideView]] = {line_id: [] for line_id in line_ids}
    for line_id, *row in session.execute(_OVERRIDES, {"line_ids": list(line_ids)}):
        found[line_id].append(OverrideView(**dict(zip(OverrideView.__slots__, row, strict=True))))
    return found


def overrides(session: Session, line_id: int) -> list[OverrideView]:
    """Return the gates of a line that were overridden."""
    return overrides_of(session, [line_id])[line_id]


_NOT_AUTHORISED = {
    Activity.PERFORM: "You are not authorised to perform this method on that day.",
    Activity.REVIEW: "You are not authorised to review results of this method today.",
    Activity.SIGN: "You are not authorised to sign results of this method today.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Authorisations:
    """What a person is authorised to do for some methods, whatever the day."""

    activity: Activity
    by_method: Mapping[int, Sequence[CompetenceView]]

    def on(self, method_id: int, day: date) -> CompetenceView | None:
        """Return by which authorisation the person may do it for a method on a day."""
        return methods.best(self.by_method.get(method_id, ()), day)

    def gate(self, method_id: int, day: date) -> GateView:
        """Return whether the person may do it for a method on a day."""
        if self.on(method_id, day) is not None:
            return GateView(gate=Gate.COMPETENCE)
        refusal = Refused(
            _NOT_AUTHORISED[self.activity],
            rule=Gate.COMPETENCE,
            clause="ISO/IEC 17025, 6.2.5",
            remedy="Ask somebody who is, or have the authorisation entered first.",
        )
        return GateView(gate=Gate.COMPETENCE, refusal=refusal)


def authorisations(
    session: Session, person_id: int | None, method_ids: Collection[int], activity: Activity
) -> Authorisations:
    """Return what a person is authorised to do for some methods; one statement."""
    known = methods.held(session, person_id, method_ids, activity) if person_id is not None and method_ids else {}
    return Authorisations(activity=activity, by_method=known)


def calibration(view: InstrumentView) -> GateView:
    """Return whether an instrument, as it stands at the planned end, may measure."""
    sentences = {
        Status.OVERDUE: "%(number)s is out of calibration: its certificate %(certificate)s ended on %(until)s.",
        Status.NO_CERTIFICATE: "%(number)s has no accepted calibration certificate.",
    }
    if view.status not in sentences:
        return GateView(gate=Gate.CALIBRATION, instrument_id=view.id)
    refusal = Refused(
        sentences[view.status],
        rule=Gate.CALIBRATION,
        clause="ISO/IEC 17025, 6.4.4",
        remedy="Choose another instrument, or have its new certificate entered and accepted.",
        number=view.number,
        certificate=view.certificate_number or "",
        until=view.valid_until.isoformat() if view.valid_until else "",
    )
    return GateView(gate=Gate.CALIBRATION, instrument_id=view.id, refusal=refusal)


def in_service(view: InstrumentView) -> Refused | None:
    """Return why an instrument can't be used at all; no override helps (6.4.9)."""
    if view.status != Status.NOT_IN_SERVICE:
        return None
    return Refused(
        "%(number)s is '%(state)s', so nothing may be measured with it.",
        rule="in service",
        clause="ISO/IEC 17025, 6.4.9",
        remedy="Choose another instrument, or have it put in service again.",
        number=view.number,
        state=view.state,
    )


def calibration_at_reading(used: Iterable[Taken], numbers: dict[int, str]) -> list[GateView]:
    """Return, for each instrument that was read while it was not valid, why the line can't be submitted."""
    worst: dict[int, str] = {}
    for reading in used:
        for flag in reading.flags:
            if reading.instrument_id and flag in UNCALIBRATED | {Mark.NOT_IN_SERVICE}:
                worst[reading.instrument_id] = flag
    sentences: dict[str, str] = {
        Mark.CALIBRATION_OVERDUE: "%(number)s was out of calibration when it was read.",
        Mark.NO_CERTIFICATE: "%(number)s had no accepted calibration certificate when it was read.",
        Mark.NOT_IN_SERVICE: "%(number)s was not in service when it was read.",
    }
    return [
        GateView(
            gate=Gate.CALIBRATION,
            instrument_id=instrument_id,
            refusal=Refused(
                sentences[flag],
                rule=Gate.CALIBRATION,
                clause="ISO/IEC 17025, 6.4.4",
                remedy="Repeat the readings with a calibrated instrument, or have the gate overridden with a reason.",
                number=numbers.get(instrument_id, str(instrument_id)),
            ),
        )
        for instrument_id, flag in worst.items()
    ]


def titles_of(procedure: Procedure) -> list[Text]:
    """Return the title of each check in the order of the answer: each check at every point."""
    return [one.title for one in procedure.checks for _place in procedure.points or (None,)]


def method_checks(checks: Sequence[dict[str, object]], titles: Sequence[Text]) -> GateView:
    """Return whether the checks of the method passed; those that only warn never stop."""
    failed = [
        title or check["expression"]
        for check, title in zip(checks, titles, strict=True)
        if not check["passed"] and check["on_fail"] != "warn"
    ]
    if not failed:
        return GateView(gate=Gate.METHOD_CHECK)
    refusal = Refused(
        "A check of the method failed: %(check)s.",
        rule=Gate.METHOD_CHECK,
        clause="ISO/IEC 17025, 7.2.1, 7.7.1",
        remedy="Repeat the readings, or have the gate overridden with a reason.",
        check=failed[0],
    )
    return GateView(gate=Gate.METHOD_CHECK, refusal=refusal)


def with_overrides(gates: Iterable[GateView], given: Sequence[OverrideView]) -> list[GateView]:
    """Return the gates with the override of each, where there is one."""
    found = {(one.gate, one.instrument_id): one for one in given}
    return [
        GateView(
            gate=one.gate,
            refusal=one.refusal,
            instrument_id=one.instrument_id,
            override=found.get((one.gate, one.instrument_id)) if one.refusal else None,
        )
        for one in gates
    ]
