"""A token is shown once, kept as a hash, gives no more than its person has, and ends."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from lims import clock
from lims.errors import Invalid, NotAllowed, NotFound
from lims.people import operations, queries
from lims.people.records import ApiToken
from lims.people.rights import Right, Role
from tests.people.conftest import FOUNDER


@pytest.fixture
def manager(bureau):
    """A laboratory manager of the north."""
    return bureau.person("manager", (Role.MANAGER, bureau.north, None), branch=bureau.north)


def test_a_token_stands_for_its_person(bureau, session, manager):
    token = operations.create_token(session, by=manager, label="robot")
    actor = queries.actor_by_token(session, token, request_id="r-2", address="192.0.2.9")
    assert actor.person_id == manager.person_id
    assert actor.grants == manager.grants
    assert actor.request_id == "r-2"


def test_a_token_gives_only_the_rights_named_and_held(bureau, session, manager):
    token = operations.create_token(session, by=manager, label="reader", rights=[str(Right.READ)])
    actor = queries.actor_by_token(session, token)
    assert {grant.right for grant in actor.grants} == {Right.READ}
    assert "token" in actor.label


def test_a_right_lost_is_lost_to_the_token_too(bureau, session, manager):
    token = operations.create_token(session, by=manager, label="robot")
    [role] = queries.person(session, manager.person_id).roles
    operations.revoke_role(session, by=FOUNDER, role_held_id=role.id)
    assert queries.actor_by_token(session, token).grants == frozenset()


def test_only_the_hash_is_kept(session, manager):
    token = operations.create_token(session, by=manager, label="robot")
    row = session.scalars(select(ApiToken)).one()
    assert token not in str(vars(row))
    assert len(token) > 40


def test_a_token_ends_by_time_and_by_hand(session, manager):
    short = operations.create_token(session, by=manager, label="short", days=1)
    revoked = operations.create_token(session, by=manager, label="revoked")
    assert queries.actor_by_token(session, short)
    with clock.at(clock.now() + timedelta(days=1, seconds=1)):
        assert queries.actor_by_token(session, short) is None
    newest = queries.tokens(session, manager.person_id)[0]
    for _ in range(2):
        operations.revoke_token(session, by=manager, token_id=newest.id)
    assert queries.actor_by_token(session, revoked) is None
    assert queries.actor_by_token(session, "lims_nothing") is None


def test_nobody_revokes_the_token_of_another(bureau, session, manager):
    operations.create_token(session, by=manager, label="robot")
    [token] = queries.tokens(session, manager.person_id)
    with pytest.raises(NotFound):
        operations.revoke_token(session, by=bureau.person("other"), token_id=token.id)
    operations.revoke_token(session, by=bureau.administrator, token_id=token.id)
    assert queries.tokens(session, manager.person_id)[0].revoked_at


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"label": " "}, "label"),
        ({"days": 0}, "days"),
        ({"days": 367}, "days"),
        ({"rights": ["fly"]}, "rights"),
        ({"rights": []}, "rights"),
        ({"rights": ["read", "administer"]}, "rights"),
    ],
)
def test_what_a_token_can_not_be(session, manager, given, field):
    with pytest.raises(Invalid) as refused:
        operations.create_token(session, by=manager, **({"label": "robot"} | given))
    assert field in refused.value.fields


def test_use_is_noted_at_most_every_ten_minutes(session, manager):
    token = operations.create_token(session, by=manager, label="robot")
    first = clock.now()
    seen = []
    for minutes in (0, 5, 11):
        with clock.at(first + timedelta(minutes=minutes)):
            operations.note_use(session, token=token)
        seen.append(round((session.scalars(select(ApiToken.last_used_at)).one() - first) / timedelta(minutes=1)))
    assert seen == [0, 0, 11]


def test_who_manages_people_of_one_branch_revokes_no_token_of_another(bureau, session, manager):
    operations.create_token(session, by=manager, label="robot")
    [token] = queries.tokens(session, manager.person_id)
    southern = bureau.person("chief", (Role.ADMINISTRATOR, bureau.south, None))
    with pytest.raises(NotAllowed):
        operations.revoke_token(session, by=southern, token_id=token.id)
    assert queries.tokens(session, manager.person_id)[0].revoked_at is None
