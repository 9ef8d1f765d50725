"""A reading: what an instrument indicated, with all that is needed to defend it, and the hash chain of an acquisition.

The bench makes the chain, the server checks it, both with `link`. The wire form holds strings, integers, booleans and
null only: a float would have more than one spelling.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from enum import StrEnum
from hashlib import sha256
from typing import Any

import rfc8785

from lims.errors import Invalid
from lims.instruments.told import Told, is_told

GENESIS = "0" * 64
"""Previous hash of the first reading of an acquisition."""


class Flag(StrEnum):
    """What is to be known about a reading besides its value."""

    SIMULATED = "simulated"  # came from a simulator; never from the world
    DYNAMIC = "dynamic"  # the instrument itself said it had not settled
    NOT_STABLE = "not_stable"  # taken after the plan's longest wait for stability ran out
    RESUMED = "resumed"  # first reading after the agent was interrupted: a gap may lie before it
    RECONNECTED = "reconnected"  # first reading after the session was closed, opened and set up again
    PAUSED_BEFORE = "paused_before"  # first reading after a person paused the acquisition
    WAITING = "waiting"  # for the load that the plan's `load_above` speaks of
    OVERLOAD = "overload"
    UNDERLOAD = "underload"
    NOT_READY = "not_ready"
    IMPLAUSIBLE = "implausible"  # a number outside what the range in force can show
    NO_ANSWER = "no_answer"
    BAD_ANSWER = "bad_answer"
    BUSY = "busy"
    SERIAL_NOT_TOLD = "serial_not_told"  # the model can't be asked for it; the register's was taken


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One indication of one instrument, or one failed try; never changed after it was made.

    `value` is the decimal number as indicated, written without exponent, None when there was none; `raw` the answer as
    received; `fault` says why there is no number, as a sentence's id and data (text from older benches); `counts` says
    that it is one of the readings the plan asked for.
    """

    acquisition: str
    seq: int
    quantity: str
    value: str | None
    unit: str
    at: datetime
    raw: str | None
    fault: Told | None
    instrument: str
    serial: str
    idn: str
    resource: str
    driver: str
    driver_hash: str
    settings: Mapping[str, str]
    flags: tuple[str, ...]
    stable: bool | None
    counts: bool
    latency_ms: int
    elapsed_ms: int
    clock_offset_ms: int | None
    bench: str
    agent: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """A reading in its place of the chain."""

    reading: Reading
    previous: str
    hash: str


def link(previous: str, reading: Reading) -> str:
    """Return the hash of a reading in the chain: SHA-256 over the canonical bytes of its fields and the previous hash.

    Parameters
    ----------
    previous : str
        Hash of the reading before it, `GENESIS` for the first.
    reading : Reading
        The reading.

    Returns
    -------
    str
        64 hexadecimal digits.

    Source: RFC 8785, 3.2.
    """
    return sha256(canonical(previous, reading)).hexdigest()


def canonical(previous: str, reading: Reading) -> bytes:
    """Return the bytes that the hash of a reading covers.

    Without floats and with ASCII alone, what the standard library writes with sorted keys is the canonical form, and
    five times as fast; all else goes to the library.
    """
    body = {"previous": previous, **_fields(reading)}
    text = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode("ascii") if text.isascii() else rfc8785.dumps(body)


def seal(previous: str, reading: Reading) -> Sealed:
    """Put a reading at the end of a chain."""
    return Sealed(reading=reading, previous=previous, hash=link(previous, reading))


def check(sealed: Sealed, head: str) -> None:
    """Refuse a reading that does not follow `head` or whose content is not what its hash says.

    Raises
    ------
    Invalid
        Naming the acquisition and the sequence number of the break.
    """
    acquisition, seq = sealed.reading.acquisition, sealed.reading.seq
    if sealed.previous != head:
        raise Invalid(
            "Reading %(seq)s of acquisition %(acquisition)s does not follow the one before it.",
            acquisition=acquisition,
            seq=seq,
        )
    if sealed.hash != link(sealed.previous, sealed.reading):
        raise Invalid(
            "The content of reading %(seq)s of acquisition %(acquisition)s does not fit its hash.",
            acquisition=acquisition,
            seq=seq,
        )


def as_json(sealed: Sealed) -> dict[str, Any]:
    """Return the wire form: the fields, `previous` and `hash`."""
    return {**_fields(sealed.reading), "previous": sealed.previous, "hash": sealed.hash}


def from_json(body: Mapping[str, Any]) -> Sealed:
    """Read the wire form strictly; the chain is not checked here.

    Raises
    ------
    Invalid
        With the reason for every field that is missing, unknown or of the wrong type.
    """
    wrong: dict[str, Invalid | str] = {}
    for name in set(body) - set(_TYPES):
        wrong[name] = Invalid("This key is not known.")
    for name, allowed in _TYPES.items():
        if name not in body:
            wrong[name] = Invalid("This key is missing.")
        elif not _is(body[name], allowed):
            wrong[name] = Invalid("The value is of the wrong type.")
    if not wrong:
        wrong = _further(body)
    if wrong:
        raise Invalid("The reading can't be read: %(keys)s.", fields=wrong, keys=", ".join(sorted(wrong)))
    values = {name: body[name] for name in _NAMES}
    values["at"] = _moment(body["at"])
    values["flags"] = tuple(body["flags"])
    values["settings"] = dict(body["settings"])
    return Sealed(reading=Reading(**values), previous=body["previous"], hash=body["hash"])


_NAMES = tuple(field.name for field in fields(Reading))
_TYPES: dict[str, tuple[type, ...]] = {
    **dict.fromkeys(_NAMES, (str,)),
    **dict.fromkeys(("seq", "latency_ms", "elapsed_ms"), (int,)),
    **dict.fromkeys(("value", "raw"), (str, type(None))),
    "fault": (str, dict, type(None)),
    "clock_offset_ms": (int, type(None)),
    "stable": (bool, type(None)),
    "counts": (bool,),
    "settings": (dict,),
    "flags": (list,),
    "previous": (str,),
    "hash": (str,),
}


def _is(value: object, allowed: tuple[type, ...]) -> bool:
    if isinstance(value, bool):  # a bool is an int in Python, not in JSON
        return bool in allowed
    return isinstance(value, allowed)


def _further(body: Mapping[str, Any]) -> dict[str, Invalid | str]:
    wrong: dict[str, Invalid | str] = {}
    if body["seq"] < 1:
        wrong["seq"] = Invalid("The number of a reading begins at 1.")
    if not all(isinstance(flag, str) for flag in body["flags"]):
        wrong["flags"] = Invalid("The value is of the wrong type.")
    if not all(isinstance(value, str) for value in body["settings"].values()):
        wrong["settings"] = Invalid("The value is of the wrong type.")
    if body["fault"] is not None and not is_told(body["fault"]):
        wrong["fault"] = Invalid("This is no sentence: text, or a list of sentences with id and data.")
    if not _is_moment(body["at"]):
        wrong["at"] = Invalid("The time is not written as 2026-01-31T12:00:00.000000Z.")
    if body["value"] is not None and not _is_plain_decimal(body["value"]):
        wrong["value"] = Invalid("The value is not a plain decimal number.")
    return wrong


def _is_moment(text: str) -> bool:
    try:
        return _time(_moment(text)) == text
    except ValueError:
        return False


def _is_plain_decimal(text: str) -> bool:
    whole, _, part = text.removeprefix("-").partition(".")
    return (whole + part).isascii() and whole.isdigit() and (part.isdigit() or "." not in text)


def _fields(reading: Reading) -> dict[str, Any]:
    body: dict[str, Any] = {name: getattr(reading, name) for name in _NAMES}
    body["at"] = _time(reading.at)
    body["flags"] = list(reading.flags)
    body["settings"] = dict(reading.settings)
    return body


def _time(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _moment(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
