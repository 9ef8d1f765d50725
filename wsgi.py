"""What a WSGI server loads: gunicorn wsgi:application."""

from __future__ import annotations

import sys

from lims.app import create_app
from lims.config import SettingError
from lims.errors import LimsError

try:
    application = create_app()
except (SettingError, LimsError) as error:
    print(f"lims: {error}", file=sys.stderr)  # noqa: T201 - there is no application yet that could log
    sys.exit(4)  # gunicorn's own status for what can't be loaded: it stops, and does not try for ever
