"""A verification of the trail is asked for once, tells how far it is, keeps what it found, and anchors the next."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from lims import clock
from lims.store import audit, chain, files, jobs, verification
from lims.store.db import connect, sessions, transaction
from lims.store.verification import AuditCheck
from tests.store.people import Somebody

LIN = Somebody()


@pytest.fixture
def factory(make_database):
    """Sessions of the owner of a database with a trail and a file, whose triggers on both are down."""
    for database in make_database("verification"):
        engine = connect(database.owner_url)
        made = sessions(engine)
        for number in range(3):
            with transaction(made) as session:
                audit.record(session, by=LIN, thing="kettle", thing_id=number, action="boil", branch_id=1)
        with transaction(made) as session:
            files.store(session, b"a certificate", media_type="application/pdf", name="c.pdf")
            for table in ("audit_event", "audit_link", "audit_chain", "file"):
                session.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
        yield made
        engine.dispose()


def verify(factory) -> verification.CheckView:
    with transaction(factory) as session:
        number = verification.ask(session, by=LIN)
    with transaction(factory) as session:
        verification.run(session, number)
    with transaction(factory) as session:
        return verification.checks(session)[0]


def change(factory, words: str) -> None:
    with transaction(factory) as session:
        session.execute(text(words))


def test_a_whole_trail_is_said_to_be_so_with_its_heads(factory):
    found = verify(factory)
    assert (found.state, found.links, found.events, found.files) == ("unbroken", 4, 4, 1)  # the asking is an event too
    assert [(head.chain, head.seq) for head in found.heads] == [("branch:1", 3), ("bureau", 1)]
    assert found.asked_by == "Lin"
    with transaction(factory) as session:
        assert [event.action for event in audit.time_line(session, "audit trail", found.id)] == [
            "verify",
            "ask to verify",
        ]


def test_one_that_is_under_way_is_not_asked_for_twice_and_a_lost_one_does_not_block(factory):
    with transaction(factory) as session:
        first = verification.ask(session, by=LIN)
        assert verification.ask(session, by=LIN) == first
        assert verification.checks(session)[0].state == "waiting"
        assert [job.task for job in jobs.undone(session, ["todo"])] == [verification.WALK]
        with clock.at(clock.now() + verification.GIVEN_UP + timedelta(minutes=1)):
            assert verification.ask(session, by=LIN) != first


def test_it_tells_how_far_it_is_while_it_walks(factory, monkeypatch):
    monkeypatch.setattr(chain, "TOLD_EVERY", 1)
    seen: list[tuple[str, int, int]] = []
    whole = chain._fault

    def look_on(*given):
        with transaction(factory) as other:
            view = verification.checks(other)[0]
            seen.append((view.state, view.walked, view.total))
        return whole(*given)

    monkeypatch.setattr(chain, "_fault", look_on)
    verify(factory)
    assert seen == [("running", walked, 4) for walked in range(4)]


@pytest.mark.parametrize(
    ("tampering", "where", "seq", "fault"),
    [
        (
            "UPDATE audit_event SET actor = 'Chen' WHERE thing_id = '1' AND thing = 'kettle'",
            "branch:1",
            2,
            "events differ",
        ),
        ("UPDATE audit_link SET seq = 5 - seq WHERE chain = 'branch:1' AND seq IN (2, 3)", "branch:1", 2, "hash"),
    ],
)
def test_a_break_is_named_and_kept(factory, tampering, where, seq, fault):
    change(factory, "ALTER TABLE audit_link DROP CONSTRAINT uq_audit_link_chain_seq")
    change(factory, tampering)
    found = verify(factory)
    assert (found.state, found.chain, found.seq) == ("broken", where, seq)
    assert fault in found.fault
    again = verify(factory)
    assert again.state == "broken"


def test_a_tail_cut_off_is_found_by_the_heads_of_the_verification_before(factory):
    assert verify(factory).state == "unbroken"
    change(
        factory, "DELETE FROM audit_event USING audit_link l WHERE l.id = link_id AND chain = 'branch:1' AND seq = 3"
    )
    change(factory, "DELETE FROM audit_link WHERE chain = 'branch:1' AND seq = 3")
    change(
        factory,
        "UPDATE audit_chain SET seq = 2, head = (SELECT hash FROM audit_link WHERE chain = 'branch:1' AND seq = 2) "
        "WHERE chain = 'branch:1'",
    )
    found = verify(factory)
    assert (found.state, found.chain, found.seq) == ("broken", "branch:1", 3)
    assert "links are missing" in found.fault


def test_a_stored_file_that_was_changed_is_found_by_its_digest(factory):
    change(factory, "UPDATE file SET content = 'another certificate'")
    found = verify(factory)
    assert (found.state, found.fault) == ("broken", verification.FILE_CHANGED)
    with transaction(factory) as session:
        assert found.chain == session.scalars(select(files.File.digest)).one().hex()


def test_what_was_found_stays(factory):
    verify(factory)
    for words in (
        "UPDATE audit_check SET fault = 'x'",
        "UPDATE audit_check SET ended_at = NULL",
        "DELETE FROM audit_check",
    ):
        with pytest.raises(DBAPIError, match=r"frozen|stays so|refused"), transaction(factory) as session:
            session.execute(text(words))


def test_a_repeated_job_of_one_that_ended_does_nothing(factory):
    found = verify(factory)
    with transaction(factory) as session:
        verification.run(session, found.id)
        verification.run(session, found.id + 1)
        assert len(session.scalars(select(AuditCheck.id)).all()) == 1
