"""Files that instruments wrote: sent in the browser or by a bench, looked at row by row, taken as readings."""

from __future__ import annotations

from datetime import datetime

from flask import Blueprint, Response, render_template, request, url_for
from flask_babel import lazy_gettext

from lims.errors import Invalid, LimsError
from lims.http.fields import key, moment, word
from lims.http.forms import Answer, act, seen_version, sent_file, typed_list
from lims.http.parsers import parser_of, parsers
from lims.http.rights import needs, signed_in_actor
from lims.http.session import open_transaction
from lims.instruments import queries as instruments
from lims.instruments.export import Parser
from lims.instruments.queries import InstrumentView
from lims.instruments.states import InstrumentState
from lims.methods.fill import RequiredInput
from lims.people.rights import Actor, Right
from lims.results import operations, queries
from lims.results.queries import Choice, Preview, SentFileView
from lims.results.queries.sent_files import LOOKERS, MOST_SHOWN
from lims.results.states import SENT_FILE, FileState
from lims.samples.queries import LineView
from lims.store import audit
from lims.store.db import Session
from lims.store.states import names_offered
from lims.web.display import text

bp = Blueprint("files", __name__, url_prefix="/files")


TITLES = {
    "plain-table": lazy_gettext("Table of values (CSV, UTF-8)"),
    "plain-table-big5": lazy_gettext("Table of values with Chinese headings (CSV, Big5)"),
    "plain-table-xlsx": lazy_gettext("Table of values (XLSX)"),
    "environment-logger": lazy_gettext("Temperature and humidity of a room (CSV)"),
}
"""What the parsers that come with the system are called on pages."""


@bp.app_template_filter("parser_option")
def _parser_option(parser: Parser) -> tuple[str, str]:
    """Return a parser as a choice of a form: in the reader's language where it comes with the system."""
    return parser.id, str(TITLES.get(parser.id) or f"{parser.maker} {parser.model} ({parser.name})")


@bp.app_template_filter("method_option")
def _method_option(line: LineView) -> tuple[int, str]:
    """Return the method of a line as a choice of a form."""
    return line.method_id, f"{line.method_code} · {text(line.method_title)}"


@bp.app_template_filter("input_option")
def _input_option(one: RequiredInput) -> tuple[str, str]:
    """Return an input of a method as a choice of a form."""
    return one.name, f"{one.name} · {text(one.title)}"


@bp.get("")
@needs(*LOOKERS)
def index() -> str:
    """List files, those that wait first; and send another one."""
    by = signed_in_actor()
    state = request.values.get("state", "")
    with open_transaction() as session:
        rows = queries.sent_files(session, by=by, state=state if state in set(FileState) else "")
        equipment = _equipment(session, by)
    return render_template(
        "files/index.html",
        rows=rows,
        states=list(FileState),
        state=state,
        equipment=equipment,
        parsers=sorted(parsers().values(), key=lambda one: one.id),
        line_id=request.values.get("line", type=int),
    )


def _equipment(session: Session, by: Actor) -> list[InstrumentView]:
    """Return the instruments that this person could send a file of."""
    return [
        one
        for one in instruments.instruments(session, by=by)
        if one.state != InstrumentState.RETIRED
        and by.may(Right.ENTER_READINGS, branch_id=one.branch_id, laboratory_id=one.laboratory_id)
    ]


@bp.post("")
@needs(Right.ENTER_READINGS)
def send() -> Answer:
    """Keep a file that was sent, and go on to what it would give."""

    def operation(session: Session) -> int:
        instrument_id, file = key("instrument"), sent_file("file")
        if file is None or instrument_id is None:
            raise Invalid("There is no file.", {"file": "Choose the file that the instrument wrote."})
        return operations.keep_sent_file(
            session,
            by=signed_in_actor(),
            instrument_id=instrument_id,
            content=file.read(),
            name=file.filename or "",
            parser=parser_of(word("parser")),
        ).id

    line_id = request.form.get("line", type=int)
    return act(operation, done=lambda found: url_for("files.show", sent_file_id=found, line=line_id), again=index)


@bp.get("/<int:sent_file_id>")
@needs(*LOOKERS)
def show(sent_file_id: int) -> str:
    """Show a file: what it would give, row by row; or where its rows went."""
    return _page(sent_file_id)


@bp.post("/<int:sent_file_id>/look")
@needs(Right.ENTER_READINGS)
def look(sent_file_id: int) -> str:
    """Show what it would give with other choices; nothing is stored."""
    return _page(sent_file_id)


@bp.post("/<int:sent_file_id>/take")
@needs(Right.ENTER_READINGS)
def take(sent_file_id: int) -> Answer:
    """Take every row as a reading, or none."""

    def operation(session: Session) -> object:
        return operations.take_sent_file(
            session,
            by=signed_in_actor(),
            sent_file_id=sent_file_id,
            seen_version=seen_version(),
            parser=parser_of(word("parser")),
            choice=_choice(),
            why=word("why"),
        )

    return act(operation, done=url_for("files.show", sent_file_id=sent_file_id), again=lambda: _page(sent_file_id))


@bp.post("/<int:sent_file_id>/<any('set-aside', 'bring-back'):name>")
@needs(Right.ENTER_READINGS)
def move(sent_file_id: int, name: str) -> Answer:
    """Set a file aside, or bring it back, saying why."""
    operation = operations.set_aside if name == "set-aside" else operations.bring_back
    return act(
        lambda session: operation(
            session, by=signed_in_actor(), sent_file_id=sent_file_id, seen_version=seen_version(), why=word("why")
        ),
        done=url_for("files.show", sent_file_id=sent_file_id),
        again=lambda: _page(sent_file_id),
    )


@bp.get("/<int:sent_file_id>/content")
@needs(*LOOKERS)
def content(sent_file_id: int) -> Response:
    """Send the file as it came."""
    with open_transaction() as session:
        found = queries.sent_content(session, by=signed_in_actor(), sent_file_id=sent_file_id)
    response = Response(found, mimetype="application/octet-stream")
    response.headers["Content-Disposition"] = f'attachment; filename="file-{sent_file_id}"'
    response.headers["Cache-Control"] = "no-store"
    return response


def _choice() -> Choice:
    """Return what is chosen in the form, or in the address."""
    inputs = {
        name.removeprefix("input-"): symbol
        for name, symbol in request.values.items()
        if name.startswith("input-") and symbol
    }
    return Choice(
        method_id=request.values.get("method", type=int),
        line_id=request.values.get("line", type=int),
        inputs=inputs,
        at=_at(),
        left_out=frozenset(int(line) for line in typed_list("out") if line.isdecimal() and len(line) < 9),
    )


def _at() -> datetime | None:
    return moment("at") if request.form.get("at") else None


def _page(sent_file_id: int) -> str:
    by = signed_in_actor()
    with open_transaction() as session:
        sent = queries.sent_file(session, by=by, sent_file_id=sent_file_id)
        events = audit.time_line(session, SENT_FILE.thing, sent_file_id)
        places = queries.taken_from(session, by=by, sent_file_id=sent_file_id)
        name = request.values.get("parser") or sent.parser
        found, problem = _preview(session, by, sent, name) if sent.state == FileState.WAITING else (None, None)
    place = {"branch_id": sent.instrument.branch_id, "laboratory_id": sent.instrument.laboratory_id}
    return render_template(
        "files/show.html",
        sent=sent,
        found=found,
        rows=found.matches[:MOST_SHOWN] if found else (),
        problem=problem,
        parser=name,
        parsers=sorted(parsers().values(), key=lambda one: one.id),
        places=places,
        events=events,
        moves=[one.name for one in names_offered(SENT_FILE, sent.state, by=by, **place)],
        may=by.may(Right.ENTER_READINGS, **place),
    )


def _preview(session: Session, by: Actor, sent: SentFileView, name: str) -> tuple[Preview | None, LimsError | None]:
    """Return what the file would give, or why it gives nothing at all."""
    parser = parsers().get(name)
    if parser is None:
        return None, Invalid("There is no parser %(name)s any more. Choose another one.", name=name)
    try:
        return queries.preview(session, by=by, sent=sent, parser=parser, choice=_choice()), None
    except Invalid as error:
        return None, error
