"""Pages of our own instruments' calibration certificates: entering one, accepting or refusing it, its file."""

from __future__ import annotations

from flask import Blueprint, Response, render_template, request, url_for

from lims.http.fields import word
from lims.http.forms import Answer, act, seen_version, sent_file
from lims.http.rights import needs, signed_in_actor
from lims.http.session import open_transaction
from lims.instruments import operations, queries
from lims.people.rights import Right
from lims.store.db import Session
from lims.web.certificates_form import EMPTY_ROWS, beginning, certificate_of, quantities, rows_to_type, typed_rows

bp = Blueprint("certificates", __name__)


@bp.get("/instruments/<int:instrument_id>/certificates/new")
@needs(Right.MANAGE_INSTRUMENTS)
def new(instrument_id: int) -> str:
    """Show the form, empty."""
    return _form(instrument_id)


def _form(instrument_id: int, more: int = EMPTY_ROWS) -> str:
    by = signed_in_actor()
    with open_transaction() as session:
        instrument = queries.instrument_seen(session, instrument_id, by=by)
        before = queries.certificates(session, instrument_id)
    by.must(Right.MANAGE_INSTRUMENTS, branch_id=instrument.branch_id, laboratory_id=instrument.laboratory_id)
    return render_template(
        "instruments/certificate.html",
        instrument=instrument,
        before=before[0] if before else None,
        rows=rows_to_type(typed_rows(request.form), beginning(instrument, before), more),
        quantities=quantities(instrument, before),
    )


@bp.post("/instruments/<int:instrument_id>/certificates/new")
@needs(Right.MANAGE_INSTRUMENTS)
def enter(instrument_id: int) -> Answer:
    """Enter what was typed; or only give more rows, where there is no JavaScript."""
    if request.form.get("do") == "rows":
        return _form(instrument_id, more=2 * EMPTY_ROWS)

    def operation(session: Session) -> int:
        file = sent_file("file")
        digest = operations.keep_certificate_file(session, file.read(), name=file.filename or "") if file else None
        certificate = certificate_of(request.form, digest)
        return operations.enter_certificate(
            session, by=signed_in_actor(), instrument_id=instrument_id, certificate=certificate
        ).id

    return act(
        operation,
        done=lambda certificate_id: _place(instrument_id, certificate_id),
        again=lambda: _form(instrument_id),
    )


@bp.post("/instruments/<int:instrument_id>/certificates/<int:certificate_id>/<any(accept, refuse):name>")
@needs(Right.MANAGE_INSTRUMENTS)
def decide(instrument_id: int, certificate_id: int, name: str) -> Answer:
    """Accept a certificate after review against the acceptance criteria, or refuse it saying why."""
    operation = operations.accept_certificate if name == "accept" else operations.refuse_certificate

    def decided(session: Session) -> object:
        by = signed_in_actor()
        queries.certificate_of(session, instrument_id, certificate_id, by=by)
        return operation(session, by=by, certificate_id=certificate_id, seen_version=seen_version(), note=word("why"))

    return act(
        decided,
        done=_place(instrument_id, certificate_id),
        again=lambda: _instrument_page(instrument_id),
    )


def _instrument_page(instrument_id: int) -> str:
    from lims.web.instruments import show  # noqa: PLC0415 - the page that the form came from

    return show(instrument_id)


@bp.get("/instruments/<int:instrument_id>/certificates/<int:certificate_id>/file")
@needs(Right.READ)
def file(instrument_id: int, certificate_id: int) -> Response:
    """Send the certificate's file as it was entered."""
    with open_transaction() as session:
        content = queries.certificate_content(session, instrument_id, certificate_id, by=signed_in_actor())
    response = Response(content, mimetype="application/pdf")
    response.headers["Content-Disposition"] = f'attachment; filename="certificate-{certificate_id}.pdf"'
    response.headers["Cache-Control"] = "no-store"
    return response


def _place(instrument_id: int, certificate_id: int) -> str:
    return url_for("instruments.show", instrument_id=instrument_id) + f"#certificate-{certificate_id}"
