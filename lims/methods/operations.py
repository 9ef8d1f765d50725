"""What is done to methods: write an edition, send it for review, approve it, authorise people, offer services."""

from __future__ import annotations

import json
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date
from importlib import metadata
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from lims import clock
from lims.errors import Invalid, NotFound, Refused
from lims.methods import procedure
from lims.methods.document import canonical_hash, checked
from lims.methods.records import Competence, Method, MethodVersion, Service, Validation
from lims.methods.states import COMPETENCE, VERSION, Activity, CompetenceState, VersionState
from lims.methods.validation import Compared
from lims.people.operations import sign
from lims.people.records import Laboratory
from lims.people.rights import Actor, Right
from lims.store import audit, canonical, search, states
from lims.store.db import Texts


def create_method(
    session: Session, *, by: Actor, code: str, title: Texts, kind: str, laboratory_id: int, accredited: bool = False
) -> Method:
    """Enter a method without any edition yet (7.2.1.2). Refuses a code that exists."""
    branch_id = _branch(session, laboratory_id)
    by.must(Right.MANAGE_METHODS, branch_id=branch_id, laboratory_id=laboratory_id)
    if kind not in {"testing", "calibration"}:
        raise Invalid("A method is for testing or for calibration.", {"kind": "Choose testing or calibration."})
    if session.scalar(select(Method.id).where(Method.code == code)):
        raise Invalid("A method with this code exists already.", {"code": "Choose another code."})
    method = Method(code=code, title=title, kind=kind, laboratory_id=laboratory_id, accredited=accredited)
    session.add(method)
    session.flush()
    audit.record(
        session,
        by=by,
        thing="method",
        thing_id=method.id,
        action="create",
        branch_id=branch_id,
        new={"code": code, "title": title, "kind": kind, "accredited": accredited},
    )
    search.index(
        session,
        kind="method",
        thing_id=method.id,
        branch_id=branch_id,
        laboratory_id=laboratory_id,
        title=code,
        subtitle=title.get("en", ""),
        texts=[code, *title.values()],
    )
    return method


def write_version(
    session: Session,
    *,
    by: Actor,
    method_id: int,
    edition: str,
    standard: str,
    document: Mapping[str, Any],
    changes: str = "",
) -> MethodVersion:
    """Write a new edition as a draft; the document is parsed, so what is stored can be evaluated (7.2.1)."""
    method, branch_id = _method(session, method_id)
    by.must(Right.MANAGE_METHODS, branch_id=branch_id, laboratory_id=method.laboratory_id)
    text, digest = _frozen(document)
    if session.scalar(select(MethodVersion.id).filter_by(method_id=method_id, edition=edition)):
        raise Invalid("This edition exists already.", {"edition": "Give the new edition a name of its own."})
    row = MethodVersion(
        method_id=method_id,
        edition=edition,
        standard=standard,
        document=text,
        document_hash=digest,
        changes=changes,
        created_by_id=by.person_id,
    )
    session.add(row)
    session.flush()
    audit.record(
        session,
        by=by,
        thing=VERSION.thing,
        thing_id=row.id,
        action="write",
        branch_id=branch_id,
        new={"method": method.code, "edition": edition, "standard": standard, "document_hash": digest},
        why=changes,
    )
    return row


def change_draft(
    session: Session, *, by: Actor, version_id: int, document: Mapping[str, Any], seen_version: int, changes: str
) -> MethodVersion:
    """Write a draft's document again; refuses once it left the draft (7.2.1, 8.3)."""
    row, method, branch_id = _version(session, version_id)
    by.must(Right.MANAGE_METHODS, branch_id=branch_id, laboratory_id=method.laboratory_id)
    states.check_seen(session, VERSION, row, seen_version)
    if row.state != VersionState.DRAFT:
        raise Refused(
            "Only a draft can be changed. Write a new edition instead.",
            rule="approved content is frozen",
            clause="8.3.2",
        )
    old = row.document_hash
    row.document, row.document_hash = _frozen(document)
    row.changes = changes
    row.version += 1
    audit.record(
        session,
        by=by,
        thing=VERSION.thing,
        thing_id=row.id,
        action="change",
        branch_id=branch_id,
        old={"document_hash": old},
        new={"document_hash": row.document_hash},
        why=changes,
    )
    session.flush()
    return row


def move_version(
    session: Session, *, by: Actor, version_id: int, name: str, seen_version: int, why: str = ""
) -> MethodVersion:
    """Send an edition for review, back, or withdraw it; approval is `approve_version`."""
    if name == "approve":
        raise Refused("Approval needs a signature.", rule="approval is a signature", clause="7.2.1")
    row, method, branch_id = _version(session, version_id)
    states.move(
        session,
        VERSION,
        row,
        name,
        by=by,
        branch_id=branch_id,
        laboratory_id=method.laboratory_id,
        seen_version=seen_version,
        why=why,
    )
    return row


def approve_version(
    session: Session,
    *,
    by: Actor,
    version_id: int,
    password: str,
    in_force_from: date,
    seen_version: int,
    seen_hash: str,
) -> MethodVersion:
    """Approve an edition with a signature over its document; it takes over from the one before on its day.

    Refuses the person who wrote it, and a page that showed another document (7.2.1, 8.3.2).
    """
    row, method, branch_id = _version(session, version_id)
    by.must(Right.APPROVE_METHODS, branch_id=branch_id, laboratory_id=method.laboratory_id)
    if row.created_by_id == by.person_id:
        raise Refused("Somebody else approves what you wrote.", rule="two persons", clause="8.3.2")
    if seen_hash != row.document_hash:
        raise Invalid("The document is not the one you were shown. Read it again.")
    before = list(
        session.scalars(
            select(MethodVersion).where(
                MethodVersion.method_id == method.id,
                MethodVersion.state == VersionState.APPROVED,
                MethodVersion.id != row.id,
                MethodVersion.in_force_until.is_(None),
            )
        )
    )
    if any(other.in_force_from and other.in_force_from >= in_force_from for other in before):
        raise Invalid("A later edition is in force from that day on already.", {"in_force_from": "Choose a later day."})
    states.move(
        session,
        VERSION,
        row,
        "approve",
        by=by,
        branch_id=branch_id,
        laboratory_id=method.laboratory_id,
        seen_version=seen_version,
    )
    row.signature_id = sign(
        session,
        by=by,
        password=password,
        meaning="approved",
        thing=VERSION.thing,
        thing_id=row.id,
        content_hash=row.document_hash,
    )
    row.in_force_from = in_force_from
    for other in before:
        other.in_force_until = in_force_from
    session.flush()
    return row


def offer_service(
    session: Session,
    *,
    by: Actor,
    code: str,
    name: Texts,
    method_id: int,
    laboratory_id: int,
    turnaround_days: int,
    fee: int | None = None,
) -> Service:
    """Put a method into the catalogue of a laboratory (7.1.1)."""
    branch_id = _branch(session, laboratory_id)
    by.must(Right.MANAGE_METHODS, branch_id=branch_id, laboratory_id=laboratory_id)
    if not 1 <= turnaround_days <= 366:
        raise Invalid("A turnaround is 1 to 366 working days.", {"turnaround_days": "Give 1 to 366 working days."})
    service = Service(
        code=code, name=name, method_id=method_id, laboratory_id=laboratory_id, turnaround_days=turnaround_days, fee=fee
    )
    session.add(service)
    session.flush()
    audit.record(
        session,
        by=by,
        thing="service",
        thing_id=service.id,
        action="offer",
        branch_id=branch_id,
        new={"code": code, "name": name, "method_id": method_id, "turnaround_days": turnaround_days, "fee": fee},
    )
    return service


def authorise(
    session: Session,
    *,
    by: Actor,
    person_id: int,
    method_id: int,
    activity: Activity,
    valid_from: date,
    valid_until: date | None,
    evidence: str,
    state: CompetenceState = CompetenceState.AUTHORISED,
    supervisor_id: int | None = None,
) -> Competence:
    """Record that a person may perform, review or sign a method (6.2.5, 6.2.6). Refuses authorising oneself."""
    method, branch_id = _method(session, method_id)
    by.must(Right.APPROVE_METHODS, branch_id=branch_id, laboratory_id=method.laboratory_id)
    if person_id == by.person_id:
        raise Refused("Nobody authorises themselves. Ask another manager.", rule="two persons", clause="6.2.5")
    if valid_until is not None and valid_until < valid_from:
        raise Invalid("It would end before it begins.", {"valid_until": "Give a day after the first one."})
    if state == CompetenceState.TRAINEE and supervisor_id in {None, person_id}:
        raise Invalid("A trainee works under a named supervisor.", {"supervisor_id": "Name the supervisor."})
    row = Competence(
        person_id=person_id,
        method_id=method_id,
        activity=activity,
        state=state,
        valid_from=valid_from,
        valid_until=valid_until,
        authorised_by_id=by.person_id,
        supervisor_id=supervisor_id,
        evidence=evidence,
    )
    session.add(row)
    session.flush()
    audit.record(
        session,
        by=by,
        thing=COMPETENCE.thing,
        thing_id=row.id,
        action="authorise",
        branch_id=branch_id,
        new={
            "person_id": person_id,
            "method": method.code,
            "activity": activity,
            "state": state,
            "valid_from": valid_from.isoformat(),
            "valid_until": valid_until.isoformat() if valid_until else None,
            "supervisor_id": supervisor_id,
        },
        why=evidence,
    )
    return row


def move_competence(
    session: Session, *, by: Actor, competence_id: int, name: str, seen_version: int, why: str
) -> Competence:
    """Suspend a competence or authorise it again (6.2.6)."""
    row = session.get(Competence, competence_id)
    if row is None:
        raise NotFound("There is no such authorisation.")
    method, branch_id = _method(session, row.method_id)
    states.move(
        session,
        COMPETENCE,
        row,
        name,
        by=by,
        branch_id=branch_id,
        laboratory_id=method.laboratory_id,
        seen_version=seen_version,
        why=why,
    )
    return row


def record_validation(session: Session, *, by: Actor, password: str, compared: Sequence[Compared]) -> Validation:
    """Store what the published cases gave on this installation, signed (7.11.2); a failed run is stored as failed."""
    by.must(Right.APPROVE_METHODS)
    protocol = canonical.to_text([asdict(one) for one in compared])
    row = Validation(
        at=clock.now(),
        code_version=metadata.version("lims"),
        platform=f"{platform.platform()}; Python {platform.python_version()}; numpy {metadata.version('numpy')}",
        cases=len({one.case for one in compared}),
        passed=all(one.passed for one in compared),
        protocol=protocol,
        protocol_hash=canonical.digest(protocol),
    )
    row.signature_id = sign(
        session,
        by=by,
        password=password,
        meaning="validated",
        thing="validation",
        thing_id=row.code_version,
        content_hash=row.protocol_hash,
    )
    session.add(row)
    session.flush()
    audit.record(
        session,
        by=by,
        thing="validation",
        thing_id=row.id,
        action="validate",
        branch_id=None,
        new={"version": row.code_version, "cases": row.cases, "passed": row.passed, "protocol": row.protocol_hash},
    )
    return row


def _frozen(document: Mapping[str, Any]) -> tuple[str, str]:
    """Return the text of a document that parses, and its hash; the order of keys stays: outputs use earlier ones."""
    procedure.parse(document)
    text = json.dumps(checked(document), ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text, canonical_hash(document)


def _branch(session: Session, laboratory_id: int) -> int:
    branch_id = session.scalar(select(Laboratory.branch_id).where(Laboratory.id == laboratory_id))
    if branch_id is None:
        raise NotFound("There is no such laboratory.")
    return branch_id


def _method(session: Session, method_id: int) -> tuple[Method, int]:
    method = session.get(Method, method_id)
    if method is None:
        raise NotFound("There is no such method.")
    return method, _branch(session, method.laboratory_id)


def _version(session: Session, version_id: int) -> tuple[MethodVersion, Method, int]:
    row = session.get(MethodVersion, version_id)
    if row is None:
        raise NotFound("There is no such edition of a method.")
    return row, *_method(session, row.method_id)
