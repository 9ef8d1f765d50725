"""A right is held in the whole bureau, a branch or a laboratory; roles are bundles."""

from __future__ import annotations

import pytest

from lims.errors import NotAllowed
from lims.people.rights import ROLES, Actor, Grant, Right, Role, grants_of


def holder(*grants: Grant) -> Actor:
    return Actor(person_id=1, label="x", grants=frozenset(grants))


EVERYWHERE = holder(Grant(right=Right.REVIEW))
BRANCH_1 = holder(Grant(right=Right.REVIEW, branch_id=1))
LABORATORY_11 = holder(Grant(right=Right.REVIEW, branch_id=1, laboratory_id=11))


@pytest.mark.parametrize(
    ("actor", "branch_id", "laboratory_id", "allowed"),
    [
        (EVERYWHERE, None, None, True),
        (EVERYWHERE, 2, None, True),
        (EVERYWHERE, 2, 21, True),
        (BRANCH_1, 1, None, True),
        (BRANCH_1, 1, 11, True),
        (BRANCH_1, 2, None, False),
        (BRANCH_1, 2, 21, False),
        (BRANCH_1, None, None, True),  # somewhere
        (LABORATORY_11, 1, 11, True),
        (LABORATORY_11, 1, 12, False),
        (LABORATORY_11, 1, None, False),
        (LABORATORY_11, None, None, True),  # somewhere
    ],
)
def test_a_right_reaches_its_place_and_what_lies_in_it(actor, branch_id, laboratory_id, allowed):
    assert actor.may(Right.REVIEW, branch_id=branch_id, laboratory_id=laboratory_id) is allowed


def test_a_right_of_a_branch_is_none_of_the_whole_bureau():
    EVERYWHERE.must_at(Right.REVIEW, branch_id=None)
    BRANCH_1.must_at(Right.REVIEW, branch_id=1)
    for actor in (BRANCH_1, LABORATORY_11):
        with pytest.raises(NotAllowed, match="whole bureau"):
            actor.must_at(Right.REVIEW, branch_id=None)
    with pytest.raises(NotAllowed):
        LABORATORY_11.must_at(Right.REVIEW, branch_id=1)


def test_one_right_gives_no_other():
    assert not EVERYWHERE.may(Right.APPROVE_REPORT)


def test_an_administrator_has_no_laboratory_authority():
    assert ROLES[Role.ADMINISTRATOR] == {Right.ADMINISTER, Right.MANAGE_PEOPLE}


def test_who_audits_changes_nothing():
    assert ROLES[Role.AUDITOR] == {Right.READ, Right.AUDIT}


def test_every_right_is_in_some_role_or_given_by_name():
    bundled = frozenset().union(*ROLES.values())
    assert set(Right) - bundled == {Right.UNBLIND}, "a right that no role holds can't be used"


def test_nobody_with_one_role_both_submits_and_approves():
    for role, rights in ROLES.items():
        assert not {Right.SUBMIT, Right.APPROVE_REPORT} <= rights, role


def test_places_of_a_right():
    assert EVERYWHERE.branches(Right.REVIEW) is None
    assert BRANCH_1.branches(Right.REVIEW) == {1}
    assert LABORATORY_11.branches(Right.REVIEW) == frozenset()
    assert LABORATORY_11.laboratories(Right.REVIEW) == {11}
    assert grants_of("auditor", branch_id=4) == {Grant(right=right, branch_id=4) for right in ROLES[Role.AUDITOR]}
