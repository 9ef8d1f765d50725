"""Pages. One blueprint per subject, in a module of its name; this is where they are put together."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec

from flask import Flask
from flask_bootstrap import Bootstrap5

from lims.web import display

SUBJECTS = (
    "home",
    "account",
    "search",
    "jobs",
    "retained",
    "items",
    "worklist",
    "labels",
    "calendar",
    "catalogue",
    "lines",
    "lot_taking",
    "room_taking",
    "results",
    "grid",
    "tray",
    "files",
    "review",
    "review_many",
    "reports",
    "instruments",
    "certificates",
    "criteria",
    "benches",
    "plans",
    "due",
    "drift",
    "environment",
    "lots",
    "lot_reach",
    "reach",
    "chain",
    "nonconformities",
    "methods",
    "competence",
    "editions",
    "editor",
    "studies",
    "clients",
    "people",
    "laboratories",
    "audit",
    "verification",
    "upkeep",
    "public",
    "static",
)
"""Modules of this package that have a blueprint `bp`; to add pages of a subject, add its module here."""


def init_app(app: Flask) -> None:
    """Register every blueprint and what templates may call."""
    Bootstrap5(app)
    display.init_app(app)
    for subject in SUBJECTS:
        if find_spec(f"lims.web.{subject}"):
            app.register_blueprint(import_module(f"lims.web.{subject}").bp)
