"""The reports that speak of some results, and who has them: clients, who took the file, to whom a message went."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import Row, Text, cast, select
from sqlalchemy.orm import Session

from lims.people.records import Client
from lims.people.rights import Actor
from lims.quality.reached import ReachedReport, Recipient
from lims.reports.queries.views import seen
from lims.reports.records import Report, ReportLine
from lims.reports.states import REPORT, ReportState
from lims.samples.records import Job
from lims.store.audit import AuditEvent
from lims.store.outbox import OutboxMessage

TOOK_THE_FILE = "read file"


def reports_of_results(session: Session, *, by: Actor, result_ids: Collection[int]) -> dict[int, list[ReachedReport]]:
    """Return the reports of each result that are not cancelled, with who has them, newest first; three statements."""
    if not result_ids:
        return {}
    rows = session.execute(
        select(
            ReportLine.result_id, Report.id, Report.number, Report.state, Report.issued_at,
            Client.name.label("client"), Client.code.label("client_code"), seen(by).label("named"),
        )
        .join(Report, Report.id == ReportLine.report_id)
        .join(Job, Job.id == Report.job_id)
        .join(Client, Client.id == Job.client_id)
        .where(ReportLine.result_id.in_(result_ids), Report.state != ReportState.CANCELLED)
        .order_by(Report.id.desc())
    ).all()  # fmt: skip
    has = _recipients(session, {row.id for row in rows if row.issued_at is not None and row.named})
    found: dict[int, list[ReachedReport]] = {}
    for row in rows:
        found.setdefault(row.result_id, []).append(_report(row, tuple(has.get(row.id, ()))))
    return found


def _report(row: Row[*tuple[Any, ...]], recipients: tuple[Recipient, ...]) -> ReachedReport:
    return ReachedReport(
        id=row.id,
        number=row.number,
        state=row.state,
        issued_at=row.issued_at,
        client=row.client if row.named else None,
        client_code=row.client_code,
        recipients=recipients,
    )


def _recipients(session: Session, report_ids: Collection[int]) -> dict[int, list[Recipient]]:
    """Return who took each file (once, the first time), and to whom messages about it went."""
    if not report_ids:
        return {}
    keys = [str(key) for key in report_ids]
    taken = session.execute(
        select(AuditEvent.thing_id, AuditEvent.actor, AuditEvent.action, AuditEvent.at)
        .where(AuditEvent.thing == REPORT.thing, AuditEvent.thing_id.in_(keys), AuditEvent.action == TOOK_THE_FILE)
        .order_by(AuditEvent.id)
    )
    told = session.execute(
        select(
            OutboxMessage.thing_id, OutboxMessage.recipient, cast(OutboxMessage.channel, Text), OutboxMessage.sent_at
        )
        .where(
            OutboxMessage.thing == REPORT.thing, OutboxMessage.thing_id.in_(keys), OutboxMessage.sent_at.is_not(None)
        )
        .order_by(OutboxMessage.id)
    )
    found: dict[int, dict[tuple[str, str], Recipient]] = {}
    for thing_id, name, how, at in [*taken, *told]:
        found.setdefault(int(thing_id), {}).setdefault((name, how), Recipient(name=name, how=how, at=at))
    return {key: list(recipients.values()) for key, recipients in found.items()}
