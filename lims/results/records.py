"""Tables of results: acquisitions, readings, results, reviews, overrides, holds. Content rows never change."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, LargeBinary, UniqueConstraint, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from lims.results.states import AcquisitionState, Command, FileState
from lims.store.db import Base, Key

OPEN = "state IN ('planned', 'running', 'paused')"
BLOCKING = f"{OPEN} AND command <> 'abort'"


class Acquisition(Base):
    """One run of readings at a bench for one input of a line: plan, progress, outcome."""

    __tablename__ = "acquisition"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    line_id: Mapped[int] = mapped_column(ForeignKey("line.id"), index=True)
    input: Mapped[str]  # symbol in the measurement model
    point: Mapped[str | None]  # label of the point or specimen, None where the input is shared
    bench_id: Mapped[int] = mapped_column(ForeignKey("bench.id"))
    instrument_id: Mapped[int] = mapped_column(ForeignKey("instrument.id"), index=True)
    certificate_id: Mapped[int | None] = mapped_column(ForeignKey("certificate.id"))  # the one valid at the start
    plan: Mapped[dict[str, Any]]
    replaces: Mapped[bool] = mapped_column(default=True)  # the readings before it, or adds to those that lack some
    why: Mapped[str] = mapped_column(default="")  # it was repeated
    command: Mapped[str] = mapped_column(default=Command.RUN)  # what the agent is asked
    state: Mapped[str] = mapped_column(default=AcquisitionState.PLANNED)
    received: Mapped[int] = mapped_column(default=0)  # highest contiguous seq stored
    head: Mapped[str] = mapped_column(default="")  # hash of that reading
    reason: Mapped[Any] = mapped_column(JSONB(none_as_null=True), nullable=True)  # of its end: sentences, or text
    ordered_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    supervisor_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))  # of a trainee who ordered it (6.2.5)
    ordered_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)

    __table_args__ = (
        Index("ix_acquisition_open", "bench_id", postgresql_where=text(OPEN)),
        # one at a time on an instrument and for an input; one that was aborted no longer stands in the way
        Index("uq_acquisition_instrument", "instrument_id", unique=True, postgresql_where=text(BLOCKING)),
        Index(
            "uq_acquisition_input",
            "line_id",
            "input",
            "point",
            unique=True,
            postgresql_nulls_not_distinct=True,
            postgresql_where=text(BLOCKING),
        ),
    )


class SentFile(Base):
    """A file that an instrument wrote, as it was sent; taken as readings, whole, or set aside (7.5.1, 7.11)."""

    __tablename__ = "sent_file"

    id: Mapped[Key]
    instrument_id: Mapped[int] = mapped_column(ForeignKey("instrument.id"))
    digest: Mapped[bytes] = mapped_column(LargeBinary, ForeignKey("file.digest"))
    name: Mapped[str]
    parser: Mapped[str]  # id of the parser file that it was sent for
    sent_at: Mapped[datetime]
    sent_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))  # None: a bench sent it
    bench_id: Mapped[int | None] = mapped_column(ForeignKey("bench.id"))
    state: Mapped[str] = mapped_column(default=FileState.WAITING)
    version: Mapped[int] = mapped_column(default=1)

    __table_args__ = (
        UniqueConstraint("instrument_id", "digest"),
        Index("ix_sent_file_waiting", "instrument_id", postgresql_where=text("state = 'waiting'")),
    )


class Reading(Base):
    """What an instrument indicated or a person wrote down: raw data, append-only (7.5.1, 7.5.2)."""

    __tablename__ = "reading"

    id: Mapped[Key]
    line_id: Mapped[int] = mapped_column(ForeignKey("line.id"))
    input: Mapped[str]
    point: Mapped[str | None]
    source: Mapped[str]
    acquisition_id: Mapped[UUID | None] = mapped_column(ForeignKey("acquisition.id"))
    entry_id: Mapped[UUID | None]  # of the form or call by which a person wrote it down
    seq: Mapped[int]  # in the acquisition or in the entry
    value: Mapped[str | None]  # decimal string as it came; None where the instrument gave none (overload, failed try)
    unit: Mapped[str]
    at: Mapped[datetime]
    raw: Mapped[str | None]
    instrument_id: Mapped[int | None] = mapped_column(ForeignKey("instrument.id"))
    certificate_id: Mapped[int | None] = mapped_column(ForeignKey("certificate.id"))
    stable: Mapped[bool | None]
    flags: Mapped[list[Any]] = mapped_column(default=list)
    # one of the plan's readings: a number, and at rest or waited for long enough
    counts: Mapped[bool] = mapped_column(default=True)
    replaces: Mapped[bool] = mapped_column(default=True)  # as of the acquisition or the entry
    result_id: Mapped[int | None] = mapped_column(ForeignKey("result.id"))  # the result of another line that was taken
    lot_value_id: Mapped[int | None] = mapped_column(ForeignKey("lot_value.id"))  # the value of a lot that was taken
    sent_file_id: Mapped[int | None] = mapped_column(ForeignKey("sent_file.id"))  # the file that it stands in
    body: Mapped[str]  # canonical JSON of the whole reading as it came, with the hash before; what `hash` covers
    previous_hash: Mapped[str]
    hash: Mapped[str]
    recorded_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    recorded_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    supervisor_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))

    __table_args__ = (
        UniqueConstraint("acquisition_id", "seq"),
        UniqueConstraint("entry_id", "seq"),
        Index(None, "line_id", "id"),
        Index(None, "instrument_id", "at"),
        Index("ix_reading_result_id", "result_id", postgresql_where=text("result_id IS NOT NULL")),
        Index("ix_reading_lot_value_id", "lot_value_id", postgresql_where=text("lot_value_id IS NOT NULL")),
        Index("ix_reading_sent_file_id", "sent_file_id", postgresql_where=text("sent_file_id IS NOT NULL")),
        CheckConstraint("(source = 'instrument') = (acquisition_id IS NOT NULL)", name="instrument_has_acquisition"),
    )


class ReadingMove(Base):
    """A reading is discarded, or taken back in, with a reason; the latest move counts. Append-only."""

    __tablename__ = "reading_move"

    id: Mapped[Key]
    reading_id: Mapped[int] = mapped_column(ForeignKey("reading.id"), index=True)
    kind: Mapped[str]  # discard, restore
    reason: Mapped[str]
    at: Mapped[datetime]
    by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))


class Result(Base):
    """One evaluation of a line, frozen whole with the versions of code and method. Append-only (7.5, 7.11)."""

    __tablename__ = "result"

    id: Mapped[Key]
    line_id: Mapped[int] = mapped_column(ForeignKey("line.id"))
    number: Mapped[int]  # version of the result of this line, from 1
    method_version_id: Mapped[int] = mapped_column(ForeignKey("method_version.id"))
    method_hash: Mapped[str]
    code_version: Mapped[str]
    filled: Mapped[str]  # JSON: the document with every input filled, with the origin of each
    evaluation: Mapped[str]  # JSON: the answer, budget and all
    statements: Mapped[str]  # JSON: statements of conformity
    reading_ids: Mapped[list[Any]]
    certificate_ids: Mapped[list[Any]]
    content_hash: Mapped[str]
    summary: Mapped[str]  # "12.3 ± 0.4 %" as rounded for a list
    outcome: Mapped[str | None]  # the worst statement of conformity
    reason: Mapped[str]  # why a further version; "" for the first
    at: Mapped[datetime]
    by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))

    __table_args__ = (UniqueConstraint("line_id", "number"),)


class Simulation(Base):
    """What the Monte Carlo method says of a result, beside its first-order answer; the latest counts. Append-only."""

    __tablename__ = "simulation"

    id: Mapped[Key]
    result_id: Mapped[int] = mapped_column(ForeignKey("result.id"), index=True)
    code_version: Mapped[str]
    trials: Mapped[int]
    seed: Mapped[int] = mapped_column(BigInteger)
    validated: Mapped[bool | None]  # None: it could not be computed, or there is no quantity
    answer: Mapped[str]  # JSON: intervals, means, densities of each output; or why there are none
    content_hash: Mapped[str]
    at: Mapped[datetime]


class ResultMove(Base):
    """Which result is the reported one, and which were retracted; the latest move counts. Append-only."""

    __tablename__ = "result_move"

    id: Mapped[Key]
    result_id: Mapped[int] = mapped_column(ForeignKey("result.id"), index=True)
    line_id: Mapped[int] = mapped_column(ForeignKey("line.id"), index=True)
    kind: Mapped[str]  # reported, retracted
    reason: Mapped[str] = mapped_column(default="")
    at: Mapped[datetime]
    by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))


class Review(Base):
    """A second person's technical check of a result (7.7.1, 7.8.1.1). Append-only."""

    __tablename__ = "review"

    id: Mapped[Key]
    line_id: Mapped[int] = mapped_column(ForeignKey("line.id"), index=True)
    result_id: Mapped[int] = mapped_column(ForeignKey("result.id"))
    decision: Mapped[str]
    reason: Mapped[str]
    content_hash: Mapped[str]  # of what was shown
    signature_id: Mapped[int | None] = mapped_column(ForeignKey("signature.id"))
    at: Mapped[datetime]
    by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))


class GateOverride(Base):
    """A gate passed with a reason and a fresh password; shows on the result and the draft report. Append-only."""

    __tablename__ = "gate_override"

    id: Mapped[Key]
    line_id: Mapped[int] = mapped_column(ForeignKey("line.id"), index=True)
    gate: Mapped[str]  # one of states.Gate
    instrument_id: Mapped[int | None] = mapped_column(ForeignKey("instrument.id"))
    reason: Mapped[str]
    signature_id: Mapped[int] = mapped_column(ForeignKey("signature.id"))
    at: Mapped[datetime]
    by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))


class Hold(Base):
    """Something above says this result may not be released yet; release looks only here."""

    __tablename__ = "hold"

    id: Mapped[Key]
    result_id: Mapped[int] = mapped_column(ForeignKey("result.id"), index=True)
    reason: Mapped[str]
    source: Mapped[str]  # what placed it, e.g. "nonconformity:12"
    placed_at: Mapped[datetime]
    placed_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    released_at: Mapped[datetime | None]
    released_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    release_reason: Mapped[str | None]
