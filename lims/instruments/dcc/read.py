"""What a DCC says of one calibration: whose, by whom, when, of what, under which conditions, and its tables."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from xml.etree.ElementTree import Element

from lims.errors import Invalid
from lims.instruments.calibration_file import Part, Series, Table
from lims.instruments.dcc.document import DCC, SIGNATURE, children, root_of, text_of, types_of, words_of
from lims.instruments.dcc.quantities import column_of
from lims.instruments.states import Phase
from lims.metrology.units import display_unit

MAX_TABLES = 200
_FOUND = frozenset({"beforeAdjustment", "beforeRepair", "asFound"})
_LEFT = frozenset({"afterAdjustment", "afterRepair", "asLeft"})
_SERIAL_WORDS = frozenset({"serialNumber", "serialNo"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One thing that was calibrated, or a part of it; `serials` are the numbers that its maker gave it."""

    name: str
    maker: str
    model: str
    serials: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DigitalCertificate:
    """What a DCC says; an empty text is what it does not say. A signature is seen, not verified."""

    version: str
    number: str
    laboratory: str
    accreditation: str
    begun_on: date | None
    calibrated_on: date | None
    recalibrate_by: date | None
    items: tuple[Item, ...]
    conditions: tuple[str, ...]
    standards: tuple[str, ...]
    tables: tuple[Table, ...]
    signed: bool

    @property
    def serials(self) -> tuple[str, ...]:
        """The makers' numbers of all items."""
        return tuple(serial for item in self.items for serial in item.serials)


def read(content: bytes) -> DigitalCertificate:
    """Read a digital calibration certificate.

    Parameters
    ----------
    content : bytes
        The XML document, version 3.1 to 3.3.

    Returns
    -------
    DigitalCertificate
        Tables in the order of the document: what was found before an adjustment, then the results.

    Raises
    ------
    Invalid
        When the file is no such document; what can't be read inside of it is told with its column.

    Source: DCC, 3.
    """
    root = root_of(content)
    head = root.find(f"{DCC}administrativeData")
    core = None if head is None else head.find(f"{DCC}coreData")
    laboratory = None if head is None else head.find(f"{DCC}calibrationLaboratory")
    results = list(root.iterfind(f"{DCC}measurementResults/{DCC}measurementResult"))
    return DigitalCertificate(
        version=root.get("schemaVersion", ""),
        number=text_of(core, f"{DCC}uniqueIdentifier"),
        laboratory=words_of(None if laboratory is None else laboratory.find(f"{DCC}contact")),
        accreditation=text_of(laboratory, f"{DCC}calibrationLaboratoryCode"),
        begun_on=_day(text_of(core, f"{DCC}beginPerformanceDate")),
        calibrated_on=_day(text_of(core, f"{DCC}endPerformanceDate")),
        recalibrate_by=_recalibration(head),
        items=tuple(_item(one) for one in root.iterfind(f"{DCC}administrativeData/{DCC}items/{DCC}item")),
        conditions=tuple(dict.fromkeys(said for one in results for said in _conditions(one))),
        standards=tuple(dict.fromkeys(said for one in results for said in _standards(one))),
        tables=_few(tuple(table for one in results for table in _tables_of(one))),
        signed=root.find(SIGNATURE) is not None,
    )


def _few(tables: tuple[Table, ...]) -> tuple[Table, ...]:
    if len(tables) > MAX_TABLES:
        raise Invalid("This certificate has more than %(limit)s tables.", limit=MAX_TABLES)
    return tables


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return None


def _recalibration(head: Element | None) -> date | None:
    statements = () if head is None else head.iterfind(f"{DCC}statements/{DCC}statement")
    days = (_day(text_of(one, f"{DCC}date")) for one in statements if "recalibration" in types_of(one))
    return next((day for day in days if day), None)


def _item(item: Element) -> Item:
    """Its serial is what is typed so; or else what its maker identifies it by."""
    numbers = list(item.iterfind(f"{DCC}identifications/{DCC}identification"))
    typed = [one for one in numbers if types_of(one) & _SERIAL_WORDS]
    chosen = typed or [one for one in numbers if text_of(one, f"{DCC}issuer") == "manufacturer"]
    return Item(
        name=words_of(item),
        maker=words_of(item.find(f"{DCC}manufacturer")),
        model=text_of(item, f"{DCC}model"),
        serials=tuple(serial for one in chosen if (serial := text_of(one, f"{DCC}value"))),
    )


def _influences(result: Element) -> Iterator[Element]:
    yield from result.iterfind(f"{DCC}influenceConditions/{DCC}influenceCondition")


def _conditions(result: Element) -> Iterator[str]:
    """Yield conditions in words: "Ambient temperature 22 °C to 24 °C"."""
    for one in _influences(result):
        told = [value for quantity in one.iterfind(f"{DCC}data/{DCC}quantity") if (value := _value(quantity))]
        if told:
            yield f"{words_of(one)} {(' to ' if len(told) == 2 else ', ').join(told)}".strip()


def _value(quantity: Element) -> str:
    column = column_of(quantity, 1)
    series: Series | None = column.series[-1] if column.series else None
    if series is None or len(series.values) != 1:
        return ""
    return f"{series.values[0]:f} {display_unit(series.unit)}".strip()


def _standards(result: Element) -> Iterator[str]:
    for one in result.iterfind(f"{DCC}measuringEquipments/{DCC}measuringEquipment"):
        certificate = text_of(one, f"{DCC}certificate/{DCC}referralID")
        yield f"{words_of(one)} ({certificate})" if certificate else words_of(one)


def _tables_of(result: Element) -> Iterator[Table]:
    """Yield tables among the conditions (what was found before an adjustment), then those of the results.

    A condition without a table of its own says of all results when they were taken.
    """
    whole = _phase(types_of(result))
    for one in _influences(result):
        phase = _phase({text_of(one, f"{DCC}status")}, types_of(one))
        if phase is None:  # the room, not the instrument
            continue
        tables = list(_tables(one.find(f"{DCC}data"), words_of(one), phase))
        tables = [table for table in tables if any(column.part is not Part.NOTHING for column in table.columns)]
        yield from tables
        whole = whole or (None if tables else phase)
    for one in result.iterfind(f"{DCC}results/{DCC}result"):
        yield from _tables(one.find(f"{DCC}data"), words_of(one), _phase(types_of(one)) or whole)


def _tables(data: Element | None, title: str, phase: Phase | None) -> Iterator[Table]:
    """Yield a table for each list of quantities, lists in lists too."""
    quantities = list(children(data, "quantity"))
    if quantities:
        columns = tuple(column_of(one, place) for place, one in enumerate(quantities, 1))
        yield Table(title=title, phase=phase or Phase.AS_LEFT, columns=columns)
    for one in children(data, "list"):
        named = words_of(one)
        below = " · ".join(part for part in (title, named) if part)
        yield from _tables(one, below, _phase(types_of(one)) or phase)


def _phase(*words: frozenset[str] | set[str]) -> Phase | None:
    every = frozenset().union(*words)
    if bool(every & _FOUND) == bool(every & _LEFT):
        return None
    return Phase.AS_FOUND if every & _FOUND else Phase.AS_LEFT
