"""What a user can set or call stands in the reference, and nothing else does."""

from __future__ import annotations

import re
import tomllib
from importlib import import_module

from lims import config
from lims.cli import NOUNS
from tests.house.tree import ROOT, tracked


def reference(name: str) -> str:
    """Return a page of the reference."""
    return (ROOT / "docs" / "reference" / name).read_text("utf-8")


def test_every_setting_is_documented_and_every_documented_one_exists():
    settings = {config.variable(name) for name in config.DEFAULTS}
    rows = set(re.findall(r"^\| `(LIMS_\w+)`", reference("settings.md"), re.MULTILINE))
    assert rows == settings


def test_settings_are_read_in_one_place():
    readers = [
        str(path.relative_to(ROOT))
        for path in tracked("lims/*.py")
        if re.search(r"environ(\.get\(|\[)[\"']LIMS_|getenv\([\"']LIMS_", path.read_text("utf-8"))
    ]
    assert readers == []


def test_every_command_is_documented():
    page = reference("commands.md")
    commands = [f"lims {noun} {verb}".strip() for noun, module in NOUNS.items() for verb in import_module(module).VERBS]
    assert [command for command in commands if f"`{command}" not in page] == []


def test_every_package_that_we_chose_has_its_reason():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    chosen = [
        *project["dependencies"],
        *(name for extra in project["optional-dependencies"].values() for name in extra),
    ]
    page = (ROOT / "docs" / "decisions" / "0004-licence-and-dependencies.md").read_text("utf-8").lower()
    names = {re.match(r"[A-Za-z0-9-]+", line).group().lower() for line in chosen}
    assert [name for name in sorted(names) if name.removesuffix("-python") not in page] == []
