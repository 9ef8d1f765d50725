"""The floor of a web server: Flask with one page."""

from __future__ import annotations

from flask import Flask

app = Flask("plain")


@app.get("/")
def index() -> str:
    """Return the page."""
    return "<!doctype html><title>Plain</title>"
