"""The register of instruments: what it takes, what it refuses, and which instrument may measure on which day."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from lims import clock
from lims.errors import Invalid, NotAllowed, Refused, Stale
from lims.instruments import operations, queries
from lims.instruments.operations import NewCertificate, NewInstrument, NewPoint
from lims.instruments.records import Instrument
from lims.instruments.status import Status, Validity, status_on
from lims.people.records import Branch, Laboratory, Person
from lims.people.rights import Actor, Role, grants_of
from lims.store import audit
from lims.store.db import Sessions, transaction

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


def actor(session: Session, laboratory: Laboratory, role: Role, email: str = "") -> Actor:
    email = email or f"{role.name.lower()}@example.test"
    person = Person(email=email, name={"en": role.value}, session_key=email)
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

    with pytest.raises(Invalid, match="Say why"):
        operations.revoke_bench_tokens(session, by=manager, bench_id=bench.id, why=" ")
    still_known = queries.bench_by_token(session, token)
    operations.revoke_bench_tokens(session, by=manager, bench_id=bench.id, why="the bench computer was stolen")

    assert known is not None
    assert known.code == "B1"
    assert still_known == known
    assert queries.bench_by_token(session, token) is None
    assert queries.bench_by_token(session, "guess") is None


def balance_in_use(session: Session, laboratory: Laboratory, manager: Actor) -> int:
    return operations.register_instrument(session, by=manager, instrument=balance(laboratory)).id


def test_points_as_found_are_kept_beside_those_as_left_and_never_correct(
    session: Session, laboratory: Laboratory, manager: Actor
):
    row = operations.register_instrument(session, by=manager, instrument=balance(laboratory))
    left = NewPoint(quantity="mass", unit="g", indication=100.0, correction=0.001, U=0.002)
    found = replace(left, correction=-0.9, phase="as found")
    given = certificate(points=[found, left])
    view = queries.certificate(
        session, operations.record_certificate(session, by=manager, instrument_id=row.id, certificate=given).id
    )
    assert [point.correction for point in view.points] == [0.001]
    assert [point.correction for point in view.as_found] == [-0.9]
    assert queries.correction(view, "mass", 100.0, "g").value == 0.001
    only = certificate(number="C-2", points=[found])
    with pytest.raises(Invalid) as refused:
        operations.enter_certificate(session, by=manager, instrument_id=row.id, certificate=only)
    assert "no point as left" in str(refused.value.fields["points"])
    wrong = certificate(number="C-2", points=[left, replace(found, phase="as it likes")])
    with pytest.raises(Invalid) as refused:
        operations.enter_certificate(session, by=manager, instrument_id=row.id, certificate=wrong)
    assert set(refused.value.fields) == {"points.1.phase"}


def test_of_two_certificates_of_one_calibration_the_one_entered_last_counts(
    session: Session, laboratory: Laboratory, manager: Actor
):
    instrument_id = balance_in_use(session, laboratory, manager)
    for number in ("C-1", "C-1 corrected"):
        operations.record_certificate(
            session, by=manager, instrument_id=instrument_id, certificate=certificate(number=number)
        )
    assert queries.instrument(session, instrument_id, MARCH).certificate_number == "C-1 corrected"
    ends = date(2026, 5, 31)
    one, other = (
        Validity(certificate_id=key, number=str(key), calibrated_on=date(2025, 6, 1), valid_until=ends)
        for key in (1, 2)
    )
    for order in ((one, other), (other, one)):
        assert status_on(ends, order, in_service=True, needs_calibration=True) == (Status.DUE_SOON, other)


def test_a_certificate_counts_to_the_last_minute_of_its_last_day_at_the_branch(
    session: Session, laboratory: Laboratory, manager: Actor
):
    instrument_id = balance_in_use(session, laboratory, manager)
    operations.record_certificate(session, by=manager, instrument_id=instrument_id, certificate=certificate())
    last_minute, midnight = datetime(2026, 5, 31, 15, 59, tzinfo=UTC), datetime(2026, 5, 31, 16, 0, tzinfo=UTC)  # +8
    assert queries.instrument(session, instrument_id, last_minute).status is Status.DUE_SOON
    assert queries.instrument(session, instrument_id, midnight).status is Status.OVERDUE
    first_minute = datetime(2025, 5, 31, 16, 0, tzinfo=UTC)
    assert queries.instrument(session, instrument_id, first_minute).status is Status.VALID
    before = queries.instrument(session, instrument_id, first_minute - timedelta(minutes=1))
    assert before.status is Status.NO_CERTIFICATE


def test_who_is_late_is_told_what_suspended_it_and_not_what_came_after(
    session: Session, laboratory: Laboratory, manager: Actor
):
    instrument_id = balance_in_use(session, laboratory, manager)
    for passed in (False, True):
        operations.record_check(
            session, by=manager, instrument_id=instrument_id, at=clock.now(), passed=passed, note="E2 weight"
        )
    session.commit()
    with pytest.raises(Stale) as refused:
        operations.move_instrument(
            session, by=manager, instrument_id=instrument_id, name="retire", seen_version=1, why="sold"
        )
    assert refused.value.data["what"] == "suspend"


def test_the_first_events_name_the_version_they_made(session: Session, laboratory: Laboratory, manager: Actor):
    instrument_id = balance_in_use(session, laboratory, manager)
    entered = operations.enter_certificate(session, by=manager, instrument_id=instrument_id, certificate=certificate())
    session.commit()
    for thing, key in (("instrument", instrument_id), ("certificate", entered.id)):
        (event,) = audit.time_line(session, thing, key)
        assert event.new["version"] == 1


@pytest.mark.parametrize("act", ["certificate", "check"])
def test_nobody_retires_it_while_a_certificate_or_a_check_is_stored(module_sessions: Sessions, act: str):
    with transaction(module_sessions) as session:
        branch = Branch(code=f"L{act}", name={"en": "Branch of locks"})
        session.add(branch)
        session.flush()
        place = Laboratory(branch_id=branch.id, code=f"LL{act}", name={"en": "Laboratory of locks"})
        session.add(place)
        session.flush()
        manager = actor(session, place, Role.MANAGER, email=f"{act}@example.test")
        new = balance(place, number=f"L-{act}", serial=act)
        instrument_id = operations.register_instrument(session, by=manager, instrument=new).id
    with module_sessions() as first, module_sessions() as second:
        if act == "check":
            operations.record_check(
                first, by=manager, instrument_id=instrument_id, at=clock.now(), passed=True, note="x"
            )
        else:
            operations.enter_certificate(first, by=manager, instrument_id=instrument_id, certificate=certificate())
        with pytest.raises(OperationalError):
            second.execute(select(Instrument.id).filter_by(id=instrument_id).with_for_update(nowait=True))
        second.rollback()
        first.rollback()


@pytest.mark.parametrize("name", ["retire", "put in service"])
def test_the_right_is_asked_before_any_reason_is_told(
    session: Session, laboratory: Laboratory, manager: Actor, name: str
):
    instrument_id = balance_in_use(session, laboratory, manager)
    technician = actor(session, laboratory, Role.TECHNICIAN)
    with pytest.raises(NotAllowed):
        operations.move_instrument(
            session, by=technician, instrument_id=instrument_id, name=name, seen_version=9, why="x" * 10_000
        )
    entered = operations.enter_certificate(session, by=manager, instrument_id=instrument_id, certificate=certificate())
    with pytest.raises(NotAllowed):
        operations.accept_certificate(
            session, by=technician, certificate_id=entered.id, seen_version=9, note="x" * 10_000
        )
