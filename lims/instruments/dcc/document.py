"""The bytes of a DCC become a tree, or are refused: other kinds of files, other versions, and XML made to harm.

A DCC needs no document type. With one, entities could name files of this machine or unfold to gigabytes, so it is
refused before the parser sees it; without one XML knows five entities, each one letter.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.etree.ElementTree import Element, ParseError, XMLParser

from lims.errors import Invalid

DCC, SI, SIGNATURE = "{https://ptb.de/dcc}", "{https://ptb.de/si}", "{http://www.w3.org/2000/09/xmldsig#}Signature"
MAX_BYTES = 10_000_000
MAX_ELEMENTS = 200_000
MAX_DEPTH = 100
MAX_TEXT = 200_000
"""Letters of one element; 2000 numbers have less."""

_VERSION = re.compile(r"3\.[123]\.\d{1,3}(?:-[\w.]{1,20})?", re.ASCII)
_PROLOG = re.compile(r"\s+|<\?.*?\?>|<!--.*?-->", re.DOTALL)
_DECLARED = re.compile(r"<\?xml[^>]*?\sencoding\s*=\s*[\"']([^\"']*)[\"']")


def looks_like_xml(content: bytes) -> bool:
    """Tell whether a file begins as XML does."""
    return content[:1000].removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"<")


def root_of(content: bytes) -> Element:
    """Return the root of a DCC of a version that is read here.

    Raises
    ------
    Invalid
        For everything else; the sentence says what it is and what to do.

    Source: DCC, 2.
    """
    root = _parsed(_text(content))
    if root.tag != f"{DCC}digitalCalibrationCertificate":
        raise Invalid(
            "This XML is no digital calibration certificate: it begins with %(name)s.", name=_local(root.tag)[:60]
        )
    version = root.get("schemaVersion", "")
    if not _VERSION.fullmatch(version):
        raise Invalid(
            "This certificate has version %(version)s of the DCC, and versions 3.1 to 3.3 are read here: in others a "
            "place can mean something else. Ask the laboratory for one of these, or type the points in.",
            version=version[:20] or "–",
        )
    return root


def _text(content: bytes) -> str:
    if len(content) > MAX_BYTES:
        raise Invalid("The file is larger than %(limit)s bytes.", limit=MAX_BYTES)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Invalid("This file is not XML in UTF-8, as a digital calibration certificate is.") from error
    if not text.lstrip().startswith("<"):
        raise Invalid("This file is not XML.")
    declared = _DECLARED.match(text)
    if declared and declared[1].lower() not in {"utf-8", "utf8", "us-ascii", "ascii"}:
        raise Invalid("This file is not XML in UTF-8, as a digital calibration certificate is.")
    if text.count("<") > 2 * MAX_ELEMENTS:
        raise Invalid("This XML has more than %(limit)s elements.", limit=MAX_ELEMENTS)
    place = 0
    while found := _PROLOG.match(text, place):
        place = found.end()
    if text.startswith("<!", place):
        raise Invalid(
            "This XML has a document type (DOCTYPE). A digital calibration certificate has none; it is refused."
        )
    return text


def _parsed(text: str) -> Element:
    parser = XMLParser()  # noqa: S314 - a document with a DOCTYPE was refused above, and only that makes XML dangerous
    try:
        parser.feed(text)
        root: Element = parser.close()
    except ParseError as error:
        raise Invalid("This file can't be read as XML: %(reason)s.", reason=str(error)) from error
    layer = [root]
    for _ in range(MAX_DEPTH):
        layer = [child for one in layer for child in one]
        if not layer:
            return root
    raise Invalid("This XML is nested deeper than %(limit)s elements.", limit=MAX_DEPTH)


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]


def text_of(parent: Element | None, path: str) -> str:
    """Return the text at a path below, in one line; the empty string where there is none."""
    found = None if parent is None else parent.find(path)
    return _one_line("".join(found.itertext())) if found is not None else ""


def _one_line(text: str) -> str:
    if len(text) > MAX_TEXT:
        raise Invalid("A text of this XML has more than %(limit)s letters.", limit=MAX_TEXT)
    return " ".join(text.split())


def words_of(parent: Element | None) -> str:
    """Return the name of a thing: in English where it has one, or else in its first language."""
    found = None if parent is None else parent.find(f"{DCC}name")
    contents = [] if found is None else found.findall(f"{DCC}content")
    chosen = next((one for one in contents if one.get("lang") == "en"), contents[0] if contents else None)
    return _one_line(chosen.text or "") if chosen is not None else ""


def types_of(element: Element) -> frozenset[str]:
    """Return the reference types of an element without the prefix of who defined them: measuredValue, adjustment."""
    return frozenset(word.partition("_")[2] or word for word in element.get("refType", "").split())


def children(element: Element | None, *names: str) -> Iterator[Element]:
    """Yield the children of these names, in their order."""
    yield from (() if element is None else (one for one in element if one.tag in {DCC + name for name in names}))
