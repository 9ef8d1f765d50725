"""Clients: entered once, changed with a trace, known only to those who need the name (ISO/IEC 17025 4.2)."""

from __future__ import annotations

import pytest

from lims.errors import Invalid, NotAllowed, NotFound, Stale
from lims.people import operations, queries
from lims.people.company_number import company_number
from lims.people.rights import Role
from lims.store import audit, search

RARE = {"en": "Tu Tiles", "zh_Hant_TW": "𡍼氏磁磚"}  # a character beyond the basic plane


@pytest.fixture
def clerk(bureau):
    """A reception clerk of the north."""
    return bureau.person("clerk", (Role.CLERK, bureau.north, None))


@pytest.fixture
def client(session, clerk):
    """A client."""
    return operations.create_client(session, by=clerk, code="C-1", name=RARE, company_number="0459-5257").id


def test_a_client_is_found_by_number_and_by_words_in_either_language(session, clerk, client):
    for words in ("04595257", "tu ti", "𡍼氏", "C-1"):
        assert [one.id for one in queries.clients(session, by=clerk, words=words)] == [client], words
    assert [one.thing_id for one in search.find(session, "𡍼氏磁磚", kinds=["client"])] == [str(client)]
    assert queries.client(session, client, by=clerk).company_number == "04595257"


def test_the_same_company_is_not_entered_twice(session, clerk, client):
    with pytest.raises(Invalid, match="C-1 has this company number"):
        operations.create_client(session, by=clerk, code="C-2", name={"en": "Twin"}, company_number="04595257")
    with pytest.raises(Invalid) as refused:
        operations.create_client(session, by=clerk, code="C-1", name={"en": "Twin"})
    assert "code" in refused.value.fields


@pytest.mark.parametrize("wrong", ["04595258", "1234567", "0459525a", "045952577"])
def test_a_company_number_with_a_slip_is_refused(session, clerk, wrong):
    with pytest.raises(Invalid):
        operations.create_client(session, by=clerk, code="C-3", name={"en": "Slip"}, company_number=wrong)


@pytest.mark.parametrize("number", ["04595257", "10458575", "22099131", "10458574"])
def test_company_numbers_with_a_right_check_digit_pass(number):
    """Examples of the rule of the Ministry of Finance: a seventh digit of 7 allows two sums."""
    assert company_number(f" {number} ") == number


def test_a_change_keeps_old_and_new_and_refuses_an_old_page(session, clerk, client):
    operations.change_client(session, by=clerk, client_id=client, seen_version=1, changes={"phone": "02-1234"})
    session.commit()
    event = audit.time_line(session, "client", client)[0]
    assert (event.old, event.new) == ({"phone": None}, {"phone": "02-1234"})
    with pytest.raises(Stale):
        operations.change_client(session, by=clerk, client_id=client, seen_version=1, changes={"phone": "x"})
    with pytest.raises(Invalid):
        operations.change_client(session, by=clerk, client_id=client, seen_version=2, changes={"code": "X"})


def test_nothing_changed_is_nothing_written(session, clerk, client):
    operations.change_client(session, by=clerk, client_id=client, seen_version=1, changes={"name": RARE})
    assert queries.client(session, client, by=clerk).version == 1


def test_who_does_not_need_the_name_does_not_get_it(bureau, session, clerk, client):
    technician = bureau.person("technician", (Role.TECHNICIAN, bureau.north, bureau.tiles))
    for ask in (
        lambda: queries.client(session, client, by=technician),
        lambda: queries.clients(session, by=technician),
        lambda: operations.create_client(session, by=technician, code="C-9", name={"en": "X"}),
        lambda: operations.change_client(session, by=technician, client_id=client, seen_version=1, changes={}),
    ):
        with pytest.raises(NotAllowed):
            ask()


def test_there_is_no_client_of_that_key(session, clerk):
    with pytest.raises(NotFound):
        queries.client(session, 999_999, by=clerk)
