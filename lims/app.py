"""The roof: the only place that wires settings, database, faces and jobs together."""

from __future__ import annotations

import logging
from datetime import timedelta
from pathlib import Path

from flask import Flask, request, session
from flask_babel import Babel
from flask_wtf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix

from lims import api, config, web
from lims.http.browser import Sessions
from lims.http.demonstration import init_guard
from lims.http.errors import init_errors
from lims.http.person import current_actor, init_login
from lims.http.request import init_requests
from lims.http.session import EXTENSION, House
from lims.store.db import connect, sessions
from lims.words import LOCALES

LARGEST_REQUEST = 64 * 2**20
MOST_FIELDS, LARGEST_TYPED = 20_000, 4 * 2**20
"""A certificate of 2000 points has 18,000 fields, and a table of so many can be pasted."""


def create_app(settings: config.Settings | None = None) -> Flask:
    """Return the wired application; refuses to start without a database, without real secrets, on known passwords."""
    settings = settings or config.read()
    settings.require_secrets()
    logging.basicConfig(level=settings.log_level, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    app = Flask("lims.web", static_folder=None, static_url_path="", template_folder="templates")
    engine = connect(settings.database_url, pool_size=settings.web_threads)
    app.extensions[EXTENSION] = House(settings=settings, sessions=sessions(engine))
    app.session_interface = Sessions()
    app.config.update(_flask_settings(settings))
    if settings.proxies:
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]  # Flask's documented way
            app.wsgi_app, x_for=settings.proxies, x_proto=settings.proxies, x_host=settings.proxies
        )
    init_requests(app)
    init_errors(app)
    try:
        init_guard(app)
    finally:
        engine.dispose()  # a server may fork after this, and a connection belongs to one process
    init_login(app)
    csrf = CSRFProtect(app)
    Babel(app, locale_selector=_locale, timezone_selector=_time_zone)
    web.init_app(app)
    api.init_app(app, csrf)
    return app


def _flask_settings(settings: config.Settings) -> dict[str, object]:
    return {
        "SECRET_KEY": settings.secret_key,
        "MAX_CONTENT_LENGTH": LARGEST_REQUEST,
        "MAX_FORM_PARTS": MOST_FIELDS,
        "MAX_FORM_MEMORY_SIZE": LARGEST_TYPED,
        "PERMANENT_SESSION_LIFETIME": timedelta(minutes=settings.session_minutes),
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_SECURE": settings.base_url.startswith("https:"),
        "WTF_CSRF_TIME_LIMIT": None,  # as long as the session
        "BABEL_DEFAULT_LOCALE": "en",
        "BABEL_DEFAULT_TIMEZONE": "UTC",
        "BABEL_TRANSLATION_DIRECTORIES": str(Path(__file__).parent / "translations"),
        "BOOTSTRAP_SERVE_LOCAL": True,
    }


def _locale() -> str:
    """Return the reader's language: the person's, or what a visitor chose, or what the browser asks for."""
    actor = current_actor()
    if actor is not None:
        return actor.locale
    chosen = session.get("locale")
    if chosen in LOCALES:
        return str(chosen)
    asked = request.accept_languages.best_match(["en", "zh-TW", "zh-Hant", "zh"], default="en")
    return "zh_Hant_TW" if asked.startswith("zh") else "en"


def _time_zone() -> str:
    actor = current_actor()
    return actor.time_zone if actor else "Asia/Taipei"
