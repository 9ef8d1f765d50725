"""Files of certificates over JSON: read, proposed, entered with the certificate, and given back as they came."""

from __future__ import annotations

import base64

import pytest

from lims.people.rights import Role
from tests.api.test_instruments import CERTIFICATE, NEW
from tests.instruments.dcc_documents import BEFORE, document


@pytest.fixture(scope="module")
def manager(api_as):
    return api_as(Role.MANAGER)


@pytest.fixture
def balance(manager, bureau_of_roles, request) -> dict:
    number = f"F-{abs(hash(request.node.name)) % 10**8}"
    given = NEW | {"number": number, "serial": number, "laboratory_id": bureau_of_roles.tiles}
    status, made = manager("post", "/instruments", **given)
    assert status == 201, made
    return made


def test_a_dcc_is_read_entered_with_its_file_and_of_another_serial_only_with_a_reason(manager, balance):
    path = f"/instruments/{balance['id']}/certificates"
    file = base64.b64encode(document(before=BEFORE)).decode()
    status, found = manager("post", f"{path}/read", file=file)
    assert (status, found["kind"], found["signature"], found["other_serial"]) == (200, "DCC", "none", True)
    assert (found["head"]["number"], found["items"][0]["serials"]) == ("K-2026-5", ["MY-77"])
    assert [point["correction"] for point in found["points"]] == ["-0.02", "-0.11", "-0.002", "-0.001", "0.002"]
    _status, again = manager(
        "post", f"{path}/read", file=file, tables={"1": {"parts": ["indication", "", "error"], "range": "10 V"}}
    )
    assert [one["what"] for one in again["not_taken"]] == ["2. Direct voltage: Applied"]
    assert [point["range"] for point in again["points"]] == ["", "", "10 V", "10 V", "10 V"]
    points = [
        {name: value for name, value in point.items() if value} | {"quantity": "dc_voltage"}
        for point in found["points"]
    ]
    given = CERTIFICATE | {"points": points, "source": file}
    status, problem = manager("post", path, **given)
    assert (status, set(problem["fields"])) == (422, {"other_serial"})
    assert "serial MY-77" in problem["detail"]
    status, one = manager("post", path, **given | {"other_serial": "the laboratory mistyped it"})
    newest = one["certificates"][0]
    assert (status, newest["source"], newest["other_serial"]) == (201, True, "the laboratory mistyped it")
    assert ([p["correction"] for p in newest["as_found"]], len(newest["points"])) == ([-0.02, -0.11], 3)
    answer = manager.client.get(
        f"/api/v1{path}/{newest['id']}/source", headers={"Authorization": f"Bearer {manager.token}"}
    )
    assert answer.data == document(before=BEFORE)


@pytest.mark.parametrize(
    ("content", "more"),
    [(b"%PDF-1.7", {}), (b"indication,error\n1,2", {"decimal": "x"}), (b"<!DOCTYPE a><a/>", {}),
     (document(), {"tables": {"0": {"parts": ["guess"]}}}),
     (document(), {"tables": {"0": {"parts": ["indication"]}}}),
     (document(), {"tables": {"7": {}}})],
)  # fmt: skip
def test_what_cant_be_read_is_refused_over_json(manager, balance, content, more):
    file = base64.b64encode(content).decode()
    status, problem = manager("post", f"/instruments/{balance['id']}/certificates/read", file=file, **more)
    assert status == 422, problem


@pytest.mark.parametrize("content", [b"%PDF-1.7", b"<svg/>", b"\x00\x01", document(version="2.4.0"), b" "])
def test_only_what_numbers_can_be_read_from_is_kept_as_their_source(manager, balance, content):
    path = f"/instruments/{balance['id']}"
    given = CERTIFICATE | {"source": base64.b64encode(content).decode()}
    status, problem = manager("post", f"{path}/certificates", **given)
    assert (status, set(problem["fields"])) == (422, {"source"}), problem
    assert manager("get", path)[1]["certificates"] == []
