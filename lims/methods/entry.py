"""Reading one mapping of a method document key by key: what is there is typed, what is unknown is refused by name."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping
from typing import Any, TypeVar

from lims.errors import Invalid
from lims.metrology.numbers import parse_number
from lims.metrology.units import parse_unit
from lims.words import LOCALES

# A text that people read: one string, or one per language.
Text = str | Mapping[str, str]

Found = TypeVar("Found")


class at:  # noqa: N801 - it reads as a word, `with at(path)`, and is entered too often for a generator
    """Name the key in any error that is raised inside."""

    __slots__ = ("path",)

    def __init__(self, path: str) -> None:
        self.path = path

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: object) -> None:
        if isinstance(error, Invalid) and not error.data.get("key"):
            raise type(error)("%(key)s: %(reason)s", key=self.path, reason=error) from error
        if isinstance(error, ArithmeticError):
            reason = Invalid("A number is too large or too small to compute with.")
            raise Invalid("%(key)s: %(reason)s", key=self.path, reason=reason) from error


class Entry:
    """One mapping; every key asked for is ticked off, and `done` refuses the rest."""

    def __init__(self, mapping: object, path: str) -> None:
        if not isinstance(mapping, Mapping):
            raise Invalid("%(key)s: a mapping of keys to values is wanted here.", key=path or "document")
        self.mapping: Mapping[str, Any] = mapping
        self.path = path
        self.asked: set[str] = set()

    def at(self, key: str) -> str:
        """Path of a key, for messages."""
        return f"{self.path}.{key}" if self.path else key

    def has(self, key: str) -> bool:
        """Whether the key is there with a value."""
        self.asked.add(key)
        return self.mapping.get(key) is not None

    def raw(self, key: str) -> Any:
        """The plain value, None where the key is missing."""
        self.asked.add(key)
        return self.mapping.get(key)

    def _given(self, key: str, read: Callable[[object, str], Found]) -> Found | None:
        value = self.raw(key)
        return None if value is None else read(value, self.at(key))

    def _wanted(self, key: str, found: Found | None) -> Found:
        if found is None:
            raise Invalid("%(key)s: this key is missing.", key=self.at(key))
        return found

    def number(self, key: str) -> float | None:
        """A number, or None."""
        return self._given(key, number)

    def wanted_number(self, key: str) -> float:
        """A number that must be there."""
        return self._wanted(key, self.number(key))

    def whole(self, key: str) -> int | None:
        """A whole number of at least one, or None."""
        found = self.number(key)
        if found is not None and (found != int(found) or found < 1):
            raise Invalid("%(key)s: a whole number of at least 1 is wanted.", key=self.at(key))
        return None if found is None else int(found)

    def word(self, key: str, default: str = "") -> str:
        """A plain string."""
        return self._given(key, string) or default

    def choice(self, key: str, allowed: tuple[str, ...], default: str | None = None) -> str:
        """One of some words."""
        found = self.word(key) or default
        if found not in allowed:
            raise Invalid(
                "%(key)s: one of %(allowed)s is wanted, not '%(given)s'.",
                key=self.at(key),
                allowed=", ".join(allowed),
                given=found or "nothing",
            )
        return found

    def text(self, key: str) -> Text:
        """A text for people, perhaps in several languages."""
        return self._given(key, text) or ""

    def unit(self, key: str = "unit") -> str:
        """A unit that must be there, in its canonical spelling."""
        return self._wanted(key, self.maybe_unit(key))

    def maybe_unit(self, key: str = "unit") -> str | None:
        """A unit in its canonical spelling, or None."""
        return self._given(key, unit)

    def flag(self, key: str) -> bool:
        """true or false; false where missing."""
        found = self.raw(key)
        if found is not None and not isinstance(found, bool):
            raise Invalid("%(key)s: true or false is wanted.", key=self.at(key))
        return bool(found)

    def list(self, key: str) -> list[Any]:
        """A list; empty where missing."""
        found = self.raw(key)
        if found is not None and not isinstance(found, list | tuple):
            raise Invalid("%(key)s: a list is wanted.", key=self.at(key))
        return list(found or [])

    def numbers(self, key: str) -> tuple[float, ...]:
        """A list of numbers."""
        return tuple(number(item, f"{self.at(key)}[{place}]") for place, item in enumerate(self.list(key)))

    def mapping_at(self, key: str) -> Mapping[str, Any]:
        """A mapping; empty where missing."""
        found = self.raw(key)
        if found is not None and not isinstance(found, Mapping):
            raise Invalid("%(key)s: a mapping of names to entries is wanted.", key=self.at(key))
        return found or {}

    def rest(self) -> Mapping[str, Any]:
        """The keys that nobody asked for yet."""
        return {key: value for key, value in self.mapping.items() if key not in self.asked}

    def done(self) -> None:
        """Refuse what nobody asked for, by name."""
        self.only(self.asked)

    def only(self, known: Collection[str]) -> None:
        """Refuse every other key, by name."""
        for key in self.mapping:
            if key in known:
                continue
            raise Invalid(
                "%(key)s: there is no such key here; known are %(known)s.",
                key=self.at(key),
                known=", ".join(sorted(known)),
            )


def number(value: object, path: str) -> float:
    """A finite number, given as one or as the text of one.

    Raises
    ------
    Invalid
        Anything else; the key is named.
    """
    if isinstance(value, str):
        with at(path):
            return float(parse_number(value))
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Invalid("%(key)s: a number is wanted.", key=path)
    try:
        found = float(value)
    except OverflowError:
        found = math.inf
    if not math.isfinite(found):
        raise Invalid("%(key)s: a number can't be infinite or NaN.", key=path)
    return found


def string(value: object, path: str) -> str:
    """A plain string."""
    if not isinstance(value, str):
        raise Invalid("%(key)s: a text is wanted.", key=path)
    return value.strip()


def text(value: object, path: str) -> Text:
    """A text for people: a string, or a mapping of language to string."""
    if isinstance(value, str):
        return value.strip()
    if not isinstance(value, Mapping) or not value or not all(isinstance(inner, str) for inner in value.values()):
        raise Invalid("%(key)s: a text is wanted, or one per language as in {en: .., zh_Hant_TW: ..}.", key=path)
    for language in value:
        if language not in LOCALES:
            raise Invalid("%(key)s: the languages are %(known)s.", key=path, known=", ".join(LOCALES))
    return {str(language): str(inner).strip() for language, inner in value.items()}


def unit(value: object, path: str) -> str:
    """A unit in its canonical spelling."""
    if isinstance(value, int) and not isinstance(value, bool) and value == 1:
        return "1"
    with at(path):
        return parse_unit(string(value, path))
