"""Editions of methods: one whatever its state, the one in force on a day, all of a method."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, bindparam, or_, select
from sqlalchemy.orm import Session, aliased

from lims.errors import NotFound
from lims.methods.records import Method, MethodVersion
from lims.methods.states import VersionState
from lims.people.records import Laboratory, Person, Signature
from lims.store.db import Texts

_Writer = aliased(Person)


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionView:
    """One edition of a method with its document."""

    id: int
    method_id: int
    code: str
    title: Texts
    kind: str
    accredited: bool
    laboratory_id: int
    branch_id: int
    edition: str
    standard: str
    document: dict[str, Any]
    document_hash: str
    changes: str
    trials: int | None
    state: str
    in_force_from: date | None
    in_force_until: date | None
    version: int
    created_by_id: int | None
    signature_id: int | None

    def in_force(self, on: date) -> bool:
        """Tell whether this edition is the one to work by on that day."""
        return (
            self.state == VersionState.APPROVED
            and self.in_force_from is not None
            and self.in_force_from <= on
            and (self.in_force_until is None or on < self.in_force_until)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class EditionRow:
    """One edition in the list of a method's editions, without its document."""

    id: int
    edition: str
    standard: str
    state: str
    in_force_from: date | None
    in_force_until: date | None
    changes: str
    trials: int | None
    document_hash: str
    writer: Texts | None
    signer: Texts | None
    signed_at: datetime | None

    def standing(self, on: date) -> str:
        """Return the state with what follows from its dates: coming, in force or superseded on that day."""
        if self.state != VersionState.APPROVED or self.in_force_from is None:
            return self.state
        if on < self.in_force_from:
            return "coming"
        return "superseded" if self.in_force_until is not None and self.in_force_until <= on else "in force"


_VERSIONS = (
    select(
        MethodVersion.id,
        MethodVersion.method_id,
        Method.code,
        Method.title,
        Method.kind,
        Method.accredited,
        Method.laboratory_id,
        Laboratory.branch_id,
        MethodVersion.edition,
        MethodVersion.standard,
        MethodVersion.document,
        MethodVersion.document_hash,
        MethodVersion.changes,
        MethodVersion.trials,
        MethodVersion.state,
        MethodVersion.in_force_from,
        MethodVersion.in_force_until,
        MethodVersion.version,
        MethodVersion.created_by_id,
        MethodVersion.signature_id,
    )
    .join(Method, Method.id == MethodVersion.method_id)
    .join(Laboratory, Laboratory.id == Method.laboratory_id)
)


def _version_view(row: Row[*tuple[Any, ...]]) -> VersionView:
    known = row._asdict()
    return VersionView(document=json.loads(known.pop("document")), **known)


def in_force_on(on: date) -> ColumnElement[bool]:
    """Return the condition on editions: the one to work by on that day."""
    return and_(
        MethodVersion.state == VersionState.APPROVED,
        MethodVersion.in_force_from <= on,
        or_(MethodVersion.in_force_until.is_(None), MethodVersion.in_force_until > on),
    )


def version(session: Session, version_id: int) -> VersionView:
    """Return one edition, whatever its state."""
    row = session.execute(_VERSIONS.where(MethodVersion.id == version_id)).first()
    if row is None:
        raise NotFound("There is no such edition of a method.")
    return _version_view(row)


def version_in_force(session: Session, method_id: int, on: date) -> VersionView | None:
    """Return the edition to work by on that day, if there is one."""
    query = _VERSIONS.where(MethodVersion.method_id == method_id, in_force_on(on))
    row = session.execute(query.order_by(MethodVersion.in_force_from.desc()).limit(1)).first()
    return _version_view(row) if row else None


_IN_FORCE_BETWEEN = and_(
    MethodVersion.method_id.in_(bindparam("method_ids", expanding=True)),
    MethodVersion.state == VersionState.APPROVED,
    MethodVersion.in_force_from <= bindparam("until"),
    or_(MethodVersion.in_force_until.is_(None), MethodVersion.in_force_until > bindparam("since")),
)
_AT_WORK = _VERSIONS.where(
    or_(MethodVersion.id.in_(bindparam("version_ids", expanding=True)), _IN_FORCE_BETWEEN)
).order_by(MethodVersion.in_force_from.desc())
"""Made once, as every result that is entered asks it."""


def versions_at_work(
    session: Session, *, version_ids: Collection[int], method_ids: Collection[int], since: date, until: date
) -> list[VersionView]:
    """Return these editions, and those of these methods that are in force on a day of a time; newest first."""
    asked = {"version_ids": list(version_ids), "method_ids": list(method_ids), "since": since, "until": until}
    return [_version_view(row) for row in session.execute(_AT_WORK, asked)]


def versions(session: Session, method_id: int) -> list[VersionView]:
    """Return every edition of a method, newest first."""
    rows = session.execute(_VERSIONS.where(MethodVersion.method_id == method_id).order_by(MethodVersion.id.desc()))
    return [_version_view(row) for row in rows]


def editions(session: Session, method_id: int) -> list[EditionRow]:
    """Return every edition of a method for a list, newest first: who wrote it, who signed; one statement."""
    query = (
        select(MethodVersion, _Writer.name, Signature.signer, Signature.at)
        .outerjoin(_Writer, _Writer.id == MethodVersion.created_by_id)
        .outerjoin(Signature, Signature.id == MethodVersion.signature_id)
        .where(MethodVersion.method_id == method_id)
        .order_by(MethodVersion.id.desc())
    )
    return [
        EditionRow(
            id=row.id,
            edition=row.edition,
            standard=row.standard,
            state=row.state,
            in_force_from=row.in_force_from,
            in_force_until=row.in_force_until,
            changes=row.changes,
            trials=row.trials,
            document_hash=row.document_hash,
            writer=writer,
            signer=signer,
            signed_at=at,
        )
        for row, writer, signer, at in session.execute(query)
    ]
