"""Validation studies of a method: stored with their data, and fed into a new edition (7.2.2)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from lims import clock
from lims.errors import NotFound
from lims.methods import document as documents
from lims.methods import studies
from lims.methods.document import canonical_hash
from lims.methods.operations.place import version_of
from lims.methods.operations.versions import write_version
from lims.methods.records import MethodVersion, Study
from lims.people.rights import Actor, Right
from lims.store import audit
from lims.words import FALLBACK, text_in


def store_study(session: Session, *, by: Actor, version_id: int, document: Mapping[str, Any] | str) -> Study:
    """Compute a validation study of an edition and store it with its data (7.2.2.1, 7.2.2.4).

    Refuses data that can't be computed, naming the key. The same data again are answered as done.
    """
    version, method, branch_id = version_of(session, version_id)
    by.must(Right.MANAGE_METHODS, branch_id=branch_id, laboratory_id=method.laboratory_id)
    plain = documents.load(document) if isinstance(document, str) else documents.checked(document)
    found = studies.study(plain)
    digest = canonical_hash(plain)
    known = session.query(Study).filter_by(method_version_id=version.id, content_hash=digest).first()
    if known is not None:
        return known
    row = Study(
        method_version_id=version.id,
        document=_text(plain),
        answer=_text(found.as_json()),
        content_hash=digest,
        at=clock.now(),
        by_id=by.person_id,
    )
    session.add(row)
    session.flush()
    audit.record(
        session,
        by=by,
        thing="method version",
        thing_id=version.id,
        action="store study",
        branch_id=branch_id,
        new={"study_id": row.id, "kind": found.kind, "content_hash": digest},
    )
    return row


def feed_study(session: Session, *, by: Actor, study_id: int, into: str, edition: str) -> MethodVersion:
    """Write a draft of a new edition: that of the study, with what it found as a contribution to an input (7.6.3).

    Refuses an input or output that the edition does not have, and an edition that exists already.
    """
    row = session.get(Study, study_id)
    if row is None:
        raise NotFound("There is no such study.")
    version, method, _branch_id = version_of(session, row.method_version_id)
    plain, answer = json.loads(row.document), json.loads(row.answer)
    origin = f"study {row.id}, {row.content_hash[:12]}"
    document = studies.fed(json.loads(version.document), answer, into, origin)
    title = text_in(plain.get("title"), FALLBACK) or answer["kind"]
    return write_version(
        session,
        by=by,
        method_id=method.id,
        edition=edition,
        standard=version.standard,
        document=document,
        changes=f"{into}: {title} ({origin})",
        trials=version.trials,
    )


def _text(value: Mapping[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
