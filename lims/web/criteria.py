"""Acceptance criteria of an instrument, entered on its page."""

from __future__ import annotations

from flask import Blueprint, url_for

from lims.http.fields import word
from lims.http.forms import Answer, act, whole
from lims.http.rights import needs, signed_in_actor
from lims.instruments import operations
from lims.instruments.operations import NewCriterion
from lims.people.rights import Right
from lims.web.instruments import show

bp = Blueprint("criteria", __name__)


@bp.post("/instruments/<int:instrument_id>/criteria")
@needs(Right.MANAGE_INSTRUMENTS)
def enter(instrument_id: int) -> Answer:
    """Enter a criterion; it takes the place of an older one for the same quantity and range."""
    return act(
        lambda session: operations.enter_criterion(
            session, by=signed_in_actor(), instrument_id=instrument_id, criterion=_typed()
        ),
        done=url_for("instruments.show", instrument_id=instrument_id) + "#criteria",
        again=lambda: show(instrument_id),
    )


def _typed() -> NewCriterion:
    return NewCriterion(
        quantity=word("quantity"),
        range=word("range") or None,
        rule=word("rule"),
        unit=word("unit"),
        plus=word("plus"),
        of_indication=word("of_indication"),
        specification_days=whole("specification_days", required=False),
        why=word("why"),
    )
