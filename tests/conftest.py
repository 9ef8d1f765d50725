"""Fixtures of all tests: one real PostgreSQL per run, a database per worker, the application on it.

CONTRIBUTING.md says which fixture is for what.
"""

from __future__ import annotations

from pathlib import Path

import pytest

LONG = ("journeys", "demo", "cli", "speed")
"""Folders whose files take longest: begun first, so that no worker sits idle at the end."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the long ones first; the rest keeps its order."""
    root = Path(__file__).parent

    def turn(item: pytest.Item) -> int:
        folder = item.path.relative_to(root).parts[0]
        return LONG.index(folder) if folder in LONG else len(LONG)

    items.sort(key=turn)


pytest_plugins = [
    "tests.fixtures.server",
    "tests.fixtures.database",
    "tests.fixtures.faces",
    "tests.fixtures.roles",
    "tests.fixtures.browser",
    "tests.fixtures.trials",
]
