"""Editions of a method: written, reviewed, approved with a signature, one in force on each day (7.2.1, 8.3)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from lims import clock
from lims.errors import Invalid, LimsError, NotAllowed, Refused, Stale
from lims.methods import operations, queries
from lims.methods.document import canonical_hash
from lims.people import queries as people
from lims.people.operations.signing import WrongPassword
from lims.people.rights import Role
from lims.store import audit
from lims.store.db import transaction
from tests.methods.bureau import DOCUMENT, NOW, TODAY, Place, set_up
from tests.people.conftest import PASSWORD


@pytest.fixture
def place(session):
    """The method, at 10:00 of the second of March 2026 in Taipei."""
    with clock.at(NOW):
        yield set_up(session)


def in_force(place: Place, on: date) -> str | None:
    found = queries.version_in_force(place.session, place.method, on)
    return found.edition if found else None


def test_an_approved_edition_is_in_force_from_its_day_with_a_signature_over_its_document(place: Place):
    row = place.approve(place.sent("1"), TODAY + timedelta(days=3))

    assert in_force(place, TODAY + timedelta(days=2)) is None
    assert in_force(place, TODAY + timedelta(days=3)) == "1"
    signed = people.signature(place.session, row.signature_id)
    assert (signed.person_id, signed.meaning) == (place.manager.person_id, "approved")
    assert signed.content_hash == canonical_hash(DOCUMENT)


def test_who_wrote_an_edition_does_not_approve_it(place: Place):
    both = place.bureau.person(
        "both", (Role.METHOD_OWNER, place.bureau.north, None), (Role.MANAGER, place.bureau.north, None)
    )
    place.writer = both

    with pytest.raises(Refused, match="Somebody else"):
        place.approve(place.sent("1"), by=both)


def test_approval_takes_the_password_again(place: Place):
    row = place.sent("1")

    with pytest.raises(WrongPassword), place.session.begin_nested():
        place.approve(row, password="something else entirely")

    place.session.refresh(row)
    assert (row.state, row.signature_id, row.in_force_from) == ("in review", None, None)


def test_a_page_that_showed_another_document_approves_nothing(place: Place):
    row = place.sent("1")

    with pytest.raises(Invalid, match="not the one you were shown"):
        place.approve(row, seen_hash=canonical_hash({"other": 1}))


def test_an_edition_is_not_approved_without_review(place: Place):
    with pytest.raises(Refused, match="draft"):
        place.approve(place.draft("1"))
    with pytest.raises(Refused, match="signature"):
        operations.move_version(
            place.session, by=place.manager, version_id=place.sent("2").id, name="approve", seen_version=2
        )


@pytest.mark.parametrize(
    ("fault", "named"),
    [
        ({"outputs": {"y": {"unit": "V", "expression": "3*m"}}}, "outputs.y.expression"),
        ({"outputs": {"y": {"unit": "mg", "expression": "3*n"}}}, "outputs.y"),
        ({"surprise": 1}, "surprise"),
        ({"inputs": {"m": {"unit": "furlongish", "value": 2}}}, "inputs.m"),
    ],
)
def test_a_faulty_document_is_refused_with_the_key_that_has_the_fault(place: Place, fault, named):
    with pytest.raises(Invalid) as refusal:
        place.draft("1", document=DOCUMENT | fault)

    assert named in str(refusal.value)
    assert queries.editions(place.session, place.method) == []


def test_an_edition_has_a_name_of_its_own_and_a_standard(place: Place):
    place.draft("1")
    for given in ({"edition": "1"}, {"edition": " "}, {"edition": "2", "standard": ""}):
        with pytest.raises(Invalid) as refusal:
            place.draft(**given)
        assert refusal.value.fields


def test_a_later_edition_takes_over_on_its_day_and_leaves_no_day_without_one(place: Place):
    first = place.approved("1")
    place.approved("2", TODAY + timedelta(days=10))

    assert first.in_force_until == TODAY + timedelta(days=10)
    assert [in_force(place, TODAY + timedelta(days=day)) for day in (0, 9, 10, 400)] == ["1", "1", "2", "2"]
    standings = [row.standing(TODAY) for row in queries.editions(place.session, place.method)]
    assert standings == ["coming", "in force"]


@pytest.mark.parametrize("days", [-1, 0])
def test_no_edition_takes_over_from_the_past_or_from_the_same_day(place: Place, days):
    place.approved("1")

    with pytest.raises(Invalid) as refusal:
        place.approved("2", TODAY + timedelta(days=days))

    assert "in_force_from" in refusal.value.fields


def test_work_done_by_a_withdrawn_edition_keeps_its_days(place: Place):
    row = place.approved("1", TODAY - timedelta(days=30))
    operations.move_version(
        place.session, by=place.manager, version_id=row.id, name="withdraw", seen_version=row.version, why="wrong"
    )

    with pytest.raises(Invalid, match="work was done"):
        place.approved("2", TODAY - timedelta(days=10))
    assert place.approved("3").in_force_from == TODAY


def test_a_successor_withdrawn_before_its_day_lets_the_edition_before_stand(place: Place):
    place.approved("1")
    row = place.approved("2", TODAY + timedelta(days=10))
    operations.move_version(
        place.session, by=place.manager, version_id=row.id, name="withdraw", seen_version=row.version, why="a fault"
    )

    assert in_force(place, TODAY + timedelta(days=20)) == "1"


def test_an_edition_withdrawn_in_force_leaves_none(place: Place):
    place.approved("1", TODAY - timedelta(days=300))
    with clock.at(NOW + timedelta(days=5)):
        second = place.approved("2", TODAY + timedelta(days=5))
        operations.move_version(
            place.session, by=place.manager, version_id=second.id, name="withdraw", seen_version=second.version,
            why="the standard was withdrawn",
        )  # fmt: skip

    assert in_force(place, TODAY + timedelta(days=6)) is None


def test_only_a_draft_is_written_again_and_only_by_who_saw_it_as_it_is(place: Place):
    row = place.draft("1")
    new = DOCUMENT | {"title": "Mass, better"}
    change = {"by": place.writer, "version_id": row.id, "document": new, "changes": "a title"}
    operations.change_draft(place.session, seen_version=1, **change)

    with pytest.raises(Stale):
        operations.change_draft(place.session, seen_version=1, **change)
    sent = operations.move_version(
        place.session, by=place.writer, version_id=row.id, name="send for review", seen_version=2
    )
    with pytest.raises(Refused, match="Only a draft"):
        operations.change_draft(place.session, seen_version=sent.version, **change)
    assert queries.version(place.session, row.id).document == new


def test_an_edition_states_its_own_number_of_trials_which_freezes_with_it(place: Place):
    row = place.draft("1", trials=10_000_000)
    assert queries.version(place.session, row.id).trials == 10_000_000
    change = {"by": place.writer, "version_id": row.id, "document": DOCUMENT, "changes": "fewer trials"}
    operations.change_draft(place.session, seen_version=1, trials=5000, **change)
    place.session.commit()
    written, changed = audit.time_line(place.session, "method version", row.id)[::-1]
    assert (written.new["trials"], changed.old["trials"], changed.new["trials"]) == (10_000_000, 10_000_000, 5000)
    for wrong in (0, 999, 100_000_001, -1):
        with pytest.raises(Invalid, match="Monte Carlo") as refused:
            operations.change_draft(place.session, seen_version=2, trials=wrong, **change)
        assert "trials" in refused.value.fields
    approved = place.approve(place.sent("2"))
    with pytest.raises(DBAPIError, match="frozen"), place.session.begin_nested():
        place.session.execute(text("UPDATE method_version SET trials = 1000 WHERE id = :id"), {"id": approved.id})


def test_methods_are_written_and_approved_by_those_of_their_branch_only(place: Place):
    stranger = place.bureau.person("stranger", (Role.MANAGER, place.bureau.south, None))
    row = place.sent("1")

    with pytest.raises(NotAllowed):
        place.approve(row, by=stranger)
    place.writer = stranger
    with pytest.raises(NotAllowed):
        place.draft("2")
    place.writer = place.technician
    with pytest.raises(NotAllowed):
        place.draft("2")


def test_what_happened_to_an_edition_stands_in_the_audit_trail(place: Place):
    row = place.approved("1")
    place.session.commit()

    events = audit.time_line(place.session, "method version", row.id)
    assert [event.action for event in events] == ["approve", "send for review", "write"]
    assert events[-1].new["document_hash"] == row.document_hash


@pytest.fixture
def stored(module_sessions):
    """The method with two editions in review, committed."""
    with clock.at(NOW), transaction(module_sessions) as session:
        place = set_up(session)
        second = place.bureau.person("second", (Role.MANAGER, place.bureau.north, None))
        rows = [place.sent(name) for name in ("1", "2")]
        return place.method, list(zip((place.manager, second), rows, strict=True))


def test_of_two_editions_approved_at_the_same_moment_one_is_in_force(stored, module_sessions):
    method, asked = stored

    def approve(manager, row) -> str:
        try:
            with transaction(module_sessions) as session:
                operations.approve_version(
                    session, by=manager, version_id=row.id, password=PASSWORD, in_force_from=date(2030, 1, 1),
                    seen_version=row.version, seen_hash=row.document_hash,
                )  # fmt: skip
        except LimsError as error:
            return str(error)
        return "approved"

    with ThreadPoolExecutor(2) as pool:
        answers = sorted(pool.map(lambda one: approve(*one), asked))

    assert answers == ["A later edition is in force from that day on already.", "approved"]
    with transaction(module_sessions) as session:
        assert sorted(row.state for row in queries.editions(session, method)) == ["approved", "in review"]
