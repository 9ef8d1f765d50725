"""A POST that is sent again with the same Idempotency-Key is not done again: it gets the first answer."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import Response, current_app, g, request
from werkzeug.wrappers import Response as AnyResponse

from lims.errors import Invalid
from lims.http.person import current_actor
from lims.http.session import shared_transaction
from lims.store import idempotency

LONGEST_KEY = 200


def answer_once(view: Callable[..., Any]) -> Callable[..., Any]:
    """Return the view, done once for a key: the key, the change and the answer are stored in one transaction.

    A refusal stores nothing, so that the call can be mended and sent again with the same key.
    """

    @wraps(view)
    def guarded(**values: object) -> Any:
        key, actor = request.headers.get("Idempotency-Key", ""), current_actor()
        if not key or actor is None:  # without a person: a bench, whose own protocol is safe to repeat
            return view(**values)
        if len(key) > LONGEST_KEY:
            raise Invalid("An Idempotency-Key has 200 characters at most.")
        return _once(f"api:{actor.person_id}", key, lambda: current_app.make_response(view(**values)))

    return guarded


def _once(owner: str, key: str, do: Callable[[], Response]) -> AnyResponse:
    with shared_transaction() as session:
        before = idempotency.begin(session, owner=owner, key=key, request_hash=_request_hash())
        if before is not None:
            again = Response(before.body, before.status, mimetype="application/json")
            again.headers["Idempotent-Replayed"] = "true"
            return again
        response = do()
        if g.get("shared_session") is session:  # not given up by an operation that was refused
            idempotency.finish(session, owner=owner, key=key, status=response.status_code, body=response.get_data(True))
        return response


def _request_hash() -> str:
    """Return the digest of what is asked, without a password that is sent with it."""
    body = request.get_json(silent=True)
    if isinstance(body, dict):
        content = json.dumps({name: value for name, value in body.items() if name != "password"}, sort_keys=True)
    else:
        content = request.get_data(cache=True, as_text=True)
    return hashlib.sha256(f"{request.method} {request.full_path}\n{content}".encode()).hexdigest()
