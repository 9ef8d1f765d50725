"""Shapes of methods, editions and services in the JSON interface."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from lims.words import LOCALES


def texts() -> fields.Dict:
    """Return the field of a text per language."""
    return fields.Dict(
        keys=fields.String(validate=validate.OneOf(list(LOCALES))), values=fields.String(), allow_none=True
    )


class MethodsQuerySchema(Schema):
    """Filter and place in the list of methods or of services."""

    words = fields.String(load_default="")
    laboratory_id = fields.Integer(load_default=None)
    cursor = fields.String(load_default="")
    limit = fields.Integer(load_default=50, validate=validate.Range(min=1, max=200))


class MethodRowSchema(Schema):
    """One method with the edition in force today; null where there is none."""

    id = fields.Integer()
    code = fields.String()
    title = texts()
    kind = fields.String(metadata={"description": "testing or calibration"})
    accredited = fields.Boolean()
    laboratory = texts()
    edition = fields.String(allow_none=True)
    standard = fields.String(allow_none=True)


class MethodsSchema(Schema):
    """A page of methods."""

    rows = fields.List(fields.Nested(MethodRowSchema))
    cursor = fields.String(allow_none=True)


class EditionRowSchema(Schema):
    """One edition without its document."""

    id = fields.Integer()
    edition = fields.String()
    standard = fields.String()
    state = fields.String()
    in_force_from = fields.Date(allow_none=True)
    in_force_until = fields.Date(allow_none=True, metadata={"description": "first day no longer in force"})
    changes = fields.String()
    document_hash = fields.String(metadata={"description": "SHA-256 over the canonical JSON (RFC 8785)"})
    signer = texts()
    signed_at = fields.AwareDateTime(allow_none=True)


class MethodSchema(Schema):
    """One method with its editions, newest first."""

    id = fields.Integer()
    code = fields.String()
    title = texts()
    kind = fields.String()
    accredited = fields.Boolean()
    laboratory_id = fields.Integer()
    laboratory = texts()
    branch_id = fields.Integer()
    editions = fields.List(fields.Nested(EditionRowSchema))


class EditionSchema(Schema):
    """One edition with its document, as docs/reference/measurement-model.md describes it."""

    id = fields.Integer()
    method_id = fields.Integer()
    code = fields.String()
    edition = fields.String()
    standard = fields.String()
    state = fields.String()
    in_force_from = fields.Date(allow_none=True)
    in_force_until = fields.Date(allow_none=True)
    changes = fields.String()
    trials = fields.Integer(
        allow_none=True, metadata={"description": "Monte Carlo trials of each result; null: as the settings say"}
    )
    document = fields.Dict()
    document_hash = fields.String()
    version = fields.Integer()


class NewEditionSchema(Schema):
    """A new edition, stored as a draft once its document was checked."""

    edition = fields.String(required=True)
    standard = fields.String(required=True)
    changes = fields.String(load_default="")
    trials = fields.Integer(
        strict=True,
        load_default=None,
        allow_none=True,
        metadata={"description": "Monte Carlo trials of each result; null: as the settings say"},
    )
    document = fields.Dict(required=True)


class StudySchema(Schema):
    """A validation study with its data; `answer` has its numbers, and the contribution or limits that it hands on."""

    id = fields.Integer()
    method_id = fields.Integer()
    method_version_id = fields.Integer()
    edition = fields.String()
    document = fields.Dict()
    answer = fields.Dict()
    places = fields.List(fields.String(), metadata={"description": "inputs or outputs that it can feed"})
    content_hash = fields.String()
    at = fields.DateTime()


class NewStudySchema(Schema):
    """A validation study: kind, unit and data."""

    document = fields.Dict(required=True)


class FeedSchema(Schema):
    """A new edition that takes over what a study found."""

    into = fields.String(required=True)
    edition = fields.String(required=True)


class ServiceSchema(Schema):
    """One row of the catalogue; a job names it by its code."""

    id = fields.Integer()
    code = fields.String()
    name = texts()
    method_id = fields.Integer()
    method_code = fields.String()
    laboratory_id = fields.Integer()
    laboratory = texts()
    turnaround_days = fields.Integer(metadata={"description": "working days"})
    fee = fields.Integer(allow_none=True, metadata={"description": "whole New Taiwan dollars"})
    kind = fields.String()


class ServicesSchema(Schema):
    """A page of the catalogue."""

    rows = fields.List(fields.Nested(ServiceSchema))
    cursor = fields.String(allow_none=True)


class CompetenceSchema(Schema):
    """One authorisation."""

    id = fields.Integer()
    person_id = fields.Integer()
    person = texts()
    activity = fields.String()
    state = fields.String()
    valid_from = fields.Date()
    valid_until = fields.Date(allow_none=True, metadata={"description": "last day included"})
    evidence = fields.String()
