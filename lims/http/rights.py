"""Each view says which right it takes, or why it is public; a test of the URL map fails on one that says nothing."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from flask import abort, current_app, g, make_response, request

from lims.http.errors import logged_out
from lims.http.person import current_actor
from lims.people.rights import Actor, Right

P = ParamSpec("P")
R = TypeVar("R")

SIGNED_IN = "signed in"
"""What a view says that every member of staff may use."""


def needs(*rights: Right) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Declare that a view takes one of these rights somewhere; the operation checks the place."""

    def declare(view: Callable[P, R]) -> Callable[P, R]:
        @wraps(view)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
            actor = signed_in_actor()
            if not any(actor.may(right) for right in rights):
                actor.must(rights[0])
            return view(*args, **kwargs)

        guarded.needs = tuple(str(right) for right in rights)  # type: ignore[attr-defined]  # read by the URL map's test
        return guarded

    return declare


def signed_in(view: Callable[P, R]) -> Callable[P, R]:
    """Declare that a view is for every member of staff."""

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
        signed_in_actor()
        return view(*args, **kwargs)

    guarded.needs = (SIGNED_IN,)  # type: ignore[attr-defined]  # read by the URL map's test
    return guarded


def public(reason: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Declare that a view is for everybody, and why that harms nobody."""

    def declare(view: Callable[P, R]) -> Callable[P, R]:
        view.needs = ("public", reason)  # type: ignore[attr-defined]  # read by the URL map's test
        return view

    return declare


def signed_in_actor() -> Actor:
    """Return who acts; a visitor is sent to the login page (a program gets 401)."""
    actor = current_actor()
    if actor is None:
        if g.get("is_api"):
            abort(401)
        if request.method == "POST" and request.form:  # what was typed must not be lost on the way to the login page
            abort(make_response(logged_out()))
        response = current_app.login_manager.unauthorized()  # type: ignore[attr-defined]  # Flask-Login puts it there
        abort(response)
    return actor
