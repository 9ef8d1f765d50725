"""From the readings that count to a filled method document: values, resolution, and what certificates say. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from decimal import Decimal
from statistics import fmean
from typing import Any

from lims.errors import Invalid, Refused
from lims.instruments.driverfile import shipped
from lims.methods.fill import OBSERVATION, FilledInput, Key, RequiredInput, fill
from lims.methods.procedure import Procedure
from lims.metrology.estimate import Estimate
from lims.metrology.units import convert
from lims.results.counting import Key as Where
from lims.results.counting import Taken
from lims.results.entry import key_of
from lims.results.known import Known
from lims.results.specified import specified, temperatures

READ = frozenset({"reading", "environment"})


def filled(
    procedure: Procedure,
    required: Sequence[RequiredInput],
    counted: Mapping[Where, Sequence[Taken]],
    known: Known,
) -> Procedure:
    """Put the readings that count, and what the certificates of their instruments say, into a method document.

    Parameters
    ----------
    procedure : Procedure
    required : its bound inputs, and its characteristics
    counted : readings that count, by input and point; none may be missing
    known : drivers of the instruments that were read, and what their certificates say

    Raises
    ------
    Invalid
        Units that do not fit, or readings with several certificates behind one correction.
    Refused
        A certificate that does not cover the indication, or none at all; a specification that does not hold.
    """
    values: dict[Key, FilledInput] = {}
    observed: dict[str, list[str]] = {}
    for one in required:
        rows = counted.get((one.name, one.point), ())
        if one.source == "certificate":
            values[one.key] = _from_certificate(one, _asked(one, required, counted), known)
        elif one.source == "specification":
            rooms = temperatures(counted, required)
            values[one.key] = specified(one, _asked(one, required, counted), rooms, known)
        elif rows and one.source == OBSERVATION:
            observed[one.name] = [row.value or "" for row in rows]
        elif rows:
            values[one.key] = _from_readings(one, procedure, rows, known.drivers)
    return fill(procedure, values, observed)


def _from_readings(
    one: RequiredInput, procedure: Procedure, rows: Sequence[Taken], drivers: Mapping[int, str | None]
) -> FilledInput:
    if rows[-1].taken is not None:
        return _from_result(rows[-1], rows[-1].taken)
    unit = rows[0].unit
    texts = tuple(_in_unit(row, unit) for row in rows)
    components = []
    if one.source == "reading" and not _states_resolution(procedure, one):
        components.append(_resolution(one, rows, drivers))
    last = rows[-1]
    stated: dict[str, Any] = {"U": last.U, "k": last.k or "2"} if last.U else {}
    numbers: dict[str, Any] = {"readings": texts}
    if one.repeats == 1 and len(texts) == 1 and not _has_pooled_sd(procedure, one):
        numbers = {"value": texts[0]}
    return FilledInput(unit=unit, components=tuple(components), origin=_origin(rows), **numbers, **stated)


def _from_result(row: Taken, taken: Mapping[str, Any]) -> FilledInput:
    """What another line gave, a lot has, or the logger of the room said, with what it shares with others."""
    origin = f"{taken.get('lot') or taken.get('logger') or taken['line']}: {row.note}"
    return FilledInput(unit=row.unit, value=row.value, components=tuple(taken["components"]), origin=origin)


def _in_unit(row: Taken, unit: str) -> str:
    number = Decimal(row.value or "")
    return f"{convert(number, row.unit, unit):f}" if row.unit != unit else (row.value or "")


def _origin(rows: Sequence[Taken]) -> str:
    """Say in a few words where a value came from, for the budget."""
    runs = ", ".join(dict.fromkeys(f"{row.source} {str(row.run)[:8]}" for row in rows))
    notes = ", ".join(dict.fromkeys(row.note for row in rows if row.note))
    return f"{runs}: {notes}" if notes else runs


def _declared(procedure: Procedure, one: RequiredInput) -> Any:
    point = next((point for point in procedure.points if point.label == one.point), None)
    return procedure.inputs_at(point)[one.name]


def _states_resolution(procedure: Procedure, one: RequiredInput) -> bool:
    return any(component.name == "resolution" for component in _declared(procedure, one).components)


def _has_pooled_sd(procedure: Procedure, one: RequiredInput) -> bool:
    return _declared(procedure, one).pooled_sd is not None


def _resolution(one: RequiredInput, rows: Sequence[Taken], drivers: Mapping[int, str | None]) -> dict[str, Any]:
    step = max((_step(one.quantity, row, drivers.get(row.instrument_id or 0)) for row in rows), default=0.0)
    finest = min(10.0 ** int(Decimal(row.value or "0").as_tuple().exponent) for row in rows)
    half_width = (step or finest) / 2
    return {"name": "resolution", "distribution": {"type": "rectangular", "half_width": half_width}}


def _step(quantity: str, row: Taken, driver: str | None) -> float:
    """Smallest step that the range in force shows, in the unit of the reading; 0 where no driver tells."""
    if driver is None or row.settings is None:
        return 0.0
    found = next((each for each in shipped(driver).quantities if each.name == quantity), None)
    number = Decimal(row.value or "0")
    fitting = [
        each
        for each in (found.ranges if found else ())
        if each.when in {None, row.settings.get("range")} and each.low <= number <= each.high
    ]
    return float(min((each.resolution for each in fitting), default=Decimal(0)))


def _asked(
    one: RequiredInput, required: Sequence[RequiredInput], counted: Mapping[Where, Sequence[Taken]]
) -> list[tuple[RequiredInput, Sequence[Taken]]]:
    """Return the readings that a certificate or a specification is asked about."""
    asked = [
        (other, counted[other.name, other.point])
        for other in required
        if _stands_at(one, other) and counted.get((other.name, other.point))
    ]
    if not asked:
        raise Invalid(
            "%(key)s: there is no reading at which a certificate could be read.", key=key_of(one.name, one.point)
        )
    return asked


def _from_certificate(
    one: RequiredInput,
    asked: Sequence[tuple[RequiredInput, Sequence[Taken]]],
    known: Known,
) -> FilledInput:
    certificates = {row.certificate_id for _other, rows in asked for row in rows}
    certificate_id = next(iter(certificates))
    if certificate_id is None:
        raise Refused(
            "%(key)s: the instrument had no accepted certificate when it was read.",
            rule="calibration",
            clause="ISO/IEC 17025, 6.4.4",
            remedy="Enter and accept its certificate, or read with another instrument.",
            key=key_of(one.name, one.point),
        )
    if len(certificates) > 1:
        raise Invalid(
            "%(key)s: the readings belong to several certificates, so one correction can't hold for all of them. "
            "Repeat the readings with one instrument.",
            key=key_of(one.name, one.point),
        )
    found = [
        known.correction(
            certificate_id, one.quantity or other.quantity, *_mean_indication(rows), _range(other, rows, known.drivers)
        )
        for other, rows in asked
    ]
    return _together(found, f"certificate {certificate_id} {one.quantity or asked[0][0].quantity}")


def _range(one: RequiredInput, rows: Sequence[Taken], drivers: Mapping[int, str | None]) -> str | None:
    """Return the range in which something was read: as it was set, else as the method names it; None: nobody tells."""
    chosen = {(row.instrument_id, row.settings["range"]) for row in rows if row.settings and "range" in row.settings}
    if len(chosen) > 1:
        raise Invalid(
            "%(key)s: the readings were taken in several ranges, so one correction can't hold for all of them. "
            "Repeat the readings in one range.",
            key=key_of(one.name, one.point),
        )
    for instrument_id, value in chosen:
        driver = drivers.get(instrument_id or 0)
        settings = shipped(driver).quantity(one.quantity).settings if driver else ()
        unit = next((setting.unit for setting in settings if setting.name == "range"), "")
        return f"{value} {unit}".strip()
    return one.range or None


def _stands_at(one: RequiredInput, other: RequiredInput) -> bool:
    """Tell whether `other` is what this correction is for: the input named, else all of the kind; of its row or any."""
    if other.source not in READ or (one.point is not None and other.point not in {one.point, None}):
        return False
    if one.at:
        return other.name == one.at
    return bool(one.kind) and other.kind == one.kind and one.quantity in {"", other.quantity}


def _mean_indication(rows: Sequence[Taken]) -> tuple[float, str]:
    unit = rows[0].unit
    return fmean(float(_in_unit(row, unit)) for row in rows), unit


def _together(found: Sequence[Estimate], identity: str) -> FilledInput:
    """Several corrections of one certificate as one input: their mean, the largest uncertainty, half their spread.

    What the certificate is uncertain by is one error wherever it is used, and has its identity.
    """
    values = [estimate.value for estimate in found]
    worst = max(found, key=lambda estimate: estimate.u)
    components: list[dict[str, Any]] = [
        {
            "name": part.name,
            "u": part.u,
            **({"dof": part.dof} if math.isfinite(part.dof) else {}),
            "origin": part.origin or worst.origin,
            "identity": f"{identity} {part.name}",
        }
        for part in worst.parts
    ]
    spread = (max(values) - min(values)) / 2
    if spread:
        shape = {"type": "rectangular", "half_width": spread}
        components.append({"name": "spread over the indications", "distribution": shape})
    return FilledInput(unit=worst.unit, value=fmean(values), components=tuple(components), origin=worst.origin)
