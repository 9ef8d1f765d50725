"""Oneself, branches, laboratories and clients over JSON."""

from __future__ import annotations

from typing import Any

from flask_smorest import Blueprint

from lims.api.people_schemas import (
    BranchSchema,
    ChangedClientSchema,
    ClientSchema,
    ClientsQuerySchema,
    LaboratoryQuerySchema,
    LaboratorySchema,
    MeSchema,
    NewClientSchema,
)
from lims.http.rights import needs, signed_in, signed_in_actor
from lims.http.session import open_transaction
from lims.people import operations, queries
from lims.people.queries import CLIENT_READERS, BranchView, ClientView, LaboratoryView
from lims.people.rights import Right

bp = Blueprint("api-people", __name__, url_prefix="/api/v1", description="Oneself, branches, laboratories, clients")


@bp.get("/me")
@bp.response(200, MeSchema)
@signed_in
def me() -> dict[str, object]:
    """Tell who the token stands for and what it may do, where."""
    actor = signed_in_actor()
    with open_transaction() as session:
        person = queries.person(session, actor.person_id or 0)
    grants = sorted(actor.grants, key=lambda one: (one.right, one.branch_id or 0, one.laboratory_id or 0))
    return {"person": person, "rights": grants}


@bp.get("/branches")
@bp.response(200, BranchSchema(many=True))
@signed_in
def branches() -> list[BranchView]:
    """List branches."""
    with open_transaction() as session:
        return queries.branches(session)


@bp.get("/laboratories")
@bp.arguments(LaboratoryQuerySchema, location="query")
@bp.response(200, LaboratorySchema(many=True))
@signed_in
def laboratories(asked: dict[str, Any]) -> list[LaboratoryView]:
    """List laboratories, of one branch or of all."""
    with open_transaction() as session:
        return queries.laboratories(session, branch_id=asked["branch_id"])


@bp.get("/clients")
@bp.arguments(ClientsQuerySchema, location="query")
@bp.response(200, ClientSchema(many=True))
@needs(*CLIENT_READERS)
def clients(asked: dict[str, Any]) -> list[ClientView]:
    """Find clients by code, name or company number."""
    with open_transaction() as session:
        return queries.clients(session, by=signed_in_actor(), **asked)


@bp.get("/clients/<int:client_id>")
@bp.response(200, ClientSchema)
@needs(*CLIENT_READERS)
def client(client_id: int) -> ClientView:
    """Show one client."""
    with open_transaction() as session:
        return queries.client(session, client_id, by=signed_in_actor())


@bp.post("/clients")
@bp.arguments(NewClientSchema)
@bp.response(201, ClientSchema)
@needs(Right.REGISTER)
def enter_client(given: dict[str, Any]) -> ClientView:
    """Enter a client."""
    by = signed_in_actor()
    with open_transaction() as session:
        made = operations.create_client(session, by=by, **given)
        return queries.client(session, made.id, by=by)


@bp.patch("/clients/<int:client_id>")
@bp.arguments(ChangedClientSchema)
@bp.response(200, ClientSchema)
@needs(Right.REGISTER)
def change_client(given: dict[str, Any], client_id: int) -> ClientView:
    """Change what is known of a client; what is not sent stays as it is."""
    by, seen = signed_in_actor(), given.pop("seen_version")
    with open_transaction() as session:
        operations.change_client(session, by=by, client_id=client_id, seen_version=seen, changes=given)
        return queries.client(session, client_id, by=by)
