"""What the result of a line is computed from, as it stands now: edition, readings that count, certificates."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from lims import clock
from lims.errors import Refused
from lims.instruments import queries as instruments
from lims.instruments.records import Instrument
from lims.methods import queries as methods
from lims.methods.fill import RequiredInput, required_inputs
from lims.methods.procedure import Procedure, parse
from lims.methods.queries import VersionView
from lims.metrology.estimate import Estimate
from lims.results import counting, filling, freezing
from lims.results.counting import Key, Missing, Taken
from lims.results.queries.readings import readings_of
from lims.samples.calendar import local_date


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


def edition(session: Session, *, method_id: int, method_version_id: int | None, time_zone: str) -> VersionView:
    """Return the edition that a line is worked by: the one fixed at its start, else the one in force today."""
    if method_version_id is not None:
        return methods.version(session, method_version_id)
    found = methods.version_in_force(session, method_id, local_date(clock.now(), time_zone))
    if found is None:
        raise Refused(
            "No edition of this method is in force today.",
            rule="method in force",
            clause="ISO/IEC 17025, 7.2.1.3",
            remedy="Have an edition approved, or reject the line.",
        )
    return found


def procedure_of(version: VersionView, specification: Mapping[str, Any] | None) -> Procedure:
    """Return an edition's document, parsed, with the limits that were agreed with the client in place of its own."""
    document = version.document if specification is None else {**version.document, "specifications": specification}
    return _parsed(json.dumps(document, ensure_ascii=False))


@lru_cache(maxsize=64)
def _parsed(document: str) -> Procedure:
    return parse(json.loads(document))


def basis(
    session: Session,
    version: VersionView,
    specification: Mapping[str, Any] | None,
    line_id: int,
    *,
    begun: bool = True,
) -> Basis:
    """Return what a line's result would be computed from now; a line that has not begun has no readings."""
    procedure = procedure_of(version, specification)
    required = required_inputs(procedure)
    readings = readings_of(session, line_id) if begun else []
    counted = counting.used(readings)
    return Basis(
        version=version,
        procedure=procedure,
        required=required,
        readings=tuple(readings),
        counted=counted,
        missing=counting.missing(required, counted),
    )


def computed(session: Session, found: Basis) -> freezing.Frozen:
    """Fill, evaluate and freeze.

    Raises
    ------
    Refused
        Inputs are missing (named), or a certificate does not cover what was read.
    Invalid
        No finite result exists at these values.
    """
    if found.missing:
        raise Refused(
            "Some inputs still lack readings: %(inputs)s.",
            rule="all inputs are there",
            clause="ISO/IEC 17025, 7.5.1",
            remedy="Take or type the readings first.",
            inputs=", ".join(_said(one) for one in found.missing),
        )
    used = found.used
    certificate_ids = sorted({row.certificate_id for row in used if row.certificate_id})
    filled = filling.filled(
        found.procedure,
        found.required,
        found.counted,
        drivers_of(session, sorted({row.instrument_id for row in used if row.instrument_id and row.settings})),
        _corrections(session, certificate_ids),
    )
    return freezing.freeze(
        filled,
        method_hash=found.version.document_hash,
        reading_ids=sorted(row.id for row in used),
        certificate_ids=certificate_ids,
    )


def _said(one: Missing) -> str:
    name = f"{one.required.point}/{one.required.name}" if one.required.point else one.required.name
    return f"{name} ({one.have}/{one.required.repeats})"


def drivers_of(session: Session, instrument_ids: Sequence[int]) -> dict[int, str | None]:
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


def _corrections(session: Session, certificate_ids: Sequence[int]) -> filling.Correction:
    views = instruments.certificates_by_id(session, certificate_ids) if certificate_ids else {}

    def correction(certificate_id: int, quantity: str, indication: float, unit: str) -> Estimate:
        return instruments.correction(views[certificate_id], quantity, indication, unit)

    return correction
