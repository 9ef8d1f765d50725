"""TOML tables read strictly: key by key; what is wrong or left over is noted by its place, not stopped at."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, TypeVar

from lims.errors import Invalid, LimsError

T = TypeVar("T")


class Table:
    """A TOML table that is read key by key; notes what is wrong or left over instead of stopping at the first."""

    def __init__(self, data: Mapping[str, Any], path: str, wrong: dict[str, LimsError | str]) -> None:
        self.data, self.path, self.wrong = data, path, wrong
        self.seen: set[str] = set()

    def note(self, key: str, reason: LimsError | str) -> None:
        """Note what is wrong with the value at a key."""
        self.wrong.setdefault(f"{self.path}{key}", reason)

    def take(
        self, key: str, kind: type[T] | tuple[type, ...], default: T | None = None, *, needed: bool = False
    ) -> Any:
        """Return the value at a key if it is of one of these types."""
        self.seen.add(key)
        if key not in self.data:
            if needed:
                self.note(key, Invalid("This key is missing."))
            return default
        value = self.data[key]
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            self.note(key, Invalid("The value is of the wrong type."))
            return default
        return value

    def text(self, key: str, default: str = "", *, needed: bool = False) -> str:
        """Return text."""
        return str(self.take(key, str, default, needed=needed))

    def number(self, key: str, default: str = "0", *, needed: bool = False) -> Decimal:
        """Return a number as it is written."""
        found = self.take(key, (int, Decimal), None, needed=needed)
        return Decimal(default if found is None else found)

    def whole(self, key: str, default: int, low: int, high: int, *, needed: bool = False) -> int:
        """Return a whole number between two limits."""
        value = int(self.take(key, int, default, needed=needed))
        if not low <= value <= high:
            self.note(key, Invalid("This must lie between %(low)s and %(high)s.", low=low, high=high))
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        """Return a list of texts."""
        found = self.take(key, list, [])
        if not all(isinstance(each, str) for each in found):
            self.note(key, Invalid("Each entry must be text."))
            return ()
        return tuple(found)

    def rows(self, key: str, low: int, high: int) -> tuple[tuple[str, ...], ...]:
        """Return a list of lists of text, each with so many entries."""
        found = self.take(key, list, [])
        for row in found:
            if not isinstance(row, list) or not all(isinstance(each, str) for each in row):
                self.note(key, Invalid("Each entry must be a list of text."))
                return ()
            if not low <= len(row) <= high:
                self.note(key, Invalid("Each entry has %(low)s to %(high)s texts.", low=low, high=high))
                return ()
        return tuple(tuple(row) for row in found)

    def pattern(self, key: str, *, needed: bool = False) -> re.Pattern[str] | None:
        """Return a regular expression."""
        source = self.text(key, needed=needed)
        try:
            return re.compile(source, re.ASCII) if source else None
        except re.error as error:
            self.note(key, Invalid("This regular expression is wrong: %(reason)s.", reason=str(error)))
            return None

    def table(self, key: str, *, needed: bool = False) -> Table:
        """Return the table at a key."""
        return Table(self.take(key, dict, {}, needed=needed), f"{self.path}{key}.", self.wrong)

    def tables(self, key: str, *, needed: bool = False) -> list[Table]:
        """Return the tables of a list."""
        found = self.take(key, list, [], needed=needed)
        if not all(isinstance(each, dict) for each in found):
            self.note(key, Invalid("Each entry must be a table."))
            return []
        return [Table(each, f"{self.path}{key}[{number}].", self.wrong) for number, each in enumerate(found)]

    def done(self) -> None:
        """Note every key that nobody asked for."""
        for key in set(self.data) - self.seen:
            self.note(key, Invalid("This key is not known."))
