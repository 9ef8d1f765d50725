"""Tables of people: branches, laboratories, persons, roles held, invitations, tokens, signatures, clients."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column

from lims.store.db import Base, Key, Texts


class Branch(Base):
    """One site: head office, a branch, or an office under a branch."""

    __tablename__ = "branch"

    id: Mapped[Key]
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[Texts]
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("branch.id"))
    time_zone: Mapped[str] = mapped_column(default="Asia/Taipei")
    address: Mapped[Texts | None]


class Laboratory(Base):
    """One unit that performs methods; belongs to a branch."""

    __tablename__ = "laboratory"

    id: Mapped[Key]
    branch_id: Mapped[int] = mapped_column(ForeignKey("branch.id"), index=True)
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[Texts]
    accent: Mapped[str] = mapped_column(default="#0b5a7d")
    reviewer_may_sign: Mapped[bool] = mapped_column(default=True)
    accreditation: Mapped[str | None]


class Person(Base):
    """One account: a member of staff. Never deleted, only deactivated."""

    __tablename__ = "person"

    id: Mapped[Key]
    email: Mapped[str] = mapped_column(unique=True)
    name: Mapped[Texts]
    title: Mapped[Texts | None]
    laboratory_id: Mapped[int | None] = mapped_column(ForeignKey("laboratory.id"))
    branch_id: Mapped[int | None] = mapped_column(ForeignKey("branch.id"))
    locale: Mapped[str] = mapped_column(default="zh_Hant_TW")
    time_zone: Mapped[str] = mapped_column(default="Asia/Taipei")
    password_hash: Mapped[str | None]
    active: Mapped[bool] = mapped_column(default=True)
    session_key: Mapped[str] = mapped_column(unique=True)  # changing it ends every session of the person
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    version: Mapped[int] = mapped_column(default=1)

    __table_args__ = (CheckConstraint("email = lower(email)", name="email_is_lower_case"),)


class RoleHeld(Base):
    """A role that a person holds in a place, for a time."""

    __tablename__ = "role_held"

    id: Mapped[Key]
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    role: Mapped[str]
    branch_id: Mapped[int | None] = mapped_column(ForeignKey("branch.id"))
    laboratory_id: Mapped[int | None] = mapped_column(ForeignKey("laboratory.id"))
    granted_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    granted_at: Mapped[datetime] = mapped_column(server_default=func.now())
    revoked_at: Mapped[datetime | None]


class Invitation(Base):
    """An account offered to an address; the only way to an account."""

    __tablename__ = "invitation"

    id: Mapped[Key]
    email: Mapped[str]
    name: Mapped[Texts]
    role: Mapped[str]
    branch_id: Mapped[int | None] = mapped_column(ForeignKey("branch.id"))
    laboratory_id: Mapped[int | None] = mapped_column(ForeignKey("laboratory.id"))
    token_hash: Mapped[str] = mapped_column(unique=True)
    invited_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    invited_at: Mapped[datetime] = mapped_column(server_default=func.now())
    expires_at: Mapped[datetime]
    accepted_at: Mapped[datetime | None]
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))


class LoginAttempt(Base):
    """One try to log in or to sign with a password; counted per account and per address."""

    __tablename__ = "login_attempt"

    id: Mapped[Key]
    at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    account: Mapped[str]
    address: Mapped[str]
    success: Mapped[bool]

    __table_args__ = (Index("ix_login_attempt_account_at", "account", "at"), Index(None, "address", "at"))


class ApiToken(Base):
    """A person's token for the JSON interface: hashed, scoped, expiring."""

    __tablename__ = "api_token"

    id: Mapped[Key]
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    label: Mapped[str]
    token_hash: Mapped[str] = mapped_column(unique=True)
    rights: Mapped[list[Any] | None]  # None: all that the person has
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]


class Signature(Base):
    """Identity, meaning and time bound to the hash of what was shown. Append-only."""

    __tablename__ = "signature"

    id: Mapped[Key]
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    at: Mapped[datetime]
    meaning: Mapped[str]
    thing: Mapped[str]
    thing_id: Mapped[str]
    content_hash: Mapped[str]
    signer: Mapped[Texts]  # the name and title as they were
    request_id: Mapped[str] = mapped_column(default="")

    __table_args__ = (Index(None, "thing", "thing_id"),)


class Client(Base):
    """Who orders the work; confidentiality is owed to them (ISO/IEC 17025 4.2)."""

    __tablename__ = "client"

    id: Mapped[Key]
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[Texts]
    company_number: Mapped[str | None]
    address: Mapped[Texts | None]
    contact: Mapped[str | None]
    email: Mapped[str | None]
    phone: Mapped[str | None]
    report_language: Mapped[str] = mapped_column(default="zh_Hant_TW")
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    version: Mapped[int] = mapped_column(default=1)

    __table_args__ = (UniqueConstraint("company_number"),)
