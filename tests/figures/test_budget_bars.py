"""Budget bars: what is drawn is what the budget says."""

from __future__ import annotations

import pytest

from lims.figures.budget import MOST, Contribution, budget_bars
from lims.figures.svg import render


def rows(*shares: float) -> list[Contribution]:
    """Contributions a, b, c ... with these shares."""
    return [Contribution(name=f"input {n}", share=share) for n, share in enumerate(shares)]


def test_the_largest_contribution_stands_first():
    values = budget_bars(rows(0.1, 0.7, 0.2), locale="en")["data"]["values"]
    assert [row["name"] for row in values] == ["input 1", "input 2", "input 0"]


def test_many_small_ones_are_added_up_so_that_nothing_is_lost():
    values = budget_bars(rows(*[0.05] * 20), locale="en")["data"]["values"]
    assert len(values) == MOST + 1
    assert values[-1]["name"] == "all others"
    assert sum(row["share"] for row in values) == pytest.approx(1.0, abs=1e-12)


def test_it_is_drawn_the_same_each_time_with_every_name_and_share():
    specification = budget_bars(rows(0.59, 0.4, 0.01), locale="en")
    svg = render(specification)
    assert svg == render(budget_bars(rows(0.59, 0.4, 0.01), locale="en"))
    for text in ("input 0", "59 %", "40 %", "1.0 %", "share of the combined variance"):
        assert text in svg


def test_a_name_is_text_and_never_markup():
    svg = render(budget_bars([Contribution(name="<script>x</script>", share=1.0)], locale="en"))
    assert "<script>" not in svg
    assert "&lt;script&gt;" in svg


def test_a_cancelling_correlation_is_drawn_to_the_left():
    specification = budget_bars([*rows(0.7, 0.6), Contribution(name="correlation", share=-0.3)], locale="en")
    assert "-30 %" in render(specification) or "−30 %" in render(specification)
