"""The table editor of a method's edition: inputs, uncertainties, formulas; checked and computed while it is typed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask_babel import gettext, lazy_gettext

from lims.errors import Refused
from lims.http.fields import word
from lims.http.forms import Answer, act, seen_version
from lims.http.rights import needs, signed_in_actor
from lims.http.session import open_transaction
from lims.methods import document as documents
from lims.methods import operations, queries
from lims.methods.beside import SOURCES
from lims.methods.queries import VersionView
from lims.methods.states import VersionState
from lims.methods.tabular import Table, table_of
from lims.methods.tabular_characteristics import AT_LEAST
from lims.people.rights import Right
from lims.web import editions_words
from lims.web.editions import beginning, form, library, shown, the_edition
from lims.web.editions_form import read, trials_asked
from lims.web.editor_form import Understood, typed_table, understood, with_room
from lims.web.trials import simulated

bp = Blueprint("editor", __name__)

STATED = (
    ("u", lazy_gettext("standard uncertainty u")),
    ("U", lazy_gettext("expanded uncertainty U")),
    ("relative_u", lazy_gettext("relative u (0.01 is 1 %)")),
    ("rectangular", lazy_gettext("limits ±a, rectangular")),
    ("triangular", lazy_gettext("limits ±a, triangular")),
    ("arcsine", lazy_gettext("limits ±a, U-shaped (cycles)")),
)
"""What a contribution states, in words."""
_INTERVALS = (
    ("symmetric", lazy_gettext("the symmetric interval of the Monte Carlo method")),
    ("shortest", lazy_gettext("the shortest interval of the Monte Carlo method")),
)
_KINDS = (
    ("class", lazy_gettext("a class (no order)")),
    ("ordinal", lazy_gettext("a rank (ordered)")),
    ("presence", lazy_gettext("present or absent")),
    ("text", lazy_gettext("a text")),
)
_PASSES = (
    ("all", lazy_gettext("all pieces")),
    ("any", lazy_gettext("any piece")),
    ("most", lazy_gettext("more than half of them")),
    ("median", lazy_gettext("their median (ranks)")),
    (AT_LEAST, lazy_gettext("at least so many")),
)
_EMPTY = Table(title={}, source="", probability="0.95", k="", inputs=(), outputs=(), rest="")


@bp.get("/methods/<int:method_id>/editions/table")
@needs(Right.MANAGE_METHODS)
def new(method_id: int) -> str:
    """Show the table of a new edition, beginning with the newest one, another, an example, or an empty one."""
    begun = None if "empty" in request.args else beginning(method_id)
    found = table_of(_reporting(begun.procedure.document)) if begun and begun.procedure else _EMPTY
    return _page(method_id, Understood(table=found))


@bp.get("/methods/<int:method_id>/editions/<int:version_id>/table")
@needs(Right.MANAGE_METHODS)
def change_page(method_id: int, version_id: int) -> str:
    """Show a draft as a table."""
    with open_transaction() as session:
        view = the_edition(session, method_id, version_id)
    return _page(method_id, Understood(table=table_of(_reporting(view.document))), view)


def _reporting(document: Mapping[str, Any]) -> Mapping[str, Any]:
    """The document with the intervals that the address asks to be reported, as a Monte Carlo page leads here."""
    interval = request.args.get("interval")
    known = {*(document.get("outputs") or {}), *(document.get("summary") or {})}
    asked = [name for name in request.args.getlist("report") if name in known]
    if interval not in dict(_INTERVALS) or not asked:
        return document
    report = document.get("report") or {}
    return {**document, "report": report | {name: {**report.get(name, {}), "interval": interval} for name in asked}}


def _page(method_id: int, found: Understood, draft: VersionView | None = None, *, trials: bool = False) -> str:
    by = signed_in_actor()
    with open_transaction() as session:
        method = queries.method(session, method_id)
        editions = queries.editions(session, method_id)
    by.must(Right.MANAGE_METHODS, branch_id=method.branch_id, laboratory_id=method.laboratory_id)
    if draft is not None and draft.state != VersionState.DRAFT:
        raise Refused(
            "This edition is no draft any more.",
            rule="method version",
            remedy="Write a new edition from it.",
        )
    tried = shown(found.procedure) if found.procedure else None
    return render_template(
        "editions/table.html", method=method, editions=editions, draft=draft, found=found, table=with_room(found.table),
        shown=tried, words=editions_words, library=library(), stated=STATED,
        trials=simulated(tried.trial.filled) if trials and tried else None,
        source_choices=[(one, gettext(one)) for one in SOURCES],
        intervals=_INTERVALS, kinds=_KINDS, passes=_PASSES,
    )  # fmt: skip


@bp.post("/methods/<int:method_id>/editions/table/live")
@needs(Right.MANAGE_METHODS)
def live(method_id: int) -> str:
    """Say what the table means and gives so far; nothing is stored."""
    found = understood(typed_table())
    return render_template(
        "editions/live.html",
        method_id=method_id,
        found=found,
        shown=shown(found.procedure) if found.procedure else None,
        words=editions_words,
    )


@bp.post("/methods/<int:method_id>/editions/table")
@needs(Right.MANAGE_METHODS)
def write(method_id: int) -> Answer:
    """Store the table as a draft, show it as a text, or only show what it computes."""
    found = understood(typed_table())
    if (page := _without_storing(method_id, found)) is not None:
        return page
    return act(
        lambda session: (
            operations.write_version(
                session,
                by=signed_in_actor(),
                method_id=method_id,
                edition=word("edition"),
                standard=word("standard"),
                document=found.found.document,
                changes=word("changes"),
                trials=trials_asked(),
            ).id
        ),
        done=lambda version_id: url_for("editions.show", method_id=method_id, version_id=version_id),
        again=lambda: _page(method_id, found),
    )


@bp.post("/methods/<int:method_id>/editions/<int:version_id>/table")
@needs(Right.MANAGE_METHODS)
def change(method_id: int, version_id: int) -> Answer:
    """Store a draft anew from its table, show it as a text, or only show what it computes."""
    found = understood(typed_table())
    with open_transaction() as session:
        view = the_edition(session, method_id, version_id)
    if (page := _without_storing(method_id, found, view)) is not None:
        return page
    return act(
        lambda session: operations.change_draft(
            session,
            by=signed_in_actor(),
            version_id=version_id,
            document=found.found.document,
            seen_version=seen_version(),
            changes=word("changes"),
            trials=trials_asked(),
        ),
        done=url_for("editions.show", method_id=method_id, version_id=version_id),
        again=lambda: _page(method_id, found, view),
    )


def _without_storing(method_id: int, found: Understood, draft: VersionView | None = None) -> Answer | None:
    """The page where nothing is stored: a preview, or the same document as a text."""
    asked = request.form.get("do")
    if asked == "text" and found.procedure is not None:
        return form(method_id, read(documents.dump(found.procedure.document)), draft)
    if asked != "store" or found.fault is not None:
        return _page(method_id, found, draft, trials=asked == "trials"), 422 if found.fault else 200
    return None
