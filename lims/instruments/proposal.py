"""What a file proposes for the entry of a certificate: a person looks at it, corrects it, and enters it.

A DCC proposes the head and the points; a table of points only these. What could not be taken is told with its reason.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lims.errors import Invalid, LimsError
from lims.instruments import points_file
from lims.instruments.calibration_file import Part, ReadTable, Table, points_of
from lims.instruments.dcc.document import looks_like_xml
from lims.instruments.dcc.read import DigitalCertificate, Item
from lims.instruments.dcc.read import read as read_dcc
from lims.instruments.states import Phase
from lims.metrology.units import display_unit, same_dimension

Row = Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """Something of the file that is not proposed, and why."""

    what: str
    reason: LimsError


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """The head as text by the names of the form, rows of points as text, and what is wrong or left out.

    `faults` are by the places of the form ("points.3.U"). `signed` says that a DCC has a signature: nobody verified it.
    """

    kind: str
    head: Mapping[str, str]
    rows: tuple[Row, ...]
    faults: Mapping[str, LimsError]
    left_out: tuple[LeftOut, ...]
    remarks: tuple[LeftOut, ...] = ()
    items: tuple[Item, ...] = ()
    tables: tuple[Table, ...] = ()
    signed: bool = False
    version: str = ""

    @property
    def serials(self) -> tuple[str, ...]:
        """The serial numbers that the file names."""
        return tuple(serial for item in self.items for serial in item.serials)


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a person says of a table: what its columns are, and of which quantity, range and phase its points are.

    What is empty is taken as the file has it.
    """

    parts: tuple[Part, ...] = ()
    quantity: str = ""
    range: str = ""
    phase: Phase | None = None


_NOTHING_SAID = Said()


def propose(
    content: bytes,
    *,
    known: Mapping[str, str] | None = None,
    said: Mapping[int, Said] | None = None,
    decimal: str = "",
) -> Proposal:
    """Read a file.

    Parameters
    ----------
    content : bytes
        A DCC, or a table of points as text.
    known : mapping of str to str, optional
        Quantities of the instrument with their units.
    said : mapping of int to Said, optional
        What a person says of the tables of a DCC, by their places.
    decimal : str
        The decimal sign of a table of points, where the file does not show it.

    Raises
    ------
    Invalid
        When the file is neither, or one that is refused.
    """
    if not content.strip():
        raise Invalid("This file is empty.")
    refuse_pdf(content)
    if looks_like_xml(content):
        return _of_dcc(read_dcc(content), known or {}, said or {})
    return _of_points(points_file.read(content, decimal), known or {})


def refuse_pdf(content: bytes) -> None:
    """Refuse a PDF, saying what to do with it."""
    if content[:1024].lstrip().startswith(b"%PDF-"):
        raise Invalid(
            "A PDF is for people: no numbers are read from it. Choose it as the certificate's file below, and read the "
            "points from the DCC (XML) or a table (CSV), or type them in."
        )


def as_data(found: Proposal, say: Callable[[LimsError], str] = str) -> dict[str, Any]:
    """Return a proposal as JSON has it; numbers are decimal text, `say` makes the sentences."""
    return {
        "kind": found.kind,
        "version": found.version,
        "signature": "present, not checked" if found.signed else "none",
        "head": dict(found.head),
        "items": [
            {"name": one.name, "maker": one.maker, "model": one.model, "serials": list(one.serials)}
            for one in found.items
        ],
        "points": [dict(row) for row in found.rows],
        "faults": {place: say(fault) for place, fault in found.faults.items()},
        "remarks": [{"what": one.what, "reason": say(one.reason)} for one in found.remarks],
        "not_taken": [{"what": one.what, "reason": say(one.reason)} for one in found.left_out],
        "tables": [
            {
                "title": table.title,
                "phase": table.phase,
                "columns": [{"label": column.label, "part": column.part} for column in table.columns],
            }
            for table in found.tables
        ],
    }


def names_other_serial(serials: Sequence[str], registered: str) -> bool:
    """Tell whether a file names serial numbers, and none is that of the register.

    >>> names_other_serial(("A 1", "B2"), "b2"), names_other_serial(("A1",), "B2"), names_other_serial((), "B2")
    (False, True, False)
    """
    return bool(serials) and "".join(registered.split()).casefold() not in {
        "".join(one.split()).casefold() for one in serials
    }


def _of_points(found: points_file.PointsFile, known: Mapping[str, str]) -> Proposal:
    nameless = Invalid("This heading is not known here.")
    return Proposal(
        kind="points",
        head={},
        rows=tuple(
            row if row["quantity"] else {**row, "quantity": _quantity(row["unit"], known)} for row in found.rows
        ),
        faults={f"points.{place}.{name}": reason for place, name, reason in found.faults},
        left_out=tuple(LeftOut(what=heading, reason=nameless) for heading in found.left_out),
    )


def _quantity(unit: str, known: Mapping[str, str]) -> str:
    """The quantity of the instrument, where only one has this dimension."""
    try:
        fitting = [name for name, of_it in known.items() if same_dimension(of_it, unit)]
    except LimsError:
        return ""
    return fitting[0] if len(fitting) == 1 else ""


def _of_dcc(found: DigitalCertificate, known: Mapping[str, str], said: Mapping[int, Said]) -> Proposal:
    for place, one in said.items():
        if not 0 <= place < len(found.tables) or len(one.parts) not in {0, len(found.tables[place].columns)}:
            raise Invalid("Say of every column of a table what it is.")
    rows: list[Row] = []
    left_out: list[LeftOut] = []
    remarks: list[LeftOut] = []
    merged: dict[tuple[str, ...], str] = {}
    for place, table in enumerate(found.tables):
        told = said.get(place, _NOTHING_SAID)
        try:
            read = points_of(table, told.parts or None, known)
        except LimsError as error:
            left_out.append(LeftOut(what=_titled(table, place), reason=error))
            continue
        of_table = _rows(read, told)
        rows += of_table
        remarks += [LeftOut(what=_titled(table, place), reason=remark) for remark in read.remarks]
        left_out += _columns_left_out(table, place, told.parts)
        key = tuple(of_table[0][name] for name in ("quantity", "unit", "range", "phase"))
        if (other := merged.setdefault(key, _titled(table, place))) != _titled(table, place):
            remarks.append(LeftOut(what=_titled(table, place), reason=_same_as(other)))
    if len(rows) > points_file.MAX_ROWS:
        raise Invalid("The file has more than %(limit)s lines.", limit=points_file.MAX_ROWS)
    return Proposal(
        kind="DCC",
        head=_head(found),
        rows=tuple(rows),
        faults={},
        left_out=tuple(left_out),
        remarks=tuple(remarks),
        items=found.items,
        tables=found.tables,
        signed=found.signed,
        version=found.version,
    )


def _same_as(other: str) -> LimsError:
    return Invalid(
        "Its points and those of '%(other)s' become one table. Give each its quantity and range where they differ.",
        other=other,
    )


def _titled(table: Table, place: int) -> str:
    return f"{place + 1}. {table.title}".strip()


def _columns_left_out(table: Table, place: int, parts: Sequence[Part]) -> list[LeftOut]:
    chosen = parts or [column.part for column in table.columns]
    pairs = zip(table.columns, chosen, strict=True)
    reason = Invalid("The file does not say that this column is a part of the calibration.")
    return [
        LeftOut(what=f"{_titled(table, place)}: {column.label}", reason=column.wrong or reason)
        for column, part in pairs
        if part is Part.NOTHING
    ]


def _rows(read: ReadTable, told: Said) -> list[Row]:
    return [
        {
            "quantity": told.quantity or read.quantity,
            "unit": display_unit(read.unit) or "1",
            "indication": f"{point.indication:f}",
            "correction": f"{point.correction:f}",
            "U": "" if point.U is None else f"{point.U:f}",
            "k": "" if point.k is None else f"{point.k:f}",
            "dof": "",
            "range": told.range,
            "phase": told.phase or read.phase,
        }
        for point in read.points
    ]


def _head(found: DigitalCertificate) -> dict[str, str]:
    return {
        "number": found.number,
        "issued_by": found.laboratory,
        "accreditation": found.accreditation,
        "calibrated_on": found.calibrated_on.isoformat() if found.calibrated_on else "",
        "valid_until": found.recalibrate_by.isoformat() if found.recalibrate_by else "",
        "conditions": "; ".join(found.conditions),
        "traceability-en": "; ".join(found.standards),
    }
