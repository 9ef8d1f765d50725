"""Tables of quality: nonconforming work with what it reached, frozen as it was found."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from lims.quality.states import NonconformityState
from lims.store.db import Base, Key


class Nonconformity(Base):
    """Work that did not follow its own rules (7.10). What it is about never changes; only its state moves."""

    __tablename__ = "nonconformity"

    id: Mapped[Key]
    number: Mapped[str] = mapped_column(unique=True)
    branch_id: Mapped[int] = mapped_column(ForeignKey("branch.id"))
    laboratory_id: Mapped[int] = mapped_column(ForeignKey("laboratory.id"))
    instrument_id: Mapped[int | None] = mapped_column(ForeignKey("instrument.id"), index=True)
    lot_id: Mapped[int | None] = mapped_column(ForeignKey("lot.id"), index=True)  # one of the two
    what: Mapped[str]  # what was found, in words
    reach: Mapped[str]  # canonical JSON of all that the readings went into, seen by nobody in particular
    reach_hash: Mapped[str]
    opened_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    opened_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(default=NonconformityState.OPEN)
    version: Mapped[int] = mapped_column(default=1)

    __table_args__ = (
        Index(None, "branch_id", "state", "id"),
        CheckConstraint("(instrument_id IS NULL) <> (lot_id IS NULL)", name="about_one_thing"),
    )
