"""Transitions as data, and the one way to move a thing: lock, check what the person saw, right, guards; audit.

Each subject declares its machines in its `states.py`; pages, JSON interface, audit trail and diagrams read them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from sqlalchemy import event, inspect, select
from sqlalchemy.orm import Session, SessionTransaction

from lims.errors import Invalid, LimsError, NotAllowed, NotFound, Refused, Stale
from lims.store import audit


class Actor(audit.Actor, Protocol):
    """Who moves a thing."""

    def may(self, right: str, *, branch_id: int | None = None, laboratory_id: int | None = None) -> bool:
        """Tell whether the right is held at the place."""
        ...


class Governed(Protocol):
    """A row that has a state and a version."""

    id: Any
    state: Any
    version: Any


Row = TypeVar("Row", bound=Governed)

Guard = Callable[..., Refused | None]
"""guard(session, record, by=...) returns why it refuses, or None."""


@dataclass(frozen=True, slots=True)
class Transition:
    """One way from some states to one state, the right it takes, and whether a reason is asked for."""

    name: str
    sources: tuple[str, ...]
    target: str
    right: str
    needs_why: bool = False
    guards: tuple[Guard, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """All transitions of one kind of thing."""

    thing: str
    initial: str
    transitions: tuple[Transition, ...]
    by_name: dict[str, Transition] = field(init=False, compare=False)

    def __post_init__(self) -> None:
        """Index the transitions by name; a name is used once."""
        names = {transition.name: transition for transition in self.transitions}
        if len(names) != len(self.transitions):
            message = f"a transition of {self.thing} is declared twice"
            raise ValueError(message)
        object.__setattr__(self, "by_name", names)


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A transition that a page may show; `refused` says why it can't be taken now."""

    name: str
    needs_why: bool
    refused: LimsError | None = None


def move(
    session: Session,
    machine: Machine,
    record: Row,
    name: str,
    *,
    by: Actor,
    branch_id: int | None,
    laboratory_id: int | None = None,
    seen_version: int | None,
    why: str = "",
    **new: object,
) -> Row:
    """Move a thing along a declared transition; `new` goes into the audit event beside the state.

    A repeated request of the same person (same transition, same version seen, and nothing since) is answered as done.

    Raises
    ------
    NotAllowed
        The person lacks the transition's right at this place.
    Stale
        Somebody changed the thing since the person saw it.
    Refused
        It can't be done from its present state, or a guard says no.
    Invalid
        A reason is asked for and none was given.
    """
    transition = machine.by_name[name]
    if not by.may(transition.right, branch_id=branch_id, laboratory_id=laboratory_id):
        raise NotAllowed(
            "You need the right to %(right)s here. Ask the manager of the laboratory or the administrator.",
            right=str(transition.right),
        )
    lock(session, record)
    if _done_already(session, machine, record, transition, by=by, seen=seen_version):
        return record
    check_seen(session, machine, record, seen_version)
    refusal = _refusal(session, transition, record, by)
    if refusal:
        raise refusal
    if transition.needs_why and not why.strip():
        raise Invalid("Say why.", {"why": "Give a reason in a few words."})
    old = str(record.state)
    record.state = str(transition.target)
    record.version += 1
    audit.record(
        session,
        by=by,
        thing=machine.thing,
        thing_id=record.id,
        action=name,
        branch_id=branch_id,
        old={"state": old},
        new={"state": str(record.state), "version": record.version, **new},
        why=why,
    )
    return record


def lock(session: Session, record: Governed) -> None:
    """Lock a row and read it as it is now; once in a transaction is enough."""
    if (type(record), record.id) in _locked(session):
        return
    session.flush()
    mapper = inspect(type(record))
    key = mapper.primary_key[0]
    query = select(type(record)).where(key == record.id).with_for_update().execution_options(populate_existing=True)
    if session.scalars(query).one_or_none() is None:
        raise NotFound("It is no longer there.")
    remember_locked(session, [record])


def remember_locked(session: Session, records: Iterable[Governed]) -> None:
    """Note that the caller's statement locked these rows and read them as they are now."""
    _locked(session).update((type(record), record.id) for record in records)


def _locked(session: Session) -> set[tuple[type, object]]:
    """Return the rows that the present transaction holds locked."""
    found: set[tuple[type, object]] = session.info.setdefault("locked", set())
    return found


@event.listens_for(Session, "after_soft_rollback")
def _gave_up(session: Session, _transaction: SessionTransaction) -> None:
    """Forget what was locked: a rollback, also to a SAVEPOINT, gives locks up; locking again does no harm."""
    _locked(session).clear()


@event.listens_for(Session, "after_transaction_end")
def _ended(session: Session, transaction: SessionTransaction) -> None:
    if transaction.parent is None:
        _locked(session).clear()


def check_seen(session: Session, machine: Machine, record: Governed, seen_version: int | None) -> None:
    """Raise Stale, saying who did what since, unless the version is the one the person saw; None skips the check."""
    if seen_version is None or seen_version == record.version:
        return
    last = _last_change(session, machine, record)
    if last is None:
        raise Stale("This was changed since you opened it. Look at it again; nothing was stored.")
    raise Stale(
        "%(who)s changed this since you opened it (%(what)s, %(at)s). Look at it again; nothing was stored.",
        who=last.actor,
        who_id=last.person_id,
        what=last.action,
        at=last.at,
    )


def _last_change(session: Session, machine: Machine, record: Governed) -> audit.EventView | None:
    """Return the event that made the present version; where none says so, the last one at all."""
    line = audit.time_line(session, machine.thing, record.id, limit=50)  # newest first; some only tell of a reading
    return next((event for event in line if (event.new or {}).get("version") == record.version), next(iter(line), None))


def _done_already(
    session: Session, machine: Machine, record: Governed, transition: Transition, *, by: Actor, seen: int | None
) -> bool:
    if seen is None or seen + 1 != record.version or record.state != transition.target:
        return False
    last = _last_change(session, machine, record)
    if last is None or (last.new or {}).get("version") != record.version:
        return False
    return last.action == transition.name and last.person_id == by.person_id


def _refusal(session: Session, transition: Transition, record: Governed, by: Actor) -> Refused | None:
    if record.state not in transition.sources:
        return Refused(
            "It is '%(state)s' now, so '%(action)s' can't be done.",
            rule="state",
            state=str(record.state),
            action=transition.name,
        )
    refusals = (guard(session, record, by=by) for guard in transition.guards)
    return next((refusal for refusal in refusals if refusal), None)


def offered(
    session: Session,
    machine: Machine,
    record: Governed,
    *,
    by: Actor,
    branch_id: int | None,
    laboratory_id: int | None = None,
) -> list[Offer]:
    """Return the transitions from the present state that the person has the right for, each with why it is refused."""
    return [
        Offer(name=one.name, needs_why=one.needs_why, refused=_refusal(session, one, record, by))
        for one in machine.transitions
        if record.state in one.sources and by.may(one.right, branch_id=branch_id, laboratory_id=laboratory_id)
    ]


def names_offered(
    machine: Machine, state: str, *, by: Actor, branch_id: int | None, laboratory_id: int | None = None
) -> list[Transition]:
    """Return the transitions from a state that the person has the right for, without asking the guards."""
    return [
        one
        for one in machine.transitions
        if state in one.sources and by.may(one.right, branch_id=branch_id, laboratory_id=laboratory_id)
    ]


def diagram(machine: Machine) -> str:
    """Return the machine as a Mermaid state diagram."""
    ids = {state: state.replace(" ", "_") for one in machine.transitions for state in (*one.sources, one.target)}
    lines = ["stateDiagram-v2", f"    [*] --> {machine.initial.replace(' ', '_')}"]
    lines += [f"    {name}: {state}" for state, name in ids.items() if name != state]
    lines += [
        f"    {ids[source]} --> {ids[one.target]}: {one.name} ({one.right})"
        for one in machine.transitions
        for source in one.sources
    ]
    return "\n".join(lines)


def reference(machines: Iterable[Machine]) -> str:
    """Return the reference page of all machines, in Markdown."""
    parts = ["# States and who may move them", "", "Made from the declarations in each subject's `states.py`.", ""]
    for machine in machines:
        parts += [f"## {machine.thing.capitalize()}", "", "```mermaid", diagram(machine), "```", ""]
        parts += ["| transition | from | to | right | reason |", "|---|---|---|---|---|"]
        parts += [
            f"| {one.name} | {', '.join(one.sources)} | {one.target} | {one.right} | {_asked(one)} |"
            for one in machine.transitions
        ]
        parts.append("")
    return "\n".join(parts)


def _asked(transition: Transition) -> str:
    return "asked for" if transition.needs_why else ""
