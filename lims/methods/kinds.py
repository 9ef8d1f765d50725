"""Documents of method versions sorted by what they have in common: all but the entries of their inputs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from lims.methods.document import Document
from lims.methods.rows import ROW_KEYS

Key = tuple[int | None, str]
"""An input as it is written: the place of its row (None: shared) and its name."""
_MOST_KINDS = 50


class Kind:
    """Documents that are alike in all but the entries of their inputs; `rows` are their places."""

    def __init__(self, first: Document) -> None:
        self.first = first
        self.keys = _keys(first)
        self.rows: list[int] = []

    def has(self, other: Document) -> bool:
        """Whether a document is of this kind."""
        first = self.first
        return (
            other.keys() == first.keys()
            and _keys(other) == self.keys
            and all(other[key] == value for key, value in first.items() if key not in {"inputs", "points"})
            and all(
                row[key] == one[key]
                for one, row in zip(first.get("points") or (), other.get("points") or (), strict=True)
                for key in ROW_KEYS
                if key in one
            )
        )


def _keys(document: Document) -> list[object]:
    """Names of the inputs, shared and row by row, and what is stated of each."""
    inputs = document["inputs"]
    found: list[object] = [*inputs, *map(_stated, inputs.values())]
    for row in document.get("points") or ():
        found += [*row, *(_stated(entry) for name, entry in row.items() if name not in ROW_KEYS)]
    return found


def _stated(entry: Mapping[str, Any]) -> list[object]:
    """What is stated of an input, and of each contribution with what it is an error of."""
    return [*entry, *((list(one), one.get("identity")) for one in entry.get("components") or ())]


def kinds(documents: Sequence[Document]) -> list[Kind]:
    """Sort documents by what they have in common; those of a kind that few others are of, or of none, are left out."""
    found: list[Kind] = []
    for row, document in enumerate(documents):
        try:
            kind = next((one for one in found if one.has(document)), None)
            if kind is None and len(found) < _MOST_KINDS:
                kind = Kind(document)
                found.append(kind)
        except (AttributeError, KeyError, TypeError):
            continue
        if kind is not None:
            kind.rows.append(row)
    return found


def entries(documents: Sequence[Document]) -> Iterator[tuple[Key, list[Any]]]:
    """Give each input that documents of a kind have, with its entry in every document."""
    for name in documents[0]["inputs"]:
        yield (None, name), [document["inputs"][name] for document in documents]
    for place, row in enumerate(documents[0].get("points") or ()):
        for name in row:
            if name not in ROW_KEYS:
                yield (place, name), [document["points"][place][name] for document in documents]
