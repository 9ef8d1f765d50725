"""The catalogues are whole: no sentence without its translation, none that a machine guessed, every place filled."""

from __future__ import annotations

import re

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

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
