"""Competence: who may do what for a method on a day (6.2.5, 6.2.6)."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from lims.methods.records import Competence, Method
from lims.methods.states import Activity, CompetenceState
from lims.people.records import Person
from lims.store.db import Texts


@dataclass(frozen=True, slots=True, kw_only=True)
class CompetenceView:
    """One authorisation as it stands on a day."""

    id: int
    person_id: int
    person: Texts
    method_id: int
    method_code: str
    method_title: Texts
    activity: str
    state: str
    valid_from: date
    valid_until: date | None
    authorised_by_id: int | None
    supervisor_id: int | None
    evidence: str
    version: int

    def valid(self, on: date) -> bool:
        """Tell whether it lets the person work on that day; a trainee may, under the named supervisor (6.2.5)."""
        alone = self.state == CompetenceState.AUTHORISED
        supervised = self.state == CompetenceState.TRAINEE and self.supervisor_id is not None
        in_time = self.valid_from <= on and (self.valid_until is None or on <= self.valid_until)
        return (alone or supervised) and in_time


def _competences() -> Select[Competence, Texts, Method]:
    return (
        select(Competence, Person.name, Method)
        .join(Person, Person.id == Competence.person_id)
        .join(Method, Method.id == Competence.method_id)
        .order_by(Method.code, Person.id, Competence.activity, Competence.valid_from.desc())
    )


def _competence_view(competence: Competence, person: Texts, method: Method) -> CompetenceView:
    return CompetenceView(
        id=competence.id,
        person_id=competence.person_id,
        person=person,
        method_id=method.id,
        method_code=method.code,
        method_title=method.title,
        activity=competence.activity,
        state=competence.state,
        valid_from=competence.valid_from,
        valid_until=competence.valid_until,
        authorised_by_id=competence.authorised_by_id,
        supervisor_id=competence.supervisor_id,
        evidence=competence.evidence,
        version=competence.version,
    )


def competent(session: Session, person_id: int, method_id: int, activity: Activity, on: date) -> CompetenceView | None:
    """Return what lets this person do this for the method on that day, or None (6.2.5, 6.2.6)."""
    return best(held(session, person_id, [method_id], activity).get(method_id, ()), on)


def held(
    session: Session, person_id: int, method_ids: Collection[int], activity: Activity
) -> dict[int, list[CompetenceView]]:
    """Return a person's authorisations for an activity by method, whatever their days; one statement."""
    query = _competences().where(
        Competence.person_id == person_id, Competence.method_id.in_(method_ids), Competence.activity == activity
    )
    found: dict[int, list[CompetenceView]] = {}
    for row in session.execute(query):
        view = _competence_view(*row)
        found.setdefault(view.method_id, []).append(view)
    return found


def best(views: Iterable[CompetenceView], on: date) -> CompetenceView | None:
    """Return what lets the person work on that day: alone rather than under a supervisor."""
    valid = [view for view in views if view.valid(on)]
    return min(valid, key=lambda view: view.state != CompetenceState.AUTHORISED, default=None)


def competences(
    session: Session,
    *,
    method_id: int | None = None,
    person_id: int | None = None,
    laboratory_id: int | None = None,
    ends_before: date | None = None,
) -> list[CompetenceView]:
    """Return authorisations of a method, a person, a laboratory's methods, or all; perhaps those that end by a day."""
    query = _competences()
    if laboratory_id is not None:
        query = query.where(Method.laboratory_id == laboratory_id)
    if ends_before is not None:
        query = query.where(Competence.valid_until <= ends_before)
    if method_id is not None:
        query = query.where(Competence.method_id == method_id)
    if person_id is not None:
        query = query.where(Competence.person_id == person_id)
    return [_competence_view(*row) for row in session.execute(query)]


def people_for(session: Session, method_id: int, activity: Activity, on: date) -> dict[int, Texts]:
    """Return who may do this for the method on that day: person's id and name, for choosing whom to assign."""
    query = _competences().where(Competence.method_id == method_id, Competence.activity == activity)
    views = (_competence_view(*row) for row in session.execute(query))
    return {view.person_id: view.person for view in views if view.valid(on)}
