"""Validation studies of editions, as pages and calls read them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from lims.errors import NotFound
from lims.methods import studies as pure
from lims.methods.records import MethodVersion, Study
from lims.people.queries import person_names
from lims.store.db import Texts


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyView:
    """One study; `places` are the inputs or outputs of its edition that it can feed."""

    id: int
    method_id: int
    method_version_id: int
    edition: str
    document: dict[str, Any]
    answer: dict[str, Any]
    places: tuple[str, ...]
    content_hash: str
    at: datetime
    by_id: int
    by: Texts


def studies(session: Session, *, version_id: int | None = None, study_id: int | None = None) -> list[StudyView]:
    """Return studies of an edition, newest first, or the one with a number."""
    query = select(Study, MethodVersion).join(MethodVersion, MethodVersion.id == Study.method_version_id)
    if version_id is not None:
        query = query.where(Study.method_version_id == version_id)
    if study_id is not None:
        query = query.where(Study.id == study_id)
    rows = session.execute(query.order_by(Study.id.desc())).all()
    names = person_names(session, {row.by_id for row, _version in rows})
    return [_view(row, version, names) for row, version in rows]


def study(session: Session, study_id: int) -> StudyView:
    """Return one study."""
    found = studies(session, study_id=study_id)
    if not found:
        raise NotFound("There is no such study.")
    return found[0]


def _view(row: Study, version: MethodVersion, names: dict[int, Texts]) -> StudyView:
    answer = json.loads(row.answer)
    return StudyView(
        id=row.id,
        method_id=version.method_id,
        method_version_id=version.id,
        edition=version.edition,
        document=json.loads(row.document),
        answer=answer,
        places=pure.places_for(json.loads(version.document), answer),
        content_hash=row.content_hash,
        at=row.at,
        by_id=row.by_id,
        by=names.get(row.by_id, {}),
    )
