"""Jobs: the list and the page of one, and what the public may know."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select, text, tuple_
from sqlalchemy.orm import Session

from lims import clock
from lims.errors import NotFound
from lims.people.records import Branch, Client, Person
from lims.people.rights import Actor, Right
from lims.samples.calendar import local_date
from lims.samples.progress import Phase, is_late
from lims.samples.queries.items import ItemView, items_of
from lims.samples.queries.lines import LineView, lines_of
from lims.samples.queries.paging import MOST, Page, decode_id, decode_moment, encode, limited
from lims.samples.queries.sight import NAMES_CLIENTS, jobs_seen, names_client
from lims.samples.records import RUNNING, ClockStop, Item, Job
from lims.store import search
from lims.store.db import Texts
from lims.store.numbering import same_code


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientShown:
    """A client as this person may see it: without `named`, only the code."""

    id: int | None
    code: str
    name: Texts | None
    address: Texts | None
    company_number: str | None
    contact: str | None
    email: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StopView:
    """A time in which the clock stood."""

    from_at: datetime
    until_at: datetime | None
    reason: str
    stopped_by: Texts


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRow:
    """One job in the list."""

    id: int
    number: str | None
    state: str
    phase: str
    due_on: date | None
    late: bool
    urgent: bool
    branch_code: str
    client_code: str
    client_name: Texts | None
    client_reference: str | None
    items: int
    first_item: str | None
    registered_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class JobView:
    """Everything on the page of one job."""

    id: int
    number: str | None
    check_code: str
    version: int
    state: str
    phase: str
    due_on: date | None
    late: bool
    branch_id: int
    branch_code: str
    branch: Texts
    branch_address: Texts | None
    time_zone: str
    client: ClientShown
    client_reference: str | None
    purpose: str | None
    contact: str | None
    report_language: str
    after_testing: str
    urgent: bool
    agreed_due_on: date | None
    request_review: dict[str, Any] | None
    sampling: dict[str, Any] | None
    client_supplied: str | None
    note: str | None
    copied_from_id: int | None
    registered_by_id: int
    registered_by: Texts
    registered_at: datetime
    confirmed_at: datetime | None
    closed_at: datetime | None
    stops: tuple[StopView, ...]
    items: tuple[ItemView, ...]
    lines: tuple[LineView, ...]

    def lines_of(self, item_id: int) -> tuple[LineView, ...]:
        """Return the lines of one item."""
        return tuple(line for line in self.lines if line.item_id == item_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicJob:
    """What somebody with the number and the check code may know: where the job stands, and nothing of its content."""

    number: str
    phase: str
    registered_on: date
    due_on: date | None
    closed_on: date | None
    branch: Texts


def _row_of(row: Any, by: Actor, at: datetime) -> JobRow:
    named = names_client(by, row.branch_id, row.laboratory_ids)
    return JobRow(
        id=row.id,
        number=row.number,
        state=row.state,
        phase=row.phase,
        due_on=row.due_on,
        late=is_late(row.phase, row.due_on, local_date(at, row.time_zone)),
        urgent=row.urgent,
        branch_code=row.branch_code,
        client_code=row.client_code,
        client_name=row.client_name if named else None,
        client_reference=row.client_reference if named else None,
        items=row.items,
        first_item=row.first_item,
        registered_at=row.registered_at,
    )


def jobs(
    session: Session,
    *,
    by: Actor,
    phase: Phase | None = None,
    late: bool = False,
    client_id: int | None = None,
    words: str = "",
    cursor: str | None = None,
    limit: int = 50,
) -> Page[JobRow]:
    """Return jobs newest first, or the late ones with the longest overdue first.

    `words` are looked for in numbers and marks, and in clients' names and references for who may see those.
    """
    limit = limited(limit)
    where: list[ColumnElement[bool]] = [jobs_seen(by)]
    order: list[Any] = [Job.id.desc()]
    if late:
        where += [text(RUNNING), Job.due_on < local_date(clock.now(), by.time_zone)]  # type: ignore[list-item]  # text() is accepted
        order = [Job.due_on, Job.id]
        if cursor:
            due, last = decode_moment(cursor)
            where.append(tuple_(Job.due_on, Job.id) > tuple_(due.date(), last))
    elif cursor:
        where.append(Job.id < decode_id(cursor))
    if phase is not None:
        where.append(Job.phase == phase)
    if client_id is not None:
        where.append(Job.client_id == client_id)
    if words.strip():
        where.append(_has_words(session, by, words.strip()))
    found = select(Job.id).where(*where).order_by(*order).limit(limit + 1).subquery("found")
    query = _select_rows().join(found, found.c.id == Job.id).order_by(*order)
    at = clock.now()
    rows = [_row_of(row, by, at) for row in session.execute(query)]
    more = len(rows) > limit
    last_row = rows[limit - 1] if more else None
    after = None if last_row is None else encode(last_row.due_on, last_row.id) if late else encode(last_row.id)
    return Page(rows=tuple(rows[:limit]), cursor=after)


def _has_words(session: Session, by: Actor, words: str) -> ColumnElement[bool]:
    branches, laboratories = by.branches(Right.READ), by.laboratories(Right.READ)
    found = search.find(
        session, words, kinds=["job", "item"], branch_ids=branches, laboratory_ids=laboratories, limit=MOST
    )
    jobs_found = [int(one.thing_id) for one in found if one.kind == "job"]
    items_found = [int(one.thing_id) for one in found if one.kind == "item"]
    hits: list[ColumnElement[bool]] = [Job.id.in_(jobs_found)]
    if items_found:
        hits.append(Job.id.in_(select(Item.job_id).where(Item.id.in_(items_found))))
    if any(by.may(right) for right in NAMES_CLIENTS):
        named = [
            part.icontains(words, autoescape=True)
            for part in (Client.name["en"].astext, Client.name["zh_Hant_TW"].astext)
        ]
        clients = select(Client.id).where(or_(Client.code == words, Client.company_number == words, *named)).limit(MOST)
        theirs = or_(Job.client_id.in_(clients), Job.client_reference == words)
        hits.append(and_(theirs, or_(*(jobs_seen(by, right) for right in NAMES_CLIENTS if by.may(right)))))
    return or_(*hits)


def _select_rows() -> Any:
    of_job = Item.job_id == Job.id
    return (
        select(
            Job.id,
            Job.number,
            Job.state,
            Job.phase,
            Job.due_on,
            Job.urgent,
            Job.branch_id,
            Job.client_reference,
            Job.registered_at,
            Branch.code.label("branch_code"),
            Branch.time_zone,
            Client.code.label("client_code"),
            Client.name.label("client_name"),
            select(func.count())
            .where(of_job, Item.parent_id.is_(None))
            .correlate(Job)
            .scalar_subquery()
            .label("items"),
            select(Item.description)
            .where(of_job, Item.parent_id.is_(None), Item.position == 1)
            .correlate(Job)
            .scalar_subquery()
            .label("first_item"),
            Job.laboratory_ids,
        )
        .join(Branch, Branch.id == Job.branch_id)
        .join(Client, Client.id == Job.client_id)
    )


def job_view(session: Session, *, by: Actor, job_id: int) -> JobView:
    """Return one job with items and lines in four statements; NotFound also when the person may not know of it."""
    row = session.execute(
        select(Job, Branch, Client, Person.name)
        .join(Branch, Branch.id == Job.branch_id)
        .join(Client, Client.id == Job.client_id)
        .join(Person, Person.id == Job.registered_by_id)
        .where(Job.id == job_id, jobs_seen(by))
    ).first()
    if row is None:
        raise NotFound("There is no such job, or it belongs to another branch.")
    job, branch, client, registered_by = row
    lines = lines_of(session, by=by, job_id=job_id)
    named = names_client(by, job.branch_id, job.laboratory_ids)
    today = local_date(clock.now(), branch.time_zone)
    return JobView(
        id=job.id,
        number=job.number,
        check_code=job.check_code,
        version=job.version,
        state=job.state,
        phase=job.phase,
        due_on=job.due_on,
        late=is_late(job.phase, job.due_on, today),
        branch_id=branch.id,
        branch_code=branch.code,
        branch=branch.name,
        branch_address=branch.address,
        time_zone=branch.time_zone,
        client=_shown(client, named),
        client_reference=job.client_reference if named else None,
        purpose=job.purpose,
        contact=job.contact if named else None,
        report_language=job.report_language,
        after_testing=job.after_testing,
        urgent=job.urgent,
        agreed_due_on=job.agreed_due_on,
        request_review=job.request_review,
        sampling=job.sampling if named else _without_names(job.sampling),
        client_supplied=job.client_supplied,
        note=job.note,
        copied_from_id=job.copied_from_id,
        registered_by_id=job.registered_by_id,
        registered_by=registered_by,
        registered_at=job.registered_at,
        confirmed_at=job.confirmed_at,
        closed_at=job.closed_at,
        stops=_stops(session, job_id),
        items=tuple(items_of(session, by=by, job_id=job_id)),
        lines=tuple(lines),
    )


def _without_names(sampling: dict[str, Any] | None) -> dict[str, Any] | None:
    """Return a sampling without who sampled and where: often the client, at the client's own gate."""
    if sampling is None:
        return None
    return {name: value for name, value in sampling.items() if name not in {"sampled_by", "sampled_where"}}


def _shown(client: Client, named: bool) -> ClientShown:
    if not named:
        return ClientShown(
            id=None, code=client.code, name=None, address=None, company_number=None, contact=None, email=None
        )
    return ClientShown(
        id=client.id,
        code=client.code,
        name=client.name,
        address=client.address,
        company_number=client.company_number,
        contact=client.contact,
        email=client.email,
    )


def _stops(session: Session, job_id: int) -> tuple[StopView, ...]:
    query = (
        select(ClockStop.from_at, ClockStop.until_at, ClockStop.reason, Person.name.label("stopped_by"))
        .join(Person, Person.id == ClockStop.stopped_by_id)
        .where(ClockStop.job_id == job_id)
        .order_by(ClockStop.id)
    )
    return tuple(StopView(**row._asdict()) for row in session.execute(query))


def public_job(session: Session, number: str, check_code: str) -> PublicJob | None:
    """Return what a client may see by number and check code; None for a wrong one of either, without telling which."""
    row = session.execute(
        select(Job, Branch).join(Branch, Branch.id == Job.branch_id).where(Job.number == number.strip().upper())
    ).first()
    if row is None or not same_code(row[0].check_code, check_code):
        return None
    job, branch = row
    return PublicJob(
        number=number.strip().upper(),
        phase=job.phase,
        registered_on=local_date(job.registered_at, branch.time_zone),
        due_on=job.due_on,
        closed_on=local_date(job.closed_at, branch.time_zone) if job.closed_at else None,
        branch=branch.name,
    )
