"""Tables of methods: methods, their frozen versions, the service catalogue, competence."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column

from lims.methods.states import CompetenceState, VersionState
from lims.store.db import Base, Key, Texts


class Method(Base):
    """A documented procedure; competence is held for it, over its versions."""

    __tablename__ = "method"

    id: Mapped[Key]
    code: Mapped[str] = mapped_column(unique=True)
    title: Mapped[Texts]
    kind: Mapped[str]  # testing or calibration
    laboratory_id: Mapped[int] = mapped_column(ForeignKey("laboratory.id"), index=True)
    accredited: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class MethodVersion(Base):
    """One edition; once approved its document never changes, and results point to it for ever (7.2.1, 8.3)."""

    __tablename__ = "method_version"

    id: Mapped[Key]
    method_id: Mapped[int] = mapped_column(ForeignKey("method.id"), index=True)
    edition: Mapped[str]
    standard: Mapped[str]  # the published standard it follows, with its year
    document: Mapped[str]  # the measurement-model document as JSON, its keys in the author's order
    document_hash: Mapped[str]
    changes: Mapped[str] = mapped_column(default="")
    trials: Mapped[int | None]  # by which its results are checked; None: as many as the settings say
    state: Mapped[str] = mapped_column(default=VersionState.DRAFT)
    in_force_from: Mapped[date | None]
    in_force_until: Mapped[date | None]  # first day no longer in force; set when a later version takes over
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    signature_id: Mapped[int | None] = mapped_column(ForeignKey("signature.id"))
    version: Mapped[int] = mapped_column(default=1)

    __table_args__ = (UniqueConstraint("method_id", "edition"),)


class Study(Base):
    """A validation study of an edition: its data, and what came out; corrected by another one. Append-only (7.2.2)."""

    __tablename__ = "study"

    id: Mapped[Key]
    method_version_id: Mapped[int] = mapped_column(ForeignKey("method_version.id"), index=True)
    document: Mapped[str]  # JSON: kind, unit, data
    answer: Mapped[str]  # JSON: numbers, contribution or limits, remarks
    content_hash: Mapped[str]  # of the document
    at: Mapped[datetime]
    by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))


class Service(Base):
    """One row of the catalogue: a method as offered by a laboratory, with its turnaround in working days."""

    __tablename__ = "service"

    id: Mapped[Key]
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[Texts]
    method_id: Mapped[int] = mapped_column(ForeignKey("method.id"), index=True)
    laboratory_id: Mapped[int] = mapped_column(ForeignKey("laboratory.id"), index=True)
    turnaround_days: Mapped[int] = mapped_column(default=10)
    fee: Mapped[int | None]  # in whole New Taiwan dollars
    active: Mapped[bool] = mapped_column(default=True)


class Competence(Base):
    """A person may perform, review or sign a method from a date to a date; says who authorised it (6.2.5)."""

    __tablename__ = "competence"

    id: Mapped[Key]
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    method_id: Mapped[int] = mapped_column(ForeignKey("method.id"))
    activity: Mapped[str]
    state: Mapped[str] = mapped_column(default=CompetenceState.AUTHORISED)
    valid_from: Mapped[date]
    valid_until: Mapped[date | None]  # last day included
    authorised_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    supervisor_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    evidence: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    version: Mapped[int] = mapped_column(default=1)

    __table_args__ = (Index(None, "person_id", "method_id"), Index(None, "method_id", "activity"))


class Validation(Base):
    """One signed run of the golden cases on the installed system (7.11.2). Append-only."""

    __tablename__ = "validation"

    id: Mapped[Key]
    at: Mapped[datetime]
    code_version: Mapped[str]
    platform: Mapped[str]
    cases: Mapped[int]
    passed: Mapped[bool]
    protocol: Mapped[str]  # canonical JSON: each case with expected, computed, outcome
    protocol_hash: Mapped[str]
    signature_id: Mapped[int | None] = mapped_column(ForeignKey("signature.id"))
