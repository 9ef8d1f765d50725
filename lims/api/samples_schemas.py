"""Shapes of jobs, items and lines in the JSON interface."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from lims.samples.custody import Condition, Rejection
from lims.samples.progress import Phase
from lims.samples.request import AFTER_TESTING, MOST_ITEMS
from lims.samples.states import LineState
from lims.words import LOCALES

PAGE_SIZE = validate.Range(min=1, max=200)


def texts() -> fields.Dict:
    """Return the field of what a laboratory names itself: a text per language; null for who may not know it."""
    return fields.Dict(keys=fields.String(), values=fields.String(), allow_none=True)


class NewLineSchema(Schema):
    """A service of the catalogue; limits and rule only where they differ from the method's."""

    service = fields.String(required=True, metadata={"description": "code in the catalogue"})
    specification = fields.Dict(load_default=None)
    assigned_to_id = fields.Integer(load_default=None)


class NewItemSchema(Schema):
    """One thing to be tested or calibrated."""

    label = fields.String(required=True, metadata={"description": "the client's mark, once in a job"})
    description = fields.String(required=True)
    maker = fields.String(load_default=None)
    model = fields.String(load_default=None)
    serial = fields.String(load_default=None)
    accessories = fields.String(load_default=None)
    lines = fields.List(fields.Nested(NewLineSchema), required=True)


class RequestReviewSchema(Schema):
    """Review of the request (ISO/IEC 17025 7.1.1)."""

    capability = fields.Boolean(load_default=False)
    method_agreed = fields.Boolean(load_default=False)
    conformity_asked = fields.Boolean(load_default=False)
    decision_rule_agreed = fields.Boolean(load_default=False)
    outside_providers = fields.String(load_default="")
    deviations = fields.String(load_default="")
    remark = fields.String(load_default="")


class SamplingSchema(Schema):
    """Who took the items, where and when (7.3.3)."""

    sampled_by = fields.String(load_default="")
    sampled_where = fields.String(load_default="")
    sampled_on = fields.Date(load_default=None)
    plan = fields.String(load_default="")
    remark = fields.String(load_default="")


class ReceiptSchema(Schema):
    """How items were received (7.4.3)."""

    place = fields.String(required=True)
    condition = fields.String(
        load_default=str(Condition.GOOD), validate=validate.OneOf([str(one) for one in Condition])
    )
    fit = fields.Boolean(load_default=True)
    reason = fields.String(load_default=None, allow_none=True, validate=validate.OneOf([str(one) for one in Rejection]))
    remark = fields.String(load_default="")
    from_party = fields.String(load_default="")


class ReceivedItemSchema(ReceiptSchema):
    """The receipt of one item."""

    item_id = fields.Integer(required=True)
    seen_version = fields.Integer(load_default=None)


class ReceiveSchema(Schema):
    """Receipts of several items of a job."""

    items = fields.List(
        fields.Nested(ReceivedItemSchema), required=True, validate=validate.Length(min=1, max=MOST_ITEMS)
    )


class NewJobSchema(Schema):
    """A whole job: registered, and confirmed and received where asked, in one transaction."""

    branch = fields.String(required=True, metadata={"description": "code of the branch"})
    client = fields.String(required=True, metadata={"description": "code of the client"})
    items = fields.List(fields.Nested(NewItemSchema), required=True)
    client_reference = fields.String(load_default=None)
    purpose = fields.String(load_default=None)
    contact = fields.String(load_default=None)
    report_language = fields.String(load_default="zh_Hant_TW", validate=validate.OneOf(list(LOCALES)))
    after_testing = fields.String(load_default="return", validate=validate.OneOf(AFTER_TESTING))
    urgent = fields.Boolean(load_default=False)
    agreed_due_on = fields.Date(load_default=None, metadata={"description": "in place of what the turnaround gives"})
    request_review = fields.Nested(RequestReviewSchema, load_default=None)
    sampling = fields.Nested(SamplingSchema, load_default=None)
    client_supplied = fields.String(load_default=None)
    note = fields.String(load_default=None)
    confirm = fields.Boolean(load_default=False)
    receipt = fields.Nested(ReceiptSchema, load_default=None)


class MoveSchema(Schema):
    """A transition: the version that was seen, and a reason where one is asked for."""

    seen_version = fields.Integer(load_default=None)
    why = fields.String(load_default="")


class OrderFurtherSchema(Schema):
    """Tests ordered later for an item or a portion: codes of the catalogue, and what was agreed with the client."""

    services = fields.List(fields.String(), required=True, validate=validate.Length(min=1, max=100))
    why = fields.String(required=True)
    seen_version = fields.Integer(load_default=None)


class AgreedDaySchema(Schema):
    """A due day agreed with the client; null: the usual one holds again."""

    agreed_due_on = fields.Date(required=True, allow_none=True)
    why = fields.String(required=True)
    seen_version = fields.Integer(load_default=None)


class AssignSchema(Schema):
    """Lines with the versions seen, and the person they are given to (none: nobody)."""

    lines = fields.Dict(keys=fields.Integer(), values=fields.Integer(allow_none=True), required=True)
    person_id = fields.Integer(load_default=None, allow_none=True)


class ItemMoveSchema(MoveSchema):
    """A step of custody; what is needed depends on the step."""

    to_place = fields.String()
    to_person_id = fields.Integer()
    to_party = fields.String()
    until = fields.Date()
    note = fields.String()
    reason = fields.String(validate=validate.OneOf([str(one) for one in Rejection]))
    label = fields.String()
    description = fields.String()


class JobsQuerySchema(Schema):
    """Filters of the list of jobs."""

    phase = fields.Enum(Phase, by_value=True, load_default=None)
    late = fields.Boolean(load_default=False)
    client_id = fields.Integer(load_default=None)
    words = fields.String(load_default="")
    cursor = fields.String(load_default=None)
    limit = fields.Integer(load_default=50, validate=PAGE_SIZE)


class RetainedQuerySchema(Schema):
    """Which retained items: kept until this day or earlier, today's where none is given."""

    until = fields.Date(load_default=None)
    limit = fields.Integer(load_default=50, validate=PAGE_SIZE)


class WorklistQuerySchema(Schema):
    """Filters of the worklist."""

    laboratory_id = fields.Integer(load_default=None)
    mine = fields.Boolean(load_default=False)
    state = fields.Enum(LineState, by_value=True, load_default=None)
    waiting = fields.Boolean(load_default=False)
    cursor = fields.String(load_default=None)
    limit = fields.Integer(load_default=50, validate=PAGE_SIZE)


class LineSchema(Schema):
    """One test line; `client_name` only for who may know it."""

    id = fields.Integer()
    number = fields.String(allow_none=True)
    version = fields.Integer()
    state = fields.String()
    ready = fields.Boolean()
    urgent = fields.Boolean()
    due_on = fields.Date(allow_none=True)
    late = fields.Boolean()
    item_id = fields.Integer()
    item_number = fields.String(allow_none=True)
    item_label = fields.String()
    item_description = fields.String()
    job_id = fields.Integer()
    job_number = fields.String(allow_none=True)
    client_code = fields.String()
    client_name = texts()
    laboratory_id = fields.Integer()
    laboratory_code = fields.String()
    method_id = fields.Integer()
    method_code = fields.String()
    method_title = texts()
    method_version_id = fields.Integer(allow_none=True)
    specification = fields.Dict(allow_none=True)
    assigned_to_id = fields.Integer(allow_none=True)
    copy_of_id = fields.Integer(allow_none=True)
    copy_kind = fields.String(allow_none=True)
    submitted_at = fields.AwareDateTime(allow_none=True)
    reviewed_at = fields.AwareDateTime(allow_none=True)
    reported_at = fields.AwareDateTime(allow_none=True)
    reason = fields.String(allow_none=True)


class ItemSchema(Schema):
    """One item or portion."""

    id = fields.Integer()
    parent_id = fields.Integer(allow_none=True)
    number = fields.String(allow_none=True)
    label = fields.String()
    description = fields.String()
    maker = fields.String(allow_none=True)
    model = fields.String(allow_none=True)
    serial = fields.String(allow_none=True)
    accessories = fields.String(allow_none=True)
    condition = fields.String(allow_none=True)
    fit = fields.Boolean(allow_none=True)
    place = fields.String(allow_none=True)
    holder_id = fields.Integer(allow_none=True)
    retained_until = fields.Date(allow_none=True)
    received_at = fields.AwareDateTime(allow_none=True)
    state = fields.String()
    version = fields.Integer()


class CustodySchema(Schema):
    """One step of custody."""

    at = fields.AwareDateTime()
    kind = fields.String()
    giver = texts()
    taker = texts()
    outside_party = fields.String(allow_none=True)
    from_place = fields.String(allow_none=True)
    to_place = fields.String(allow_none=True)
    note = fields.String()


class ItemPageSchema(Schema):
    """An item with its custody, portions and lines."""

    item = fields.Nested(ItemSchema)
    job_number = fields.String(allow_none=True)
    client_code = fields.String()
    moves = fields.List(fields.Nested(CustodySchema))
    portions = fields.List(fields.Nested(ItemSchema))
    lines = fields.List(fields.Nested(LineSchema))


class ClientSchema(Schema):
    """The client; only the code for who may not know more."""

    id = fields.Integer(allow_none=True)
    code = fields.String()
    name = texts()


class StopSchema(Schema):
    """A time in which the clock stood."""

    from_at = fields.AwareDateTime()
    until_at = fields.AwareDateTime(allow_none=True)
    reason = fields.String()


class JobSchema(Schema):
    """One job with its items and lines."""

    id = fields.Integer()
    number = fields.String(allow_none=True)
    version = fields.Integer()
    state = fields.String()
    phase = fields.String()
    due_on = fields.Date(allow_none=True)
    late = fields.Boolean()
    urgent = fields.Boolean()
    agreed_due_on = fields.Date(allow_none=True)
    branch_code = fields.String()
    client = fields.Nested(ClientSchema)
    client_reference = fields.String(allow_none=True)
    purpose = fields.String(allow_none=True)
    report_language = fields.String()
    after_testing = fields.String()
    request_review = fields.Dict(allow_none=True)
    sampling = fields.Dict(allow_none=True)
    client_supplied = fields.String(allow_none=True)
    registered_at = fields.AwareDateTime()
    confirmed_at = fields.AwareDateTime(allow_none=True)
    closed_at = fields.AwareDateTime(allow_none=True)
    stops = fields.List(fields.Nested(StopSchema))
    items = fields.List(fields.Nested(ItemSchema))
    lines = fields.List(fields.Nested(LineSchema))


class JobRowSchema(Schema):
    """One job in a list."""

    id = fields.Integer()
    number = fields.String(allow_none=True)
    state = fields.String()
    phase = fields.String()
    due_on = fields.Date(allow_none=True)
    late = fields.Boolean()
    urgent = fields.Boolean()
    branch_code = fields.String()
    client_code = fields.String()
    client_name = texts()
    items = fields.Integer()
    registered_at = fields.AwareDateTime()


class JobsSchema(Schema):
    """A page of jobs; `cursor` asks for the next one."""

    rows = fields.List(fields.Nested(JobRowSchema))
    cursor = fields.String(allow_none=True)


class LinesSchema(Schema):
    """A page of lines; `cursor` asks for the next one."""

    rows = fields.List(fields.Nested(LineSchema))
    cursor = fields.String(allow_none=True)


class FoundSchema(Schema):
    """What a scanned number names."""

    thing = fields.String()
    id = fields.Integer()
