"""Parser files: TOML read strictly into `export.Parser`; whatever is wrong is named by its place in the file."""

from __future__ import annotations

import re
import tomllib
from decimal import Decimal
from functools import cache
from hashlib import sha256
from pathlib import Path
from zoneinfo import ZoneInfo

from lims.errors import Invalid, LimsError, NotFound
from lims.instruments.export import Column, Layout, Parser, Quantity, Serial, Times
from lims.instruments.reading import Flag
from lims.instruments.strictly import Table
from lims.metrology.units import parse_unit

FOLDER = Path(__file__).parent / "parsers"
STATES = (Flag.OVERLOAD, Flag.UNDERLOAD, Flag.NOT_READY)
KINDS = ("text", "xlsx", "astm")
ENCODINGS = (
    *("ascii", "utf-8", "utf-16", "utf-16-le", "utf-16-be"),
    *("big5", "cp950", "big5hkscs", "gb18030", "shift_jis", "cp1252", "iso-8859-1"),
)


def shipped_files() -> list[Path]:
    """Return the parser files of this package."""
    return sorted(FOLDER.glob("*.toml"))


@cache
def shipped(name: str) -> Parser:
    """Return the shipped parser of this id.

    Raises
    ------
    NotFound
        When there is none.
    """
    path = FOLDER / f"{name}.toml"
    if not re.fullmatch(r"[a-z0-9-]+", name) or not path.is_file():
        raise NotFound("There is no parser %(name)s; `lims instruments parsers` lists them.", name=name)
    return load(path)


def known(folder: Path | None = None) -> dict[str, Parser]:
    """Return the parsers that come with the system and those of the laboratory, which lie in `folder`, by their ids.

    Raises
    ------
    Invalid
        When a file of the laboratory is wrong, or has the id of another parser.
    """
    found = {one.id: one for one in (shipped(path.stem) for path in shipped_files())}
    for path in sorted(folder.glob("*.toml")) if folder else ():
        own = load(path)
        if own.id in found:
            raise Invalid("The id %(name)s in %(path)s is taken by another parser.", name=own.id, path=path.name)
        found[own.id] = own
    return found


def load(source: Path | bytes) -> Parser:
    """Read and check a parser file.

    Parameters
    ----------
    source : Path or bytes
        The file, or its content.

    Raises
    ------
    Invalid
        `fields` names each wrong place ("quantity[0].column") with its reason.
    """
    content = source if isinstance(source, bytes) else source.read_bytes()
    try:
        data = tomllib.loads(content.decode("utf-8"), parse_float=Decimal)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Invalid("The parser file is not TOML in UTF-8: %(reason)s.", reason=str(error)) from error
    wrong: dict[str, LimsError | str] = {}
    parser = _parser(Table(data, "", wrong), content)
    if wrong:
        raise Invalid("The parser file is wrong at: %(keys)s.", fields=wrong, keys=", ".join(sorted(wrong)))
    return parser


def _parser(table: Table, content: bytes) -> Parser:
    head = table.table("parser", needed=True)
    layout = _layout(table.table("file", needed=True))
    label, times, serial = (table.table(key) if key in table.data else None for key in ("label", "time", "serial"))
    quantities = tuple(_quantity(each, layout) for each in table.tables("quantity", needed=True))
    names = [each.name for each in quantities]
    if not names or len(set(names)) < len(names):
        table.note("quantity", Invalid("There must be at least one quantity, each with a name of its own."))
    parser = Parser(
        id=head.text("id", needed=True),
        version=head.whole("version", 1, 1, 9999, needed=True),
        maker=head.text("maker", needed=True),
        model=head.text("model", needed=True),
        source=head.text("source", needed=True),
        checked=head.text("checked", needed=True),
        layout=layout,
        label=_column(label, layout) if label else None,
        times=_times(times, layout) if times else None,
        serial=_serial(serial, layout) if serial else None,
        quantities=quantities,
        hash=sha256(content).hexdigest(),
    )
    if not re.fullmatch(r"[a-z0-9-]+", parser.id):
        head.note("id", Invalid("An id has small letters, digits and hyphens only."))
    table.seen |= {"label", "time", "serial"}
    for each in (head, label, table):
        if each is not None:
            each.done()
    return parser


_OF_TEXT = {"delimiter", "quote", "decimal", "thousands"}


def _kind(table: Table) -> str:
    """The kind of file; only text is cut into cells by marks, and only a spreadsheet has sheets."""
    kind = table.text("kind", "text")
    if kind not in KINDS:
        table.note("kind", Invalid("Possible is %(allowed)s.", allowed=", ".join(KINDS)))
    strange = {"xlsx": _OF_TEXT | {"encoding"}, "astm": _OF_TEXT | {"sheet", "skip", "headings"}}.get(kind, {"sheet"})
    for key in sorted(strange & set(table.data)):
        table.note(key, Invalid("A file of this kind has no %(key)s.", key=key))
    return kind


def _layout(table: Table) -> Layout:
    kind = _kind(table)
    layout = Layout(
        kind=kind,
        sheet=table.text("sheet"),
        encoding=table.text("encoding", "utf-8", needed=kind != "xlsx"),
        delimiter=table.text("delimiter", ",", needed=kind == "text"),
        quote=table.text("quote", '"'),
        decimal=table.text("decimal", "."),
        thousands=table.text("thousands"),
        skip=table.whole("skip", 0, 0, 1000),
        headings=table.whole("headings", 1, 0, 5),
        columns=table.whole("columns", 0, 0, 1000),
        leave_out=table.pattern("leave_out"),
        end=table.pattern("end"),
    )
    if layout.encoding not in ENCODINGS:
        table.note("encoding", Invalid("Possible is %(allowed)s.", allowed=", ".join(ENCODINGS)))
    if layout.decimal not in {".", ","}:
        table.note("decimal", Invalid("The decimal mark is a point or a comma."))
    if len(layout.delimiter) != 1 or layout.delimiter in "\r\n":
        table.note("delimiter", Invalid("This is one character."))
    if len(layout.quote) > 1 or (layout.quote and layout.quote in "\r\n"):
        table.note("quote", Invalid("This is one character, or empty when cells are never quoted."))
    if layout.thousands not in {"", ".", ",", " ", "'"}:
        table.note("thousands", Invalid("Groups of three digits are divided by a point, comma, space or apostrophe."))
    if bool(layout.headings) == bool(layout.columns):
        table.note("columns", Invalid("The number of columns is said where there is no heading, and only there."))
    if layout.thousands == layout.decimal or layout.quote == layout.delimiter:
        table.note("thousands" if layout.thousands else "quote", Invalid("One character can't mean two things."))
    if layout.delimiter in {layout.decimal, layout.thousands} and not layout.quote:
        table.note("delimiter", Invalid("A mark in numbers divides cells only where cells can be quoted."))
    table.done()
    return layout


def _column(table: Table, layout: Layout, key: str = "column") -> Column:
    value: Column = table.take(key, (str, int), "", needed=True)
    if key in table.data:
        _check_column(table, key, value, layout)
    return value


def _check_column(table: Table, key: str, value: Column, layout: Layout) -> None:
    if isinstance(value, int) and not 1 <= value <= (layout.columns or 1000):
        table.note(key, Invalid("Columns are counted from 1, up to as many as there are."))
    if isinstance(value, str) and not (value and value == value.strip() and layout.headings):
        table.note(key, Invalid("A column is named by its heading; without a line of headings by its number."))


def _times(table: Table, layout: Layout) -> Times:
    columns = table.take("columns", list, [], needed=True)
    if not columns or not all(isinstance(each, str | int) and not isinstance(each, bool) for each in columns):
        table.note("columns", Invalid("One or more columns are needed."))
        columns = []
    for each in columns:
        _check_column(table, "columns", each, layout)
    formats, name = table.texts("formats"), table.text("zone")
    if not formats or not all(_dates(each) for each in formats):
        table.note("formats", Invalid("Formats with year, month, day, hour and minute are needed."))
    if any(("%z" in each) == bool(name) for each in formats):
        table.note("zone", Invalid("Either each format has the offset from UTC, or the zone is named."))
    zone = None
    try:
        zone = ZoneInfo(name) if name else None
    except (KeyError, OSError, ValueError) as error:
        table.note("zone", Invalid("There is no time zone %(name)s: %(reason)s.", name=name, reason=str(error)))
    words = _words(table.table("words"))
    table.done()
    return Times(columns=tuple(columns), formats=formats, zone=zone, words=words)


def _dates(text: str) -> bool:
    found = set(re.findall(r"%(.)", text))
    half_days = ("I" in found) == ("p" in found)
    return {"m", "d", "M"} <= found and bool(found & {"Y", "y"}) and bool(found & {"H", "I"}) and half_days


def _words(table: Table) -> dict[str, str]:
    found = {key: table.text(key) for key in table.data}
    table.done()
    return found


def _serial(table: Table, layout: Layout) -> Serial:
    column = _column(table, layout) if "column" in table.data else None
    match = table.pattern("match")
    if (column is None) == (match is None):
        table.note("column", Invalid("The serial number stands either in a column or where `match` finds it."))
    if match is not None and ("serial" not in match.groupindex or not layout.skip):
        table.note("match", Invalid("A group (?P<serial>…) and lines above the headings (`skip`) are needed."))
    table.done()
    return Serial(column=column, match=match)


def _quantity(table: Table, layout: Layout) -> Quantity:
    states = table.table("states")
    quantity = Quantity(
        name=table.text("name", needed=True),
        column=_column(table, layout),
        unit=_unit(table, "unit"),
        unit_column=_column(table, layout, "unit_column") if "unit_column" in table.data else None,
        unit_line=table.whole("unit_line", 1, 1, layout.headings) if "unit_line" in table.data else 0,
        units=_units(table.table("units")),
        states={flag: found for flag in STATES if (found := states.pattern(flag.value)) is not None},
        may_be_empty=bool(table.take("may_be_empty", bool, False)),
    )
    if not re.fullmatch(r"[a-z][a-z0-9_]*", quantity.name):
        table.note("name", Invalid("A name has small letters, digits and underscores."))
    if ("unit" in table.data) + ("unit_column" in table.data) + ("unit_line" in table.data) != 1:
        table.note(
            "unit", Invalid("The unit is one of: fixed (unit), in a column (unit_column), in a heading (unit_line).")
        )
    if quantity.units and "unit" in table.data:
        table.note("units", Invalid("A unit that is fixed is not read."))
    states.done()
    table.done()
    return quantity


def _unit(table: Table, key: str) -> str:
    if key not in table.data:
        return ""
    text = table.text(key)
    try:
        if not text:
            raise Invalid("A unit is needed; that of a plain number is 1.")
        return parse_unit(text)
    except LimsError as error:
        table.note(key, error)
        return text


def _units(table: Table) -> dict[str, str]:
    found = {key: _unit(table, key) for key in table.data}
    table.done()
    return found
