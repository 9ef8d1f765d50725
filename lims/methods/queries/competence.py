"""Competence: who may do what for a method on a day (6.2.5, 6.2.6)."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Row, bindparam, select
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


_COMPETENCES = (
    select(
        Competence.id,
        Competence.person_id,
        Person.name.label("person"),
        Competence.method_id,
        Method.code.label("method_code"),
        Method.title.label("method_title"),
        Competence.activity,
        Competence.state,
        Competence.valid_from,
        Competence.valid_until,
        Competence.authorised_by_id,
        Competence.supervisor_id,
        Competence.evidence,
        Competence.version,
    )
    .join(Person, Person.id == Competence.person_id)
    .join(Method, Method.id == Competence.method_id)
    .order_by(Method.code, Person.id, Competence.activity, Competence.valid_from.desc())
)
_HELD = _COMPETENCES.where(
    Competence.person_id == bindparam("person_id"),
    Competence.method_id.in_(bindparam("method_ids", expanding=True)),
    Competence.activity == bindparam("activity"),
)
"""Made once: every result that is entered, submitted or reviewed asks it."""


def _view(row: Row[*tuple[Any, ...]]) -> CompetenceView:
    return CompetenceView(**row._asdict())


def competent(session: Session, person_id: int, method_id: int, activity: Activity, on: date) -> CompetenceView | None:
    """Return what lets this person do this for the method on that day, or None (6.2.5, 6.2.6)."""
    return best(held(session, person_id, [method_id], activity).get(method_id, ()), on)


def held(
    session: Session, person_id: int, method_ids: Collection[int], activity: Activity
) -> dict[int, list[CompetenceView]]:
    """Return a person's authorisations for an activity by method, whatever their days; one statement."""
    found: dict[int, list[CompetenceView]] = {}
    asked = {"person_id": person_id, "method_ids": list(method_ids), "activity": activity}
    for row in session.execute(_HELD, asked):
        found.setdefault(row.method_id, []).append(_view(row))
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
    query = _COMPETENCES
    if laboratory_id is not None:
        query = query.where(Method.laboratory_id == laboratory_id)
    if ends_before is not None:
        query = query.where(Competence.valid_until <= ends_before)
    if method_id is not None:
        query = query.where(Competence.method_id == method_id)
    if person_id is not None:
        query = query.where(Competence.person_id == person_id)
    return [_view(row) for row in session.execute(query)]


def people_for(session: Session, method_id: int, activity: Activity, on: date) -> dict[int, Texts]:
    """Return who may do this for the method on that day: person's id and name, for choosing whom to assign."""
    query = _COMPETENCES.where(Competence.method_id == method_id, Competence.activity == activity)
    views = (_view(row) for row in session.execute(query))
    return {view.person_id: view.person for view in views if view.valid(on)}
