"""Pages of reference materials, reagents, solutions and standards: the register, one lot, entering, review, use."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from flask import Blueprint, render_template, request, url_for
from flask_babel import lazy_gettext

from lims import clock
from lims.errors import Invalid
from lims.http.fields import day, word
from lims.http.forms import Answer, act, seen_version, typed_list
from lims.http.rights import needs, signed_in_actor
from lims.http.session import open_transaction
from lims.instruments import operations, queries
from lims.instruments.lots import DIVISORS, KEPT, LotKind, LotStatus
from lims.instruments.queries import LotView
from lims.instruments.states import LOT, LOT_EDITION
from lims.people import queries as people
from lims.people.rights import Right
from lims.results import operations as results
from lims.store import audit
from lims.store.db import Session
from lims.store.states import names_offered
from lims.web.lots_form import edition_of, lot_of, rows_to_type

bp = Blueprint("lots", __name__)

PAGE = 100
EVENTS = 60
SHAPES = ("normal", *DIVISORS)


KINDS = {
    LotKind.CRM: lazy_gettext("certified reference material"),
    LotKind.SOLUTION: lazy_gettext("solution"),
    LotKind.REAGENT: lazy_gettext("reagent"),
    LotKind.STANDARD: lazy_gettext("reference standard"),
}


@bp.app_template_filter("lot_kind")
def _kind(kind: str) -> str:
    """Return the kind of a lot in words."""
    return str(KINDS[LotKind(kind)])


@bp.app_template_filter("plain_number")
def _plain(number: float | None, digits: int = 15) -> str:
    """Return a number without a power of ten: certificates print 0.00006."""
    return "" if number is None else f"{Decimal(f'{number:.{digits}g}').normalize():f}"


@bp.get("/lots")
@needs(Right.READ)
def index() -> str:
    """List lots; the filters live in the address. What is used up or recalled is shown only where asked for."""
    by, status = signed_in_actor(), request.args.get("status", "")
    with open_transaction() as session:
        found = queries.lots(
            session,
            by=by,
            laboratory_id=request.args.get("laboratory", type=int),
            kind=request.args.get("kind", ""),
            words=request.args.get("words", "").strip(),
        )
        laboratories = people.laboratories(session)
    fitting = [one for one in found if _wanted(one, status, request.args.get("within", type=int))]
    rows = [one for one in fitting if one.number > request.args.get("cursor", "")]
    return render_template(
        "lots/index.html",
        rows=rows[:PAGE],
        cursor=rows[PAGE - 1].number if len(rows) > PAGE else None,
        laboratories=laboratories,
        kinds=list(LotKind),
        statuses=list(LotStatus),
        may_manage=by.may(Right.MANAGE_INSTRUMENTS),
    )


def _wanted(lot: LotView, status: str, within: int | None) -> bool:
    """Tell whether a lot is of a status, and expires within some days."""
    if within is not None:
        last = lot.last_day
        soon = last is not None and last <= lot.today + timedelta(days=min(max(within, 0), 36600))
        if not soon or lot.status not in KEPT:
            return False
    if status:
        return lot.status == status
    return lot.status not in {LotStatus.USED_UP, LotStatus.RECALLED}


@bp.get("/lots/new")
@needs(Right.MANAGE_INSTRUMENTS)
def new() -> str:
    """Show the form, empty; with `of` in the address it begins as prepared from that lot."""
    return _form()


def _form(lot: LotView | None = None) -> str:
    by = signed_in_actor()
    with open_transaction() as session:
        laboratories = [
            one
            for one in people.laboratories(session)
            if by.may(Right.MANAGE_INSTRUMENTS, branch_id=one.branch_id, laboratory_id=one.id)
        ]
    parents = rows_to_type(request.form, "parents")
    if request.method == "GET" and (of := request.args.get("of", "")):
        parents[0]["number"] = of
    return render_template(
        "lots/new.html",
        lot=lot,
        laboratories=laboratories,
        kinds=list(LotKind),
        shapes=SHAPES,
        rows=rows_to_type(request.form, "values"),
        parents=parents,
        names=typed_list("name"),
    )


@bp.post("/lots/new")
@needs(Right.MANAGE_INSTRUMENTS)
def enter() -> Answer:
    """Enter a lot with its certified values."""

    def operation(session: Session) -> int:
        by, lot, edition = signed_in_actor(), lot_of(request.form), edition_of(request.form)
        document = request.form.get("document", "").strip()
        if document:
            return results.prepare_lot(session, by=by, lot=lot, edition=edition, document=document).id
        return operations.enter_lot(session, by=by, lot=lot, edition=edition).id

    return act(operation, done=_address, again=_form)


@bp.get("/lots/<int:lot_id>")
@needs(Right.READ)
def show(lot_id: int) -> str:
    """Show one lot: what it is, whether it may be used, its values, what it was made of, what happened."""
    by = signed_in_actor()
    with open_transaction() as session:
        view = queries.lot_seen(session, lot_id, by=by)
        uses = queries.uses(session, lot_id)
        events = _events(session, view)
        names = people.person_names(session, {view.entered_by_id, *(one.by_id for one in uses), *_deciders(view)})
    place = {"branch_id": view.branch_id, "laboratory_id": view.laboratory_id}
    may_manage = by.may(Right.MANAGE_INSTRUMENTS, **place)
    return render_template(
        "lots/show.html",
        lot=view,
        uses=uses,
        events=events,
        names=names,
        refusal=view.refusal(view.today),
        moves=names_offered(LOT, view.state, by=by, **place),
        decisions={one.id: names_offered(LOT_EDITION, one.state, by=by, **place) for one in view.editions},
        own={one.id for one in view.editions if one.entered_by_id == by.person_id},
        may_manage=may_manage,
        may_use=may_manage or by.may(Right.ENTER_READINGS, **place),
        may_trace=any(by.may(right, **place) for right in (Right.FOLLOW_UP, Right.MANAGE_INSTRUMENTS, Right.AUDIT)),
        now=clock.now(),
    )


def _deciders(view: LotView) -> set[int | None]:
    return {one.decided_by_id for one in view.editions} | {one.entered_by_id for one in view.editions}


def _events(session: Session, view: LotView) -> list[audit.EventView]:
    """Return what happened to the lot and to its certificates, newest first."""
    found = audit.time_line(session, LOT.thing, view.id, limit=EVENTS)
    for edition in view.editions[:10]:
        found += audit.time_line(session, LOT_EDITION.thing, edition.id, limit=10)
    return sorted(found, key=lambda event: event.id, reverse=True)[:EVENTS]


@bp.get("/lots/<int:lot_id>/editions/new")
@needs(Right.MANAGE_INSTRUMENTS)
def further(lot_id: int) -> str:
    """Show the form for a further certificate, or a correction of the values."""
    with open_transaction() as session:
        view = queries.lot_seen(session, lot_id, by=signed_in_actor())
    signed_in_actor().must(Right.MANAGE_INSTRUMENTS, branch_id=view.branch_id, laboratory_id=view.laboratory_id)
    return _form(view)


@bp.post("/lots/<int:lot_id>/editions/new")
@needs(Right.MANAGE_INSTRUMENTS)
def enter_further(lot_id: int) -> Answer:
    """Enter a further certificate, or a correction; what was accepted counts until this is."""

    def operation(session: Session) -> object:
        edition = edition_of(request.form)
        return operations.enter_edition(
            session, by=signed_in_actor(), lot_id=lot_id, edition=edition, why=word("why")
        ).id

    return act(operation, done=_address(lot_id), again=lambda: further(lot_id))


@bp.post("/lots/<int:lot_id>/editions/<int:edition_id>/<any(accept, refuse):name>")
@needs(Right.MANAGE_INSTRUMENTS)
def decide(lot_id: int, edition_id: int, name: str) -> Answer:
    """Accept the values after review, or refuse them saying why."""
    operation = operations.accept_edition if name == "accept" else operations.refuse_edition

    def decided(session: Session) -> object:
        by = signed_in_actor()
        queries.edition_of(session, lot_id, edition_id, by=by)
        return operation(session, by=by, edition_id=edition_id, seen_version=seen_version(), note=word("why"))

    return act(decided, done=_address(lot_id), again=lambda: show(lot_id))


@bp.post("/lots/<int:lot_id>/open")
@needs(Right.ENTER_READINGS, Right.MANAGE_INSTRUMENTS)
def open_it(lot_id: int) -> Answer:
    """Record that it was opened."""

    def operation(session: Session) -> object:
        on = day("on")
        if on is None:
            raise Invalid("A day is missing.", {"on": "Give a day, as in 2026-03-31."})
        return operations.open_lot(session, by=signed_in_actor(), lot_id=lot_id, on=on)

    return act(operation, done=_address(lot_id), again=lambda: show(lot_id))


@bp.post("/lots/<int:lot_id>/take-out")
@needs(Right.ENTER_READINGS, Right.MANAGE_INSTRUMENTS)
def take_out(lot_id: int) -> Answer:
    """Record that some of it was taken out."""
    return act(
        lambda session: operations.take_out(
            session, by=signed_in_actor(), lot_id=lot_id, amount=word("amount"), note=word("note")
        ),
        done=_address(lot_id),
        again=lambda: show(lot_id),
    )


@bp.post("/lots/<int:lot_id>/<any('use-up', 'recall', 'put-back'):name>")
@needs(Right.MANAGE_INSTRUMENTS)
def move(lot_id: int, name: str) -> Answer:
    """Declare it used up, recall it, or put it back."""
    return act(
        lambda session: operations.move_lot(
            session,
            by=signed_in_actor(),
            lot_id=lot_id,
            name=name.replace("-", " "),
            seen_version=seen_version(),
            why=word("why"),
        ),
        done=_address(lot_id),
        again=lambda: show(lot_id),
    )


def _address(lot_id: int) -> str:
    return url_for("lots.show", lot_id=lot_id)
