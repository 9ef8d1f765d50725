"""Somebody who acts, for tests of the store: no person's row is needed."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Somebody:
    """An actor with the rights (right, branch, laboratory) that the test gives."""

    person_id: int | None = 7
    label: str = "Lin"
    request_id: str = "r-1"
    address: str = "192.0.2.1"
    held: frozenset[tuple[str, int | None, int | None]] = frozenset()

    def may(self, right: str, *, branch_id: int | None = None, laboratory_id: int | None = None) -> bool:
        return (right, branch_id, laboratory_id) in self.held
