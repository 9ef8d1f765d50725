"""Shapes of instruments, their certificates and checks, and benches in the JSON interface."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields, validate

from lims.instruments.calibration_file import Part
from lims.instruments.states import Phase
from lims.instruments.status import Status

LARGEST_KEY = 2**63 - 1


def _texts(**more: Any) -> fields.Dict:
    return fields.Dict(keys=fields.String(), values=fields.String(), **more)


def _key(**more: Any) -> fields.Integer:
    return fields.Integer(validate=validate.Range(min=1, max=LARGEST_KEY), **more)


class InstrumentsQuerySchema(Schema):
    """Which instruments; all of these hold at once."""

    laboratory_id = _key(load_default=None)
    kind = fields.String(load_default="")
    status = fields.String(load_default=None, validate=validate.OneOf([str(one) for one in Status]))
    words = fields.String(load_default="", metadata={"description": "number, name, maker, model or serial"})
    cursor = fields.String(load_default="")
    limit = fields.Integer(load_default=100, validate=validate.Range(min=1, max=200))


class InstrumentSchema(Schema):
    """One instrument as it stands now."""

    id = fields.Integer()
    number = fields.String()
    name = _texts()
    kind = fields.String()
    maker = fields.String()
    model = fields.String()
    serial = fields.String()
    laboratory_id = fields.Integer()
    branch_id = fields.Integer()
    bench_id = fields.Integer(allow_none=True)
    bench = fields.String(allow_none=True)
    driver = fields.String(allow_none=True)
    resource = fields.String(allow_none=True)
    location = _texts(allow_none=True)
    needs_calibration = fields.Boolean()
    interval_days = fields.Integer(allow_none=True)
    state = fields.String()
    status = fields.String(metadata={"description": "whether it may measure now, from its state and certificates"})
    usable = fields.Boolean()
    certificate_number = fields.String(allow_none=True)
    valid_until = fields.Date(allow_none=True)
    version = fields.Integer()


class InstrumentsSchema(Schema):
    """A page of the register, by number."""

    rows = fields.List(fields.Nested(InstrumentSchema))
    cursor = fields.String(allow_none=True)


class PointSchema(Schema):
    """One calibrated point: add `correction` to an indication; U is expanded by k; dof null is infinite."""

    quantity = fields.String()
    unit = fields.String()
    range = fields.String(allow_none=True)
    indication = fields.Float()
    correction = fields.Float()
    U = fields.Float()
    k = fields.Float()
    dof = fields.Float(allow_none=True)


class CertificateSchema(Schema):
    """One calibration certificate of our own instrument; only an accepted one counts."""

    id = fields.Integer()
    number = fields.String()
    issued_by = fields.String()
    accreditation = fields.String(allow_none=True)
    calibrated_on = fields.Date()
    valid_until = fields.Date()
    conditions = fields.String(allow_none=True)
    traceability = _texts(allow_none=True)
    state = fields.String()
    decision_note = fields.String(allow_none=True)
    file = fields.Function(lambda one: one.file_digest is not None, metadata={"type": "boolean"})
    version = fields.Integer()
    source = fields.Function(lambda one: one.source_digest is not None, metadata={"type": "boolean"})
    other_serial = fields.String(allow_none=True, metadata={"description": "why its file may name another serial"})
    points = fields.List(fields.Nested(PointSchema))
    as_found = fields.List(
        fields.Nested(PointSchema), metadata={"description": "before an adjustment or repair; these never correct"}
    )


class DoneCheckSchema(Schema):
    """A check between calibrations, as it was recorded."""

    at = fields.DateTime()
    passed = fields.Boolean()
    note = fields.String()


class OneInstrumentSchema(Schema):
    """One instrument with its certificates and checks, newest first."""

    instrument = fields.Nested(InstrumentSchema)
    certificates = fields.List(fields.Nested(CertificateSchema))
    checks = fields.List(fields.Nested(DoneCheckSchema))


class BenchSchema(Schema):
    """One bench, and when its agent was last heard."""

    id = fields.Integer()
    code = fields.String()
    name = _texts()
    laboratory_id = fields.Integer()
    branch_id = fields.Integer()
    last_seen_at = fields.DateTime(allow_none=True)


class NewInstrumentSchema(Schema):
    """An instrument for the register; another serial is another instrument."""

    number = fields.String(required=True)
    laboratory_id = _key(required=True)
    name = _texts(required=True)
    kind = fields.String(required=True)
    maker = fields.String(required=True)
    model = fields.String(required=True)
    serial = fields.String(required=True)
    bench_id = _key(load_default=None, allow_none=True)
    driver = fields.String(load_default=None, allow_none=True)
    resource = fields.String(load_default=None, allow_none=True)
    needs_calibration = fields.Boolean(load_default=True)
    interval_days = fields.Integer(load_default=365, allow_none=True)
    location = _texts(load_default=None, allow_none=True)


class ChangedInstrumentSchema(Schema):
    """What may be corrected; what is not sent stays as it is."""

    seen_version = fields.Integer(required=True)
    why = fields.String(load_default="")
    name = _texts()
    bench_id = _key(allow_none=True)
    driver = fields.String(allow_none=True)
    resource = fields.String(allow_none=True)
    needs_calibration = fields.Boolean()
    interval_days = fields.Integer(allow_none=True)
    location = _texts(allow_none=True)


class MoveSchema(Schema):
    """Why its state is changed, and which version of it was seen."""

    seen_version = fields.Integer(required=True)
    why = fields.String(load_default="")


class NewPointSchema(Schema):
    """One calibrated point: add `correction` to an indication; U is expanded by k; dof null is infinite."""

    quantity = fields.String(required=True)
    unit = fields.String(required=True)
    range = fields.String(load_default=None, allow_none=True)
    indication = fields.Float(required=True, allow_nan=True)
    correction = fields.Float(required=True, allow_nan=True)
    U = fields.Float(required=True, allow_nan=True)
    k = fields.Float(load_default=2.0, allow_nan=True)
    dof = fields.Float(load_default=None, allow_none=True, allow_nan=True)
    phase = fields.String(load_default=Phase.AS_LEFT, validate=validate.OneOf([str(one) for one in Phase]))


class NewCertificateSchema(Schema):
    """A calibration certificate as it was received; it counts only once accepted."""

    number = fields.String(required=True)
    issued_by = fields.String(required=True)
    accreditation = fields.String(load_default=None, allow_none=True)
    calibrated_on = fields.Date(required=True)
    valid_until = fields.Date(required=True)
    conditions = fields.String(load_default=None, allow_none=True)
    traceability = _texts(load_default=None, allow_none=True)
    points = fields.List(fields.Nested(NewPointSchema), required=True)
    file = fields.String(load_default=None, allow_none=True, metadata={"description": "the PDF, base64"})
    source = fields.String(
        load_default=None, allow_none=True, metadata={"description": "the DCC or table of the numbers, base64"}
    )
    other_serial = fields.String(
        load_default=None, allow_none=True, metadata={"description": "why the source may name another serial"}
    )


class _SaidSchema(Schema):
    parts = fields.List(
        fields.String(validate=validate.OneOf([str(one) for one in Part])),
        load_default=list,
        metadata={"description": "what each column is; empty: as the file says"},
    )
    quantity = fields.String(load_default="")
    range = fields.String(load_default="")
    phase = fields.String(load_default="", validate=validate.OneOf(["", *(str(one) for one in Phase)]))


class CertificateFileSchema(Schema):
    """A DCC or a table of points to be read; nothing is stored."""

    file = fields.String(required=True, metadata={"description": "its bytes, base64"})
    decimal = fields.String(load_default="", validate=validate.OneOf(["", ".", ","]))
    tables = fields.Dict(
        keys=fields.Integer(),
        values=fields.Nested(_SaidSchema),
        load_default=dict,
        metadata={"description": "what is said of tables of a DCC, by their places from 0"},
    )


class _LeftOutSchema(Schema):
    what = fields.String()
    reason = fields.String()


class _CalibratedItemSchema(Schema):
    name = fields.String()
    maker = fields.String()
    model = fields.String()
    serials = fields.List(fields.String())


class _ColumnSchema(Schema):
    label = fields.String()
    part = fields.String()


class _TableSchema(Schema):
    title = fields.String()
    phase = fields.String()
    columns = fields.List(fields.Nested(_ColumnSchema))


class ProposalSchema(Schema):
    """What a file proposes for a certificate; numbers are decimal text, for a person or program to check."""

    kind = fields.String(metadata={"description": "DCC or points"})
    version = fields.String()
    signature = fields.String(metadata={"description": "a signature is seen, never verified"})
    head = fields.Dict(keys=fields.String(), values=fields.String())
    items = fields.List(fields.Nested(_CalibratedItemSchema))
    other_serial = fields.Boolean(metadata={"description": "the file names serials, and not that of the register"})
    points = fields.List(fields.Dict(keys=fields.String(), values=fields.String()))
    faults = fields.Dict(keys=fields.String(), values=fields.String())
    remarks = fields.List(fields.Nested(_LeftOutSchema))
    not_taken = fields.List(fields.Nested(_LeftOutSchema))
    tables = fields.List(fields.Nested(_TableSchema))


class CheckSchema(Schema):
    """A check between calibrations; a failed one suspends the instrument."""

    at = fields.AwareDateTime(required=True)
    passed = fields.Boolean(required=True)
    note = fields.String(required=True)
