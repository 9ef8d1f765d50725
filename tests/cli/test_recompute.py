"""`lims recompute --check` on a real database: from raw readings to statements, in one process and in several."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import text

from lims import cli
from lims.cli import recompute
from lims.results import queries
from lims.results.entry import Entered
from lims.results.operations import enter_readings
from lims.store.db import transaction
from tests.results.laboratory import build

LINES = 6


@pytest.fixture(scope="module")
def results(module_sessions) -> int:
    """Lines of a balance with a result each: enough to be computed together."""
    with transaction(module_sessions) as session:
        bureau = build(session)
        for number in range(LINES):
            (line_id,) = bureau.job("weighing")
            readings = [f"100.0{number}", "100.02", "100.04"]
            bureau.acquire(line_id, readings, "m", None, instrument_id=bureau.instruments["BAL-1"])
            entry = Entered(input="room", values=("20.5",), unit="degC")
            enter_readings(session, by=bureau.technician, line_id=line_id, entries=[entry])
    return LINES


@pytest.fixture(autouse=True)
def _database(database, monkeypatch):
    monkeypatch.setenv("LIMS_DATABASE_URL", database.url)


@pytest.mark.parametrize("workers", ["1", "2"])
def test_nothing_differs_from_what_the_application_wrote(results, monkeypatch, capsys, workers):
    monkeypatch.setattr(recompute, "PART", 2)
    assert cli.run(["recompute", "--check", "--workers", workers]) == 0
    out = capsys.readouterr().out
    assert out.startswith(f"{results} results computed again")
    assert out.endswith("no differences\n")


def test_a_difference_is_named(results, owner_engine, capsys):
    change = 'UPDATE result SET evaluation = replace(evaluation, \'"unit":"g"\', \'"unit":"kg"\')'
    with owner_engine.begin() as connection:
        connection.execute(text("CREATE TEMPORARY TABLE kept AS TABLE result"))
        connection.execute(text("ALTER TABLE result DISABLE TRIGGER USER"))
        connection.execute(text(change))
    assert cli.run(["recompute", "--check", "--quiet"]) == 1
    out = capsys.readouterr().out
    assert out.count("comes out otherwise now: outputs") == results
    assert f"{2 * results} differences" in out  # the hash of each does not fit either
    with owner_engine.begin() as connection:
        connection.execute(
            text("UPDATE result SET evaluation = (SELECT evaluation FROM kept WHERE kept.id = result.id)")
        )
        connection.execute(text("ALTER TABLE result ENABLE TRIGGER USER"))
        connection.execute(text("DROP TABLE kept"))


def test_one_number_among_many_results_is_found_and_named(results, owner_engine, capsys):
    with owner_engine.begin() as connection:
        connection.execute(text("ALTER TABLE result DISABLE TRIGGER USER"))
        key, kept = connection.execute(text("SELECT id, evaluation FROM result ORDER BY id OFFSET 3 LIMIT 1")).one()
        forged = json.loads(kept)
        forged["outputs"]["M"]["value"] *= 1 + 1e-8
        forged["outputs"]["M"]["budget"][0]["share"] += 1e-7
        write = text("UPDATE result SET evaluation = :text WHERE id = :id")
        connection.execute(write, {"text": json.dumps(forged), "id": key})
    assert cli.run(["recompute", "--check", "--quiet"]) == 1
    assert capsys.readouterr().out.splitlines()[:2] == [
        f"result {key} is not what its hash says",
        f"result {key} comes out otherwise now: outputs.M.budget[0].share, outputs.M.value",
    ]
    with owner_engine.begin() as connection:
        connection.execute(write, {"text": kept, "id": key})
        connection.execute(text("ALTER TABLE result ENABLE TRIGGER USER"))


def test_parts_end_where_their_texts_grow_long(results, module_sessions):
    with transaction(module_sessions) as session:
        each = list(queries.result_parts(session, most=100, largest=1))
        assert each == [[one] for part in queries.result_parts(session, most=100, largest=10**9) for one in part]
        assert len(each) == queries.result_count(session) == results
        assert [len(part) for part in queries.result_parts(session, most=4, largest=10**9)] == [4, 2]


@pytest.mark.parametrize("argv", [[], ["--check", "--workers", "0"], ["--check", "--workers", "x"], ["--nonsense"]])
def test_bad_usage_is_one_line_and_status_2(argv, capsys):
    try:
        status = cli.run(["recompute", *argv])
    except SystemExit as end:
        status = end.code
    assert status == 2
    assert capsys.readouterr().err.count("\n") == 1
