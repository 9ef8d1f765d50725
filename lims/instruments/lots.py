"""Lots of reference materials, reagents and solutions, and standards without an interface: what a value of one says.

Pure: whether a lot may be used on a day, and the parts of the uncertainty of its value, each with what it is an error
of, so that results that rest on one stock stay correlated.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any

from lims.errors import Invalid, Refused

DIVISORS = {"rectangular": math.sqrt(3), "triangular": math.sqrt(6), "arcsine": math.sqrt(2)}
"""Of a half-width, where a certificate gives limits in place of U (GUM, 4.3.7, 4.3.9)."""
NOTICE = timedelta(days=30)
"""How long before its last day a lot is said to expire soon."""
_ROUNDING = 1e-9


class LotKind(StrEnum):
    """What a lot is."""

    CRM = "crm"
    SOLUTION = "solution"
    REAGENT = "reagent"
    STANDARD = "standard"


class LotStatus(StrEnum):
    """Whether it may be used; derived, as it moves by time alone."""

    VALID = "valid"
    DUE_SOON = "due soon"
    EXPIRED = "expired"
    NOT_OPENED = "not opened"
    NOT_ACCEPTED = "not accepted"
    USED_UP = "used up"
    RECALLED = "recalled"


USABLE = frozenset({LotStatus.VALID, LotStatus.DUE_SOON})
KEPT = USABLE | {LotStatus.NOT_OPENED, LotStatus.EXPIRED}
"""What stands on a shelf and ages."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """All that decides whether a lot may be used; `state` is stored, `accepted` says that its values were reviewed."""

    state: str
    accepted: bool
    expires_on: date | None = None
    opened_on: date | None = None
    days_after_opening: int | None = None

    @property
    def last_day(self) -> date | None:
        """Return the last day on which it may be used, as far as it is known; None where it does not age.

        >>> Shelf(state="available", accepted=True, expires_on=date(2027, 1, 1), opened_on=date(2026, 3, 1),
        ...       days_after_opening=30).last_day
        datetime.date(2026, 3, 31)

        Source: ISO/IEC 17025:2017, 6.4.13.
        """
        ends = [self.expires_on] if self.expires_on else []
        if self.opened_on and self.days_after_opening is not None:
            ends.append(self.opened_on + timedelta(days=self.days_after_opening))
        return min(ends, default=None)

    def status(self, day: date) -> LotStatus:
        """Return whether it may be used on a day, the last day included.

        >>> shelf = Shelf(state="available", accepted=True, expires_on=date(2026, 3, 31))
        >>> [shelf.status(date(2026, *one)).value for one in ((1, 1), (3, 31), (4, 1))]
        ['valid', 'due soon', 'expired']

        Source: ISO/IEC 17025:2017, 6.4.4, 6.4.13.
        """
        if self.state in (LotStatus.USED_UP, LotStatus.RECALLED):
            return LotStatus(self.state)
        if not self.accepted:
            return LotStatus.NOT_ACCEPTED
        if self.last_day is not None and self.last_day < day:
            return LotStatus.EXPIRED
        if self.days_after_opening is not None and (self.opened_on is None or day < self.opened_on):
            return LotStatus.NOT_OPENED
        soon = self.last_day is not None and self.last_day - day < NOTICE
        return LotStatus.DUE_SOON if soon else LotStatus.VALID


_WHY_NOT = {
    LotStatus.EXPIRED: (
        "%(number)s may not be used any more: its last day was %(until)s.",
        "Take another lot, or enter the certificate that extends it.",
    ),
    LotStatus.NOT_OPENED: (
        "%(number)s was not opened by then, and its life after opening is limited.",
        "Record on its page that it was opened.",
    ),
    LotStatus.NOT_ACCEPTED: (
        "The values of %(number)s are not accepted.",
        "Have its certificate reviewed by a second person first.",
    ),
    LotStatus.USED_UP: ("%(number)s is used up.", "Take another lot."),
    LotStatus.RECALLED: ("%(number)s was recalled.", "Take another lot."),
}


def refusal(number: str, shelf: Shelf, day: date) -> Refused | None:
    """Return why a lot may not be used on a day, None where it may."""
    status = shelf.status(day)
    if status in USABLE:
        return None
    sentence, remedy = _WHY_NOT[status]
    until = shelf.last_day.isoformat() if shelf.last_day else ""
    return Refused(
        sentence, rule="usable lots only", clause="ISO/IEC 17025, 6.4.4", remedy=remedy, number=number, until=until
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """How much of the uncertainty of a value comes from the value of another lot: `u` in the unit of the new value.

    `parts` are the components of the other value, in its own unit.
    """

    u: float
    parts: Sequence[Mapping[str, Any]]


def standard_u(
    *,
    U: float | None,  # noqa: N803 - the standard's symbol
    k: float | None,
    u: float | None,
    distribution: str,
) -> float:
    """Return the standard uncertainty of what a certificate states: u, or U with k, or the half-width of a shape.

    Parameters
    ----------
    U : float or None
        Expanded uncertainty; with a `distribution` its half-width. In the unit of the value.
    k : float or None
        Coverage factor; 2 where a certificate gives U alone.
    u : float or None
        Standard uncertainty.
    distribution : str
        "normal", or one of rectangular, triangular, arcsine.

    Raises
    ------
    Invalid
        Both or neither are stated, or the shape is not known.

    Examples
    --------
    >>> standard_u(U=0.5, k=2, u=None, distribution="normal"), round(
    ...     standard_u(U=0.3, k=None, u=None, distribution="rectangular"), 4)
    (0.25, 0.1732)

    Source: GUM, 4.3.3, 4.3.7, 4.3.9.
    """
    if (u is None) == (U is None):
        raise Invalid("State either U or u.")
    if u is not None:
        return u
    if distribution == "normal":
        return (U or 0.0) / (k or 2.0)
    if distribution not in DIVISORS:
        raise Invalid("%(distribution)s is not known here.", distribution=distribution)
    return (U or 0.0) / DIVISORS[distribution]


def identity_of(number: str, quantity: str) -> str:
    """Return what the error of a lot's value is called wherever it is used: a new certificate corrects the same one.

    >>> identity_of("CRM-7", "concentration")
    'lot CRM-7 concentration'
    """
    return f"lot {number} {quantity}"


def components_of_value(
    *, name: str, identity: str, u: float, dof: float | None = None, shares: Sequence[Share] = ()
) -> list[dict[str, Any]]:
    """Return the components of a value of a lot: those that it has from other lots, and the rest, its own.

    Parameters
    ----------
    name : str
        Number of the lot, for the budget.
    identity : str
        Of what is its own.
    u : float
        Standard uncertainty of the value.
    dof : float or None
        Degrees of freedom; None is infinite. Stated for a value that is all its own.
    shares : sequence of Share
        What comes from others.

    Returns
    -------
    list of mappings
        Components of a document's grammar, in the unit of the value; together they have its u.

    Raises
    ------
    Invalid
        More comes from others than there is.

    Examples
    --------
    >>> stock = components_of_value(name="C-1", identity="lot 1 c", u=0.5)
    >>> [(one["name"], round(one["u"], 9), one["identity"]) for one in components_of_value(
    ...     name="S-2", identity="lot 2 c", u=0.05, shares=[Share(u=0.03, parts=stock)])]
    [('C-1', 0.03, 'lot 1 c'), ('S-2', 0.04, 'lot 2 c')]

    Source: GUM, F.1.2.3.
    """
    parts: list[dict[str, Any]] = []
    for share in shares:
        whole = math.sqrt(math.fsum(float(one["u"]) ** 2 for one in share.parts))
        parts += [{**one, "u": float(one["u"]) * share.u / whole} for one in share.parts if whole]
    parts = merged(parts)
    rest = u * u - math.fsum(one["u"] ** 2 for one in parts)
    if rest < -_ROUNDING * u * u:
        raise Invalid("More uncertainty comes from the lots it was made of than the value has.")
    if rest > _ROUNDING * u * u or not parts:
        own: dict[str, Any] = {"name": name, "u": math.sqrt(max(rest, 0.0)), "identity": identity}
        parts.append(own if dof is None else {**own, "dof": dof})
    return parts


def merged(parts: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return components with one for each identity: two ways from one stock are one error.

    >>> merged([{"name": "C-1", "u": 0.3, "identity": "a"}, {"name": "C-1", "u": 0.1, "identity": "a"}])
    [{'name': 'C-1', 'u': 0.4, 'identity': 'a'}]

    Source: GUM, 5.2.2, F.1.2.3.
    """
    found: dict[str, dict[str, Any]] = {}
    alone: list[dict[str, Any]] = []
    for part in parts:
        identity = str(part.get("identity") or "")
        if not identity:
            alone.append(dict(part))
        elif identity in found:
            one = found[identity]
            signed = one["u"] * one.get("sense", 1) + part["u"] * part.get("sense", 1)
            found[identity] = {**one, "u": abs(signed), **({"sense": -1} if signed < 0 else {})}
            if signed >= 0:
                found[identity].pop("sense", None)
        else:
            found[identity] = dict(part)
    return [*found.values(), *alone]


def left(amount: str | None, used: Sequence[str]) -> Decimal | None:
    """Return how much of a lot is left, None where nobody counts.

    >>> left("500", ["20", "0.5"])
    Decimal('479.5')
    """
    return None if amount is None else Decimal(amount) - sum((Decimal(one) for one in used), Decimal(0))
