"""Competence (6.2): who may do what, when it ends; authorising somebody on a method's page, suspending, resuming."""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, render_template, request, url_for

from lims import clock
from lims.errors import Invalid
from lims.http.fields import day, key, word
from lims.http.forms import Answer, act, seen_version
from lims.http.rights import needs, signed_in_actor
from lims.http.session import open_transaction
from lims.methods import operations, queries
from lims.methods.queries import CompetenceView
from lims.methods.states import Activity, CompetenceState
from lims.people import queries as people
from lims.people.rights import Right
from lims.samples.calendar import local_date
from lims.store.db import Session
from lims.web import methods
from lims.web.display import text

bp = Blueprint("competence", __name__)

SOON = timedelta(days=60)


@bp.get("/competence")
@needs(Right.READ)
def index() -> str:
    """List who may do what in a laboratory, by method; what ends soon stands out."""
    by, args = signed_in_actor(), request.args
    laboratory_id, soon = args.get("laboratory", type=int), bool(args.get("soon"))
    today = local_date(clock.now(), by.time_zone)
    with open_transaction() as session:
        found = queries.competences(session, laboratory_id=laboratory_id, ends_before=today + SOON if soon else None)
        laboratories = people.laboratories(session)
    return render_template(
        "competence/index.html",
        methods=_by_method(found),
        activities=list(Activity),
        today=today,
        ends_soon=today + SOON,
        laboratory_id=laboratory_id,
        laboratories=[(one.id, f"{one.code} · {text(one.name)}") for one in laboratories],
    )


def _by_method(found: list[CompetenceView]) -> list[tuple[CompetenceView, dict[str, list[CompetenceView]]]]:
    """Return each method, named by its first authorisation, with the authorisations for each activity."""
    rows: dict[int, tuple[CompetenceView, dict[str, list[CompetenceView]]]] = {}
    for one in found:
        _, cells = rows.setdefault(one.method_id, (one, {}))
        cells.setdefault(one.activity, []).append(one)
    return list(rows.values())


@bp.post("/methods/<int:method_id>/competences")
@needs(Right.APPROVE_METHODS)
def authorise(method_id: int) -> Answer:
    """Authorise a person for a method, or take one in training under a supervisor."""

    def store(session: Session) -> None:
        activity = word("activity")
        if activity not in set(Activity):
            raise Invalid("It is not said for what.", {"activity": "Choose from the list."})
        first = day("valid_from")
        operations.authorise(
            session,
            by=signed_in_actor(),
            person_id=key("person_id") or 0,
            method_id=method_id,
            activity=Activity(activity),
            valid_from=first or clock.now().date(),
            valid_until=day("valid_until", required=False),
            evidence=word("evidence"),
            state=CompetenceState.TRAINEE if "trainee" in request.form else CompetenceState.AUTHORISED,
            supervisor_id=key("supervisor_id", required=False),
        )

    return act(store, done=_address(method_id), again=lambda: methods.show(method_id))


@bp.post("/methods/<int:method_id>/competences/<int:competence_id>/<any(suspend, authorise):name>")
@needs(Right.APPROVE_METHODS)
def move(method_id: int, competence_id: int, name: str) -> Answer:
    """Suspend a competence, or authorise it again, with a reason."""
    return act(
        lambda session: operations.move_competence(
            session,
            by=signed_in_actor(),
            method_id=method_id,
            competence_id=competence_id,
            name=name,
            seen_version=seen_version(),
            why=word("why"),
        ),
        done=_address(method_id),
        again=lambda: methods.show(method_id),
    )


def _address(method_id: int) -> str:
    return url_for("methods.show", method_id=method_id) + "#competence"
