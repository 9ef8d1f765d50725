"""When something was put on: the indication was below a threshold, and then rose above it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Load:
    """Follows the indications of an acquisition; without a threshold something is always on.

    >>> load = Load(above=5.0)
    >>> [load.look(value) or load.is_on for value in ("120.1", "0.0", "3.2", "118.7")]
    [False, True, False, True]
    """

    above: float | None
    was_empty: bool = False
    is_on: bool = False

    def __post_init__(self) -> None:
        """Nothing is waited for without a threshold."""
        self.is_on = self.above is None

    def look(self, value: str | None) -> bool:
        """Take the next indication (None: there was no number); tell whether the pan has just become empty.

        What lies on it from the start is the load of before: the pan must have been empty first. Taken off again, it is
        waited for anew.
        """
        if self.above is None or value is None:
            return False
        if float(value) > self.above:
            self.is_on = self.was_empty
            return False
        news = not self.was_empty or self.is_on
        self.was_empty, self.is_on = True, False
        return news
