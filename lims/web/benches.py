"""Pages of benches: what each agent last said, the instruments there, tokens issued and revoked."""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, render_template, request, session, url_for

from lims.http.fields import key, texts, word
from lims.http.forms import Answer, act, whole
from lims.http.rights import needs, signed_in_actor
from lims.http.session import house, open_transaction
from lims.instruments import operations, queries
from lims.people import queries as people
from lims.people.rights import Right
from lims.store.db import Session
from lims.web.benches_words import hearing, said_of

bp = Blueprint("benches", __name__)


@bp.get("/benches")
@needs(Right.READ)
def index() -> str:
    """Show every bench; silent ones are marked."""
    by = signed_in_actor()
    with open_transaction() as db:
        benches = queries.benches(db, by=by)
        instruments = queries.of_bench(db, by=by)
        tokens = queries.bench_tokens(db, [one.id for one in benches])
        names = people.person_names(db, {token.created_by_id for of_one in tokens.values() for token in of_one})
        laboratories = people.laboratories(db)
    managed = [
        one for one in laboratories if by.may(Right.MANAGE_INSTRUMENTS, branch_id=one.branch_id, laboratory_id=one.id)
    ]
    return render_template(
        "benches/index.html",
        benches=benches,
        hearing={one.id: hearing(one) for one in benches},
        instruments=instruments,
        said={one.id: said_of(one, instruments.get(one.id, [])) for one in benches},
        tokens=tokens,
        names=names,
        managed={one.id for one in managed},
        laboratories=managed,
        new_token=session.pop("new_bench_token", None) if request.method == "GET" else None,
        server=house().settings.base_url,
    )


@bp.post("/benches")
@needs(Right.MANAGE_INSTRUMENTS)
def create() -> Answer:
    """Enter a bench."""
    return act(
        lambda db: operations.create_bench(
            db, by=signed_in_actor(), laboratory_id=key("laboratory_id") or 0, code=word("code"), name=texts("name")
        ),
        done=url_for("benches.index"),
        again=index,
    )


@bp.post("/benches/<int:bench_id>/tokens")
@needs(Right.MANAGE_INSTRUMENTS)
def issue_token(bench_id: int) -> Answer:
    """Make a token for a bench's agent; it is shown once."""

    def issue(db: Session) -> None:
        days = timedelta(days=min(whole("days") or 0, 10_000))
        token = operations.issue_bench_token(db, by=signed_in_actor(), bench_id=bench_id, valid_for=days)
        session["new_bench_token"] = [bench_id, token]

    return act(issue, done=_place(bench_id), again=index)


@bp.post("/benches/<int:bench_id>/tokens/revoke")
@needs(Right.MANAGE_INSTRUMENTS)
def revoke_tokens(bench_id: int) -> Answer:
    """Revoke every token of a bench."""
    return act(
        lambda db: operations.revoke_bench_tokens(db, by=signed_in_actor(), bench_id=bench_id, why=word("why")),
        done=_place(bench_id),
        again=index,
    )


def _place(bench_id: int) -> str:
    return url_for("benches.index") + f"#bench-{bench_id}"
