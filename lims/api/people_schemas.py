"""Shapes of persons, places and clients in the JSON interface."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from lims.words import LOCALES


def texts(*, required: bool = False, allow_none: bool = True) -> fields.Dict:
    """Return the field of a text per language."""
    keys = fields.String(validate=validate.OneOf(list(LOCALES)))
    values = fields.String(validate=validate.Length(max=500))
    return fields.Dict(keys=keys, values=values, required=required, allow_none=allow_none)


class GrantSchema(Schema):
    """A right in a place; both null is the whole bureau, a branch alone covers its laboratories."""

    right = fields.String()
    branch_id = fields.Integer(allow_none=True)
    laboratory_id = fields.Integer(allow_none=True)


class PersonSchema(Schema):
    """One member of staff."""

    id = fields.Integer()
    email = fields.String()
    name = texts()
    title = texts()
    branch_id = fields.Integer(allow_none=True)
    laboratory_id = fields.Integer(allow_none=True)
    locale = fields.String()
    time_zone = fields.String()


class MeSchema(Schema):
    """Who a token stands for."""

    person = fields.Nested(PersonSchema)
    rights = fields.List(fields.Nested(GrantSchema))


class BranchSchema(Schema):
    """One site."""

    id = fields.Integer()
    code = fields.String()
    name = texts()
    time_zone = fields.String()
    address = texts()


class LaboratoryQuerySchema(Schema):
    """Filter of laboratories."""

    branch_id = fields.Integer(load_default=None)


class LaboratorySchema(Schema):
    """One unit that performs methods."""

    id = fields.Integer()
    code = fields.String()
    name = texts()
    branch_id = fields.Integer()
    accreditation = fields.String(allow_none=True)


class ClientsQuerySchema(Schema):
    """Words to look for."""

    words = fields.String(load_default="")
    limit = fields.Integer(load_default=50, validate=validate.Range(min=1, max=200))


class ClientDetailsSchema(Schema):
    """What is known of a client beside code and name."""

    company_number = fields.String(allow_none=True, metadata={"description": "8 digits, the last checks the others"})
    address = texts()
    contact = fields.String(allow_none=True, validate=validate.Length(max=200))
    email = fields.Email(allow_none=True)
    phone = fields.String(allow_none=True, validate=validate.Length(max=50))
    report_language = fields.String(validate=validate.OneOf(list(LOCALES)))
    active = fields.Boolean()


class NewClientSchema(ClientDetailsSchema):
    """A client to enter."""

    code = fields.String(required=True, validate=validate.Length(min=1, max=20))
    name = texts(required=True, allow_none=False)


class ChangedClientSchema(ClientDetailsSchema):
    """Changes of a client, and the version that was seen."""

    name = texts(allow_none=False)
    seen_version = fields.Integer(required=True)


class ClientSchema(ClientDetailsSchema):
    """One client."""

    id = fields.Integer()
    code = fields.String()
    name = texts()
    version = fields.Integer()
