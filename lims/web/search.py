"""The search box: words and numbers in either language; an exact number, as a scanner types it, opens the thing."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, current_app, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from lims.http.rights import signed_in, signed_in_actor
from lims.http.session import open_transaction
from lims.people.queries import CLIENT_READERS
from lims.people.rights import Actor, Right
from lims.samples.queries import find_scanned
from lims.samples.queries.sight import NAMES_CLIENTS
from lims.store import search
from lims.store.db import Session

bp = Blueprint("search", __name__)

# kind -> endpoint, name of its argument, rights of which one lets a person find it
PLACES: dict[str, tuple[str, str, tuple[Right, ...]]] = {
    "job": ("jobs.show", "job_id", (Right.READ,)),
    "item": ("items.show", "item_id", (Right.READ,)),
    "line": ("lines.show", "line_id", (Right.READ,)),
    "report": ("reports.show", "report_id", NAMES_CLIENTS),  # found by the client's name
    "instrument": ("instruments.show", "instrument_id", (Right.READ,)),
    "lot": ("lots.show", "lot_id", (Right.READ,)),
    "method": ("methods.show", "method_id", (Right.READ,)),
    "client": ("clients.show", "client_id", CLIENT_READERS),
}


def address(kind: str, thing_id: object) -> str | None:
    """Return where a thing is shown, if there is a page for it."""
    endpoint, argument, _rights = PLACES[kind]
    values: dict[str, Any] = {argument: thing_id}
    return url_for(endpoint, **values) if endpoint in current_app.view_functions else None


@bp.get("/search")
@signed_in
def index() -> str | Response:
    """Show what was found; open it where the number is exact."""
    actor, asked = signed_in_actor(), request.args.get("q", "").strip()
    with open_transaction() as db:
        scanned = find_scanned(db, by=actor, code=asked) if asked else None
        if scanned and (target := address(*scanned)):
            return redirect(target)
        found = _found(db, actor, asked)
    return render_template("search/found.html", asked=asked, found=found, address=address)


def _found(db: Session, actor: Actor, asked: str) -> list[search.Found]:
    kinds = [kind for kind, (_, _, rights) in PLACES.items() if any(actor.may(right) for right in rights)]
    found = search.find(
        db,
        asked,
        kinds=kinds,
        branch_ids=actor.branches(Right.READ),
        laboratory_ids=actor.laboratories(Right.READ),
    )
    return [one for one in found if _reaches(actor, one)]


def _reaches(actor: Actor, one: search.Found) -> bool:
    """Tell whether the right to a kind of thing is held where this one is: to read elsewhere is not enough."""
    place = {"branch_id": one.branch_id, "laboratory_id": one.laboratory_id}
    rights = PLACES[one.kind][2]
    return rights == (Right.READ,) or any(actor.may(right, **place) for right in rights)
