"""A reach as text that is kept, and back. Pure; the same reach gives the same text."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from datetime import datetime
from typing import Any

from lims.quality.reached import Reach, Reached, ReachedReport, Recipient, Way

MOMENTS = ("first_at", "last_at")


def freeze(reach: Reach) -> tuple[str, str]:
    """Return a reach as canonical JSON, and its hash.

    Examples
    --------
    >>> text, digest = freeze(Reach(instrument_id=1, since=None, until=None, rows=(), elsewhere=0))
    >>> thaw(text).instrument_id, len(digest)
    (1, 64)
    """
    text = json.dumps(asdict(reach), default=_plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text, hashlib.sha256(text.encode()).hexdigest()


def _plain(value: object) -> str:
    if not isinstance(value, datetime):
        raise TypeError(type(value).__name__)
    return value.isoformat()


def thaw(text: str) -> Reach:
    """Return the reach that was frozen."""
    found = json.loads(text)
    rows = tuple(_row(row) for row in found.pop("rows"))
    return Reach(
        instrument_id=found["instrument_id"],
        since=_moment(found["since"]),
        until=_moment(found["until"]),
        rows=rows,
        elsewhere=found["elsewhere"],
        lot_id=found.get("lot_id"),
    )


def _row(row: dict[str, Any]) -> Reached:
    known = {
        "way": Way(row["way"]),
        "reading_ids": tuple(row["reading_ids"]),
        "reports": tuple(_report(one) for one in row["reports"]),
        **{name: _moment(row[name]) for name in MOMENTS},
    }
    return Reached(**(row | known))


def _report(one: dict[str, Any]) -> ReachedReport:
    recipients = tuple(Recipient(**(who | {"at": _moment(who["at"])})) for who in one["recipients"])
    return ReachedReport(**(one | {"issued_at": _moment(one["issued_at"]), "recipients": recipients}))


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
