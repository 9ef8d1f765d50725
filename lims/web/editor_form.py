"""The table of a method document in a form: what was typed, what it means, and which field is wrong."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from flask import request

from lims.errors import Invalid, LimsError
from lims.http.errors import field_messages, say
from lims.http.fields import texts, word
from lims.methods import procedure as procedures
from lims.methods.procedure import Procedure
from lims.methods.tabular import Contribution, InputRow, OutputRow, Table, document_of
from lims.methods.tabular_characteristics import CharacteristicRow

MOST_ROWS = 200
MOST_CONTRIBUTIONS = 30
_PLACE = re.compile(r"(inputs|outputs|characteristics)\.(\d{1,3})\.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Understood:
    """A table with the document it means, or sentences for the fields that are wrong; `fault` is about the whole."""

    table: Table
    procedure: Procedure | None = None
    fault: LimsError | None = None
    wrong: Mapping[str, str] = field(default_factory=dict)

    @property
    def found(self) -> Procedure:
        """Return the procedure, or raise why there is none."""
        if self.procedure is None:
            raise self.fault or Invalid("The document is missing.")
        return self.procedure


def typed_table() -> Table:
    """Read the table from the form."""
    return Table(
        title=texts("title"),
        source=word("source"),
        probability=word("coverage.probability"),
        k=word("coverage.k"),
        inputs=tuple(_input(f"inputs.{place}") for place in range(_rows("inputs"))),
        outputs=tuple(_output(f"outputs.{place}") for place in range(_rows("outputs"))),
        rest=request.form.get("rest", "").replace("\r\n", "\n"),
        characteristics=tuple(_characteristic(f"characteristics.{n}") for n in range(_rows("characteristics"))),
    )


def _rows(group: str) -> int:
    places = [int(found[2]) for name in request.form if (found := _PLACE.match(name)) and found[1] == group]
    return min(max(places, default=-1) + 1, MOST_ROWS)


def _input(path: str) -> InputRow:
    return InputRow(
        symbol=word(f"{path}.symbol"),
        description=texts(f"{path}.description"),
        unit=word(f"{path}.unit"),
        source=word(f"{path}.source"),
        kind=word(f"{path}.kind"),
        quantity=word(f"{path}.quantity"),
        value=word(f"{path}.value"),
        contributions=tuple(
            _contribution(f"{path}.contributions.{place}")
            for place in range(MOST_CONTRIBUTIONS)
            if f"{path}.contributions.{place}.size" in request.form
        ),
        raw=request.form.get(f"{path}.raw", "").replace("\r\n", "\n"),
    )


def _contribution(path: str) -> Contribution:
    return Contribution(**{name: word(f"{path}.{name}") for name in ("kind", "size", "k", "dof", "name")})


def _output(path: str) -> OutputRow:
    return OutputRow(
        symbol=word(f"{path}.symbol"),
        title=texts(f"{path}.title"),
        unit=word(f"{path}.unit"),
        expression=word(f"{path}.expression"),
        expected=word(f"{path}.expected"),
        expected_u=word(f"{path}.expected_u"),
        interval=word(f"{path}.interval"),
    )


def _characteristic(path: str) -> CharacteristicRow:
    columns = ("symbol", "kind", "values", "acceptable", "of", "pass_if", "least", "observed")
    return CharacteristicRow(
        **{name: word(f"{path}.{name}") for name in columns},
        title=texts(f"{path}.title"),
        called=texts(f"{path}.called"),
        raw=request.form.get(f"{path}.raw", "").replace("\r\n", "\n"),
    )


def understood(table: Table) -> Understood:
    """Read the document out of a table; a refusal is put beside the field that it is about."""
    try:
        return Understood(table=table, procedure=procedures.parse(document_of(table)))
    except Invalid as fault:
        place = _field_of(str(fault.data.get("key", "")), table)
        wrong = field_messages(fault) or ({place: say(fault)} if place else {})
        return Understood(table=table, fault=fault, wrong=wrong)


def _field_of(key: str, table: Table) -> str:
    """The field that shows a key of the document: "outputs.l.expression" is "outputs.0.expression"."""
    group, _, path = key.partition(".")
    rows: Mapping[str, tuple[InputRow | OutputRow | CharacteristicRow, ...]] = {
        "inputs": table.inputs, "outputs": table.outputs, "characteristics": table.characteristics,
    }  # fmt: skip
    for place, row in enumerate(rows.get(group, ())):
        if row.symbol and (path == row.symbol or path.startswith(f"{row.symbol}.")):
            column = path.removeprefix(row.symbol).lstrip(".").partition(".")[0].partition(" ")[0]
            known = column in _SHOWN[group] and not (isinstance(row, CharacteristicRow) and row.raw)
            return f"{group}.{place}.{column if known else _ELSE[group]}"
    if group == "coverage":
        return "coverage.probability"
    return "rest" if group and group not in rows and table.rest else ""


_SHOWN = {
    "inputs": {"unit", "value"},
    "outputs": {"unit", "expression"},
    "characteristics": {"kind", "values", "acceptable", "of", "pass_if", "observed"},
}
_ELSE = {"inputs": "value", "outputs": "symbol", "characteristics": "symbol"}


def with_room(table: Table) -> Table:
    """The table with an empty row to type into; rows without anything are left out."""
    inputs = tuple(replace(one, contributions=_with_room(one)) for one in table.inputs if not one.empty)
    outputs = tuple(one for one in table.outputs if not one.empty)
    others = tuple(one for one in table.characteristics if not one.empty)
    return replace(
        table,
        inputs=(*inputs, InputRow(contributions=(Contribution(),))),
        outputs=outputs or (OutputRow(),),
        characteristics=(*others, CharacteristicRow()),
    )


def _with_room(row: InputRow) -> tuple[Contribution, ...]:
    full = tuple(one for one in row.contributions if not one.empty)
    return full if row.raw else (*full, Contribution())
