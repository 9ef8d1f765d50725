"""Who calls: the person whose token is shown. A session of the pages counts for nothing here: no page can misuse it."""

from __future__ import annotations

from flask import abort, current_app, g, request

from lims.http.person import address, request_id
from lims.http.session import open_transaction
from lims.people import queries
from lims.people.operations import note_use

BENCH = "bench token"
"""What a call says that only a bench may make; it checks that token itself."""


def identify() -> None:
    """Find the person of the token."""
    scheme, _, word = request.headers.get("Authorization", "").partition(" ")
    if not g.is_api or scheme.lower() != "bearer" or declared() == BENCH:
        return
    with open_transaction() as session:
        g.token_actor = queries.actor_by_token(session, word.strip(), request_id=request_id(), address=address())
        if g.token_actor is not None:
            note_use(session, token=word.strip())


def refuse_strangers() -> None:
    """Answer 401 before anything that was sent is looked at."""
    if g.is_api and request.endpoint and declared() not in {"public", BENCH} and g.get("token_actor") is None:
        abort(401)


def declared() -> str:
    """Return what the view of this request declares first: a right, "signed in", "public" or a bench's token."""
    view = current_app.view_functions.get(request.endpoint or "")
    needs: tuple[str, ...] = getattr(view, "needs", ("",))
    return needs[0]
