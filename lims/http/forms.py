"""One way for every form: sent once, done once; refused, it comes back with what was typed and why."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Mapping
from typing import TypeVar

from flask import g, redirect, request
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response

from lims.errors import Invalid, LimsError, Refused, Stale
from lims.http.errors import field_messages, say
from lims.http.person import address, current_actor
from lims.http.session import open_transaction
from lims.store import idempotency
from lims.store.db import Session

Result = TypeVar("Result")
LONGEST_NUMBER = 18
"""Digits of a whole number; a key has no more."""
Answer = Response | str | tuple[Response | str, int]


def once() -> str:
    """Return a new key for a form; a form that comes back keeps the key it had."""
    return request.form.get("once") or secrets.token_urlsafe(16)


def act(
    operation: Callable[[Session], Result],
    *,
    done: str | Callable[[Result], str],
    again: Callable[[], Answer] | None = None,
) -> Answer:
    """Do what a form asks, in one transaction, and go on to `done`; a second send of the same form goes there too.

    Parameters
    ----------
    operation : gets the session and does the work.
    done : where to go then; or what makes the address from the operation's result.
    again : makes the page anew when the operation refuses; macros show the reasons beside the fields and keep what was
        typed. Without it the refusal becomes a page of its own.
    """
    try:
        with open_transaction() as session:
            target = _do(session, operation, done)
    except (Invalid, Refused, Stale) as error:
        if again is None:
            raise
        return _again(error, again)
    return redirect(target, code=303)


def _do(session: Session, operation: Callable[[Session], Result], done: str | Callable[[Result], str]) -> str:
    key, owner = request.form.get("once", ""), _owner()
    if key:
        before = idempotency.begin(session, owner=owner, key=key, request_hash=_request_hash())
        if before is not None:
            return before.body
    result = operation(session)
    target = done(result) if callable(done) else done
    if key:
        idempotency.finish(session, owner=owner, key=key, status=303, body=target)
    return target


def _owner() -> str:
    actor = current_actor()
    return f"person:{actor.person_id}" if actor else f"visitor:{address()}"


def _request_hash() -> str:
    body = hashlib.sha256(request.path.encode())
    for name, value in sorted(request.form.items(multi=True)):
        if name not in {"csrf_token", "password"}:
            body.update(f"\0{name}\0{value}".encode())
    return body.hexdigest()


def _again(error: LimsError, again: Callable[[], Answer]) -> Answer:
    g.form_error = say(error)
    g.field_errors = field_messages(error)
    g.form_remedy = say(error.remedy) if isinstance(error, Refused) and error.remedy else ""
    page = again()
    if isinstance(page, tuple) or not isinstance(page, str):
        return page
    return page, error.status


def mark(fields: Mapping[str, LimsError | str]) -> None:
    """Mark fields of a page that nobody sent yet, as what a file proposed: sentences stand below them."""
    g.field_errors = {name: say(reason) for name, reason in fields.items()}


def typed(name: str, default: object = "") -> object:
    """Return what was typed into a field of a form that comes back, or else the value it begins with."""
    return request.form.get(name, "") if request.method == "POST" else default


def typed_list(name: str, default: list[str] | None = None) -> list[str]:
    """Return all that was typed or ticked under a name."""
    return request.form.getlist(name) if request.method == "POST" else (default or [])


def whole(name: str, *, required: bool = True) -> int | None:
    """Return a whole number of the form; refuse anything else by the field's name."""
    text = request.form.get(name, "").strip()
    if not text and not required:
        return None
    if not text.removeprefix("-").isdecimal() or len(text) > LONGEST_NUMBER:
        raise Invalid("A whole number is missing.", {name: "Give a whole number."})
    return int(text)


def seen_version() -> int:
    """Return the version of the thing that the person saw."""
    found = whole("seen_version")
    assert found is not None  # noqa: S101 - `whole` refuses an empty one
    return found


def sent_file(name: str) -> FileStorage | None:
    """Return a file that was sent, or None."""
    file = request.files.get(name)
    return file if file and file.filename else None
