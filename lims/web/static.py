"""Our own style sheets, scripts and icons."""

from __future__ import annotations

from flask import Blueprint

bp = Blueprint("assets", __name__, static_folder="static", static_url_path="/assets")
