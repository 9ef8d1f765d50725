"""What is asked about methods: versions in force, the service catalogue, competence."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, or_, select
from sqlalchemy.orm import Session

from lims.errors import NotFound
from lims.methods.records import Competence, Method, MethodVersion, Service
from lims.methods.states import Activity, CompetenceState, VersionState
from lims.people.records import Laboratory, Person
from lims.store.db import Texts


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
class MethodRow:
    """One method in a list, with the edition in force."""

    id: int
    code: str
    title: Texts
    kind: str
    accredited: bool
    laboratory: Texts
    edition: str | None
    standard: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceView:
    """One row of the catalogue."""

    id: int
    code: str
    name: Texts
    method_id: int
    method_code: str
    laboratory_id: int
    laboratory: Texts
    branch_id: int
    turnaround_days: int
    fee: int | None
    kind: str


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


def _versions() -> Select[MethodVersion, Method, int]:
    return (
        select(MethodVersion, Method, Laboratory.branch_id)
        .join(Method, Method.id == MethodVersion.method_id)
        .join(Laboratory, Laboratory.id == Method.laboratory_id)
    )


def _version_view(edition: MethodVersion, method: Method, branch_id: int) -> VersionView:
    return VersionView(
        id=edition.id,
        method_id=method.id,
        code=method.code,
        title=method.title,
        kind=method.kind,
        accredited=method.accredited,
        laboratory_id=method.laboratory_id,
        branch_id=branch_id,
        edition=edition.edition,
        standard=edition.standard,
        document=json.loads(edition.document),
        document_hash=edition.document_hash,
        changes=edition.changes,
        state=edition.state,
        in_force_from=edition.in_force_from,
        in_force_until=edition.in_force_until,
        version=edition.version,
        created_by_id=edition.created_by_id,
        signature_id=edition.signature_id,
    )


def _in_force(on: date) -> ColumnElement[bool]:
    return and_(
        MethodVersion.state == VersionState.APPROVED,
        MethodVersion.in_force_from <= on,
        or_(MethodVersion.in_force_until.is_(None), MethodVersion.in_force_until > on),
    )


def version(session: Session, version_id: int) -> VersionView:
    """Return one edition, whatever its state."""
    row = session.execute(_versions().where(MethodVersion.id == version_id)).first()
    if row is None:
        raise NotFound("There is no such edition of a method.")
    return _version_view(*row)


def version_in_force(session: Session, method_id: int, on: date) -> VersionView | None:
    """Return the edition to work by on that day, if there is one."""
    query = _versions().where(MethodVersion.method_id == method_id, _in_force(on))
    row = session.execute(query.order_by(MethodVersion.in_force_from.desc()).limit(1)).first()
    return _version_view(*row) if row else None


def versions(session: Session, method_id: int) -> list[VersionView]:
    """Return every edition of a method, newest first."""
    rows = session.execute(_versions().where(MethodVersion.method_id == method_id).order_by(MethodVersion.id.desc()))
    return [_version_view(*row) for row in rows]


def methods(session: Session, *, on: date, words: str = "", laboratory_id: int | None = None) -> list[MethodRow]:
    """Return all methods with the edition in force on that day."""
    query = (
        select(Method, Laboratory.name, MethodVersion.edition, MethodVersion.standard)
        .join(Laboratory, Laboratory.id == Method.laboratory_id)
        .outerjoin(MethodVersion, and_(MethodVersion.method_id == Method.id, _in_force(on)))
        .order_by(Method.code)
    )
    if laboratory_id is not None:
        query = query.where(Method.laboratory_id == laboratory_id)
    if words:
        query = query.where(
            or_(*(column.icontains(words, autoescape=True) for column in _named(Method.code, Method.title)))
        )
    return [
        MethodRow(
            id=method.id,
            code=method.code,
            title=method.title,
            kind=method.kind,
            accredited=method.accredited,
            laboratory=laboratory,
            edition=edition,
            standard=standard,
        )
        for method, laboratory, edition, standard in session.execute(query)
    ]


def _named(code: Any, texts: Any) -> Sequence[ColumnElement[str]]:
    return (code, texts["en"].astext, texts["zh_Hant_TW"].astext)


def services(
    session: Session, *, laboratory_id: int | None = None, branch_id: int | None = None, words: str = ""
) -> list[ServiceView]:
    """Return the active catalogue of a laboratory, a branch or the bureau."""
    query = (
        select(Service, Method, Laboratory)
        .join(Method, Method.id == Service.method_id)
        .join(Laboratory, Laboratory.id == Service.laboratory_id)
        .where(Service.active)
        .order_by(Laboratory.id, Service.code)
    )
    if laboratory_id is not None:
        query = query.where(Service.laboratory_id == laboratory_id)
    if branch_id is not None:
        query = query.where(Laboratory.branch_id == branch_id)
    if words:
        query = query.where(or_(*(c.icontains(words, autoescape=True) for c in _named(Service.code, Service.name))))
    return [
        ServiceView(
            id=service.id,
            code=service.code,
            name=service.name,
            method_id=method.id,
            method_code=method.code,
            laboratory_id=laboratory.id,
            laboratory=laboratory.name,
            branch_id=laboratory.branch_id,
            turnaround_days=service.turnaround_days,
            fee=service.fee,
            kind=method.kind,
        )
        for service, method, laboratory in session.execute(query)
    ]


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
    query = _competences().where(
        Competence.person_id == person_id, Competence.method_id == method_id, Competence.activity == activity
    )
    views = [_competence_view(*row) for row in session.execute(query)]
    valid = [view for view in views if view.valid(on)]
    return min(valid, key=lambda view: view.state != CompetenceState.AUTHORISED, default=None)


def competences(
    session: Session, *, method_id: int | None = None, person_id: int | None = None
) -> list[CompetenceView]:
    """Return authorisations of a method, of a person, or all."""
    query = _competences()
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
