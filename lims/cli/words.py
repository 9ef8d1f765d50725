"""`lims words collect`: gather every sentence that a person may see, and bring the catalogues up to date.

Beside gettext calls and templates these are sentences: ids of errors and what their fields say, words of states, rights
and roles, names of transitions and of things in the audit trail, which reach the catalogue as data.
"""

from __future__ import annotations

import ast
import io
import re
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

import lims

PACKAGE = Path(lims.__file__).parent
TRANSLATIONS = PACKAGE / "translations"
UNTRANSLATED = ("cli", "demo", "bench", "config.py")
"""What speaks to administrators in English, or is data."""

_GETTEXT = {"gettext", "lazy_gettext", "_", "ngettext", "lazy_ngettext", "say"}
_SENTENCE = re.compile(r"[A-Z“%'0-9].*[a-z)’'”sd%][.?!:](?: .*)?", re.DOTALL)


def collect(argv: list[str]) -> int:  # noqa: ARG001 - a command's form
    """Write messages.pot, and every catalogue with what is new and without what is gone."""
    template = Catalog(charset="utf-8", header_comment="# Sentences of the laboratory's pages, reports and mails.")
    for sentence in sorted(_sentences(), key=str.casefold):
        template.add(sentence)
    for path in sorted(TRANSLATIONS.glob("*/LC_MESSAGES/messages.po")):
        missing = _update(path, template)
        print(f"{path.parent.parent.name}: {len(template)} sentences, {missing} without a translation")
    return 0


def _update(path: Path, template: Catalog) -> int:
    known = read_po(io.BytesIO(path.read_bytes()), locale=path.parent.parent.name)
    fresh = Catalog(locale=known.locale, charset="utf-8", header_comment=template.header_comment, fuzzy=False)
    for message in template:
        if message.id:
            before = known.get(message.id)
            text = before.string if before and not before.fuzzy else ""
            fresh.add(message.id, text, flags=message.flags & {"python-format"})
    with path.open("wb") as file:
        write_po(file, fresh, omit_header=False, include_previous=False, width=0)
    _without_dates(path)
    with path.with_suffix(".mo").open("wb") as file:
        write_mo(file, read_po(io.BytesIO(path.read_bytes()), locale=path.parent.parent.name))
    return sum(1 for message in fresh if message.id and not message.string)


def _without_dates(path: Path) -> None:
    """Take the lines out that change with every run."""
    lines = path.read_text("utf-8").splitlines(keepends=True)
    kept = [line for line in lines if not re.match(r'"(POT-Creation-Date|PO-Revision-Date|Generated-By)', line)]
    path.write_text("".join(kept), "utf-8")


def _sentences() -> set[str]:
    found: set[str] = set()
    for path in PACKAGE.rglob("*.py"):
        if path.relative_to(PACKAGE).parts[0] not in UNTRANSLATED:
            found.update(_in_python(ast.parse(path.read_text("utf-8"))))
    for path in (PACKAGE / "web" / "templates").rglob("*.html"):
        with path.open("rb") as file:
            messages = extract("jinja2", file, keywords={"_": None, "gettext": None, "ngettext": (1, 2)})
            found.update(message if isinstance(message, str) else message[0] for _, message, _, _ in messages)
    return {sentence for sentence in found if sentence.strip()}


def _in_python(tree: ast.Module) -> Iterator[str]:
    documentation = set(_docstrings(tree))
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef) and any(
            isinstance(base, ast.Name) and base.id == "StrEnum" for base in node.bases
        ):
            yield from _values(node)
        elif isinstance(node, ast.Call):
            yield from _in_call(node)
        elif _is_text(node) and id(node) not in documentation and _SENTENCE.fullmatch(node.value):
            yield node.value


def _docstrings(tree: ast.Module) -> Iterator[int]:
    """Give the ids of nodes that stand alone: docstrings, and texts below a definition."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and _is_text(node.value):
            yield id(node.value)


def _values(node: ast.ClassDef) -> Iterator[str]:
    for statement in node.body:
        if isinstance(statement, ast.Assign) and _is_text(statement.value):
            yield statement.value.value


def _in_call(node: ast.Call) -> Iterator[str]:
    name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
    first = node.args[0] if node.args else None
    if first is not None and _is_text(first) and (name in _GETTEXT or name == "Transition"):
        yield first.value
    for keyword in node.keywords:
        if keyword.arg in {"action", "thing"} and _is_text(keyword.value) and name in {"record", "Machine", "move"}:
            yield keyword.value.value


def _is_text(node: ast.AST | None) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


VERBS = {"collect": collect}
