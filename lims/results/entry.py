"""What a person writes down at the bench, checked before it is stored. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from lims.errors import Invalid, LimsError, WrongDimension
from lims.methods.characteristics import LONGEST_TEXT, Characteristic
from lims.methods.fill import OBSERVATION, RequiredInput
from lims.metrology.numbers import parse_number
from lims.metrology.units import display_unit, parse_unit, same_dimension

BY_HAND = frozenset({"reading", "environment", "entry", "reference", "constant", OBSERVATION})
"""Sources of inputs that a person may write down; a certificate's correction and another result are never
typed."""
REFERENCE = "reference"
"""Where an input comes from that is the value of a lot; typed only where the laboratory has no such lot."""
ENVIRONMENT = "environment"
LARGEST_ENTRY = 1000
_PLAIN = 20
_AHEAD = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Taking:
    """A result of another line that is taken for an input: which one by its hash, and what of it.

    `components` carry its uncertainty, `certificate_ids` what it is traceable through.
    """

    result_id: int
    content_hash: str
    line: str
    output: str
    point: str | None
    components: tuple[Mapping[str, Any], ...]
    certificate_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LotTaking:
    """A value of a lot that is taken for an input: which one, of which edition of its certificate, with its parts."""

    lot_value_id: int
    lot_id: int
    lot: str
    edition: int
    quantity: str
    components: tuple[Mapping[str, Any], ...]
    certificate_ids: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class InFile:
    """Where in a file of an instrument a number stands: the file, its line, what stands there, and by which parser."""

    sent_file_id: int
    digest: str
    line: int
    raw: str
    parser: str
    parser_hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomTaking:
    """What the logger of a room said over a time: its mean with the certificate's correction, and how it came about."""

    logger: str
    instrument_id: int
    quantity: str
    since: datetime
    until: datetime
    count: int
    mean: float
    correction: float
    components: tuple[Mapping[str, Any], ...]
    certificate_ids: tuple[int, ...] = ()


Takings = Taking | LotTaking | RoomTaking
"""What a person took for an input in place of typing it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entered:
    """Numbers for one input as typed; `U` with `k` (2 when left out) and `note` say how well and from where.

    For a characteristic the values are what was observed, one for each piece.

    `places` are the fields that the numbers stood in, where some were left empty: faults are told by them.
    """

    input: str
    point: str | None = None
    values: tuple[str, ...]
    unit: str
    instrument_id: int | None = None
    at: datetime | None = None
    U: str = ""
    k: str = ""
    note: str = ""
    places: tuple[int, ...] | None = None
    taking: Takings | None = None
    in_file: InFile | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """The same, understood: decimal strings with every digit typed (or what was observed), the canonical unit."""

    input: str
    point: str | None
    values: tuple[str, ...]
    typed: tuple[str, ...]
    unit: str
    instrument_id: int | None
    at: datetime
    U: str | None
    k: str | None
    note: str
    taking: Takings | None = None
    in_file: InFile | None = None


def key_of(input_name: str, point: str | None) -> str:
    """Return how an input at a point is called in forms and in messages.

    >>> key_of("m_dry", "specimen 1"), key_of("t", None)
    ('specimen 1/m_dry', 't')
    """
    return input_name if point is None else f"{point}/{input_name}"


def field_of(input_name: str, point: str | None) -> str:
    """Return the beginning of the names of an input's fields in forms: as `key_of`, without blanks.

    >>> field_of("m_dry", "specimen 1")
    'specimen_1/m_dry'
    """
    return re.sub(r"[^\w./-]", "_", key_of(input_name, point))


def understand(
    entries: Sequence[Entered], required: Sequence[RequiredInput], *, now: datetime, not_before: datetime | None
) -> tuple[Written, ...]:
    """Read what was typed; everything that is wrong is told at once, by field.

    Raises
    ------
    Invalid
        `fields` has the reason for each field, named after `field_of`: ".0", ".1" ... for numbers, ".unit", ".U", ".k",
        ".at" for the rest.
    """
    known = {(one.name, one.point): one for one in required}
    wrong: dict[str, LimsError | str] = {}
    found = [
        written
        for entry in entries
        if (written := _understood(entry, known.get((entry.input, entry.point)), wrong, now, not_before))
    ]
    if not wrong and not found:
        raise Invalid("There is no number to store. Type at least one.")
    if sum(len(one.values) for one in found) > LARGEST_ENTRY:
        raise Invalid("At most %(most)s numbers can be entered at once.", most=LARGEST_ENTRY)
    if wrong:
        raise Invalid("Some numbers can't be used. What you typed is kept; nothing was stored.", wrong)
    return tuple(found)


def _understood(
    entry: Entered,
    required: RequiredInput | None,
    wrong: dict[str, LimsError | str],
    now: datetime,
    not_before: datetime | None,
) -> Written | None:
    key = field_of(entry.input, entry.point)
    sources, sentence = _sources(entry.taking)
    if required is None or required.source not in sources:
        wrong[key] = Invalid(sentence, input=key_of(entry.input, entry.point))
        return None
    written = Written(
        input=entry.input,
        point=entry.point,
        values=(),
        typed=entry.values if entry.in_file is None else (entry.in_file.raw,),
        unit="1",
        instrument_id=entry.instrument_id,
        at=_moment(entry.at or now, f"{key}.at", wrong, now, not_before),
        U=None,
        k=None,
        note=entry.note.strip(),
        taking=entry.taking,
        in_file=entry.in_file,
    )
    if required.characteristic is not None:
        return replace(written, values=_observed(entry, required.characteristic, key, wrong))
    values = tuple(_number(text, f"{key}.{n}", wrong) for n, text in _placed(entry))
    if not values:
        wrong[f"{key}.0"] = Invalid("A number is missing.")
    return replace(
        written,
        values=values,
        unit=_unit(entry.unit, required.unit, f"{key}.unit", wrong),
        U=_positive(entry.U, f"{key}.U", wrong),
        k=_positive(entry.k, f"{key}.k", wrong) if entry.U.strip() else None,
    )


def _sources(taking: Takings | None) -> tuple[frozenset[str], str]:
    """Return for which sources something is entered so, and what is said of an input that has none of them."""
    if taking is None:
        return BY_HAND, "The method has no input '%(input)s' that is written down by hand."
    if isinstance(taking, LotTaking):
        return frozenset({REFERENCE}), "The method has no input '%(input)s' that is a reference value."
    if isinstance(taking, RoomTaking):
        return frozenset({ENVIRONMENT}), "The method has no input '%(input)s' that is a quantity of the room."
    return frozenset({"result"}), "The method has no input '%(input)s' that is another result."


def _placed(entry: Entered) -> list[tuple[int, str]]:
    """What was typed, each with the place of its field."""
    places = range(len(entry.values)) if entry.places is None else entry.places
    return list(zip(places, entry.values, strict=True))


def _observed(
    entry: Entered, characteristic: Characteristic, key: str, wrong: dict[str, LimsError | str]
) -> tuple[str, ...]:
    """What was seen on every piece, each one of the allowed values; all pieces are told at once."""
    placed = [(place, value.strip()) for place, value in _placed(entry)]
    for place, value in placed:
        if characteristic.values and value not in characteristic.values:
            wrong[f"{key}.{place}"] = Invalid("'%(value)s' is not one of the allowed values.", value=value)
        elif not 0 < len(value) <= LONGEST_TEXT:
            wrong[f"{key}.{place}"] = Invalid("Write 1 to %(most)s characters.", most=LONGEST_TEXT)
    if len(placed) != characteristic.of:
        taken = {place for place, _value in placed}
        empty = next((place for place in range(characteristic.of) if place not in taken), 0)
        wrong[f"{key}.{empty}"] = Invalid(
            "Say what was seen on each piece: %(wanted)s are wanted, %(given)s are given.",
            wanted=characteristic.of,
            given=len(placed),
        )
    return tuple(value for _place, value in placed)


def _number(text: str, field: str, wrong: dict[str, LimsError | str]) -> str:
    try:
        return written(parse_number(text))
    except Invalid as error:
        wrong[field] = error
        return ""


def written(number: Decimal) -> str:
    """Return a number as plain digits where that is not too long, every digit kept.

    >>> written(Decimal("9.80")), written(Decimal("1.5E-3"))
    ('9.80', '0.0015')
    """
    return f"{number:f}" if -_PLAIN < number.adjusted() < _PLAIN else str(number)


def _unit(text: str, wanted: str, field: str, wrong: dict[str, LimsError | str]) -> str:
    try:
        unit = parse_unit(text.strip() or wanted)
        if not same_dimension(unit, wanted):
            raise WrongDimension(
                "%(given)s does not fit: this input is in %(wanted)s.",
                given=display_unit(unit) or "1",
                wanted=display_unit(wanted) or "1",
            )
    except Invalid as error:
        wrong[field] = error
        return wanted
    return unit


def _positive(text: str, field: str, wrong: dict[str, LimsError | str]) -> str | None:
    if not text.strip():
        return None
    try:
        number = parse_number(text)
    except Invalid as error:
        wrong[field] = error
        return None
    if number <= 0:
        wrong[field] = Invalid("This number must be larger than zero.")
    return written(number)


def _moment(
    at: datetime, field: str, wrong: dict[str, LimsError | str], now: datetime, not_before: datetime | None
) -> datetime:
    if at > now + _AHEAD:
        wrong[field] = Invalid("This time lies in the future. Give the moment at which it was read.")
    elif not_before is not None and at < not_before:
        wrong[field] = Invalid("This time lies before the item was received. Give the moment at which it was read.")
    return at
