"""Today: what waits for the person, by what the person may do."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, url_for
from werkzeug.wrappers import Response

from lims.http.person import current_actor
from lims.http.rights import public, signed_in
from lims.web.navigation import navigation

bp = Blueprint("home", __name__)


@bp.get("/")
@public("sends visitors to the login page")
def index() -> str | Response:
    """Show what waits for the person."""
    if current_actor() is None:
        return redirect(url_for("security.login"))
    return today()


@signed_in
def today() -> str:
    """Return the page of the day."""
    return render_template("home/today.html", entries=navigation())
