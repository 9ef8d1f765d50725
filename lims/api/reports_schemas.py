"""Shapes of reports in the JSON interface."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from lims.reports.states import ReportKind, ReportState
from lims.words import LOCALES


class ReportsQuerySchema(Schema):
    """Filters of the list."""

    state = fields.String(load_default=None, validate=validate.OneOf([one.value for one in ReportState]))
    words = fields.String(load_default="", metadata={"description": "part of a number or of a client's name"})
    cursor = fields.String(load_default=None)
    limit = fields.Integer(load_default=50, validate=validate.Range(min=1, max=200))


class DraftSchema(Schema):
    """A new draft."""

    job_id = fields.Integer(required=True)
    line_ids = fields.List(fields.Integer(), load_default=None, allow_none=True)
    language = fields.String(load_default=None, validate=validate.OneOf(list(LOCALES)))
    kind = fields.String(
        load_default=ReportKind.FINAL.value, validate=validate.OneOf([one.value for one in ReportKind])
    )
    opinion = fields.String(load_default="")


class VersionSchema(Schema):
    """The version that was seen."""

    seen_version = fields.Integer(required=True)


class WhySchema(Schema):
    """The version that was seen, and the reason."""

    seen_version = fields.Integer(load_default=None)
    why = fields.String(required=True)


class ApproveSchema(VersionSchema):
    """A signature: what was read, and the password again."""

    content_hash = fields.String(required=True, validate=validate.Length(equal=64))
    password = fields.String(required=True, load_only=True)
    issue = fields.Boolean(load_default=False, metadata={"description": "issue as soon as it is sealed"})


class ReportRowSchema(Schema):
    """One report in a list."""

    id = fields.Integer()
    number = fields.String(allow_none=True)
    kind = fields.String()
    subject = fields.String(metadata={"description": "testing (report) or calibration (certificate)"})
    state = fields.String()
    language = fields.String()
    job_id = fields.Integer()
    job_number = fields.String(allow_none=True)
    client = fields.Dict(keys=fields.String(), values=fields.String())
    laboratory = fields.Dict(keys=fields.String(), values=fields.String())
    drafted_at = fields.AwareDateTime()
    approved_at = fields.AwareDateTime(allow_none=True)
    issued_at = fields.AwareDateTime(allow_none=True)
    sealed = fields.Boolean()


class ReportsSchema(Schema):
    """A page of reports; `cursor` asks for the next one."""

    rows = fields.List(fields.Nested(ReportRowSchema))
    cursor = fields.String(allow_none=True)


class ReportSchema(Schema):
    """One report; `content` is what it says, `content_hash` the SHA-256 of its canonical form."""

    id = fields.Integer()
    number = fields.String(allow_none=True)
    check_code = fields.String()
    kind = fields.String()
    subject = fields.String()
    state = fields.String()
    language = fields.String()
    job_id = fields.Integer()
    job_number = fields.String(allow_none=True)
    laboratory = fields.Dict(keys=fields.String(), values=fields.String())
    content = fields.Dict()
    content_hash = fields.String()
    approval = fields.Dict(allow_none=True)
    line_ids = fields.List(fields.Integer())
    amends_id = fields.Integer(allow_none=True)
    amended_by_number = fields.String(allow_none=True)
    drafted_at = fields.AwareDateTime()
    approved_at = fields.AwareDateTime(allow_none=True)
    issued_at = fields.AwareDateTime(allow_none=True)
    withdrawn_at = fields.AwareDateTime(allow_none=True)
    sha256 = fields.String(allow_none=True, metadata={"description": "of the sealed file"})
    version = fields.Integer()
