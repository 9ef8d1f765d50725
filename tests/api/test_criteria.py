"""Acceptance criteria over JSON: entered, replaced, ended; what is outside is accepted with a reason only."""

from __future__ import annotations

import pytest

from lims.people.rights import Role
from tests.api.test_instruments import CERTIFICATE, NEW, decide


@pytest.fixture(scope="module")
def manager(api_as):
    return api_as(Role.MANAGER)


@pytest.fixture
def path(manager, bureau_of_roles, request) -> str:
    number = f"A-{abs(hash(request.node.name)) % 10**8}"
    given = NEW | {"number": number, "serial": number, "laboratory_id": bureau_of_roles.tiles}
    status, made = manager("post", "/instruments", **given)
    assert status == 201, made
    return f"/instruments/{made['id']}"


LIMIT = {"quantity": "mass", "rule": "error", "unit": "mg", "plus": "2"}
POINTS = [
    {"quantity": "mass", "unit": "g", "indication": 0, "correction": 0.0, "U": 0.002},
    {"quantity": "mass", "unit": "g", "indication": 1000, "correction": -0.003, "U": 0.006},
    {"quantity": "mass", "unit": "g", "indication": 1000, "correction": -0.5, "U": 0.006, "phase": "as found"},
]


def test_points_are_judged_and_what_fails_is_accepted_with_a_reason_only(manager, path):
    assert manager("post", f"{path}/criteria", **LIMIT)[0] == 201
    _status, one = manager("post", f"{path}/certificates", **CERTIFICATE | {"points": POINTS})
    certificate = one["certificates"][0]["id"]
    status, found = manager("get", f"{path}/certificates/{certificate}/judgement")
    assert (status, found["judged"], found["failed"], found["found_failed"]) == (200, 2, 1, 1)
    assert [(row["error"], row["held"], row["limit"], row["passed"]) for row in found["as_left"]] == [
        ("0.0", "0.0", "0.002", True), ("0.003", "0.003", "0.002", False),
    ]  # fmt: skip
    assert found["as_found"][0]["error"] == "0.5"
    status, problem = decide(manager, one, "accept", why=" ")
    assert (status, set(problem["fields"])) == (422, {"why"})
    assert "Points outside the acceptance criteria: 1 of 2." in problem["detail"]
    status, one = decide(manager, one, "accept", why="used below 100 g only")
    assert (status, one["certificates"][0]["state"]) == (200, "accepted")
    manager("post", f"{path}/criteria", **LIMIT | {"plus": "900"})
    found = manager("get", f"{path}/certificates/{certificate}/judgement")[1]
    assert found["failed"] == 1  # by what counted when it was decided on


def test_a_newer_criterion_replaces_and_an_end_takes_a_reason(manager, api_as, path):
    manager("post", f"{path}/criteria", **LIMIT)
    manager("post", f"{path}/criteria", **LIMIT | {"rule": "error and U", "plus": "5"})
    _status, found = manager("post", f"{path}/criteria", **LIMIT | {"range": "10 g"})
    assert [(one["range"], one["rule"], one["plus"]) for one in found] == [
        (None, "error and U", "5"),
        ("10 g", "error", "2"),
    ]
    end = {"quantity": "mass", "rule": "error"}
    assert manager("post", f"{path}/criteria", **end)[0] == 422
    status, found = manager("post", f"{path}/criteria", **end, why="the balance is for indication only")
    assert (status, [one["range"] for one in found]) == (201, ["10 g"])
    technician = api_as(Role.TECHNICIAN)
    assert technician("get", f"{path}/criteria")[1] == found
    assert technician("post", f"{path}/criteria", **LIMIT)[0] == 403


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"plus": "0"}, "plus"),
        ({"plus": "1,5"}, "plus"),
        ({"of_indication": "-1"}, "of_indication"),
        ({"unit": ""}, "unit"),
        ({"unit": "parsec per pint"}, "unit"),
        ({"quantity": " "}, "quantity"),
        ({"range": "x" * 10_000}, "range"),
        ({"rule": "largest"}, "rule"),
        ({"specification_days": 365}, "specification_days"),
    ],
)
def test_a_criterion_that_limits_nothing_is_refused(manager, path, change, field):
    status, problem = manager("post", f"{path}/criteria", **LIMIT | change)
    assert (status, set(problem["fields"])) == (422, {field}), problem
    assert manager("get", f"{path}/criteria")[1] == []
