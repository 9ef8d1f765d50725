"""Sentences for people that computing brings forth: as id and data, so that the faces can translate them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence for people: the id is its English text with %(name)s places, the faces translate it."""

    id: str
    data: Mapping[str, object] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.id % self.data if self.data else self.id
