"""The register of instruments: what it takes, what it refuses, and which instrument may measure on which day."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest
from sqlalchemy.orm import Session

from lims import clock
from lims.errors import Invalid, NotAllowed, Refused, Stale
from lims.instruments import operations, queries
from lims.instruments.operations import NewCertificate, NewInstrument, NewPoint
from lims.instruments.status import Status
from lims.people.records import Branch, Laboratory, Person
from lims.people.rights import Actor, Role, grants_of
from lims.store.db import Sessions

MARCH = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)


@pytest.fixture
def session(sessions: Sessions) -> Iterator[Session]:
    """A session of the database: elsewhere in this folder the word means one with an instrument."""
    with sessions() as session:
        yield session


@pytest.fixture
def laboratory(session: Session) -> Laboratory:
    branch = Branch(code="T", name={"en": "Test branch"})
    session.add(branch)
    session.flush()
    laboratory = Laboratory(branch_id=branch.id, code="TT", name={"en": "Test laboratory"})
    session.add(laboratory)
    session.flush()
    return laboratory


def actor(session: Session, laboratory: Laboratory, role: Role) -> Actor:
    person = Person(email=f"{role.name.lower()}@example.test", name={"en": role.value}, session_key=role.name)
    session.add(person)
    session.flush()
    return Actor(person_id=person.id, label=role.value, grants=grants_of(role, branch_id=laboratory.branch_id))


@pytest.fixture
def manager(session: Session, laboratory: Laboratory) -> Actor:
    return actor(session, laboratory, Role.MANAGER)


def balance(laboratory: Laboratory, **changes: object) -> NewInstrument:
    values = {"number": "TT-1", "laboratory_id": laboratory.id, "name": {"en": "Balance"}, "kind": "balance"}
    return NewInstrument(**(values | {"maker": "M", "model": "X", "serial": "S1"} | changes))


def certificate(**changes: object) -> NewCertificate:
    points = (
        NewPoint(quantity="mass", unit="g", indication=0, correction=0.0, U=0.010),
        NewPoint(quantity="mass", unit="g", indication=1000, correction=0.020, U=0.010),
    )
    values = {
        "number": "C-1",
        "issued_by": "Another laboratory",
        "calibrated_on": date(2025, 6, 1),
        "valid_until": date(2026, 5, 31),
        "points": points,
    }
    return NewCertificate(**(values | changes))


def test_an_instrument_without_a_certificate_may_not_measure(session: Session, laboratory: Laboratory, manager: Actor):
    row = operations.register_instrument(session, by=manager, instrument=balance(laboratory))

    view = queries.instrument(session, row.id, MARCH)

    assert view.status is Status.NO_CERTIFICATE
    assert not view.usable


def test_a_certificate_counts_only_once_it_was_accepted(session: Session, laboratory: Laboratory, manager: Actor):
    row = operations.register_instrument(session, by=manager, instrument=balance(laboratory))
    entered = operations.enter_certificate(session, by=manager, instrument_id=row.id, certificate=certificate())
    before = queries.instrument(session, row.id, MARCH).status

    operations.accept_certificate(session, by=manager, certificate_id=entered.id, seen_version=1)

    assert before is Status.NO_CERTIFICATE
    assert queries.instrument(session, row.id, MARCH).status is Status.VALID


@pytest.mark.parametrize(
    ("moment", "status"),
    [
        (
            datetime(2025, 5, 31, 15, 59, tzinfo=UTC),
            Status.NO_CERTIFICATE,
        ),  # 31 May in Taipei: before it was calibrated
        (datetime(2025, 5, 31, 16, 1, tzinfo=UTC), Status.VALID),  # 1 June in Taipei
        (datetime(2026, 5, 2, 2, 0, tzinfo=UTC), Status.DUE_SOON),
        (datetime(2026, 5, 31, 15, 59, tzinfo=UTC), Status.DUE_SOON),  # the last day is included
        (datetime(2026, 5, 31, 16, 1, tzinfo=UTC), Status.OVERDUE),
    ],
)
def test_validity_is_judged_by_the_day_of_the_laboratory(
    session: Session, laboratory: Laboratory, manager: Actor, moment: datetime, status: Status
):
    row = operations.register_instrument(session, by=manager, instrument=balance(laboratory))
    operations.record_certificate(session, by=manager, instrument_id=row.id, certificate=certificate())

    assert queries.instrument(session, row.id, moment).status is status


def test_a_failed_check_suspends_whoever_found_it(session: Session, laboratory: Laboratory, manager: Actor):
    row = operations.register_instrument(session, by=manager, instrument=balance(laboratory))
    operations.record_certificate(session, by=manager, instrument_id=row.id, certificate=certificate())
    technician = actor(session, laboratory, Role.TECHNICIAN)

    operations.record_check(session, by=technician, instrument_id=row.id, at=clock.now(), passed=False, note="drifted")

    assert queries.instrument(session, row.id, MARCH).status is Status.NOT_IN_SERVICE


def test_the_same_serial_is_registered_once(session: Session, laboratory: Laboratory, manager: Actor):
    operations.register_instrument(session, by=manager, instrument=balance(laboratory))

    with pytest.raises(Invalid) as refusal:
        operations.register_instrument(session, by=manager, instrument=balance(laboratory, number="TT-2"))

    assert str(refusal.value) == "This serial is registered already, as TT-1."


def test_a_technician_may_not_register_instruments(session: Session, laboratory: Laboratory):
    technician = actor(session, laboratory, Role.TECHNICIAN)

    with pytest.raises(NotAllowed):
        operations.register_instrument(session, by=technician, instrument=balance(laboratory))


def test_two_managers_at_once_do_not_both_decide(session: Session, laboratory: Laboratory, manager: Actor):
    row = operations.register_instrument(session, by=manager, instrument=balance(laboratory))
    operations.move_instrument(session, by=manager, instrument_id=row.id, name="suspend", seen_version=1, why="dropped")

    with pytest.raises(Stale):
        operations.move_instrument(session, by=manager, instrument_id=row.id, name="retire", seen_version=1, why="old")


def test_a_certificate_corrects_within_its_points_and_refuses_outside(
    session: Session, laboratory: Laboratory, manager: Actor
):
    row = operations.register_instrument(session, by=manager, instrument=balance(laboratory))
    entered = operations.record_certificate(session, by=manager, instrument_id=row.id, certificate=certificate())
    view = queries.certificate(session, entered.id)

    inside = queries.correction(view, "mass", 0.5, "kg")

    assert inside.value == pytest.approx(0.010)
    assert inside.u == pytest.approx(0.005)
    with pytest.raises(Refused, match="outside what certificate C-1 covers"):
        queries.correction(view, "mass", 1500, "g")
    with pytest.raises(Refused, match="says nothing of voltage"):
        queries.correction(view, "voltage", 1, "V")


def test_a_bench_is_known_by_its_token_until_that_is_revoked(session: Session, laboratory: Laboratory, manager: Actor):
    bench = operations.create_bench(session, by=manager, laboratory_id=laboratory.id, code="B1", name={"en": "Bench"})
    token = operations.issue_bench_token(session, by=manager, bench_id=bench.id)
    known = queries.bench_by_token(session, token)

    operations.revoke_bench_tokens(session, by=manager, bench_id=bench.id)

    assert known is not None
    assert known.code == "B1"
    assert queries.bench_by_token(session, token) is None
    assert queries.bench_by_token(session, "guess") is None
