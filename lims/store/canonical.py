"""One form of bytes for what is hashed or frozen: RFC 8785 JSON, in which floats, decimals and times are text."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from uuid import UUID

import rfc8785


def plain(value: object) -> object:
    """Return the value with everything that is not plain JSON put as text.

    A float is written as its shortest decimal text, because readers differ in how they print numbers; a time is
    ISO 8601 in UTC with Z; bytes are hexadecimal.

    Raises
    ------
    TypeError
        For anything else, a time without zone, and two keys that would become one.

    >>> plain({"u": 0.1, "on": date(2026, 3, 2)})
    {'u': '0.1', 'on': '2026-03-02'}
    """
    if isinstance(value, Enum):
        return plain(value.value)
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, int):
        return value if abs(value) <= 2**53 - 1 else str(value)
    if isinstance(value, Mapping):
        named = {str(key): plain(part) for key, part in value.items()}
        if len(named) != len(value):
            raise TypeError("a key comes twice once it is text")
        return named
    if isinstance(value, Sequence | set | frozenset) and not isinstance(value, bytes):
        return [plain(part) for part in (value if isinstance(value, Sequence) else sorted(value))]
    return _text(value)


def _text(value: object) -> str:
    match value:
        case float():
            return float.__repr__(value)  # also of numpy's floats
        case Decimal() | UUID():
            return str(value)
        case datetime() if value.tzinfo is None:
            raise TypeError("a time needs its time zone")
        case datetime():
            return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
        case date():
            return value.isoformat()
        case bytes():
            return value.hex()
    message = f"{type(value).__name__} has no canonical form"
    raise TypeError(message)


def to_bytes(value: object) -> bytes:
    """Return the canonical bytes of a value.

    >>> to_bytes({"b": 1, "a": [True, None]})
    b'{"a":[true,null],"b":1}'
    """
    return rfc8785.dumps(plain(value))  # type: ignore[arg-type]  # plain() makes just what it takes


def to_text(value: object) -> str:
    """Return the canonical text of a value."""
    return to_bytes(value).decode()


def digest(body: bytes | str) -> str:
    """Return SHA-256 of bytes or of a text's UTF-8, in hexadecimal.

    >>> digest("")[:8]
    'e3b0c442'
    """
    return hashlib.sha256(body.encode() if isinstance(body, str) else body).hexdigest()
