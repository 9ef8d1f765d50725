"""People are reminded of what is due: each once of each thing and day, in one message for all of it (6.4.3, 6.4.7)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from lims import clock
from lims.instruments.queries.upkeep import due
from lims.instruments.records import UpkeepReminder
from lims.instruments.upkeep import NOTICE, Due
from lims.people.records import Person, RoleHeld
from lims.people.rights import ROLES, Actor, Grant, Right, grants_of
from lims.store import outbox
from lims.words import gettext_for, text_in

TASK = "instruments.remind"
_EVERYWHERE = Actor(person_id=None, label="system", grants=frozenset({Grant(right=Right.READ)}))


def remind(session: Session, *, base_url: str) -> int:
    """Tell who looks after equipment what is due soon or overdue, and return how many messages were queued.

    Safe to repeat, also by two workers: who was told of a thing and its day is not told of it again.
    """
    latest = (clock.now() + max(NOTICE.values()) + timedelta(days=1)).date()
    waiting = [one for one in due(session, by=_EVERYWHERE, until=latest) if one.standing != "valid"]
    sent = 0
    for person, by in _caretakers(session):
        theirs = [
            one
            for one in waiting
            if by.may(Right.MANAGE_INSTRUMENTS, branch_id=one.branch_id, laboratory_id=one.laboratory_id)
        ]
        if new := _untold(session, person, theirs):
            _post(session, person, new, base_url)
            sent += 1
    return sent


def _caretakers(session: Session) -> list[tuple[Person, Actor]]:
    """Return active people with a role that looks after equipment, in a branch or a laboratory."""
    roles = [role for role, rights in ROLES.items() if Right.MANAGE_INSTRUMENTS in rights]
    rows = session.execute(
        select(Person, RoleHeld)
        .join(RoleHeld, RoleHeld.person_id == Person.id)
        .where(Person.active, RoleHeld.revoked_at.is_(None), RoleHeld.role.in_(roles))
        .order_by(Person.id)
    ).all()
    people = {person.id: person for person, _held in rows}
    grants: dict[int, frozenset[Grant]] = {}
    for person, held in rows:
        new = grants_of(held.role, branch_id=held.branch_id, laboratory_id=held.laboratory_id)
        grants[person.id] = grants.get(person.id, frozenset()) | new
    return [(person, Actor(person_id=key, label=person.email, grants=grants[key])) for key, person in people.items()]


def _untold(session: Session, person: Person, theirs: Sequence[Due]) -> list[Due]:
    """Note that the person is told of these, and return those of which nobody told them before."""
    if not theirs:
        return []
    told_at = clock.now()
    rows = [{"about": one.about, "due_on": one.on, "person_id": person.id, "told_at": told_at} for one in theirs]
    noted = session.execute(
        insert(UpkeepReminder)
        .values(rows)
        .on_conflict_do_nothing()
        .returning(UpkeepReminder.about, UpkeepReminder.due_on)
    )
    new = {(row.about, row.due_on) for row in noted}
    return [one for one in theirs if (one.about, one.on) in new]


def _post(session: Session, person: Person, new: Sequence[Due], base_url: str) -> None:
    _ = gettext_for(person.locale)
    lines = [
        f"{one.on.isoformat()}  {_(one.standing)}  {one.number} {text_in(one.name, person.locale)}: {_(one.kind)}"
        + (f", {one.what}" if one.what else "")
        for one in new
    ]
    outbox.post(
        session,
        by=None,
        to=person.email,
        subject=_("Due for your equipment: %(count)s") % {"count": len(new)},
        body="\n".join([_("This is due soon or overdue:"), "", *lines, "", f"{base_url}/instruments/due", ""]),
        language=person.locale,
        thing="person",
        thing_id=person.id,
        branch_id=person.branch_id,
    )
