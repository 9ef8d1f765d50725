"""The text of a method document: YAML or JSON to plain values, safely, and the hash that names its content."""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Mapping
from typing import Any

import yaml

from lims.errors import Invalid

Document = dict[str, Any]
_LONGEST = 2_000_000
_DEEPEST = 40


class _Loader(yaml.SafeLoader):
    """Safe YAML with the scalars of YAML 1.2: 35e-6 is a number, no is a text; no aliases, no key twice."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012 - as PyYAML declares it

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            raise Invalid("An alias (*name) can't be used in a method document: write the value again.")
        return super().compose_node(parent, index)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:  # noqa: ARG002 - PyYAML's
        seen: set[str] = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise Invalid("A key of a method document is a plain word.")
            if key.value in seen:
                raise Invalid(
                    "The key '%(key)s' stands twice in one place: the second would hide the first.", key=key.value
                )
            seen.add(key.value)
        return {key.value: self.construct_object(value, deep=True) for key, value in node.value}


def _twice(key: str) -> Invalid:
    return Invalid("The key '%(key)s' stands twice in one place: the second would hide the first.", key=key)


def _key_as_written(loader: _Loader, node: yaml.MappingNode) -> dict[Any, Any]:
    return loader.construct_mapping(node, deep=True)


_Loader.add_constructor("tag:yaml.org,2002:map", _key_as_written)
for _tag, _pattern, _first in (
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("int", r"[-+]?[0-9]+", "-+0123456789"),
    ("float", r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?", "-+.0123456789"),
    ("null", r"~|null|Null|NULL|", "~nN\0"),
):
    _Loader.add_implicit_resolver(
        f"tag:yaml.org,2002:{_tag}", re.compile(rf"^(?:{_pattern})$"), ["", *_first] if _tag == "null" else list(_first)
    )


def _decimal_int(loader: _Loader, node: yaml.ScalarNode) -> int:
    return int(loader.construct_scalar(node))


_Loader.add_constructor("tag:yaml.org,2002:int", _decimal_int)


def load(text: str) -> Document:
    """Read a document.

    Parameters
    ----------
    text : str
        YAML, or JSON where it starts with a brace.

    Raises
    ------
    Invalid
        Not readable, a key twice in one place, an alias, NaN or infinity, or not a mapping.

    Examples
    --------
    >>> load("plus: 5e-5\\nunit: '1'")
    {'plus': 5e-05, 'unit': '1'}
    """
    if len(text) > _LONGEST:
        raise Invalid("A method document has at most %(most)s characters.", most=_LONGEST)
    found = _from_json(text) if text.lstrip("\ufeff \t\r\n").startswith("{") else _from_yaml(text)
    if not isinstance(found, dict):
        raise Invalid("A method document is a mapping of keys to values.")
    return checked(found)


def _from_yaml(text: str) -> object:
    try:
        loader = _Loader(text.removeprefix("\ufeff"))
        try:
            return loader.get_single_data()
        finally:
            loader.dispose()
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        raise Invalid(
            "The document is not readable YAML (line %(line)s): %(reason)s.",
            line=mark.line + 1 if mark else "?",
            reason=getattr(error, "problem", None) or str(error).splitlines()[0],
        ) from error


def _from_json(text: str) -> object:
    def once(pairs: list[tuple[str, object]]) -> dict[str, object]:
        found: dict[str, object] = {}
        for key, value in pairs:
            if key in found:
                raise _twice(key)
            found[key] = value
        return found

    try:
        return json.loads(text.removeprefix("\ufeff"), object_pairs_hook=once)
    except (ValueError, RecursionError) as error:
        raise Invalid(
            "The document is not readable JSON (line %(line)s): %(reason)s.",
            line=getattr(error, "lineno", "?"),
            reason=getattr(error, "msg", "nested too deeply"),
        ) from error


class _Dumper(yaml.SafeDumper):
    """Writes what `_Loader` reads back as the same: a text that would be a number or a truth value is quoted."""

    yaml_implicit_resolvers = _Loader.yaml_implicit_resolvers

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - PyYAML's
        return True


def dump(document: Mapping[str, Any]) -> str:
    """Write a document as YAML, its keys in the author's order.

    Examples
    --------
    >>> print(dump({"unit": "1", "plus": 5e-05, "title": {"zh_Hant_TW": "磁磚"}}), end="")
    unit: '1'
    plus: 5.0e-05
    title:
      zh_Hant_TW: 磁磚
    """
    return yaml.dump(dict(document), Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=110)


_LEAVES = frozenset({str, int, bool, type(None)})
"""Types of which every value can stand in a document."""


def checked(document: Mapping[str, Any]) -> Document:
    """Give a plain copy of a document's values: text keys, finite numbers, lists, mappings, nothing else.

    Raises
    ------
    Invalid
        NaN, infinity, a foreign type, or too deep a nesting.
    """
    return {str(key): _plain(value, str(key), 1) for key, value in document.items()}


def _plain(value: Any, path: str, depth: int) -> Any:
    if depth > _DEEPEST:
        raise Invalid("%(key)s: the document is nested too deeply.", key=path)
    if isinstance(value, Mapping):
        return {
            str(key): inner if type(inner) in _LEAVES else _plain(inner, f"{path}.{key}", depth + 1)
            for key, inner in value.items()
        }
    if isinstance(value, list | tuple):
        return [
            inner if type(inner) in _LEAVES else _plain(inner, f"{path}[{place}]", depth + 1)
            for place, inner in enumerate(value)
        ]
    if isinstance(value, float) and not math.isfinite(value):
        raise Invalid("%(key)s: a number can't be infinite or NaN.", key=path)
    if value is None or isinstance(value, str | bool | int | float):
        return value
    raise Invalid("%(key)s: %(kind)s can't stand in a method document.", key=path, kind=type(value).__name__)


def canonical_hash(document: Mapping[str, Any]) -> str:
    """SHA-256 (hexadecimal) over the canonical JSON of a document: the name of its content.

    Examples
    --------
    >>> canonical_hash({"b": 1.0, "a": "x"}) == canonical_hash({"a": "x", "b": 1})
    True

    Source: RFC 8785, 3.2.
    """
    import rfc8785  # noqa: PLC0415 - evaluating needs no hash

    return hashlib.sha256(rfc8785.dumps(dict(document))).hexdigest()
