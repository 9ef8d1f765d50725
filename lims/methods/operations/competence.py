"""Competence: who may perform, review or sign a method, from when to when, and on what evidence (6.2)."""

from __future__ import annotations

from datetime import date

from sqlalchemy.orm import Session

from lims.errors import Invalid, NotFound
from lims.methods.operations.place import method_of
from lims.methods.records import Competence
from lims.methods.states import COMPETENCE, Activity, CompetenceState, refused_for_oneself
from lims.people.rights import Actor, Right
from lims.store import audit, states


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
    method, branch_id = method_of(session, method_id)
    by.must(Right.APPROVE_METHODS, branch_id=branch_id, laboratory_id=method.laboratory_id)
    if not evidence.strip():
        raise Invalid("An authorisation rests on evidence.", {"evidence": "Name the training, the test or the record."})
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
    if refusal := refused_for_oneself(session, row, by=by):
        raise refusal
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
    session: Session, *, by: Actor, method_id: int, competence_id: int, name: str, seen_version: int, why: str
) -> Competence:
    """Suspend a competence for a method or authorise it again (6.2.6). Refuses authorising oneself."""
    row = session.get(Competence, competence_id)
    if row is None or row.method_id != method_id:
        raise NotFound("There is no such authorisation.")
    method, branch_id = method_of(session, row.method_id)
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
