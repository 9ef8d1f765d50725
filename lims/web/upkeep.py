"""What the system does by itself, for who looks after it: background jobs that failed or wait, and messages."""

from __future__ import annotations

from flask import Blueprint, flash, render_template, request, url_for
from flask_babel import gettext, lazy_gettext

from lims.http.forms import Answer, act
from lims.http.rights import needs, signed_in_actor
from lims.http.session import house, open_transaction
from lims.http.upkeep import LOOKERS, branches_seen, job_as_told, message_as_told
from lims.people.rights import Right
from lims.store import jobs as queue
from lims.store import outbox
from lims.store.db import Session
from lims.store.outbox import MessageState

bp = Blueprint("upkeep", __name__)

PAGE = 50
# what the filter is called, and the queue's own words for it
JOB_STATES: dict[str, tuple[str, ...]] = {
    "failed": ("failed", "aborted"),
    "waiting": ("todo",),
    "running": ("doing",),
}
MESSAGE_STATES = {"failed": MessageState.FAILED, "waiting": MessageState.QUEUED, "sent": MessageState.SENT}
TASKS = {
    "audit.walk": lazy_gettext("Verify the audit trail"),
    "audit.ask": lazy_gettext("Begin the verification of the night"),
    "housekeeping.sweep": lazy_gettext("Forget what nobody needs any more"),
    "housekeeping.note heads": lazy_gettext("Write the heads of the audit trail into the log"),
    "instruments.remind": lazy_gettext("Remind people of what is due"),
    "outbox.send": lazy_gettext("Send a message"),
    "outbox.sweep": lazy_gettext("Look for messages that wait"),
    "reports.seal": lazy_gettext("Print and seal a report"),
    "reports.issue": lazy_gettext("Issue a sealed report"),
    "results.simulate": lazy_gettext("Check results by the Monte Carlo method"),
}
"""Each task of the worker in words; one that is not here is shown by its name."""


@bp.get("/upkeep/jobs")
@needs(*LOOKERS)
def jobs() -> str:
    """List background jobs that failed, wait or run; the filter lives in the address."""
    state = _state(JOB_STATES)
    with open_transaction() as db:
        found = queue.undone(db, JOB_STATES[state], limit=PAGE + 1, before_id=_cursor())
        counts = queue.counts(db)
    return render_template(
        "upkeep/jobs.html",
        jobs=[job_as_told(job) for job in found[:PAGE]],
        cursor=str(found[PAGE - 1].id) if len(found) > PAGE else None,
        state=state,
        counts={name: sum(counts.get(one, 0) for one in words) for name, words in JOB_STATES.items()},
        tasks=TASKS,
        about=_about,
        may_retry=signed_in_actor().may(Right.ADMINISTER),
    )


@bp.post("/upkeep/jobs/<int:job_id>/retry")
@needs(Right.ADMINISTER)
def retry(job_id: int) -> Answer:
    """Put a failed job into the queue again."""
    by = signed_in_actor()

    def again(db: Session) -> None:
        queue.retry(db, by=by, job_id=job_id)
        flash(gettext("The job waits again; the worker takes it in a moment."))

    return act(again, done=url_for("upkeep.jobs"))


@bp.get("/upkeep/messages")
@needs(*LOOKERS)
def messages() -> str:
    """List messages that failed, wait or were sent; the filter lives in the address."""
    by, state = signed_in_actor(), _state(MESSAGE_STATES)
    seen = branches_seen(by)
    with open_transaction() as db:
        found = outbox.messages(db, MESSAGE_STATES[state], branch_ids=seen, before_id=_cursor(), limit=PAGE + 1)
        counts = outbox.counts(db, branch_ids=seen)
    return render_template(
        "upkeep/messages.html",
        messages=[message_as_told(by, message) for message in found[:PAGE]],
        cursor=str(found[PAGE - 1].id) if len(found) > PAGE else None,
        state=state,
        counts={name: counts.get(word, 0) for name, word in MESSAGE_STATES.items()},
        may_send=by.may(Right.ADMINISTER),
        mails=bool(house().settings.mail_host),
    )


@bp.post("/upkeep/messages/<int:message_id>/send")
@needs(Right.ADMINISTER)
def send_again(message_id: int) -> Answer:
    """Put a failed message into the queue again."""
    by = signed_in_actor()

    def again(db: Session) -> None:
        outbox.send_again(db, by=by, message_id=message_id)
        flash(gettext("The message waits again; the worker sends it in a moment."))

    return act(again, done=url_for("upkeep.messages"))


def _state(known: dict[str, object] | dict[str, tuple[str, ...]] | dict[str, MessageState]) -> str:
    """Return the filter of the address; failed, where there is none."""
    asked = request.args.get("state", "")
    return asked if asked in known else "failed"


def _cursor() -> int | None:
    asked = request.args.get("cursor", "")
    return int(asked) if asked.isdecimal() and len(asked) < 19 else None


def _about(job: queue.JobView) -> str:
    """Return what a job is about: the kinds of things in its arguments, and their keys."""
    kinds = {name.removesuffix("_id"): value for name, value in job.args.items() if name.endswith("_id")}
    return ", ".join(f"{gettext(kind)} {value}" for kind, value in kinds.items())
