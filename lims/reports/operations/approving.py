"""Approval: the signatory's password, bound to the hash of what was shown; the number comes last (7.8.1.2)."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from lims import clock
from lims.errors import Refused, Stale
from lims.methods.queries import competent
from lims.methods.records import Method
from lims.methods.states import Activity
from lims.people import operations as people
from lims.people.records import Branch, Laboratory, Person
from lims.people.rights import Actor, Right
from lims.reports import wording
from lims.reports.operations.drafting import content_now
from lims.reports.operations.place import line_ids_of, may, move, report_of
from lims.reports.queries.draftable import why_not
from lims.reports.records import Report
from lims.reports.states import OPEN, REPORT, ReportState
from lims.results.records import Review
from lims.samples.records import Line
from lims.store import jobs, states
from lims.store.canonical import to_text
from lims.store.numbering import next_number, numbered
from lims.words import text_in

TASK = "reports.seal"
"""The worker's task that renders, seals and stores an approved report."""


def approve(
    session: Session,
    *,
    by: Actor,
    report_id: int,
    seen_version: int,
    content_hash: str,
    password: str,
    base_url: str,
    issue: bool = False,
) -> str:
    """Sign a report as its authorised signatory and return its number; it is sealed by the worker right after.

    Refuses a page that is no longer true, a signatory who is not authorised for a method, the reviewer where the
    laboratory wants another, and results that changed or are on hold since the draft.
    """
    report = report_of(session, by=by, report_id=report_id, locked=True)
    may(report, Right.APPROVE_REPORT, by)
    if issue:
        may(report, Right.ISSUE, by)
    if _done_already(report, by, seen_version):
        return report.number or ""
    states.check_seen(session, REPORT, report, seen_version)
    if report.content_hash != content_hash:
        raise Stale("The content was changed since you opened it. Look at it again; nothing was signed.")
    laboratory, branch = _place(session, report)
    for refusal in _needs(session, report, by, laboratory, branch):
        raise refusal
    signatory = session.get_one(Person, by.person_id)
    signature_id = people.sign(
        session,
        by=by,
        password=password,
        meaning="approved",
        thing="report",
        thing_id=report.id,
        content_hash=content_hash,
    )
    _put_approval(session, report, branch=branch, signatory=signatory, signature_id=signature_id, base_url=base_url)
    move(session, report, "approve", by=by, seen_version=seen_version)
    jobs.defer(session, TASK, report_id=report.id, issue_by=by.person_id if issue else None)
    return report.number or ""


def approval_needs(session: Session, *, by: Actor, report_id: int) -> list[Refused]:
    """Return what stands in the way of this person's signature now; nothing when it may be signed (6.2.6, 7.8.1)."""
    report = report_of(session, by=by, report_id=report_id)
    return _needs(session, report, by, *_place(session, report))


def _needs(session: Session, report: Report, by: Actor, laboratory: Laboratory, branch: Branch) -> list[Refused]:
    if report.state not in OPEN:
        return [Refused("It is '%(state)s' now, so it can't be approved.", rule="state", state=report.state)]
    line_ids = line_ids_of(session, report)
    needs = [
        *_competence(session, line_ids, by, branch.time_zone),
        *_independence(session, line_ids, by, laboratory),
        *_lines(session, report, line_ids),
    ]
    if not needs and content_now(session, report, line_ids)[0] != report.content:
        needs.append(
            Refused(
                "What this draft speaks of has changed since it was made. Send it back, make the content anew, "
                "and read it again.",
                rule="content_is_current",
                clause="ISO/IEC 17025, 7.8.1.2",
            )
        )
    return needs


def _place(session: Session, report: Report) -> tuple[Laboratory, Branch]:
    """Return where the report is made."""
    query = select(Laboratory, Branch).join(Branch, Branch.id == report.branch_id)
    laboratory, branch = session.execute(query.where(Laboratory.id == report.laboratory_id)).one()
    return laboratory, branch


def _done_already(report: Report, by: Actor, seen_version: int) -> bool:
    """Tell whether this very approval was done before: a form sent twice signs once."""
    approved = report.state == ReportState.APPROVED and report.approved_by_id == by.person_id
    return approved and report.version == seen_version + 1


def _competence(session: Session, line_ids: list[int], by: Actor, time_zone: str) -> list[Refused]:
    today = clock.now().astimezone(ZoneInfo(time_zone)).date()
    methods = session.execute(
        select(Method.id, Method.code)
        .join(Line, Line.method_id == Method.id)
        .where(Line.id.in_(line_ids))
        .distinct()
        .order_by(Method.code)
    )
    return [
        Refused(
            "You are not authorised to sign for %(method)s today: the laboratory's manager authorises signatories.",
            rule="signatory",
            clause="ISO/IEC 17025, 6.2.6",
            method=code,
        )
        for method_id, code in methods
        if by.person_id is None or competent(session, by.person_id, method_id, Activity.SIGN, today) is None
    ]


def _independence(session: Session, line_ids: list[int], by: Actor, laboratory: Laboratory) -> list[Refused]:
    reviewers = select(Review.by_id).where(Review.line_id.in_(line_ids))
    if laboratory.reviewer_may_sign or by.person_id not in set(session.scalars(reviewers)):
        return []
    return [
        Refused(
            "You reviewed a result of this report; this laboratory wants another person to sign it.",
            rule="reviewer_may_not_sign",
            clause="ISO/IEC 17025, 7.8.1.1",
        )
    ]


def _lines(session: Session, report: Report, line_ids: list[int]) -> list[Refused]:
    own = tuple(key for key in (report.id, report.amends_id) if key is not None)
    reasons = why_not(session, line_ids, except_report_ids=own)
    return [
        Refused(because, rule="reportable", clause="ISO/IEC 17025, 7.8.1.1")
        for because in dict.fromkeys(reasons.values())
    ]


def _put_approval(
    session: Session, report: Report, *, branch: Branch, signatory: Person, signature_id: int, base_url: str
) -> None:
    """Freeze who signed, when, and under which number; the number comes last."""
    at = clock.now().replace(microsecond=0)
    local = at.astimezone(ZoneInfo(branch.time_zone))
    language = report.language
    number = _number(session, report, branch.code, local)
    report.number = number
    report.approved_by_id = signatory.id
    report.approved_at = at
    report.signature_id = signature_id
    report.approval = to_text(
        {
            "number": number,
            "check_code": report.check_code,
            "url": f"{base_url.rstrip('/')}/r/{number}/{report.check_code}",
            "at": at,
            "issued_on": wording.day_of_issue(local.date(), language),
            "signatory": text_in(signatory.name, language),
            "signatory_title": text_in(signatory.title, language),
            "signed": wording.signed(at, branch.time_zone, language),
            "content_hash": report.content_hash,
        }
    )


def _number(session: Session, report: Report, branch_code: str, local: datetime) -> str:
    letter = "C" if report.subject == "calibration" else "R"
    return numbered(
        letter, branch_code, local.year, next_number(session, f"report:{letter}:{branch_code}:{local.year}")
    )
