"""Methods and the catalogue of services, as lists and one by one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, or_, select
from sqlalchemy.orm import Session

from lims.errors import NotFound
from lims.methods.queries.versions import in_force_on
from lims.methods.records import Method, MethodVersion, Service
from lims.people.records import Laboratory
from lims.store.db import Texts


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
class MethodView:
    """One method with the laboratory that keeps it."""

    id: int
    code: str
    title: Texts
    kind: str
    accredited: bool
    laboratory_id: int
    laboratory: Texts
    accent: str
    branch_id: int


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
    active: bool


def method(session: Session, method_id: int) -> MethodView:
    """Return one method."""
    query = select(Method, Laboratory).join(Laboratory, Laboratory.id == Method.laboratory_id)
    row = session.execute(query.where(Method.id == method_id)).first()
    if row is None:
        raise NotFound("There is no such method.")
    found, laboratory = row
    return MethodView(
        id=found.id,
        code=found.code,
        title=found.title,
        kind=found.kind,
        accredited=found.accredited,
        laboratory_id=laboratory.id,
        laboratory=laboratory.name,
        accent=laboratory.accent,
        branch_id=laboratory.branch_id,
    )


def methods(
    session: Session,
    *,
    on: date,
    words: str = "",
    laboratory_id: int | None = None,
    kind: str = "",
    after: str = "",
    limit: int | None = None,
) -> list[MethodRow]:
    """Return methods by code, from the code `after` on, with the edition in force on that day."""
    query = (
        select(Method, Laboratory.name, MethodVersion.edition, MethodVersion.standard)
        .join(Laboratory, Laboratory.id == Method.laboratory_id)
        .outerjoin(MethodVersion, and_(MethodVersion.method_id == Method.id, in_force_on(on)))
        .where(Method.code > after)
        .order_by(Method.code)
        .limit(limit)
    )
    if laboratory_id is not None:
        query = query.where(Method.laboratory_id == laboratory_id)
    if kind:
        query = query.where(Method.kind == kind)
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


def _services() -> Select[Service, Method, Laboratory]:
    return (
        select(Service, Method, Laboratory)
        .join(Method, Method.id == Service.method_id)
        .join(Laboratory, Laboratory.id == Service.laboratory_id)
        .order_by(Laboratory.id, Service.code)
    )


def _service_view(service: Service, method: Method, laboratory: Laboratory) -> ServiceView:
    return ServiceView(
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
        active=service.active,
    )


def service(session: Session, service_id: int) -> ServiceView:
    """Return one row of the catalogue."""
    row = session.execute(_services().where(Service.id == service_id)).first()
    if row is None:
        raise NotFound("There is no such service.")
    return _service_view(*row)


def services(
    session: Session,
    *,
    laboratory_id: int | None = None,
    branch_id: int | None = None,
    method_id: int | None = None,
    words: str = "",
    closed: bool = False,
    after: str = "",
    limit: int | None = None,
) -> list[ServiceView]:
    """Return the catalogue of a laboratory, a branch, a method or the bureau; `closed` adds what is not offered now.

    In the order of laboratories; with a `limit` in the order of codes, from the code `after` on.
    """
    query = _services()
    if limit is not None:
        query = query.where(Service.code > after).order_by(None).order_by(Service.code).limit(limit)
    if not closed:
        query = query.where(Service.active)
    if method_id is not None:
        query = query.where(Service.method_id == method_id)
    if laboratory_id is not None:
        query = query.where(Service.laboratory_id == laboratory_id)
    if branch_id is not None:
        query = query.where(Laboratory.branch_id == branch_id)
    if words:
        query = query.where(or_(*(c.icontains(words, autoescape=True) for c in _named(Service.code, Service.name))))
    return [_service_view(*row) for row in session.execute(query)]
