"""Fixtures of the pages' tests."""

from __future__ import annotations

from tests.web.clumsy import at, bureau, line, run

__all__ = ["at", "bureau", "line", "run"]
