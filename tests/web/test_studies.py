"""A validation study on the pages of an edition and over JSON: stored, shown, fed into a new edition."""

from __future__ import annotations

import html
import re

import pytest

from lims.methods import document as documents
from lims.methods import operations
from lims.methods.studies import KINDS, study
from lims.people.rights import Role
from lims.store.db import transaction
from lims.web.studies import EXAMPLES, KIND_WORDS, NUMBERS
from tests.methods.bureau import DOCUMENT


@pytest.fixture(scope="module")
def edition(bureau_of_roles, module_sessions) -> tuple[int, int]:
    """A draft of a method of the northern laboratory: its method and itself."""
    bureau = bureau_of_roles
    with transaction(module_sessions) as session:
        bureau.session = session
        by = bureau.person("studious", (Role.METHOD_OWNER, bureau.north, None))
        method = operations.create_method(
            session, by=by, code="ST-1", title={"en": "Studied"}, kind="testing", laboratory_id=bureau.tiles
        )
        row = operations.write_version(
            session, by=by, method_id=method.id, edition="1", standard="EN 1", document=DOCUMENT
        )
        return method.id, row.id


def words(page: str) -> str:
    """A page as it is read."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page.partition("<main")[2])).split())


def test_the_examples_of_the_form_can_be_computed_and_every_number_has_a_word():
    assert set(EXAMPLES) == set(KINDS) == set(KIND_WORDS)
    for text in EXAMPLES.values():
        assert set(study(documents.load(text)).numbers) <= set(NUMBERS)


def test_a_study_is_stored_shown_and_begins_a_new_edition(as_, edition):
    writer, (method_id, version_id) = as_(Role.METHOD_OWNER), edition
    address = f"/methods/{method_id}/editions/{version_id}/studies"
    assert address in writer.get(f"/methods/{method_id}/editions/{version_id}")
    page = writer.get(f"{address}?kind=precision")
    assert "groups:" in page
    assert "kind: mood" in writer.send(page, address, 422, document="kind: mood")

    place = writer.send(page, address, document=EXAMPLES["precision"])
    page = writer.get(place)
    assert "Reproducibility s_R 0.50662" in words(page)
    assert "Three days, two operators" in words(writer.get(address))
    made = writer.send(page, f"{place}/edition", into="m", edition="2")
    assert "Three days, two operators" in words(writer.get(made))
    writer.send(writer.get(place), f"{place}/edition", 422, into="x", edition="3")


def test_a_technician_reads_and_does_not_write(as_, edition):
    method_id, version_id = edition
    page = as_(Role.TECHNICIAN).get(f"/methods/{method_id}/editions/{version_id}/studies")
    assert "Compute and store" not in page


def test_over_json(api_as, edition):
    call, (_method_id, version_id) = api_as(Role.METHOD_OWNER), edition
    document = {"kind": "detection", "unit": "mg", "blanks": [0.0, 0.1, 0.2], "n": 4}
    status, made = call("post", f"/editions/{version_id}/studies", document=document)
    assert (status, made["places"]) == (201, ["y"])
    assert made["answer"]["limits"] == pytest.approx({"lod": 0.15, "loq": 0.5})
    assert call("post", f"/editions/{version_id}/studies", document=document)[1]["id"] == made["id"]
    assert made["id"] in [one["id"] for one in call("get", f"/editions/{version_id}/studies")[1]]
    status, edition_made = call("post", f"/studies/{made['id']}/edition", into="y", edition="by JSON")
    assert (status, edition_made["document"]["limits_of"]["y"]["loq"]) == (201, pytest.approx(0.5))
    assert call("get", f"/studies/{made['id']}")[1]["content_hash"] == made["content_hash"]
    assert api_as(Role.TECHNICIAN)("post", f"/editions/{version_id}/studies", document=document)[0] == 403
