"""What a WSGI server loads: gunicorn wsgi:application."""

from __future__ import annotations

from lims.app import create_app

application = create_app()
