"""Results that are no quantities: classes, ranks, presence and text, as declared by a method and as observed. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from lims.errors import Invalid
from lims.methods.entry import Entry, Text

KINDS = ("class", "ordinal", "presence", "text")
PRESENCE = ("absent", "present")
PASS_WORDS = ("all", "any", "most", "median")
LONGEST_TEXT = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Characteristic:
    """What is looked at on `of` pieces: the values there are, those that are acceptable, and how many must be.

    `pass_if` is all, any, most (more than half), median (of an ordinal one), or the least number of acceptable pieces.
    `titles` say for people what a value is called, where its own word is not enough.
    """

    kind: str
    title: Text
    values: tuple[str, ...]
    acceptable: tuple[str, ...]
    of: int
    pass_if: str | int
    observed: tuple[str, ...] = ()
    titles: Mapping[str, Text] = field(default_factory=dict)

    def title_of(self, value: str) -> Text:
        """What a value is called."""
        return self.titles.get(value) or value


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """What was observed; value stands for all pieces, None where no single one does; outcome None is not judged."""

    name: str
    characteristic: Characteristic
    value: str | None
    acceptable: int | None
    outcome: str | None

    def as_json(self) -> dict[str, Any]:
        """The entry of the answer."""
        seen = self.characteristic.observed
        return {
            "kind": self.characteristic.kind,
            "observed": list(seen),
            "counts": dict(Counter(seen)) if self.characteristic.kind != "text" else {},
            "value": self.value,
            "acceptable": self.acceptable,
            "of": self.characteristic.of,
            "pass_if": self.characteristic.pass_if,
            "outcome": self.outcome,
        }


def read_characteristic(given: object, path: str) -> Characteristic:
    """Read a result that is no quantity.

    Raises
    ------
    Invalid
        A key that contradicts another, or an observation that the method does not know; the key is named.
    """
    entry = Entry(given, path)
    kind = entry.choice("kind", KINDS)
    values = _texts(entry, "values") or (PRESENCE if kind == "presence" else ())
    found = Characteristic(
        kind=kind,
        title=entry.text("title"),
        values=values,
        acceptable=_texts(entry, "acceptable"),
        of=entry.whole("of") or 1,
        pass_if=_pass_if(entry, kind),
        observed=_texts(entry, "observed"),
        titles=_titles(entry),
    )
    entry.done()
    _check(found, path)
    return found


def _titles(entry: Entry) -> dict[str, Text]:
    named = Entry(entry.mapping_at("titles"), f"{entry.path}.titles")
    return {value: named.text(value) for value in named.mapping}


def _texts(entry: Entry, key: str) -> tuple[str, ...]:
    found = tuple(str(value).strip() for value in entry.list(key))
    for value in found:
        if not value or len(value) > LONGEST_TEXT:
            raise Invalid(
                "%(key)s: a value has 1 to %(most)s characters.", key=f"{entry.path}.{key}", most=LONGEST_TEXT
            )
    return found


def _pass_if(entry: Entry, kind: str) -> str | int:
    given = entry.raw("pass_if")
    if isinstance(given, int) and not isinstance(given, bool):
        return given
    word = entry.choice("pass_if", PASS_WORDS, "all")
    if word == "median" and kind != "ordinal":
        raise Invalid("%(key)s: only an ordinal one has a median.", key=f"{entry.path}.pass_if")
    return word


def _check(found: Characteristic, path: str) -> None:
    if found.kind in {"class", "ordinal"} and not found.values:
        raise Invalid("%(key)s: the allowed values are missing.", key=f"{path}.values")
    if len(set(found.values)) < len(found.values):
        raise Invalid("%(key)s: a value stands twice.", key=f"{path}.values")
    for key, named in (("acceptable", found.acceptable), ("observed", found.observed), ("titles", found.titles)):
        for value in named:
            if found.values and value not in found.values:
                raise Invalid("%(key)s: '%(value)s' is not an allowed value.", key=f"{path}.{key}", value=value)
    if isinstance(found.pass_if, int) and not 1 <= found.pass_if <= found.of:
        raise Invalid("%(key)s: a number from 1 to %(of)s is wanted.", key=f"{path}.pass_if", of=found.of)
    if found.observed and len(found.observed) != found.of:
        raise Invalid(
            "%(key)s: %(wanted)s observations are wanted, not %(given)s.",
            key=f"{path}.observed",
            wanted=found.of,
            given=len(found.observed),
        )


def with_observed(document: Mapping[str, Any], observed: Mapping[str, Any]) -> dict[str, Any]:
    """A document with observations put into its characteristics.

    Raises
    ------
    Invalid
        The method has no such characteristic.
    """
    declared = dict(document.get("characteristics", {}))
    for name, seen in observed.items():
        if name not in declared:
            raise Invalid("%(key)s: the method has no such characteristic.", key=f"characteristics.{name}")
        declared[name] = {**declared[name], "observed": list(seen) if isinstance(seen, list | tuple) else [seen]}
    return {**document, "characteristics": declared} if declared else dict(document)


def observed(characteristics: Mapping[str, Characteristic]) -> Iterator[Observed]:
    """Judge what was observed; a characteristic without acceptable values is stated, not judged.

    Examples
    --------
    >>> bend = Characteristic(kind="class", title="", values=("A", "B"), acceptable=("A",), of=3, pass_if=2,
    ...                       observed=("A", "B", "A"))
    >>> [(one.value, one.acceptable, one.outcome) for one in observed({"bend": bend})]
    [(None, 2, 'pass')]

    Source: ISO/IEC 17025, 7.8.6.
    """
    for name, one in characteristics.items():
        fine = sum(value in one.acceptable for value in one.observed)
        judged = bool(one.observed and one.acceptable)
        yield Observed(
            name=name,
            characteristic=one,
            value=_value(one),
            acceptable=fine if judged else None,
            outcome=("pass" if _passes(one, fine) else "fail") if judged else None,
        )


def _value(one: Characteristic) -> str | None:
    """The value that stands for all pieces: the common one, or the median of ranks."""
    if one.kind == "ordinal" and one.observed:
        return median(one)
    return one.observed[0] if len(set(one.observed)) == 1 else None


def median(one: Characteristic) -> str:
    """The middle rank; of two middle ones the one that is listed first."""
    return sorted(one.observed, key=one.values.index)[(len(one.observed) - 1) // 2]


def _passes(one: Characteristic, fine: int) -> bool:
    if isinstance(one.pass_if, int):
        return fine >= one.pass_if
    rules = {
        "all": fine == one.of,
        "any": fine > 0,
        "most": 2 * fine > one.of,
        "median": one.kind == "ordinal" and median(one) in one.acceptable,
    }
    return rules[one.pass_if]
