"""Shapes of lots of materials and standards in the JSON interface."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields, validate

from lims.instruments.lots import DIVISORS, LotKind, LotStatus

LARGEST_KEY = 2**63 - 1


def _texts(**more: Any) -> fields.Dict:
    return fields.Dict(keys=fields.String(), values=fields.String(), **more)


def _key(**more: Any) -> fields.Integer:
    return fields.Integer(validate=validate.Range(min=1, max=LARGEST_KEY), **more)


class LotsQuerySchema(Schema):
    """Which lots; all of these hold at once."""

    laboratory_id = _key(load_default=None)
    kind = fields.String(load_default="", metadata={"description": "crm, solution, reagent, standard, or a sort"})
    words = fields.String(load_default="", metadata={"description": "number, name, maker, batch or sort"})
    status = fields.String(load_default=None, validate=validate.OneOf([str(one) for one in LotStatus]))
    cursor = fields.String(load_default="")
    limit = fields.Integer(load_default=100, validate=validate.Range(min=1, max=200))


class LotValueSchema(Schema):
    """One certified quantity; `components` make up u, each with what it is an error of."""

    id = fields.Integer()
    quantity = fields.String()
    unit = fields.String()
    value = fields.String(metadata={"description": "decimal text, as it was stated"})
    U = fields.Float(allow_none=True)
    k = fields.Float(allow_none=True)
    u = fields.Float()
    dof = fields.Float(allow_none=True)
    distribution = fields.String()
    components = fields.List(fields.Dict())


class LotEditionSchema(Schema):
    """What a certificate of a lot says; only an accepted one counts."""

    id = fields.Integer()
    number = fields.Integer()
    certificate = fields.String()
    issued_by = fields.String()
    accreditation = fields.String(allow_none=True)
    traceability = _texts(allow_none=True)
    issued_on = fields.Date(allow_none=True)
    expires_on = fields.Date(allow_none=True)
    why = fields.String()
    state = fields.String()
    decision_note = fields.String(allow_none=True)
    version = fields.Integer()
    values = fields.List(fields.Nested(LotValueSchema))


class KinSchema(Schema):
    """A lot that another one was made of, or that was made of it."""

    id = fields.Integer()
    number = fields.String()
    amount = fields.String()


class LotSchema(Schema):
    """One lot as it stands now."""

    id = fields.Integer()
    number = fields.String()
    kind = fields.String()
    sort = fields.String()
    laboratory_id = fields.Integer()
    branch_id = fields.Integer()
    name = _texts()
    maker = fields.String()
    batch = fields.String()
    storage = fields.String()
    received_on = fields.Date(allow_none=True)
    opened_on = fields.Date(allow_none=True)
    days_after_opening = fields.Integer(allow_none=True)
    amount = fields.String(allow_none=True)
    amount_unit = fields.String(allow_none=True)
    left = fields.Decimal(as_string=True, allow_none=True)
    preparation = fields.String()
    document = fields.Dict(allow_none=True, metadata={"description": "by which its values were computed, filled"})
    state = fields.String()
    status = fields.String(metadata={"description": "whether it may be used today"})
    last_day = fields.Date(allow_none=True)
    version = fields.Integer()
    parents = fields.List(fields.Nested(KinSchema))
    children = fields.List(fields.Nested(KinSchema))
    editions = fields.List(fields.Nested(LotEditionSchema), metadata={"description": "the last first"})


class LotsSchema(Schema):
    """A page of the register, by number."""

    rows = fields.List(fields.Nested(LotSchema))
    cursor = fields.String(allow_none=True)


class NewShareSchema(Schema):
    """How much of a value's standard uncertainty comes from the value of a parent, in the unit of the new value."""

    lot = fields.String(required=True, metadata={"description": "its number"})
    quantity = fields.String(required=True)
    u = fields.Float(required=True)


class NewLotValueSchema(Schema):
    """A certified quantity: U with k, or u; with another distribution than the normal one U is its half-width."""

    quantity = fields.String(required=True)
    unit = fields.String(required=True)
    value = fields.String(required=True, metadata={"description": "decimal text"})
    U = fields.Float(load_default=None, allow_none=True)
    k = fields.Float(load_default=None, allow_none=True)
    u = fields.Float(load_default=None, allow_none=True)
    dof = fields.Float(load_default=None, allow_none=True)
    distribution = fields.String(load_default="normal", validate=validate.OneOf(["normal", *DIVISORS]))
    shares = fields.List(fields.Nested(NewShareSchema), load_default=list)


class NewEditionSchema(Schema):
    """What a certificate of a lot says."""

    certificate = fields.String(load_default="")
    issued_by = fields.String(load_default="")
    accreditation = fields.String(load_default=None, allow_none=True)
    traceability = _texts(load_default=None, allow_none=True)
    issued_on = fields.Date(load_default=None, allow_none=True)
    expires_on = fields.Date(load_default=None, allow_none=True)
    values = fields.List(fields.Nested(NewLotValueSchema), load_default=list)


class FurtherEditionSchema(NewEditionSchema):
    """A further certificate of a lot, or a correction of its values."""

    why = fields.String(required=True)


class NewParentSchema(Schema):
    """A lot that went into another one."""

    number = fields.String(required=True)
    amount = fields.String(load_default="")


class NewLotSchema(Schema):
    """A lot with its first certificate."""

    number = fields.String(required=True)
    kind = fields.String(required=True, validate=validate.OneOf([str(one) for one in LotKind]))
    laboratory_id = _key(required=True)
    name = _texts(required=True)
    sort = fields.String(load_default="")
    maker = fields.String(load_default="")
    batch = fields.String(load_default="")
    storage = fields.String(load_default="")
    received_on = fields.Date(load_default=None, allow_none=True)
    opened_on = fields.Date(load_default=None, allow_none=True)
    days_after_opening = fields.Integer(load_default=None, allow_none=True)
    amount = fields.String(load_default=None, allow_none=True)
    amount_unit = fields.String(load_default=None, allow_none=True)
    preparation = fields.String(load_default="")
    parents = fields.List(fields.Nested(NewParentSchema), load_default=list)
    document = fields.Dict(
        load_default=None,
        allow_none=True,
        metadata={"description": "a measurement document over the parents' values: its outputs become the values"},
    )
    edition = fields.Nested(NewEditionSchema, required=True)


class OpenedLotSchema(Schema):
    """The day on which a lot was opened."""

    on = fields.Date(required=True)


class TakenOutSchema(Schema):
    """How much of a lot was taken out."""

    amount = fields.String(required=True, metadata={"description": "decimal text, in the unit in which it is counted"})
    note = fields.String(load_default="")


class LotReachQuerySchema(Schema):
    """From when to when its values were taken."""

    since = fields.AwareDateTime(load_default=None, allow_none=True)
    until = fields.AwareDateTime(load_default=None, allow_none=True)
