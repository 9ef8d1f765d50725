"""Pages of our own instruments' calibration certificates: entering one, accepting or refusing it, its file."""

from __future__ import annotations

from flask import Blueprint, Response, render_template, request, url_for

from lims.errors import Invalid
from lims.http.fields import word
from lims.http.forms import Answer, act, mark, seen_version, sent_file
from lims.http.handed import hand_out, handed
from lims.http.rights import needs, signed_in_actor
from lims.http.session import open_transaction
from lims.instruments import operations, queries
from lims.instruments.dcc.document import MAX_BYTES
from lims.instruments.proposal import propose
from lims.people.rights import Right
from lims.store.db import Session
from lims.web.certificates_form import (
    EMPTY_ROWS,
    beginning,
    certificate_of,
    head_like,
    quantities,
    rows_to_type,
    typed_rows,
)
from lims.web.certificates_read import file_shown, thing_of

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
    shown = file_shown(instrument, before, request.values)
    rows = typed_rows(request.form)
    if shown and request.method == "GET":
        mark(shown.proposal.faults)
        rows, more = [dict(row) for row in shown.proposal.rows], 1
    return render_template(
        "instruments/certificate.html",
        instrument=instrument,
        head=shown.proposal.head if shown and shown.proposal.head else head_like(before),
        shown=shown,
        rows=rows_to_type(rows, beginning(instrument, before), more),
        quantities=quantities(instrument, before),
    )


@bp.post("/instruments/<int:instrument_id>/certificates/read")
@needs(Right.MANAGE_INSTRUMENTS)
def read(instrument_id: int) -> Answer:
    """Keep a DCC or a table of points and show what it proposes; nothing is entered."""

    def operation(session: Session) -> str:
        by = signed_in_actor()
        instrument = queries.instrument_seen(session, instrument_id, by=by)
        by.must(Right.MANAGE_INSTRUMENTS, branch_id=instrument.branch_id, laboratory_id=instrument.laboratory_id)
        content, name = _handed_in()
        propose(content, decimal=word("decimal"))
        digest = operations.keep_source_file(session, content, name=name)
        return hand_out(digest, thing=thing_of(instrument_id))

    return act(
        operation,
        done=lambda handed: url_for(
            "certificates.new",
            instrument_id=instrument_id,
            read=handed,
            decimal=word("decimal") or None,
            _anchor="read",
        ),
        again=lambda: _form(instrument_id),
    )


def _handed_in() -> tuple[bytes, str]:
    file, pasted = sent_file("source"), request.form.get("pasted", "")
    if file:
        return file.read(MAX_BYTES + 1), file.filename or ""
    if pasted.strip():
        return pasted.encode(), "pasted.csv"
    raise Invalid("There is nothing to read.", {"source": "Choose a file, or paste rows."})


@bp.post("/instruments/<int:instrument_id>/certificates/new")
@needs(Right.MANAGE_INSTRUMENTS)
def enter(instrument_id: int) -> Answer:
    """Enter what was typed; or only give more rows, where there is no JavaScript."""
    if request.form.get("do") == "rows":
        return _form(instrument_id, more=2 * EMPTY_ROWS)

    def operation(session: Session) -> int:
        file = sent_file("file")
        digest = operations.keep_certificate_file(session, file.read(), name=file.filename or "") if file else None
        handed_in = request.form.get("read", "")
        source = handed(handed_in, thing=thing_of(instrument_id)) if handed_in else None
        certificate = certificate_of(request.form, digest, source)
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


@bp.get("/instruments/<int:instrument_id>/certificates/<int:certificate_id>/source")
@needs(Right.READ)
def source(instrument_id: int, certificate_id: int) -> Response:
    """Send the file that the certificate's numbers were read from."""
    with open_transaction() as session:
        content, media_type = queries.certificate_source(session, instrument_id, certificate_id, by=signed_in_actor())
    response = Response(content, mimetype=media_type)
    end = "xml" if media_type == "application/xml" else "csv"
    response.headers["Content-Disposition"] = f'attachment; filename="certificate-{certificate_id}.{end}"'
    response.headers["Cache-Control"] = "no-store"
    return response


def _place(instrument_id: int, certificate_id: int) -> str:
    return url_for("instruments.show", instrument_id=instrument_id) + f"#certificate-{certificate_id}"
