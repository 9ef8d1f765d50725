"""What the value of a lot is traceable to: its certificate, or the lots that it was made of (6.5)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from lims.instruments import queries as instruments
from lims.instruments.queries import EditionView, LotView
from lims.instruments.records import Lot, LotEdition, LotParent, LotValue
from lims.instruments.states import CertificateState, LotState
from lims.people.rights import Right
from lims.quality.chain import Gap, Link, Node
from lims.quality.queries.walk import Walk
from lims.samples.calendar import local_date


def of_lot_value(walk: Walk, lot_value_id: int, times: tuple[datetime, datetime]) -> Node:
    """Return the node of a value that was taken, with what it stands on."""
    row = walk.session.execute(
        select(LotEdition.lot_id, LotEdition.number)
        .join(LotValue, LotValue.edition_id == LotEdition.id)
        .where(LotValue.id == lot_value_id)
    ).one()
    return _lot(walk, row.lot_id, row.number, times)


def _lot(walk: Walk, lot_id: int, number: int | None, times: tuple[datetime, datetime] | None) -> Node:
    """Return a lot by one edition of its certificate; without a number the one that counts now."""
    laboratory_id = walk.session.scalars(select(Lot.laboratory_id).where(Lot.id == lot_id)).one()
    lot = next(one for one in instruments.lots_of_laboratories(walk.session, [laboratory_id]) if one.id == lot_id)
    editions = [one for one in lot.editions if one.number == number] if number else [lot.edition]
    edition = next((one for one in editions if one is not None), None)
    gap = walk.stop("lot", lot_id) or _gap(lot, edition, times)
    seen = walk.by.may(Right.READ, branch_id=lot.branch_id, laboratory_id=lot.laboratory_id)
    on = walk.on("lot", lot_id)
    followed = gap not in {Gap.CIRCLE, Gap.TOO_LONG}
    below = (*_certificate(lot, edition, seen=seen), *_parents(on, lot_id)) if followed else ()
    first, last = times or (None, None)
    if not seen:
        return Node(link=Link.ELSEWHERE, name="", gap=gap, below=below, first=first, last=last)
    return Node(
        link=Link.LOT,
        name=lot.number,
        about=tuple(one for one in (f"{lot.maker} {lot.batch}".strip(), lot.preparation) if one),
        texts=lot.name,
        key=lot.id,
        gap=gap,
        below=below,
        first=first,
        last=last,
    )


def _gap(lot: LotView, edition: EditionView | None, times: tuple[datetime, datetime] | None) -> Gap | None:
    if lot.state == LotState.RECALLED:
        return Gap.RECALLED
    if edition is None or edition.state != CertificateState.ACCEPTED:
        return Gap.NOT_ACCEPTED
    used = local_date(times[1], lot.time_zone) if times else None
    if used and lot.shelf.last_day is not None and lot.shelf.last_day < used:
        return Gap.EXPIRED
    return None


def _certificate(lot: LotView, edition: EditionView | None, *, seen: bool) -> tuple[Node, ...]:
    """Return who states the value and to what it is traceable; what was prepared here stands on its parents."""
    if edition is None or (lot.parents and not edition.certificate):
        return ()
    end = Node(link=Link.STANDARD, name="", texts=edition.traceability) if edition.traceability else None
    unsaid = not edition.traceability and not edition.accreditation
    issuer = Node(
        link=Link.LABORATORY,
        name=edition.issued_by if seen else "",
        about=(edition.accreditation,) if edition.accreditation and seen else (),
        gap=Gap.UNSAID if unsaid else None,
        below=(end,) if end else (),
    )
    return (
        Node(
            link=Link.CERTIFICATE,
            name=edition.certificate if seen else "",
            day=edition.issued_on,
            until=edition.expires_on,
            below=(issuer,),
        ),
    )


def _parents(walk: Walk, lot_id: int) -> tuple[Node, ...]:
    ids = walk.session.scalars(select(LotParent.parent_id).where(LotParent.lot_id == lot_id).order_by(LotParent.id))
    return tuple(_lot(walk, parent_id, None, None) for parent_id in ids.all())
