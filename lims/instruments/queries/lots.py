"""Lots of materials and standards with what their certificates say, and whether they may be used on a day."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from lims import clock
from lims.errors import NotFound, Refused
from lims.instruments.lots import LotStatus, Shelf, left, refusal
from lims.instruments.queries.visible import visible
from lims.instruments.records import Lot, LotEdition, LotParent, LotUse, LotValue
from lims.instruments.states import CertificateState
from lims.people.records import Branch, Laboratory
from lims.people.rights import Actor, Right
from lims.store.db import Texts


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueView:
    """One certified quantity; `components` make up its u."""

    id: int
    quantity: str
    unit: str
    value: str
    U: float | None
    k: float | None
    u: float
    dof: float | None
    distribution: str
    components: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EditionView:
    """What a certificate of a lot says, and what was decided of it."""

    id: int
    lot_id: int
    number: int
    certificate: str
    issued_by: str
    accreditation: str | None
    traceability: Texts | None
    issued_on: date | None
    expires_on: date | None
    why: str
    state: str
    entered_by_id: int | None
    entered_at: datetime
    decided_by_id: int | None
    decided_at: datetime | None
    decision_note: str | None
    version: int
    values: tuple[ValueView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class KinView:
    """A lot that another one was made of or that was made of it; of one that the person may not see only that it is."""

    id: int
    number: str
    name: Texts
    amount: str
    seen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LotView:
    """One lot as it stands now."""

    id: int
    number: str
    kind: str
    sort: str
    laboratory_id: int
    name: Texts
    maker: str
    batch: str
    storage: str
    received_on: date | None
    opened_on: date | None
    days_after_opening: int | None
    amount: str | None
    amount_unit: str | None
    preparation: str
    document: Mapping[str, Any] | None
    state: str
    version: int
    entered_by_id: int | None
    entered_at: datetime
    laboratory: Texts
    branch_id: int
    time_zone: str
    today: date  # where it is
    used: tuple[str, ...]
    editions: tuple[EditionView, ...]  # the last first
    parents: tuple[KinView, ...] = ()
    children: tuple[KinView, ...] = field(default=())

    @property
    def edition(self) -> EditionView | None:
        """The certificate that counts: the last that was accepted."""
        return next((one for one in self.editions if one.state == CertificateState.ACCEPTED), None)

    @property
    def shelf(self) -> Shelf:
        """What decides whether it may be used."""
        edition = self.edition
        return Shelf(
            state=self.state,
            accepted=edition is not None,
            expires_on=edition.expires_on if edition else None,
            opened_on=self.opened_on,
            days_after_opening=self.days_after_opening,
        )

    @property
    def last_day(self) -> date | None:
        """The last day on which it may be used; of one that is not accepted yet, as its certificate says."""
        shelf = self.shelf
        return shelf.last_day if self.edition or not self.editions else self.editions[0].expires_on

    @property
    def status(self) -> LotStatus:
        """Whether it may be used today."""
        return self.shelf.status(self.today)

    @property
    def left(self) -> Decimal | None:
        """How much is left, None where nobody counts."""
        return left(self.amount, self.used)

    def refusal(self, day: date) -> Refused | None:
        """Return why it may not be used on a day."""
        return refusal(self.number, self.shelf, day)

    def value(self, quantity: str) -> ValueView | None:
        """Return its accepted value of a quantity."""
        values = self.edition.values if self.edition else ()
        return next((one for one in values if one.quantity == quantity), None)


_OWN = tuple(column.key for column in Lot.__table__.columns)


def lots(
    session: Session,
    *,
    by: Actor,
    laboratory_id: int | None = None,
    kind: str = "",
    words: str = "",
) -> list[LotView]:
    """Return the lots that the person may see, by number; six statements whatever their number."""
    wanted: list[ColumnElement[bool]] = []
    if laboratory_id is not None:
        wanted.append(Lot.laboratory_id == laboratory_id)
    if kind:
        wanted.append(or_(Lot.kind == kind, Lot.sort == kind))
    found = _views(session, by, *wanted)
    return [one for one in found if _said(one, words.casefold())] if words else found


def _said(view: LotView, words: str) -> bool:
    texts = (view.number, view.maker, view.batch, view.sort, *view.name.values())
    return any(words in text.casefold() for text in texts)


def lot_seen(session: Session, lot_id: int, *, by: Actor) -> LotView:
    """Return one lot; NotFound also when the person may not know of it."""
    found = _views(session, by, Lot.id == lot_id)
    if not found:
        raise NotFound("There is no such lot, or it belongs to another branch.")
    return found[0]


def lots_by_number(session: Session, numbers: Collection[str], *, by: Actor) -> dict[str, LotView]:
    """Return lots by the numbers on their labels, as far as the person may see them."""
    return {one.number: one for one in _views(session, by, Lot.number.in_(numbers))} if numbers else {}


def lots_of_laboratories(session: Session, laboratory_ids: Collection[int]) -> list[LotView]:
    """Return every lot of some laboratories, whoever asks: what may be taken for a line there."""
    return _views(session, None, Lot.laboratory_id.in_(laboratory_ids)) if laboratory_ids else []


def _views(session: Session, by: Actor | None, *wanted: ColumnElement[bool]) -> list[LotView]:
    seen = visible(by) if by else None
    query = (
        select(Lot, Laboratory.name, Laboratory.branch_id, Branch.time_zone)
        .join(Laboratory, Laboratory.id == Lot.laboratory_id)
        .join(Branch, Branch.id == Laboratory.branch_id)
        .where(*wanted, *([] if seen is None else [seen]))
        .order_by(Lot.number)
        .execution_options(populate_existing=True)
    )
    rows = session.execute(query).all()
    ids = [row.Lot.id for row in rows]
    if not ids:
        return []
    editions, used = _editions(session, ids), _used(session, ids)
    parents = _kin(session, by, LotParent.lot_id, LotParent.parent_id, ids)
    children = _kin(session, by, LotParent.parent_id, LotParent.lot_id, ids)
    now = clock.now()
    return [
        LotView(
            **{name: getattr(row.Lot, name) for name in _OWN},
            laboratory=row.name,
            branch_id=row.branch_id,
            time_zone=row.time_zone,
            today=now.astimezone(ZoneInfo(row.time_zone)).date(),
            used=tuple(used.get(row.Lot.id, ())),
            editions=tuple(editions.get(row.Lot.id, ())),
            parents=tuple(parents.get(row.Lot.id, ())),
            children=tuple(children.get(row.Lot.id, ())),
        )
        for row in rows
    ]


def _editions(session: Session, ids: Sequence[int]) -> dict[int, list[EditionView]]:
    rows = session.scalars(
        select(LotEdition)
        .where(LotEdition.lot_id.in_(ids))
        .order_by(LotEdition.lot_id, LotEdition.number.desc())
        .execution_options(populate_existing=True)
    ).all()
    values: dict[int, list[ValueView]] = {}
    query = select(LotValue).where(LotValue.edition_id.in_([row.id for row in rows])).order_by(LotValue.id)
    for one in session.scalars(query):
        own = {name: getattr(one, name) for name in ValueView.__slots__ if name != "components"}
        values.setdefault(one.edition_id, []).append(ValueView(**own, components=tuple(one.components)))
    found: dict[int, list[EditionView]] = {}
    for row in rows:
        own = {name: getattr(row, name) for name in EditionView.__slots__ if name != "values"}
        found.setdefault(row.lot_id, []).append(EditionView(**own, values=tuple(values.get(row.id, ()))))
    return found


def _used(session: Session, ids: Sequence[int]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    for lot_id, amount in session.execute(select(LotUse.lot_id, LotUse.amount).where(LotUse.lot_id.in_(ids))):
        found.setdefault(lot_id, []).append(amount)
    return found


def _kin(session: Session, by: Actor | None, mine: Any, other: Any, ids: Sequence[int]) -> dict[int, list[KinView]]:
    rows = session.execute(
        select(mine, Lot.id, Lot.number, Lot.name, LotParent.amount, Lot.laboratory_id, Laboratory.branch_id)
        .join(Lot, Lot.id == other)
        .join(Laboratory, Laboratory.id == Lot.laboratory_id)
        .where(mine.in_(ids))
        .order_by(LotParent.id)
    )
    found: dict[int, list[KinView]] = {}
    for own, lot_id, number, name, amount, laboratory_id, branch_id in rows:
        seen = by is None or by.may(Right.READ, branch_id=branch_id, laboratory_id=laboratory_id)
        view = KinView(id=lot_id, number=number if seen else "", name=name if seen else {}, amount=amount, seen=seen)
        found.setdefault(own, []).append(view)
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class UseView:
    """Some of a lot was taken out."""

    at: datetime
    by_id: int
    amount: str
    note: str


def uses(session: Session, lot_id: int) -> list[UseView]:
    """Return what was taken out of a lot, newest first."""
    rows = session.scalars(select(LotUse).where(LotUse.lot_id == lot_id).order_by(LotUse.id.desc()))
    return [UseView(at=row.at, by_id=row.by_id, amount=row.amount, note=row.note) for row in rows]


def edition_of(session: Session, lot_id: int, edition_id: int, *, by: Actor) -> EditionView:
    """Return a certificate of a lot; NotFound where the lot has none of this key or is not seen."""
    found = next((one for one in lot_seen(session, lot_id, by=by).editions if one.id == edition_id), None)
    if found is None:
        raise NotFound("This lot has no such certificate.")
    return found
