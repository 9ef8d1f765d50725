"""The page of states is what the declarations say. `.venv/bin/python -m tests.house.test_states` writes it anew."""

from __future__ import annotations

from importlib import import_module

from lims.store.states import Machine, reference
from tests.house.tree import ROOT, tracked

PAGE = ROOT / "docs" / "reference" / "states.md"


def machines() -> list[Machine]:
    """Return the machines of all subjects, in the order of the files and of their declaration."""
    modules = [".".join(path.relative_to(ROOT).with_suffix("").parts) for path in tracked("lims/*/states.py")]
    subjects = [module for module in modules if module != "lims.store.states"]
    return [
        value for module in subjects for value in vars(import_module(module)).values() if isinstance(value, Machine)
    ]


def test_the_page_of_states_is_what_the_machines_say():
    assert PAGE.read_text("utf-8") == reference(machines()), (
        "write it anew: .venv/bin/python -m tests.house.test_states"
    )


def test_each_kind_of_thing_has_one_machine():
    things = [machine.thing for machine in machines()]
    assert len(things) == len(set(things))


if __name__ == "__main__":
    PAGE.write_text(reference(machines()), "utf-8")
