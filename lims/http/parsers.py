"""The parsers of this house: those that come with the system, and the laboratory's own in the instance's folder."""

from __future__ import annotations

from lims.errors import Invalid
from lims.http.session import house
from lims.instruments.export import Parser
from lims.instruments.parserfile import known


def parsers() -> dict[str, Parser]:
    """Return every parser by its id."""
    return known(house().settings.instance / "parsers")


def parser_of(name: str) -> Parser:
    """Return the parser of this id; refuse any other by the field."""
    found = parsers().get(name)
    if found is None:
        raise Invalid("Choose how the file is read.", {"parser": "Choose from the list."})
    return found
