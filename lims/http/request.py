"""Each request has an id, is logged in one line without what was typed, and gets the headers that keep pages safe."""

from __future__ import annotations

import json
import logging
import re
import secrets
import time
from typing import Any

from flask import Flask, Response, g, request
from werkzeug.routing import IntegerConverter, Map, ValidationError

from lims.http.session import house

log = logging.getLogger("lims.request")

_CONFIDENTIAL = {"text/html", "application/json", "application/problem+json", "application/pdf"}
_GIVEN = re.compile(r"[A-Za-z0-9-]{8,64}")


LARGEST_KEY = 2**63 - 1
"""The largest key that a row can have."""


class KeyConverter(IntegerConverter):
    """A key in an address; a number that no row can have leads nowhere (404)."""

    def __init__(self, url_map: Map, *args: Any, **options: Any) -> None:
        super().__init__(url_map, *args, **{"max": LARGEST_KEY} | options)

    def to_python(self, value: str) -> int:
        """Return the key; one of hundreds of digits is not even read."""
        if len(value) > len(str(LARGEST_KEY)):
            raise ValidationError
        return int(super().to_python(value))


def init_requests(app: Flask) -> None:
    """Give every request an id, a line in the log and safe headers; before any address is added."""
    app.url_map.converters["int"] = KeyConverter
    app.before_request(_begin)
    app.after_request(_finish)


def _begin() -> None:
    given = request.headers.get("X-Request-Id", "")
    trusted = house().settings.proxies and _GIVEN.fullmatch(given)
    g.request_id = given if trusted else secrets.token_hex(8)
    g.began = time.perf_counter()
    g.is_api = request.path.startswith("/api/v1/")


def _finish(response: Response) -> Response:
    headers = response.headers
    headers["X-Request-Id"] = g.get("request_id", "")
    headers.setdefault("X-Content-Type-Options", "nosniff")
    headers.setdefault("X-Frame-Options", "SAMEORIGIN")
    headers.setdefault("Referrer-Policy", "same-origin")
    headers.setdefault("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
    headers.setdefault(
        "Content-Security-Policy",
        "default-src 'self'; img-src 'self' data:; style-src 'self'; script-src 'self'; object-src 'self'; "
        "frame-src 'self'; frame-ancestors 'self'; base-uri 'none'; form-action 'self'",
    )
    if request.is_secure:
        headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    if response.mimetype in _CONFIDENTIAL:
        headers.setdefault("Cache-Control", "no-store")
    log.info(json.dumps(_line(response), ensure_ascii=False))
    return response


def _line(response: Response) -> dict[str, object]:
    return {
        "id": g.get("request_id", ""),
        "method": request.method,
        "rule": request.url_rule.rule if request.url_rule else _first_part(request.path),
        "status": response.status_code,
        "ms": round(1000 * (time.perf_counter() - g.get("began", time.perf_counter())), 1),
        "person": _person(),
    }


def _first_part(path: str) -> str:
    """Return how a path that leads nowhere begins: the rest of it may be a secret, as in a link to an account."""
    first = path.split("/")[1] if "/" in path else ""
    return f"/{first[:40]}/…" if path.count("/") > 1 else f"/{first[:40]}"


def _person() -> int | None:
    """Return who was found to ask, without looking for anybody now."""
    actor = g.get("token_actor")
    return actor.person_id if actor is not None else getattr(g.get("_login_user"), "id", None)
