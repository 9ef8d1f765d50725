"""How things of this subject are moved: where the person holds the right, once, and with what follows below them."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from lims.people.rights import Actor, Right
from lims.samples.operations.place import Place
from lims.samples.records import Job, Line
from lims.samples.states import LINE
from lims.store import audit, states
from lims.store.states import Governed, Machine


def move(
    session: Session,
    machine: Machine,
    record: Governed,
    name: str,
    *,
    by: Actor,
    place: Place,
    seen_version: int | None,
    why: str = "",
    **new: object,
) -> bool:
    """Move a thing; return False when this very request was done before, so that nothing beside it is done twice."""
    branch_id, laboratory_id = place.where(by, Right(machine.by_name[name].right))
    states.lock(session, record)
    again = seen_version is not None and record.version == seen_version + 1
    states.move(
        session,
        machine,
        record,
        name,
        by=by,
        branch_id=branch_id,
        laboratory_id=laboratory_id,
        seen_version=seen_version,
        why=why,
        **new,
    )
    return not again


def end_lines(
    session: Session, *, by: Actor, job: Job, name: str, why: str, item_ids: Collection[int] | None = None
) -> None:
    """End the lines below a job or items whose work has not been submitted, as a consequence of what befell those.

    The right was asked for above; each line has an event of its own in the audit trail.
    """
    transition = LINE.by_name[name]
    query = select(Line).where(Line.job_id == job.id, Line.state.in_(transition.sources)).order_by(Line.id)
    if item_ids is not None:
        query = query.where(Line.item_id.in_(item_ids))
    lines = session.scalars(query.with_for_update().execution_options(populate_existing=True))
    follow(session, lines, by=by, branch_id=job.branch_id, name=name, why=why)


def follow(session: Session, lines: Iterable[Line], *, by: Actor, branch_id: int, name: str, why: str) -> None:
    """Move locked lines along a transition without asking for its right."""
    for line in list(lines):
        old, line.state = line.state, str(LINE.by_name[name].target)
        line.reason = why
        line.version += 1
        audit.record(
            session,
            by=by,
            thing=LINE.thing,
            thing_id=line.id,
            action=name,
            branch_id=branch_id,
            old={"state": old},
            new={"state": line.state, "version": line.version},
            why=why,
        )
    session.flush()
