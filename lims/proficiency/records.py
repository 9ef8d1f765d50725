"""Tables of comparison rounds: the round as its document until the rooms of this subject are furnished."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, func
from sqlalchemy.orm import Mapped, mapped_column

from lims.store.db import Base, Key, Texts


class Round(Base):
    """One round of a comparison scheme, kept whole as the document that other programs feed."""

    __tablename__ = "round"

    id: Mapped[Key]
    branch_id: Mapped[int] = mapped_column(ForeignKey("branch.id"))
    code: Mapped[str] = mapped_column(unique=True)
    title: Mapped[Texts]
    state: Mapped[str]
    document: Mapped[str]  # canonical JSON
    document_hash: Mapped[str]
    entered_at: Mapped[datetime] = mapped_column(server_default=func.now())
