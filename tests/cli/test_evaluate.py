"""`lims evaluate` and `lims judge` as a person calls them."""

from __future__ import annotations

import io
import json

import pytest

from lims.cli import run

DOCUMENT = """
inputs:
  m_S: {unit: g, value: 10000.005, U: 0.045, k: 2}
  dm: {unit: g, readings: [0.01, 0.03, 0.02], pooled_sd: 0.025}
  d_mD: {unit: mg, value: 0, distribution: {type: rectangular, half_width: 15}}
  d_mC: {unit: mg, value: 0, distribution: {type: rectangular, half_width: 10}}
  dB: {unit: mg, value: 0, distribution: {type: rectangular, half_width: 10}}
outputs:
  m_X: {unit: g, expression: m_S + d_mD + dm + d_mC + dB}
coverage: {k: 2}
"""


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "weight.yaml"
    path.write_text(DOCUMENT, "utf-8")
    return str(path)


def test_json_is_the_whole_answer(file, capsys):
    """EA-4/02, S2: 10000.025 g, U = 0.059 g with k = 2."""
    assert run(["evaluate", file, "--json"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert json.loads(out)["outputs"]["m_X"]["reported"] == {"value": "10000.025", "U": "0.059", "unit": "g", "k": "2"}


def test_people_get_lines(file, capsys):
    assert run(["evaluate", file]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("m_X = 10000.025 g  U = 0.059 g  k = 2")
    assert sum("%" in line for line in lines[1:]) == 5


def test_standard_input(monkeypatch, capsys):
    monkeypatch.setattr("sys.stdin", io.StringIO(DOCUMENT))
    assert run(["evaluate", "-", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("U: 0.045", "UU: 0.045", "inputs.m_S.UU"),
        ("m_S + d_mD", "m_S + * d_mD", "outputs.m_X.expression"),
        ("unit: mg", "unit: mm", "'+'"),
        ("k: 2}", "k: 2", "line"),
        ("0.025", "'0,025'", "comma"),
    ],
)
def test_bad_input_is_one_line_and_status_2(tmp_path, capsys, old, new, named):
    path = tmp_path / "bad.yaml"
    path.write_text(DOCUMENT.replace(old, new), "utf-8")
    assert run(["evaluate", str(path), "--json"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("lims evaluate: ")
    assert err.count("\n") == 1
    assert named in err


@pytest.mark.parametrize("argv", [[], ["nowhere.yaml"], ["x", "--nonsense"], ["x", "--monte-carlo", "1000"], ["."]])
def test_bad_usage_is_one_line_and_status_2(argv, capsys):
    try:
        status = run(["evaluate", *argv])
    except SystemExit as leaving:
        status = leaving.code
    assert status == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_judge_prints_the_statement(capsys):
    argv = [
        "judge",
        "--value",
        "9.61",
        "--u",
        "0.2",
        "--k",
        "2",
        "--upper",
        "10",
        "--rule",
        "guard_band",
        "--multiple",
        "1",
    ]
    assert run([*argv, "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert (answer["outcome"], answer["acceptance"]["upper"]) == ("fail", 9.6)
    assert run(argv) == 0
    assert capsys.readouterr().out.startswith("Fail. Accepted up to 9.6.")


def test_judge_takes_the_ends_of_an_interval(capsys):
    limits = ["--upper", "10", "--rule", "guard_band", "--multiple", "1", "--json"]
    assert run(["judge", "--value", "9.5", "--low", "9.4", "--high", "10.0", *limits]) == 0
    assert json.loads(capsys.readouterr().out)["outcome"] == "pass"
    assert run(["judge", "--value", "9.5", "--low", "-1", "--high", "10.01", *limits]) == 0
    assert json.loads(capsys.readouterr().out)["outcome"] == "fail"
    assert run(["judge", "--value", "9.5", "--low", "9.4", *limits]) == 2
    assert "give --low and --high" in capsys.readouterr().err


def test_judge_takes_negative_numbers(capsys):
    assert run(["judge", "--value", "-1e-3", "--u", "0.01", "--lower", "-1", "--upper", "1", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["outcome"] == "pass"
    assert (
        run(
            [
                "judge",
                "--value",
                "10.4",
                "--u",
                ".2",
                "--upper",
                "10",
                "--rule",
                "guard_band",
                "--multiple",
                "-1",
                "--json",
            ]
        )
        == 0
    )
    assert json.loads(capsys.readouterr().out)["outcome"] == "pass"


@pytest.mark.parametrize(
    "argv",
    [
        "--value 1,5 --u 1 --upper 3",
        "--value 1 --u 1",
        "--value 1 --u 1 --lower -1 --upper 1 --rule guard_band --multiple 1",
        "--upper 3",
        "--value 1 --u 1 --upper 2 --rule nonsense",
        "--value 1 --u 1 --upper 2 --dof x",
        "--vale 1",
    ],
)
def test_judge_refuses_in_one_line(argv, capsys):
    try:
        status = run(["judge", *argv.split()])
    except SystemExit as leaving:
        status = leaving.code
    assert status == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_monte_carlo_stands_beside_the_first_order(file, capsys):
    assert run(["evaluate", file, "--json", "--monte-carlo", "200000", "--seed", "7"]) == 0
    found = json.loads(capsys.readouterr().out)["monte_carlo"]
    assert (found["trials"], found["seed"]) == (200_000, 7)
    one = found["outputs"]["m_X"]
    assert one["mean"] == pytest.approx(10000.025, abs=0.0005)
    assert one["gum_validated"] is True
    assert one["delta"] == 0.0005  # as for u = 0.029
    assert run(["evaluate", file, "--monte-carlo", "1000"]) == 0
    assert "Monte Carlo: 1000 trials, seed 1" in capsys.readouterr().out


def test_adaptive_finds_its_number_of_trials(file, capsys):
    assert run(["evaluate", file, "--json", "--adaptive"]) == 0
    alone = json.loads(capsys.readouterr().out)["monte_carlo"]["trials"]
    assert alone > 100_000
    assert run(["evaluate", file, "--json", "--monte-carlo", "1000", "--adaptive"]) == 0
    assert json.loads(capsys.readouterr().out)["monte_carlo"]["trials"] == alone  # the digits need more than asked for


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["--monte-carlo", "10"], "between 100 and"),
        (["--monte-carlo", "1000", "--seed", "-1"], "seed"),
        (["--monte-carlo", "10", "--adaptive"], "between 100 and"),
        (["--plot", "/nowhere/at/all.svg"], "/nowhere/at/all.svg"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(file, capsys, arguments, named):
    assert run(["evaluate", file, *arguments]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert named in err
    assert len(err.strip().splitlines()) == 1


def test_a_plot_is_drawn_of_trials_or_of_the_budget(file, tmp_path, capsys):
    for arguments, shown in (
        (["--monte-carlo", "1000"], "probability density"),
        ([], "share of the combined variance"),
    ):
        picture = tmp_path / "out.svg"
        assert run(["evaluate", file, "--plot", str(picture), *arguments]) == 0
        assert picture.read_text("utf-8").startswith("<svg")
        assert shown in picture.read_text("utf-8")
    capsys.readouterr()
