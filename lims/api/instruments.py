"""The register of instruments, their certificates and the benches over JSON."""

from __future__ import annotations

from typing import Any

from flask_smorest import Blueprint
from marshmallow import Schema, fields, validate

from lims.http.rights import needs, signed_in_actor
from lims.http.session import open_transaction
from lims.instruments import queries
from lims.instruments.queries import BenchView, CertificateView, InstrumentView
from lims.instruments.status import Status
from lims.people.rights import Right

bp = Blueprint("api-instruments", __name__, url_prefix="/api/v1", description="Instruments, certificates and benches")


def _texts() -> fields.Dict:
    return fields.Dict(keys=fields.String(), values=fields.String(), allow_none=True)


class InstrumentsQuerySchema(Schema):
    """Which instruments; all of these hold at once."""

    laboratory_id = fields.Integer(load_default=None)
    kind = fields.String(load_default="")
    status = fields.String(load_default=None, validate=validate.OneOf([str(one) for one in Status]))
    words = fields.String(load_default="", metadata={"description": "number, name, maker, model or serial"})
    cursor = fields.String(load_default="")
    limit = fields.Integer(load_default=100, validate=validate.Range(min=1, max=200))


class InstrumentSchema(Schema):
    """One instrument as it stands now."""

    id = fields.Integer()
    number = fields.String()
    name = _texts()
    kind = fields.String()
    maker = fields.String()
    model = fields.String()
    serial = fields.String()
    laboratory_id = fields.Integer()
    branch_id = fields.Integer()
    bench = fields.String(allow_none=True)
    driver = fields.String(allow_none=True)
    resource = fields.String(allow_none=True)
    location = _texts()
    state = fields.String()
    status = fields.String(metadata={"description": "whether it may measure now, from its state and certificates"})
    usable = fields.Boolean()
    certificate_number = fields.String(allow_none=True)
    valid_until = fields.Date(allow_none=True)
    version = fields.Integer()


class InstrumentsSchema(Schema):
    """A page of the register, by number."""

    rows = fields.List(fields.Nested(InstrumentSchema))
    cursor = fields.String(allow_none=True)


class PointSchema(Schema):
    """One calibrated point: add `correction` to an indication; U is expanded by k; dof null is infinite."""

    quantity = fields.String()
    unit = fields.String()
    range = fields.String(allow_none=True)
    indication = fields.Float()
    correction = fields.Float()
    U = fields.Float()
    k = fields.Float()
    dof = fields.Float(allow_none=True)


class CertificateSchema(Schema):
    """One calibration certificate of our own instrument; only an accepted one counts."""

    id = fields.Integer()
    number = fields.String()
    issued_by = fields.String()
    accreditation = fields.String(allow_none=True)
    calibrated_on = fields.Date()
    valid_until = fields.Date()
    conditions = fields.String(allow_none=True)
    traceability = _texts()
    state = fields.String()
    points = fields.List(fields.Nested(PointSchema))


class OneInstrumentSchema(Schema):
    """One instrument with its certificates, newest first."""

    instrument = fields.Nested(InstrumentSchema)
    certificates = fields.List(fields.Nested(CertificateSchema))


class BenchSchema(Schema):
    """One bench, and when its agent was last heard."""

    id = fields.Integer()
    code = fields.String()
    name = _texts()
    laboratory_id = fields.Integer()
    branch_id = fields.Integer()
    last_seen_at = fields.DateTime(allow_none=True)


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


@bp.get("/instruments/<int:instrument_id>")
@bp.response(200, OneInstrumentSchema)
@needs(Right.READ)
def instrument(instrument_id: int) -> dict[str, InstrumentView | list[CertificateView]]:
    """Show one instrument with its certificates and their points."""
    with open_transaction() as session:
        view = queries.instrument_seen(session, instrument_id, by=signed_in_actor())
        return {"instrument": view, "certificates": queries.certificates(session, instrument_id)}


@bp.get("/benches")
@bp.response(200, BenchSchema(many=True))
@needs(Right.READ)
def benches() -> list[BenchView]:
    """List benches."""
    with open_transaction() as session:
        return queries.benches(session, by=signed_in_actor())
