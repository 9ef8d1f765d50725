"""Shapes of plans and of what is due in the JSON interface."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from lims.instruments.upkeep import LONGEST_DAYS, DueKind, PlanKind


class DueQuerySchema(Schema):
    """Up to which day, and where."""

    until = fields.Date(load_default=None, metadata={"description": "30 days from today where it is left out"})
    laboratory_id = fields.Integer(load_default=None, validate=validate.Range(min=1, max=2**63 - 1))


class DueSchema(Schema):
    """One thing that is due for an instrument, or the last day of a lot."""

    on = fields.Date()
    kind = fields.String(validate=validate.OneOf([str(one) for one in DueKind]))
    what = fields.String()
    standing = fields.String(metadata={"description": "overdue, due soon or valid, today where it is"})
    instrument_id = fields.Integer(allow_none=True)
    lot_id = fields.Integer(allow_none=True)
    number = fields.String()
    laboratory_id = fields.Integer()
    branch_id = fields.Integer()


class DueListSchema(Schema):
    """What is due, the oldest first."""

    rows = fields.List(fields.Nested(DueSchema))


class PointDriftSchema(Schema):
    """One calibrated point over all accepted certificates; errors in `unit`, of differences for temperatures."""

    quantity = fields.String()
    range = fields.String(allow_none=True)
    unit = fields.String()
    indication = fields.Float()
    calibrations = fields.Function(lambda one: one.drift.count)
    error = fields.Function(lambda one: one.drift.error, metadata={"description": "that the last calibration left"})
    u = fields.Function(lambda one: one.drift.u)
    slope = fields.Function(lambda one: one.drift.slope, metadata={"description": "in a year"})
    u_slope = fields.Function(lambda one: one.drift.u_slope)
    scatter = fields.Function(lambda one: one.drift.scatter)
    limit = fields.Float(allow_none=True)
    days = fields.Integer(allow_none=True, metadata={"description": "for how long error and U keep to the limit"})


class DriftSchema(Schema):
    """The drift of an instrument, and the interval that follows."""

    points = fields.List(fields.Nested(PointDriftSchema))
    accepted = fields.Integer(metadata={"description": "certificates that were accepted"})
    proposed_days = fields.Integer(allow_none=True)


class DoneSchema(Schema):
    """A plan carried out once."""

    at = fields.DateTime()
    by_id = fields.Integer()
    value = fields.String(allow_none=True, metadata={"description": "as it was typed, in the unit of the plan"})
    passed = fields.Boolean()
    note = fields.String()


class PlanSchema(Schema):
    """One plan with what was done, newest first."""

    id = fields.Integer()
    kind = fields.String(validate=validate.OneOf([str(one) for one in PlanKind]))
    what = fields.String()
    interval_days = fields.Integer()
    begins_on = fields.Date()
    unit = fields.String(allow_none=True)
    lower = fields.String(allow_none=True)
    upper = fields.String(allow_none=True)
    ended_at = fields.DateTime(allow_none=True)
    due_on = fields.Date(allow_none=True, metadata={"description": "null once it was ended"})
    done = fields.List(fields.Nested(DoneSchema))


class PlansSchema(Schema):
    """The plans of an instrument, those in force first."""

    rows = fields.List(fields.Nested(PlanSchema))


class NewPlanSchema(Schema):
    """A plan; limits are decimal strings in `unit`."""

    kind = fields.String(required=True, validate=validate.OneOf([str(one) for one in PlanKind]))
    what = fields.String(required=True, validate=validate.Length(1, 200))
    interval_days = fields.Integer(required=True, validate=validate.Range(min=1, max=LONGEST_DAYS))
    begins_on = fields.Date(required=True)
    unit = fields.String(load_default="", validate=validate.Length(max=40))
    lower = fields.String(load_default="", validate=validate.Length(max=40))
    upper = fields.String(load_default="", validate=validate.Length(max=40))


class NewDoneSchema(Schema):
    """That a plan was carried out: with a number where it has limits, else with the outcome of a check."""

    at = fields.AwareDateTime(required=True)
    value = fields.String(load_default="", validate=validate.Length(max=40))
    passed = fields.Boolean(load_default=None, allow_none=True)
    note = fields.String(load_default="", validate=validate.Length(max=1000))
