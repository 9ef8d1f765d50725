"""Quantities of D-SI as columns: one real number, a list of them, or the same in several units."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from xml.etree.ElementTree import Element

from lims.errors import Invalid, LimsError
from lims.instruments.calibration_file import Column, Part, Series
from lims.instruments.dcc.document import DCC, SI, text_of, types_of, words_of
from lims.instruments.dcc.units import canonical
from lims.metrology.numbers import parse_number

MAX_VALUES = 2000
_PARTS = {
    "basic_measuredValue": Part.INDICATION,
    "basic_referenceValue": Part.REFERENCE,
    "basic_measurementError": Part.ERROR,
    "basic_correction": Part.CORRECTION,
}
"""The PTB's own types; those of other makers (the prefix says whose) may mean something else by the same name."""
_KINDS = ("real", "realListXMLList", "realList")


def column_of(quantity: Element, place: int) -> Column:
    """Return a quantity of a DCC as a column; what can't be read is told in `wrong`."""
    found = quantity.find(f"{SI}hybrid")
    holders = [one for one in (quantity if found is None else found) if one.tag.startswith(SI)]
    holders = [inner for one in holders for inner in (one if one.tag == f"{SI}list" else [one])]
    label = words_of(quantity) or text_of(quantity, f".//{SI}label") or f"#{place}"
    series: list[Series] = []
    wrong: LimsError | None = None
    for one in holders:
        try:
            series.append(_series(one))
        except LimsError as error:
            wrong = error
    if len({len(one.values) for one in series}) > 1:
        series, wrong = [], Invalid("'%(column)s' has different numbers of values in its units.", column=label)
    if not series and wrong is None:
        wrong = Invalid("'%(column)s' holds no number with a unit.", column=label)
    parts = [_PARTS[word] for word in quantity.get("refType", "").split() if word in _PARTS]
    return Column(
        label=label,
        part=parts[0] if len(parts) == 1 else Part.NOTHING,
        series=tuple(series),
        wrong=None if series else wrong,
        index=any(word.startswith("tableIndex") for word in types_of(quantity)),
    )


def _series(holder: Element) -> Series:
    kind = holder.tag.removeprefix(SI)
    if kind not in _KINDS:
        raise Invalid("A quantity of the kind %(kind)s is not read here.", kind=kind.removeprefix(DCC)[:40])
    if kind == "realList":
        return _of_reals(holder)
    end = "XMLList" if kind == "realListXMLList" else ""
    values = _numbers(holder, f"value{end}")
    units = {canonical(one) for one in text_of(holder, f"{SI}unit{end}").split()}
    if len(units) != 1:
        raise Invalid("The unit changes within a column, or is missing.")
    expanded, k, probability, distribution = _stated(holder, len(values))
    return Series(values=values, unit=units.pop(), U=expanded, k=k, probability=probability, distribution=distribution)


def _of_reals(holder: Element) -> Series:
    """A list of single numbers; unit and U stand with each, or once for all."""
    common = text_of(holder, f"{SI}listUnit")
    reals = holder.findall(f"{SI}real")
    units = {canonical(text_of(one, f"{SI}unit") or common) for one in reals}
    if len(units) != 1 or len(reals) > MAX_VALUES:
        raise Invalid("The unit changes within a column, or is missing.")
    whole = holder.find(f"{SI}listUnivariateUnc")
    stated = [_stated(one if whole is None else whole, 1) for one in reals]
    return Series(
        values=tuple(value for one in reals for value in _numbers(one, "value")),
        unit=units.pop(),
        U=tuple(value for one in stated for value in one[0]) if all(one[0] for one in stated) else (),
        k=tuple(value for one in stated for value in one[1]) if all(one[1] for one in stated) else (),
        probability=stated[0][2],
        distribution=stated[0][3],
    )


def _numbers(holder: Element, name: str) -> tuple[Decimal, ...]:
    words = text_of(holder, f"{SI}{name}").split()
    if not words or len(words) > MAX_VALUES:
        raise Invalid("A column has from 1 to %(most)s values.", most=MAX_VALUES)
    return tuple(parse_number(word) for word in words)


def _stated(holder: Element, count: int) -> tuple[tuple[Decimal, ...], tuple[Decimal, ...], str, str]:
    """Expanded uncertainty, k, probability and distribution, in the names of D-SI 1.3, 2.0 and 2.1 and of 2.2."""
    for place, value in (
        ("expandedUnc", "uncertainty"),
        ("expandedUncXMLList", "uncertaintyXMLList"),
        ("measurementUncertaintyUnivariate/expandedMU", "valueExpandedMU"),
        ("measurementUncertaintyUnivariateXMLList/expandedMUXMLList", "valueExpandedMUXMLList"),
    ):
        found = holder.find("/".join(SI + step for step in place.split("/")))
        if found is None:
            continue
        end = "XMLList" if place.endswith("XMLList") else ""
        factor = f"coverageFactor{end}"
        return (
            _broadcast(_numbers(found, value), count),
            _broadcast(_numbers(found, factor), count) if text_of(found, f"{SI}{factor}") else (),
            text_of(found, f"{SI}coverageProbability{end}"),
            text_of(found, f"{SI}distribution{end}"),
        )
    for place, value in (
        ("measurementUncertaintyUnivariate/standardMU", "valueStandardMU"),
        ("measurementUncertaintyUnivariateXMLList/standardMUXMLList", "valueStandardMUXMLList"),
    ):
        found = holder.find("/".join(SI + step for step in place.split("/")))
        if found is not None:
            return _broadcast(_numbers(found, value), count), (Decimal(1),) * count, "", ""
    return (), (), "", ""


def _broadcast(values: Sequence[Decimal], count: int) -> tuple[Decimal, ...]:
    """One value holds for all."""
    if len(values) not in {1, count}:
        raise Invalid("%(found)s uncertainties are stated for %(values)s values.", found=len(values), values=count)
    return tuple(values) * (count if len(values) == 1 else 1)
