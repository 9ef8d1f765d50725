"""The catalogues are whole: each sentence is in them with its translation, none a machine's guess, places filled."""

from __future__ import annotations

import re

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

from lims.cli.words import sentences
from tests.house.tree import ROOT, tracked

CATALOGUES = tracked("lims/translations/*.po")
PLACE = re.compile(r"%\((\w+)\)[^a-zA-Z]*[a-zA-Z]")


def catalogue(path) -> Catalog:
    """Return a catalogue as Babel reads it."""
    with path.open("rb") as file:
        return read_po(file, locale=path.parents[1].name)


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_sentence_is_translated_by_a_person(path):
    wanting = [
        message.id
        for message in catalogue(path)
        if message.id and (message.fuzzy or not all(message.string if message.pluralizable else [message.string]))
    ]
    assert wanting == []


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_translation_has_the_places_of_its_sentence(path):
    wrong = []
    for message in catalogue(path):
        ids = message.id if message.pluralizable else [message.id]
        strings = message.string if message.pluralizable else [message.string]
        known = set(PLACE.findall(" ".join(ids)))
        wrong += [text for text in strings if message.id and set(PLACE.findall(text)) - known]
    assert wrong == []


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_sentence_that_a_person_may_see_is_in_the_catalogue(path):
    """`lims words collect` brings it up to date."""
    known = {message.id for message in catalogue(path) if message.id}
    said = set(sentences())

    assert (said - known, known - said) == (set(), set())


def test_sentences_are_found_wherever_they_are_said():
    said = sentences()

    assert {"lims/samples/states.py", "lims/web/display.py"} <= said["on hold"]  # a state; a look
    assert said["send for review"] >= {"lims/reports/states.py"}  # a transition
    assert said["The check lies in the future."]  # the reason of a field
    assert said["bad answer"] == {"lims/instruments/reading.py"}  # a flag, as pages show it
    assert ("%(num)s late", "%(num)s late") in said  # two forms
    assert "Approved and electronically signed on %(day)s at %(time)s (%(zone)s)" in said  # a report
    assert not any(name.startswith("lims/cli/") for files in said.values() for name in files)
