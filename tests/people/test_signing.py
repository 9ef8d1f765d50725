"""A signature takes the password again, has a meaning, and is bound to the hash of what was shown; guessing is slow."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from lims import clock
from lims.errors import Invalid, NotAllowed, Refused
from lims.people import operations, queries
from lims.people.operations.attempts import PER_ACCOUNT, PER_ADDRESS
from lims.people.operations.signing import WrongPassword
from lims.store.db import transaction
from tests.people.conftest import FOUNDER, PASSWORD, Bureau, build

HASH = "ab" * 32


def signed(session, by, password=PASSWORD, meaning="approved"):
    return operations.sign(
        session, by=by, password=password, meaning=meaning, thing="report", thing_id=7, content_hash=HASH
    )


def fail(session, account="other@example.org", address="192.0.2.7", times=1):
    for _ in range(times):
        operations.note_attempt(session, account=account, address=address, success=False)


def test_a_signature_says_who_what_when_and_of_what(bureau, session):
    other = bureau.person("other")
    moment = clock.now() - timedelta(days=3)
    with clock.at(moment):
        view = queries.signature(session, signed(session, other))
    assert view.person_id == other.person_id
    assert view.signer == {"en": "Other, Officer", "zh_Hant_TW": "林美華"}
    assert timedelta() <= view.at - moment < timedelta(minutes=1)
    assert view.meaning == "approved"
    assert view.content_hash == HASH


def test_a_signature_keeps_the_name_that_was_signed_with(bureau, session):
    other = bureau.person("other")
    signature = signed(session, other)
    operations.change_person(
        session, by=bureau.administrator, person_id=other.person_id, seen_version=1, changes={"name": {"en": "Changed"}}
    )
    assert queries.signature(session, signature).signer["en"] == "Other, Officer"


def test_a_wrong_password_signs_nothing(bureau, session):
    with pytest.raises(WrongPassword) as refused:
        signed(session, bureau.person("other"), password="correct horse batterz")
    assert set(refused.value.fields) == {"password"}
    assert session.scalar(text("select count(*) from signature")) == 0


def test_a_meaning_is_one_of_ours(bureau, session):
    with pytest.raises(Invalid, match="approved"):
        signed(session, bureau.person("other"), meaning="liked")


def test_only_a_person_signs(session):
    with pytest.raises(NotAllowed):
        signed(session, FOUNDER)


@pytest.mark.parametrize(
    "change", ["update signature set meaning = 'x'", "delete from signature", "truncate signature"]
)
def test_the_database_keeps_signatures_as_they_are(bureau, session, change):
    signed(session, bureau.person("other"))
    with pytest.raises(DBAPIError), session.begin_nested():
        session.execute(text(change))


def test_after_some_wrong_passwords_even_the_right_one_waits(bureau, session):
    other = bureau.person("other")
    fail(session, times=PER_ACCOUNT - 1)
    assert signed(session, other)  # and a right one begins the count anew
    fail(session, times=PER_ACCOUNT)
    with pytest.raises(Refused, match="quarter of an hour"):
        signed(session, other)
    with clock.at(clock.now() + timedelta(minutes=15, seconds=1)):
        assert signed(session, other)


def test_an_address_that_tries_many_accounts_waits_too(bureau, session):
    for n in range(PER_ADDRESS):
        fail(session, account=f"guess{n}@example.org")
    assert not operations.attempt_allowed(session, account="fresh@example.org", address="192.0.2.7")
    assert operations.attempt_allowed(session, account="fresh@example.org", address="192.0.2.8")


def test_accounts_are_counted_without_regard_to_case(bureau, session):
    fail(session, account=" Other@Example.org", times=PER_ACCOUNT)
    assert not operations.attempt_allowed(session, account="other@example.org", address="192.0.2.9")


def test_wrong_passwords_count_although_what_was_to_be_signed_is_rolled_back(module_sessions):
    """And many at the same moment are no more tries than one after the other."""
    with transaction(module_sessions) as session:
        other = build(session).person("other")

    def guess(number: int) -> str:
        try:
            with transaction(module_sessions) as session:
                signed(session, other, password=f"wrong password {number}")
        except (WrongPassword, Refused) as error:
            return type(error).__name__
        return "signed"

    with ThreadPoolExecutor(8) as many:
        said = sorted(many.map(guess, range(16)))
    assert said == ["Refused"] * (16 - PER_ACCOUNT) + ["WrongPassword"] * PER_ACCOUNT
    with pytest.raises(Refused, match="quarter of an hour"), transaction(module_sessions) as session:
        signed(session, other)


def test_a_right_password_is_no_wrong_try_when_something_else_refuses(module_sessions):
    with transaction(module_sessions) as session:
        careful = Bureau(session=session, north=0, south=0, tiles=0, heaters=0).person("careful")

    def sign_and_fail() -> None:
        with transaction(module_sessions) as session:
            assert signed(session, careful)
            raise ZeroDivisionError

    for _ in range(PER_ACCOUNT + 1):
        with pytest.raises(ZeroDivisionError):
            sign_and_fail()
