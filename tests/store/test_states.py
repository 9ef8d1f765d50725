"""Moving a thing: lock, version seen, right, guards, reason, one event; safe to repeat."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Mapped, Session, mapped_column, registry

from lims.errors import Invalid, NotAllowed, NotFound, Refused, Stale
from lims.store import audit, states
from lims.store.db import connect, sessions, transaction
from lims.store.states import Machine, Transition
from tests.store.people import Somebody

things = registry()


@things.mapped
class Kettle:
    """A governed thing of the tests' own, in the house's real database."""

    __tablename__ = "kettle_of_tests"

    id: Mapped[int] = mapped_column(primary_key=True)
    state: Mapped[str] = mapped_column(default="empty")
    version: Mapped[int] = mapped_column(default=1)
    litres: Mapped[int] = mapped_column(default=0)


def enough_water(session: Session, kettle: Kettle, *, by) -> Refused | None:
    if kettle.litres > 0:
        return None
    return Refused("There is no water in it.", rule="water", remedy="Fill it.")


KETTLE = Machine(
    thing="kettle",
    initial="empty",
    transitions=(
        Transition("fill", ("empty", "cold"), "cold", "fill"),
        Transition("boil", ("cold",), "boiling", "boil", guards=(enough_water,)),
        Transition("pour away", ("cold", "boiling"), "empty", "fill", needs_why=True),
    ),
)
LIN = Somebody(held=frozenset({("fill", 1, None), ("boil", 1, None)}))
CHEN = Somebody(person_id=8, label="Chen", held=LIN.held)


@pytest.fixture(scope="module")
def kettles(make_database):
    for database in make_database("states"):
        owner = connect(database.owner_url)
        with owner.begin() as connection:
            things.metadata.create_all(connection)
            connection.execute(
                text(
                    "GRANT ALL ON kettle_of_tests TO lims_app; GRANT ALL ON SEQUENCE kettle_of_tests_id_seq TO lims_app"
                )
            )
        owner.dispose()
        engine = connect(database.url)
        yield sessions(engine)
        engine.dispose()


@pytest.fixture
def kettle(kettles) -> int:
    with transaction(kettles) as session:
        kettle = Kettle(litres=2)
        session.add(kettle)
        session.flush()
        return kettle.id


def move(factory, kettle: int, name: str, *, by=LIN, seen: int | None = 1, **more) -> Kettle:
    with transaction(factory) as session:
        return states.move(
            session, KETTLE, session.get_one(Kettle, kettle), name, by=by, branch_id=1, seen_version=seen, **more
        )


def line(factory, kettle: int) -> list[tuple]:
    with transaction(factory) as session:
        return [
            (event.actor, event.action, event.old, event.new) for event in audit.time_line(session, "kettle", kettle)
        ]


def test_a_move_sets_the_state_counts_the_version_and_leaves_one_event(kettles, kettle):
    moved = move(kettles, kettle, "fill", litres=2)
    assert (moved.state, moved.version) == ("cold", 2)
    assert line(kettles, kettle) == [("Lin", "fill", {"state": "empty"}, {"state": "cold", "version": 2, "litres": 2})]


def test_the_same_request_again_is_answered_as_done(kettles, kettle):
    move(kettles, kettle, "fill")
    again = move(kettles, kettle, "fill")
    assert (again.state, again.version) == ("cold", 2)
    assert len(line(kettles, kettle)) == 1


def test_the_same_request_again_is_answered_as_done_also_after_somebody_looked(kettles, kettle):
    move(kettles, kettle, "fill")
    with transaction(kettles) as session:
        audit.record(session, by=CHEN, thing="kettle", thing_id=kettle, action="read", branch_id=1)
    assert move(kettles, kettle, "fill").version == 2


def test_the_same_request_of_another_person_is_stale(kettles, kettle):
    move(kettles, kettle, "fill")
    with pytest.raises(Stale, match="Lin changed this since you opened it"):
        move(kettles, kettle, "fill", by=CHEN)


def test_a_stale_page_is_refused_with_who_did_what(kettles, kettle):
    move(kettles, kettle, "fill", by=CHEN)
    with transaction(kettles) as session:
        audit.record(session, by=LIN, thing="kettle", thing_id=kettle, action="read", branch_id=1)
    with pytest.raises(Stale) as refusal:
        move(kettles, kettle, "pour away", why="dirty")
    data = refusal.value.data
    assert (data["who"], data["who_id"], data["what"]) == ("Chen", 8, "fill")
    assert str(data["at"]) in str(refusal.value)
    assert len(line(kettles, kettle)) == 2


def test_a_change_that_counted_no_version_is_told_by_who_came_last(kettles, kettle):
    with transaction(kettles) as session:
        session.get_one(Kettle, kettle).version = 5
        audit.record(session, by=CHEN, thing="kettle", thing_id=kettle, action="mend", branch_id=1)
    with pytest.raises(Stale, match="Chen changed this"):
        move(kettles, kettle, "fill")


def test_a_person_without_the_right_here_is_told_which(kettles, kettle):
    with pytest.raises(NotAllowed, match="the right to fill"):
        move(kettles, kettle, "fill", by=Somebody(held=frozenset({("fill", 2, None)})))


def test_a_move_from_a_state_that_has_none_is_refused_in_words(kettles, kettle):
    with pytest.raises(Refused, match="It is 'empty' now, so 'boil' can't be done"):
        move(kettles, kettle, "boil")


def test_a_guard_says_why_and_what_to_do(kettles):
    with transaction(kettles) as session:
        dry = Kettle(state="cold")
        session.add(dry)
        session.flush()
        number = dry.id
    with pytest.raises(Refused, match="no water") as refusal:
        move(kettles, number, "boil")
    assert refusal.value.remedy == "Fill it."


def test_a_reason_is_asked_for(kettles, kettle):
    move(kettles, kettle, "fill")
    with pytest.raises(Invalid) as refusal:
        move(kettles, kettle, "pour away", seen=2, why="  ")
    assert "why" in refusal.value.fields
    assert move(kettles, kettle, "pour away", seen=2, why="dirty").state == "empty"


def test_a_thing_that_is_gone_is_not_found(kettles, kettle):
    with kettles() as session:
        shown = session.get_one(Kettle, kettle)
        session.execute(text("DELETE FROM kettle_of_tests WHERE id = :id"), {"id": kettle})
        with pytest.raises(NotFound):
            states.move(session, KETTLE, shown, "fill", by=LIN, branch_id=1, seen_version=1)


def test_of_two_at_once_one_moves_and_the_other_is_told(kettles, kettle):
    gate = threading.Barrier(2)
    told: list[object] = []

    def work(by: Somebody) -> None:
        try:
            with transaction(kettles) as session:
                shown = session.get_one(Kettle, kettle)
                gate.wait()
                states.move(session, KETTLE, shown, "fill", by=by, branch_id=1, seen_version=1)
        except Stale as error:
            told.append(error.data["who"])

    threads = [threading.Thread(target=work, args=(by,)) for by in (LIN, CHEN)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ((mover, _, _, _),) = line(kettles, kettle)
    assert told == [mover]


def test_offered_are_the_moves_of_the_state_and_the_right_with_why_not(kettles):
    with transaction(kettles) as session:
        dry = Kettle(state="cold")
        session.add(dry)
        session.flush()
        offers = states.offered(session, KETTLE, dry, by=LIN, branch_id=1)
        assert [(offer.name, str(offer.refused or ""), offer.needs_why) for offer in offers] == [
            ("fill", "", False),
            ("boil", "There is no water in it.", False),
            ("pour away", "", True),
        ]
        assert states.offered(session, KETTLE, dry, by=LIN, branch_id=2) == []
    assert [one.name for one in states.names_offered(KETTLE, "empty", by=LIN, branch_id=1)] == ["fill"]


def test_a_transition_is_declared_once():
    with pytest.raises(ValueError, match="declared twice"):
        Machine(
            thing="x", initial="a", transitions=(Transition("go", ("a",), "b", "r"), Transition("go", ("b",), "a", "r"))
        )


def test_a_diagram_shows_every_move():
    assert states.diagram(KETTLE).splitlines() == [
        "stateDiagram-v2",
        "    [*] --> empty",
        "    empty --> cold: fill (fill)",
        "    cold --> cold: fill (fill)",
        "    cold --> boiling: boil (boil)",
        "    cold --> empty: pour away (fill)",
        "    boiling --> empty: pour away (fill)",
    ]
