"""Pages of methods: the list, a new one, one method with its editions, services and competences."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from flask import Blueprint, render_template, request, url_for
from flask_babel import gettext

from lims import clock
from lims.http.fields import key, texts, word
from lims.http.forms import Answer, act
from lims.http.rights import needs, signed_in_actor
from lims.http.session import open_transaction
from lims.methods import operations, queries
from lims.methods.queries import CompetenceView, MethodView
from lims.methods.states import COMPETENCE, Activity, CompetenceState
from lims.people import queries as people
from lims.people.queries import LaboratoryView
from lims.people.rights import Actor, Right
from lims.samples.calendar import local_date
from lims.store import audit
from lims.store.db import Session
from lims.store.states import names_offered
from lims.web.display import text
from lims.words import LOCALES

bp = Blueprint("methods", __name__)

Choices = list[tuple[object, str]]


@bp.get("/methods")
@needs(Right.READ)
def index() -> str:
    """List methods with the edition in force; filters live in the address."""
    by, args = signed_in_actor(), request.args
    laboratory_id = args.get("laboratory", type=int)
    words, kind = args.get("words", "").strip(), args.get("kind", "")
    with open_transaction() as session:
        rows = queries.methods(session, on=_today(by), words=words, laboratory_id=laboratory_id, kind=kind)
        laboratories = people.laboratories(session)
    return render_template(
        "methods/index.html",
        rows=rows,
        words=words,
        kind=kind,
        kinds=_kinds(),
        laboratory_id=laboratory_id,
        laboratories=_named(laboratories),
        may_write=by.may(Right.MANAGE_METHODS),
    )


@bp.get("/methods/new")
@needs(Right.MANAGE_METHODS)
def new() -> str:
    """Show an empty form."""
    with open_transaction() as session:
        laboratories = _own(session, signed_in_actor())
    return render_template("methods/new.html", laboratories=_named(laboratories), kinds=_kinds())


@bp.post("/methods/new")
@needs(Right.MANAGE_METHODS)
def create() -> Answer:
    """Enter a method; its first edition comes next."""

    def enter(session: Session) -> int:
        return operations.create_method(
            session,
            by=signed_in_actor(),
            code=word("code"),
            title=texts("title"),
            kind=word("kind"),
            laboratory_id=key("laboratory_id") or 0,
            accredited="accredited" in request.form,
        ).id

    return act(enter, done=_address, again=new)


@bp.get("/methods/<int:method_id>")
@needs(Right.READ)
def show(method_id: int) -> str:
    """Show one method: editions, who may do what, where it is offered, what happened."""
    by = signed_in_actor()
    today = _today(by)
    with open_transaction() as session:
        method = queries.method(session, method_id)
        editions = queries.editions(session, method_id)
        competences = queries.competences(session, method_id=method_id)
        services = queries.services(session, method_id=method_id, closed=True)
        names = people.person_names(session, _others(competences))
        choices = _choices(session, by, method)
        events = audit.time_line(session, "method", method_id, limit=30)
    return render_template(
        "methods/show.html",
        method=method,
        editions=[(one, one.standing(today)) for one in editions],
        competences=[(one, one.valid(today)) for one in competences],
        services=services,
        choices=choices,
        moves={state: _moves(by, method, state) for state in CompetenceState},
        names=names,
        events=events,
        today=today,
        accent=method.accent,
    )


@bp.post("/methods/<int:method_id>")
@needs(Right.MANAGE_METHODS)
def change(method_id: int) -> Answer:
    """Change title and accreditation."""

    def store(session: Session) -> None:
        seen = {locale: request.form[f"seen-{locale}"] for locale in LOCALES if request.form.get(f"seen-{locale}")}
        operations.change_method(
            session,
            by=signed_in_actor(),
            method_id=method_id,
            seen=seen,
            title=texts("title"),
            accredited="accredited" in request.form,
            seen_accredited=request.form["seen-accredited"] == "yes" if "seen-accredited" in request.form else None,
        )

    return act(store, done=_address(method_id), again=lambda: show(method_id))


class _Chosen(NamedTuple):
    """What the forms of a method's page offer, where the person may use them."""

    may_write: bool
    may_approve: bool
    people: Choices
    laboratories: Choices
    activities: Choices


def _choices(session: Session, by: Actor, method: MethodView) -> _Chosen:
    place = {"branch_id": method.branch_id, "laboratory_id": method.laboratory_id}
    may_approve = by.may(Right.APPROVE_METHODS, **place)
    staff = people.people(session, active=True) if may_approve else []
    return _Chosen(
        may_write=by.may(Right.MANAGE_METHODS, **place),
        may_approve=may_approve,
        people=sorted(((one.id, text(one.name)) for one in staff if one.id != by.person_id), key=lambda one: one[1]),
        laboratories=_named(_own(session, by)),
        activities=[(one.value, gettext(one.value)) for one in Activity],
    )


def _moves(by: Actor, method: MethodView, state: str) -> list[str]:
    offered = names_offered(COMPETENCE, state, by=by, branch_id=method.branch_id, laboratory_id=method.laboratory_id)
    return [one.name for one in offered]


def _others(competences: list[CompetenceView]) -> set[int | None]:
    """Return who authorised and who supervises."""
    return {person for one in competences for person in (one.authorised_by_id, one.supervisor_id)}


def _own(session: Session, by: Actor) -> list[LaboratoryView]:
    """Return the laboratories whose methods the person may write."""
    return [
        one
        for one in people.laboratories(session)
        if by.may(Right.MANAGE_METHODS, branch_id=one.branch_id, laboratory_id=one.id)
    ]


def _kinds() -> Choices:
    return [("testing", gettext("testing")), ("calibration", gettext("calibration"))]


def _named(laboratories: list[LaboratoryView]) -> Choices:
    return [(one.id, f"{one.code} · {text(one.name)}") for one in laboratories]


def _today(by: Actor) -> date:
    return local_date(clock.now(), by.time_zone)


def _address(method_id: int) -> str:
    return url_for("methods.show", method_id=method_id)
