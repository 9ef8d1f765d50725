"""What a driver is: how one model identifies itself, is set up and asked, and how its answers are understood.

A driver is data (drivers/*.toml, read by `driverfile`); nothing here opens a connection. An answer is understood only
if the whole of it matches: half an answer, the answer to another question and noise never become a number.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from string import Formatter

from lims.errors import BadAnswer, Invalid
from lims.instruments.reading import Flag


@dataclass(frozen=True, slots=True, kw_only=True)
class Wire:
    """How bytes are put on the line and taken from it.

    `pause_ms` is the shortest time between two messages sent; `acknowledge` what is answered to a command that is not a
    question (None: nothing is); `instrument` the class that an adapter of another library drives.
    """

    write: str
    read: str
    encoding: str
    timeout_ms: int
    recover_ms: int
    pause_ms: int
    nodelay: bool
    baud: int | None
    data_bits: int
    parity: str
    stop_bits: str
    prepare: tuple[str, ...]
    error_query: str | None
    error_none: re.Pattern[str] | None
    acknowledge: re.Pattern[str] | None
    instrument: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """A question and what the whole answer must look like."""

    query: str
    match: re.Pattern[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One thing that can be set; only a listed choice, or a number between two limits, is ever sent."""

    name: str
    unit: str
    choices: tuple[str, ...]
    low: Decimal | None
    high: Decimal | None
    default: str

    def allows(self, value: str) -> bool:
        """Tell whether this value may be sent."""
        if self.choices:
            return value in self.choices
        if not re.fullmatch(r"-?\d+(\.\d+)?", value, re.ASCII) or self.low is None or self.high is None:
            return False
        return self.low <= Decimal(value) <= self.high


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadBack:
    """A setting asked for after it was sent: the instrument must say the same number, `within` so much."""

    setting: str
    query: str
    match: re.Pattern[str]
    within: Decimal

    def says(self, raw: str, sent: str) -> bool:
        """Tell whether the whole answer is the number that was sent."""
        found = self.match.fullmatch(raw)
        number = _number(found.groupdict(), Decimal(1)) if found else Decimal("NaN")
        return number.is_finite() and abs(number - Decimal(sent)) <= self.within


@dataclass(frozen=True, slots=True, kw_only=True)
class Accuracy:
    """The maker's specification: half-width = of_reading |x| + of_range R + plus, in the quantity's unit."""

    interval_days: int
    temperature: tuple[Decimal, Decimal] | None
    of_reading: Decimal
    of_range: Decimal
    plus: Decimal
    distribution: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """What a range can show; `when` is the value of the setting "range" that selects it (None: always)."""

    when: str | None
    low: Decimal
    high: Decimal
    resolution: Decimal
    full_scale: Decimal
    accuracy: tuple[Accuracy, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An answer understood: a number, or a state of the instrument in its place."""

    raw: str
    value: str | None
    flags: frozenset[Flag]


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantity:
    """One quantity that the model can show, and how to get at it.

    `setup` puts the instrument into the state for it and may be sent again at any time. `start` and `stop` act once (an
    integration, a ramp); `running` asks whether what was started still goes on. The number of an answer is the group
    `value`, after the group `sign`, times `scale`, times ten to the group `exponent`, if there are such groups. `valid`
    is asked after each number: only its right answer vouches for it; `readback` after setup, whether it was taken.
    `marks` are flags of every answer.
    """

    name: str
    unit: str
    settings: tuple[Setting, ...]
    setup: tuple[str, ...]
    readback: tuple[ReadBack, ...]
    start: tuple[str, ...]
    stop: tuple[str, ...]
    running: Exchange | None
    valid: Exchange | None
    query: str
    parse: re.Pattern[str]
    scale: Decimal
    marks: frozenset[Flag]
    states: Mapping[Flag, re.Pattern[str]]
    dynamic: re.Pattern[str] | None
    timeout_ms: int
    settle_ms: int
    ranges: tuple[Range, ...]

    def resolve(self, chosen: Mapping[str, str]) -> dict[str, str]:
        """Return all settings, defaults filled in.

        Raises
        ------
        Invalid
            For a setting that the driver does not know or a value that it does not allow.
        """
        known = {setting.name: setting for setting in self.settings}
        wrong: dict[str, Invalid | str] = {
            name: Invalid("There is no setting %(name)s for %(quantity)s.", name=name, quantity=self.name)
            for name in chosen
            if name not in known
        }
        for name, value in chosen.items():
            if name in known and not known[name].allows(value):
                allowed = ", ".join(known[name].choices) or f"{known[name].low} … {known[name].high}"
                wrong[name] = Invalid(
                    "%(value)s can't be set for %(name)s; possible is %(allowed)s.",
                    value=value,
                    name=name,
                    allowed=allowed,
                )
        if wrong:
            raise Invalid("These settings can't be made: %(keys)s.", fields=wrong, keys=", ".join(sorted(wrong)))
        return {name: chosen.get(name, setting.default) for name, setting in known.items()}

    def understand(self, raw: str, settings: Mapping[str, str]) -> Answer:
        """Take the whole answer as a number or a state.

        Parameters
        ----------
        raw : str
            The answer without its end mark.
        settings : mapping
            All settings in force.

        Raises
        ------
        BadAnswer
            When it is neither.
        """
        for flag, pattern in self.states.items():
            if pattern.fullmatch(raw):
                return Answer(raw=raw, value=None, flags=self.marks | {flag})
        found = self.parse.fullmatch(raw)
        if found is None:
            raise BadAnswer(
                "The answer %(raw)s is not one that %(quantity)s can have.", raw=repr(raw), quantity=self.name
            )
        number = _number(found.groupdict(), self.scale)
        if not number.is_finite():
            raise BadAnswer("The answer %(raw)s holds no number for %(quantity)s.", raw=repr(raw), quantity=self.name)
        flags = set(self.marks)
        if self.dynamic is not None and self.dynamic.fullmatch(raw):
            flags.add(Flag.DYNAMIC)
        if not self.can_show(number, settings):
            flags.add(Flag.IMPLAUSIBLE)
        return Answer(raw=raw, value=format(number, "f"), flags=frozenset(flags))

    def can_show(self, number: Decimal, settings: Mapping[str, str]) -> bool:
        """Tell whether the range in force can show this number (any range, when the instrument chooses itself)."""
        if not self.ranges:
            return True
        chosen = [each for each in self.ranges if each.when in {None, settings.get("range")}] or self.ranges
        return any(each.low <= number <= each.high for each in chosen)


@dataclass(frozen=True, slots=True, kw_only=True)
class Driver:
    """One model of instrument as data, with the SHA-256 of the file it was read from.

    `kind` names the class that speaks a framed protocol (empty: lines of text), and is hashed with the file;
    `tells_serial` is False for a model that can't be asked for its serial number.
    """

    id: str
    version: int
    maker: str
    model: str
    source: str
    checked: str
    kind: str
    tells_serial: bool
    wire: Wire
    identify: tuple[Exchange, ...]
    quantities: tuple[Quantity, ...]
    hash: str

    @property
    def name(self) -> str:
        """Id and version, as a reading names its driver."""
        return f"{self.id}/{self.version}"

    def quantity(self, name: str) -> Quantity:
        """Return the quantity of this name.

        Raises
        ------
        Invalid
            When this model has none, naming those it has.
        """
        for each in self.quantities:
            if each.name == name:
                return each
        known = ", ".join(each.name for each in self.quantities)
        raise Invalid("%(driver)s has no quantity %(name)s; it has %(known)s.", driver=self.id, name=name, known=known)


def _number(groups: Mapping[str, str | None], scale: Decimal) -> Decimal:
    """Value times scale times ten to the exponent, with the digits as they were sent; NaN when there is no number."""
    try:
        mantissa = Decimal((groups.get("sign") or "") + (groups["value"] or "NaN"))
        return (mantissa if scale == 1 else mantissa * scale).scaleb(int(groups.get("exponent") or "0"))
    except (InvalidOperation, ValueError):
        return Decimal("NaN")


def places(command: str) -> set[str]:
    """Return the names of the places of a command: {"range"} for "VOLT:RANG {range}".

    >>> sorted(places("CONF:VOLT:DC {range},{resolution}"))
    ['range', 'resolution']
    """
    return {name for _, name, _, _ in Formatter().parse(command) if name is not None}
