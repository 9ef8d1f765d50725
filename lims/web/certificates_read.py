"""What a file proposes on the page where a certificate is entered, and what a person says its columns are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from lims.errors import Invalid
from lims.http.handed import handed
from lims.http.session import open_transaction
from lims.instruments import queries
from lims.instruments.calibration_file import Part, Table
from lims.instruments.proposal import Proposal, names_other_serial, propose
from lims.instruments.queries import CertificateView, InstrumentView


@dataclass(frozen=True, slots=True, kw_only=True)
class FileShown:
    """A file that was read, the word that stands for it, and whether it is about another serial."""

    word: str
    name: str
    decimal: str
    proposal: Proposal
    other_serial: bool
    parts: Mapping[int, list[Part]]

    def part(self, table: int, column: int) -> str:
        """What a column is: as a person said, or else as the file does."""
        said = self.parts.get(table)
        return said[column] if said else self.proposal.tables[table].columns[column].part


def thing_of(instrument_id: int) -> str:
    """Name what a file is handed in for."""
    return f"certificate of instrument {instrument_id}"


def file_shown(
    instrument: InstrumentView, certificates: Iterable[CertificateView], asked: Mapping[str, str]
) -> FileShown | None:
    """Return what the file proposes that the address or the form speaks of; None where it speaks of none."""
    word = asked.get("read", "")
    if not word:
        return None
    digest = handed(word, thing=thing_of(instrument.id))
    with open_transaction() as session:
        content, name = queries.source_content(session, digest)
    known, decimal = queries.known_quantities(instrument, certificates), asked.get("decimal", "")
    decimal = decimal if decimal in {".", ","} else ""
    proposal = propose(content, known=known, decimal=decimal)
    parts = {place: said for place, table in enumerate(proposal.tables) if (said := _said(asked, place, table))}
    if parts:
        proposal = propose(content, known=known, decimal=decimal, parts=parts)
    return FileShown(
        word=word,
        name=name,
        decimal=decimal,
        proposal=proposal,
        other_serial=names_other_serial(proposal.serials, instrument.serial),
        parts=parts,
    )


def _said(asked: Mapping[str, str], place: int, table: Table) -> list[Part]:
    """What a person said each column of a table is; nothing where one is missing."""
    said = [asked.get(f"table.{place}.{column}") for column in range(len(table.columns))]
    if None in said:
        return []
    try:
        return [Part(one or "") for one in said]
    except ValueError as error:
        raise Invalid("Something is not chosen yet.") from error
