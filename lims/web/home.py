"""Today: what waits for the person, by what the person may do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from flask import Blueprint, redirect, render_template, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from lims import clock
from lims.http.person import current_actor
from lims.http.rights import public
from lims.http.session import open_transaction
from lims.http.upkeep import LOOKERS, branches_seen, job_as_told, message_as_told
from lims.instruments import queries as instruments
from lims.instruments.status import Status
from lims.people.rights import Actor, Right
from lims.reports import queries as reports
from lims.samples import queries as samples
from lims.samples.calendar import local_date
from lims.samples.progress import Phase
from lims.store import jobs as queue
from lims.store import outbox, verification
from lims.store.db import Session
from lims.store.outbox import MessageState
from lims.web.display import day, moment, text
from lims.web.navigation import navigation
from lims.web.upkeep import TASKS

bp = Blueprint("home", __name__)

SHOWN = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One thing that waits: what it is, about what, how it stands, until when."""

    url: str
    number: str
    about: str
    state: str
    due: str = ""
    late: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """One kind of thing that waits, the first few of them; `all_url` shows them all."""

    title: str
    rows: tuple[Row, ...]
    nothing: str
    all_url: str
    more: bool = False


@bp.get("/")
@public("sends visitors to the login page")
def index() -> str | Response:
    """Show what waits for the person."""
    actor = current_actor()
    if actor is None:
        return redirect(url_for("security.login"))
    with open_transaction() as session:
        waiting = [make(session, actor) for rights, make in _KINDS if any(actor.may(right) for right in rights)]
    return render_template("home/today.html", waiting=waiting, entries=navigation())


def _lines(page: samples.Page[samples.LineView], endpoint: str) -> tuple[Row, ...]:
    return tuple(
        Row(
            url=url_for(endpoint, line_id=line.id),
            number=line.number or str(line.id),
            about=f"{text(line.method_title)} · {line.item_label}",
            state="late" if line.late else line.state,
            due=day(line.due_on),
            late=line.late,
        )
        for line in page.rows
    )


def _my_work(session: Session, by: Actor) -> Waiting:
    page = samples.worklist(session, by=by, person_id=by.person_id, limit=SHOWN)
    if not page.rows:
        page = samples.worklist(session, by=by, limit=SHOWN)
        return Waiting(
            title=gettext("To be taken at the bench"),
            rows=_lines(page, "lines.show"),
            nothing=gettext(
                "Nothing is ready for work. Items that have not arrived are under 'waiting' in the worklist."
            ),
            all_url=url_for("worklist.index"),
            more=page.cursor is not None,
        )
    return Waiting(
        title=gettext("Given to me"),
        rows=_lines(page, "lines.show"),
        nothing="",
        all_url=url_for("worklist.index", who="me"),
        more=page.cursor is not None,
    )


def _to_review(session: Session, by: Actor) -> Waiting:
    page = samples.review_queue(session, by=by, limit=SHOWN)
    return Waiting(
        title=gettext("To review"),
        rows=_lines(page, "review.show"),
        nothing=gettext("No result waits for a review."),
        all_url=url_for("review.index"),
        more=page.cursor is not None,
    )


def _subject(subject: str) -> str:
    return str(gettext("calibration certificate") if subject == "calibration" else gettext("test report"))


def _reports(session: Session, by: Actor, state: str, title: str, nothing: str) -> Waiting:
    page = reports.reports(session, by=by, state=state, limit=SHOWN)
    rows = tuple(
        Row(
            url=url_for("reports.show", report_id=one.id),
            number=one.number or one.job_number or "",
            about=f"{_subject(one.subject)} · {text(one.client)}",
            state=one.state,
        )
        for one in page.rows
    )
    return Waiting(
        title=title,
        rows=rows,
        nothing=nothing,
        all_url=url_for("reports.index", state=state),
        more=page.cursor is not None,
    )


def _to_approve(session: Session, by: Actor) -> Waiting:
    return _reports(
        session, by, "in review", gettext("Reports to approve"), gettext("No report waits for an approval.")
    )


def _to_issue(session: Session, by: Actor) -> Waiting:
    return _reports(session, by, "approved", gettext("Reports to issue"), gettext("No report waits to be issued."))


def _jobs(session: Session, by: Actor, phase: Phase, title: str, nothing: str) -> Waiting:
    page = samples.jobs(session, by=by, phase=phase, limit=SHOWN)
    rows = tuple(
        Row(
            url=url_for("jobs.show", job_id=job.id),
            number=job.number or gettext("draft"),
            about=" · ".join(filter(None, (text(job.client_name) or job.client_code, job.first_item))),
            state=job.phase,
            due=day(job.due_on),
            late=job.late,
        )
        for job in page.rows
    )
    return Waiting(
        title=title,
        rows=rows,
        nothing=nothing,
        all_url=url_for("jobs.index", phase=phase),
        more=page.cursor is not None,
    )


def _to_receive(session: Session, by: Actor) -> Waiting:
    return _jobs(
        session, by, Phase.WAITING, gettext("Jobs that wait for their items"), gettext("Every item has arrived.")
    )


def _retained(session: Session, by: Actor) -> Waiting:
    found = samples.retained(session, by=by, until=local_date(clock.now(), by.time_zone), limit=SHOWN + 1)
    rows = tuple(
        Row(
            url=url_for("items.show", item_id=item.id),
            number=item.number or str(item.id),
            about=" · ".join(filter(None, (item.label, item.place))),
            state=item.state,
            due=day(item.retained_until),
        )
        for item in found[:SHOWN]
    )
    return Waiting(
        title=gettext("Retained items whose time is over"),
        rows=rows,
        nothing=gettext("No retained item waits to be returned or disposed of."),
        all_url=url_for("retained.index"),
        more=len(found) > SHOWN,
    )


def _late(session: Session, by: Actor) -> Waiting:
    page = samples.jobs(session, by=by, late=True, limit=SHOWN)
    rows = tuple(
        Row(
            url=url_for("jobs.show", job_id=job.id),
            number=job.number or "",
            about=" · ".join(filter(None, (text(job.client_name) or job.client_code, job.first_item))),
            state="late",
            due=day(job.due_on),
            late=True,
        )
        for job in page.rows
    )
    return Waiting(
        title=gettext("Late"),
        rows=rows,
        nothing=gettext("Nothing is late."),
        all_url=url_for("jobs.index", late="1"),
        more=page.cursor is not None,
    )


def _instruments(session: Session, by: Actor) -> Waiting:
    found = [
        view for view in instruments.instruments(session, by=by) if view.status in {Status.OVERDUE, Status.DUE_SOON}
    ]
    rows = tuple(
        Row(
            url=url_for("instruments.show", instrument_id=view.id),
            number=view.number,
            about=f"{text(view.name)} · {view.maker} {view.model}",
            state=view.status,
            due=day(view.valid_until),
            late=view.status == Status.OVERDUE,
        )
        for view in sorted(found, key=lambda view: view.valid_until or date.max)[:SHOWN]
    )
    return Waiting(
        title=gettext("Calibration due"),
        rows=rows,
        nothing=gettext("Every instrument is in its time."),
        all_url=url_for("instruments.index"),
        more=len(found) > SHOWN,
    )


def _failed(session: Session, by: Actor) -> Waiting:
    jobs = [job_as_told(job) for job in queue.undone(session, limit=SHOWN)]
    messages = outbox.messages(session, MessageState.FAILED, branch_ids=branches_seen(by), limit=SHOWN)
    rows = [
        Row(url=url_for("upkeep.jobs"), number=str(TASKS.get(job.task, job.task)), about=job.error, state="failed")
        for job in jobs
    ]
    rows += [
        Row(url=url_for("upkeep.messages"), number=gettext("Message"), about=told.last_error, state="failed")
        for told in (message_as_told(by, message) for message in messages)
    ]
    return Waiting(
        title=gettext("Failed by itself"),
        rows=tuple(rows[:SHOWN]),
        nothing=gettext("No background job and no message has failed."),
        all_url=url_for("upkeep.jobs"),
        more=len(rows) >= SHOWN,
    )


def _trail(session: Session, _by: Actor) -> Waiting:
    last = next((one for one in verification.checks(session) if one.ended_at), None)
    broken = last if last and last.fault else None
    where = url_for("verification.index")
    return Waiting(
        title=gettext("Audit trail"),
        rows=(Row(url=where, number=gettext("The first break:"), about=gettext(broken.fault or ""), state="broken"),)
        if broken
        else (),
        nothing=gettext("Unbroken when it was last verified, %(when)s.", when=moment(last.ended_at))
        if last
        else gettext("It has not been verified yet."),
        all_url=where,
    )


_KINDS = (
    ((Right.ENTER_READINGS,), _my_work),
    ((Right.REVIEW,), _to_review),
    ((Right.APPROVE_REPORT,), _to_approve),
    ((Right.REGISTER,), _to_receive),
    ((Right.ISSUE,), _to_issue),
    ((Right.REGISTER, Right.APPROVE_REPORT, Right.FOLLOW_UP), _late),
    ((Right.RECEIVE,), _retained),
    ((Right.MANAGE_INSTRUMENTS,), _instruments),
    ((Right.ADMINISTER,), _failed),
    (LOOKERS, _trail),
)
