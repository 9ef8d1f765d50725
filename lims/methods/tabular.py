"""A method document as a table: inputs with their contributions, outputs, coverage, and the rest as text. Pure.

Everything is a string as it is typed. What the table has no column for (points, tables, logged inputs ..) stays as it
was written: an input of another form as its own YAML, other keys together as the rest. Nothing is lost on the way.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from lims.errors import Invalid, LimsError
from lims.methods import document as documents
from lims.methods.tabular_characteristics import CharacteristicRow, entry_of, row_of, split
from lims.metrology.expression import normal_name
from lims.metrology.numbers import parse_number

Json = dict[str, Any]
Texts = Mapping[str, str]

HALF_WIDTHS = ("rectangular", "triangular", "arcsine")
KINDS = ("u", "U", "relative_u", *HALF_WIDTHS)
"""What a contribution states: a standard, expanded or relative uncertainty, or the half-width of a distribution."""
FIXED = ""
ENGLISH = "en"
_BETWEEN_READINGS = r"[,，]\s+|[\s;；、]+"  # 1,02 is one number typed with a comma, and is refused as such


@dataclass(frozen=True, slots=True, kw_only=True)
class Contribution:
    """One statement of uncertainty: its kind, its number, k of an expanded one, degrees of freedom."""

    kind: str = ""
    size: str = ""
    k: str = ""
    dof: str = ""
    name: str = ""

    @property
    def empty(self) -> bool:
        """Whether nothing was typed."""
        return not (self.kind or self.size or self.k or self.dof or self.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class InputRow:
    """One input; `value` has one number, or several readings. `raw` is its YAML where the columns do not suffice."""

    symbol: str = ""
    description: Texts = field(default_factory=dict)
    unit: str = ""
    source: str = FIXED
    kind: str = ""
    quantity: str = ""
    value: str = ""
    contributions: tuple[Contribution, ...] = ()
    raw: str = ""

    @property
    def empty(self) -> bool:
        """Whether nothing was typed."""
        typed = (self.symbol, self.unit, self.value, self.raw, *self.description.values())
        return not any(typed) and all(one.empty for one in self.contributions)


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputRow:
    """One output with what is expected of the trial values; `interval` of the Monte Carlo method in place of U."""

    symbol: str = ""
    title: Texts = field(default_factory=dict)
    unit: str = ""
    expression: str = ""
    expected: str = ""
    expected_u: str = ""
    interval: str = ""

    @property
    def empty(self) -> bool:
        """Whether nothing was typed."""
        return not any((self.symbol, self.unit, self.expression, self.expected, *self.title.values()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """The whole document."""

    title: Texts
    source: str
    probability: str
    k: str
    inputs: tuple[InputRow, ...]
    outputs: tuple[OutputRow, ...]
    rest: str
    characteristics: tuple[CharacteristicRow, ...] = ()


# ------------------------------------------------------------------------------------------- from a document


def table_of(document: Mapping[str, Any]) -> Table:
    """Lay a document out as a table.

    Examples
    --------
    >>> table = table_of({"inputs": {"a": {"unit": "g", "value": 2, "u": 0.1}},
    ...                   "outputs": {"b": {"unit": "g", "expression": "3*a"}}})
    >>> table.inputs[0].contributions[0].kind, table.outputs[0].expression
    ('u', '3*a')
    """
    rest = {key: value for key, value in document.items() if key not in {"title", "source", "inputs", "outputs"}}
    coverage = rest.pop("coverage", {}) if set(document.get("coverage") or {}) <= {"probability", "k"} else {}
    trial = {key: dict(value) for key, value in (rest.get("dry_run") or {}).items() if isinstance(value, Mapping)}
    bindings = {name: dict(value) for name, value in (rest.get("bindings") or {}).items()}
    inputs = tuple(_input(name, entry, bindings, trial) for name, entry in (document.get("inputs") or {}).items())
    expected = trial.get("expected", {})
    report = {name: dict(rule) for name, rule in (rest.get("report") or {}).items()}
    outputs = tuple(_output(name, entry, expected, report) for name, entry in (document.get("outputs") or {}).items())
    seen = dict(trial.get("characteristics", {}))
    characteristics = tuple(
        row_of(name, entry, seen.pop(name, None)) for name, entry in (rest.pop("characteristics", None) or {}).items()
    )
    if "characteristics" in trial:
        trial["characteristics"] = seen
    _left_over(rest, {"bindings": bindings, "report": {k: v for k, v in report.items() if v}}, trial)
    return Table(
        title=_texts(document.get("title")),
        source=str(document.get("source") or ""),
        probability=_written(coverage.get("probability")),
        k=_written(coverage.get("k")),
        inputs=inputs,
        outputs=outputs,
        rest=documents.dump(rest) if rest else "",
        characteristics=characteristics,
    )


def _left_over(rest: Json, others: Mapping[str, Json], trial: Json) -> None:
    """Put back what the rows did not take."""
    kept = {**{k: v for k, v in (rest.get("dry_run") or {}).items() if k not in trial}, **trial}
    for key, value in {**others, "dry_run": {k: v for k, v in kept.items() if v}}.items():
        if value:
            rest[key] = value
        else:
            rest.pop(key, None)


def _input(name: str, entry: Mapping[str, Any], bindings: Json, trial: Json) -> InputRow:
    """One row; it takes its plain binding and its trial value along."""
    binding = bindings.get(name, {})
    tried = trial.get("inputs", {}).get(name)
    numbers = {**entry, **tried} if tried and set(entry) <= {"description", "unit"} else entry
    unit = str(entry.get("unit") or "")
    about: Json = {"symbol": name, "description": _texts(entry.get("description")), "unit": unit}
    repeats = binding.get("repeats", 1)
    plain = set(binding) <= {"from", "kind", "quantity", "repeats"} and repeats == len(numbers.get("readings", [0]))
    plain = plain and str(numbers.get("unit") or "") == unit
    if not plain or not _fits(numbers) or (binding and numbers is entry and tried is not None):
        return InputRow(**about, raw=documents.dump(dict(entry)))
    bindings.pop(name, None)
    if numbers is not entry:
        del trial["inputs"][name]
    readings = numbers.get("readings")
    value = " ".join(map(_written, readings)) if readings else _written(numbers.get("value"))
    return InputRow(
        **about,
        source=str(binding.get("from", FIXED)),
        kind=str(binding.get("kind", "")),
        quantity=str(binding.get("quantity", "")),
        value=value,
        contributions=tuple(_contributions(numbers)),
    )


_KEYS = {"description", "unit", "value", "readings", "components"}
_STATED = {"u", "U", "k", "relative_u", "dof", "distribution"}


def _fits(entry: Mapping[str, Any]) -> bool:
    """Whether the columns can say all of it."""
    parts = [part for part in entry.get("components", ()) if isinstance(part, Mapping)]
    whole = {key: entry[key] for key in _STATED if key in entry}
    return (
        set(entry) <= _KEYS | _STATED
        and len(parts) == len(entry.get("components", ()))
        and all(set(part) <= {"name", *_STATED} and _states_one(part) for part in parts)
        and (not whole or _states_one(whole))
        and not (whole and parts)
        and not ("readings" in entry and len(entry["readings"]) < 2)
    )


def _states_one(part: Mapping[str, Any]) -> bool:
    shape = part.get("distribution")
    if shape is not None and (
        not isinstance(shape, Mapping) or shape.get("type") not in HALF_WIDTHS or set(shape) != {"type", "half_width"}
    ):
        return False
    stated = [key for key in ("u", "U", "relative_u", "distribution") if key in part]
    return len(stated) == 1 and ("k" in part) == (stated == ["U"])


def _contributions(entry: Mapping[str, Any]) -> Iterator[Contribution]:
    whole = {key: entry[key] for key in _STATED if key in entry}
    for part in [whole] if whole else entry.get("components", ()):
        shape = part.get("distribution") or {}
        kind = shape.get("type") or next(key for key in ("u", "U", "relative_u") if key in part)
        yield Contribution(
            kind=kind,
            size=_written(shape.get("half_width", part.get(kind))),
            k=_written(part.get("k")),
            dof=_written(part.get("dof")),
            name=str(part.get("name") or ""),
        )


def _output(name: str, entry: Mapping[str, Any], expected: Json, report: Json) -> OutputRow:
    wanted = expected.get(name)
    row: Json = {"expected": "", "expected_u": ""}
    if isinstance(wanted, Mapping) and set(wanted) <= {"value", "u"}:
        del expected[name]
        row = {"expected": _written(wanted.get("value")), "expected_u": _written(wanted.get("u"))}
    return OutputRow(
        symbol=name,
        title=_texts(entry.get("title") or entry.get("description")),
        unit=str(entry.get("unit") or ""),
        expression=str(entry.get("expression") or ""),
        interval=str(report.get(name, {}).pop("interval", "")),
        **row,
    )


def _texts(text: object) -> Texts:
    if isinstance(text, Mapping):
        return {str(locale): str(said) for locale, said in text.items()}
    return {ENGLISH: str(text)} if text else {}


def _written(number: object) -> str:
    return "" if number is None else str(number)


# ------------------------------------------------------------------------------------------- to a document


def document_of(table: Table) -> Json:
    """The document that a table says.

    Raises
    ------
    Invalid
        `fields` has the reason for each field: "inputs.0.symbol", "inputs.0.contributions.1.size", "rest" ..
    """
    wrong: dict[str, LimsError | str] = {}
    rest = _rest(table, wrong)
    document: Json = {"title": _said(table.title), "source": table.source}
    trial, bindings, report = (_mapping(rest, key) for key in ("dry_run", "bindings", "report"))
    inputs: Json = {}
    for place, row in enumerate(table.inputs):
        if not row.empty:
            _put(inputs, row.symbol, f"inputs.{place}.symbol", _entry(row, f"inputs.{place}", wrong), wrong)
            _bind(row, inputs, bindings, trial)
    outputs: Json = {}
    for place, one in enumerate(table.outputs):
        if not one.empty:
            said = {"title": _said(one.title)} if one.title else {}
            entry = {**said, "unit": one.unit, "expression": one.expression}
            _put(outputs, one.symbol, f"outputs.{place}.symbol", entry, wrong)
            _expect(one, f"outputs.{place}", trial, wrong)
            if one.interval:
                report.setdefault(one.symbol, {})["interval"] = one.interval
    characteristics: Json = {}
    for place, other in enumerate(table.characteristics):
        if not other.empty:
            where = f"characteristics.{place}"
            _put(characteristics, other.symbol, f"{where}.symbol", entry_of(other, where, wrong), wrong)
            if other.observed:
                trial.setdefault("characteristics", {})[other.symbol] = split(other.observed)
    document |= {"inputs": inputs, "outputs": outputs, "coverage": _coverage(table, wrong), **rest}
    document |= {"characteristics": characteristics, "bindings": bindings, "report": report, "dry_run": trial}
    if wrong:
        raise Invalid("The table can't be read yet. Look at the marked places.", wrong)
    return {key: value for key, value in document.items() if value not in ("", {}, [], None)}


def _rest(table: Table, wrong: dict[str, LimsError | str]) -> Json:
    if not table.rest.strip():
        return {}
    try:
        found = dict(documents.load(table.rest))
    except Invalid as error:
        wrong["rest"] = error
        return {}
    for key in ("title", "source", "inputs", "outputs", "characteristics"):
        if key in found:
            wrong["rest"] = Invalid("%(key)s: this key stands in the table above.", key=key)
    return found


def _mapping(rest: Json, key: str) -> Json:
    found = rest.get(key)
    return {name: dict(value) if isinstance(value, Mapping) else value for name, value in (found or {}).items()}


def _put(target: Json, symbol: str, where: str, entry: Json, wrong: dict[str, LimsError | str]) -> None:
    try:
        name = normal_name(symbol)
    except Invalid as error:
        wrong[where] = error
        return
    if name in target:
        wrong[where] = Invalid("This name stands twice.")
    target[symbol] = entry


def _entry(row: InputRow, path: str, wrong: dict[str, LimsError | str]) -> Json:
    """One input, with its numbers."""
    if row.raw.strip():
        try:
            return dict(documents.load(row.raw))
        except Invalid as error:
            wrong[f"{path}.raw"] = error
            return {}
    entry: Json = {"description": _said(row.description)} if row.description else {}
    entry["unit"] = row.unit or "1"
    numbers = [part for part in re.split(_BETWEEN_READINGS, row.value.strip()) if part]
    readings = [_number(part, f"{path}.value", wrong) for part in numbers]
    if len(readings) == 1:
        entry["value"] = readings[0]
    elif readings:
        entry["readings"] = readings
    stated = [
        (one, _stated(one, f"{path}.contributions.{place}", wrong))
        for place, one in enumerate(row.contributions)
        if not one.empty
    ]
    if len(stated) == 1 and len(readings) == 1 and not stated[0][0].name:
        return {**entry, **stated[0][1]}
    if stated:
        entry["components"] = [{**({"name": one.name} if one.name else {}), **part} for one, part in stated]
    return entry


def _stated(one: Contribution, path: str, wrong: dict[str, LimsError | str]) -> Json:
    if one.kind not in KINDS:
        wrong[f"{path}.kind"] = Invalid("Choose what is stated.")
        return {}
    size = _number(one.size, f"{path}.size", wrong)
    found: Json = {one.kind: size}
    if one.kind in HALF_WIDTHS:
        found = {"distribution": {"type": one.kind, "half_width": size}}
    if one.kind == "U" or one.k:
        found["k"] = _number(one.k, f"{path}.k", wrong)
    if one.dof:
        found["dof"] = _number(one.dof, f"{path}.dof", wrong)
    return found


def _bind(row: InputRow, inputs: Json, bindings: Json, trial: Json) -> None:
    """Where an input comes from in use: then its numbers are those it is tried with."""
    entry = inputs.get(row.symbol)
    if row.raw.strip() or row.source == FIXED or entry is None:
        return
    said = {"kind": row.kind, "quantity": row.quantity}
    bindings[row.symbol] = {"from": row.source, **{key: word for key, word in said.items() if word}}
    if "readings" in entry:
        bindings[row.symbol]["repeats"] = len(entry["readings"])
    numbers = {key: value for key, value in entry.items() if key != "description"}
    if set(numbers) - {"unit"}:
        trial.setdefault("inputs", {})[row.symbol] = numbers
        inputs[row.symbol] = {key: entry[key] for key in ("description", "unit") if key in entry}


def _expect(one: OutputRow, path: str, trial: Json, wrong: dict[str, LimsError | str]) -> None:
    typed = {"value": ("expected", one.expected), "u": ("expected_u", one.expected_u)}
    found = {name: _number(text, f"{path}.{key}", wrong) for name, (key, text) in typed.items() if text}
    if found:
        trial.setdefault("expected", {})[one.symbol] = found


def _coverage(table: Table, wrong: dict[str, LimsError | str]) -> Json:
    typed = {"probability": table.probability, "k": table.k}
    return {key: _number(text, f"coverage.{key}", wrong) for key, text in typed.items() if text}


def _number(text: str, where: str, wrong: dict[str, LimsError | str]) -> str:
    """The number as it was typed, every digit kept; the full-width forms of a Chinese keyboard made plain."""
    try:
        number = parse_number(text)
    except Invalid as error:
        wrong[where] = error
        return "0"
    return str(number)


def _said(texts: Texts) -> object:
    """One string, or one per language."""
    found = {locale: text for locale, text in texts.items() if text}
    return found[ENGLISH] if set(found) == {ENGLISH} else found
