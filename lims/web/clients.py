"""Pages of clients: the list, a new one, one client with what it ordered; confidential (ISO/IEC 17025 4.2)."""

from __future__ import annotations

from flask import Blueprint, render_template, request, url_for

from lims.errors import Invalid
from lims.http.fields import texts, word
from lims.http.forms import Answer, act, seen_version
from lims.http.rights import needs, signed_in_actor
from lims.http.session import open_transaction
from lims.people import operations, queries
from lims.people.queries import CLIENT_READERS
from lims.people.rights import Right
from lims.samples.queries import jobs
from lims.store import audit
from lims.store.db import Session
from lims.words import LOCALES

bp = Blueprint("clients", __name__)

PAGE = 50


@bp.get("/clients")
@needs(*CLIENT_READERS)
def index() -> str:
    """List clients by code; words and the page live in the address."""
    words, after = request.args.get("words", ""), request.args.get("cursor", "")
    with open_transaction() as session:
        found = queries.clients(session, by=signed_in_actor(), words=words, after=after, limit=PAGE + 1)
    cursor = found[PAGE - 1].code if len(found) > PAGE else None
    return render_template("clients/index.html", clients=found[:PAGE], cursor=cursor, words=words)


@bp.get("/clients/new")
@needs(Right.REGISTER)
def new() -> str:
    """Show an empty form."""
    return render_template("clients/new.html")


@bp.post("/clients/new")
@needs(Right.REGISTER)
def create() -> Answer:
    """Enter a client."""

    def enter(session: Session) -> int:
        given = _typed()
        given.pop("name")
        return operations.create_client(
            session, by=signed_in_actor(), code=word("code"), name=texts("name"), **given
        ).id

    return act(enter, done=_address, again=new)


@bp.get("/clients/<int:client_id>")
@needs(*CLIENT_READERS)
def show(client_id: int) -> str:
    """Show one client: what is known, the last jobs, what happened."""
    by = signed_in_actor()
    with open_transaction() as session:
        client = queries.client(session, client_id, by=by)
        last = jobs(session, by=by, client_id=client_id, limit=10) if by.may(Right.READ) else None
        events = audit.time_line(session, "client", client_id, limit=30)
    return render_template("clients/show.html", client=client, jobs=last, events=events)


@bp.post("/clients/<int:client_id>")
@needs(Right.REGISTER)
def change(client_id: int) -> Answer:
    """Change what is known of a client; refused where somebody else was faster."""

    def store(session: Session) -> None:
        operations.change_client(
            session,
            by=signed_in_actor(),
            client_id=client_id,
            seen_version=seen_version(),
            changes=_typed() | {"active": "active" in request.form},
        )

    return act(store, done=_address(client_id), again=lambda: show(client_id))


def _typed() -> dict[str, object]:
    """Return what the form says of a client; empty fields are None."""
    language = word("report_language")
    if language not in LOCALES:
        raise Invalid("The language of reports is not chosen.", {"report_language": "Choose from the list."})
    plain = {name: word(name) or None for name in ("company_number", "contact", "email", "phone")}
    return {"name": texts("name"), "address": texts("address") or None, "report_language": language, **plain}


def _address(client_id: int) -> str:
    return url_for("clients.show", client_id=client_id)
