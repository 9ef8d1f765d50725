"""What the results of lines are computed from, as it stands now: editions, readings that count, certificates.

Everything is asked for many lines at a time, in a fixed number of statements.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import Any, Protocol

from sqlalchemy import select
from sqlalchemy.orm import Session

from lims import clock
from lims.errors import LimsError, Refused
from lims.instruments import queries as instruments
from lims.instruments.records import Instrument
from lims.methods import queries as methods
from lims.methods.fill import RequiredInput, required_inputs, required_observations
from lims.methods.procedure import Procedure, parse
from lims.methods.queries import VersionView
from lims.metrology.estimate import Estimate
from lims.results import counting, filling, freezing
from lims.results.counting import Key, Missing, Taken
from lims.results.freezing import Frozen
from lims.results.known import Known
from lims.results.queries.readings import readings_of_lines
from lims.samples.calendar import local_date

KEPT_DOCUMENTS = 256


class Worked(Protocol):
    """A line, as far as its result depends on it: a row, or what a page shows of it."""

    @property
    def id(self) -> int: ...
    @property
    def method_id(self) -> int: ...
    @property
    def method_version_id(self) -> int | None: ...
    @property
    def specification(self) -> dict[str, Any] | None: ...
    @property
    def started_at(self) -> Any: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Basis:
    """Everything that goes into a result."""

    version: VersionView
    procedure: Procedure
    required: tuple[RequiredInput, ...]
    readings: tuple[Taken, ...]
    counted: Mapping[Key, tuple[Taken, ...]]
    missing: tuple[Missing, ...]

    @property
    def used(self) -> tuple[Taken, ...]:
        """The readings that count and that the method asks for."""
        asked = {(one.name, one.point) for one in self.required}
        return tuple(row for key, rows in self.counted.items() if key in asked for row in rows)

    def with_readings(self, more: Iterable[Taken]) -> Basis:
        """Return the same with readings that were stored since."""
        return _basis(self.version, self.procedure, self.required, (*self.readings, *more))


def edition(session: Session, line: Worked, time_zone: str) -> VersionView:
    """Return the edition that a line is worked by: the one fixed at its start, else the one in force today."""
    found = editions(session, [(line, time_zone)])[line.id]
    if isinstance(found, LimsError):
        raise found
    return found


def editions(session: Session, lines: Collection[tuple[Worked, str]]) -> dict[int, VersionView | Refused]:
    """Return the edition that each line (with its time zone) is worked by, or why there is none."""
    today = {zone: local_date(clock.now(), zone) for zone in {zone for _line, zone in lines}}
    found = methods.versions_at_work(
        session,
        version_ids={line.method_version_id for line, _zone in lines if line.method_version_id is not None},
        method_ids={line.method_id for line, _zone in lines if line.method_version_id is None},
        since=min(today.values(), default=date.min),
        until=max(today.values(), default=date.min),
    )
    return {line.id: _edition(line, today[zone], found) for line, zone in lines}


def _edition(line: Worked, today: date, found: Sequence[VersionView]) -> VersionView | Refused:
    for one in found:
        fixed = one.id == line.method_version_id
        if fixed or (line.method_version_id is None and one.method_id == line.method_id and one.in_force(today)):
            return one
    return Refused(
        "No edition of this method is in force today.",
        rule="method in force",
        clause="ISO/IEC 17025, 7.2.1.3",
        remedy="Have an edition approved, or reject the line.",
    )


@dataclass(frozen=True, slots=True)
class _Content:
    """A document by its hash, with the limits that were agreed with the client; the same content is parsed once."""

    hash: str
    specification: str
    document: Mapping[str, Any] = field(compare=False)


def procedure_of(version: VersionView, specification: Mapping[str, Any] | None) -> Procedure:
    """Return an edition's document, parsed, with the limits that were agreed with the client in place of its own."""
    return _parsed(_content(version, specification))[0]


def _content(version: VersionView, specification: Mapping[str, Any] | None) -> _Content:
    if specification is None:
        return _Content(version.document_hash, "", version.document)
    document = {**version.document, "specifications": specification}
    return _Content(version.document_hash, json.dumps(specification, ensure_ascii=False), document)


@lru_cache(maxsize=KEPT_DOCUMENTS)
def _parsed(content: _Content) -> tuple[Procedure, tuple[RequiredInput, ...]]:
    procedure = parse(content.document)
    return procedure, (*required_inputs(procedure), *required_observations(procedure))


def basis(session: Session, version: VersionView, line: Worked) -> Basis:
    """Return what a line's result would be computed from now."""
    return bases(session, {line.id: version}, [line])[line.id]


def bases(session: Session, versions: Mapping[int, VersionView], lines: Iterable[Worked]) -> dict[int, Basis]:
    """Return what the results of lines would be computed from now; a line that has not begun has no readings."""
    lines = list(lines)
    readings = readings_of_lines(session, [line.id for line in lines if line.started_at is not None])
    return {
        line.id: _basis(
            versions[line.id],
            *_parsed(_content(versions[line.id], line.specification)),
            tuple(readings.get(line.id, ())),
        )
        for line in lines
    }


def _basis(
    version: VersionView, procedure: Procedure, required: tuple[RequiredInput, ...], readings: tuple[Taken, ...]
) -> Basis:
    counted = counting.used(readings)
    return Basis(
        version=version,
        procedure=procedure,
        required=required,
        readings=readings,
        counted=counted,
        missing=counting.missing(required, counted),
    )


def computed(session: Session, found: Basis) -> Frozen:
    """Fill, evaluate and freeze.

    Raises
    ------
    Refused
        Inputs are missing (named), or a certificate does not cover what was read.
    Invalid
        No finite result exists at these values.
    """
    (frozen,) = computed_all(session, {0: found}).values()
    if isinstance(frozen, LimsError):
        raise frozen
    return frozen


def computed_all(session: Session, found: Mapping[int, Basis]) -> dict[int, Frozen | LimsError]:
    """Fill, evaluate and freeze the result of each line, or say why there is none."""
    used = [row for one in found.values() if not one.missing for row in one.used]
    specified = any(need.source == "specification" for one in found.values() for need in one.required)
    drivers = drivers_of(
        session, {row.instrument_id for row in used if row.instrument_id and (row.settings or specified)}
    )
    certificates = instruments.certificates_by_id(session, {row.certificate_id for row in used if row.certificate_id})

    def correction(certificate_id: int, quantity: str, indication: float, unit: str, range: str | None) -> Estimate:
        return instruments.correction(certificates[certificate_id], quantity, indication, unit, range)

    known = Known(drivers=drivers, correction=correction, calibrated_on=lambda key: certificates[key].calibrated_on)
    answers: dict[int, Frozen | LimsError] = {}
    for key, one in found.items():
        try:
            answers[key] = _frozen(one, known)
        except LimsError as error:
            answers[key] = error
    return answers


def _frozen(found: Basis, known: Known) -> Frozen:
    if found.missing:
        raise Refused(
            "Some inputs still lack readings: %(inputs)s.",
            rule="all inputs are there",
            clause="ISO/IEC 17025, 7.5.1",
            remedy="Take or type the readings first.",
            inputs=", ".join(_said(one) for one in found.missing),
        )
    used = found.used
    return freezing.freeze(
        filling.filled(found.procedure, found.required, found.counted, known),
        method_hash=found.version.document_hash,
        reading_ids=sorted(row.id for row in used),
        certificate_ids=sorted(
            {row.certificate_id for row in used if row.certificate_id}
            | {key for row in used if row.taken for key in row.taken["certificate_ids"]}
        ),
    )


def _said(one: Missing) -> str:
    name = f"{one.required.point}/{one.required.name}" if one.required.point else one.required.name
    return f"{name} ({one.have}/{one.required.repeats})"


def drivers_of(session: Session, instrument_ids: Collection[int]) -> dict[int, str | None]:
    """Return the driver of each instrument, None for one that is read by eye."""
    if not instrument_ids:
        return {}
    rows = session.execute(select(Instrument.id, Instrument.driver).where(Instrument.id.in_(instrument_ids)))
    return {row.id: row.driver for row in rows}


def instrument_numbers(session: Session, used: Iterable[Taken]) -> dict[int, str]:
    """Return the number of each instrument that was read."""
    ids = {row.instrument_id for row in used if row.instrument_id}
    if not ids:
        return {}
    rows = session.execute(select(Instrument.id, Instrument.number).where(Instrument.id.in_(ids)))
    return {row.id: row.number for row in rows}
