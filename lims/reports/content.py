"""What a report says: plain frozen values in the report's language, their canonical JSON and its hash.

Numbers stand here twice: as the rounded text that is printed, and in `Section.numbers` at full precision for the
client's software. Nothing in here changes after approval; the printed page is a function of it and of the approval.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import rfc8785

FORMAT = "lims-report/1"
"""Name and version of this shape; the machine-readable attachment carries it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of a printed table; a numeric one is aligned at the decimal sign."""

    head: str
    symbol: str = ""
    unit: str = ""
    numeric: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row; a strong one stands for the whole (a mean, a maximum)."""

    cells: tuple[str, ...]
    strong: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A printed table."""

    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    title: str = ""


def texts_in_columns(columns: Sequence[tuple[str, Sequence[str]]]) -> Table:
    """Return a table of texts from its columns, each a head and its cells."""
    rows = zip(*(cells for _head, cells in columns), strict=True)
    return Table(
        columns=tuple(Column(head=head) for head, _cells in columns), rows=tuple(Row(cells=row) for row in rows)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Laboratory:
    """Who says it (7.8.2.1 b, c)."""

    name: str
    branch: str
    address: str
    accreditation: str
    accent: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """For whom (7.8.2.1 e)."""

    name: str
    address: str
    reference: str
    purpose: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Amendment:
    """Which report this one replaces, what changed and why (7.8.8.2)."""

    number: str
    replaces: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One test line: method, dates, results with uncertainty, conformity with its rule, deviations."""

    line: str
    item: str
    heading: str
    facts: tuple[tuple[str, str], ...]
    tables: tuple[Table, ...]
    sentences: tuple[str, ...]
    conformity: Table
    rules: tuple[str, ...]
    notes: tuple[str, ...]
    numbers: dict[str, Any]
    result_hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """Everything a report says but its number, date of issue and signature, which come with the approval."""

    format: str
    template: str
    language: str
    kind: str
    kind_word: str
    subject: str
    title: str
    running_title: str
    laboratory: Laboratory
    client: Client
    job: dict[str, str]
    amendment: Amendment | None
    items: Table
    sampling: tuple[tuple[str, str], ...]
    supplied: str
    sections: tuple[Section, ...]
    instruments: Table
    traceability: tuple[str, ...]
    opinion: str
    statements: tuple[str, ...]
    footer: str
    words: dict[str, str]


def canonical(content: Content | dict[str, Any]) -> str:
    """Return the one text of this content: RFC 8785, so that equal contents have equal hashes.

    >>> canonical({"b": 1.0, "a": "x"})
    '{"a":"x","b":1}'
    """
    return rfc8785.dumps(content if isinstance(content, dict) else asdict(content)).decode()


def content_hash(text: str) -> str:
    """Return the SHA-256 of a canonical content, in hexadecimal: what a signature binds to.

    >>> content_hash("")[:8]
    'e3b0c442'
    """
    return hashlib.sha256(text.encode()).hexdigest()
