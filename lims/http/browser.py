"""The session that a browser keeps in its cookie: signed, and let go when nobody is there."""

from __future__ import annotations

from flask import Flask, request
from flask.sessions import SecureCookieSessionInterface, SessionMixin


class Sessions(SecureCookieSessionInterface):
    """Sessions that each page read by a person prolongs, and a live part that refreshes itself does not."""

    def should_set_cookie(self, app: Flask, session: SessionMixin) -> bool:
        """Tell whether the cookie is sent anew, which is what prolongs it."""
        by_itself = request.headers.get("X-Fragment") == "yes"  # static/poll.js says so
        return session.modified or (not by_itself and super().should_set_cookie(app, session))
