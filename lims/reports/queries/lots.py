"""The lots whose values results were computed with, as a report names them, down to those that have a certificate."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from lims.instruments.records import Lot, LotEdition, LotParent, LotValue
from lims.instruments.states import CertificateState
from lims.reports.facts import InstrumentFacts
from lims.words import text_in

AnyRow = Row[*tuple[Any, ...]]
_DEPTH = 12


def lots_used(session: Session, readings: Iterable[Sequence[AnyRow]], language: str) -> tuple[InstrumentFacts, ...]:
    """Return the lots that were used, by the edition of the certificate that counted, and those they were made of."""
    values = {row.lot_value_id for rows in readings for row in rows if row.lot_value_id is not None}
    if not values:
        return ()
    query = (
        select(Lot, LotEdition)
        .join(LotEdition, LotEdition.lot_id == Lot.id)
        .join(LotValue, LotValue.edition_id == LotEdition.id)
        .where(LotValue.id.in_(values))
    )
    used = [(row.Lot, row.LotEdition) for row in session.execute(query.distinct())]
    used += _stocks(session, {lot.id for lot, _edition in used})
    rows = {(lot.number, edition.number): _facts(lot, edition, language) for lot, edition in used}
    return tuple(rows[key] for key in sorted(rows))


def _stocks(session: Session, lot_ids: Collection[int]) -> list[tuple[Lot, LotEdition]]:
    """Return what lots were made of, and so on, by what is accepted of it."""
    found: dict[int, tuple[Lot, LotEdition]] = {}
    children = set(lot_ids)
    for _generation in range(_DEPTH):
        query = (
            select(Lot, LotEdition)
            .join(LotParent, LotParent.parent_id == Lot.id)
            .join(LotEdition, LotEdition.lot_id == Lot.id)
            .where(LotParent.lot_id.in_(children), LotEdition.state == CertificateState.ACCEPTED)
            .order_by(LotEdition.number)
        )
        rows = [(row.Lot, row.LotEdition) for row in session.execute(query)]
        children = {lot.id for lot, _edition in rows} - found.keys()
        if not children:
            break
        found |= {lot.id: (lot, edition) for lot, edition in rows}
    return list(found.values())


def _facts(lot: Lot, edition: LotEdition, language: str) -> InstrumentFacts:
    return InstrumentFacts(
        number=lot.number,
        name=text_in(lot.name, language),
        maker=lot.maker,
        model="",
        serial=lot.batch,
        certificate=edition.certificate,
        issued_by=edition.issued_by,
        calibrated_on=edition.issued_on,
        valid_until=edition.expires_on,
        traceable=bool(edition.accreditation or edition.traceability),
    )
