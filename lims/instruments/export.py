"""What a parser file says of an instrument's export, and what reading one gives: rows, and what is wrong by line."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from lims.errors import LimsError
from lims.instruments.reading import Flag

Column = str | int
"""A column by its heading, or by its place counted from 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """How the file is cut into cells; `columns` is how many, where no heading says it.

    `kind` is "text", "xlsx" or "astm"; a spreadsheet (its `sheet` by name, "": the only one) and what an analyser
    transmits are read as text with commas.
    """

    kind: str
    sheet: str
    encoding: str
    delimiter: str
    quote: str
    decimal: str
    thousands: str
    skip: int
    headings: int
    columns: int
    leave_out: re.Pattern[str] | None
    end: re.Pattern[str] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """Where the time of a row stands; `columns` are joined by a space. Without a zone the format has its own."""

    columns: tuple[Column, ...]
    formats: tuple[str, ...]
    zone: ZoneInfo | None
    words: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Serial:
    """Where the serial number stands: in a column, or once in the lines above the headings."""

    column: Column | None
    match: re.Pattern[str] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantity:
    """A column of values; its unit is fixed, or read from a column or a line of the headings."""

    name: str
    column: Column
    unit: str
    unit_column: Column | None
    unit_line: int
    units: Mapping[str, str]
    states: Mapping[Flag, re.Pattern[str]]
    may_be_empty: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Parser:
    """A parser file, read and checked; `hash` is the SHA-256 of its content."""

    id: str
    version: int
    maker: str
    model: str
    source: str
    checked: str
    layout: Layout
    label: Column | None
    times: Times | None
    serial: Serial | None
    quantities: tuple[Quantity, ...]
    hash: str

    @property
    def name(self) -> str:
        """Id and version, as readings state them."""
        return f"{self.id}/{self.version}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """One cell with a value: a decimal without exponent, or None and the state that stands there instead."""

    quantity: str
    value: str | None
    unit: str
    raw: str
    flag: Flag | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row of the file that was understood in full; `line` counts from 1."""

    line: int
    label: str | None
    at: datetime | None
    serial: str | None
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What is wrong in one row; `column` is the heading or place, empty when it is the row itself."""

    line: int
    column: str
    reason: LimsError


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """A file as a parser reads it. Only one without faults may be taken, and only as a whole."""

    parser: str
    parser_hash: str
    file_hash: str
    rows: tuple[Row, ...]
    faults: tuple[Fault, ...]
    left_out: tuple[int, ...]
