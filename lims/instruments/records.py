"""Tables of instruments: benches and tokens, the register, certificates, checks, plans, lots of materials."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column

from lims.instruments.states import CertificateState, InstrumentState, LotState, Phase
from lims.store.db import Base, Key, Texts


class Bench(Base):
    """A place with instruments; one agent serves it. `last_*` is what the agent said of itself, not governed data."""

    __tablename__ = "bench"

    id: Mapped[Key]
    laboratory_id: Mapped[int] = mapped_column(ForeignKey("laboratory.id"), index=True)
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[Texts]
    active: Mapped[bool] = mapped_column(default=True)
    last_seen_at: Mapped[datetime | None]
    last_hello: Mapped[dict[str, Any] | None]


class BenchToken(Base):
    """A bench's token: hashed, expiring, revocable."""

    __tablename__ = "bench_token"

    id: Mapped[Key]
    bench_id: Mapped[int] = mapped_column(ForeignKey("bench.id"), index=True)
    token_hash: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class Instrument(Base):
    """One piece of equipment under ISO/IEC 17025 6.4, known by its number and its serial."""

    __tablename__ = "instrument"

    id: Mapped[Key]
    number: Mapped[str] = mapped_column(unique=True)
    laboratory_id: Mapped[int] = mapped_column(ForeignKey("laboratory.id"), index=True)
    bench_id: Mapped[int | None] = mapped_column(ForeignKey("bench.id"), index=True)
    name: Mapped[Texts]
    kind: Mapped[str]  # what a method asks for: balance, multimeter, thermometer, power meter, photometer ...
    maker: Mapped[str]
    model: Mapped[str]
    serial: Mapped[str]
    driver: Mapped[str | None]  # id of a driver file; None is read by eye
    resource: Mapped[str | None]  # VISA resource name at its bench
    needs_calibration: Mapped[bool] = mapped_column(default=True)
    interval_days: Mapped[int | None]
    location: Mapped[Texts | None]
    state: Mapped[str] = mapped_column(default=InstrumentState.IN_SERVICE)
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())

    __table_args__ = (UniqueConstraint("maker", "model", "serial"), Index(None, "laboratory_id", "kind"))


class Certificate(Base):
    """One calibration certificate of an instrument; its numbers are data, reviewed before they count (6.4.6, 6.5)."""

    __tablename__ = "certificate"

    id: Mapped[Key]
    instrument_id: Mapped[int] = mapped_column(ForeignKey("instrument.id"), index=True)
    number: Mapped[str]
    issued_by: Mapped[str]
    accreditation: Mapped[str | None]
    calibrated_on: Mapped[date]
    valid_until: Mapped[date]
    conditions: Mapped[str | None]
    traceability: Mapped[Texts | None]
    file_digest: Mapped[bytes | None] = mapped_column(LargeBinary)
    source_digest: Mapped[bytes | None] = mapped_column(LargeBinary)  # the file that the numbers were read from
    other_serial: Mapped[str | None]  # why the file may name another serial than the register
    state: Mapped[str] = mapped_column(default=CertificateState.ENTERED)
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    decided_at: Mapped[datetime | None]
    decision_note: Mapped[str | None]
    entered_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    entered_at: Mapped[datetime] = mapped_column(server_default=func.now())
    version: Mapped[int] = mapped_column(default=1)

    __table_args__ = (UniqueConstraint("instrument_id", "number"),)


class CertificatePoint(Base):
    """One calibrated point: add `correction` to an indication at `indication`; U with k, in `unit`. Append-only.

    Only what was found as left enters corrections; a point as found says how the instrument came.
    """

    __tablename__ = "certificate_point"

    id: Mapped[Key]
    certificate_id: Mapped[int] = mapped_column(ForeignKey("certificate.id"), index=True)
    quantity: Mapped[str]
    unit: Mapped[str]
    indication: Mapped[float]
    correction: Mapped[float]
    U: Mapped[float]
    k: Mapped[float] = mapped_column(default=2.0)
    dof: Mapped[float | None]  # None is infinite
    range: Mapped[str | None]
    phase: Mapped[str] = mapped_column(default=Phase.AS_LEFT, server_default=Phase.AS_LEFT)


class AcceptanceCriterion(Base):
    """What the error of a calibrated point may be (6.4.5); the newest for a quantity and range counts. Append-only."""

    __tablename__ = "acceptance_criterion"

    id: Mapped[Key]
    instrument_id: Mapped[int] = mapped_column(ForeignKey("instrument.id"), index=True)
    quantity: Mapped[str]
    range: Mapped[str | None]  # None is every range without one of its own
    rule: Mapped[str]
    unit: Mapped[str | None]
    plus: Mapped[str | None]  # decimal strings, as they were agreed; without any limit it ends the one before
    of_indication: Mapped[str | None]
    specification_days: Mapped[int | None]
    why: Mapped[str]
    entered_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    entered_at: Mapped[datetime]


class IntermediateCheck(Base):
    """A check between calibrations (6.4.10). Append-only."""

    __tablename__ = "intermediate_check"

    id: Mapped[Key]
    instrument_id: Mapped[int] = mapped_column(ForeignKey("instrument.id"), index=True)
    at: Mapped[datetime]
    by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    passed: Mapped[bool]
    note: Mapped[str]


class UpkeepPlan(Base):
    """What is done to an instrument again and again: maintenance, or a check with limits (6.4.3, 6.4.10).

    Only ended, never changed: another plan takes its place.
    """

    __tablename__ = "upkeep_plan"

    id: Mapped[Key]
    instrument_id: Mapped[int] = mapped_column(ForeignKey("instrument.id"), index=True)
    kind: Mapped[str]
    what: Mapped[str]
    interval_days: Mapped[int]
    begins_on: Mapped[date]
    unit: Mapped[str | None]  # of the number that a check gives; None where it gives none
    lower: Mapped[str | None]  # decimal strings, as they were agreed
    upper: Mapped[str | None]
    entered_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    entered_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class UpkeepDone(Base):
    """A plan carried out once, with the number that it gave and how that was judged. Append-only."""

    __tablename__ = "upkeep_done"

    id: Mapped[Key]
    plan_id: Mapped[int] = mapped_column(ForeignKey("upkeep_plan.id"), index=True)
    at: Mapped[datetime]
    by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    value: Mapped[str | None]  # decimal string as it was typed, in the unit of the plan
    passed: Mapped[bool]
    note: Mapped[str]


class UpkeepReminder(Base):
    """Somebody was told that something is due on a day; once each. Append-only."""

    __tablename__ = "upkeep_reminder"

    id: Mapped[Key]
    about: Mapped[str]  # "calibration:" with the instrument, "plan:" with the plan
    due_on: Mapped[date]
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    told_at: Mapped[datetime]

    __table_args__ = (UniqueConstraint("about", "due_on", "person_id"),)


class Lot(Base):
    """A lot of a reference material, reagent or solution, or a standard without an interface (6.4.1, 6.4.13)."""

    __tablename__ = "lot"

    id: Mapped[Key]
    number: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]  # crm, solution, reagent, standard
    sort: Mapped[str]  # what a method asks for within the kind: weight, resistor, ... ; "" is any
    laboratory_id: Mapped[int] = mapped_column(ForeignKey("laboratory.id"), index=True)
    name: Mapped[Texts]
    maker: Mapped[str]  # or who prepared it
    batch: Mapped[str]  # the maker's lot, or the serial of a standard
    storage: Mapped[str]
    received_on: Mapped[date | None]  # or prepared
    opened_on: Mapped[date | None]
    days_after_opening: Mapped[int | None]
    amount: Mapped[str | None]  # decimal string as it came; None where nobody counts
    amount_unit: Mapped[str | None]
    preparation: Mapped[str]  # how it was made from its parents; "" for what was bought
    document: Mapped[dict[str, Any] | None]  # the measurement document by which its value was computed
    state: Mapped[str] = mapped_column(default=LotState.AVAILABLE)
    version: Mapped[int] = mapped_column(default=1)
    entered_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    entered_at: Mapped[datetime]

    __table_args__ = (Index(None, "laboratory_id", "kind"),)


class LotParent(Base):
    """A lot was made of another one. Append-only."""

    __tablename__ = "lot_parent"

    id: Mapped[Key]
    lot_id: Mapped[int] = mapped_column(ForeignKey("lot.id"), index=True)
    parent_id: Mapped[int] = mapped_column(ForeignKey("lot.id"), index=True)
    amount: Mapped[str]  # how much of it went in, as it was written down

    __table_args__ = (UniqueConstraint("lot_id", "parent_id"),)


class LotEdition(Base):
    """What is known of a lot's values: its certificate, or a correction of it; counts once a second person accepted."""

    __tablename__ = "lot_edition"

    id: Mapped[Key]
    lot_id: Mapped[int] = mapped_column(ForeignKey("lot.id"))
    number: Mapped[int]  # from 1; a further one corrects or extends
    certificate: Mapped[str]  # its number; "" for what was prepared here
    issued_by: Mapped[str]
    accreditation: Mapped[str | None]
    traceability: Mapped[Texts | None]
    issued_on: Mapped[date | None]
    expires_on: Mapped[date | None]
    why: Mapped[str]  # a further edition; "" for the first
    state: Mapped[str] = mapped_column(default=CertificateState.ENTERED)
    entered_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    entered_at: Mapped[datetime]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    decided_at: Mapped[datetime | None]
    decision_note: Mapped[str | None]
    version: Mapped[int] = mapped_column(default=1)

    __table_args__ = (UniqueConstraint("lot_id", "number"),)


class LotValue(Base):
    """One certified quantity of a lot in an edition, in `unit`. Append-only."""

    __tablename__ = "lot_value"

    id: Mapped[Key]
    edition_id: Mapped[int] = mapped_column(ForeignKey("lot_edition.id"), index=True)
    quantity: Mapped[str]
    unit: Mapped[str]
    value: Mapped[str]  # decimal string as it was stated
    U: Mapped[float | None]  # as stated: expanded by k, or the half-width of another distribution
    k: Mapped[float | None]
    u: Mapped[float]
    dof: Mapped[float | None]  # None is infinite
    distribution: Mapped[str]
    components: Mapped[list[Any]]  # of u: each with what it is an error of

    __table_args__ = (UniqueConstraint("edition_id", "quantity"),)


class LotUse(Base):
    """Some of a lot was taken out, or thrown away. Append-only."""

    __tablename__ = "lot_use"

    id: Mapped[Key]
    lot_id: Mapped[int] = mapped_column(ForeignKey("lot.id"), index=True)
    at: Mapped[datetime]
    by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    amount: Mapped[str]
    note: Mapped[str]


class LoggerBench(Base):
    """An environment logger speaks for the room of a bench, from a day on until it is taken away."""

    __tablename__ = "logger_bench"

    id: Mapped[Key]
    instrument_id: Mapped[int] = mapped_column(ForeignKey("instrument.id"), index=True)
    bench_id: Mapped[int] = mapped_column(ForeignKey("bench.id"), index=True)
    begins_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    entered_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))


class EnvironmentReading(Base):
    """One value that a logger wrote down; sent again it is the same one. Append-only (6.3.3, 7.5.1)."""

    __tablename__ = "environment_reading"

    id: Mapped[Key]
    instrument_id: Mapped[int] = mapped_column(ForeignKey("instrument.id"))
    quantity: Mapped[str]
    unit: Mapped[str]
    at: Mapped[datetime]
    value: Mapped[str]  # decimal string as it was logged
    source: Mapped[str]  # "program", or the parser and the digest of the file
    recorded_at: Mapped[datetime]
    recorded_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))

    __table_args__ = (UniqueConstraint("instrument_id", "quantity", "at"),)
