"""Pages of jobs: the list, registration, one job with what can be done to it; and what a scanned number opens."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from flask import Blueprint, abort, render_template, request, url_for
from werkzeug.wrappers import Response

from lims.errors import NotFound
from lims.http.fields import day, word
from lims.http.forms import Answer, act, seen_version
from lims.http.rights import needs, signed_in_actor
from lims.http.session import open_transaction
from lims.methods import queries as methods
from lims.people import queries as people
from lims.people.rights import Actor, Right
from lims.reports import queries as reports
from lims.samples import operations, queries
from lims.samples.custody import Condition, Rejection
from lims.samples.operations import ReceivedItem
from lims.samples.progress import Phase
from lims.samples.request import Receipt
from lims.samples.states import ITEM, JOB, LINE, ItemState, JobState, LineState
from lims.store import audit
from lims.store.db import Session, Texts
from lims.web import jobs_form
from lims.web.jobs_form import FormTyped
from lims.web.offers import offered, options

bp = Blueprint("jobs", __name__)


@bp.get("/jobs")
@needs(Right.READ)
def index() -> str:
    """List jobs; filters live in the address."""
    by = signed_in_actor()
    phase = request.args.get("phase", "")
    with open_transaction() as session:
        page = queries.jobs(
            session,
            by=by,
            phase=Phase(phase) if phase in set(Phase) else None,
            late=bool(request.args.get("late")),
            client_id=request.args.get("client", type=int),
            words=request.args.get("words", ""),
            cursor=request.args.get("cursor"),
        )
    return render_template("jobs/index.html", page=page, phases=list(Phase))


@bp.get("/jobs/new")
@needs(Right.REGISTER)
def new() -> str:
    """Show the registration page, empty or filled from an earlier job."""
    by = signed_in_actor()
    with open_transaction() as session:
        typed = _beginning(session, by)
    return _form(typed)


def _beginning(session: Session, by: Actor) -> FormTyped:
    copied = request.args.get("copy", type=int)
    if copied is not None:
        return jobs_form.copy_of(queries.job_view(session, by=by, job_id=copied))
    typed = jobs_form.blank(branch_id=next(iter(_own_branches(session, by)), 0))
    client_id = request.args.get("client", type=int)
    if client_id is not None:
        typed.values["client"] = people.client(session, client_id, by=by).code
    return typed


def _own_branches(session: Session, by: Actor) -> dict[int, Texts]:
    """Return branches where the person may register, own one first; a laboratory's manager has the laboratory's."""
    whole, labs = by.branches(Right.REGISTER), by.laboratories(Right.REGISTER)
    of_labs = {lab.branch_id for lab in people.laboratories(session) if lab.id in labs}
    own = people.person(session, by.person_id).branch_id if by.person_id else None
    mine = [b for b in people.branches(session) if whole is None or b.id in whole or b.id in of_labs]
    return {branch.id: branch.name for branch in sorted(mine, key=lambda b: b.id != own)}


@bp.post("/jobs/new")
@needs(Right.REGISTER)
def register() -> Answer:
    """Register what was typed; or only add or take away an item, where there is no JavaScript."""
    typed = jobs_form.read(request.form)
    wanted = request.form.get("do", "draft")
    if wanted == "add":
        return _form(jobs_form.with_items_added(typed, request.form.get("add_count", 1, type=int)))
    if wanted.startswith("remove."):
        return _form(jobs_form.with_item_removed(typed, _position(wanted)))
    return act(
        lambda session: _register(session, typed, confirm=wanted == "confirm"),
        done=lambda job_id: url_for("jobs.show", job_id=job_id),
        again=lambda: _form(typed),
    )


def _position(wanted: str) -> int:
    """Return which item a button takes away; -1 is none of them."""
    position = wanted.removeprefix("remove.")
    return int(position) if position.isdecimal() and len(position) < 6 else -1


def _register(session: Session, typed: FormTyped, *, confirm: bool) -> int:
    by = signed_in_actor()

    def find(words: str) -> list[people.ClientView]:
        return people.clients(session, by=by, words=words)

    job = jobs_form.new_job(typed, find, request.form.get("once", ""))
    receipt = jobs_form.receipt_of(typed) if confirm else None
    return operations.register_job(session, by=by, job=job, confirm=confirm, receipt=receipt)


def _form(typed: FormTyped) -> str:
    by = signed_in_actor()
    with open_transaction() as session:
        branches = _own_branches(session, by)
        catalogue = methods.services(session)
        clients = people.clients(session, by=by, words=typed.text("client").split("·", maxsplit=1)[0].strip(), limit=20)
    branch_id = typed.key("branch_id")
    catalogue.sort(key=lambda service: service.branch_id != branch_id)
    return render_template(
        "jobs/new.html",
        typed_form=typed,
        branches=branches,
        catalogue=catalogue,
        clients=clients,
        conditions=list(Condition),
    )


@bp.get("/jobs/clients")
@needs(Right.REGISTER)
def clients() -> str:
    """Return clients for the words typed so far, as options of a list."""
    with open_transaction() as session:
        found = people.clients(session, by=signed_in_actor(), words=request.args.get("words", ""), limit=20)
    return render_template("jobs/clients.html", clients=found)


@bp.get("/jobs/<int:job_id>")
@needs(Right.READ)
def show(job_id: int) -> str:
    """Show one job."""
    by = signed_in_actor()
    with open_transaction() as session:
        view = queries.job_view(session, by=by, job_id=job_id)
        events = audit.time_line(session, JOB.thing, job_id)
        issued = reports.reports_of_job(session, by=by, job_id=job_id)
    labs = {line.laboratory_id for line in view.lines}
    expected = [item for item in view.items if item.state == ItemState.EXPECTED]
    acts = offered(JOB, view.state, by=by, branch_id=view.branch_id, laboratory_ids=labs)
    receives = offered(ITEM, ItemState.EXPECTED, by=by, branch_id=view.branch_id, laboratory_ids=labs)
    running = view.state in {JobState.CONFIRMED, JobState.ON_HOLD}
    return render_template(
        "jobs/show.html",
        job=view,
        events=events,
        sampled_on=_sampled_on(view.sampling),
        acts=acts,
        may_register="confirm" in offered(JOB, JobState.DRAFT, by=by, branch_id=view.branch_id, laboratory_ids=labs),
        reports=issued,
        may_report=by.may(Right.REVIEW) and any(line.state == LineState.REVIEWED for line in view.lines),
        expected=expected if running and "receive" in receives else [],
        line_acts={
            line.id: offered(LINE, line.state, by=by, branch_id=view.branch_id, laboratory_ids=[line.laboratory_id])
            for line in view.lines
        },
        condition_options=options(Condition),
        rejection_options=options(Rejection),
    )


def _sampled_on(sampling: Mapping[str, Any] | None) -> date | None:
    """Return the day of sampling, which is stored as ISO text."""
    stored = (sampling or {}).get("sampled_on")
    return date.fromisoformat(stored) if stored else None


Move = Callable[..., object]
_MOVES: dict[str, tuple[Move, bool]] = {
    "confirm": (operations.confirm_job, False),
    "hold": (operations.hold_job, True),
    "resume": (operations.resume_job, True),
    "cancel": (operations.cancel_job, True),
    "close": (operations.close_job, False),
}
_LINE_MOVES: dict[str, Move] = {"reject": operations.reject_line, "cancel": operations.cancel_line}


@bp.post("/jobs/<int:job_id>/<any(confirm, hold, resume, cancel, close):name>")
@needs(Right.REGISTER)
def move(job_id: int, name: str) -> Answer:
    """Move a job along one of its transitions."""
    operation, takes_why = _MOVES[name]
    more = {"why": request.form.get("why", "")} if takes_why else {}
    return act(
        lambda session: operation(session, by=signed_in_actor(), job_id=job_id, seen_version=seen_version(), **more),
        done=url_for("jobs.show", job_id=job_id),
        again=lambda: show(job_id),
    )


@bp.post("/jobs/<int:job_id>/review")
@needs(Right.REGISTER)
def review(job_id: int) -> Answer:
    """Write down the review of the request of a draft."""
    written = jobs_form.review_of(jobs_form.read(request.form))
    return act(
        lambda session: operations.review_request(
            session, by=signed_in_actor(), job_id=job_id, seen_version=seen_version(), review=written
        ),
        done=url_for("jobs.show", job_id=job_id),
        again=lambda: show(job_id),
    )


@bp.post("/jobs/<int:job_id>/due-day")
@needs(Right.REGISTER)
def agree(job_id: int) -> Answer:
    """Write down the due day that was agreed with the client."""
    by = signed_in_actor()
    return act(
        lambda session: operations.agree_due_day(
            session, by=by, job_id=job_id, seen_version=seen_version(), due_on=day("agreed_due_on", required=False),
            why=word("why"),
        ),
        done=url_for("jobs.show", job_id=job_id),
        again=lambda: show(job_id),
    )  # fmt: skip


@bp.post("/jobs/<int:job_id>/receive")
@needs(Right.RECEIVE)
def receive(job_id: int) -> Answer:
    """Receive the ticked items of a job in one condition."""
    receipt = Receipt(
        place=request.form.get("place", ""),
        condition=request.form.get("condition", Condition.GOOD),
        fit=not request.form.get("reason"),
        reason=request.form.get("reason") or None,
        remark=request.form.get("remark", ""),
        from_party=request.form.get("from_party", ""),
    )
    received = [
        ReceivedItem(
            item_id=int(item_id), receipt=receipt, seen_version=request.form.get(f"version.{item_id}", type=int)
        )
        for item_id in request.form.getlist("item")
        if item_id.isdecimal()
    ]
    return act(
        lambda session: operations.receive_items(session, by=signed_in_actor(), job_id=job_id, received=received),
        done=url_for("jobs.show", job_id=job_id),
        again=lambda: show(job_id),
    )


@bp.post("/jobs/<int:job_id>/lines/<int:line_id>/<any(reject, cancel):name>")
@needs(Right.REGISTER, Right.REVIEW)
def end_line(job_id: int, line_id: int, name: str) -> Answer:
    """Give up one line of a job with a reason."""

    def operation(session: Session) -> None:
        by = signed_in_actor()
        if queries.line_view(session, by=by, line_id=line_id).job_id != job_id:
            raise NotFound("There is no such test line.")
        move, why = _LINE_MOVES[name], request.form.get("why", "")
        move(session, by=by, line_id=line_id, seen_version=seen_version(), why=why)

    return act(operation, done=url_for("jobs.show", job_id=job_id), again=lambda: show(job_id))


@bp.get("/scan/<path:code>")
@needs(Right.READ)
def scan(code: str) -> Response:
    """Open what a scanned label names."""
    with open_transaction() as session:
        found = queries.find_scanned(session, by=signed_in_actor(), code=code)
    if found is None:
        abort(404)
    return go_to(*found)


def go_to(thing: str, thing_id: int) -> Response:
    """Return the way to the page of an item, a job or a line."""
    places = {"item": f"/items/{thing_id}", "job": f"/jobs/{thing_id}", "line": f"/lines/{thing_id}"}
    return Response(status=303, headers={"Location": places[thing]})
