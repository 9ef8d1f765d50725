"""`lims risk` as a person calls it."""

from __future__ import annotations

import json

import pytest

from lims.cli import run

PLAIN = ["risk", "--in-tolerance", "0.95", "--u", "0.125", "--lower", "-1", "--upper", "1"]


def test_the_answer_has_three_risks(capsys):
    """Double quadrature of the joint density (scipy.integrate.quad)."""
    assert run([*PLAIN, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert set(found) == {"pfa", "pfr", "cpfa"}
    assert found["pfa"] == pytest.approx(0.0085826648, abs=1e-9)
    assert found["pfr"] == pytest.approx(0.0155365130, abs=1e-9)


def test_a_guard_band_moves_risk_from_the_consumer_to_the_producer(capsys):
    run([*PLAIN, "--json"])
    plain = json.loads(capsys.readouterr().out)
    run([*PLAIN, "--multiple", "1", "--json"])
    guarded = json.loads(capsys.readouterr().out)
    run([*PLAIN, "--width", "0.25", "--json"])
    assert json.loads(capsys.readouterr().out) == guarded
    assert guarded["pfa"] < plain["pfa"] < plain["pfr"] < guarded["pfr"]


def test_a_wanted_risk_gives_its_guard_band(capsys):
    """JCGM 106, 9.5.4: acceptance up to 1.67 um keeps the consumer's risk at 0.1 %."""
    assert (
        run(
            [
                "risk",
                "--gamma-shape",
                "4",
                "--gamma-scale",
                "0.25",
                "--u",
                "0.25",
                "--upper",
                "2",
                "--max-pfa",
                "0.001",
                "--json",
            ]
        )
        == 0
    )
    found = json.loads(capsys.readouterr().out)
    assert 2 - found["width"] == pytest.approx(1.672, abs=5e-4)
    assert found["pfa"] == pytest.approx(0.001, rel=1e-9)


def test_people_get_lines(capsys):
    assert run(PLAIN) == 0
    assert len(capsys.readouterr().out.splitlines()) == 3


@pytest.mark.parametrize(
    ("more", "named"),
    [
        (["--in-tolerance", "1.2"], "between 0 and 1"),
        (["--u", "-1"], "negative"),
        (["--u", "nan"], "--u"),
        (["--lower", "2"], "below"),
        (["--width", "3"], "leaves nothing"),
        (["--multiple", "1", "--width", "1"], "once"),
        (["--max-pfa", "0.01", "--width", "1"], "guard band"),
        (["--max-pfa", "0.01", "--max-pfr", "0.01"], "one limit"),
        (["--gamma-shape", "4"], "--in-tolerance"),
        (["--k", "0"], "k is positive"),
        (["--other"], "--other"),
    ],
)
def test_a_mistake_is_one_line_and_status_2(more, named, capsys):
    try:
        status = run([*PLAIN, *more])
    except SystemExit as end:
        status = end.code
    out, err = capsys.readouterr()
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert named in err
