"""What a file proposes on the page where a certificate is entered, and what a person says its columns are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from lims.errors import Invalid
from lims.http.handed import handed
from lims.http.session import open_transaction
from lims.instruments import queries
from lims.instruments.calibration_file import Part, Table
from lims.instruments.proposal import Proposal, Said, names_other_serial, propose
from lims.instruments.queries import CertificateView, InstrumentView
from lims.instruments.states import Phase

LONGEST = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class FileShown:
    """A file that was read, the word that stands for it, and whether it is about another serial."""

    word: str
    name: str
    decimal: str
    proposal: Proposal
    other_serial: bool
    said: Mapping[int, Said]

    def part(self, table: int, column: int) -> str:
        """What a column is: as a person said, or else as the file does."""
        said = self.said.get(table)
        return said.parts[column] if said else self.proposal.tables[table].columns[column].part

    def of_table(self, table: int) -> Said:
        """What a person said of a table."""
        return self.said.get(table) or Said(phase=self.proposal.tables[table].phase)


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
    said = {place: one for place, table in enumerate(proposal.tables) if (one := _said(asked, place, table))}
    if said:
        proposal = propose(content, known=known, decimal=decimal, said=said)
    return FileShown(
        word=word,
        name=name,
        decimal=decimal,
        proposal=proposal,
        other_serial=names_other_serial(proposal.serials, instrument.serial),
        said=said,
    )


def _said(asked: Mapping[str, str], place: int, table: Table) -> Said | None:
    """What a person said of a table; nothing where a column is missing."""
    parts = [asked.get(f"table.{place}.{column}") for column in range(len(table.columns))]
    if None in parts:
        return None
    of_it = {name: asked.get(f"table.{place}.{name}", "").strip()[:LONGEST] for name in ("quantity", "range", "phase")}
    try:
        return Said(
            parts=tuple(Part(one or "") for one in parts),
            quantity=of_it["quantity"],
            range=of_it["range"],
            phase=Phase(of_it["phase"]) if of_it["phase"] else None,
        )
    except ValueError as error:
        raise Invalid("Something is not chosen yet.") from error
