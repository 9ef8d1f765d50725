"""The register of instruments, their certificates and checks, and the benches over JSON."""

from __future__ import annotations

from typing import Any

from flask import Response
from flask_smorest import Blueprint

from lims.api.content import decoded
from lims.api.instruments_schemas import (
    BenchSchema,
    CertificateFileSchema,
    ChangedInstrumentSchema,
    CheckSchema,
    InstrumentSchema,
    InstrumentsQuerySchema,
    InstrumentsSchema,
    MoveSchema,
    NewCertificateSchema,
    NewInstrumentSchema,
    OneInstrumentSchema,
    ProposalSchema,
)
from lims.http.errors import say
from lims.http.rights import needs, signed_in_actor
from lims.http.session import open_transaction
from lims.instruments import operations, queries
from lims.instruments.calibration_file import Part
from lims.instruments.operations import NewCertificate, NewInstrument, NewPoint
from lims.instruments.proposal import Said, as_data, names_other_serial, propose
from lims.instruments.queries import BenchView, InstrumentView
from lims.instruments.states import Phase
from lims.instruments.status import Status
from lims.people.rights import Right
from lims.store.db import Session

bp = Blueprint("api-instruments", __name__, url_prefix="/api/v1", description="Instruments, certificates and benches")


@bp.get("/instruments")
@bp.arguments(InstrumentsQuerySchema, location="query")
@bp.response(200, InstrumentsSchema)
@needs(Right.READ)
def instruments(asked: dict[str, Any]) -> dict[str, Any]:
    """List the register with the status of each instrument now."""
    cursor, limit, status = asked.pop("cursor"), asked.pop("limit"), asked.pop("status")
    with open_transaction() as session:
        found = queries.instruments(session, by=signed_in_actor(), status=Status(status) if status else None, **asked)
    rows: list[InstrumentView] = [one for one in found if one.number > cursor]
    return {"rows": rows[:limit], "cursor": rows[limit - 1].number if len(rows) > limit else None}


@bp.post("/instruments")
@bp.arguments(NewInstrumentSchema)
@bp.response(201, InstrumentSchema)
@needs(Right.MANAGE_INSTRUMENTS)
def register(given: dict[str, Any]) -> InstrumentView:
    """Enter an instrument into the register."""
    by = signed_in_actor()
    with open_transaction() as session:
        made = operations.register_instrument(session, by=by, instrument=NewInstrument(**given))
        return queries.instrument_seen(session, made.id, by=by)


@bp.get("/instruments/<int:instrument_id>")
@bp.response(200, OneInstrumentSchema)
@needs(Right.READ)
def instrument(instrument_id: int) -> dict[str, Any]:
    """Show one instrument with its certificates, their points, and its checks."""
    with open_transaction() as session:
        return _one(session, instrument_id)


def _one(session: Session, instrument_id: int) -> dict[str, Any]:
    view = queries.instrument_seen(session, instrument_id, by=signed_in_actor())
    return {
        "instrument": view,
        "certificates": queries.certificates(session, instrument_id),
        "checks": queries.checks(session, instrument_id),
    }


@bp.patch("/instruments/<int:instrument_id>")
@bp.arguments(ChangedInstrumentSchema)
@bp.response(200, InstrumentSchema)
@needs(Right.MANAGE_INSTRUMENTS)
def change(given: dict[str, Any], instrument_id: int) -> InstrumentView:
    """Correct what the register says of it; what is not sent stays as it is."""
    by, seen, why = signed_in_actor(), given.pop("seen_version"), given.pop("why")
    with open_transaction() as session:
        operations.change_instrument(
            session, by=by, instrument_id=instrument_id, seen_version=seen, changes=given, why=why
        )
        return queries.instrument_seen(session, instrument_id, by=by)


@bp.post("/instruments/<int:instrument_id>/<any('suspend', 'take-out-of-service', 'put-in-service', 'retire'):name>")
@bp.arguments(MoveSchema)
@bp.response(200, InstrumentSchema)
@needs(Right.MANAGE_INSTRUMENTS)
def move(given: dict[str, Any], instrument_id: int, name: str) -> InstrumentView:
    """Suspend it, take it out of service, put it back or retire it, saying why."""
    by = signed_in_actor()
    with open_transaction() as session:
        operations.move_instrument(session, by=by, instrument_id=instrument_id, name=name.replace("-", " "), **given)
        return queries.instrument_seen(session, instrument_id, by=by)


@bp.post("/instruments/<int:instrument_id>/checks")
@bp.arguments(CheckSchema)
@bp.response(201, OneInstrumentSchema)
@needs(Right.ENTER_READINGS, Right.MANAGE_INSTRUMENTS)
def check(given: dict[str, Any], instrument_id: int) -> dict[str, Any]:
    """Record a check between calibrations; a failed one suspends the instrument."""
    with open_transaction() as session:
        operations.record_check(session, by=signed_in_actor(), instrument_id=instrument_id, **given)
        return _one(session, instrument_id)


@bp.post("/instruments/<int:instrument_id>/certificates")
@bp.arguments(NewCertificateSchema)
@bp.response(201, OneInstrumentSchema)
@needs(Right.MANAGE_INSTRUMENTS)
def enter_certificate(given: dict[str, Any], instrument_id: int) -> dict[str, Any]:
    """Enter a calibration certificate with its points; it counts only once accepted."""
    file, source, points = given.pop("file"), given.pop("source"), [NewPoint(**one) for one in given.pop("points")]
    with open_transaction() as session:
        pdf = decoded(file, "file") if file else None
        digest = operations.keep_certificate_file(session, pdf, name="certificate.pdf") if pdf is not None else None
        handed = decoded(source, "source") if source else None
        read_from = operations.keep_source_file(session, handed, name="source") if handed is not None else None
        new = NewCertificate(points=points, file_digest=digest, source_digest=read_from, **given)
        operations.enter_certificate(session, by=signed_in_actor(), instrument_id=instrument_id, certificate=new)
        return _one(session, instrument_id)


@bp.post("/instruments/<int:instrument_id>/certificates/read")
@bp.arguments(CertificateFileSchema)
@bp.response(200, ProposalSchema)
@needs(Right.MANAGE_INSTRUMENTS)
def read_certificate(given: dict[str, Any], instrument_id: int) -> dict[str, Any]:
    """Read a DCC or a table of points and say what it proposes for a certificate; nothing is stored."""
    by = signed_in_actor()
    with open_transaction() as session:
        view = queries.instrument_seen(session, instrument_id, by=by)
        before = queries.certificates(session, instrument_id)
    by.must(Right.MANAGE_INSTRUMENTS, branch_id=view.branch_id, laboratory_id=view.laboratory_id)
    said = {place: _said(one) for place, one in given["tables"].items()}
    known = queries.known_quantities(view, before)
    found = propose(decoded(given["file"], "file"), known=known, said=said, decimal=given["decimal"])
    return as_data(found, say) | {"other_serial": names_other_serial(found.serials, view.serial)}


def _said(given: dict[str, Any]) -> Said:
    return Said(
        parts=tuple(Part(one) for one in given["parts"]),
        quantity=given["quantity"],
        range=given["range"],
        phase=Phase(given["phase"]) if given["phase"] else None,
    )


@bp.get("/instruments/<int:instrument_id>/certificates/<int:certificate_id>/source")
@bp.response(200, content_type="application/octet-stream")
@needs(Right.READ)
def certificate_source(instrument_id: int, certificate_id: int) -> Response:
    """Send the DCC or table that the certificate's numbers were read from."""
    with open_transaction() as session:
        content, _media_type = queries.certificate_source(session, instrument_id, certificate_id, by=signed_in_actor())
    response = Response(content, mimetype="application/octet-stream")
    response.headers["Content-Disposition"] = f'attachment; filename="certificate-{certificate_id}-source"'
    response.headers["Cache-Control"] = "no-store"
    return response


@bp.post("/instruments/<int:instrument_id>/certificates/<int:certificate_id>/<any(accept, refuse):name>")
@bp.arguments(MoveSchema)
@bp.response(200, OneInstrumentSchema)
@needs(Right.MANAGE_INSTRUMENTS)
def decide(given: dict[str, Any], instrument_id: int, certificate_id: int, name: str) -> dict[str, Any]:
    """Accept a certificate after review against the acceptance criteria, or refuse it saying why."""
    operation = operations.accept_certificate if name == "accept" else operations.refuse_certificate
    with open_transaction() as session:
        queries.certificate_of(session, instrument_id, certificate_id, by=signed_in_actor())
        operation(
            session,
            by=signed_in_actor(),
            certificate_id=certificate_id,
            seen_version=given["seen_version"],
            note=given["why"],
        )
        return _one(session, instrument_id)


@bp.get("/instruments/<int:instrument_id>/certificates/<int:certificate_id>/file")
@bp.response(200, content_type="application/pdf")
@needs(Right.READ)
def certificate_file(instrument_id: int, certificate_id: int) -> Response:
    """Send the certificate's file as it was entered."""
    with open_transaction() as session:
        content = queries.certificate_content(session, instrument_id, certificate_id, by=signed_in_actor())
    response = Response(content, mimetype="application/pdf")
    response.headers["Content-Disposition"] = f'attachment; filename="certificate-{certificate_id}.pdf"'
    response.headers["Cache-Control"] = "no-store"
    return response


@bp.get("/benches")
@bp.response(200, BenchSchema(many=True))
@needs(Right.READ)
def benches() -> list[BenchView]:
    """List benches."""
    with open_transaction() as session:
        return queries.benches(session, by=signed_in_actor())
