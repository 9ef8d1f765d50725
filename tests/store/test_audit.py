"""The audit trail: one link a transaction, what is rolled back leaves nothing, and every tampering is found."""

from __future__ import annotations

import hashlib
import json
import threading

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session

from lims.errors import Refused
from lims.store import audit, chain
from lims.store.audit import AuditChain, AuditEvent, AuditLink
from lims.store.db import transaction
from lims.store.idempotency import IdempotencyKey
from tests.store.people import Somebody

LIN = Somebody()


def note(session: Session, action: str, branch_id: int | None = 1, **more) -> None:
    audit.record(session, by=LIN, thing="kettle", thing_id=5, action=action, branch_id=branch_id, **more)


def actions(session: Session) -> list[str]:
    return list(session.scalars(select(AuditEvent.action).order_by(AuditEvent.id)))


def duplicate(session: Session) -> None:
    """Make a flush fail."""
    for _ in range(2):
        session.add(IdempotencyKey(owner="x", key="x", request_hash="", at=func.now()))
        session.flush()
        session.expunge_all()


def spill_and_fail(session: Session) -> None:
    note(session, "spill")
    duplicate(session)


def test_an_event_says_who_when_what_old_new_why(session):
    note(session, "fill", old={"litres": 1.5}, new={"litres": 2}, why="tea")
    session.commit()
    (event,) = audit.time_line(session, "kettle", 5)
    assert (event.person_id, event.actor, event.request_id, event.action, event.why) == (7, "Lin", "r-1", "fill", "tea")
    assert event.old == {"litres": "1.5"}
    assert event.new == {"litres": 2}
    assert event.at.tzinfo is not None


def test_all_events_of_a_transaction_make_one_link_whose_hash_covers_them(session):
    note(session, "fill")
    note(session, "boil")
    session.commit()
    link = session.scalars(select(AuditLink)).one()
    content = json.loads(link.content)
    assert [event["action"] for event in content["events"]] == ["fill", "boil"]
    assert content["previous"] == "0" * 64
    assert hashlib.sha256(link.content.encode()).hexdigest() == link.hash


def test_each_link_holds_the_hash_of_the_one_before(session):
    for action in ("fill", "boil", "pour"):
        note(session, action)
        session.commit()
    links = session.scalars(select(AuditLink).order_by(AuditLink.seq)).all()
    assert [link.seq for link in links] == [1, 2, 3]
    assert [link.previous_hash for link in links] == [audit.GENESIS, links[0].hash, links[1].hash]


def test_a_transaction_over_two_branches_and_the_bureau_makes_a_link_in_each(session):
    note(session, "fill", branch_id=2)
    note(session, "move", branch_id=None)
    note(session, "boil", branch_id=10)
    note(session, "pour", branch_id=2)
    session.commit()
    links = {link.chain: json.loads(link.content)["events"] for link in session.scalars(select(AuditLink))}
    assert {chain: [event["action"] for event in events] for chain, events in links.items()} == {
        "bureau": ["move"],
        "branch:2": ["fill", "pour"],
        "branch:10": ["boil"],
    }


def test_a_transaction_without_events_makes_no_link(session):
    session.execute(text("SELECT 1"))
    session.commit()
    assert session.scalar(select(func.count()).select_from(AuditLink)) == 0


def test_a_rollback_takes_the_events_with_it(session):
    note(session, "fill")
    session.rollback()
    note(session, "boil")
    session.commit()
    assert actions(session) == ["boil"]


def test_closing_a_session_takes_the_events_with_it(session):
    session.execute(text("SELECT 1"))
    note(session, "fill")
    session.close()
    note(session, "boil")
    session.commit()
    assert actions(session) == ["boil"]


def test_a_rolled_back_savepoint_takes_only_its_own_events(session):
    note(session, "fill")
    with pytest.raises(IntegrityError), session.begin_nested():
        spill_and_fail(session)
    note(session, "boil")
    session.commit()
    assert actions(session) == ["fill", "boil"]


def test_a_released_savepoint_keeps_its_events_unless_the_one_around_it_goes(session):
    note(session, "fill")
    with session.begin_nested():
        note(session, "boil")
    outer = session.begin_nested()
    note(session, "spill")
    with session.begin_nested():
        note(session, "wipe")
    outer.rollback()
    note(session, "pour")
    session.commit()
    assert actions(session) == ["fill", "boil", "pour"]


def test_a_failed_flush_in_a_savepoint_leaves_the_events_before_it(session):
    note(session, "fill")
    savepoint = session.begin_nested()
    note(session, "spill")
    with pytest.raises(IntegrityError):
        duplicate(session)
    savepoint.rollback()
    note(session, "boil")
    session.commit()
    assert actions(session) == ["fill", "boil"]


def test_a_failed_flush_without_savepoint_takes_all_events(session):
    note(session, "fill")
    with pytest.raises(IntegrityError):
        duplicate(session)
    session.rollback()
    session.commit()
    assert actions(session) == []


def test_a_transaction_with_an_error_stores_neither_change_nor_event(sessions):
    with pytest.raises(Refused) as refusal, transaction(sessions) as session:
        spill_and_fail(session)

    assert isinstance(refusal.value.__cause__, IntegrityError)
    with transaction(sessions) as session:
        assert actions(session) == []


def test_many_at_once_make_one_unbroken_chain(module_sessions):
    def work(number: int) -> None:
        for turn in range(10):
            with transaction(module_sessions) as session:
                # both orders of the same two chains: a dead lock would show here
                for branch in (1, 2) if number % 2 else (2, 1):
                    note(session, f"{number}.{turn}", branch_id=branch)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with transaction(module_sessions) as session:
        assert chain.verify(session) == chain.Verdict(links=160, events=160)
        for name in ("branch:1", "branch:2"):
            times = session.scalars(select(AuditLink.at).where(AuditLink.chain == name).order_by(AuditLink.seq)).all()
            assert list(times) == sorted(times)


def three_links(session: Session) -> None:
    for action in ("fill", "boil", "pour"):
        note(session, action, old={"at": action})
        note(session, f"{action} more")
        session.commit()


@pytest.fixture
def tampered(make_database):
    """A database whose owner may take the triggers down, as somebody with the keys of the server could."""
    from lims.store.db import connect, sessions

    for database in make_database("tampering"):
        engine = connect(database.owner_url)
        with sessions(engine)() as session:
            three_links(session)
            for table in ("audit_event", "audit_link", "audit_chain"):
                session.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
            session.commit()
            yield session
        engine.dispose()


def test_an_untouched_chain_is_whole(tampered):
    assert chain.verify(tampered) == chain.Verdict(links=3, events=6)


LINK = "UPDATE audit_link SET content = replace(content, 'boil', 'cool') WHERE seq = 2; "
EVENTS = "UPDATE audit_event SET action = replace(action, 'boil', 'cool'); "
OLD = "UPDATE audit_event SET old = replace(old, 'boil', 'cool'); "
REHASH = "UPDATE audit_link SET hash = encode(sha256(convert_to(content, 'UTF8')), 'hex') WHERE seq = 2"
CUT = (
    "DELETE FROM audit_event USING audit_link l WHERE l.id = link_id AND l.seq = {0};"
    " DELETE FROM audit_link WHERE seq = {0}"
)


@pytest.mark.parametrize(
    ("tampering", "seq", "fault"),
    [
        ("UPDATE audit_event SET new = '{}' WHERE action = 'boil'", 2, "events differ"),
        ("UPDATE audit_event SET actor = 'Chen' WHERE action = 'fill'", 1, "events differ"),
        ("UPDATE audit_event SET person_id = NULL WHERE action = 'pour'", 3, "events differ"),
        ("UPDATE audit_event SET at = at - interval '1 day' WHERE action = 'boil'", 2, "time or the order"),
        ("UPDATE audit_event SET position = 5 WHERE action = 'boil more'", 2, "time or the order"),
        ("UPDATE audit_event SET position = 5 WHERE action = 'boil'", 2, "events differ"),
        ("DELETE FROM audit_event WHERE action = 'boil more'", 2, "events differ"),
        ("UPDATE audit_link SET at = at + interval '1 second' WHERE seq = 2", 2, "events differ"),
        (LINK, 2, "content was changed"),
        (LINK + REHASH, 2, "events differ"),
        (LINK + EVENTS + REHASH, 2, "events differ"),  # its old values still say boil
        (LINK + EVENTS + OLD + REHASH, 3, "hash of the link before"),
        (CUT.format(2), 2, "missing"),
        (CUT.format(3), 3, "missing"),
        ("UPDATE audit_chain SET seq = 2", 3, "beyond its head"),
        ("UPDATE audit_chain SET head = repeat('0', 64)", 3, "head"),
        ("DELETE FROM audit_chain", 1, "beyond its head"),
    ],
)
def test_every_tampering_is_found_and_the_first_break_named(tampered, tampering, seq, fault):
    tampered.execute(text(tampering))
    tampered.commit()
    verdict = chain.verify(tampered)
    assert (verdict.chain, verdict.seq) == ("branch:1", seq)
    assert fault in verdict.fault


def test_a_chain_cut_at_its_end_is_found_by_a_head_noted_before(tampered):
    noted = {head.chain: head for head in chain.heads(tampered)}
    tampered.execute(text(CUT.format(3)))
    tampered.execute(text("UPDATE audit_chain SET seq = 2, head = (SELECT hash FROM audit_link WHERE seq = 2)"))
    tampered.commit()
    assert chain.verify(tampered).fault is None  # nothing inside the database can tell
    verdict = chain.verify(tampered, noted=noted.values())
    assert (verdict.chain, verdict.seq) == ("branch:1", 3)
    assert "noted" in verdict.fault


def test_a_chain_written_anew_is_found_by_a_head_noted_before(tampered):
    noted = chain.Head(chain="branch:1", seq=2, hash="f" * 64)
    verdict = chain.verify(tampered, noted=[noted])
    assert (verdict.chain, verdict.seq) == ("branch:1", 2)


def test_an_unknown_chain_is_no_chain_without_fault(session):
    assert chain.verify(session, "branch:99").fault is not None


def test_an_old_head_still_stands_after_the_chain_has_grown(session):
    three_links(session)
    noted = chain.heads(session)
    three_links(session)
    assert chain.verify(session, noted=noted) == chain.Verdict(links=6, events=12)


@pytest.mark.parametrize(
    "words",
    [
        "UPDATE audit_event SET why = 'x'",
        "DELETE FROM audit_event",
        "TRUNCATE audit_event CASCADE",
        "UPDATE audit_link SET seq = seq + 7",
        "DELETE FROM audit_link",
        "TRUNCATE audit_link CASCADE",
        "UPDATE audit_chain SET seq = seq - 1",
        "UPDATE audit_chain SET seq = seq + 2",
        "DELETE FROM audit_chain",
        "TRUNCATE audit_chain CASCADE",
    ],
)
def test_the_database_refuses_to_change_the_trail_even_for_its_owner(owner_engine, module_sessions, words):
    with transaction(module_sessions) as session:
        note(session, "fill")
    with owner_engine.connect() as connection, pytest.raises(DBAPIError, match="is refused"):
        connection.execute(text(words))


def test_events_are_found_by_person_branch_thing_and_time(session):
    note(session, "fill", branch_id=1)
    note(session, "boil", branch_id=2)
    audit.record(session, by=None, thing="clock", thing_id=1, action="strike", branch_id=None)
    session.commit()
    assert [event.action for event in audit.events(session)] == ["strike", "boil", "fill"]
    assert [event.action for event in audit.events(session, branch_ids=[2])] == ["boil"]
    assert [event.action for event in audit.events(session, person_id=7)] == ["boil", "fill"]
    assert [event.action for event in audit.events(session, thing="clock")] == ["strike"]
    first = audit.events(session)[0]
    assert first.actor == "system"
    assert [event.action for event in audit.events(session, before_id=first.id)] == ["boil", "fill"]
    assert audit.events(session, until=first.at) == []


def test_a_new_chain_is_begun_once_by_two_at_once(module_sessions):
    with transaction(module_sessions) as session:
        assert session.get(AuditChain, "branch:77") is None
    gate = threading.Barrier(2)

    def work() -> None:
        with transaction(module_sessions) as session:
            note(session, "fill", branch_id=77)
            gate.wait()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with transaction(module_sessions) as session:
        assert chain.verify(session, "branch:77") == chain.Verdict(links=2, events=2)
