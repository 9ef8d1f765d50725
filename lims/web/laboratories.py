"""Branches and their laboratories, for the administrator: names, colour, accreditation, and who may sign."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from flask import Blueprint, render_template, request, url_for

from lims.errors import NotFound
from lims.http.fields import key, texts, word
from lims.http.forms import Answer, act
from lims.http.rights import needs, signed_in_actor
from lims.http.session import open_transaction
from lims.people import operations, queries
from lims.people.queries import BranchView, LaboratoryView
from lims.people.rights import Right
from lims.store.db import Session
from lims.web.display import text

bp = Blueprint("laboratories", __name__)

Place = TypeVar("Place", BranchView, LaboratoryView)


@bp.get("/laboratories")
@needs(Right.ADMINISTER)
def index() -> str:
    """Show every branch with its laboratories."""
    branches, laboratories = _all()
    return render_template("laboratories/list.html", laboratories=laboratories, branches=branches)


@bp.get("/laboratories/<int:laboratory_id>")
@needs(Right.ADMINISTER)
def show(laboratory_id: int) -> str:
    """Show the form of one laboratory."""
    branches, laboratories = _all()
    laboratory = _one(laboratories, laboratory_id)
    branch = _one(branches, laboratory.branch_id)
    return render_template("laboratories/laboratory.html", laboratory=laboratory, branch=branch)


@bp.post("/laboratories/<int:laboratory_id>")
@needs(Right.ADMINISTER)
def change(laboratory_id: int) -> Answer:
    """Change one laboratory."""
    actor = signed_in_actor()
    return act(
        lambda session: operations.change_laboratory(
            session,
            by=actor,
            laboratory_id=laboratory_id,
            name=texts("name"),
            accent=word("accent"),
            accreditation=word("accreditation"),
            reviewer_may_sign="reviewer_may_sign" in request.form,
        ),
        done=url_for("laboratories.index"),
        again=lambda: show(laboratory_id),
    )


@bp.get("/laboratories/new")
@needs(Right.ADMINISTER)
def new() -> str:
    """Show an empty form of a laboratory."""
    branches, _ = _all()
    chosen = request.args.get("branch", type=int)
    return render_template(
        "laboratories/laboratory.html", laboratory=None, branch_choices=_choices(branches), chosen=chosen
    )


@bp.post("/laboratories/new")
@needs(Right.ADMINISTER)
def create() -> Answer:
    """Enter a laboratory."""
    actor = signed_in_actor()
    return act(
        lambda session: operations.create_laboratory(
            session,
            by=actor,
            branch_id=key("branch") or 0,
            code=word("code"),
            name=texts("name"),
            accent=word("accent"),
            accreditation=word("accreditation") or None,
        ),
        done=url_for("laboratories.index"),
        again=new,
    )


@bp.get("/branches/new")
@needs(Right.ADMINISTER)
def new_branch() -> str:
    """Show an empty form of a branch."""
    branches, _ = _all()
    return render_template("laboratories/branch.html", branch=None, branch_choices=_choices(branches))


@bp.post("/branches/new")
@needs(Right.ADMINISTER)
def create_branch() -> Answer:
    """Enter a branch, or an office under one."""
    actor = signed_in_actor()

    def do(session: Session) -> None:
        operations.create_branch(
            session,
            by=actor,
            code=word("code"),
            name=texts("name"),
            address=texts("address") or None,
            time_zone=word("time_zone"),
            parent_id=key("parent", required=False),
        )

    return act(do, done=url_for("laboratories.index"), again=new_branch)


@bp.get("/branches/<int:branch_id>")
@needs(Right.ADMINISTER)
def show_branch(branch_id: int) -> str:
    """Show the form of one branch."""
    branches, _ = _all()
    return render_template("laboratories/branch.html", branch=_one(branches, branch_id))


@bp.post("/branches/<int:branch_id>")
@needs(Right.ADMINISTER)
def change_branch(branch_id: int) -> Answer:
    """Change name and address of a branch."""
    actor = signed_in_actor()
    return act(
        lambda session: operations.change_branch(
            session, by=actor, branch_id=branch_id, name=texts("name"), address=texts("address") or None
        ),
        done=url_for("laboratories.index"),
        again=lambda: show_branch(branch_id),
    )


def _all() -> tuple[list[BranchView], list[LaboratoryView]]:
    with open_transaction() as session:
        return queries.branches(session), queries.laboratories(session)


def _choices(branches: list[BranchView]) -> list[tuple[int, str]]:
    return [(branch.id, text(branch.name)) for branch in branches]


def _one(places: Iterable[Place], place_id: int) -> Place:
    found = next((one for one in places if one.id == place_id), None)
    if found is None:
        raise NotFound("There is no such place. Look at the list.")
    return found
