"""Pages of one edition of a method: the document for people, its dry run, writing, comparing, approving it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any

from flask import Blueprint, Response, render_template, request, url_for

from lims import clock
from lims.errors import NotFound
from lims.http.fields import day, word
from lims.http.forms import Answer, act, seen_version
from lims.http.rights import needs, signed_in_actor
from lims.http.session import open_transaction
from lims.methods import document as documents
from lims.methods import operations, queries
from lims.methods.approval import few_readings
from lims.methods.entry import Text
from lims.methods.procedure import Procedure
from lims.methods.queries import VersionView
from lims.methods.states import VERSION, VersionState
from lims.methods.tryout import Trial, try_out
from lims.people import queries as people
from lims.people.rights import Actor, Right
from lims.results import freezing
from lims.samples.calendar import local_date
from lims.store import audit
from lims.store.db import Session
from lims.store.states import names_offered
from lims.web import editions_words
from lims.web.editions_form import Typed, differences, read, trials_asked, typed_document
from lims.web.formula import formula, formula_alone, symbol_alone
from lims.web.trials import beside, simulated

bp = Blueprint("editions", __name__)
bp.add_app_template_filter(formula)
bp.add_app_template_filter(formula_alone)
bp.add_app_template_filter(symbol_alone)
bp.add_app_template_filter(beside)

AROUND = 4
"""Equal lines that are shown around each change when two editions are compared."""
LIBRARY = files("lims.methods") / "library"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A document as a page shows it: parsed, tried on its own values, and what came out."""

    procedure: Procedure
    trial: Trial
    answer: Mapping[str, Any] | None
    statements: list[Mapping[str, Any]]
    hash: str


def shown(found: Procedure) -> Shown:
    """Parse out what a page needs of a document, and try it."""
    trial = try_out(found)
    if trial.filled is None:
        return Shown(procedure=found, trial=trial, answer=None, statements=[], hash=found.hash)
    frozen = freezing.freeze(trial.filled, method_hash=found.hash, reading_ids=(), certificate_ids=())
    return Shown(
        procedure=found,
        trial=trial,
        answer=json.loads(frozen.evaluation),
        statements=json.loads(frozen.statements),
        hash=found.hash,
    )


@bp.get("/methods/<int:method_id>/editions/<int:version_id>")
@needs(Right.READ)
def show(method_id: int, version_id: int) -> str:
    """Show one edition: the whole document, its dry run, and what may be done with it."""
    by = signed_in_actor()
    with open_transaction() as session:
        view = the_edition(session, method_id, version_id)
        events = audit.time_line(session, VERSION.thing, version_id)
        others = [one for one in queries.editions(session, method_id) if one.id != version_id]
        signature = people.signature(session, view.signature_id) if view.signature_id else None
        names = people.person_names(session, {view.created_by_id})
    today = _today(by)
    stored = read(documents.dump(view.document))
    tried = shown(stored.procedure) if stored.procedure else None
    return render_template(
        "editions/show.html",
        edition=view,
        standing=_standing(view, today),
        shown=tried,
        trials=simulated(tried.trial.filled) if tried and "trials" in request.args else None,
        fault=stored.fault,
        yaml=stored.text,
        words=editions_words,
        events=events,
        others=others,
        signature=signature,
        writer=names.get(view.created_by_id or 0),
        moves={one.name for one in names_offered(VERSION, view.state, by=by, **_place(view))},
        may_write=by.may(Right.MANAGE_METHODS, **_place(view)),
        few=few_readings(stored.procedure) if stored.procedure else (),
        own=view.created_by_id == by.person_id,
        today=today,
    )


def the_edition(session: Session, method_id: int, version_id: int) -> VersionView:
    """Return one edition of this method."""
    view = queries.version(session, version_id)
    if view.method_id != method_id:
        raise NotFound("There is no such edition of this method.")
    return view


def _place(view: VersionView) -> dict[str, int]:
    return {"branch_id": view.branch_id, "laboratory_id": view.laboratory_id}


def _today(by: Actor) -> date:
    return local_date(clock.now(), by.time_zone)


def _standing(view: VersionView, on: date) -> str:
    """Return the state with what follows from its dates."""
    if view.state != VersionState.APPROVED or view.in_force_from is None:
        return view.state
    if on < view.in_force_from:
        return "coming"
    return "in force" if view.in_force(on) else "superseded"


@bp.get("/methods/<int:method_id>/editions/<int:version_id>/document.yaml")
@needs(Right.READ)
def download(method_id: int, version_id: int) -> Response:
    """Send the document as YAML, to be read, changed and given to `lims evaluate`."""
    with open_transaction() as session:
        view = the_edition(session, method_id, version_id)
    response = Response(documents.dump(view.document), mimetype="application/yaml")
    response.headers["Content-Disposition"] = f'attachment; filename="method-{method_id}-edition-{version_id}.yaml"'
    return response


@bp.get("/methods/<int:method_id>/editions/compare")
@needs(Right.READ)
def compare(method_id: int) -> str:
    """Show two editions side by side, line by line."""
    asked = [request.args.get(name, type=int) or 0 for name in ("left", "right")]
    with open_transaction() as session:
        left, right = (the_edition(session, method_id, version_id) for version_id in asked)
    whole = bool(request.args.get("whole"))
    old, new = documents.dump(left.document), documents.dump(right.document)
    return render_template(
        "editions/compare.html",
        left=left,
        right=right,
        pieces=differences(old, new, around=None if whole else AROUND),
        same=old == new,
        whole=whole,
    )


@bp.get("/methods/<int:method_id>/editions/new")
@needs(Right.MANAGE_METHODS)
def new(method_id: int) -> str:
    """Show the form, beginning with the newest edition, another one, or a document of the library."""
    return form(method_id, beginning(method_id))


def beginning(method_id: int) -> Typed:
    """Return the document that a new edition begins with: as the address asks, else the newest edition."""
    example = request.args.get("library", "")
    if example in library():
        return read((LIBRARY / f"{example}.yaml").read_text("utf-8"))
    with open_transaction() as session:
        editions = queries.versions(session, method_id)
    asked = request.args.get("like", type=int)
    begun = next((one for one in editions if one.id == asked), editions[0] if editions else None)
    return read(documents.dump(begun.document)) if begun else Typed(text="")


@cache
def library() -> dict[str, Text]:
    """Return the title of each example document by its name."""
    found = sorted((path for path in LIBRARY.iterdir() if path.name.endswith(".yaml")), key=lambda path: path.name)
    return {path.name.removesuffix(".yaml"): documents.load(path.read_text("utf-8"))["title"] for path in found}


def form(method_id: int, typed: Typed, draft: VersionView | None = None) -> str:
    """Return the page on which a document is written as a text."""
    by = signed_in_actor()
    with open_transaction() as session:
        method = queries.method(session, method_id)
        editions = queries.editions(session, method_id)
    by.must(Right.MANAGE_METHODS, branch_id=method.branch_id, laboratory_id=method.laboratory_id)
    preview = request.method == "POST" and typed.procedure is not None
    return render_template(
        "editions/form.html",
        method=method,
        draft=draft,
        typed_document=typed,
        editions=editions,
        library=library(),
        shown=shown(typed.found) if preview else None,
        words=editions_words,
    )


@bp.post("/methods/<int:method_id>/editions/new")
@needs(Right.MANAGE_METHODS)
def write(method_id: int) -> Answer:
    """Store the document as a draft; or only show what it says and computes."""
    typed = typed_document()
    if request.form.get("do") != "store":
        return form(method_id, typed), 422 if typed.fault else 200

    def store(session: Session) -> int:
        return operations.write_version(
            session,
            by=signed_in_actor(),
            method_id=method_id,
            edition=word("edition"),
            standard=word("standard"),
            document=typed.found.document,
            changes=word("changes"),
            trials=trials_asked(),
        ).id

    return act(store, done=lambda version_id: _address(method_id, version_id), again=lambda: form(method_id, typed))


@bp.get("/methods/<int:method_id>/editions/<int:version_id>/change")
@needs(Right.MANAGE_METHODS)
def change_page(method_id: int, version_id: int) -> str:
    """Show a draft's document to be changed."""
    with open_transaction() as session:
        view = the_edition(session, method_id, version_id)
    return form(method_id, read(documents.dump(view.document)), view)


@bp.post("/methods/<int:method_id>/editions/<int:version_id>/change")
@needs(Right.MANAGE_METHODS)
def change(method_id: int, version_id: int) -> Answer:
    """Store a draft's document anew; or only show what it says and computes."""
    typed = typed_document()
    with open_transaction() as session:
        view = the_edition(session, method_id, version_id)
    if request.form.get("do") != "store":
        return form(method_id, typed, view), 422 if typed.fault else 200
    return act(
        lambda session: operations.change_draft(
            session,
            by=signed_in_actor(),
            version_id=version_id,
            document=typed.found.document,
            seen_version=seen_version(),
            changes=word("changes"),
            trials=trials_asked(),
        ),
        done=_address(method_id, version_id),
        again=lambda: form(method_id, typed, view),
    )


_MOVES = {"send": "send for review", "back": "send back", "withdraw": "withdraw"}


@bp.post("/methods/<int:method_id>/editions/<int:version_id>/<any(send, back, withdraw):name>")
@needs(Right.MANAGE_METHODS, Right.APPROVE_METHODS)
def move(method_id: int, version_id: int, name: str) -> Answer:
    """Send an edition for review, back to its writer, or withdraw it."""
    return act(
        lambda session: operations.move_version(
            session,
            by=signed_in_actor(),
            version_id=version_id,
            name=_MOVES[name],
            seen_version=seen_version(),
            why=word("why"),
        ),
        done=_address(method_id, version_id),
        again=lambda: show(method_id, version_id),
    )


@bp.post("/methods/<int:method_id>/editions/<int:version_id>/approve")
@needs(Right.APPROVE_METHODS)
def approve(method_id: int, version_id: int) -> Answer:
    """Sign the document that was shown, with the password again and the day from which it is in force."""

    def sign(session: Session) -> None:
        from_day = day("in_force_from")
        assert from_day is not None  # noqa: S101 - `day` refuses an empty one
        operations.approve_version(
            session,
            by=signed_in_actor(),
            version_id=version_id,
            password=request.form.get("password", ""),
            in_force_from=from_day,
            seen_version=seen_version(),
            seen_hash=word("content_hash"),
            reason=word("reason"),
        )

    return act(sign, done=_address(method_id, version_id), again=lambda: show(method_id, version_id))


def _address(method_id: int, version_id: int) -> str:
    return url_for("editions.show", method_id=method_id, version_id=version_id)
