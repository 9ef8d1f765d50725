"""`lims words collect`: gather every sentence that a person may see, and bring the catalogues up to date.

Beside gettext calls and templates these are sentences: ids of errors and what their fields say, words of states, rights
and roles, names of transitions and of things in the audit trail, which reach the catalogue as data.
"""

from __future__ import annotations

import ast
import io
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TypeGuard

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

import lims

PACKAGE = Path(lims.__file__).parent
TRANSLATIONS = PACKAGE / "translations"
UNTRANSLATED = (
    "cli/", "demo/", "bench/benchfile.py", "bench/selftest.py", "config.py", "errors.py",
    "store/account.py", "store/backup.py", "store/embedded.py", "store/migrate.py",
    "instruments/driverfile.py", "instruments/parserfile.py", "instruments/strictly.py", "instruments/transcript.py",
    "instruments/protocols/__init__.py", "instruments/scene.py", "api/__init__.py", "api/documentation.py",
)  # fmt: skip
"""What speaks to administrators and to writers of drivers and programs, in English, or is data."""

TABLES = {"_TITLES": "values", "LOOKS": "keys", "PLACES": "keys", "_PARAMETERS": "keys", "KINDS": "values"}
"""Tables, by name, whose keys or values are words of pages."""

FURTHER = {
    "combined": "lims/metrology/estimate.py",
    "constant": "lims/metrology/estimate.py",
    "leave a bench": "lims/instruments/operations/environment.py",
    "speak for a bench": "lims/instruments/operations/environment.py",
    "spread over the indications": "lims/results/filling.py",
    "store logged values": "lims/instruments/operations/environment.py",
    "testing": "lims/methods/records.py",
}
"""Words that no rule below finds: what code puts together out of others."""

Sentence = str | tuple[str, str]
"""A sentence, or its form for one and its form for several."""

_GETTEXT = {"gettext", "lazy_gettext", "_", "N_", "say"}
_ERRORS = {
    node.name
    for node in ast.walk(ast.parse((PACKAGE / "errors.py").read_text("utf-8")))
    if isinstance(node, ast.ClassDef)
}
_IDLE = re.compile(r'"(POT-|PO-Rev|Generated-By|Project-Id|Report-Msgid|Last-Translator|Language-Team)')
_SENTENCE = re.compile(r"[A-Z“%'0-9].*[a-z)’'”sd%][.?!:](?: .*)?", re.DOTALL)


def collect(argv: list[str]) -> int:  # noqa: ARG001 - a command's form
    """Write every catalogue with what is new and without what is gone."""
    template = Catalog(charset="utf-8", header_comment="# Sentences of the laboratory's pages, reports and mails.")
    for sentence, files in sorted(sentences().items(), key=_alphabetical):
        template.add(sentence, locations=[(name, 0) for name in sorted(files)])
    for path in sorted(TRANSLATIONS.glob("*/LC_MESSAGES/messages.po")):
        missing = _update(path, template)
        print(f"{path.parent.parent.name}: {len(template)} sentences, {missing} without a translation")
    return 0


def _alphabetical(found: tuple[Sentence, set[str]]) -> tuple[str, str]:
    first = found[0] if isinstance(found[0], str) else found[0][0]
    return first.casefold(), first


def _update(path: Path, template: Catalog) -> int:
    known = read_po(io.BytesIO(path.read_bytes()), locale=path.parent.parent.name)
    fresh = Catalog(locale=known.locale, charset="utf-8", header_comment=template.header_comment, fuzzy=False)
    for message in template:
        if message.id:
            before = known.get(message.id)
            text = before.string if before and before.id == message.id and not before.fuzzy else None
            fresh.add(message.id, text, flags=message.flags & {"python-format"}, locations=message.locations)
    with path.open("wb") as file:
        write_po(file, fresh, omit_header=False, include_previous=False, include_lineno=False, width=0)
    _without_dates(path)
    with path.with_suffix(".mo").open("wb") as file:
        write_mo(file, read_po(io.BytesIO(path.read_bytes()), locale=path.parent.parent.name))
    return len([message for message in fresh if message.id and not "".join(message.string or ())])


def _without_dates(path: Path) -> None:
    """Take the lines of the head out that change with every run, or that nobody fills."""
    lines = path.read_text("utf-8").splitlines(keepends=True)
    kept = [line for line in lines if not _IDLE.match(line)]
    path.write_text("".join(kept), "utf-8")


def sentences() -> dict[Sentence, set[str]]:
    """Return every sentence and word that a person may see, with the files in which it stands."""
    found: dict[Sentence, set[str]] = defaultdict(set)
    for path in PACKAGE.rglob("*.py"):
        name = path.relative_to(PACKAGE).as_posix()
        if not name.startswith(UNTRANSLATED):
            for sentence in _in_python(ast.parse(path.read_text("utf-8"))):
                found[sentence].add(f"lims/{name}")
    for path in (PACKAGE / "web" / "templates").rglob("*.html"):
        for text in _in_template(path):
            found[text].add(path.relative_to(PACKAGE.parent).as_posix())
    for word, name in FURTHER.items():
        found[word].add(name)
    return {sentence: files for sentence, files in found.items() if sentence}


def _in_template(path: Path) -> Iterator[Sentence]:
    keywords = {"_": None, "gettext": None, "ngettext": (1, 2)}
    with path.open("rb") as file:
        for _line, message, _comments, _context in extract("jinja2", file, keywords=keywords):
            yield message if isinstance(message, str) else (message[0], message[1])


def _in_python(tree: ast.Module) -> Iterator[str]:
    documentation = set(_docstrings(tree))
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef) and any(
            isinstance(base, ast.Name) and base.id == "StrEnum" for base in node.bases
        ):
            yield from _of_enumeration(node)
        elif isinstance(node, ast.Call):
            yield from _in_call(node)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            yield from _of_table(node)
        elif _is_text(node) and id(node) not in documentation and _SENTENCE.fullmatch(node.value):
            yield node.value


def _docstrings(tree: ast.Module) -> Iterator[int]:
    """Give the ids of nodes that stand alone: docstrings, and texts below a definition."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and _is_text(node.value):
            yield id(node.value)


def _of_enumeration(node: ast.ClassDef) -> Iterator[str]:
    """Give the words of an enumeration; pages show a gap for the underscore of a word in data."""
    for statement in node.body:
        if isinstance(statement, ast.Assign) and _is_text(statement.value):
            yield statement.value.value.replace("_", " ")


def _of_table(node: ast.Assign | ast.AnnAssign) -> Iterator[str]:
    target = node.targets[0] if isinstance(node, ast.Assign) else node.target
    side = TABLES.get(target.id) if isinstance(target, ast.Name) else None
    if side and isinstance(node.value, ast.Dict):
        yield from _texts(node.value.keys if side == "keys" else node.value.values)


def _in_call(node: ast.Call) -> Iterator[str]:
    name = _name_of(node.func)
    if name in _GETTEXT or name in _ERRORS or name == "Transition":
        yield from _texts(node.args[:1])
    elif name == "_record":  # a subject's own short way to `audit.record`
        yield from _texts(node.args)
    elif name == "Part":  # a contribution in the uncertainty budget
        yield from _texts(keyword.value for keyword in node.keywords if keyword.arg == "name")
    yield from _texts(keyword.value for keyword in node.keywords if keyword.arg in {"action", "thing"})


def _name_of(called: ast.expr) -> str:
    """Return the name of what is called; `gettext_for(locale)` calls what it returned."""
    if isinstance(called, ast.Call):
        return "gettext" if _name_of(called.func) == "gettext_for" else ""
    return called.id if isinstance(called, ast.Name) else getattr(called, "attr", "")


def _texts(nodes: Iterable[ast.AST | None]) -> Iterator[str]:
    """Give texts, and both texts of a choice between two."""
    for node in nodes:
        if isinstance(node, ast.IfExp):
            yield from _texts([node.body, node.orelse])
        elif _is_text(node):
            yield node.value


class _Text(ast.Constant):
    value: str


def _is_text(node: ast.AST | None) -> TypeGuard[_Text]:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


VERBS = {"collect": collect}
