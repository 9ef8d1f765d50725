"""Acceptance criteria of instruments over JSON, and how a certificate keeps to them."""

from __future__ import annotations

from typing import Any

from flask_smorest import Blueprint
from marshmallow import Schema, fields, validate

from lims.http.rights import needs, signed_in_actor
from lims.http.session import open_transaction
from lims.instruments import operations, queries
from lims.instruments.acceptance import Judged, Rule
from lims.instruments.operations import NewCriterion
from lims.instruments.queries import CriterionView, PointView
from lims.people.rights import Right

bp = Blueprint("api-criteria", __name__, url_prefix="/api/v1", description="Acceptance criteria of instruments")


class NewCriterionSchema(Schema):
    """A limit of |error|, or of |error| + U: plus + of_indication |x|, or the specification of the driver."""

    quantity = fields.String(required=True)
    range = fields.String(
        load_default=None, allow_none=True, metadata={"description": "null: every range without one of its own"}
    )
    rule = fields.String(required=True, validate=validate.OneOf([str(one) for one in Rule]))
    unit = fields.String(load_default="")
    plus = fields.String(load_default="", metadata={"description": "decimal text, in the unit"})
    of_indication = fields.String(load_default="", metadata={"description": "decimal text; 0.001 is 0.1 %"})
    specification_days = fields.Integer(
        load_default=None, allow_none=True, metadata={"description": "the maker's, so many days after calibration"}
    )
    why = fields.String(load_default="", metadata={"description": "needed to end a criterion: send no limit then"})


class CriterionSchema(Schema):
    """A criterion that counts; numbers are decimal text as they were typed."""

    id = fields.Integer()
    quantity = fields.String()
    range = fields.String(allow_none=True)
    rule = fields.String()
    unit = fields.String(allow_none=True)
    plus = fields.String(allow_none=True)
    of_indication = fields.String(allow_none=True)
    specification_days = fields.Integer(allow_none=True)
    why = fields.String()
    entered_at = fields.DateTime()


class _JudgedSchema(Schema):
    quantity = fields.String()
    range = fields.String(allow_none=True)
    unit = fields.String()
    indication = fields.Float()
    error = fields.String(metadata={"description": "decimal text, as the two below: minus the correction"})
    held = fields.String()
    limit = fields.String(allow_none=True)
    passed = fields.Boolean(allow_none=True, metadata={"description": "null where nothing limits the point"})


class JudgementSchema(Schema):
    """Each point of a certificate held against the criteria that count, or counted when it was decided on."""

    judged = fields.Integer()
    failed = fields.Integer(metadata={"description": "points as left outside: accepting needs a reason"})
    found_failed = fields.Integer(metadata={"description": "points as found outside: earlier readings are in doubt"})
    as_left = fields.List(fields.Nested(_JudgedSchema))
    as_found = fields.List(fields.Nested(_JudgedSchema))


@bp.get("/instruments/<int:instrument_id>/criteria")
@bp.response(200, CriterionSchema(many=True))
@needs(Right.READ)
def criteria(instrument_id: int) -> list[CriterionView]:
    """List the criteria of an instrument that count now."""
    with open_transaction() as session:
        queries.instrument_seen(session, instrument_id, by=signed_in_actor())
        return queries.criteria(session, instrument_id)


@bp.post("/instruments/<int:instrument_id>/criteria")
@bp.arguments(NewCriterionSchema)
@bp.response(201, CriterionSchema(many=True))
@needs(Right.MANAGE_INSTRUMENTS)
def enter(given: dict[str, Any], instrument_id: int) -> list[CriterionView]:
    """Enter a criterion; it takes the place of an older one for the same quantity and range."""
    with open_transaction() as session:
        operations.enter_criterion(
            session, by=signed_in_actor(), instrument_id=instrument_id, criterion=NewCriterion(**given)
        )
        return queries.criteria(session, instrument_id)


@bp.get("/instruments/<int:instrument_id>/certificates/<int:certificate_id>/judgement")
@bp.response(200, JudgementSchema)
@needs(Right.READ)
def judgement(instrument_id: int, certificate_id: int) -> dict[str, Any]:
    """Hold a certificate against the acceptance criteria, point by point."""
    by = signed_in_actor()
    with open_transaction() as session:
        view = queries.instrument_seen(session, instrument_id, by=by)
        certificate = queries.certificate_of(session, instrument_id, certificate_id, by=by)
        found = queries.judgements(session, instrument_id, [certificate], view.driver)[certificate_id]
    return {
        "judged": found.judged,
        "failed": found.failed,
        "found_failed": found.found_failed,
        "as_left": [_told(*one) for one in found.as_left.items()],
        "as_found": [_told(*one) for one in found.as_found.items()],
    }


def _told(point: PointView, judged: Judged) -> dict[str, Any]:
    return {
        "quantity": point.quantity,
        "range": point.range,
        "unit": point.unit,
        "indication": point.indication,
        "error": f"{judged.error:f}",
        "held": f"{judged.held:f}",
        "limit": None if judged.limit is None else f"{judged.limit:f}",
        "passed": judged.passed,
    }
