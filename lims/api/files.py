"""Files that instruments wrote over JSON: send one, look at what it would give, take it as readings."""

from __future__ import annotations

from typing import Any

from flask import Response
from flask_smorest import Blueprint

from lims.api.content import decoded
from lims.api.files_schemas import (
    ChoiceSchema,
    FilesQuerySchema,
    MoveSchema,
    NewSentFileSchema,
    PreviewSchema,
    SentFileSchema,
    SentFilesSchema,
    StoredFileSchema,
    TakeSchema,
    stored,
)
from lims.http.parsers import parser_of
from lims.http.rights import needs, signed_in_actor
from lims.http.session import open_transaction
from lims.people.rights import Right
from lims.results import operations, queries
from lims.results.queries import Choice, Preview, SentFileView
from lims.results.queries.sent_files import LOOKERS
from lims.store.db import Session

bp = Blueprint("api-files", __name__, url_prefix="/api/v1/files", description="Files that instruments wrote")


@bp.get("")
@bp.arguments(FilesQuerySchema, location="query")
@bp.response(200, SentFilesSchema)
@needs(*LOOKERS)
def files(asked: dict[str, Any]) -> dict[str, Any]:
    """List the latest 200 files, newest first."""
    with open_transaction() as session:
        return {"rows": queries.sent_files(session, by=signed_in_actor(), **asked)}


@bp.post("")
@bp.arguments(NewSentFileSchema)
@bp.response(201, SentFileSchema)
@needs(Right.ENTER_READINGS)
def send(given: dict[str, Any]) -> SentFileView:
    """Keep a file; the same one of the same instrument again is the one that is there."""
    by = signed_in_actor()
    with open_transaction() as session:
        row = operations.keep_sent_file(
            session,
            by=by,
            instrument_id=given["instrument_id"],
            content=decoded(given["content"]),
            name=given["name"],
            parser=parser_of(given["parser"]),
        )
        return queries.sent_file(session, by=by, sent_file_id=row.id)


@bp.get("/<int:sent_file_id>")
@bp.response(200, StoredFileSchema)
@needs(*LOOKERS)
def file(sent_file_id: int) -> dict[str, Any]:
    """Show a file and where its rows went."""
    with open_transaction() as session:
        return _stored(session, sent_file_id)


def _stored(session: Session, sent_file_id: int) -> dict[str, Any]:
    by = signed_in_actor()
    sent = queries.sent_file(session, by=by, sent_file_id=sent_file_id)
    return stored(sent, queries.taken_from(session, by=by, sent_file_id=sent_file_id))


@bp.get("/<int:sent_file_id>/content")
@bp.response(200, content_type="application/octet-stream")
@needs(*LOOKERS)
def content(sent_file_id: int) -> Response:
    """Send the file as it came."""
    with open_transaction() as session:
        found = queries.sent_content(session, by=signed_in_actor(), sent_file_id=sent_file_id)
    response = Response(found, mimetype="application/octet-stream")
    response.headers["Content-Disposition"] = f'attachment; filename="file-{sent_file_id}"'
    response.headers["Cache-Control"] = "no-store"
    return response


@bp.post("/<int:sent_file_id>/look")
@bp.arguments(ChoiceSchema)
@bp.response(200, PreviewSchema)
@needs(Right.ENTER_READINGS)
def look(given: dict[str, Any], sent_file_id: int) -> Preview:
    """Show what it would give; nothing is stored."""
    by = signed_in_actor()
    with open_transaction() as session:
        sent = queries.sent_file(session, by=by, sent_file_id=sent_file_id)
        parser = parser_of(given.pop("parser") or sent.parser)
        return queries.preview(session, by=by, sent=sent, parser=parser, choice=_choice(given))


@bp.post("/<int:sent_file_id>/take")
@bp.arguments(TakeSchema)
@bp.response(200, StoredFileSchema)
@needs(Right.ENTER_READINGS)
def take(given: dict[str, Any], sent_file_id: int) -> dict[str, Any]:
    """Take every row as a reading of its line, or none."""
    by = signed_in_actor()
    seen, why = given.pop("seen_version"), given.pop("why")
    with open_transaction() as session:
        sent = queries.sent_file(session, by=by, sent_file_id=sent_file_id)
        parser = parser_of(given.pop("parser") or sent.parser)
        operations.take_sent_file(
            session,
            by=by,
            sent_file_id=sent_file_id,
            seen_version=seen,
            parser=parser,
            choice=_choice(given),
            why=why,
        )
        return _stored(session, sent_file_id)


def _choice(given: dict[str, Any]) -> Choice:
    return Choice(**{**given, "left_out": frozenset(given["left_out"])})


@bp.post("/<int:sent_file_id>/<any('set-aside', 'bring-back'):name>")
@bp.arguments(MoveSchema)
@bp.response(200, SentFileSchema)
@needs(Right.ENTER_READINGS)
def move(given: dict[str, Any], sent_file_id: int, name: str) -> SentFileView:
    """Set a file aside, or bring it back, saying why."""
    operation = operations.set_aside if name == "set-aside" else operations.bring_back
    by = signed_in_actor()
    with open_transaction() as session:
        operation(session, by=by, sent_file_id=sent_file_id, **given)
        return queries.sent_file(session, by=by, sent_file_id=sent_file_id)
