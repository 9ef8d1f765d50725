"""The one table of errors: each kind to a status, a page in the reader's language, or problem+json."""

from __future__ import annotations

import logging
from http import HTTPStatus

from flask import Flask, Response, current_app, g, jsonify, render_template, request
from flask_babel import get_locale, gettext
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from lims.errors import Invalid, LimsError, Refused, Stale
from lims.http.person import current_actor, request_id
from lims.http.who import told
from lims.words import sentence

log = logging.getLogger("lims.errors")

_TITLES = {
    400: "This can't be understood",
    401: "Please log in",
    403: "You may not do this",
    404: "Not found",
    405: "Not possible here",
    409: "This can't be done now",
    413: "Too large",
    422: "Please check what was typed",
    429: "Too many tries",
    500: "Something went wrong here",
    503: "Not available at the moment",
}
"""A title in English (a msgid) for each status."""


def init_errors(app: Flask) -> None:
    """Map every error to an answer; nothing else in the faces catches."""
    app.register_error_handler(LimsError, _of_ours)
    app.register_error_handler(CSRFError, _of_form)
    app.register_error_handler(HTTPException, _of_http)
    app.register_error_handler(RecursionError, _too_deep)
    app.register_error_handler(Exception, _unforeseen)


def reader_locale() -> str:
    """Return the language of the reader as the catalogues name it; asked once a request, for a page asks often."""
    known: str | None = g.get("reader_locale")
    if known is None:
        known = g.reader_locale = str(get_locale() or "en")
    return known


def say(error: LimsError | str) -> str:
    """Return the sentence of an error for the reader."""
    return sentence(told(error) if isinstance(error, Stale) else error, reader_locale())


def field_messages(error: LimsError) -> dict[str, str]:
    """Return the sentences of an error by field."""
    fields = error.fields if isinstance(error, Invalid) else {}
    return {name: say(reason) for name, reason in fields.items()}


def _of_ours(error: LimsError) -> tuple[Response | str, int]:
    if error.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        log.warning("request %s: %s", request_id(), type(error).__name__)
    clause = error.clause if isinstance(error, Refused) else ""
    remedy = say(error.remedy) if isinstance(error, Refused) and error.remedy else ""
    return answer(
        error.status,
        say(error),
        fields=field_messages(error),
        clause=clause,
        remedy=remedy,
        kind=type(error).__name__,
        typed=_typed(),
    )


def _of_http(error: HTTPException) -> Response | tuple[Response | str, int]:
    if error.response is not None:
        return error.get_response()  # type: ignore[return-value]  # a redirect made by a view
    status = error.code or 500
    sentences = {
        404: gettext("There is nothing at this address. Check it, or use the search box."),
        405: gettext("This address can't be used in this way."),
        413: gettext("What was sent is too large. Send a file of less than 64 MiB."),
        401: gettext("Log in, or send a valid token."),
        422: gettext("What was sent can't be used. Look at the fields named."),
    }
    return answer(
        status, sentences.get(status, gettext("The request could not be understood.")), fields=_of_body(error)
    )


def _of_body(error: HTTPException) -> dict[str, str]:
    """Return what webargs found in a body or a query, by the path of the field ("items.0.label")."""
    found: dict[str, object] = getattr(error, "data", {}).get("messages", {})
    flat: dict[str, str] = {}
    for faults in found.values():  # by where it was found: json, query
        _flatten(faults, "", flat)
    return flat


def _flatten(faults: object, path: str, flat: dict[str, str]) -> None:
    if isinstance(faults, dict):
        for name, inner in faults.items():
            _flatten(inner, f"{path}.{name}".lstrip("."), flat)
    else:
        reasons = faults if isinstance(faults, list) else [faults]
        flat[path or "body"] = " ".join(say(str(reason)) for reason in reasons)


def _of_form(_error: CSRFError) -> tuple[Response | str, int]:
    view = current_app.view_functions.get(request.endpoint or "")
    if current_actor() is None and getattr(view, "needs", ("public",))[0] != "public":
        return logged_out()
    text = gettext("The form was open too long, so it was not accepted. What you typed is kept below: send it again.")
    return answer(400, text, typed=_typed())


def logged_out() -> tuple[Response | str, int]:
    """Answer a form that was sent after its sender's session ended; nothing that was typed is lost."""
    text = gettext(
        "You are not logged in any more. What you typed is kept below: log in in another tab, come back to this page, "
        "and send it again."
    )
    return answer(401, text, typed=_typed(), log_in=True)


_SECRETS = frozenset({"password", "new_password"})
_CARRIED = frozenset({"once", "seen_version", "content_hash", "shown"})
"""Fields of ours that say which form it was and what its sender saw: sent again, it is still the same form."""


def _typed() -> list[tuple[str, str]]:
    """Return what was typed, but for secrets and the form's own fields."""
    own = _SECRETS | _CARRIED | {"csrf_token"}
    return [(name, value) for name, value in _form() if name not in own]


def carried() -> list[tuple[str, str]]:
    """Return the fields that a form which failed takes along when it is sent again."""
    return [(name, value) for name, value in _form() if name in _CARRIED]


def secrets_asked() -> list[str]:
    """Return the names of secrets that were sent: they are not kept, but asked again."""
    return sorted({name for name, _ in _form()} & _SECRETS)


def _form() -> list[tuple[str, str]]:
    """Return the fields of the form; none of one that was too large to be read."""
    try:
        return list(request.form.items(multi=True))
    except HTTPException:
        return []


def _too_deep(error: RecursionError) -> tuple[Response | str, int]:
    """Answer JSON that is nested until its reader gives up."""
    if not request.is_json:
        return _unforeseen(error)
    return answer(400, gettext("What was sent is nested too deeply to be understood."))


def _unforeseen(error: Exception) -> tuple[Response | str, int]:
    log.error("request %s failed", request_id(), exc_info=error)
    text = gettext(
        "This failed in a way that nobody foresaw. Look whether your change is there before you make it again, "
        "and tell your administrator the number of this request."
    )
    return answer(500, text, typed=_typed())


def answer(status: int, text: str, **more: object) -> tuple[Response | str, int]:
    """Return a page, or problem+json for a program."""
    title = gettext(_TITLES.get(status, _TITLES[500]))
    if g.get("is_api"):
        return _problem(status, title, text, more), status
    page = render_template("errors/error.html", status=status, title=title, text=text, **_again() | more)
    return page, status


def _again() -> dict[str, object]:
    """Return what the page needs to offer the form once more."""
    return {"typed": (), "carried": carried(), "secrets_asked": secrets_asked()}


def _problem(status: int, title: str, text: str, more: dict[str, object]) -> Response:
    body = {"type": "about:blank", "title": title, "status": status, "detail": text, "request_id": request_id()}
    extra = {name: more[name] for name in ("fields", "clause", "remedy", "kind", "conflicts") if more.get(name)}
    response = jsonify(body | extra | {"instance": request.path})
    response.mimetype = "application/problem+json"
    return response
