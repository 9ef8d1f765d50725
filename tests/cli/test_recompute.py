"""`lims recompute --check` on a real database: from raw readings to statements, in one process and in several."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from lims import cli
from lims.cli import recompute
from lims.results.entry import Entered
from lims.results.operations import enter_readings
from lims.store.db import transaction
from tests.results.laboratory import build

LINES = 3


@pytest.fixture(scope="module")
def results(module_sessions) -> int:
    """Three lines of a balance with a result each."""
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


@pytest.mark.parametrize("argv", [[], ["--check", "--workers", "0"], ["--check", "--workers", "x"], ["--nonsense"]])
def test_bad_usage_is_one_line_and_status_2(argv, capsys):
    try:
        status = cli.run(["recompute", *argv])
    except SystemExit as end:
        status = end.code
    assert status == 2
    assert capsys.readouterr().err.count("\n") == 1
