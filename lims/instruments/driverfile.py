"""Driver files: TOML read strictly into `driver.Driver`; whatever is wrong is named by its place in the file."""

from __future__ import annotations

import codecs
import re
import tomllib
from collections.abc import Callable
from decimal import Decimal
from functools import cache
from hashlib import sha256
from pathlib import Path

from lims.errors import Invalid, LimsError, NotFound
from lims.instruments import protocols
from lims.instruments.driver import Accuracy, Driver, Exchange, Quantity, Range, ReadBack, Setting, Wire, places
from lims.instruments.reading import Flag
from lims.instruments.strictly import Table
from lims.metrology.units import parse_unit

FOLDER = Path(__file__).parent / "drivers"
STATES = (Flag.OVERLOAD, Flag.UNDERLOAD, Flag.NOT_READY)
DISTRIBUTIONS = ("rectangular", "normal", "triangular")


def shipped_files() -> list[Path]:
    """Return the driver files of this package."""
    return sorted(FOLDER.glob("*.toml"))


@cache
def shipped(name: str) -> Driver:
    """Return the shipped driver of this id.

    Raises
    ------
    NotFound
        When there is none.
    """
    path = FOLDER / f"{name}.toml"
    if not re.fullmatch(r"[a-z0-9-]+", name) or not path.is_file():
        raise NotFound("There is no driver %(name)s; `lims instruments drivers` lists them.", name=name)
    return load(path)


def load(source: Path | bytes, *, check_unit: Callable[[str], str] = parse_unit) -> Driver:
    """Read and check a driver file.

    Parameters
    ----------
    source : Path or bytes
        The file, or its content.
    check_unit : callable, optional
        Returns the canonical spelling of a unit or raises Invalid.

    Raises
    ------
    Invalid
        `fields` names each wrong place ("quantity[0].parse") with its reason.
    """
    content = source if isinstance(source, bytes) else source.read_bytes()
    try:
        data = tomllib.loads(content.decode("utf-8"), parse_float=Decimal)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Invalid("The driver file is not TOML in UTF-8: %(reason)s.", reason=str(error)) from error
    wrong: dict[str, LimsError | str] = {}
    table = Table(data, "", wrong)
    driver = _driver(table, check_unit, content)
    if wrong:
        raise Invalid("The driver file is wrong at: %(keys)s.", fields=wrong, keys=", ".join(sorted(wrong)))
    return driver


def _driver(table: Table, check_unit: Callable[[str], str], content: bytes) -> Driver:
    head, wire = table.table("driver", needed=True), _wire(table.table("io", needed=True))
    kind, tells = head.text("kind"), bool(head.take("tells_serial", bool, True))
    identify = tuple(_exchange(each) for each in table.tables("identify", needed=True))
    if tells != ("serial" in {name for each in identify for name in each.match.groupindex}):
        table.note(
            "identify",
            Invalid("One answer gives the serial number in a group (?P<serial>…), unless tells_serial is false."),
        )
    marks = frozenset() if tells else frozenset({Flag.SERIAL_NOT_TOLD})
    quantities = tuple(_quantity(each, wire, check_unit, marks) for each in table.tables("quantity", needed=True))
    names = [each.name for each in quantities]
    if not names or len(set(names)) < len(names):
        table.note("quantity", Invalid("There must be at least one quantity, each with a name of its own."))
    driver = Driver(
        id=head.text("id", needed=True),
        version=head.whole("version", 1, 1, 9999, needed=True),
        maker=head.text("maker", needed=True),
        model=head.text("model", needed=True),
        source=head.text("source", needed=True),
        checked=head.text("checked", needed=True),
        kind=kind,
        tells_serial=tells,
        wire=wire,
        identify=identify,
        quantities=quantities,
        hash=_digest(head, kind, content),
    )
    if not re.fullmatch(r"[a-z0-9-]+", driver.id):
        head.note("id", Invalid("An id has small letters, digits and hyphens only."))
    head.done()
    table.done()
    return driver


def _digest(head: Table, kind: str, content: bytes) -> str:
    """SHA-256 of the file, followed by the code it names: a change of either is another driver."""
    try:
        code = protocols.code(kind) if kind else b""
    except LimsError as error:
        head.note("kind", error)
        code = b""
    return sha256(content + code).hexdigest()


def _wire(table: Table) -> Wire:
    wire = Wire(
        write=table.text("write", "\n"),
        read=table.text("read", "\n"),
        encoding=table.text("encoding", "ascii"),
        timeout_ms=table.whole("timeout_ms", 5000, 10, 600_000),
        recover_ms=table.whole("recover_ms", 500, 0, 60_000),
        pause_ms=table.whole("pause_ms", 0, 0, 60_000),
        nodelay=bool(table.take("nodelay", bool, True)),
        baud=table.whole("baud", 9600, 50, 4_000_000) if "baud" in table.data else None,
        data_bits=table.whole("data_bits", 8, 5, 8),
        parity=table.text("parity", "none"),
        stop_bits=table.text("stop_bits", "1"),
        prepare=table.texts("prepare"),
        error_query=table.text("error_query") or None,
        error_none=table.pattern("error_none"),
        acknowledge=table.pattern("acknowledge"),
        instrument=table.text("instrument"),
    )
    if not wire.write or not wire.read:
        table.note("read" if wire.write else "write", Invalid("An end mark is needed."))
    try:
        codecs.lookup(wire.encoding)
    except LookupError:
        table.note("encoding", Invalid("There is no encoding %(name)s.", name=wire.encoding))
    if wire.parity not in {"none", "even", "odd"}:
        table.note("parity", Invalid("Parity is none, even or odd."))
    if wire.stop_bits not in {"1", "1.5", "2"}:
        table.note("stop_bits", Invalid("Stop bits are 1, 1.5 or 2, as text."))
    if (wire.error_query is None) != (wire.error_none is None):
        table.note("error_query", Invalid("error_query and error_none belong together."))
    table.seen.add("baud")
    table.done()
    return wire


def _exchange(table: Table) -> Exchange:
    exchange = Exchange(
        query=table.text("query", needed=True), match=table.pattern("match", needed=True) or re.compile(r"(?!)")
    )
    table.done()
    return exchange


def _readback(table: Table, settings: tuple[Setting, ...]) -> ReadBack:
    found = ReadBack(
        setting=table.text("setting", needed=True),
        query=table.text("query", needed=True),
        match=table.pattern("match", needed=True) or re.compile(r"(?!)"),
        within=table.number("within"),
    )
    setting = next((each for each in settings if each.name == found.setting), None)
    if setting is None or (setting.choices and not all(_is_number(choice) for choice in setting.choices)):
        table.note("setting", Invalid("Only a setting of this quantity that is a number can be read back."))
    if "value" not in found.match.groupindex:
        table.note("match", Invalid("A group (?P<value>…) is needed."))
    if found.within < 0:
        table.note("within", Invalid("This is not negative."))
    table.done()
    return found


def _is_number(text: str) -> bool:
    return re.fullmatch(r"-?\d+(\.\d+)?", text, re.ASCII) is not None


def _quantity(
    table: Table, wire: Wire, check_unit: Callable[[str], str], marks: frozenset[Flag] = frozenset()
) -> Quantity:
    settings = tuple(_setting(each, check_unit) for each in table.tables("setting"))
    running, valid = (table.table(key) if key in table.data else None for key in ("running", "valid"))
    states = table.table("states")
    quantity = Quantity(
        name=table.text("name", needed=True),
        unit=_unit(table, check_unit),
        settings=settings,
        setup=table.texts("setup"),
        readback=tuple(_readback(each, settings) for each in table.tables("readback")),
        start=table.texts("start"),
        stop=table.texts("stop"),
        running=_exchange(running) if running else None,
        valid=_exchange(valid) if valid else None,
        query=table.text("query", needed=True),
        parse=table.pattern("parse", needed=True) or re.compile(r"(?!)"),
        scale=table.number("scale", "1"),
        marks=marks,
        states={flag: found for flag in STATES if (found := states.pattern(flag.value)) is not None},
        dynamic=table.pattern("dynamic"),
        timeout_ms=table.whole("timeout_ms", wire.timeout_ms, 10, 600_000),
        settle_ms=table.whole("settle_ms", 0, 0, 600_000),
        ranges=tuple(_range(each) for each in table.tables("range")),
    )
    states.done()
    _check_quantity(table, quantity)
    table.seen |= {"running", "valid"}
    table.done()
    return quantity


def _check_quantity(table: Table, quantity: Quantity) -> None:
    if not re.fullmatch(r"[a-z][a-z0-9_]*", quantity.name):
        table.note("name", Invalid("A name has small letters, digits and underscores."))
    if "value" not in quantity.parse.groupindex:
        table.note("parse", Invalid("A group (?P<value>…) is needed."))
    if quantity.scale == 0:
        table.note("scale", Invalid("A scale is not zero."))
    if quantity.start and quantity.running is None:
        table.note("start", Invalid("What is started must be asked for: `running` is needed."))
    known = {setting.name for setting in quantity.settings}
    used: set[str] = set()
    asked = [quantity.query, *([quantity.valid.query] if quantity.valid else [])]
    asked += [each.query for each in quantity.readback]
    for command in (*quantity.setup, *quantity.start, *quantity.stop, *asked):
        try:
            used |= places(command)
        except ValueError:
            table.note("setup", Invalid("The places of %(command)s can't be read.", command=command))
    for name in used - known:
        table.note("setup", Invalid("There is no setting %(name)s.", name=name))
    for name in known - used:
        table.note("setting", Invalid("The setting %(name)s is never sent.", name=name))
    choices = {choice for setting in quantity.settings if setting.name == "range" for choice in setting.choices}
    for each in quantity.ranges:
        if each.when is not None and each.when not in choices:
            table.note("range", Invalid("The setting range has no choice %(when)s.", when=each.when))


def _unit(table: Table, check_unit: Callable[[str], str], *, needed: bool = True) -> str:
    text = table.text("unit", needed=needed)
    try:
        return check_unit(text) if text else ""
    except LimsError as error:
        table.note("unit", error)
        return text


def _setting(table: Table, check_unit: Callable[[str], str]) -> Setting:
    bounded = "low" in table.data or "high" in table.data
    setting = Setting(
        name=table.text("name", needed=True),
        unit=_unit(table, check_unit, needed=False),
        choices=table.texts("choices"),
        low=table.number("low", needed=bounded) if bounded else None,
        high=table.number("high", needed=bounded) if bounded else None,
        default=table.text("default", needed=True),
    )
    if bool(setting.choices) == bounded:
        table.note("choices", Invalid("A setting has either choices or low and high."))
    elif not setting.allows(setting.default):
        table.note("default", Invalid("The default is not one of the values allowed."))
    table.seen |= {"low", "high"}
    table.done()
    return setting


def _range(table: Table) -> Range:
    found = Range(
        when=table.take("when", str),
        low=table.number("low", needed=True),
        high=table.number("high", needed=True),
        resolution=table.number("resolution", needed=True),
        full_scale=table.number("full_scale", str(table.data.get("high", 0))),
        accuracy=tuple(_accuracy(each) for each in table.tables("accuracy")),
    )
    if found.low >= found.high:
        table.note("high", Invalid("high must be larger than low."))
    if found.resolution <= 0:
        table.note("resolution", Invalid("A resolution is larger than zero."))
    table.done()
    return found


def _accuracy(table: Table) -> Accuracy:
    temperature = table.take("temperature", list)
    if temperature is not None and (
        len(temperature) != 2 or not all(isinstance(t, int | Decimal) for t in temperature)
    ):
        table.note("temperature", Invalid("Two temperatures in degrees Celsius are needed."))
        temperature = None
    found = Accuracy(
        interval_days=table.whole("interval_days", 365, 1, 36_500, needed=True),
        temperature=(Decimal(temperature[0]), Decimal(temperature[1])) if temperature else None,
        of_reading=table.number("of_reading"),
        of_range=table.number("of_range"),
        plus=table.number("plus"),
        distribution=table.text("distribution", "rectangular"),
    )
    if found.distribution not in DISTRIBUTIONS:
        table.note("distribution", Invalid("Possible is %(allowed)s.", allowed=", ".join(DISTRIBUTIONS)))
    table.done()
    return found
