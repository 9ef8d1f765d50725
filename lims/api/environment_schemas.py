"""Shapes of environment loggers in the JSON interface."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from lims.instruments.operations.environment import LARGEST_BATCH

LARGEST_KEY = 2**63 - 1


class NewLoggedSchema(Schema):
    """One value as the logger wrote it."""

    at = fields.AwareDateTime(required=True)
    quantity = fields.String(
        required=True,
        validate=validate.Length(1, 100),
        metadata={"description": "temperature, relative_humidity, pressure"},
    )
    value = fields.String(required=True, metadata={"description": "decimal text, as it was logged"})
    unit = fields.String(required=True)


class LogSchema(Schema):
    """What a logger wrote down."""

    readings = fields.List(
        fields.Nested(NewLoggedSchema), required=True, validate=validate.Length(min=1, max=LARGEST_BATCH)
    )


class LogStoredSchema(Schema):
    """How many values were new, and how many were stored before."""

    stored = fields.Integer()
    known = fields.Integer()


class RecordQuerySchema(Schema):
    """Of which quantity, and over which time."""

    quantity = fields.String(load_default="temperature")
    since = fields.AwareDateTime(load_default=None, allow_none=True, metadata={"description": "null: a day before"})
    until = fields.AwareDateTime(load_default=None, allow_none=True, metadata={"description": "null: now"})


class LoggedSchema(Schema):
    """One logged value."""

    at = fields.DateTime()
    value = fields.Decimal(as_string=True)


class RecordSchema(Schema):
    """What a logger wrote down of one quantity, in one unit."""

    quantity = fields.String()
    unit = fields.String()
    values = fields.List(fields.Nested(LoggedSchema))


class SpokenForSchema(Schema):
    """A bench for whose room a logger speaks, or spoke."""

    bench_id = fields.Integer()
    code = fields.String()
    begins_at = fields.DateTime()
    ended_at = fields.DateTime(allow_none=True, metadata={"description": "null: it speaks now"})


class TakeRoomSchema(Schema):
    """A quantity of the room that is taken for an input."""

    input = fields.String(required=True)
    point = fields.String(load_default=None, allow_none=True)
    bench_id = fields.Integer(
        load_default=None,
        allow_none=True,
        validate=validate.Range(min=1, max=LARGEST_KEY),
        metadata={"description": "null: that of the readings"},
    )
    since = fields.AwareDateTime(load_default=None, allow_none=True, metadata={"description": "null: of the readings"})
    until = fields.AwareDateTime(load_default=None, allow_none=True)
    entry_id = fields.UUID(load_default=None, allow_none=True, metadata={"description": "makes sending it again safe"})
    why = fields.String(load_default="")
