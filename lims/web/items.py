"""Pages of items: one item with its custody, and what can be done to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask import Blueprint, render_template, request, url_for

from lims.http.fields import day
from lims.http.forms import Answer, act, seen_version, whole
from lims.http.rights import needs, signed_in_actor
from lims.http.session import open_transaction
from lims.methods import queries as methods
from lims.people import queries as people
from lims.people.rights import Right
from lims.samples import operations, queries
from lims.samples.custody import Condition, Rejection
from lims.samples.request import Receipt
from lims.samples.states import HELD, ITEM, JOB, ItemState, JobState
from lims.store import audit
from lims.store.db import Session
from lims.web.display import text
from lims.web.offers import offered, options

bp = Blueprint("items", __name__)

OPEN_JOBS = (JobState.DRAFT, JobState.CONFIRMED, JobState.ON_HOLD)


@bp.get("/items/<int:item_id>")
@needs(Right.READ)
def show(item_id: int) -> str:
    """Show one item with its custody."""
    by = signed_in_actor()
    with open_transaction() as session:
        page = queries.item_page(session, by=by, item_id=item_id)
        events = audit.time_line(session, ITEM.thing, item_id)
        staff = people.people(session)
        catalogue = methods.services(session, branch_id=page.branch_id)
    labs = page.laboratory_ids
    registers = offered(JOB, JobState.DRAFT, by=by, branch_id=page.branch_id, laboratory_ids=labs)
    orders = registers and page.job_state in OPEN_JOBS and page.item.state in {ItemState.EXPECTED, *HELD}
    return render_template(
        "items/show.html",
        page=page,
        item=page.item,
        events=events,
        takers=[(one.id, text(one.name)) for one in staff if one.active and one.id != page.item.holder_id],
        acts=offered(ITEM, page.item.state, by=by, branch_id=page.branch_id, laboratory_ids=labs),
        catalogue=catalogue if orders else [],
        condition_options=options(Condition),
        rejection_options=options(Rejection),
    )


def _text(name: str) -> str:
    return request.form.get(name, "")


def _receipt() -> Receipt:
    return Receipt(
        place=_text("place"),
        condition=_text("condition") or Condition.GOOD,
        fit=not _text("reason"),
        reason=_text("reason") or None,
        remark=_text("remark"),
        from_party=_text("from_party"),
    )


def _services() -> set[int]:
    return {int(one) for one in request.form.getlist("services") if one.isdecimal()}


Fields = Callable[[], Mapping[str, Any]]
# transition in the address -> operation, and what it takes from the form
_ACTS: dict[str, tuple[Callable[..., object], Fields]] = {
    "receive": (operations.receive_item, lambda: {"receipt": _receipt()}),
    "store": (operations.store_item, lambda: {"to_place": _text("to_place"), "note": _text("note")}),
    "hand-over": (
        operations.hand_over_item,
        lambda: {"to_person_id": whole("to_person_id"), "to_place": _text("to_place"), "note": _text("note")},
    ),
    "portion": (
        operations.make_portion,
        lambda: {"label": _text("label"), "description": _text("description"), "to_place": _text("to_place")},
    ),
    "retain": (
        operations.retain_item,
        lambda: {"until": day("until"), "to_place": _text("to_place"), "note": _text("note")},
    ),
    "hold": (operations.hold_item, lambda: {"why": _text("why")}),
    "release": (operations.release_item, lambda: {"why": _text("why")}),
    "consume": (operations.consume_item, lambda: {"note": _text("note")}),
    "lose": (operations.lose_item, lambda: {"why": _text("why")}),
    "reject": (operations.reject_item, lambda: {"reason": _text("reason"), "note": _text("note")}),
    "return": (operations.return_item, lambda: {"to_party": _text("to_party"), "note": _text("note")}),
    "dispose": (operations.dispose_item, lambda: {"note": _text("note")}),
    "order": (operations.order_further, lambda: {"service_ids": _services(), "why": _text("why")}),
}
_NAMES = ", ".join(f'"{name}"' for name in _ACTS)


@bp.post(f"/items/<int:item_id>/<any({_NAMES}):name>")
@needs(Right.RECEIVE, Right.REGISTER)
def move(item_id: int, name: str) -> Answer:
    """Do one step of custody."""
    operation, fields = _ACTS[name]

    def do(session: Session) -> object:
        return operation(session, by=signed_in_actor(), item_id=item_id, seen_version=seen_version(), **fields())

    return act(do, done=url_for("items.show", item_id=item_id), again=lambda: show(item_id))
