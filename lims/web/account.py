"""One's own account: language, password, tokens; and the way in by an invitation."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from flask import Blueprint, abort, flash, redirect, render_template, request, session, url_for
from flask_babel import gettext
from flask_login import logout_user
from werkzeug.wrappers import Response

from lims import clock
from lims.http.forms import Answer, act, whole
from lims.http.person import current_actor
from lims.http.rights import public, signed_in, signed_in_actor
from lims.http.session import open_transaction
from lims.people import operations, queries
from lims.people.rights import Right
from lims.words import LOCALES

bp = Blueprint("account", __name__)


@bp.get("/account")
@signed_in
def index() -> str:
    """Show one's account."""
    actor = signed_in_actor()
    with open_transaction() as db:
        person = queries.person(db, actor.person_id or 0)
        tokens = queries.tokens(db, person.id)
    return render_template(
        "account/account.html",
        person=person,
        tokens=tokens,
        new_token=session.pop("new_token", None),
        rights=[str(right) for right in Right if actor.may(right)],
        now=clock.now(),
        revoke_address=lambda token_id: url_for("account.revoke_token", token_id=token_id),
    )


@bp.post("/account/language")
@public("chooses the language of the pages")
def language() -> Response:
    """Choose the language of the pages, for oneself or for this visit."""
    locale = request.form.get("locale", "")
    if locale in LOCALES:
        session["locale"] = locale
        actor = current_actor()
        if actor is not None:
            with open_transaction() as db:
                operations.change_language(db, by=actor, locale=locale)
    return redirect(_inside(request.form.get("next", "")), code=303)


def _inside(target: str) -> str:
    """Return an address of this site, whatever was sent."""
    parts = urlsplit(target)
    here = not parts.scheme and not parts.netloc and target.startswith("/") and not target.startswith(("//", "/\\"))
    safe = here and target.isprintable()  # a line's end would begin another header
    return target.rstrip("?") if safe else url_for("home.index")


@bp.post("/account/password")
@signed_in
def password() -> Answer:
    """Change one's password, knowing the old one; then log in again."""
    actor = signed_in_actor()
    new = request.form.get("new_password", "")

    def change(db):  # type: ignore[no-untyped-def]  # a session in, nothing out
        operations.check_password(db, by=actor, password=request.form.get("password", ""))
        operations.change_password(db, by=actor, new=new)

    answer = act(change, done=url_for("security.login"), again=index)
    if isinstance(answer, Response):
        logout_user()
        flash(gettext("The password was changed. Log in with the new one."))
    return answer


@bp.post("/account/sessions")
@signed_in
def end_sessions() -> Answer:
    """Log out everywhere."""
    actor = signed_in_actor()
    return act(
        lambda db: operations.end_sessions(db, by=actor, person_id=actor.person_id or 0), done=url_for("security.login")
    )


@bp.post("/account/tokens")
@signed_in
def create_token() -> Answer:
    """Make a token with some of one's rights; it is shown once."""
    actor = signed_in_actor()

    def create(db):  # type: ignore[no-untyped-def]  # a session in, the token out
        days, rights = whole("days"), request.form.getlist("rights")
        made = operations.create_token(db, by=actor, label=request.form.get("label", ""), days=days or 0, rights=rights)
        session["new_token"] = made
        return made

    return act(create, done=url_for("account.index"), again=index)


@bp.post("/account/tokens/<int:token_id>/revoke")
@signed_in
def revoke_token(token_id: int) -> Answer:
    """Revoke a token."""
    actor = signed_in_actor()
    return act(lambda db: operations.revoke_token(db, by=actor, token_id=token_id), done=url_for("account.index"))


@bp.get("/invitation/<word>")
@public("the way in for somebody who was invited; the word is secret and works once")
def invitation(word: str) -> str:
    """Show an invitation."""
    with open_transaction() as db:
        found = queries.open_invitation(db, word)
    if found is None:
        abort(404)
    return render_template("account/invitation.html", invitation=found, word=word)


@bp.post("/invitation/<word>")
@public("the way in for somebody who was invited; the word is secret and works once")
def accept(word: str) -> Answer:
    """Make the account."""
    locale = session.get("locale", "zh_Hant_TW")
    return act(
        lambda db: operations.accept_invitation(
            db, word=word, password=request.form.get("new_password", ""), locale=locale
        ),
        done=url_for("security.login"),
        again=lambda: invitation(word),
    )


@bp.get("/accent/<colour>.css")
@public("a style sheet with one colour")
def accent(colour: str) -> Response:
    """Return the accent colour of a laboratory as a style sheet."""
    if not re.fullmatch(r"[0-9a-fA-F]{6}", colour):
        abort(404)
    response = Response(f":root {{ --accent: #{colour}; }}\n", mimetype="text/css")
    response.headers["Cache-Control"] = "public, max-age=86400"
    return response
