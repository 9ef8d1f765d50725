"""Lots in the laboratory of tests/results/laboratory.py: a standard solution, and what is made of it."""

from __future__ import annotations

from datetime import date

from lims.instruments import operations as instruments
from lims.instruments import queries
from lims.instruments.operations import NewEdition, NewLot, NewValue
from lims.people.rights import Role
from tests.results.laboratory import authorise, offer

TITRATION = {
    "title": {"en": "Twice the concentration"},
    "inputs": {"c": {"unit": "mmol/L", "description": {"en": "Concentration of the titrant"}}, "f": {"unit": "1"}},
    "outputs": {"y": {"unit": "mmol/L", "expression": "f * c", "title": {"en": "Content"}}},
    "bindings": {
        "c": {"from": "reference", "kind": "solution", "quantity": "concentration"},
        "f": {"from": "entry"},
    },
}


def value(**changes) -> NewValue:
    """0.1 mol/L, U = 0.0004 with k = 2."""
    return NewValue(
        **({"quantity": "concentration", "unit": "mol/L", "value": "0.1000", "U": 0.0004, "k": 2} | changes)
    )


def edition(*values: NewValue, **changes) -> NewEdition:
    given = {"certificate": "AG-2026-7", "issued_by": "Producer", "expires_on": date(2027, 3, 1)} | changes
    return NewEdition(values=values or (value(),), **given)


def new_lot(bureau, number="SOL-1", **changes) -> NewLot:
    given = {"kind": "solution", "name": {"en": "Silver nitrate"}, "maker": "Producer", "batch": "HC-1"} | changes
    return NewLot(number=number, **{"laboratory_id": bureau.laboratory, **given})


def entered(bureau, number="SOL-1", values=(), certificate=None, by=None, **changes) -> int:
    """Enter a lot and return its key; its values wait for a second person."""
    lot = new_lot(bureau, number, **changes)
    return instruments.enter_lot(
        bureau.session, by=by or bureau.manager, lot=lot, edition=certificate or edition(*values)
    ).id


def second(bureau):
    """A colleague who looks after equipment, too."""

    return bureau.actor("second", Role.METHOD_OWNER)


def accept(bureau, lot_id) -> None:

    last = queries.lot_seen(bureau.session, lot_id, by=bureau.manager).editions[0]
    instruments.accept_edition(bureau.session, by=second(bureau), edition_id=last.id, seen_version=last.version)


def accepted(bureau, number="SOL-1", **changes) -> int:
    lot_id = entered(bureau, number, **changes)
    accept(bureau, lot_id)
    return lot_id


def titrations(bureau, count=1, document=TITRATION) -> list[int]:
    """Lines of a method whose titrant is a lot."""
    codes = [f"titration {n}" for n in range(count)]
    for code in codes:
        offer(bureau, code, document)
    for who in (bureau.technician, bureau.reviewer):
        authorise(bureau, who)
    return bureau.job(*codes)
