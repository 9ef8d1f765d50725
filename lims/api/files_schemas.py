"""Shapes of files that instruments wrote in the JSON interface."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from marshmallow import Schema, fields, validate

from lims.http.errors import say
from lims.instruments.export import Fault
from lims.results.matching import Match
from lims.results.queries import SentFileView
from lims.results.states import FileState

KEY = validate.Range(min=1, max=2**63 - 1)


class FilesQuerySchema(Schema):
    """Which files."""

    state = fields.String(load_default="", validate=validate.OneOf(["", *map(str, FileState)]))
    instrument_id = fields.Integer(load_default=None, validate=KEY)


class SentFileSchema(Schema):
    """A file that was sent."""

    id = fields.Integer()
    instrument_id = fields.Function(lambda one: one.instrument.id)
    instrument = fields.Function(lambda one: one.instrument.number)
    sha256 = fields.String(attribute="digest")
    name = fields.String()
    parser = fields.String()
    sent_at = fields.DateTime()
    state = fields.String(validate=validate.OneOf([str(one) for one in FileState]))
    version = fields.Integer()


class SentFilesSchema(Schema):
    """Files, newest first."""

    rows = fields.List(fields.Nested(SentFileSchema))


class NewSentFileSchema(Schema):
    """A file that an instrument wrote."""

    instrument_id = fields.Integer(required=True, validate=KEY)
    parser = fields.String(required=True)
    name = fields.String(required=True, validate=validate.Length(max=1000))
    content = fields.String(required=True, metadata={"description": "its bytes in base64"})


class ChoiceSchema(Schema):
    """How a file is to be taken; what is left out is filled in where only one thing can be meant."""

    parser = fields.String(load_default="", metadata={"description": "that of the file where it is left out"})
    method_id = fields.Integer(load_default=None, validate=KEY)
    line_id = fields.Integer(load_default=None, validate=KEY, metadata={"description": "the whole file is for it"})
    inputs = fields.Dict(
        keys=fields.String(),
        values=fields.String(),
        load_default=dict,
        metadata={"description": "quantity of the parser to the symbol of the method's input"},
    )
    at = fields.AwareDateTime(load_default=None, metadata={"description": "when, for files that do not say"})
    left_out = fields.List(
        fields.Integer(), load_default=list, metadata={"description": "lines of the file that are not taken"}
    )


class TakeSchema(ChoiceSchema):
    """The same, for good."""

    seen_version = fields.Integer(required=True)
    why = fields.String(load_default="", validate=validate.Length(max=500))


class MoveSchema(Schema):
    """A step that needs a reason."""

    seen_version = fields.Integer(required=True)
    why = fields.String(required=True, validate=validate.Length(max=500))


class PreviewSchema(Schema):
    """What a file would give: nothing is stored."""

    whole = fields.Boolean(metadata={"description": "whether it could be taken as it is"})
    problem = fields.Function(lambda one: say(one.problem) if one.problem else None)
    method_id = fields.Function(lambda one: one.choice.method_id)
    inputs = fields.Function(lambda one: dict(one.choice.inputs))
    methods = fields.Function(lambda one: {line.method_id: line.method_code for line in one.methods})
    rows = fields.Function(lambda one: [_row(each) for each in one.matches])
    faults = fields.Function(lambda one: _faults(one.faults))


def _row(one: Match) -> dict[str, Any]:
    return {
        "line": one.row.line,
        "label": one.row.label,
        "at": one.row.at.isoformat() if one.row.at else None,
        "line_id": one.target.line_id if one.target else None,
        "places": [
            {"input": place.input, "point": place.point, "value": place.value.value, "unit": place.value.unit}
            for place in one.places
        ],
        "problem": say(one.problem) if one.problem else None,
        "left_out": one.left_out,
    }


def _faults(faults: Sequence[Fault]) -> list[dict[str, object]]:
    return [{"line": one.line, "column": one.column, "reason": say(one.reason)} for one in faults]


class StoredFileSchema(Schema):
    """The file with how many readings went to which line."""

    file = fields.Nested(SentFileSchema)
    readings = fields.Dict(keys=fields.Integer(), values=fields.Integer())


def stored(sent: SentFileView, places: list[tuple[Any, int]]) -> dict[str, Any]:
    """Return a file with where its rows went."""
    return {"file": sent, "readings": {line.id: count for line, count in places}}
