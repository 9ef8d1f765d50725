"""Accounts come by invitation, change with a trace, and end without one's history ending."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from lims import clock
from lims.errors import Invalid, NotAllowed, NotFound, Refused, Stale
from lims.people import operations, passwords, queries
from lims.people.records import Invitation, Person
from lims.people.rights import Right, Role
from lims.store import audit
from lims.store.outbox import OutboxMessage

NEW = "seven tall bridges 七座橋"


def invited(bureau, session, **changes):
    given = {"email": "New.One@example.org", "name": {"en": "New One"}, "role": Role.CLERK, "branch_id": bureau.north}
    return operations.invite(session, by=bureau.administrator, **(given | changes))


def test_an_invitation_makes_an_account_with_its_role(bureau, session):
    word = invited(bureau, session)
    person = operations.accept_invitation(session, word=word, password=NEW, locale="en")
    assert person.email == "new.one@example.org"
    assert passwords.matches(person.password_hash, NEW)
    actor = bureau.actor(person.id)
    assert actor.may(Right.REGISTER, branch_id=bureau.north)
    assert not actor.may(Right.REGISTER, branch_id=bureau.south)


def test_an_invitation_works_once_and_for_a_week(bureau, session):
    word = invited(bureau, session)
    late = invited(bureau, session, email="late@example.org")
    operations.accept_invitation(session, word=word, password=NEW, locale="en")
    with pytest.raises(NotFound, match="used or is too old"):
        operations.accept_invitation(session, word=word, password=NEW, locale="en")
    with clock.at(clock.now() + timedelta(days=8)):
        assert queries.open_invitation(session, late) is None
        with pytest.raises(NotFound):
            operations.accept_invitation(session, word=late, password=NEW, locale="en")


def test_only_the_hash_of_a_link_is_kept_with_the_invitation(bureau, session):
    word = invited(bureau, session)
    row = session.scalars(select(Invitation)).one()
    assert word not in str(vars(row))


def test_an_invitation_goes_by_mail_in_the_language_chosen(bureau, session):
    word = invited(bureau, session, base_url="https://lims.example/", language="en")
    message = session.scalars(select(OutboxMessage)).one()
    assert message.recipient == "new.one@example.org"
    assert f"https://lims.example/invitation/{word}\n" in message.body
    assert message.language == "en"


def test_an_invitation_taken_back_opens_nothing(bureau, session):
    word = invited(bureau, session)
    [waiting] = queries.open_invitations(session, by=bureau.administrator)
    operations.withdraw_invitation(session, by=bureau.administrator, invitation_id=waiting.id)
    assert queries.open_invitations(session, by=bureau.administrator) == []
    with pytest.raises(NotFound):
        operations.accept_invitation(session, word=word, password=NEW, locale="en")


def test_who_has_an_account_is_not_invited_again(bureau, session):
    with pytest.raises(Invalid) as refused:
        invited(bureau, session, email=" ADMIN@example.org ")
    assert "email" in refused.value.fields


@pytest.mark.parametrize("weak", ["short", "password1234", "new.one is me", "aaaaaaaaaaaaaa", "x" * 201])
def test_a_password_that_is_easy_to_guess_is_refused_beside_its_field(bureau, session, weak):
    word = invited(bureau, session)
    with pytest.raises(Invalid) as refused:
        operations.accept_invitation(session, word=word, password=weak, locale="en")
    assert set(refused.value.fields) == {"new_password"}


def test_the_same_password_typed_on_another_keyboard_is_the_same():
    stored = passwords.hash_password("café ﬁle 密碼 twelve")
    assert passwords.matches(stored, "cafe\u0301 file 密碼 twelve")
    assert not passwords.matches(stored, "cafe file 密碼 twelve")
    assert not passwords.matches(None, "nobody has this password")


def test_who_manages_one_branch_gives_no_role_elsewhere_or_everywhere(bureau, session):
    keeper = bureau.person("keeper", (Role.ADMINISTRATOR, bureau.north, None))
    other = bureau.person("other").person_id
    operations.grant_role(session, by=keeper, person_id=other, role=Role.CLERK, branch_id=bureau.north)
    for place in ({}, {"branch_id": bureau.south}, {"branch_id": bureau.south, "laboratory_id": bureau.heaters}):
        with pytest.raises(NotAllowed):
            operations.grant_role(session, by=keeper, person_id=other, role=Role.ADMINISTRATOR, **place)
        with pytest.raises(NotAllowed):
            operations.invite(
                session, by=keeper, email="x@example.org", name={"en": "X"}, role=Role.ADMINISTRATOR, **place
            )


def test_who_manages_one_branch_touches_nobody_of_the_whole_bureau(bureau, session):
    keeper = bureau.person("keeper", (Role.ADMINISTRATOR, bureau.north, None))
    chief = bureau.administrator.person_id
    attempts = (
        lambda: operations.deactivate_person(session, by=keeper, person_id=chief, why="mine now"),
        lambda: operations.offer_new_password(session, by=keeper, person_id=chief),
        lambda: operations.end_sessions(session, by=keeper, person_id=chief),
        lambda: operations.change_person(session, by=keeper, person_id=chief, seen_version=1, changes={}),
    )
    for attempt in attempts:
        with pytest.raises(NotAllowed):
            attempt()


def test_a_laboratory_belongs_to_its_branch(bureau, session):
    with pytest.raises(NotFound, match="in this branch"):
        operations.grant_role(
            session,
            by=bureau.administrator,
            person_id=bureau.person("other").person_id,
            role=Role.TECHNICIAN,
            branch_id=bureau.north,
            laboratory_id=bureau.heaters,
        )


def test_nobody_gives_themselves_a_role(bureau, session):
    with pytest.raises(Refused) as refused:
        operations.grant_role(
            session, by=bureau.administrator, person_id=bureau.administrator.person_id, role=Role.MANAGER
        )
    assert refused.value.clause == "6.2.5"


def test_a_role_given_twice_is_held_once_and_taken_once(bureau, session):
    person = bureau.person("other").person_id
    first = operations.grant_role(
        session, by=bureau.administrator, person_id=person, role=Role.CLERK, branch_id=bureau.north
    )
    again = operations.grant_role(
        session, by=bureau.administrator, person_id=person, role=Role.CLERK, branch_id=bureau.north
    )
    assert first.id == again.id
    for _ in range(2):
        operations.revoke_role(session, by=bureau.administrator, role_held_id=first.id)
    assert not bureau.actor(person).grants
    session.commit()
    actions = [event.action for event in audit.time_line(session, "person", person)]
    assert actions.count("grant role") == 1
    assert actions.count("revoke role") == 1


def test_the_last_administrator_stays(bureau, session):
    chief = bureau.administrator
    [role] = queries.person(session, chief.person_id).roles
    with pytest.raises(Refused, match="last administrator"):
        operations.revoke_role(session, by=chief, role_held_id=role.id)
    second = bureau.person("second", (Role.ADMINISTRATOR, None, None))
    operations.revoke_role(session, by=second, role_held_id=role.id)
    with pytest.raises(Refused, match="last administrator"):
        operations.deactivate_person(session, by=chief, person_id=second.person_id, why="gone")


def test_a_closed_account_ends_its_sessions_and_tokens_and_can_be_opened_again(bureau, session):
    leaver = bureau.person("leaver", (Role.CLERK, bureau.north, None), branch=bureau.north)
    token = operations.create_token(session, by=leaver, label="robot")
    before = queries.account(session, leaver.person_id).session_key
    operations.deactivate_person(session, by=bureau.administrator, person_id=leaver.person_id, why="Retired.")
    after = queries.account(session, leaver.person_id)
    assert not after.active
    assert queries.signed_in(session, before) is None
    assert queries.actor_by_token(session, token) is None
    with pytest.raises(NotFound):
        bureau.actor(leaver.person_id)
    operations.reactivate_person(session, by=bureau.administrator, person_id=leaver.person_id, why="Came back.")
    assert bureau.actor(leaver.person_id).may(Right.REGISTER, branch_id=bureau.north)


def test_closing_takes_a_reason_and_is_not_for_oneself(bureau, session):
    other = bureau.person("other")
    with pytest.raises(Invalid):
        operations.deactivate_person(session, by=bureau.administrator, person_id=other.person_id, why="  ")
    with pytest.raises(Refused, match="their own account"):
        operations.deactivate_person(
            session, by=bureau.administrator, person_id=bureau.administrator.person_id, why="tired"
        )


def test_a_changed_name_leaves_the_old_one_in_the_trail(bureau, session):
    other = bureau.person("other").person_id
    operations.change_person(
        session, by=bureau.administrator, person_id=other, seen_version=1, changes={"name": {"en": "Married Name"}}
    )
    session.commit()
    [event] = [one for one in audit.time_line(session, "person", other) if one.action == "change"]
    assert event.old["name"]["en"] == "Other"
    assert event.new["name"]["en"] == "Married Name"
    with pytest.raises(Stale):
        operations.change_person(
            session, by=bureau.administrator, person_id=other, seen_version=1, changes={"title": None}
        )
    with pytest.raises(Invalid):
        operations.change_person(
            session, by=bureau.administrator, person_id=other, seen_version=2, changes={"name": {"en": " "}}
        )
    with pytest.raises(Invalid):
        operations.change_person(
            session, by=bureau.administrator, person_id=other, seen_version=2, changes={"password_hash": "x"}
        )


def test_a_forgotten_password_is_renewed_by_a_link(bureau, session):
    other = bureau.person("other").person_id
    session_key = queries.account(session, other).session_key
    word = operations.offer_new_password(
        session, by=bureau.administrator, person_id=other, base_url="https://lims.example"
    )
    assert re.search(rf"/invitation/{word}\b", session.scalars(select(OutboxMessage.body)).one())
    assert queries.open_invitations(session, by=bureau.administrator) == []
    operations.accept_invitation(session, word=word, password=NEW, locale="en")
    account = queries.account(session, other)
    assert passwords.matches(account.password_hash, NEW)
    assert account.session_key != session_key
    assert session.scalars(select(Person.email)).all().count("other@example.org") == 1


def test_the_one_who_changes_a_password_is_logged_out_elsewhere(bureau, session):
    other = bureau.person("other")
    before = queries.account(session, other.person_id).session_key
    operations.change_password(session, by=other, new=NEW)
    assert queries.account(session, other.person_id).session_key != before
    with pytest.raises(Invalid):
        operations.change_password(session, by=other, new="password1234")


def test_a_password_costs_more_to_try_than_owasp_asks_at_the_least():
    """OWASP, Password Storage Cheat Sheet: argon2id with 19 MiB and 2 passes, or what costs as much, at the least."""
    name, version, numbers = passwords.hash_password("correct horse battery").split("$")[1:4]
    memory, passes, lanes = (int(part.split("=")[1]) for part in numbers.split(","))
    assert (name, version) == ("argon2id", "v=19")
    assert memory >= 19 * 1024
    assert passes >= 2
    assert lanes == 1


def test_only_the_newest_link_to_a_password_works_and_none_after_the_password_was_changed(bureau, session):
    other = bureau.person("forgetful")
    first = operations.offer_new_password(session, by=bureau.administrator, person_id=other.person_id)
    second = operations.offer_new_password(session, by=bureau.administrator, person_id=other.person_id)
    with pytest.raises(NotFound):
        operations.accept_invitation(session, word=first, password="seven tall bridges", locale="en")
    operations.change_password(session, by=other, new="eleven blue lanterns")
    with pytest.raises(NotFound):
        operations.accept_invitation(session, word=second, password="seven tall bridges", locale="en")
