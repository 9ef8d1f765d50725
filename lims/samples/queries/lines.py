"""Test lines as pages, results and reports see them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, Select, Subquery, select
from sqlalchemy.orm import Session, aliased, join

from lims import clock
from lims.errors import NotFound
from lims.methods.records import Method, Service
from lims.people.records import Branch, Client, Laboratory, Person
from lims.people.rights import Actor
from lims.samples.calendar import local_date
from lims.samples.progress import is_line_late
from lims.samples.queries.sight import lines_seen, names_client
from lims.samples.records import Item, Job, Line
from lims.store.db import Texts


@dataclass(frozen=True, slots=True, kw_only=True)
class LineView:
    """One line with its item, job, method and people; `client_name` is None for who may know the code only."""

    id: int
    number: str | None
    version: int
    state: str
    ready: bool
    position: int
    urgent: bool
    due_on: date | None
    late: bool
    turnaround_days: int
    specification: dict[str, Any] | None
    reason: str | None
    item_id: int
    item_number: str | None
    item_label: str
    item_description: str
    item_state: str
    item_received_at: datetime | None
    job_id: int
    job_number: str | None
    job_state: str
    branch_id: int
    branch_code: str
    time_zone: str
    report_language: str
    client_id: int | None
    client_code: str
    client_name: Texts | None
    laboratory_id: int
    laboratory_code: str
    laboratory: Texts
    service_id: int | None
    service_name: Texts | None
    method_id: int
    method_code: str
    method_title: Texts
    method_kind: str
    accredited: bool
    method_version_id: int | None
    assigned_to_id: int | None
    assigned_to: Texts | None
    copy_of_id: int | None
    copy_of_number: str | None
    copy_kind: str | None
    started_at: datetime | None
    submitted_at: datetime | None
    submitted_by_id: int | None
    reviewed_at: datetime | None
    reported_at: datetime | None


_Original = aliased(Line)
_OF_LINE = (
    "id",
    "number",
    "version",
    "state",
    "ready",
    "position",
    "urgent",
    "due_on",
    "turnaround_days",
    "specification",
    "reason",
    "item_id",
    "job_id",
    "laboratory_id",
    "service_id",
    "method_id",
    "method_version_id",
    "assigned_to_id",
    "copy_of_id",
    "copy_kind",
    "started_at",
    "submitted_at",
    "submitted_by_id",
    "reviewed_at",
    "reported_at",
)


def select_lines(found: Subquery | None = None) -> Select[Any]:
    """Return the statement that gives what a LineView needs; the caller adds conditions and order.

    `found` has ids of few lines; it stands first, because the planner keeps the order of so many joins.
    """
    return (
        select(
            *(getattr(Line, name) for name in _OF_LINE),
            Item.number.label("item_number"),
            Item.label.label("item_label"),
            Item.description.label("item_description"),
            Item.state.label("item_state"),
            Item.received_at.label("item_received_at"),
            Job.number.label("job_number"),
            Job.state.label("job_state"),
            Job.branch_id.label("branch_id"),
            Job.report_language.label("report_language"),
            Branch.code.label("branch_code"),
            Branch.time_zone.label("time_zone"),
            Job.client_id.label("client_id"),
            Client.code.label("client_code"),
            Client.name.label("client_name"),
            Laboratory.code.label("laboratory_code"),
            Laboratory.name.label("laboratory"),
            Laboratory.branch_id.label("laboratory_branch_id"),
            Service.name.label("service_name"),
            Method.code.label("method_code"),
            Method.title.label("method_title"),
            Method.kind.label("method_kind"),
            Method.accredited.label("accredited"),
            Person.name.label("assigned_to"),
            _Original.number.label("copy_of_number"),
        )
        .select_from(Line if found is None else join(found, Line, found.c.id == Line.id))
        .join(Item, Item.id == Line.item_id)
        .join(Job, Job.id == Line.job_id)
        .join(Branch, Branch.id == Job.branch_id)
        .join(Client, Client.id == Job.client_id)
        .join(Laboratory, Laboratory.id == Line.laboratory_id)
        .join(Method, Method.id == Line.method_id)
        .outerjoin(Service, Service.id == Line.service_id)
        .outerjoin(Person, Person.id == Line.assigned_to_id)
        .outerjoin(_Original, _Original.id == Line.copy_of_id)
    )


def line_of(row: Row[*tuple[Any, ...]], by: Actor, at: datetime) -> LineView:
    """Return the view of one row of `select_lines`, as this person may see it at this moment."""
    values = dict(row._asdict())
    laboratory_branch = values.pop("laboratory_branch_id")
    if not (
        names_client(by, values["branch_id"], [values["laboratory_id"]])
        or names_client(by, laboratory_branch, [values["laboratory_id"]])
    ):
        values["client_name"] = values["client_id"] = None
    today = local_date(at, values["time_zone"])
    reported = values["reported_at"] is not None
    late = is_line_late(values["job_state"], values["state"], reported, values["due_on"], today)
    return LineView(late=late, **values)


def line_view(session: Session, *, by: Actor, line_id: int) -> LineView:
    """Return one line; NotFound also when the person may not know of it."""
    row = session.execute(select_lines().where(Line.id == line_id, lines_seen(by))).first()
    if row is None:
        raise NotFound("There is no such test line, or it belongs to another laboratory.")
    return line_of(row, by, clock.now())


def lines_of(
    session: Session,
    *,
    by: Actor,
    job_id: int | None = None,
    item_id: int | None = None,
    line_ids: Collection[int] | None = None,
) -> list[LineView]:
    """Return those lines of a job, of an item or of a list that the person may see, in the order of the jobs."""
    query = select_lines().where(lines_seen(by)).order_by(Line.job_id, Line.item_id, Line.position)
    if job_id is not None:
        query = query.where(Line.job_id == job_id)
    if item_id is not None:
        query = query.where(Line.item_id == item_id)
    if line_ids is not None:
        query = query.where(Line.id.in_(line_ids))
    at = clock.now()
    return [line_of(row, by, at) for row in session.execute(query)]
