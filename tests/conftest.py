"""Fixtures of all tests: one real PostgreSQL per run, a database per worker, the application on it.

CONTRIBUTING.md says which fixture is for what.
"""

from __future__ import annotations

pytest_plugins = [
    "tests.fixtures.server",
    "tests.fixtures.database",
    "tests.fixtures.faces",
    "tests.fixtures.roles",
    "tests.fixtures.browser",
]
