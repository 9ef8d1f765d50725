"""Shapes of readings, acquisitions and results in the JSON interface."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from lims.api.samples_schemas import LineSchema, texts
from lims.http.errors import reader_locale, say
from lims.results.states import Command
from lims.words import retold

_WHY_NO_NUMBER = {"type": "string", "description": "why the instrument gave no number"}


class CharacteristicSchema(Schema):
    """A result that is no quantity: what is looked at on `of` pieces."""

    kind = fields.String()
    values = fields.List(fields.String(), metadata={"description": "those that may be told; empty for a text"})
    titles = fields.Dict(metadata={"description": "what a value is called"})
    acceptable = fields.List(fields.String())
    of = fields.Integer()
    pass_if = fields.Raw()


class RequiredSchema(Schema):
    """One input of the method, as the bench fills it."""

    name = fields.String()
    point = fields.String(allow_none=True)
    title = fields.Raw()
    source = fields.String()
    unit = fields.String()
    quantity = fields.String()
    kind = fields.String()
    repeats = fields.Integer()
    range = fields.String()
    characteristic = fields.Nested(
        CharacteristicSchema, allow_none=True, metadata={"description": "null for a quantity"}
    )


class ReadingSchema(Schema):
    """One stored reading; `value` is the decimal text as it came, or what was observed."""

    id = fields.Integer()
    input = fields.String()
    point = fields.String(allow_none=True)
    source = fields.String()
    run = fields.UUID(metadata={"description": "its acquisition or entry"})
    seq = fields.Integer()
    value = fields.String(allow_none=True)
    unit = fields.String()
    at = fields.DateTime()
    raw = fields.String(allow_none=True)
    instrument_id = fields.Integer(allow_none=True)
    certificate_id = fields.Integer(allow_none=True)
    stable = fields.Boolean(allow_none=True)
    flags = fields.List(fields.String())
    counts = fields.Boolean()
    fault = fields.Function(lambda one: retold(one.fault, reader_locale()) or None, metadata=_WHY_NO_NUMBER)
    hash = fields.String()
    discarded = fields.String(allow_none=True, metadata={"description": "why it was discarded"})
    taken = fields.Dict(allow_none=True, metadata={"description": "the result of another line that stands for it"})
    retracted = fields.String(allow_none=True, metadata={"description": "why that result was taken back"})


class RunSchema(Schema):
    """One acquisition."""

    id = fields.UUID()
    line_id = fields.Integer()
    input = fields.String()
    point = fields.String(allow_none=True)
    plan = fields.Dict()
    command = fields.String()
    state = fields.String()
    received = fields.Integer()
    reason = fields.Function(lambda run: retold(run.reason, reader_locale()) or None, metadata={"type": "string"})
    replaces = fields.Boolean()
    why = fields.String()
    ordered_by = texts()
    ordered_at = fields.DateTime()
    started_at = fields.DateTime(allow_none=True)
    ended_at = fields.DateTime(allow_none=True)
    instrument_id = fields.Integer()
    instrument = fields.String()
    bench = fields.String()


class ShownSchema(Schema):
    """One reading of a run that is under way."""

    id = fields.Integer()
    seq = fields.Integer()
    value = fields.String(allow_none=True)
    unit = fields.String()
    at = fields.DateTime()
    stable = fields.Boolean(allow_none=True)
    flags = fields.List(fields.String())
    counts = fields.Boolean()
    fault = fields.Function(lambda one: retold(one.fault, reader_locale()) or None, metadata=_WHY_NO_NUMBER)


class ProgressSchema(Schema):
    """How far a run is; `silent_s` says how long its bench has not been heard."""

    run = fields.Nested(RunSchema)
    counted = fields.Integer()
    stable = fields.Boolean(allow_none=True)
    readings = fields.List(fields.Nested(ShownSchema))
    silent_s = fields.Integer()


class ReviewSchema(Schema):
    """What a reviewer said."""

    decision = fields.String()
    reason = fields.String()
    at = fields.DateTime()
    by = texts()
    signature_id = fields.Integer(allow_none=True)


class SimulationSchema(Schema):
    """What the Monte Carlo method says of a result; `answer` is the block `monte_carlo` of `lims evaluate --json`."""

    id = fields.Integer()
    trials = fields.Integer()
    seed = fields.Integer()
    validated = fields.Boolean(
        allow_none=True, metadata={"description": "every interval is borne out; null where nothing could be computed"}
    )
    answer = fields.Dict()
    code_version = fields.String()
    content_hash = fields.String()
    at = fields.DateTime()


class ResultSchema(Schema):
    """One frozen result; `answer` is what `lims evaluate --json` prints, `document` can be evaluated again."""

    id = fields.Integer()
    line_id = fields.Integer()
    number = fields.Integer()
    reported = fields.Boolean()
    retracted = fields.Boolean()
    at = fields.DateTime()
    by = texts()
    method_version_id = fields.Integer()
    method_hash = fields.String()
    code_version = fields.String()
    document = fields.Dict()
    answer = fields.Dict()
    statements = fields.List(fields.Dict())
    reading_ids = fields.List(fields.Integer())
    certificate_ids = fields.List(fields.Integer())
    content_hash = fields.String()
    summary = fields.String()
    outcome = fields.String(allow_none=True)
    reason = fields.String()
    reviews = fields.List(fields.Nested(ReviewSchema))
    simulation = fields.Nested(
        SimulationSchema, allow_none=True, metadata={"description": "null until the worker has done it"}
    )


class ChoiceSchema(Schema):
    """An instrument that could be read; `refusal` says why it can't be used now."""

    id = fields.Integer(attribute="instrument.id")
    number = fields.String(attribute="instrument.number")
    status = fields.String(attribute="instrument.status")
    free = fields.Boolean()
    refusal = fields.Function(lambda one: say(one.refusal) if one.refusal else None)


class OfferSchema(Schema):
    """A reviewed result of another line that could be taken for an input."""

    line = fields.String(attribute="line.number")
    result_id = fields.Integer()
    output = fields.String(attribute="symbol")
    point = fields.String(allow_none=True)
    title = fields.Raw()
    unit = fields.String()
    reported = fields.Dict(attribute="output.reported")


class OffersQuerySchema(Schema):
    """Which line of another job is to be looked at, too."""

    line = fields.String(load_default="", metadata={"description": "the number of a line"})


class TakeSchema(Schema):
    """A result of another line that is taken for an input."""

    input = fields.String(required=True)
    point = fields.String(load_default=None, allow_none=True)
    result_id = fields.Integer(required=True)
    output = fields.String(required=True)
    output_point = fields.String(load_default=None, allow_none=True)
    entry_id = fields.UUID(load_default=None, allow_none=True, metadata={"description": "makes sending it again safe"})
    why = fields.String(load_default="")


class LotOfferSchema(Schema):
    """A lot whose value fits an input; `refusal` says why it can't be used today."""

    lot = fields.String(attribute="lot.number")
    quantity = fields.String(attribute="value.quantity")
    value = fields.String(attribute="value.value")
    unit = fields.String(attribute="value.unit")
    last_day = fields.Date(attribute="lot.last_day", allow_none=True)
    refusal = fields.Function(lambda one: str(one.refusal) if one.refusal else None, metadata={"type": "string"})


class TakeLotSchema(Schema):
    """The value of a lot that is taken for an input, by the number on its label."""

    input = fields.String(required=True)
    point = fields.String(load_default=None, allow_none=True)
    lot = fields.String(required=True)
    quantity = fields.String(load_default="", metadata={"description": "where it has several values that fit"})
    at = fields.AwareDateTime(load_default=None, allow_none=True, metadata={"description": "null: now"})
    entry_id = fields.UUID(load_default=None, allow_none=True, metadata={"description": "makes sending it again safe"})
    why = fields.String(load_default="")


class InputSchema(Schema):
    """One input at one point: what it needs and has."""

    required = fields.Nested(RequiredSchema)
    lacks = fields.Integer()
    used = fields.List(fields.Nested(ReadingSchema))
    others = fields.List(fields.Nested(ReadingSchema))
    choices = fields.List(fields.Nested(ChoiceSchema))
    offers = fields.List(fields.Nested(OfferSchema))
    lots = fields.List(fields.Nested(LotOfferSchema))


class PointSchema(Schema):
    """The inputs of a point, or those that all points share."""

    label = fields.String(allow_none=True)
    inputs = fields.List(fields.Nested(InputSchema))


class WorkSchema(Schema):
    """A line at the bench."""

    line = fields.Nested(LineSchema)
    points = fields.List(fields.Nested(PointSchema))
    runs = fields.List(fields.Nested(RunSchema))
    results = fields.List(fields.Nested(ResultSchema))
    current = fields.Boolean(metadata={"description": "the reported result is what the readings give now"})
    problem = fields.Function(lambda one: say(one.problem) if one.problem else None)
    may_submit = fields.Boolean()


class OrderSchema(Schema):
    """Readings ordered from an instrument at its bench."""

    input = fields.String(required=True)
    point = fields.String(load_default=None, allow_none=True)
    instrument_id = fields.Integer(required=True)
    repeats = fields.Integer(load_default=None, allow_none=True, validate=validate.Range(min=1, max=10_000))
    interval_s = fields.Float(load_default=0.5, validate=validate.Range(min=0, max=86_400))
    settings = fields.Dict(keys=fields.String(), values=fields.String(), load_default=None, allow_none=True)
    stability = fields.Dict(load_default=None, allow_none=True)
    load_above = fields.Float(
        load_default=None,
        allow_none=True,
        metadata={"description": "in the unit of the quantity: it counts after less and then more was shown"},
    )
    simulate = fields.Dict(load_default=None, allow_none=True, metadata={"description": "obeyed by simulated benches"})
    replaces = fields.Boolean(load_default=None, allow_none=True)
    why = fields.String(load_default="")
    key = fields.UUID(load_default=None, allow_none=True, metadata={"description": "makes sending it again safe"})


class CommandSchema(Schema):
    """What the bench is asked."""

    command = fields.String(required=True, validate=validate.OneOf([str(one) for one in Command]))


class EnteredSchema(Schema):
    """Numbers typed for one input; each is text, so that every digit stays. Of a characteristic: what was observed."""

    input = fields.String(required=True)
    point = fields.String(load_default=None, allow_none=True)
    values = fields.List(fields.String(), required=True, validate=validate.Length(min=1))
    unit = fields.String(required=True, metadata={"description": "empty where what was observed is no quantity"})
    instrument_id = fields.Integer(load_default=None, allow_none=True)
    at = fields.AwareDateTime(load_default=None, allow_none=True)
    U = fields.String(load_default="")
    k = fields.String(load_default="")
    note = fields.String(load_default="")


class EnterSchema(Schema):
    """Numbers for several inputs at once: all or none."""

    entries = fields.List(fields.Nested(EnteredSchema), required=True)
    entry_id = fields.UUID(load_default=None, allow_none=True, metadata={"description": "makes sending it again safe"})
    why = fields.String(load_default="")


class ReasonSchema(Schema):
    """A reason in a few words."""

    reason = fields.String(required=True)


class EvaluateSchema(Schema):
    """Why it is computed again; may be empty."""

    reason = fields.String(load_default="")


class SubmitSchema(Schema):
    """What was seen: the version of the line and the hash of the result."""

    seen_version = fields.Integer(load_default=None, allow_none=True)
    content_hash = fields.String(required=True)


class SignSchema(Schema):
    """What was seen, and the password again."""

    seen_version = fields.Integer(load_default=None, allow_none=True)
    shown = fields.String(required=True)
    password = fields.String(required=True)


class WhySchema(Schema):
    """What was seen, and why."""

    seen_version = fields.Integer(load_default=None, allow_none=True)
    why = fields.String(required=True)


class OverrideSchema(Schema):
    """A gate that is to let a line pass."""

    gate = fields.String(required=True)
    instrument_id = fields.Integer(load_default=None, allow_none=True)
    reason = fields.String(required=True)
    password = fields.String(required=True)


class ReviewPageSchema(Schema):
    """A line as its reviewer sees it; `shown` is what a signature is bound to."""

    work = fields.Nested(WorkSchema)
    result = fields.Nested(ResultSchema)
    shown = fields.String()
    refusal = fields.Function(lambda one: say(one.refusal) if one.refusal else None)


class CopySchema(Schema):
    """The line on which the work is done again."""

    line_id = fields.Integer()


class QueuedSchema(Schema):
    """A line that waits for review."""

    line = fields.Nested(LineSchema)
    summary = fields.String()
    outcome = fields.String(allow_none=True)


class QueueSchema(Schema):
    """A page of the review queue."""

    rows = fields.List(fields.Nested(QueuedSchema))
    cursor = fields.String(allow_none=True)


class QueueQuerySchema(Schema):
    """Which part of the queue."""

    laboratory_id = fields.Integer(load_default=None)
    cursor = fields.String(load_default=None)
    limit = fields.Integer(load_default=50, validate=validate.Range(min=1, max=200))
