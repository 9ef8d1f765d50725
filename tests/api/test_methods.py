"""Methods and the catalogue over JSON, as a program with a token uses them."""

from __future__ import annotations

import pytest

from lims.methods import operations
from lims.methods.document import canonical_hash
from lims.people.rights import Role
from lims.store.db import transaction
from tests.methods.bureau import DOCUMENT


@pytest.fixture(scope="module")
def methods(module_sessions, bureau_of_roles, api_as) -> list[int]:
    """Seven methods of the northern laboratory, each offered, stored."""
    api_as(Role.METHOD_OWNER)
    with transaction(module_sessions) as session:
        bureau_of_roles.session = session
        writer = bureau_of_roles.person("author", (Role.METHOD_OWNER, bureau_of_roles.north, None))
        found = []
        for number in range(7):
            method = operations.create_method(
                session, by=writer, code=f"M-{number}", title={"en": f"Method {number}", "zh_Hant_TW": f"方法{number}"},
                kind="testing", laboratory_id=bureau_of_roles.tiles,
            )  # fmt: skip
            operations.offer_service(
                session, by=writer, code=f"S-{number}", name={"en": "Service"}, method_id=method.id,
                laboratory_id=bureau_of_roles.tiles, turnaround_days=5,
            )  # fmt: skip
            found.append(method.id)
    return found


@pytest.mark.parametrize("path", ["/methods", "/services"])
def test_a_list_comes_page_by_page_by_code_without_losing_one(methods, api_as, path):
    call, cursor, codes = api_as(Role.TECHNICIAN), "", []
    while cursor is not None:
        status, page = call("get", path, limit=3, cursor=cursor)
        assert status == 200
        codes += [row["code"] for row in page["rows"]]
        cursor = page["cursor"]

    assert [code[2:] for code in codes] == [str(number) for number in range(7)]


def test_a_method_without_an_edition_in_force_says_so(methods, api_as):
    status, page = api_as(Role.TECHNICIAN)("get", "/methods", words="方法3")

    assert status == 200
    assert [(row["code"], row["edition"]) for row in page["rows"]] == [("M-3", None)]


def test_a_program_writes_an_edition_and_reads_the_document_back_with_its_hash(methods, api_as):
    call = api_as(Role.METHOD_OWNER)
    body = {"edition": "2026", "standard": "EN 1:2026", "changes": "first", "document": DOCUMENT, "trials": 20_000}

    status, made = call("post", f"/methods/{methods[0]}/editions", **body)

    assert status == 201
    assert (made["state"], made["trials"]) == ("draft", 20_000)
    status, read = call("get", f"/editions/{made['id']}")
    assert (read["document"], read["document_hash"]) == (DOCUMENT, canonical_hash(DOCUMENT))
    status, method = call("get", f"/methods/{methods[0]}")
    assert [row["edition"] for row in method["editions"]] == ["2026"]


def test_a_faulty_document_is_refused_with_the_key_that_has_the_fault(methods, api_as):
    faulty = DOCUMENT | {"outputs": {"y": {"unit": "V", "expression": "3*m"}}}

    status, problem = api_as(Role.METHOD_OWNER)(
        "post", f"/methods/{methods[1]}/editions", edition="1", standard="EN 1", document=faulty
    )

    assert status == 422
    assert "outputs.y" in problem["detail"]


def test_a_technician_and_an_owner_of_another_branch_write_no_edition(methods, api_as):
    body = {"edition": "1", "standard": "EN 1", "document": DOCUMENT}
    for call in (api_as(Role.TECHNICIAN), api_as(Role.METHOD_OWNER, south=True)):
        status, problem = call("post", f"/methods/{methods[2]}/editions", **body)
        assert status == 403
        assert problem["kind"] == "NotAllowed"


def test_what_is_not_there_is_a_problem_with_a_sentence(methods, api_as):
    call = api_as(Role.TECHNICIAN)
    for path in ("/methods/999999", "/editions/999999", "/methods/999999/competences"):
        status, problem = call("get", path)
        assert status == 404
        assert problem["detail"].startswith("There is no such")
