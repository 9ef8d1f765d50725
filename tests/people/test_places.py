"""Branches and laboratories: entered by the administrator of the place, changed with a trace."""

from __future__ import annotations

import pytest

from lims.errors import Invalid, NotAllowed, NotFound
from lims.people import operations, queries
from lims.people.rights import Role
from lims.store import audit


def test_a_branch_is_the_business_of_the_whole_bureau(bureau, session):
    keeper = bureau.person("keeper", (Role.ADMINISTRATOR, bureau.north, None))
    with pytest.raises(NotAllowed, match="whole bureau"):
        operations.create_branch(session, by=keeper, code="E", name={"en": "East"})
    with pytest.raises(NotAllowed):
        operations.create_laboratory(session, by=keeper, branch_id=bureau.south, code="X", name={"en": "X"})
    with pytest.raises(NotAllowed):
        operations.change_branch(session, by=keeper, branch_id=bureau.south, name={"en": "Mine"}, address=None)
    own = operations.create_laboratory(session, by=keeper, branch_id=bureau.north, code="X", name={"en": "X"})
    assert queries.laboratories(session, branch_id=bureau.north)[-1].id == own.id


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"code": "N"}, "code"),
        ({"code": "east"}, "code"),
        ({"code": ""}, "code"),
        ({"code": "NINELETTE"}, "code"),
        ({"name": {"en": " "}}, "name-en"),
        ({"time_zone": "Asia/Nowhere"}, "time_zone"),
        ({"time_zone": "../etc/passwd"}, "time_zone"),
    ],
)
def test_what_a_branch_can_not_be(bureau, session, given, field):
    with pytest.raises(Invalid) as refused:
        operations.create_branch(session, by=bureau.administrator, **({"code": "E", "name": {"en": "East"}} | given))
    assert set(refused.value.fields) == {field}


def test_an_office_lies_under_a_branch_that_is_there(bureau, session):
    by = bureau.administrator
    operations.create_branch(session, by=by, code="NO", name={"en": "Office"}, parent_id=bureau.north)
    with pytest.raises(NotFound):
        operations.create_branch(session, by=by, code="XO", name={"en": "Office"}, parent_id=999_999)


def test_a_laboratory_changes_with_a_trace_and_keeps_a_colour_to_read_on(bureau, session):
    by = bureau.administrator
    given = {"laboratory_id": bureau.tiles, "accreditation": "L-1", "reviewer_may_sign": False}
    operations.change_laboratory(session, by=by, accent="#5a3d8a", name={"en": "Tiles"}, **given)
    session.commit()
    [event] = [one for one in audit.time_line(session, "laboratory", bureau.tiles) if one.action == "change"]
    assert event.old == {"accent": "#0b5a7d", "accreditation": None, "name": {"en": "TIL"}, "reviewer_may_sign": True}
    with pytest.raises(Invalid) as refused:
        operations.change_laboratory(session, by=by, accent="#ffff00", **given)
    assert set(refused.value.fields) == {"accent"}
    with pytest.raises(NotAllowed):
        operations.change_laboratory(
            session, by=bureau.person("k", (Role.ADMINISTRATOR, bureau.south, None)), accent="#000000", **given
        )
