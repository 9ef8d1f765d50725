"""Validation studies of an edition: their data, what came out, and a new edition that takes it over."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, render_template, request, url_for

from lims.http.fields import word
from lims.http.forms import Answer, act
from lims.http.rights import needs, signed_in_actor
from lims.http.session import open_transaction
from lims.methods import document as documents
from lims.methods import operations, queries
from lims.methods.queries import StudyView
from lims.methods.studies import KINDS
from lims.people.rights import Right
from lims.web.editions import the_edition

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

bp = Blueprint("studies", __name__)

N_ = str
EXAMPLES = {
    "precision": "kind: precision\ntitle: Three days, two operators\nperformed: 2026-03-02\nunit: mg\n"
    "groups:             # one list for each day, operator or laboratory\n"
    "  - [10.1, 9.9, 10.0]\n  - [11.1, 10.9, 11.0]\n  - [10.6, 10.4, 10.5]\n"
    "repeats: 1          # of which a routine result is the mean\n",
    "recovery": "kind: recovery\ntitle: Spiked samples\nunit: '1'\nrecoveries: [0.98, 1.01, 0.97, 1.00, 0.99]\n"
    "u_added: 0.005      # relative standard uncertainty of what was added\ncorrected: false\n",
    "bias": "kind: bias\ntitle: Comparison rounds\nunit: percent\nrelative: false\nrounds:\n"
    "  - {bias: 2.0, s_R: 9.0, laboratories: 36}\n  - {bias: -1.5, s_R: 8.0, laboratories: 25}\n",
    "linearity": "kind: linearity\ntitle: Working range\nunit: mg/L\nx: [1, 2, 3, 4, 5, 6]\n"
    "y: [1.1, 1.9, 3.1, 3.9, 5.1, 5.9]\n",
    "detection": "kind: detection\ntitle: Blanks\nunit: mg/L\nblanks: [0.02, 0.00, 0.01, 0.03, 0.01, 0.02]\nn: 1\n",
}
"""What the form begins with; the numbers are invented."""
NUMBERS = {
    "mean": N_("Mean"),
    "s_r": N_("Repeatability s_r"),
    "s_between": N_("Between groups s_L"),
    "s_R": N_("Reproducibility s_R"),
    "dof_r": N_("Degrees of freedom of s_r"),
    "dof_R": N_("Degrees of freedom of s_R"),
    "repeatability limit": N_("Repeatability limit"),
    "reproducibility limit": N_("Reproducibility limit"),
    "groups": N_("Groups"),
    "u": N_("Standard uncertainty u"),
    "dof": N_("Degrees of freedom"),
    "t": N_("t"),
    "t critical": N_("Critical value of t"),
    "rms": N_("Root mean square of the biases"),
    "u of the references": N_("Mean u of the reference values"),
    "rounds": N_("Rounds"),
    "slope": N_("Slope"),
    "s of the line": N_("Residual s of the line"),
    "s of the parabola": N_("Residual s of the parabola"),
    "F": N_("F"),
    "p": N_("p"),
    "largest residual": N_("Largest residual"),
    "critical": N_("Critical value"),
    "detection": N_("Limit of detection"),
    "quantification": N_("Limit of quantification"),
}
"""What the numbers of a study are called."""
KIND_WORDS = {
    "precision": N_("Precision"),
    "recovery": N_("Recovery"),
    "bias": N_("Bias"),
    "linearity": N_("Linearity"),
    "detection": N_("Detection and quantification"),
}


@bp.get("/methods/<int:method_id>/editions/<int:version_id>/studies")
@needs(Right.READ)
def index(method_id: int, version_id: int) -> str:
    """List the studies of an edition, and offer the form for another one."""
    by, kind = signed_in_actor(), request.args.get("kind", "")
    with open_transaction() as session:
        edition = the_edition(session, method_id, version_id)
        found = queries.studies(session, version_id=version_id)
    may_write = by.may(Right.MANAGE_METHODS, branch_id=edition.branch_id, laboratory_id=edition.laboratory_id)
    kind = kind if kind in KINDS else KINDS[0]
    return render_template(
        "studies/index.html", edition=edition, studies=found, may_write=may_write, kind=kind,
        example=EXAMPLES[kind], kinds=KIND_WORDS,
    )  # fmt: skip


@bp.post("/methods/<int:method_id>/editions/<int:version_id>/studies")
@needs(Right.MANAGE_METHODS)
def store(method_id: int, version_id: int) -> Answer:
    """Compute a study and store it with its data."""
    text = request.form.get("document", "").replace("\r\n", "\n")
    return act(
        lambda session: operations.store_study(session, by=signed_in_actor(), version_id=version_id, document=text).id,
        done=lambda study_id: url_for("studies.show", study_id=study_id),
        again=lambda: index(method_id, version_id),
    )


@bp.get("/studies/<int:study_id>")
@needs(Right.READ)
def show(study_id: int) -> str:
    """Show a study: its data, what came out, and what it can feed."""
    by = signed_in_actor()
    with open_transaction() as session:
        found = queries.study(session, study_id)
        edition = queries.version(session, found.method_version_id)
    return render_template(
        "studies/show.html",
        study=found,
        edition=edition,
        yaml=documents.dump(found.document),
        feeds=_feeds(found),
        places=[(name, name) for name in found.places],
        numbers=NUMBERS,
        kinds=KIND_WORDS,
        may_write=by.may(Right.MANAGE_METHODS, branch_id=edition.branch_id, laboratory_id=edition.laboratory_id),
    )


def _feeds(found: StudyView) -> str:
    """Return as YAML what it hands on."""
    return documents.dump(found.answer["component"] or found.answer["limits"] or {})


@bp.post("/studies/<int:study_id>/edition")
@needs(Right.MANAGE_METHODS)
def feed(study_id: int) -> Answer:
    """Begin a new edition with what the study found."""

    def operation(session: Session) -> str:
        made = operations.feed_study(
            session, by=signed_in_actor(), study_id=study_id, into=word("into"), edition=word("edition")
        )
        return url_for("editions.show", method_id=made.method_id, version_id=made.id)

    return act(operation, done=lambda address: address, again=lambda: show(study_id))
