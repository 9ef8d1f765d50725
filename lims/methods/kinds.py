"""Documents of method versions sorted by what they have in common: all but the entries of their inputs."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from typing import Any

from lims.methods.document import Document
from lims.methods.rows import ROW_KEYS

Key = tuple[int | None, str]
"""An input as it is written: the place of its row (None: shared) and its name."""
_MOST_ALIKE = 50


class Kind:
    """Documents that are alike in all but the entries of their inputs; `rows` are their places."""

    def __init__(self, first: Document) -> None:
        self.first = first
        self.rows: list[int] = []

    def has(self, other: Document) -> bool:
        """Whether a document that states the same of its inputs is of this kind."""
        first = self.first
        return (
            other.keys() == first.keys()
            and all(other[key] == value for key, value in first.items() if key not in {"inputs", "points"})
            and all(
                row[key] == one[key]
                for one, row in zip(first.get("points") or (), other.get("points") or (), strict=True)
                for key in ROW_KEYS
                if key in one
            )
        )


def kinds(documents: Sequence[Document]) -> list[Kind]:
    """Sort documents by what they have in common; where too many that state the same differ else, some are left out."""
    found: dict[Hashable, list[Kind]] = {}
    for row, document in enumerate(documents):
        try:
            alike = found.setdefault(_stated(document), [])
            kind = next((one for one in alike if one.has(document)), None)
        except (AttributeError, KeyError, TypeError):
            continue
        if kind is None and len(alike) < _MOST_ALIKE:
            kind = Kind(document)
            alike.append(kind)
        if kind is not None:
            kind.rows.append(row)
    return [one for alike in found.values() for one in alike]


def _stated(document: Document) -> Hashable:
    """Names of the inputs, shared and row by row, and what is stated of each; what lines are laid by in full."""
    inputs = document["inputs"]
    found: list[Hashable] = [tuple(inputs), *map(_of_input, inputs.values())]
    for row in document.get("points") or ():
        found += [tuple(row), *(_of_input(entry) for name, entry in row.items() if name not in ROW_KEYS)]
    return (repr(document["series"]) if "series" in document else "", *found)


def _of_input(entry: Mapping[str, Any]) -> Hashable:
    """What is stated of an input, of each contribution with what it is an error of, and by which points of a line."""
    keys: tuple[Hashable, ...] = tuple(entry)
    if "components" in entry:
        keys += tuple((*one, one.get("identity")) for one in entry["components"])
    return (*keys, repr(entry["fit"])) if "fit" in entry else keys


def entries(documents: Sequence[Document]) -> Iterator[tuple[Key, list[Any]]]:
    """Give each input that documents of a kind have, with its entry in every document."""
    for name in documents[0]["inputs"]:
        yield (None, name), [document["inputs"][name] for document in documents]
    for place, row in enumerate(documents[0].get("points") or ()):
        for name in row:
            if name not in ROW_KEYS:
                yield (place, name), [document["points"][place][name] for document in documents]
