"""Tables of samples: jobs, the stops of their clock, items, custody moves, test lines, working calendar."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import ARRAY, BigInteger, CheckConstraint, ForeignKey, Index, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from lims.samples.states import ItemState, JobState, LineState
from lims.store.db import Base, Key, Texts

RUNNING = "phase IN ('waiting for items', 'in progress', 'in review', 'to report')"
"""Jobs that can be late, as lists ask for them and the partial index holds them."""


class Job(Base):
    """An agreed order; `number` comes at confirmation, `phase` and `due_on` are a read model (operations.refresh)."""

    __tablename__ = "job"

    id: Mapped[Key]
    number: Mapped[str | None] = mapped_column(unique=True)
    check_code: Mapped[str]
    branch_id: Mapped[int] = mapped_column(ForeignKey("branch.id"))
    client_id: Mapped[int] = mapped_column(ForeignKey("client.id"), index=True)
    client_reference: Mapped[str | None] = mapped_column(index=True)
    purpose: Mapped[str | None]
    contact: Mapped[str | None]
    report_language: Mapped[str] = mapped_column(default="zh_Hant_TW")
    after_testing: Mapped[str] = mapped_column(default="return")  # return or dispose
    urgent: Mapped[bool] = mapped_column(default=False)
    # review of the request (7.1.1): capability, method_agreed, decision_rule_agreed, outside_providers, deviations ...
    request_review: Mapped[dict[str, Any] | None]
    # sampling (7.3): sampled_by, sampled_where, sampled_at, plan
    sampling: Mapped[dict[str, Any] | None]
    client_supplied: Mapped[str | None]  # what the client states and the laboratory does not answer for (7.8.2.2)
    note: Mapped[str | None]
    copied_from_id: Mapped[int | None] = mapped_column(ForeignKey("job.id"))
    laboratory_ids: Mapped[list[int]] = mapped_column(ARRAY(BigInteger))  # read model: laboratories that work on it
    form_key: Mapped[str | None]  # of the form or call that made it: sent twice it makes one job
    state: Mapped[str] = mapped_column(default=JobState.DRAFT)
    phase: Mapped[str] = mapped_column(default="draft")
    due_on: Mapped[date | None]
    agreed_due_on: Mapped[date | None]  # a day agreed with the client in place of what the turnaround gives
    registered_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    registered_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)

    __table_args__ = (
        UniqueConstraint("registered_by_id", "form_key"),
        Index(None, "branch_id", "id"),
        Index(None, "branch_id", "phase", "id"),
        Index(None, "laboratory_ids", postgresql_using="gin"),
        Index("ix_job_running", "branch_id", "due_on", "id", postgresql_where=text(RUNNING)),
        CheckConstraint("state = 'draft' OR state = 'cancelled' OR number IS NOT NULL", name="confirmed_has_number"),
    )


class ClockStop(Base):
    """A time in which the job waited for the client; the turnaround clock stands."""

    __tablename__ = "clock_stop"

    id: Mapped[Key]
    job_id: Mapped[int] = mapped_column(ForeignKey("job.id"), index=True)
    from_at: Mapped[datetime]
    until_at: Mapped[datetime | None]
    reason: Mapped[str]
    stopped_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    started_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))


class Item(Base):
    """The thing tested or calibrated, uniquely marked (7.4.2); a portion is an item with a parent."""

    __tablename__ = "item"

    id: Mapped[Key]
    job_id: Mapped[int] = mapped_column(ForeignKey("job.id"))
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("item.id"), index=True)
    position: Mapped[int]  # in the job; a portion's among its parent's
    number: Mapped[str | None] = mapped_column(unique=True)  # with the job's number: J...-2, portion J...-2.1
    label: Mapped[str]  # the client's own mark
    description: Mapped[str]
    maker: Mapped[str | None]  # of a client's instrument
    model: Mapped[str | None]
    serial: Mapped[str | None]
    accessories: Mapped[str | None]
    condition: Mapped[str | None]  # at receipt (7.4.3)
    fit: Mapped[bool | None]
    place: Mapped[str | None]
    holder_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    retained_until: Mapped[date | None]
    received_at: Mapped[datetime | None]
    state: Mapped[str] = mapped_column(default=ItemState.EXPECTED)
    version: Mapped[int] = mapped_column(default=1)

    __table_args__ = (
        UniqueConstraint("job_id", "parent_id", "position", postgresql_nulls_not_distinct=True),
        UniqueConstraint("job_id", "label"),
    )


class ItemMove(Base):
    """One step of custody: who gave, who took, where, when, in what condition (7.4.1). Append-only."""

    __tablename__ = "item_move"

    id: Mapped[Key]
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id"), index=True)
    at: Mapped[datetime]
    kind: Mapped[str]  # receive, store, hand over, portion, retain, return, dispose, reject ...
    from_person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    to_person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    outside_party: Mapped[str | None]  # a client or carrier who gave or took
    from_place: Mapped[str | None]
    to_place: Mapped[str | None]
    note: Mapped[str] = mapped_column(default="")
    by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))


class Line(Base):
    """One method version applied to one item; readings and results hang here."""

    __tablename__ = "line"

    id: Mapped[Key]
    job_id: Mapped[int] = mapped_column(ForeignKey("job.id"), index=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id"), index=True)
    laboratory_id: Mapped[int] = mapped_column(ForeignKey("laboratory.id"))
    service_id: Mapped[int | None] = mapped_column(ForeignKey("service.id"))
    method_id: Mapped[int] = mapped_column(ForeignKey("method.id"))
    method_version_id: Mapped[int | None] = mapped_column(ForeignKey("method_version.id"))  # fixed at the first reading
    position: Mapped[int]  # in the item
    turnaround_days: Mapped[int]  # working days, as agreed at registration
    number: Mapped[str | None] = mapped_column(unique=True)  # J...-2/1
    # limits and rule agreed with the client, per output, as in the document's `specifications`; None: the method's own
    specification: Mapped[dict[str, Any] | None]
    assigned_to_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    state: Mapped[str] = mapped_column(default=LineState.ORDERED)
    urgent: Mapped[bool] = mapped_column(default=False)
    due_on: Mapped[date | None]  # read model (operations.refresh)
    ready: Mapped[bool] = mapped_column(default=False)  # read model: item received and job running
    copy_of_id: Mapped[int | None] = mapped_column(ForeignKey("line.id"), index=True)
    copy_kind: Mapped[str | None]  # retract or retest
    started_at: Mapped[datetime | None]
    submitted_at: Mapped[datetime | None]
    submitted_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    reviewed_at: Mapped[datetime | None]
    reported_at: Mapped[datetime | None]  # told by reports when a report with it is issued
    reason: Mapped[str | None]  # of a rejection, retraction or cancellation
    version: Mapped[int] = mapped_column(default=1)

    __table_args__ = (
        UniqueConstraint("item_id", "position"),
        Index("ix_line_worklist", "laboratory_id", "due_on", "id", postgresql_where=text("ready")),
        Index("ix_line_assigned", "assigned_to_id", "due_on", "id", postgresql_where=text("ready")),
        Index("ix_line_waiting", "laboratory_id", "id", postgresql_where=text("state = 'ordered' AND NOT ready")),
        Index("ix_line_review", "laboratory_id", "submitted_at", "id", postgresql_where=text("state = 'submitted'")),
        CheckConstraint("NOT ready OR due_on IS NOT NULL", name="ready_has_due_day"),
    )


class CalendarDay(Base):
    """An exception of a branch's working calendar: a holiday, a closure, or a make-up day that is worked."""

    __tablename__ = "calendar_day"

    id: Mapped[Key]
    branch_id: Mapped[int] = mapped_column(ForeignKey("branch.id"))
    day: Mapped[date]
    working: Mapped[bool]
    name: Mapped[Texts]
    entered_at: Mapped[datetime] = mapped_column(server_default=func.now())

    __table_args__ = (UniqueConstraint("branch_id", "day"),)
