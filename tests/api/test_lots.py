"""Lots of materials and standards over JSON, as programs with tokens use them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from lims import clock
from lims.people.rights import Role

TODAY = clock.now().date()
VALUE = {"quantity": "concentration", "unit": "mol/L", "value": "0.1000", "U": 0.0004, "k": 2}


@pytest.fixture(scope="module")
def manager(api_as):
    return api_as(Role.MANAGER)


@pytest.fixture(scope="module")
def lot(manager, bureau_of_roles, api_as) -> dict:
    """An accepted lot."""
    new = {
        "number": "AG-1", "kind": "solution", "laboratory_id": bureau_of_roles.tiles, "name": {"en": "Silver nitrate"},
        "amount": "100", "amount_unit": "mL",
        "edition": {"certificate": "C-1", "expires_on": (TODAY + timedelta(90)).isoformat(), "values": [VALUE]},
    }  # fmt: skip
    status, problem = manager("post", "/lots", **(new | {"number": "A 1"}))
    assert (status, list(problem["fields"])) == (422, ["number"])
    status, made = manager("post", "/lots", **new)
    assert (status, made["status"]) == (201, "not accepted")
    edition = made["editions"][0]
    address = f"/lots/{made['id']}/editions/{edition['id']}/accept"
    status, problem = manager("post", address, seen_version=edition["version"])
    assert (status, problem["clause"]) == (409, "ISO/IEC 17025, 6.6.2")
    status, accepted = api_as(Role.METHOD_OWNER)("post", address, seen_version=edition["version"], why="read")
    assert (status, accepted["status"]) == (200, "valid")
    return accepted


def test_a_lot_is_found_opened_and_taken_from_until_it_is_used_up(manager, lot):
    status, found = manager("get", "/lots", kind="solution", words="silver")
    assert (status, [one["number"] for one in found["rows"]]) == (200, ["AG-1"])
    assert found["rows"][0]["editions"][0]["values"][0]["components"][0]["identity"] == "lot AG-1 concentration"
    page = f"/lots/{lot['id']}"
    assert manager("post", f"{page}/open", on=TODAY.isoformat())[1]["opened_on"] == TODAY.isoformat()
    assert manager("post", f"{page}/open", on=(TODAY - timedelta(1)).isoformat())[0] == 409
    assert manager("post", f"{page}/take-out", amount="12.5", note="dilution")[1]["left"] == "87.5"
    assert manager("post", f"{page}/take-out", amount="88")[0] == 422
    version = manager("get", page)[1]["version"]
    assert manager("post", f"{page}/use-up", seen_version=version)[1]["status"] == "used up"
    assert manager("get", f"{page}/reach")[1]["rows"] == []
    assert manager("post", f"{page}/put-back", seen_version=version + 1, why="a second bottle")[1]["status"] == "valid"


def test_a_correction_counts_only_once_accepted(manager, lot):
    page = f"/lots/{lot['id']}"
    further = {"certificate": "C-2", "why": "corrected by the producer", "values": [VALUE | {"value": "0.1001"}]}
    status, after = manager("post", f"{page}/editions", **further)
    assert status == 201
    assert [(one["number"], one["state"]) for one in after["editions"]] == [(2, "entered"), (1, "accepted")]
    assert after["status"] == "valid"


def test_a_technician_may_not_enter_a_lot_and_another_branch_does_not_see_it(api_as, lot, bureau_of_roles):
    status, _problem = api_as(Role.TECHNICIAN)("post", "/lots", number="X", kind="crm", name={"en": "X"}, edition={},
                                               laboratory_id=bureau_of_roles.tiles)  # fmt: skip
    assert status == 403
    assert api_as(Role.MANAGER, south=True)("get", f"/lots/{lot['id']}")[0] == 404


def test_a_dilution_is_entered_with_the_document_that_computes_its_value(manager, lot, bureau_of_roles):
    document = {
        "inputs": {"c0": {"unit": "mol/L"}, "f": {"unit": "1", "value": 10, "u": 0.01}},
        "bindings": {"c0": {"from": "reference", "quantity": "concentration"}},
        "outputs": {"concentration": {"unit": "mol/L", "expression": "c0 / f"}},
    }
    new = {
        "number": "AG-1-10", "kind": "solution", "laboratory_id": bureau_of_roles.tiles, "name": {"en": "Diluted"},
        "parents": [{"number": "AG-1", "amount": "10 mL"}], "preparation": "10 mL to 100 mL", "edition": {},
    }  # fmt: skip
    status, made = manager("post", "/lots", document=document, **new)
    assert status == 201, made
    value = made["editions"][0]["values"][0]
    assert float(value["value"]) == pytest.approx(0.01)
    assert {one["identity"] for one in value["components"]} == {
        "lot AG-1 concentration",
        "lot AG-1-10 concentration",
    }
    assert [one["number"] for one in made["parents"]] == ["AG-1"]
    del document["bindings"]
    status, problem = manager("post", "/lots", document=document, **(new | {"number": "AG-1-11"}))
    assert (status, list(problem["fields"])) == (422, ["document"])
