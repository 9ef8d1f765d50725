"""What `lims validate` compares: published cases and examples; what can't be computed is not passed over."""

from __future__ import annotations

from lims.methods.procedure import parse
from lims.methods.validation import cases, compare_example, examples, validate


def test_every_case_and_every_example_has_its_numbers():
    found = validate()
    assert {one.case for one in found} == {*cases(), *(f"library/{name}" for name in examples())}
    assert all(one.passed for one in found)


def test_an_example_that_can_not_be_tried_does_not_pass():
    broken = parse(
        {
            "inputs": {"a": {"unit": "g"}},
            "bindings": {"a": {"from": "entry"}},
            "outputs": {"b": {"unit": "g", "expression": "log(a/(1 [g]))*a"}},
            "dry_run": {"inputs": {"a": {"unit": "g", "value": -1}}},
        }
    )
    (found,) = compare_example("broken", broken)
    assert not found.passed
