"""The OpenAPI document of the interface and the page that shows it, with Swagger UI out of its package."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import Any

from flask import Blueprint, Flask, Response, jsonify, render_template

from lims.http.rights import public

HARMLESS = "describes the calls; holds nothing of the laboratory"


def _named(document: dict[str, Any]) -> dict[str, Any]:
    """Return the document with the subjects' own names: blueprints carry "api-" before them."""
    calls = (call for path in document["paths"].values() for call in path.values() if isinstance(call, dict))
    for call in calls:
        call["tags"] = [tag.removeprefix("api-") for tag in call.get("tags", ())]
    for tag in document.get("tags", ()):
        tag["name"] = tag["name"].removeprefix("api-")
    return document


def init_app(app: Flask, spec: Any) -> None:
    """Serve the document at /api/openapi.json and the page at /api/docs."""
    bp = Blueprint("api-docs", __name__, url_prefix="/api")
    swagger = files("flask_openapi3_swagger") / "templates" / "swagger"
    bp.register_blueprint(Blueprint("swagger", __name__, static_folder=str(swagger), static_url_path="/docs/swagger"))
    bp.register_blueprint(
        Blueprint("own", __name__, static_folder=Path(__file__).parent / "static", static_url_path="/docs/own")
    )

    @bp.get("/openapi.json")
    @public(HARMLESS)
    def document() -> Response:
        return jsonify(_named(spec.to_dict()))

    @bp.get("/docs")
    @public(HARMLESS)
    def page() -> str:
        return render_template("api/docs.html")

    app.register_blueprint(bp)
