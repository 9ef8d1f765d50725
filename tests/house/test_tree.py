"""Rules about files: small ones, with names that say a subject, and nothing of the machine they were written on."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.house.tree import ROOT, tracked

LONGEST = 450
"""Lines; the house feels comfortable below 200 and asks itself at 300. Generated revisions and data are not counted."""
NAMELESS = ("utils", "helpers", "common", "misc", "manager", "service")


def test_no_file_is_too_long_to_have_one_purpose():
    long = {
        str(path.relative_to(ROOT)): lines
        for path in tracked("*.py")
        if "migrations/versions" not in str(path) and (lines := len(path.read_text("utf-8").splitlines())) > LONGEST
    }
    assert not long, f"cut these: {long}"


def test_every_file_name_says_a_subject():
    names = [path for path in tracked("*.py") if path.stem.strip("_") in NAMELESS]
    assert not names


def test_no_file_knows_the_machine_it_was_written_on():
    places = {f"{ROOT.parent}/", f"{Path.home()}/"} - {"//", "/"}
    found = []
    for path in tracked():
        try:
            text = path.read_text("utf-8")
        except UnicodeDecodeError:
            continue
        found += [f"{path.relative_to(ROOT)}: {place}" for place in places if place in text]
    assert not found


@pytest.mark.parametrize("name", ["README.md", "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "mkdocs.yml", "wsgi.py"])
def test_a_stranger_finds_what_every_project_has(name):
    assert (ROOT / name).stat().st_size > 100


def test_readme_names_the_two_commands():
    readme = (ROOT / "README.md").read_text("utf-8")
    assert "make run" in readme
    assert "make test" in readme


def test_every_make_target_is_explained_to_contributors():
    makefile = (ROOT / "Makefile").read_text("utf-8")
    targets = next(line for line in makefile.splitlines() if line.startswith(".PHONY:")).split()[1:]
    guide = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    assert [target for target in targets if f"make {target}" not in guide] == []
