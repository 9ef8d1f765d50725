"""Methods, their editions, who may do what, and the catalogue of services over JSON."""

from __future__ import annotations

from typing import Any

from flask_smorest import Blueprint

from lims import clock
from lims.api.methods_schemas import (
    CompetenceSchema,
    EditionSchema,
    FeedSchema,
    MethodSchema,
    MethodsQuerySchema,
    MethodsSchema,
    NewEditionSchema,
    NewStudySchema,
    ServicesSchema,
    StudySchema,
)
from lims.http.rights import needs, signed_in_actor
from lims.http.session import open_transaction
from lims.methods import operations, queries
from lims.methods.queries import CompetenceView, StudyView, VersionView
from lims.people.rights import Right
from lims.samples.calendar import local_date

bp = Blueprint("api-methods", __name__, url_prefix="/api/v1", description="Methods and the catalogue of services")


@bp.get("/methods")
@bp.arguments(MethodsQuerySchema, location="query")
@bp.response(200, MethodsSchema)
@needs(Right.READ)
def methods(asked: dict[str, Any]) -> dict[str, object]:
    """List methods by code, with the edition in force today."""
    cursor, limit = asked.pop("cursor"), asked.pop("limit")
    today = local_date(clock.now(), signed_in_actor().time_zone)
    with open_transaction() as session:
        found = queries.methods(session, on=today, after=cursor, limit=limit + 1, **asked)
    return {"rows": found[:limit], "cursor": found[limit - 1].code if len(found) > limit else None}


@bp.get("/methods/<int:method_id>")
@bp.response(200, MethodSchema)
@needs(Right.READ)
def method(method_id: int) -> dict[str, object]:
    """Show one method with all its editions."""
    with open_transaction() as session:
        found = queries.method(session, method_id)
        editions = queries.editions(session, method_id)
    return {name: getattr(found, name) for name in type(found).__slots__} | {"editions": editions}


@bp.get("/methods/<int:method_id>/competences")
@bp.response(200, CompetenceSchema(many=True))
@needs(Right.READ)
def competences(method_id: int) -> list[CompetenceView]:
    """List who may perform, review or sign a method."""
    with open_transaction() as session:
        queries.method(session, method_id)
        return queries.competences(session, method_id=method_id)


@bp.post("/methods/<int:method_id>/editions")
@bp.arguments(NewEditionSchema)
@bp.response(201, EditionSchema)
@needs(Right.MANAGE_METHODS)
def write_edition(given: dict[str, Any], method_id: int) -> VersionView:
    """Store a new edition as a draft; a fault of its document is refused with the key that has it."""
    with open_transaction() as session:
        made = operations.write_version(session, by=signed_in_actor(), method_id=method_id, **given)
        return queries.version(session, made.id)


@bp.get("/editions/<int:version_id>")
@bp.response(200, EditionSchema)
@needs(Right.READ)
def edition(version_id: int) -> VersionView:
    """Show one edition with its document."""
    with open_transaction() as session:
        return queries.version(session, version_id)


@bp.get("/editions/<int:version_id>/studies")
@bp.response(200, StudySchema(many=True))
@needs(Right.READ)
def studies(version_id: int) -> list[StudyView]:
    """List the validation studies of an edition, newest first."""
    with open_transaction() as session:
        queries.version(session, version_id)
        return queries.studies(session, version_id=version_id)


@bp.post("/editions/<int:version_id>/studies")
@bp.arguments(NewStudySchema)
@bp.response(201, StudySchema)
@needs(Right.MANAGE_METHODS)
def store_study(given: dict[str, Any], version_id: int) -> StudyView:
    """Compute a validation study and store it with its data; the same data again give the same study."""
    with open_transaction() as session:
        made = operations.store_study(session, by=signed_in_actor(), version_id=version_id, document=given["document"])
        return queries.study(session, made.id)


@bp.get("/studies/<int:study_id>")
@bp.response(200, StudySchema)
@needs(Right.READ)
def study(study_id: int) -> StudyView:
    """Show one validation study."""
    with open_transaction() as session:
        return queries.study(session, study_id)


@bp.post("/studies/<int:study_id>/edition")
@bp.arguments(FeedSchema)
@bp.response(201, EditionSchema)
@needs(Right.MANAGE_METHODS)
def feed_study(given: dict[str, Any], study_id: int) -> VersionView:
    """Write a draft like the study's edition, with what the study found as a contribution to an input."""
    with open_transaction() as session:
        made = operations.feed_study(session, by=signed_in_actor(), study_id=study_id, **given)
        return queries.version(session, made.id)


@bp.get("/services")
@bp.arguments(MethodsQuerySchema, location="query")
@bp.response(200, ServicesSchema)
@needs(Right.READ)
def services(asked: dict[str, Any]) -> dict[str, object]:
    """List what can be ordered, by code."""
    cursor, limit = asked.pop("cursor"), asked.pop("limit")
    with open_transaction() as session:
        found = queries.services(session, after=cursor, limit=limit + 1, **asked)
    return {"rows": found[:limit], "cursor": found[limit - 1].code if len(found) > limit else None}
