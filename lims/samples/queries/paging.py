"""Pages of lists by key: the cursor names the last row shown, so the last page costs what the first does."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from datetime import date, datetime
from typing import Generic, TypeVar

from lims.errors import Invalid

Row = TypeVar("Row")
MOST = 200
"""Rows that one page has at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Generic[Row]):
    """Some rows of a list; `cursor` asks for those after them, None when there are none."""

    rows: tuple[Row, ...]
    cursor: str | None


def encode(*key: object) -> str:
    """Return a cursor for this key; dates become ISO text.

    >>> decode(encode(date(2026, 3, 2), 7), 2)
    ['2026-03-02', 7]
    """
    plain = [part.isoformat() if isinstance(part, date) else part for part in key]
    return base64.urlsafe_b64encode(json.dumps(plain).encode()).decode().rstrip("=")


def decode(cursor: str, parts: int) -> list[object]:
    """Return the key in a cursor; refuse one that we did not make."""
    try:
        key = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except ValueError:
        key = None
    if not isinstance(key, list) or len(key) != parts:
        raise Invalid("This page of the list is not known. Start again at the first page.")
    return key


def decode_id(cursor: str) -> int:
    """Return the only part of a cursor that is one row's id."""
    (part,) = decode(cursor, 1)
    if not isinstance(part, int):
        raise Invalid("This page of the list is not known. Start again at the first page.")
    return part


def decode_moment(cursor: str) -> tuple[datetime, int]:
    """Return the parts of a cursor that is a moment (or a day, as its beginning) and a row's id."""
    when, row = decode(cursor, 2)
    try:
        moment = datetime.fromisoformat(when) if isinstance(when, str) else None
    except ValueError:
        moment = None
    if moment is None or not isinstance(row, int):
        raise Invalid("This page of the list is not known. Start again at the first page.")
    return moment, row


def limited(limit: int) -> int:
    """Return a number of rows that a page may have."""
    return max(1, min(limit, MOST))
