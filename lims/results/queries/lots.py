"""Lots whose value can be taken as an input: of the line's laboratory, of the kind and quantity asked for (6.4.4)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from lims.errors import Refused
from lims.instruments.queries.lots import LotView, ValueView, lots_of_laboratories
from lims.methods.fill import RequiredInput
from lims.metrology.units import same_dimension
from lims.results.counting import Key
from lims.results.entry import REFERENCE, LotTaking, Written, key_of


@dataclass(frozen=True, slots=True, kw_only=True)
class LotOffer:
    """One value of a lot that fits an input; `refusal` says why it can't be used today."""

    lot: LotView
    value: ValueView | None
    refusal: Refused | None

    @property
    def key(self) -> str:
        """How a form names it."""
        return f"{self.lot.number}|{self.value.quantity if self.value else ''}"

    @property
    def taking(self) -> LotTaking | None:
        """What is stored of it with the reading."""
        edition = self.lot.edition
        if self.value is None or edition is None:
            return None
        return LotTaking(
            lot_value_id=self.value.id,
            lot_id=self.lot.id,
            lot=self.lot.number,
            edition=edition.number,
            quantity=self.value.quantity,
            components=self.value.components,
        )


def asks_for(required: RequiredInput, lot: LotView) -> bool:
    """Tell whether a lot is of the kind that an input asks for; the input may name a kind, or a sort within one."""
    return required.source == REFERENCE and required.kind in {"", lot.kind, lot.sort}


def offered(lots: Sequence[LotView], required: RequiredInput) -> list[LotOffer]:
    """Return the values of lots that fit an input, and the lots that would fit but can't be used today."""
    found = []
    for lot in lots:
        if not asks_for(required, lot):
            continue
        refusal = lot.refusal(lot.today)
        fitting = [one for one in (lot.edition.values if lot.edition else ()) if _fits(required, one)]
        found += [LotOffer(lot=lot, value=one, refusal=refusal) for one in fitting]
        if not fitting and lot.edition is None and _would_fit(required, lot):
            found.append(LotOffer(lot=lot, value=None, refusal=refusal))
    return found


def _fits(required: RequiredInput, value: ValueView) -> bool:
    return required.quantity in {"", value.quantity} and same_dimension(value.unit, required.unit)


def _would_fit(required: RequiredInput, lot: LotView) -> bool:
    return any(_fits(required, value) for edition in lot.editions for value in edition.values)


def lots_for(
    session: Session, laboratory_id: int, required: Collection[RequiredInput]
) -> dict[Key, tuple[LotOffer, ...]]:
    """Return what a laboratory's lots offer for each input that is a reference value."""
    asking = [one for one in required if one.source == REFERENCE]
    if not asking:
        return {}
    lots = lots_of_laboratories(session, [laboratory_id])
    return {(one.name, one.point): tuple(offered(lots, one)) for one in asking}


def typed_references(required: Sequence[RequiredInput], written: Sequence[Written]) -> list[RequiredInput]:
    """Return the reference values that somebody typed."""
    by_key = {(one.name, one.point): one for one in required}
    typed = [by_key[one.input, one.point] for one in written if one.taking is None]
    return [one for one in typed if one.source == REFERENCE and one.quantity]


def refusals_of_typed(
    session: Session, places: Mapping[int, int], typed: Mapping[int, Sequence[RequiredInput]]
) -> dict[int, Refused]:
    """Return why typed reference values of lines can't be stored: their laboratory has lots of that quantity."""
    lots = lots_of_laboratories(session, set(places.values()))
    found: dict[int, Refused] = {}
    for line_id, inputs in typed.items():
        here = [lot for lot in lots if lot.laboratory_id == places[line_id]]
        for one in inputs:
            if any(offered(here, one)):
                found[line_id] = Refused(
                    "%(input)s is the value of a lot in this laboratory's register, so it is not typed.",
                    rule="reference values come from lots",
                    clause="ISO/IEC 17025, 6.4.4",
                    remedy="Choose the lot by its number.",
                    input=key_of(one.name, one.point),
                )
    return found
