"""What readings are traceable to, drawn as a tree (ISO/IEC 17025, 6.5)."""

from __future__ import annotations

from flask import Blueprint, render_template

from lims.http.rights import needs, signed_in_actor
from lims.http.session import open_transaction
from lims.people.rights import Right
from lims.quality import queries

bp = Blueprint("chain", __name__)


@bp.get("/lines/<int:line_id>/chain")
@needs(Right.READ)
def of_line(line_id: int) -> str:
    """Show the chain of every instrument that a line was read with."""
    with open_transaction() as session:
        return render_template(
            "quality/chain.html", chain=queries.chain_of_line(session, line_id, by=signed_in_actor())
        )


@bp.get("/readings/<int:reading_id>/chain")
@needs(Right.READ)
def of_reading(reading_id: int) -> str:
    """Show the chain of one reading."""
    with open_transaction() as session:
        return render_template(
            "quality/chain.html", chain=queries.chain_of_reading(session, reading_id, by=signed_in_actor())
        )
