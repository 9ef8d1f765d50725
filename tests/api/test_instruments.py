"""Instruments, certificates, checks and benches over JSON, as programs with tokens of two branches use them."""

from __future__ import annotations

import base64
from datetime import date, timedelta

import pytest

from lims import clock
from lims.instruments import operations
from lims.people.rights import Role
from lims.store import audit
from lims.store.db import transaction

TODAY = clock.now().date()
PDF = b"%PDF-1.7\nas it came\n%%EOF\n"
NEW = {
    "name": {"en": "Balance", "zh_Hant_TW": "天平"}, "kind": "balance", "maker": "Mettler-Toledo", "model": "XSR",
    "driver": "mettler-toledo-mt-sics", "resource": "ASRL1::INSTR",
}  # fmt: skip
CERTIFICATE = {
    "number": "C-1", "issued_by": "National Metrology Institute", "calibrated_on": (TODAY - timedelta(30)).isoformat(),
    "valid_until": (TODAY + timedelta(300)).isoformat(),
    "points": [
        {"quantity": "mass", "unit": "g", "indication": 0, "correction": 0.0, "U": 0.002},
        {"quantity": "mass", "unit": "g", "indication": 1000, "correction": -0.003, "U": 0.006, "dof": 50},
    ],
}  # fmt: skip


@pytest.fixture(scope="module")
def manager(api_as):
    return api_as(Role.MANAGER)


@pytest.fixture
def new_number(request) -> str:
    return f"B-{abs(hash(request.node.name)) % 10**8}"


@pytest.fixture
def balance(manager, bureau_of_roles, new_number) -> dict:
    status, made = manager(
        "post", "/instruments", number=new_number, serial=new_number, laboratory_id=bureau_of_roles.tiles, **NEW
    )
    assert status == 201, made
    return made


@pytest.fixture
def calibrated(manager, balance) -> dict:
    """The balance with an accepted certificate, and its answer."""
    status, one = manager("post", f"/instruments/{balance['id']}/certificates", **CERTIFICATE)
    assert status == 201, one
    status, one = decide(manager, one, "accept")
    assert status == 200, one
    return one


def decide(call, one: dict, name: str, why: str = "agrees with the criteria", **more):
    """Decide on the newest certificate."""
    newest = one["certificates"][0]
    given = {"seen_version": newest["version"], "why": why} | more
    return call("post", f"/instruments/{one['instrument']['id']}/certificates/{newest['id']}/{name}", **given)


def test_an_instrument_is_registered_and_found_by_words_in_either_language(manager, api_as, balance):
    assert (balance["status"], balance["usable"], balance["version"]) == ("no certificate", False, 1)
    technician = api_as(Role.TECHNICIAN)
    for words in (balance["number"], "天平", "xsr"):
        _status, page = technician("get", "/instruments", words=words)
        assert balance["id"] in [row["id"] for row in page["rows"]]
    status, page = technician("get", "/instruments", kind="balance", status="no certificate")
    assert (status, balance["id"] in [row["id"] for row in page["rows"]]) == (200, True)
    assert technician("get", "/instruments", status="broken")[0] == 422


def test_the_register_comes_page_by_page_without_losing_one(manager, api_as, bureau_of_roles):
    for number in range(5):
        given = NEW | {"number": f"P-{number}", "serial": f"P-{number}", "laboratory_id": bureau_of_roles.tiles}
        assert manager("post", "/instruments", **given)[0] == 201
    cursor, found = "", []
    while cursor is not None:
        _status, page = api_as(Role.TECHNICIAN)("get", "/instruments", words="P-", limit=2, cursor=cursor)
        found += [row["number"] for row in page["rows"]]
        cursor = page["cursor"]
    assert [number for number in found if number.startswith("P-")] == [f"P-{number}" for number in range(5)]


def test_what_is_wrong_with_a_new_instrument_is_told_by_field(manager, bureau_of_roles, new_number):
    good = NEW | {"number": new_number, "serial": new_number, "laboratory_id": bureau_of_roles.tiles}
    cases = {
        "number": "two words", "name-en": {}, "maker": " ", "serial": "x" * 201, "driver": "no-such",
        "bench_id": 999_999, "interval_days": 0,
    }  # fmt: skip
    for field, wrong in cases.items():
        name = field.partition("-")[0]
        status, problem = manager("post", "/instruments", **good | {name: wrong})
        assert (status, set(problem["fields"])) == (422, {field}), field
    assert manager("post", "/instruments", **good | {"laboratory_id": 999_999})[0] == 404
    assert manager("post", "/instruments", **good | {"colour": "red"})[0] == 422
    assert manager("get", "/instruments", words=new_number)[1]["rows"] == []


def test_the_same_call_twice_registers_once_and_a_twin_is_refused(manager, bureau_of_roles, new_number):
    good = NEW | {"number": new_number, "serial": new_number, "laboratory_id": bureau_of_roles.tiles}
    first = manager("post", "/instruments", key=new_number, **good)
    again = manager("post", "/instruments", key=new_number, **good)
    assert first == again
    status, problem = manager("post", "/instruments", **good)
    assert (status, set(problem["fields"])) == (422, {"number"})
    status, problem = manager("post", "/instruments", **good | {"number": f"{new_number}-2"})
    assert (status, set(problem["fields"])) == (422, {"serial"})


def test_a_bench_of_another_branch_is_none_for_it(manager, balance, bureau_of_roles, module_sessions, api_as):
    api_as(Role.MANAGER, south=True)
    with transaction(module_sessions) as session:
        bureau_of_roles.session = session
        southern = bureau_of_roles.person("southern", (Role.MANAGER, bureau_of_roles.south, None))
        bench = operations.create_bench(
            session, by=southern, laboratory_id=bureau_of_roles.heaters, code="south-1", name={"en": "South"}
        )
        bench_id = bench.id
    status, problem = manager("patch", f"/instruments/{balance['id']}", seen_version=1, bench_id=bench_id)
    assert (status, set(problem["fields"])) == (422, {"bench_id"})
    codes = [one["code"] for one in manager("get", "/benches")[1]]
    assert "south-1" not in codes
    assert "south-1" in [one["code"] for one in api_as(Role.MANAGER, south=True)("get", "/benches")[1]]


def test_a_change_is_made_once_and_a_stale_one_refused(manager, balance):
    path = f"/instruments/{balance['id']}"
    status, changed = manager("patch", path, seen_version=1, interval_days=180, why="drifts")
    assert (status, changed["version"], changed["name"]) == (200, 2, NEW["name"])
    status, problem = manager("patch", path, seen_version=1, interval_days=90)
    assert (status, problem["kind"]) == (409, "Stale")
    assert manager("patch", path, seen_version=2, serial="another")[0] == 422
    assert manager("patch", path, interval_days=90)[0] == 422  # which version was seen?


def test_a_certificate_counts_once_it_was_accepted(manager, balance, module_sessions):
    path = f"/instruments/{balance['id']}"
    status, one = manager("post", f"{path}/certificates", **CERTIFICATE)
    assert (status, one["instrument"]["status"], one["certificates"][0]["state"]) == (201, "no certificate", "entered")
    assert one["certificates"][0]["points"][1] == {
        "quantity": "mass", "unit": "g", "range": None, "indication": 1000.0, "correction": -0.003, "U": 0.006,
        "k": 2.0, "dof": 50.0,
    }  # fmt: skip
    status, one = decide(manager, one, "accept")
    assert (status, one["instrument"]["status"], one["instrument"]["certificate_number"]) == (200, "valid", "C-1")
    assert decide(manager, one, "accept", seen_version=1)[0] == 200  # the same again is answered as done
    assert decide(manager, one, "refuse")[0] == 409
    with transaction(module_sessions) as session:
        events = audit.time_line(session, "certificate", one["certificates"][0]["id"])
    assert sorted(event.action for event in events) == ["accept", "enter"]


def test_a_refused_certificate_never_counts_and_says_why(manager, balance):
    _status, one = manager("post", f"/instruments/{balance['id']}/certificates", **CERTIFICATE)
    assert decide(manager, one, "refuse", why=" ")[0] == 422
    status, one = decide(manager, one, "refuse", why="U is too large")
    newest = one["certificates"][0]
    assert (status, newest["state"], newest["decision_note"]) == (200, "refused", "U is too large")
    assert one["instrument"]["status"] == "no certificate"


WRONG_CERTIFICATES = {
    "calibrated_on: a year of the Republic of China": {"calibrated_on": "0115-03-02", "valid_until": "2026-12-01"},
    "valid_until: a slip of the finger": {"valid_until": "2206-12-01"},
    "number": {"number": "  "},
    "issued_by": {"issued_by": "x" * 501},
    "calibrated_on": {"calibrated_on": (TODAY + timedelta(3)).isoformat()},
    "valid_until": {"valid_until": CERTIFICATE["calibrated_on"]},
    "points": {"points": []},
    "points.0.U": {"points": [CERTIFICATE["points"][0] | {"U": 0}]},
    "points.0.correction": {"points": [CERTIFICATE["points"][0] | {"correction": float("nan")}]},
    "points.0.unit": {"points": [CERTIFICATE["points"][0] | {"unit": "parsec per pint"}]},
    "points.1.unit": {"points": [CERTIFICATE["points"][0], CERTIFICATE["points"][1] | {"unit": "kg"}]},
    "points.1.indication": {"points": [CERTIFICATE["points"][0]] * 2},
    "traceability-en": {"traceability": {"en": "x" * 10_000}},
    "points.0.quantity": {"points": [CERTIFICATE["points"][0] | {"quantity": "x" * 10_000}]},
    "points.0.range": {"points": [CERTIFICATE["points"][0] | {"range": "x" * 10_000}]},
    "points.0.dof": {"points": [CERTIFICATE["points"][0] | {"dof": 0}]},
}


@pytest.mark.parametrize("field", WRONG_CERTIFICATES)
def test_what_is_wrong_with_a_certificate_is_told_by_field_and_nothing_is_stored(manager, balance, field):
    path = f"/instruments/{balance['id']}"
    status, problem = manager("post", f"{path}/certificates", **CERTIFICATE | WRONG_CERTIFICATES[field])
    assert (status, field.partition(":")[0] in problem["fields"]) == (422, True), problem
    assert manager("get", path)[1]["certificates"] == []


def test_the_same_number_is_entered_once_spaces_or_not(manager, balance):
    path = f"/instruments/{balance['id']}/certificates"
    assert manager("post", path, **CERTIFICATE)[0] == 201
    status, problem = manager("post", path, **CERTIFICATE | {"number": " C-1 "})
    assert (status, set(problem["fields"])) == (422, {"number"})


def test_the_file_of_a_certificate_comes_back_as_it_was(manager, api_as, balance):
    path = f"/instruments/{balance['id']}"
    file = base64.b64encode(PDF).decode()
    _status, one = manager("post", f"{path}/certificates", **CERTIFICATE | {"file": file})
    _status, one = manager("post", f"{path}/certificates", **CERTIFICATE | {"number": "C-2", "file": file})
    technician = api_as(Role.TECHNICIAN)
    for certificate in one["certificates"]:
        assert certificate["file"] is True
        answer = technician.client.get(
            f"/api/v1{path}/certificates/{certificate['id']}/file",
            headers={"Authorization": f"Bearer {technician.token}"},
        )
        assert (answer.status_code, answer.data, answer.mimetype) == (200, PDF, "application/pdf")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Content-Disposition"] == f'attachment; filename="certificate-{certificate["id"]}.pdf"'


@pytest.mark.parametrize("content", [b"MZ an exe", b"<html>%%EOF", b"%PDF-1.7 cut off on its w"])
def test_a_file_that_is_no_whole_pdf_is_refused(manager, balance, content):
    path = f"/instruments/{balance['id']}"
    file = base64.b64encode(content).decode()
    status, problem = manager("post", f"{path}/certificates", **CERTIFICATE | {"file": file})
    assert (status, set(problem["fields"])) == (422, {"file"})
    assert manager("post", f"{path}/certificates", **CERTIFICATE | {"file": "no base64!"})[0] == 422
    assert manager("get", path)[1]["certificates"] == []


def test_a_certificate_of_one_instrument_is_none_of_another(manager, calibrated, bureau_of_roles, new_number):
    other = NEW | {"number": f"{new_number}-o", "serial": "o", "laboratory_id": bureau_of_roles.tiles}
    _status, made = manager("post", "/instruments", **other)
    certificate = calibrated["certificates"][0]
    path = f"/instruments/{made['id']}/certificates/{certificate['id']}"
    assert manager("get", f"{path}/file")[0] == 404
    assert manager("post", f"{path}/refuse", seen_version=certificate["version"], why="x")[0] == 404


def test_a_failed_check_suspends_and_it_is_put_back_with_a_reason(manager, api_as, calibrated):
    path = f"/instruments/{calibrated['instrument']['id']}"
    technician = api_as(Role.TECHNICIAN)
    at = clock.now().isoformat()
    status, one = technician("post", f"{path}/checks", at=at, passed=False, note="E2 weight reads 0.02 g low")
    assert (status, one["instrument"]["state"], one["instrument"]["usable"]) == (201, "suspended", False)
    assert [(check["passed"], check["note"]) for check in one["checks"]] == [(False, "E2 weight reads 0.02 g low")]
    version = one["instrument"]["version"]
    assert technician("post", f"{path}/put-in-service", seen_version=version, why="x")[0] == 403
    assert manager("post", f"{path}/put-in-service", seen_version=version)[0] == 422
    status, back = manager("post", f"{path}/put-in-service", seen_version=version, why="levelled, check repeated")
    assert (status, back["state"]) == (200, "in service")
    assert manager("post", f"{path}/checks", at=at, passed=True, note=" ")[0] == 422
    tomorrow = (clock.now() + timedelta(days=1)).isoformat()
    assert manager("post", f"{path}/checks", at=tomorrow, passed=True, note="x")[0] == 422
    assert manager("post", f"{path}/checks", at=date.today().isoformat(), passed=True, note="x")[0] == 422  # noqa: DTZ011


def test_a_retired_instrument_is_not_calibrated_any_more(manager, balance):
    path = f"/instruments/{balance['id']}"
    assert manager("post", f"{path}/retire", seen_version=1, why="sold")[0] == 200
    status, problem = manager("post", f"{path}/certificates", **CERTIFICATE)
    assert (status, problem["kind"]) == (409, "Refused")
    assert manager("post", f"{path}/suspend", seen_version=2, why="x")[0] == 409


CALLS = {
    "see": ("get", "", {}),
    "change": ("patch", "", {"seen_version": 1, "interval_days": 1}),
    "suspend": ("post", "/suspend", {"seen_version": 1, "why": "x"}),
    "check": ("post", "/checks", {"at": "2026-01-05T01:00:00+00:00", "passed": False, "note": "x"}),
    "enter": ("post", "/certificates", CERTIFICATE),
    "decide": ("post", "/certificates/{certificate}/refuse", {"seen_version": 1, "why": "x"}),
    "file": ("get", "/certificates/{certificate}/file", {}),
}


@pytest.mark.parametrize("name", CALLS)
def test_nobody_of_another_branch_learns_that_it_exists(manager, api_as, calibrated, name):
    method, path, given = CALLS[name]
    instrument, certificate = calibrated["instrument"]["id"], calibrated["certificates"][0]["id"]
    southern = api_as(Role.MANAGER, south=True)
    there = southern(method, f"/instruments/{instrument}{path}".format(certificate=certificate), **given)
    nowhere = southern(method, f"/instruments/999999{path}".format(certificate=certificate), **given)
    assert (there[0], nowhere[0]) == (404, 404)
    assert there[1]["detail"] == nowhere[1]["detail"]
    after = manager("get", f"/instruments/{instrument}")[1]
    assert (after["instrument"], after["checks"]) == (calibrated["instrument"], [])


@pytest.mark.parametrize("role", [Role.TECHNICIAN, Role.REVIEWER, Role.CLERK])
def test_who_does_not_manage_instruments_only_reads(api_as, balance, bureau_of_roles, role):
    call = api_as(role)
    good = NEW | {"number": "X-1", "serial": "X-1", "laboratory_id": bureau_of_roles.tiles}
    assert call("post", "/instruments", **good)[0] == 403
    for name in ("change", "suspend", "enter"):
        method, path, given = CALLS[name]
        assert call(method, f"/instruments/{balance['id']}{path}", **given)[0] == 403


HOSTILE = {
    "name": ("name", None),
    "name-en": ("name", {"en": "x" * 10_000}),
    "location": ("location", {"tlh": "jan"}),
    "serial": ("serial", "x" * 10_000),
    "kind": ("kind", " 　 "),
    "location-en": ("location", {"en": "x" * 10_000}),
    "laboratory_id": ("laboratory_id", 10**30),
    "bench_id": ("bench_id", 10**30),
    "interval_days": ("interval_days", -(10**30)),
}


@pytest.mark.parametrize("field", HOSTILE)
def test_what_no_register_can_hold_is_a_refusal_at_its_field(manager, bureau_of_roles, new_number, field):
    name, wrong = HOSTILE[field]
    good = NEW | {"number": new_number, "serial": new_number, "laboratory_id": bureau_of_roles.tiles}
    status, problem = manager("post", "/instruments", **good | {name: wrong})
    assert (status, set(problem["fields"])) == (422, {field}), problem


def test_a_name_is_not_taken_away(manager, balance):
    status, problem = manager("patch", f"/instruments/{balance['id']}", seen_version=1, name=None)
    assert (status, set(problem["fields"])) == (422, {"name"})


def test_rare_characters_stay_and_spaces_around_go(manager, bureau_of_roles, new_number):
    given = {
        "number": new_number,
        "serial": f" {new_number} ",
        "maker": "　Kern ",
        "name": {"zh_Hant_TW": " 𠮷衛天平 "},
    }
    status, made = manager("post", "/instruments", **NEW | {"laboratory_id": bureau_of_roles.tiles} | given)
    assert (status, made["serial"], made["maker"], made["name"]) == (
        201, new_number, "Kern", {"zh_Hant_TW": "𠮷衛天平"},
    )  # fmt: skip
    twin = NEW | {"laboratory_id": bureau_of_roles.tiles} | given | {"number": f"{new_number}-2", "maker": "Kern"}
    status, problem = manager("post", "/instruments", **twin)
    assert (status, set(problem["fields"])) == (422, {"serial"})
    assert new_number in problem["detail"]


def test_a_twin_in_another_branch_is_refused_without_its_number(manager, api_as, balance, bureau_of_roles):
    given = NEW | {"number": "S-TWIN", "serial": balance["serial"], "laboratory_id": bureau_of_roles.heaters}
    status, problem = api_as(Role.MANAGER, south=True)("post", "/instruments", **given)
    assert (status, set(problem["fields"])) == (422, {"serial"})
    assert balance["number"] not in problem["detail"]


def test_that_it_needs_no_calibration_any_more_takes_a_reason(manager, balance):
    path = f"/instruments/{balance['id']}"
    status, problem = manager("patch", path, seen_version=1, needs_calibration=False, why=" ")
    assert (status, set(problem["fields"])) == (422, {"why"})
    status, changed = manager("patch", path, seen_version=1, needs_calibration=False, why="shows the level only")
    assert (status, changed["status"], changed["needs_calibration"]) == (200, "no calibration needed", False)


def test_an_infinite_number_of_degrees_of_freedom_is_none_stated(manager, balance):
    points = [CERTIFICATE["points"][0] | {"dof": float("inf")}]
    status, one = manager("post", f"/instruments/{balance['id']}/certificates", **CERTIFICATE | {"points": points})
    assert (status, one["certificates"][0]["points"][0]["dof"]) == (201, None)


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00+08:00", "1899-12-31T00:00:00+00:00", "9999-12-31T23:59:59-12:00"])
def test_a_check_of_another_age_is_refused_and_the_page_still_opens(manager, balance, at):
    path = f"/instruments/{balance['id']}"
    status, problem = manager("post", f"{path}/checks", at=at, passed=True, note="x")
    assert (status, set(problem["fields"])) == (422, {"at"})
    assert manager("get", path)[1]["checks"] == []


@pytest.mark.parametrize("field", ["why", "note"])
def test_ten_thousand_characters_are_no_reason(manager, balance, field):
    path = f"/instruments/{balance['id']}"
    if field == "why":
        status, problem = manager("post", f"{path}/suspend", seen_version=1, why="x" * 10_000)
    else:
        status, problem = manager("post", f"{path}/checks", at=clock.now().isoformat(), passed=True, note="x" * 10_000)
    assert (status, set(problem["fields"])) == (422, {field})
    assert manager("get", path)[1]["instrument"]["version"] == 1


def test_a_key_larger_than_any_is_none(manager):
    assert manager("get", f"/instruments/{10**30}")[0] == 404
    assert manager("get", "/instruments", laboratory_id=10**30)[0] == 422
    status, page = manager("get", "/instruments", words="no\0such")
    assert (status, page["rows"]) == (200, [])


def test_a_hundred_megabytes_are_a_problem_of_their_own(manager, balance):
    answer = manager.client.post(
        f"/api/v1/instruments/{balance['id']}/certificates",
        data=b'{"file": "' + bytes(100 * 2**20),
        content_type="application/json",
        headers={"Authorization": f"Bearer {manager.token}"},
    )
    assert (answer.status_code, answer.mimetype) == (413, "application/problem+json")
    assert manager("get", f"/instruments/{balance['id']}")[1]["certificates"] == []


def test_every_answer_is_what_its_schema_says(app, manager, calibrated, bureau_of_roles, module_sessions):
    with transaction(module_sessions) as session:
        bureau_of_roles.session = session
        northern = bureau_of_roles.person("northern", (Role.MANAGER, bureau_of_roles.north, None))
        laboratory = {"laboratory_id": bureau_of_roles.tiles, "name": {"en": "North"}}
        operations.create_bench(session, by=northern, code="north-1", **laboratory)
    document = app.test_client().get("/api/openapi.json").json
    path = f"/instruments/{calibrated['instrument']['id']}"
    manager("post", f"{path}/checks", at=clock.now().isoformat(), passed=True, note="E2 weight agrees")
    for address, declared in (
        ("/instruments", "/api/v1/instruments"),
        (path, "/api/v1/instruments/{instrument_id}"),
        ("/benches", "/api/v1/benches"),
    ):
        schema = document["paths"][declared]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
        status, answer = manager("get", address)
        assert (status, bool(answer)) == (200, True)
        assert contradictions(answer, schema, document) == []


WORDS = {"string": str, "integer": int, "boolean": bool, "number": (int, float), "object": dict, "array": list}


def contradictions(answer: object, schema: dict, document: dict, place: str = "") -> list[str]:
    """Return the places of an answer whose kind or name is not what its schema declares."""
    if "allOf" in schema:
        (schema,) = schema["allOf"]
    if "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    if answer is None:
        return [] if schema.get("nullable") else [f"{place} is null"]
    if not isinstance(answer, WORDS[schema["type"]]):
        return [f"{place} is no {schema['type']}"]
    if isinstance(answer, list):
        return [one for part in answer for one in contradictions(part, schema["items"], document, f"{place}[]")]
    if isinstance(answer, dict) and "properties" in schema:
        known = schema["properties"]
        found = [f"{place}.{name} is not declared" for name in answer if name not in known]
        found += [f"{place}.{name} is missing" for name in known if name not in answer]
        return found + [
            one for name in known if name in answer
            for one in contradictions(answer[name], known[name], document, f"{place}.{name}")
        ]  # fmt: skip
    return []
