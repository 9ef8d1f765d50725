"""The JSON interface. One blueprint per subject, in a module of its name; this is where they are put together."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec

from apispec.ext.marshmallow import MarshmallowPlugin
from flask import Flask
from flask_smorest import Api
from flask_wtf import CSRFProtect
from marshmallow import Schema, fields

from lims.api import documentation
from lims.api.repeat import answer_once
from lims.api.token import identify, refuse_strangers

SUBJECTS = (
    "people",
    "samples",
    "methods",
    "instruments",
    "criteria",
    "environment",
    "lots",
    "plans",
    "results",
    "results_bulk",
    "bench",
    "reports",
    "audit",
    "files",
    "upkeep",
    "quality",
    "proficiency",
)
"""Modules of this package that have a blueprint `bp`; to add calls of a subject, add its module here."""

VERSION = "v1"
ABOUT = """The laboratory, for programs. Show a person's token as `Authorization: Bearer <token>`; make one under
"My account". Lists answer with `rows` and a `cursor`; give the cursor back for the next page, until it is null. A POST
with an `Idempotency-Key` is done once however often it is sent. What is refused is told as problem+json (RFC 9457) with
a sentence, the fields concerned and the id of the request."""


class ProblemSchema(Schema):
    """Why a call was refused (RFC 9457)."""

    type = fields.String()
    title = fields.String()
    status = fields.Integer()
    detail = fields.String(metadata={"description": "a sentence that says what to do"})
    instance = fields.String()
    request_id = fields.String()
    kind = fields.String(metadata={"description": "Invalid, NotFound, NotAllowed, Refused, Stale or Unavailable"})
    fields_ = fields.Dict(keys=fields.String(), values=fields.String(), data_key="fields")
    clause = fields.String()
    remedy = fields.String()


class _Api(Api):
    """Flask-smorest, with our own table of errors."""

    ERROR_SCHEMA = ProblemSchema

    def _register_error_handlers(self) -> None:
        """Leave errors to lims.http.errors."""


class _Names:
    """Names of shapes in the document: the class's, and with its subject where another subject has the same."""

    def __init__(self) -> None:
        self.taken: dict[str, type] = {}

    def __call__(self, schema: type[Schema] | Schema | str) -> str:
        """Return the name of a shape."""
        kind: type = schema if isinstance(schema, type) else type(schema)
        name = schema if isinstance(schema, str) else kind.__name__.removesuffix("Schema") or "Nothing"
        if self.taken.setdefault(name, kind) is kind:
            return name
        subject = kind.__module__.rpartition(".")[2].removesuffix("_schemas")
        return f"{subject.title()}{name}"


def init_app(app: Flask, csrf: CSRFProtect) -> None:
    """Register every blueprint; a token is shown with each call, so no form token is needed."""
    app.config.update(
        API_TITLE="LIMS",
        API_VERSION=VERSION,
        OPENAPI_VERSION="3.0.3",
        OPENAPI_URL_PREFIX=None,  # the document and its page are ours: the library's page needs inline scripts
        API_SPEC_OPTIONS=_options(),
    )
    interface = _Api(app, spec_kwargs={"marshmallow_plugin": MarshmallowPlugin(schema_name_resolver=_Names())})
    app.before_request(identify)
    app.before_request(refuse_strangers)
    for subject in SUBJECTS:
        if find_spec(f"lims.api.{subject}"):
            blueprint = import_module(f"lims.api.{subject}").bp
            interface.register_blueprint(blueprint)
            csrf.exempt(blueprint)
            _answer_once(app, blueprint.name)
    documentation.init_app(app, interface.spec)


def _options() -> dict[str, object]:
    return {
        "info": {"description": ABOUT},
        "security": [{"token": []}],
        "components": {"securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}},
    }


def _answer_once(app: Flask, blueprint: str) -> None:
    """Let every POST of a blueprint be sent again without being done again."""
    for rule in app.url_map.iter_rules():
        if rule.endpoint.startswith(f"{blueprint}.") and "POST" in (rule.methods or ()):
            app.view_functions[rule.endpoint] = answer_once(app.view_functions[rule.endpoint])
