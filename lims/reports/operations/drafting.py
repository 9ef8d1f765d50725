"""Drafting a report: choose reviewed lines, freeze their facts as content, let the text grow until it is approved."""

from __future__ import annotations

import json
from collections.abc import Sequence
from zoneinfo import ZoneInfo

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from lims import clock
from lims.errors import Invalid, LimsError, Refused
from lims.methods.records import Method
from lims.people.records import Branch, Laboratory
from lims.people.rights import Actor, Right
from lims.reports import render
from lims.reports.compose import TEMPLATE, compose
from lims.reports.content import canonical, content_hash
from lims.reports.facts import AmendmentFacts
from lims.reports.operations.place import index, line_ids_of, may, move, report_of
from lims.reports.queries import Gathered, gather
from lims.reports.queries.draftable import why_not
from lims.reports.records import Report, ReportLine
from lims.reports.states import REPORT, ReportKind, ReportState
from lims.samples.operations.place import lock_jobs
from lims.samples.records import Item, Job, Line
from lims.store import audit, states
from lims.store.numbering import new_check_code
from lims.words import LOCALES

LONGEST_OPINION = 5000


def draft(
    session: Session,
    *,
    by: Actor,
    job_id: int,
    line_ids: Sequence[int] | None = None,
    language: str | None = None,
    kind: str = ReportKind.FINAL,
    opinion: str = "",
) -> int:
    """Draft a report on reviewed lines of a job (all that are ready, if none are named) and return its id (7.8.1.2).

    Refuses lines without a reviewed result, on hold or reported before; two laboratories, or tests and calibrations,
    in one report; and a text that can't be printed.
    """
    if kind == ReportKind.AMENDED:
        raise Invalid("An amended report begins at the report that it replaces: open that one and amend it.")
    return start(session, by=by, job_id=job_id, line_ids=line_ids, language=language, kind=kind, opinion=opinion)


def start(
    session: Session,
    *,
    by: Actor,
    job_id: int,
    line_ids: Sequence[int] | None,
    language: str | None,
    kind: str,
    opinion: str,
    amends: Report | None = None,
    why: str = "",
) -> int:
    """Write a new draft, which may replace an issued report; see `draft` and `amend`."""
    job = session.get(Job, job_id)
    chosen = list(line_ids) if line_ids is not None else _all_ready(session, job_id)
    laboratory, subject = _one_place(session, job_id, chosen)
    by.must(Right.REVIEW, branch_id=laboratory.branch_id, laboratory_id=laboratory.id)
    lock_jobs(session, [job_id])  # what writes to its lines waits for the job (decision 13)
    _refuse_unready(session, chosen, amends)
    report = Report(
        check_code=new_check_code(),
        job_id=job_id,
        branch_id=laboratory.branch_id,
        laboratory_id=laboratory.id,
        kind=_kind(kind),
        subject=subject,
        language=_language(language or (job.report_language if job else "")),
        state=ReportState.DRAFT,
        amends_id=amends.id if amends else None,
        amendment=why or None,
        opinion=_opinion(opinion) or None,
        content="",
        content_hash="",
        template=TEMPLATE,
        drafted_by_id=by.person_id,
        drafted_at=clock.now(),
    )
    _fill(session, report, chosen)
    audit.record(
        session,
        by=by,
        thing=REPORT.thing,
        thing_id=report.id,
        action="draft",
        branch_id=report.branch_id,
        new={"job": job_id, "lines": chosen, "kind": report.kind, "content_hash": report.content_hash},
        why=why,
    )
    index(session, report)
    return report.id


def refresh(session: Session, *, by: Actor, report_id: int, seen_version: int) -> None:
    """Make the content of a draft anew from the data as they are now; refuses once it is in review or approved."""
    report = _open_draft(session, by, report_id, seen_version)
    _remake(session, report, by, "refresh")


def edit_opinion(session: Session, *, by: Actor, report_id: int, seen_version: int, opinion: str) -> None:
    """Set the opinions and interpretations of a draft (7.8.7); refuses once it is in review or approved."""
    report = _open_draft(session, by, report_id, seen_version)
    report.opinion = _opinion(opinion) or None
    _remake(session, report, by, "edit opinion")


def send_for_review(session: Session, *, by: Actor, report_id: int, seen_version: int) -> None:
    """Hand a draft to whoever signs; its content stays as it is from here on."""
    move(session, report_of(session, by=by, report_id=report_id), "send for review", by=by, seen_version=seen_version)


def send_back(session: Session, *, by: Actor, report_id: int, seen_version: int, why: str) -> None:
    """Give a report in review back to its drafter, with the reason."""
    report = report_of(session, by=by, report_id=report_id)
    move(session, report, "send back", by=by, seen_version=seen_version, why=why)


def cancel(session: Session, *, by: Actor, report_id: int, seen_version: int, why: str) -> None:
    """Cancel a draft; it stays visible, and its lines can be drafted again."""
    report = report_of(session, by=by, report_id=report_id)
    move(session, report, "cancel", by=by, seen_version=seen_version, why=why)


def content_now(session: Session, report: Report, line_ids: Sequence[int]) -> tuple[str, dict[int, int]]:
    """Return the canonical content that this report would have if it were made now, and its results by line."""
    gathered = _gather(session, report, line_ids)
    return canonical(compose(gathered.facts)), dict(gathered.results)


def _gather(session: Session, report: Report, line_ids: Sequence[int]) -> Gathered:
    return gather(
        session,
        job_id=report.job_id,
        line_ids=line_ids,
        language=report.language,
        kind=ReportKind(report.kind),
        opinion=report.opinion or "",
        amends=_amends(session, report),
    )


def _amends(session: Session, report: Report) -> AmendmentFacts | None:
    if report.amends_id is None:
        return None
    original, zone = session.execute(
        select(Report, Branch.time_zone)
        .join(Branch, Branch.id == Report.branch_id)
        .where(Report.id == report.amends_id)
    ).one()
    return AmendmentFacts(
        number=original.number or "",
        issued_on=(original.approved_at or original.drafted_at).astimezone(ZoneInfo(zone)).date(),
        why=report.amendment or "",
    )


def _fill(session: Session, report: Report, line_ids: Sequence[int]) -> None:
    """Write the lines and the content of a new report, and prove that it can be printed."""
    session.add(report)
    session.flush()
    gathered = _gather(session, report, line_ids)
    _put_lines(session, report, line_ids, dict(gathered.results))
    _put_content(report, canonical(compose(gathered.facts)))
    session.flush()


def _put_lines(session: Session, report: Report, line_ids: Sequence[int], results: dict[int, int]) -> None:
    session.add_all(
        ReportLine(report_id=report.id, line_id=line_id, result_id=results[line_id], position=position)
        for position, line_id in enumerate(line_ids, start=1)
    )
    session.flush()


def _put_content(report: Report, content: str) -> None:
    render.prove(json.loads(content))
    report.content = content
    report.content_hash = content_hash(content)


def _remake(session: Session, report: Report, by: Actor, action: str) -> None:
    old = report.content_hash
    line_ids = line_ids_of(session, report)
    content, results = content_now(session, report, line_ids)
    session.execute(delete(ReportLine).where(ReportLine.report_id == report.id))
    _put_lines(session, report, line_ids, results)
    _put_content(report, content)
    report.version += 1
    audit.record(
        session,
        by=by,
        thing=REPORT.thing,
        thing_id=report.id,
        action=action,
        branch_id=report.branch_id,
        old={"content_hash": old},
        new={"content_hash": report.content_hash, "opinion": report.opinion},
    )
    session.flush()


def _open_draft(session: Session, by: Actor, report_id: int, seen_version: int) -> Report:
    report = report_of(session, by=by, report_id=report_id, locked=True)
    may(report, Right.REVIEW, by)
    states.check_seen(session, REPORT, report, seen_version)
    if report.state != ReportState.DRAFT:
        raise Refused(
            "It is '%(state)s' now: only a draft's text can be changed. Send it back first, or amend it.",
            rule="state",
            clause="ISO/IEC 17025, 7.8.8",
            state=report.state,
        )
    return report


def _all_ready(session: Session, job_id: int) -> list[int]:
    query = select(Line.id).join(Item, Item.id == Line.item_id).where(Line.job_id == job_id)
    every = list(session.scalars(query.order_by(Item.position, Item.id, Line.position)))
    reasons = why_not(session, every)
    return [line_id for line_id in every if line_id not in reasons]


def _one_place(session: Session, job_id: int, line_ids: Sequence[int]) -> tuple[Laboratory, str]:
    """Return the one laboratory and the one kind of work of the lines."""
    if not line_ids:
        raise Refused(
            "No line of this job can be reported now: a report needs lines with a reviewed result that no report "
            "speaks of yet.",
            rule="reviewed_lines",
            clause="ISO/IEC 17025, 7.8.1.1",
        )
    rows = session.execute(
        select(Laboratory, Method.kind)
        .join(Line, Line.laboratory_id == Laboratory.id)
        .join(Method, Method.id == Line.method_id)
        .where(Line.id.in_(line_ids), Line.job_id == job_id)
    ).all()
    if len(rows) != len(set(line_ids)):
        raise Invalid("A line chosen is not of this job. Open the job and choose again.")
    if len({row.Laboratory.id for row in rows}) > 1:
        raise Refused(
            "These lines belong to several laboratories: draft one report for each.",
            rule="one_laboratory",
            clause="7.8.2",
        )
    if len({row.kind for row in rows}) > 1:
        raise Refused(
            "A test report and a calibration certificate are two documents: draft one for the tests and one for the "
            "calibrations.",
            rule="one_kind",
            clause="ISO/IEC 17025, 7.8.1.2",
        )
    return rows[0].Laboratory, rows[0].kind


def _refuse_unready(session: Session, line_ids: Sequence[int], amends: Report | None) -> None:
    reasons = why_not(session, list(line_ids), except_report_ids=(amends.id,) if amends else ())
    for line_id, because in reasons.items():
        number = session.scalar(select(Line.number).where(Line.id == line_id))
        raise Refused(
            "%(line)s can't be reported: %(because)s",
            rule="reportable",
            clause="ISO/IEC 17025, 7.8.1.1",
            line=number or str(line_id),
            because=LimsError(because),
        )


def _kind(kind: str) -> str:
    try:
        return ReportKind(kind).value
    except ValueError:
        raise Invalid(
            "There is no kind of report '%(kind)s'.", {"kind": "Choose one of the list."}, kind=kind
        ) from None


def _language(language: str) -> str:
    if language not in LOCALES:
        raise Invalid(
            "There is no report language '%(language)s'.", {"language": "Choose one of the list."}, language=language
        )
    return language


def _opinion(text: str) -> str:
    text = text.replace("\r\n", "\n").strip()
    if len(text) > LONGEST_OPINION:
        raise Invalid(
            "The opinion is too long: at most %(most)s characters.",
            {"opinion": "Shorten it."},
            most=LONGEST_OPINION,
        )
    return text
