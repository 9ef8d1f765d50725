"""Shapes of calls about many lines; each line has its own answer."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from lims.api.results_schemas import EnteredSchema
from lims.api.samples_schemas import LineSchema
from lims.errors import LimsError
from lims.http.errors import say
from lims.metrology.sentence import Sentence
from lims.results.operations.place import MOST_LINES

SOME_LINES = validate.Length(min=1, max=MOST_LINES)


class LineErrorSchema(Schema):
    """Why nothing was done for a line: as problem+json tells it of a whole call."""

    kind = fields.String(metadata={"description": "Invalid, NotFound, NotAllowed, Refused or Stale"})
    detail = fields.String(metadata={"description": "a sentence that says what to do"})
    fields_ = fields.Dict(keys=fields.String(), values=fields.String(), data_key="fields", attribute="fields")
    clause = fields.String()
    remedy = fields.String()


class LineAnswerSchema(Schema):
    """What came of one line: done, or why it was left as it was."""

    line_id = fields.Integer()
    ok = fields.Boolean()
    error = fields.Nested(LineErrorSchema, allow_none=True)


class LineAnswersSchema(Schema):
    """What came of each line, in the order of the call."""

    rows = fields.List(fields.Nested(LineAnswerSchema))
    done = fields.Integer()
    refused = fields.Integer()


class LineEntrySchema(Schema):
    """Numbers for one line: all of them are stored, or none."""

    line_id = fields.Integer(required=True)
    entries = fields.List(fields.Nested(EnteredSchema), required=True, validate=validate.Length(min=1))
    entry_id = fields.UUID(load_default=None, allow_none=True, metadata={"description": "makes sending it again safe"})
    why = fields.String(load_default="")


class EnterLinesSchema(Schema):
    """Numbers for many lines."""

    lines = fields.List(fields.Nested(LineEntrySchema), required=True, validate=SOME_LINES)


class EnteredLineSchema(LineAnswerSchema):
    """What came of the numbers of a line: its result, or why there is none yet."""

    reading_ids = fields.List(fields.Integer())
    summary = fields.String()
    outcome = fields.String(allow_none=True)
    content_hash = fields.String(metadata={"description": "of the result; give it back when the line is submitted"})
    problem = fields.String(allow_none=True, metadata={"description": "why there is no result yet"})


class EnteredLinesSchema(LineAnswersSchema):
    """What came of the numbers of each line."""

    rows = fields.List(fields.Nested(EnteredLineSchema))


class SubmitLineSchema(Schema):
    """A line with what was seen of it."""

    line_id = fields.Integer(required=True)
    seen_version = fields.Integer(load_default=None, allow_none=True)
    content_hash = fields.String(required=True)


class SubmitLinesSchema(Schema):
    """Lines that are complete."""

    lines = fields.List(fields.Nested(SubmitLineSchema), required=True, validate=SOME_LINES)


class LineIdsSchema(Schema):
    """Some lines."""

    line_ids = fields.List(fields.Integer(), required=True, validate=SOME_LINES)


class PreviewedSchema(Schema):
    """A line before it is reviewed; `shown` is what a signature is bound to, `answer` has value, U and budget."""

    line = fields.Nested(LineSchema)
    result_id = fields.Integer(attribute="result.id")
    summary = fields.String(attribute="result.summary")
    outcome = fields.String(attribute="result.outcome", allow_none=True)
    answer = fields.Dict(attribute="result.answer")
    shown = fields.String()
    refusal = fields.Function(lambda one: say(one.refusal) if one.refusal else None)
    remarks = fields.Function(
        lambda one: [_said(remark) for remark in one.remarks],
        metadata={"type": "array", "items": {"type": "string"}, "description": "what is unusual"},
    )


def _said(remark: Sentence) -> str:
    return say(LimsError(remark.id, **remark.data))


class PreviewSchema(Schema):
    """Lines before they are reviewed together."""

    rows = fields.List(fields.Nested(PreviewedSchema))


class ReviewLineSchema(Schema):
    """A line with what was shown of it."""

    line_id = fields.Integer(required=True)
    seen_version = fields.Integer(load_default=None, allow_none=True)
    shown = fields.String(required=True)


class ReviewLinesSchema(Schema):
    """Lines to be reviewed, and the password again, once."""

    lines = fields.List(fields.Nested(ReviewLineSchema), required=True, validate=SOME_LINES)
    password = fields.String(required=True)


class ReviewedLinesSchema(LineAnswersSchema):
    """What came of each line; null where no line could be signed."""

    signature_id = fields.Integer(allow_none=True)
