"""Columns of a calibration that a file holds, and the calibrated points that they make once it is told what each is.

error = indication − reference, and correction = −error: the sign is turned in one place, here. Numbers stay the
decimal numbers of the file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from lims.errors import Invalid, LimsError
from lims.instruments.states import Phase
from lims.metrology.units import convert, convert_difference, difference_unit, same_dimension


class Part(StrEnum):
    """What a column is of a calibration."""

    INDICATION = "indication"
    REFERENCE = "reference"
    ERROR = "error"
    CORRECTION = "correction"
    NOTHING = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One column in one unit; `U` and `k` have as many numbers as `values`, or none where nothing is stated."""

    values: tuple[Decimal, ...]
    unit: str
    U: tuple[Decimal, ...] = ()
    k: tuple[Decimal, ...] = ()
    probability: str = ""
    distribution: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column with the same values in one or more units; `wrong` says why none could be read.

    An `index` is what the table goes by.
    """

    label: str
    part: Part
    series: tuple[Series, ...]
    wrong: LimsError | None = None
    index: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Columns of equal length under one title; `phase` as the file tells it, as left where it tells nothing."""

    title: str
    phase: Phase
    columns: tuple[Column, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadPoint:
    """A point as the file says it, all in `unit`; what it does not say is None."""

    indication: Decimal
    correction: Decimal
    U: Decimal | None
    k: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadTable:
    """The points of one table, the quantity that they are of where that is clear, and what is to be looked at."""

    quantity: str
    unit: str
    phase: Phase
    points: tuple[ReadPoint, ...]
    remarks: tuple[LimsError, ...] = ()


def points_of(table: Table, parts: Sequence[Part] | None = None, known: Mapping[str, str] | None = None) -> ReadTable:
    """Return the points of a table.

    Parameters
    ----------
    table : Table
        As a file holds it.
    parts : sequence of Part, optional
        What a person says the columns are, in their order; else what the file says.
    known : mapping of str to str, optional
        Quantities of the instrument with their units: points of a quantity that only one of them can be are given in
        its unit.

    Raises
    ------
    Invalid
        When the columns make no corrections: the sentence says what is missing or contradicts what.

    >>> volts = Series(values=(Decimal("10.02"),), unit="V")
    >>> error = Series(values=(Decimal("0.02"),), unit="V", U=(Decimal("0.01"),), k=(Decimal(2),))
    >>> read = points_of(Table(title="10 V", phase=Phase.AS_LEFT, columns=(
    ...     Column(label="shown", part=Part.INDICATION, series=(volts,)),
    ...     Column(label="error", part=Part.ERROR, series=(error,)))))
    >>> read.points[0].correction, read.points[0].U
    (Decimal('-0.02'), Decimal('0.01'))

    Source: VIM, 2.16 and 2.53.
    """
    by_part = _by_part(table, parts)
    base = by_part.get(Part.INDICATION) or by_part.get(Part.REFERENCE)
    direct = [part for part in (Part.CORRECTION, Part.ERROR) if part in by_part]
    if base is None or (Part.INDICATION not in by_part and not direct):
        raise Invalid("No column is the indication. Say which one is.")
    if Part.REFERENCE not in by_part and not direct:
        raise Invalid("No column is a reference, an error or a correction. Say which one is.")
    _refuse_other_index(table, base)
    quantity, unit = _unit(base, known or {})
    indication = _values(by_part.get(Part.INDICATION), unit)
    reference = _values(by_part.get(Part.REFERENCE), unit)
    told = [_corrections(by_part[part], part, unit) for part in direct]
    if indication and reference:
        told.append([made(*row) for row in zip(reference, indication, strict=True)])
    correction = _agreed(told)
    indication = indication or tuple(was - c for was, c in zip(reference, correction, strict=True))
    uncertain, remarks = _uncertain(by_part)
    nothing: tuple[None, ...] = (None,) * len(indication)
    expanded, k = _expanded(uncertain, unit) if uncertain else (nothing, nothing)
    points = zip(indication, correction, expanded or nothing, k or nothing, strict=True)
    return ReadTable(
        quantity=quantity,
        unit=unit,
        phase=table.phase,
        points=tuple(ReadPoint(indication=i, correction=c, U=u, k=factor) for i, c, u, factor in points),
        remarks=tuple(remarks),
    )


def _by_part(table: Table, parts: Sequence[Part] | None) -> dict[Part, Column]:
    found: dict[Part, Column] = {}
    for column, part in zip(table.columns, parts or [one.part for one in table.columns], strict=True):
        if part is Part.NOTHING:
            continue
        if part in found:
            raise Invalid("Two columns can't both be the %(part)s: %(columns)s.", part=part.value,
                          columns=f"{found[part].label}, {column.label}")  # fmt: skip
        if column.wrong is not None:
            raise column.wrong
        found[part] = column
    lengths = {len(one.series[0].values) for one in found.values()}
    if len(lengths) > 1:
        raise Invalid("The columns of this table have different numbers of values.")
    return found


def _refuse_other_index(table: Table, base: Column) -> None:
    """Points that depend on a second quantity too (a frequency) are not told apart by their indication."""
    for column in table.columns:
        if column.index and column.series and column is not base:
            other = column.series[-1]
            if len(set(other.values)) > 1 and not same_dimension(other.unit, base.series[-1].unit):
                raise Invalid(
                    "The points depend on '%(column)s' too. Type them in, with a range for each of its values.",
                    column=column.label,
                )


def _unit(base: Column, known: Mapping[str, str]) -> tuple[str, str]:
    """The quantity that only one known can be, with its unit; or the unit that the file gives last, that of display."""
    fitting = [(name, unit) for name, unit in known.items() if same_dimension(unit, base.series[-1].unit)]
    return fitting[0] if len(fitting) == 1 else ("", base.series[-1].unit)


def _values(column: Column | None, unit: str) -> tuple[Decimal, ...]:
    if column is None:
        return ()
    chosen = _series(column, unit)
    return tuple(convert(value, chosen.unit, unit) for value in chosen.values)


def _corrections(column: Column, part: Part, unit: str) -> list[Told]:
    chosen = _series(column, unit)
    sign = -1 if part is Part.ERROR else 1
    return [stated(sign * convert_difference(value, chosen.unit, unit) + 0) for value in chosen.values]


def _series(column: Column, unit: str) -> Series:
    """The column in this unit where the file has it so, or else in one that can be converted."""
    alike = [one for one in column.series if difference_unit(one.unit) == difference_unit(unit)]
    fitting = alike or [one for one in column.series if same_dimension(one.unit, unit)]
    if not fitting:
        raise Invalid(
            "'%(column)s' is in %(left)s and the indication in %(right)s: together they make no correction.",
            column=column.label,
            left=column.series[-1].unit,
            right=unit,
        )
    return fitting[0]


@dataclass(frozen=True, slots=True)
class Told:
    """A correction that a row states or makes, and how far rounding may have moved it."""

    value: Decimal
    within: Decimal


def stated(value: Decimal, *others: Decimal) -> Told:
    """Return a correction with half of the last digit of all numbers that it was made of.

    >>> stated(Decimal("-0.072"), Decimal("33.17"))
    Told(value=Decimal('-0.072'), within=Decimal('0.0055'))
    """
    digits = (Decimal(5).scaleb(int(one.as_tuple().exponent) - 1) for one in (value, *others))
    return Told(value, sum(digits, Decimal(0)))


def made(reference: Decimal, indication: Decimal) -> Told:
    """Return the correction that reference and indication make."""
    return Told(reference - indication, stated(reference, indication).within)


def agreed(told: Sequence[Told]) -> Decimal:
    """Return the first of the corrections of a row, if all agree within the digits they were rounded to.

    Raises
    ------
    Invalid
        When they contradict each other.

    >>> agreed([stated(Decimal("-0.07")), made(Decimal("33.098"), Decimal("33.17"))])
    Decimal('-0.07')
    """
    for other in told[1:]:
        if abs(told[0].value - other.value) > told[0].within + other.within:
            raise Invalid(
                "The columns contradict each other: a correction of %(left)s or of %(right)s. Is a sign turned round?",
                left=told[0].value,
                right=other.value,
            )
    return told[0].value


def _agreed(told: Sequence[Sequence[Told]]) -> tuple[Decimal, ...]:
    found = []
    for place, row in enumerate(zip(*told, strict=True), 1):
        try:
            found.append(agreed(row))
        except Invalid as error:
            raise Invalid("Row %(row)s: %(reason)s", row=place, reason=error) from error
    return tuple(found)


def _uncertain(by_part: Mapping[Part, Column]) -> tuple[Column | None, list[LimsError]]:
    """The column whose U is that of the correction: its own, or else the only one that has any."""
    having = {part: one for part, one in by_part.items() if any(series.U for series in one.series)}
    for part in (Part.CORRECTION, Part.ERROR):
        if part in having:
            return having[part], []
    if len(having) == 1:
        column = next(iter(having.values()))
        return column, [Invalid("U is stated with '%(column)s': check that it is that of the correction.",
                                column=column.label)]  # fmt: skip
    if having:
        return None, [
            Invalid("U is stated with the indication and with the reference. Type in that of the correction.")
        ]
    return None, [Invalid("No expanded uncertainty of these values was found. Type it in.")]


def _expanded(column: Column, unit: str) -> tuple[tuple[Decimal, ...], tuple[Decimal, ...]]:
    """U in this unit, and k."""
    having = [one for one in column.series if one.U and same_dimension(one.unit, unit)]
    exact = [one for one in having if difference_unit(one.unit) == difference_unit(unit)]
    if not having:
        raise Invalid("'%(column)s' has its uncertainty in a unit of another kind.", column=column.label)
    chosen = (exact or having)[0]
    return tuple(convert_difference(value, chosen.unit, unit) for value in chosen.U), chosen.k
