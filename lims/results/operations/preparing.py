"""A lot prepared from others, its value computed by a measurement document: methods and materials meet (6.5, 7.6)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy.orm import Session

from lims.errors import Invalid, LimsError
from lims.instruments import operations as instruments
from lims.instruments import queries as asked
from lims.instruments.operations import NewEdition, NewLot, NewValue
from lims.instruments.queries import LotView, ValueView
from lims.instruments.records import Lot
from lims.methods.evaluate import evaluate
from lims.methods.fill import FilledInput, Key, RequiredInput, fill, required_inputs
from lims.methods.handing import components_of
from lims.methods.procedure import Procedure, parse
from lims.metrology.units import same_dimension
from lims.people.rights import Actor
from lims.results.entry import REFERENCE, key_of


def prepare_lot(
    session: Session, *, by: Actor, lot: NewLot, edition: NewEdition, document: Mapping[str, Any] | str
) -> Lot:
    """Enter a lot prepared from others; its values are the outputs of a document over theirs (6.5.1, 7.6.1).

    Inputs with a binding `{from: reference, quantity: ..}` take the accepted value of the parent that has it; all
    others stand in the document. What the value shares with the parents is kept, so results stay correlated. Refuses a
    document that can't be evaluated, a quantity that no parent or more than one has, and what `enter_lot` refuses.
    """
    parents = asked.lots_by_number(session, [one.number.strip() for one in lot.parents], by=by)
    try:
        procedure = parse(document)
        filled = fill(procedure, {one.key: _filled(one, parents.values()) for one in required_inputs(procedure)})
        values = _values(filled, _names(parents.values()))
    except LimsError as error:
        raise Invalid("The measurement document gives no value.", {"document": error}) from error
    return instruments.enter_lot(
        session, by=by, lot=replace(lot, document=dict(filled.document)), edition=replace(edition, values=values)
    )


def _filled(required: RequiredInput, parents: Iterable[LotView]) -> FilledInput:
    """Return the value of the one parent that has the quantity."""
    key: Key = key_of(required.name, required.point)
    if required.source != REFERENCE or not required.quantity:
        raise Invalid("%(key)s: state the value, or bind it to a quantity of a lot.", key=key)
    found = [(lot, value) for lot in parents if (value := _fitting(lot, required)) is not None]
    if len(found) != 1:
        raise Invalid(
            "%(key)s: %(count)s of the lots it is made of have a usable %(quantity)s.",
            key=key,
            count=len(found),
            quantity=required.quantity,
        )
    lot, value = found[0]
    return FilledInput(
        unit=value.unit, value=value.value, components=tuple(value.components), origin=f"{lot.number}: {value.quantity}"
    )


def _fitting(lot: LotView, required: RequiredInput) -> ValueView | None:
    if required.kind not in {"", lot.kind, lot.sort}:
        return None
    value = lot.value(required.quantity)
    return value if value is not None and same_dimension(value.unit, required.unit) else None


def _names(parents: Iterable[LotView]) -> dict[str, str]:
    """Return what each shared error is called for people: the number of the lot that it comes from."""
    values = [value for lot in parents for value in (lot.edition.values if lot.edition else ())]
    return {one["identity"]: one["name"] for value in values for one in value.components if one.get("identity")}


def _values(filled: Procedure, names: Mapping[str, str]) -> Sequence[NewValue]:
    outputs = evaluate(filled).as_json().get("outputs") or {}
    if not outputs:
        raise Invalid("The document has no output outside its points.")
    return [
        NewValue(
            quantity=name,
            unit=output["unit"],
            value=f"{output['value']:.12g}",
            u=output["u"],
            dof=output["dof"],
            components=[
                {**one, "name": names.get(one.get("identity", ""), one["name"])} for one in components_of(output)
            ],
        )
        for name, output in outputs.items()
    ]
