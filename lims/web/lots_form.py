"""What is typed of a lot: what it is, its certificate, rows of certified values, rows of lots that it was made of."""

from __future__ import annotations

import re
from collections.abc import Mapping

from werkzeug.datastructures import MultiDict

from lims.errors import Invalid, LimsError
from lims.http.fields import day, key, number, texts, word
from lims.http.forms import whole
from lims.instruments.operations import NewEdition, NewLot, NewParent, NewShare, NewValue

Row = dict[str, str]
VALUES = ("quantity", "unit", "value", "U", "k", "dof", "distribution", "from_lot", "from_quantity", "from_u")
PARENTS = ("number", "amount")
EMPTY_VALUES, EMPTY_PARENTS = 4, 3
_FIELD = re.compile(r"(values|parents)\.(\d{1,4})\.(\w+)")


def typed_rows(form: MultiDict[str, str], of: str) -> list[Row]:
    """Return the rows of values or of parents in which something is typed, in their order on the page."""
    names, telling = (VALUES, ("quantity", "value", "U")) if of == "values" else (PARENTS, ("number",))
    rows: dict[int, Row] = {}
    for name, typed in form.items():
        if (found := _FIELD.fullmatch(name)) and found[1] == of:
            rows.setdefault(int(found[2]), dict.fromkeys(names, ""))[found[3]] = typed.strip()
    return [rows[place] for place in sorted(rows) if any(rows[place][name] for name in telling)]


def rows_to_type(form: MultiDict[str, str], of: str) -> list[Row]:
    """Return what was typed, and some empty rows after it."""
    blank = {"k": "2", "distribution": "normal"} if of == "values" else {}
    names, more = (VALUES, EMPTY_VALUES) if of == "values" else (PARENTS, EMPTY_PARENTS)
    return typed_rows(form, of) + [dict.fromkeys(names, "") | blank for _ in range(more)]


def lot_of(form: MultiDict[str, str]) -> NewLot:
    """Return the lot that was typed; a field that can't be read is named."""
    return NewLot(
        number=word("number"),
        kind=word("kind"),
        sort=word("sort"),
        laboratory_id=key("laboratory_id") or 0,
        name=texts("name"),
        maker=word("maker"),
        batch=word("batch"),
        storage=word("storage"),
        received_on=day("received_on", required=False),
        opened_on=day("opened_on", required=False),
        days_after_opening=whole("days_after_opening", required=False),
        amount=word("amount") or None,
        amount_unit=word("amount_unit") or None,
        preparation=word("preparation"),
        parents=[NewParent(**row) for row in typed_rows(form, "parents")],
    )


def edition_of(form: MultiDict[str, str]) -> NewEdition:
    """Return the certificate that was typed.

    Raises
    ------
    Invalid
        With a sentence for each field that can't be read, rows by their place ("values.0.U").
    """
    faults: dict[str, LimsError | str] = {}
    values = [_value(row, f"values.{place}", faults) for place, row in enumerate(typed_rows(form, "values"))]
    if faults:
        raise Invalid("The values can't be entered like this. Look at the marked places.", faults)
    return NewEdition(
        certificate=word("certificate"),
        issued_by=word("issued_by"),
        accreditation=word("accreditation") or None,
        traceability=texts("traceability") or None,
        issued_on=day("issued_on", required=False),
        expires_on=day("expires_on", required=False),
        values=[value for value in values if value],
    )


def _value(row: Mapping[str, str], place: str, faults: dict[str, LimsError | str]) -> NewValue | None:
    numbers: dict[str, float] = {}
    for name in ("U", "k", "dof", "from_u"):
        if not row[name]:
            continue
        try:
            numbers[name] = number(row[name], f"{place}.{name}")
        except Invalid as error:
            faults |= error.fields
    if any(fault.startswith(f"{place}.") for fault in faults):
        return None
    share = numbers.pop("from_u", None)
    shares = [NewShare(lot=row["from_lot"], quantity=row["from_quantity"] or row["quantity"], u=share)] if share else []
    return NewValue(
        quantity=row["quantity"],
        unit=row["unit"],
        value=row["value"],
        distribution=row["distribution"] or "normal",
        U=numbers.get("U"),
        k=numbers.get("k"),
        dof=numbers.get("dof"),
        shares=shares,
    )
