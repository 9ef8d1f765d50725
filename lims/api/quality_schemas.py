"""Shapes of reverse traceability and nonconforming work in the JSON interface."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from lims.quality.chain import Link
from lims.quality.reached import Way
from lims.quality.states import NonconformityState

MOMENT = {"description": "with its offset from UTC"}


def _texts() -> fields.Dict:
    return fields.Dict(keys=fields.String(), values=fields.String(), allow_none=True)


class ReachQuerySchema(Schema):
    """Which readings; what is left out follows from calibrations and checks."""

    since = fields.AwareDateTime(load_default=None, metadata=MOMENT)
    until = fields.AwareDateTime(load_default=None, metadata={"description": "exclusive"})
    found_at = fields.AwareDateTime(
        load_default=None, metadata={"description": "when it was found out of tolerance, where no check says so"}
    )


class RecipientSchema(Schema):
    """Somebody who has a report."""

    name = fields.String()
    how = fields.String(metadata={"description": "'read file', or the channel of a message"})
    at = fields.DateTime(allow_none=True)


class ReachedReportSchema(Schema):
    """A report that speaks of a result concerned."""

    id = fields.Integer()
    number = fields.String(allow_none=True)
    state = fields.String()
    issued_at = fields.DateTime(allow_none=True)
    client = _texts()
    client_code = fields.String()
    recipients = fields.List(fields.Nested(RecipientSchema))


class ReachedSchema(Schema):
    """A result that the readings went into; without `result_id` they are in no result yet."""

    line_id = fields.Integer()
    line_number = fields.String(allow_none=True)
    line_state = fields.String()
    job_id = fields.Integer()
    job_number = fields.String(allow_none=True)
    laboratory_id = fields.Integer()
    client = _texts()
    client_code = fields.String()
    way = fields.String(validate=validate.OneOf([str(one) for one in Way]))
    through = fields.String(metadata={"description": "the line whose result was taken, or the instrument calibrated"})
    reading_ids = fields.List(fields.Integer())
    first_at = fields.DateTime(allow_none=True)
    last_at = fields.DateTime(allow_none=True)
    result_id = fields.Integer(allow_none=True)
    result_number = fields.Integer(allow_none=True)
    summary = fields.String()
    retracted = fields.Boolean()
    held = fields.Boolean()
    reports = fields.List(fields.Nested(ReachedReportSchema))


class ReachSchema(Schema):
    """All that readings of a time went into, as far as the person may see it."""

    instrument_id = fields.Integer(allow_none=True)
    lot_id = fields.Integer(allow_none=True)
    since = fields.DateTime(allow_none=True)
    until = fields.DateTime(allow_none=True)
    reading_count = fields.Integer()
    elsewhere = fields.Integer(metadata={"description": "lines of places that the person may not see"})
    rows = fields.List(fields.Nested(ReachedSchema))


class NodeSchema(Schema):
    """One link of a chain of traceability, with what it stands on."""

    link = fields.String(validate=validate.OneOf([str(one) for one in Link]))
    name = fields.String()
    about = fields.List(fields.String())
    texts = _texts()
    key = fields.Integer(allow_none=True, metadata={"description": "of the line or of the instrument"})
    first = fields.DateTime(allow_none=True)
    last = fields.DateTime(allow_none=True)
    day = fields.Date(allow_none=True, metadata={"description": "of the calibration"})
    until = fields.Date(allow_none=True)
    gap = fields.String(allow_none=True, metadata={"description": "why the chain does not hold here"})
    below = fields.List(fields.Nested("NodeSchema"))


class NewNonconformitySchema(Schema):
    """Nonconforming work by an instrument or by a lot: one of the two; its list is frozen whole."""

    instrument_id = fields.Integer(load_default=None, validate=validate.Range(min=1, max=2**63 - 1))
    lot_id = fields.Integer(load_default=None, validate=validate.Range(min=1, max=2**63 - 1))
    what = fields.String(required=True, validate=validate.Length(1, 2000))
    since = fields.AwareDateTime(load_default=None, metadata={"description": "null: since its first reading"})
    until = fields.AwareDateTime(load_default=None, metadata={"description": "exclusive; null: to now"})
    hold = fields.Boolean(load_default=False, metadata={"description": "hold every result in the list back"})


class OpenedSchema(Schema):
    """What was opened."""

    id = fields.Integer()
    held = fields.Integer()
    not_held = fields.Integer(metadata={"description": "results of places where the person may not hold"})


class NonconformityRowSchema(Schema):
    """One in a list."""

    id = fields.Integer()
    number = fields.String()
    state = fields.String(validate=validate.OneOf([str(one) for one in NonconformityState]))
    what = fields.String()
    instrument_id = fields.Integer(allow_none=True)
    instrument = fields.String(allow_none=True)
    lot_id = fields.Integer(allow_none=True)
    lot = fields.String(allow_none=True)
    laboratory_id = fields.Integer()
    opened_at = fields.DateTime()
    version = fields.Integer()


class NonconformitiesQuerySchema(Schema):
    """Which ones."""

    state = fields.String(load_default="", validate=validate.OneOf(["", *(str(one) for one in NonconformityState)]))
    cursor = fields.Integer(load_default=None, validate=validate.Range(min=1, max=2**63 - 1))
    limit = fields.Integer(load_default=50, validate=validate.Range(min=1, max=200))


class NonconformitiesSchema(Schema):
    """A page of them, the newest first."""

    rows = fields.List(fields.Nested(NonconformityRowSchema))
    cursor = fields.Integer(allow_none=True)


class NonconformitySchema(Schema):
    """One with its frozen list, as far as the person may see it."""

    row = fields.Nested(NonconformityRowSchema)
    reach = fields.Nested(ReachSchema)
    reach_hash = fields.String(metadata={"description": "SHA-256 of the whole list"})
    held = fields.Integer()
    let_go = fields.Integer()


class StepSchema(Schema):
    """A step, with the version that was seen and what was done."""

    seen_version = fields.Integer(required=True)
    why = fields.String(required=True, validate=validate.Length(1, 2000))
