"""The one door to typst: frozen content and approval in, PDF/A-3b out, byte for byte the same each time.

What people wrote goes in as JSON data and stays text. A character that no font of ours has, or that would hide or
turn text around, is refused by name before anything is signed.
"""

from __future__ import annotations

import io
import json
import re
import threading
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import segno
import typst

from lims.errors import Refused

FONT_FOLDERS = (Path("/usr/share/fonts/opentype/noto"), Path("/usr/share/fonts/truetype/noto"))
"""Beside the fonts inside typst: Debian's fonts-noto-cjk. No other font of the machine is looked at."""

_TURNING = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff")
_MISSING = re.compile(r'the text `"((?:[^"\\]|\\.)*)"` could not be displayed')
_CHINESE = ("CJK", "IDEOGRAPHIC", "FULLWIDTH")
"""How Unicode's names of characters begin that the fonts inside typst do not have."""
_local = threading.local()


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """What the approval adds to the content. A draft has no number, and a watermark instead of a signatory."""

    number: str
    check_code: str
    url: str
    at: datetime
    issued_on: str
    signatory: str
    signatory_title: str
    signed: str
    content_hash: str
    watermark: str = ""


def unapproved(content: Mapping[str, Any], content_hash: str) -> Approval:
    """Return what stands in the place of an approval while there is none."""
    return Approval(
        number="",
        check_code="",
        url="",
        at=datetime(2000, 1, 1, tzinfo=UTC),
        issued_on="",
        signatory="",
        signatory_title="",
        signed="",
        content_hash=content_hash,
        watermark=content["words"]["draft"],
    )


def prove(content: Mapping[str, Any]) -> None:
    """Raise Refused, naming the characters, unless this content can be printed."""
    pdf(content, unapproved(content, "0" * 64))


def pdf(content: Mapping[str, Any], approval: Approval) -> bytes:
    """Return the report as PDF/A-3b with its own content attached; the same arguments give the same bytes."""
    check_characters(texts(content))
    seal = _seal(content, approval)
    attached = {"report": _public_facts(approval), "content": content}
    sources: Any = {  # typst's own types do not know that it takes several files by name
        **_templates(),
        "content.json": json.dumps(content, ensure_ascii=False).encode(),
        "seal.json": json.dumps(seal, ensure_ascii=False).encode(),
        "report.json": json.dumps(attached, ensure_ascii=False, sort_keys=True, indent=1).encode(),
    }
    try:
        made: Any = _compiler().compile(
            input=sources, format="pdf", pdf_standards=["a-3b"], timestamp=approval.at.astimezone(UTC)
        )
        return bytes(made)
    except typst.TypstError as error:
        missing = _MISSING.findall(error.diagnostic)
        if missing:
            raise missing_characters(missing) from error
        raise


def missing_characters(found: Iterable[str]) -> Refused:
    """Return the refusal that names characters that can't be printed."""
    missing = {character for text in found for character in _unescaped(text)}
    if any(unicodedata.name(one, "").startswith(_CHINESE) for one in missing) and not has_chinese():
        return Refused(
            "Chinese can't be printed on this machine yet: the administrator installs Debian's fonts-noto-cjk. Until "
            "then choose another language for the report, and give names in Latin letters.",
            rule="printable",
            clause="ISO/IEC 17025, 7.8.1.2",
        )
    names = sorted(_named(character) for character in missing)
    return Refused(
        "This text can't be printed: %(characters)s. Write it differently, or install a font that has it "
        "(Chinese needs Debian's fonts-noto-cjk) and make the draft again.",
        rule="printable",
        clause="ISO/IEC 17025, 7.8.1.2",
        characters=", ".join(names[:8]),
    )


def check_characters(found: Iterable[str]) -> None:
    """Refuse control characters and those that turn or hide text: they would print something else than was typed."""
    bad = {
        character
        for character in set().union(*found)
        if character in _TURNING or (unicodedata.category(character) in {"Cc", "Cs", "Co", "Cn"} and character != "\n")
    }
    if bad:
        raise missing_characters(bad)


def texts(value: Any) -> Iterable[str]:
    """Return every text inside a JSON value, keys too."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield key
            yield from texts(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from texts(inner)


def has_chinese() -> bool:
    """Tell whether the fonts for Traditional Chinese are here."""
    return any(family.startswith(("Noto Serif CJK", "Noto Sans CJK")) for family in _fonts().families())


def _seal(content: Mapping[str, Any], approval: Approval) -> dict[str, Any]:
    at = approval.at.astimezone(UTC)
    return {
        "title": content["running_title"],
        "number": approval.number,
        "moment": {part: getattr(at, part) for part in ("year", "month", "day", "hour", "minute", "second")},
        "check_code": approval.check_code,
        "url": approval.url,
        "url_shown": approval.url.removeprefix("https://").removeprefix("http://"),
        "qr": qr_svg(approval.url) if approval.url else "",
        "issued_on": approval.issued_on,
        "signatory": {"name": approval.signatory, "title": approval.signatory_title},
        "signed": approval.signed,
        "content_hash": approval.content_hash,
        "watermark": approval.watermark,
        "attach": not approval.watermark,
    }


def _public_facts(approval: Approval) -> dict[str, str]:
    facts = asdict(approval)
    facts["at"] = approval.at.astimezone(UTC).isoformat()
    return facts


def qr_svg(text: str) -> str:
    """Return a QR code (ISO/IEC 18004, error level M) as SVG."""
    out = io.BytesIO()
    segno.make(text, error="m", micro=False).save(out, kind="svg", border=0, xmldecl=False, svgns=True, omitsize=True)
    return out.getvalue().decode()


@cache
def _templates() -> dict[str, bytes]:
    folder = files("lims.reports") / "templates"
    return {"main.typ": (folder / "report.typ").read_bytes(), "house.typ": (folder / "house.typ").read_bytes()}


@cache
def _fonts() -> typst.Fonts:
    folders = [str(folder) for folder in FONT_FOLDERS if folder.is_dir()]
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=True, font_paths=folders)


def _compiler() -> typst.Compiler:
    """Return this thread's compiler; it keeps fonts and parsed templates, and is not safe between threads."""
    if not hasattr(_local, "compiler"):
        _local.compiler = typst.Compiler(font_paths=_fonts(), ignore_system_fonts=True)
    compiler: typst.Compiler = _local.compiler
    return compiler


def _unescaped(text: str) -> str:
    """Return typst's spelling of a text (\\u{1f600}) as the text."""
    return re.sub(r"\\u\{([0-9a-fA-F]+)\}", lambda found: chr(int(found[1], 16)), text)


def _named(character: str) -> str:
    code = f"U+{ord(character):04X}"
    if not character.isprintable():
        return f"{code} {unicodedata.name(character, 'control character')}"
    return f"“{character}” ({code})"
