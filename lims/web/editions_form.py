"""A method document as it is typed, pasted or sent as a file: its text is kept whatever is wrong with it."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass

from flask import request

from lims.errors import Invalid
from lims.http.fields import word
from lims.http.forms import sent_file
from lims.methods import procedure as procedures
from lims.methods.procedure import Procedure
from lims.metrology.numbers import parse_number

LARGEST_FILE = 2_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """The text, and what it means or why it means nothing."""

    text: str
    procedure: Procedure | None = None
    fault: Invalid | None = None

    @property
    def found(self) -> Procedure:
        """Return the procedure, or raise why there is none."""
        if self.procedure is None:
            raise self.fault or Invalid("The document is missing.", {"document": "Paste it, or choose a file."})
        return self.procedure


def typed_document() -> Typed:
    """Read the document of the form; a file stands in place of what was pasted."""
    text = request.form.get("document", "").replace("\r\n", "\n")
    try:
        text = _text_of_file() or text
    except Invalid as fault:
        return Typed(text=text, fault=fault)
    return read(text)


def read(text: str) -> Typed:
    """Parse a document; what is wrong becomes part of the answer.

    >>> str(read("outputs: 3").fault)
    'outputs: a mapping of names to entries is wanted.'
    """
    if not text.strip():
        fault = Invalid("The document is missing.", {"document": "Paste it, or choose a file."})
        return Typed(text=text, fault=fault)
    try:
        return Typed(text=text, procedure=procedures.parse(text))
    except Invalid as fault:
        return Typed(text=text, fault=Invalid(fault.id, {"document": fault, **fault.fields}, **fault.data))


def trials_asked() -> int | None:
    """Read the edition's own number of Monte Carlo trials; 1e7, 10,000,000 and 10 000 000 are the same."""
    typed = word("trials")
    if not typed:
        return None
    try:
        number = parse_number(re.sub(r"(?<=\d)[,\s](?=\d{3}(\D|$))", "", typed))
    except Invalid as error:
        raise Invalid("A number can't be read.", {"trials": error}) from error
    if number != int(number):
        raise Invalid("A number can't be read.", {"trials": "Give a whole number."})
    return int(number)


def _text_of_file() -> str | None:
    file = sent_file("file")
    if file is None:
        return None
    content = file.read(LARGEST_FILE + 1)
    wrong = {"file": "Choose a text in YAML or JSON, written in UTF-8."}
    if len(content) > LARGEST_FILE:
        raise Invalid("This file is too large for a method document.", wrong)
    try:
        text = str(content, "utf-8-sig")
    except UnicodeDecodeError as error:
        raise Invalid("This file is not a text in UTF-8, so it is no method document.", wrong) from error
    if "\0" in text:
        raise Invalid("This file is not a text in UTF-8, so it is no method document.", wrong)
    return text.replace("\r\n", "\n")


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One line of two documents side by side; a number of None stands for no line there."""

    kind: str  # equal, replace, delete or insert
    left_number: int | None
    left: str
    right_number: int | None
    right: str


def differences(left: str, right: str, around: int | None = None) -> list[list[Difference]]:
    """Return two texts line by line, side by side; `around` leaves out equal lines farther than that from a change.

    >>> [(one.kind, one.left, one.right) for one in differences("a\\nb", "a\\nc\\nd")[0]]
    [('equal', 'a', 'a'), ('replace', 'b', 'c'), ('replace', '', 'd')]
    >>> differences("a", "a", 3)
    []
    """
    old, new = left.splitlines(), right.splitlines()
    matcher = difflib.SequenceMatcher(a=old, b=new, autojunk=False)
    pieces = [matcher.get_opcodes()] if around is None else matcher.get_grouped_opcodes(around)
    return [[row for code in piece for row in _rows(old, new, code)] for piece in pieces]


def _rows(old: list[str], new: list[str], code: tuple[str, int, int, int, int]) -> Iterator[Difference]:
    kind, a, a_end, b, b_end = code
    for n in range(max(a_end - a, b_end - b)):
        on_left, on_right = a + n < a_end, b + n < b_end
        yield Difference(
            kind=kind,
            left_number=a + n + 1 if on_left else None,
            left=old[a + n] if on_left else "",
            right_number=b + n + 1 if on_right else None,
            right=new[b + n] if on_right else "",
        )
