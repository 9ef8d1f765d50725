"""What is entered of a lot and of its certificate, and whether it can be so: everything wrong is told at once."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from lims import clock
from lims.errors import Invalid, LimsError
from lims.instruments.lots import DIVISORS, LotKind, standard_u
from lims.instruments.operations.typed import (
    LONGEST_SENTENCE,
    LONGEST_TEXT,
    faults_of_texts,
    too_long,
    trimmed,
)
from lims.metrology.numbers import parse_number
from lims.metrology.units import parse_unit
from lims.store.db import Texts

MOST_VALUES = 500
MOST_PARENTS = 20
LONGEST_LIFE_DAYS = 36600
LONGEST_PREPARATION = 5000
_NUMBER = re.compile(r"[^\s|]{1,40}")
_AHEAD = timedelta(hours=14)
Faults = dict[str, LimsError | str]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewParent:
    """A lot that went into another one, by its number; `amount` as it was written down."""

    number: str
    amount: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewLot:
    """A lot, or a standard without an interface."""

    number: str
    kind: str
    laboratory_id: int
    name: Texts
    sort: str = ""
    maker: str = ""
    batch: str = ""
    storage: str = ""
    received_on: date | None = None
    opened_on: date | None = None
    days_after_opening: int | None = None
    amount: str | None = None
    amount_unit: str | None = None
    preparation: str = ""
    document: dict[str, Any] | None = None
    parents: Sequence[NewParent] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NewShare:
    """How much of a value's standard uncertainty comes from the value of a parent, in the unit of the new value."""

    lot: str
    quantity: str
    u: float


@dataclass(frozen=True, slots=True, kw_only=True)
class NewValue:
    """A certified quantity: value with U and k, or u; with a distribution that is not normal U is its half-width.

    `shares` say what comes from parents; `components` are given where a measurement document computed the value.
    """

    quantity: str
    unit: str
    value: str
    U: float | None = None
    k: float | None = None
    u: float | None = None
    dof: float | None = None
    distribution: str = "normal"
    shares: Sequence[NewShare] = ()
    components: Sequence[Mapping[str, Any]] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEdition:
    """What a certificate of a lot says."""

    values: Sequence[NewValue]
    certificate: str = ""
    issued_by: str = ""
    accreditation: str | None = None
    traceability: Texts | None = None
    issued_on: date | None = None
    expires_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """A value that was understood: decimal text, canonical unit, standard uncertainty."""

    place: int
    quantity: str
    unit: str
    value: str
    U: float | None
    k: float | None
    u: float
    dof: float | None
    distribution: str
    shares: Sequence[NewShare]
    given: Sequence[Mapping[str, Any]] | None

    def columns(self) -> dict[str, Any]:
        """Return what is stored of it as it stands."""
        return {
            name: getattr(self, name) for name in ("quantity", "unit", "value", "U", "k", "u", "dof", "distribution")
        }


def checked_lot(lot: NewLot) -> NewLot:
    """Return a lot without spaces around what was typed.

    Raises
    ------
    Invalid
        With a sentence for each field that can't be so.
    """
    texts = ("number", "sort", "maker", "batch", "storage", "preparation")
    lot = replace(
        lot,
        name=trimmed(lot.name) or {},
        amount=(lot.amount or "").strip() or None,
        amount_unit=(lot.amount_unit or "").strip() or None,
        parents=tuple(replace(one, number=one.number.strip(), amount=one.amount.strip()) for one in lot.parents),
        **{name: getattr(lot, name).strip() for name in texts},
    )
    faults: Faults = dict(faults_of_texts("name", lot.name))
    if not _NUMBER.fullmatch(lot.number):
        faults["number"] = "Give a number of at most 40 characters without spaces, as it stands on the label."
    if lot.kind not in set(LotKind):
        faults["kind"] = "Choose from the list."
    if not lot.name:
        faults["name-en"] = "Give a name in at least one language."
    for name, most in (("sort", LONGEST_TEXT), ("maker", LONGEST_TEXT), ("batch", LONGEST_TEXT),
                       ("storage", LONGEST_SENTENCE), ("preparation", LONGEST_PREPARATION)):  # fmt: skip
        if len(getattr(lot, name)) > most:
            faults[name] = too_long(most)
    faults |= _faults_of_days(lot) | _faults_of_amount(lot) | _faults_of_parents(lot)
    if faults:
        raise Invalid("The lot can't be entered like this. Look at the marked places.", faults)
    return lot


def _faults_of_days(lot: NewLot) -> Faults:
    faults: Faults = {}
    for name in ("received_on", "opened_on"):
        day = getattr(lot, name)
        if day is not None and day > (clock.now() + _AHEAD).date():
            faults[name] = "This day lies in the future."
    if lot.received_on and lot.opened_on and lot.opened_on < lot.received_on:
        faults["opened_on"] = "This day lies before it was received."
    if lot.days_after_opening is not None and not 0 <= lot.days_after_opening <= LONGEST_LIFE_DAYS:
        faults["days_after_opening"] = "Give 0 to 36600 days, or leave it empty."
    return faults


def _faults_of_amount(lot: NewLot) -> Faults:
    if lot.amount is None:
        return {"amount": "Give the amount, too."} if lot.amount_unit else {}
    faults: Faults = {}
    try:
        if parse_number(lot.amount) <= 0:
            faults["amount"] = "Give a number larger than zero."
    except Invalid as error:
        faults["amount"] = error
    if not lot.amount_unit or len(lot.amount_unit) > LONGEST_TEXT:
        faults["amount_unit"] = "Say in what it is counted: mL, g, pieces."
    return faults


def _faults_of_parents(lot: NewLot) -> Faults:
    faults: Faults = {}
    numbers = [one.number for one in lot.parents]
    for place, number in enumerate(numbers):
        if number in numbers[:place]:
            faults[f"parents.{place}.number"] = "It stands here already."
    if len(numbers) > MOST_PARENTS:
        faults["parents"] = too_long(MOST_PARENTS)
    if (numbers and not lot.preparation) or (lot.document is not None and not numbers):
        faults["preparation"] = "Say how it was prepared, and from which lots."
    return faults


def checked_edition(edition: NewEdition, *, prepared: bool, known: Set[str]) -> list[Stated]:
    """Return the values of a certificate with canonical units and standard uncertainties.

    Raises
    ------
    Invalid
        With a sentence for each place that can't be so; values by their place ("values.0.U").
    """
    faults: Faults = dict(faults_of_texts("traceability", edition.traceability, LONGEST_SENTENCE))
    if not prepared and edition.values and not edition.certificate.strip():
        faults["certificate"] = "Give the number of the certificate."
    for name in ("certificate", "issued_by", "accreditation"):
        if len(getattr(edition, name) or "") > LONGEST_SENTENCE:
            faults[name] = too_long(LONGEST_SENTENCE)
    if edition.issued_on and edition.issued_on > (clock.now() + _AHEAD).date():
        faults["issued_on"] = "This day lies in the future."
    if edition.issued_on and edition.expires_on and edition.expires_on < edition.issued_on:
        faults["expires_on"] = "Give a day after the certificate."
    if len(edition.values) > MOST_VALUES:
        faults["values"] = Invalid("A certificate has at most %(most)s values here.", most=MOST_VALUES)
    found = _values(edition.values, known, faults)
    if faults:
        raise Invalid("The values can't be entered like this. Look at the marked places.", faults)
    return found


def _values(values: Sequence[NewValue], known: Set[str], faults: Faults) -> list[Stated]:
    found: list[Stated] = []
    for place, value in enumerate(values):
        stated = _stated(value, place, faults)
        if stated and any(one.quantity == stated.quantity for one in found):
            faults[f"values.{place}.quantity"] = "This quantity stands there already."
        for number, share in enumerate(value.shares):
            if share.lot not in known:
                faults[f"values.{place}.shares.{number}"] = "Name a lot of those it was made of."
        if stated:
            found.append(stated)
    return found


def _stated(value: NewValue, place: int, faults: Faults) -> Stated | None:
    at, quantity = f"values.{place}", value.quantity.strip()
    before = len(faults)
    if not quantity or len(quantity) > LONGEST_TEXT:
        faults[f"{at}.quantity"] = "Name the quantity, as the method calls it."
    unit, number, u = "1", "", 0.0
    try:
        unit = parse_unit(value.unit)
    except Invalid as error:
        faults[f"{at}.unit"] = error
    try:
        number = f"{parse_number(value.value):f}"
    except Invalid as error:
        faults[f"{at}.value"] = error
    if value.distribution not in {"normal", *DIVISORS}:
        faults[f"{at}.distribution"] = "Choose from the list."
    for name in ("U", "k", "u"):
        given = getattr(value, name)
        if given is not None and not (math.isfinite(given) and given > 0):
            faults[f"{at}.{name}"] = "Give a number larger than zero."
    if value.dof is not None and not value.dof >= 1:
        faults[f"{at}.dof"] = "Give a number of at least 1, or nothing where it is infinite."
    if len(faults) == before:
        try:
            u = standard_u(U=value.U, k=value.k, u=value.u, distribution=value.distribution)
        except Invalid as error:
            faults[f"{at}.U"] = error
    if len(faults) > before:
        return None
    return Stated(
        place=place,
        quantity=quantity,
        unit=unit,
        value=number,
        U=value.U,
        k=value.k if value.U is not None and value.distribution == "normal" else None,
        u=u,
        dof=None if value.dof is not None and math.isinf(value.dof) else value.dof,
        distribution=value.distribution,
        shares=value.shares,
        given=value.components,
    )
