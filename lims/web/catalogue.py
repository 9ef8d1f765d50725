"""The catalogue of services (7.1.1): what is offered, where, in how many working days, for which fee."""

from __future__ import annotations

from flask import Blueprint, render_template, request, url_for

from lims.http.fields import key, texts, word
from lims.http.forms import Answer, act, whole
from lims.http.rights import needs, signed_in_actor
from lims.http.session import open_transaction
from lims.methods import operations, queries
from lims.people import queries as people
from lims.people.rights import Right
from lims.store import audit
from lims.store.db import Session
from lims.web import methods
from lims.web.display import text

bp = Blueprint("catalogue", __name__)


@bp.get("/services")
@needs(Right.READ)
def index() -> str:
    """List the catalogue; filters live in the address."""
    args = request.args
    laboratory_id, words, closed = args.get("laboratory", type=int), args.get("words", ""), bool(args.get("closed"))
    with open_transaction() as session:
        found = queries.services(session, laboratory_id=laboratory_id, words=words.strip(), closed=closed)
        laboratories = people.laboratories(session)
    return render_template(
        "catalogue/index.html",
        services=found,
        words=words,
        closed=closed,
        laboratory_id=laboratory_id,
        laboratories=[(one.id, f"{one.code} · {text(one.name)}") for one in laboratories],
    )


@bp.post("/methods/<int:method_id>/services")
@needs(Right.MANAGE_METHODS)
def offer(method_id: int) -> Answer:
    """Put a method into the catalogue of a laboratory."""

    def store(session: Session) -> None:
        operations.offer_service(
            session,
            by=signed_in_actor(),
            code=word("code"),
            name=texts("name"),
            method_id=method_id,
            laboratory_id=key("laboratory_id") or 0,
            turnaround_days=whole("turnaround_days") or 0,
            fee=whole("fee", required=False),
        )

    return act(
        store,
        done=url_for("methods.show", method_id=method_id) + "#services",
        again=lambda: methods.show(method_id),
    )


@bp.get("/services/<int:service_id>")
@needs(Right.READ)
def show(service_id: int) -> str:
    """Show one row of the catalogue with what happened to it."""
    by = signed_in_actor()
    with open_transaction() as session:
        service = queries.service(session, service_id)
        events = audit.time_line(session, "service", service_id, limit=30)
    may_change = by.may(Right.MANAGE_METHODS, branch_id=service.branch_id, laboratory_id=service.laboratory_id)
    return render_template("catalogue/show.html", service=service, events=events, may_change=may_change)


@bp.post("/services/<int:service_id>")
@needs(Right.MANAGE_METHODS)
def change(service_id: int) -> Answer:
    """Change a row of the catalogue, or take it out."""

    def store(session: Session) -> None:
        operations.change_service(
            session,
            by=signed_in_actor(),
            service_id=service_id,
            name=texts("name"),
            turnaround_days=whole("turnaround_days") or 0,
            fee=whole("fee", required=False),
            active="active" in request.form,
        )

    return act(store, done=url_for("catalogue.show", service_id=service_id), again=lambda: show(service_id))
