"""Live through three weeks of the demonstration laboratory: every job goes the way its people would have taken it."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from lims import clock
from lims.demo import comparison
from lims.demo.accounts import PASSWORD
from lims.demo.history import CERAMIC, DESCRIPTIONS, HEAT, JOBS, LIGHT, VOLTS, JobSeed, Stage
from lims.demo.materials import stock_up
from lims.demo.measuring import Scene
from lims.demo.setting_up import TAIPEI, Laboratory, at_hour, set_up
from lims.demo.working import measure_line
from lims.people import queries as people
from lims.people.rights import Actor
from lims.reports import operations as reports
from lims.reports import queries as report_queries
from lims.reports.operations.issuing import Sign
from lims.results import operations as results
from lims.results import queries as result_queries
from lims.samples import operations as samples
from lims.samples import queries
from lims.samples.custody import Rejection
from lims.samples.request import NewItem, NewJob, NewLine, Receipt, RequestReview, Sampling
from lims.store.db import Session, Sessions, transaction

CREWS = {
    CERAMIC: ("N", "clerk.n", "tiles", "reviewer.n", "manager.n"),
    VOLTS: ("N", "clerk.n", "volts", "reviewer.n", "manager.n"),
    HEAT: ("S", "clerk.s", "heaters", "reviewer.s", "manager.s"),
    LIGHT: ("S", "clerk.s", "lamps", "reviewer.s", "manager.s"),
}
"""Service -> branch, clerk, technician, reviewer, manager."""
HALF = 0.5


@dataclass(slots=True, kw_only=True)
class Story:
    """One job being lived through."""

    sessions: Sessions
    house: Laboratory
    seed: JobSeed
    sign: Sign
    base_url: str
    scene: Scene
    began: date
    job_id: int = 0

    @property
    def crew(self) -> tuple[str, str, str, str, str]:
        """Branch, clerk, technician, reviewer, manager."""
        return CREWS[self.seed.service]

    @contextmanager
    def step(self, account: int, days: float) -> Iterator[tuple[Session, Actor]]:
        """Do a step as one of the crew, so many days after the job began, in a transaction of its own."""
        moment = min(at_hour(self.began, 9.5 + 24 * int(days) + 8 * (days % 1)), datetime.now(TAIPEI) - _MOMENT)
        with clock.at(moment), transaction(self.sessions) as session:
            yield session, self.house.actor(session, self.crew[account])


CLERK, TECHNICIAN, REVIEWER, MANAGER = 1, 2, 3, 4
_MOMENT = timedelta(minutes=2)
_TRIALS = 100_000
"""Fewer than the worker takes, so that loading takes no longer."""


def load(sessions: Sessions, *, sign: Sign, base_url: str, bench: str, bench_token: str) -> None:
    """Set the laboratory up and live through its jobs; the database must be empty of persons."""
    today = clock.now().astimezone(TAIPEI).date()
    house = set_up(sessions, today=today, bench=bench, bench_token=bench_token)
    for number, seed in enumerate(JOBS):
        rng = random.Random(number)  # noqa: S311 - invented readings, not secrets
        scene = Scene(rng=rng, poor=seed.poor, dark_room=seed.service == LIGHT)
        began = begun_on(today, seed)
        live(Story(sessions=sessions, house=house, seed=seed, sign=sign, base_url=base_url, scene=scene, began=began))
    stock_up(sessions, house)
    with transaction(sessions) as session:
        by = house.actor(session, "quality")
        comparison.enter(session, by=by, branch_id=house.branches["N"])


def begun_on(today: date, seed: JobSeed) -> date:
    """Return the day on which a job was registered: so many days ago, or the Friday before."""
    day = today - timedelta(days=seed.days_ago)
    return day - timedelta(days=max(day.weekday() - 4, 0))


def live(story: Story) -> None:
    """Take one job as far as its seed says."""
    _register(story)
    steps: tuple[tuple[Stage, Callable[[Story], None]], ...] = (
        (Stage.RECEIVED, _receive),
        (Stage.STARTED, _measure),
        (Stage.SUBMITTED, _submit),
        (Stage.REVIEWED, _review),
        (Stage.DRAFTED, _report),
        (Stage.CLOSED, _close),
    )
    for stage, step in steps:
        if story.seed.stage >= stage:
            step(story)
    _fate(story)


def _register(story: Story) -> None:
    seed, house = story.seed, story.house
    with story.step(CLERK, 0) as (session, by):
        client = people.client(session, house.clients[seed.client], by=by)
        english, chinese = DESCRIPTIONS[seed.service]
        description = english if client.report_language == "en" else chinese
        line = NewLine(service_id=house.services[seed.service])
        story.job_id = samples.register_job(
            session,
            by=by,
            job=NewJob(
                branch_id=house.branches[story.crew[0]],
                client_id=client.id,
                items=[NewItem(label=label, description=description, lines=[line]) for label in seed.items],
                contact=client.contact,
                report_language=client.report_language,
                urgent=seed.fate == "urgent",
                request_review=RequestReview(
                    capability=True, method_agreed=True, conformity_asked=True, decision_rule_agreed=True
                ),
                sampling=Sampling(sampled_by=client.contact or "", sampled_on=story.began - timedelta(days=1)),
            ),
            confirm=seed.stage > Stage.DRAFT,
        )


def _receive(story: Story) -> None:
    with story.step(CLERK, 0.1) as (session, by):
        received = [
            samples.ReceivedItem(item_id=item.id, receipt=_receipt(story))
            for item in queries.items_of(session, by=by, job_id=story.job_id)
        ]
        samples.receive_items(session, by=by, job_id=story.job_id, received=received)


def _receipt(story: Story) -> Receipt:
    if story.seed.fate == "rejected":
        return Receipt(place="Reception shelf", fit=False, condition="damaged", reason=Rejection.DAMAGED)
    return Receipt(place="Reception shelf", from_party="client")


def _lines(story: Story, session: Session, by: Actor) -> list[queries.LineView]:
    return queries.lines_of(session, by=by, job_id=story.job_id)


def _measure(story: Story) -> None:
    with story.step(TECHNICIAN, 1) as (session, by):
        seen: dict[int, int | None] = {line.id: line.version for line in _lines(story, session, by)}
        samples.assign_lines(session, by=by, seen=seen, person_id=by.person_id)
    share = 1.0 if story.seed.stage > Stage.STARTED else HALF
    for line_id in seen:
        with story.step(TECHNICIAN, 1.2) as (session, by):
            measure_line(session, by=by, line_id=line_id, scene=story.scene, share=share)


def _submit(story: Story) -> None:
    with story.step(TECHNICIAN, 1.9) as (session, by):
        for line in _lines(story, session, by):
            work = result_queries.line_work(session, by=by, line_id=line.id)
            assert work.result is not None  # noqa: S101 - all inputs were measured
            results.submit(
                session, by=by, line_id=line.id, seen_version=line.version, seen_hash=work.result.content_hash
            )
            # no worker runs yet: the reviewer of the story need not wait for one
            results.simulate(session, result_ids=[work.result.id], trials=_TRIALS)


def _review(story: Story) -> None:
    with story.step(REVIEWER, 2.3) as (session, by):
        for line in _lines(story, session, by):
            page = result_queries.review_page(session, by=by, line_id=line.id)
            results.review(
                session,
                by=by,
                line_id=line.id,
                seen_version=line.version,
                seen_hash=page.shown,
                password=PASSWORD,
            )


def _report(story: Story) -> None:
    with story.step(MANAGER, 2.8) as (session, by):
        report_id = reports.draft(session, by=by, job_id=story.job_id)
    _carry(story, report_id, days=3.0, until=story.seed.stage)


def _carry(story: Story, report_id: int, *, days: float, until: Stage) -> None:
    """Take a report from its draft to where the job's seed stops."""
    if until >= Stage.IN_REVIEW:
        with story.step(MANAGER, days) as (session, by):
            reports.send_for_review(session, by=by, report_id=report_id, seen_version=_seen(session, by, report_id))
    if until >= Stage.APPROVED:
        with story.step(MANAGER, days + 0.2) as (session, by):
            view = report_queries.report_view(session, by=by, report_id=report_id)
            reports.approve(
                session,
                by=by,
                report_id=report_id,
                seen_version=view.version,
                content_hash=view.content_hash,
                password=PASSWORD,
                base_url=story.base_url,
            )
        with story.step(MANAGER, days + 0.21) as (session, _):
            reports.render_and_seal(session, report_id=report_id, sign=story.sign)
    if until >= Stage.ISSUED:
        with story.step(CLERK, days + 0.5) as (session, by):
            reports.issue(session, by=by, report_id=report_id, seen_version=_seen(session, by, report_id))


def _seen(session: Session, by: Actor, report_id: int) -> int:
    return report_queries.report_view(session, by=by, report_id=report_id).version


def _close(story: Story) -> None:
    with story.step(CLERK, 5) as (session, by):
        samples.close_job(session, by=by, job_id=story.job_id, seen_version=None)


def _fate(story: Story) -> None:
    """Let happen what happened besides."""
    match story.seed.fate:
        case "on hold":
            with story.step(CLERK, 1) as (session, by):
                why = "The client must send the wiring diagram 待補件：接線圖"
                samples.hold_job(session, by=by, job_id=story.job_id, seen_version=None, why=why)
        case "cancelled":
            with story.step(CLERK, 1) as (session, by):
                why = "The client withdrew the order 委託者撤回"
                samples.cancel_job(session, by=by, job_id=story.job_id, seen_version=None, why=why)
        case "sent back":
            with story.step(REVIEWER, 2.4) as (session, by):
                (line, *_) = _lines(story, session, by)
                why = "The zero was not checked before the first point. Check it and repeat 0 V."
                results.send_back(session, by=by, line_id=line.id, seen_version=line.version, why=why)
        case "amended":
            with story.step(MANAGER, 6) as (session, by):
                (issued, *_) = report_queries.reports_of_job(session, by=by, job_id=story.job_id)
                amended = reports.amend(
                    session,
                    by=by,
                    report_id=issued.id,
                    why="The client's name for the tile was corrected on request of the client.",
                )
            _carry(story, amended, days=6.2, until=Stage.ISSUED)
        case "withdrawn":
            with story.step(MANAGER, 7) as (session, by):
                (issued, *_) = report_queries.reports_of_job(session, by=by, job_id=story.job_id)
                why = "The lamp was not the one that was bought: wrong lot number."
                reports.withdraw(
                    session, by=by, report_id=issued.id, seen_version=_seen(session, by, issued.id), why=why
                )
