"""Results that are no quantities as rows of a method's table: their values in one line each. Pure.

Everything is a string as it is typed; a row that says more than the columns can hold stays as its own YAML.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from lims.errors import Invalid, LimsError
from lims.methods import document as documents
from lims.methods.characteristics import PASS_WORDS, PRESENCE

Json = dict[str, Any]
Texts = Mapping[str, str]
AT_LEAST = "at least"
PASSES = (*PASS_WORDS, AT_LEAST)
_COLUMNS = {"kind", "title", "values", "titles", "acceptable", "of", "pass_if"}
_BETWEEN = re.compile(r"\s*[;；\n]\s*")
_JOINED = "; "


@dataclass(frozen=True, slots=True, kw_only=True)
class CharacteristicRow:
    """One result that is no quantity; `called` has the names of its values in each language, in their order.

    `least` is the number of acceptable pieces where `pass_if` is "at least", `observed` what it is tried with.
    """

    symbol: str = ""
    title: Texts = field(default_factory=dict)
    kind: str = ""
    values: str = ""
    called: Texts = field(default_factory=dict)
    acceptable: str = ""
    of: str = ""
    pass_if: str = ""
    least: str = ""
    observed: str = ""
    raw: str = ""

    @property
    def empty(self) -> bool:
        """Whether nothing was typed."""
        typed = (self.symbol, self.kind, self.values, self.acceptable, self.of, self.observed, self.raw)
        return not any((*typed, *self.title.values(), *self.called.values()))


def row_of(name: str, entry: Mapping[str, Any], observed: object) -> CharacteristicRow:
    """Lay a result that is no quantity out as a row.

    Parameters
    ----------
    name : str
    entry : Mapping
        As it stands in the document.
    observed : object
        What it is tried with; a list of texts, or None.

    Examples
    --------
    >>> row = row_of("bend", {"kind": "class", "values": ["whole", "broken"], "acceptable": ["whole"]}, ["whole"])
    >>> row.values, row.acceptable, row.observed
    ('whole; broken', 'whole', 'whole')
    """
    titles, values = entry.get("titles") or {}, _listed(entry.get("values"))
    named = list(values or PRESENCE)
    locales = {locale for title in titles.values() for locale in (title if isinstance(title, Mapping) else ("",))}
    whole = not titles or (
        set(titles) == set(named) and all(set(title) == locales for title in titles.values() if "" not in locales)
    )
    texts = [*named, *_listed(entry.get("acceptable")), *_listed(observed), *(_said(titles, one) for one in named)]
    if not set(entry) <= _COLUMNS or not whole or "" in locales or any(_BETWEEN.search(text) for text in texts):
        return CharacteristicRow(symbol=name, raw=documents.dump(dict(entry)), observed=_JOINED.join(_listed(observed)))
    rule = entry.get("pass_if")
    return CharacteristicRow(
        symbol=name,
        title=_texts(entry.get("title")),
        kind=str(entry.get("kind") or ""),
        values=_JOINED.join(values),
        called={locale: _JOINED.join(str(titles[one][locale]) for one in named) for locale in sorted(locales)},
        acceptable=_JOINED.join(_listed(entry.get("acceptable"))),
        of="" if entry.get("of") is None else str(entry["of"]),
        pass_if=AT_LEAST if isinstance(rule, int) else str(rule or ""),
        least=str(rule) if isinstance(rule, int) else "",
        observed=_JOINED.join(_listed(observed)),
    )


def entry_of(row: CharacteristicRow, path: str, wrong: dict[str, LimsError | str]) -> Json:
    """What a row says; mistakes go into `wrong` by their field.

    Examples
    --------
    >>> entry_of(CharacteristicRow(symbol="mould", kind="presence", acceptable="absent", of="3"), "", {})
    {'kind': 'presence', 'acceptable': ['absent'], 'of': 3}
    """
    if row.raw.strip():
        try:
            return dict(documents.load(row.raw))
        except Invalid as error:
            wrong[f"{path}.raw"] = error
            return {}
    values = split(row.values)
    found: Json = {"title": _plain(row.title)} if any(row.title.values()) else {}
    found["kind"] = row.kind
    if not row.kind:
        wrong[f"{path}.kind"] = Invalid("Choose what kind of result it is.")
    if values:
        found["values"] = values
    if any(row.called.values()):
        found["titles"] = _titles(row, values or list(PRESENCE), path, wrong)
    if split(row.acceptable):
        found["acceptable"] = split(row.acceptable)
    for value in split(row.observed):
        if value not in (values or PRESENCE) and row.kind != "text":
            wrong[f"{path}.observed"] = Invalid(
                "%(key)s: '%(value)s' is not an allowed value.", key=row.symbol, value=value
            )
    if row.of:
        found["of"] = _whole(row.of, f"{path}.of", wrong)
    if row.pass_if:
        found["pass_if"] = _whole(row.least, f"{path}.least", wrong) if row.pass_if == AT_LEAST else row.pass_if
    return found


def split(text: str) -> list[str]:
    """Take a line of texts apart at its semicolons.

    >>> split("no crack; hair crack；broken ")
    ['no crack', 'hair crack', 'broken']
    """
    return [part for part in _BETWEEN.split(text.strip()) if part]


def _titles(row: CharacteristicRow, values: Sequence[str], path: str, wrong: dict[str, LimsError | str]) -> Json:
    found: Json = {value: {} for value in values}
    for locale, line in row.called.items():
        names = split(line)
        if not names:
            continue
        if len(names) != len(values):
            wrong[f"{path}.called-{locale}"] = Invalid(
                "There are %(values)s values and %(names)s names for them.", values=len(values), names=len(names)
            )
            continue
        for value, name in zip(values, names, strict=True):
            found[value][locale] = name
    return found


def _whole(text: str, where: str, wrong: dict[str, LimsError | str]) -> int:
    if not re.fullmatch(r"[0-9]{1,6}", text):
        wrong[where] = Invalid("Give a whole number.")
        return 1
    return int(text)


def _listed(given: object) -> list[str]:
    return [str(one).strip() for one in given] if isinstance(given, list | tuple) else []


def _said(titles: Mapping[str, Any], value: str) -> str:
    title = titles.get(value)
    return "".join(map(str, title.values())) if isinstance(title, Mapping) else str(title or "")


def _texts(text: object) -> Texts:
    if isinstance(text, Mapping):
        return {str(locale): str(said) for locale, said in text.items()}
    return {"en": str(text)} if text else {}


def _plain(texts: Texts) -> object:
    found = {locale: text for locale, text in texts.items() if text}
    return found["en"] if set(found) == {"en"} else found
