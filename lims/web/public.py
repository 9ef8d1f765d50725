"""What anybody may look up who holds a number and its check code: a report, a job. Nothing confidential (4.2)."""

from __future__ import annotations

import hashlib

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from lims.http.person import address
from lims.http.rights import public
from lims.http.session import open_transaction
from lims.people.operations import attempt_allowed, note_attempt
from lims.reports import queries as reports
from lims.samples import queries as samples

bp = Blueprint("public", __name__)

WHY = "shows only whether a document is genuine and current, to who holds its number and check code"
MOST_FAILURES = 30
"""Wrong numbers or codes from one address in a quarter of an hour."""

Page = str | tuple[str, int] | Response


@bp.get("/r")
@public(WHY)
def check() -> Page:
    """Ask for the number and the check code, and go to the report."""
    number, code = request.args.get("number", "").strip(), request.args.get("code", "").strip()
    if number and code and "/" not in number + code:
        return redirect(url_for("public.report", number=number, check_code=code), code=303)
    return render_template("public/check.html", number=number, code=code)


@bp.route("/r/<number>/<check_code>", methods=["GET", "POST"])
@public(WHY)
def report(number: str, check_code: str) -> Page:
    """Tell whether a report is genuine and current; by POST, whether a file is the one issued."""
    if not _allowed():
        return _unknown(429)
    with open_transaction() as db:
        found = reports.public(db, number, check_code)
    if found is None:
        _note_failure()
        return _unknown(404)
    file = request.files.get("file") if request.method == "POST" else None
    same = hashlib.sha256(file.read()).hexdigest() == found.sha256 if file and file.filename else None
    return render_template("public/report.html", report=found, same=same)


@bp.get("/j/<number>/<check_code>")
@public(WHY)
def job(number: str, check_code: str) -> Page:
    """Tell where a job stands."""
    if not _allowed():
        return _unknown(429)
    with open_transaction() as db:
        found = samples.public_job(db, number, check_code)
    if found is None:
        _note_failure()
        return _unknown(404)
    return render_template("public/job.html", job=found)


def _unknown(status: int) -> tuple[str, int]:
    """Say the same for a wrong number and for a wrong code."""
    return render_template("public/unknown.html", too_many=status == 429), status


def _account() -> str:
    """Return what failures are counted by: an account of each address, so that guessing here bars nobody's login."""
    return f"public:{address()}"


def _allowed() -> bool:
    with open_transaction() as db:
        return attempt_allowed(db, account=_account(), address="", per_account=MOST_FAILURES)


def _note_failure() -> None:
    with open_transaction() as db:
        note_attempt(db, account=_account(), address="", success=False)
