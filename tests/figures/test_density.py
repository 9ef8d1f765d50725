"""Distributions with their intervals, one specification for page and PDF."""

from __future__ import annotations

import math

from lims.figures.density import Density, densities
from lims.figures.svg import render


def one(**changes):
    found = {"title": "length <l>", "unit": "nm", "edges": [0.0, 1.0, 2.0], "height": [0.25, 0.75], "value": 1.0,
             "u": 0.5, "dof": 16.7, "first_order": (0.0, 2.0), "symmetric": (0.1, 1.9), "shortest": (0.2, 1.8),
             }  # fmt: skip
    return Density(**(found | changes))


def test_the_curve_of_the_first_order_is_a_density():
    for dof in (3.0, math.inf):
        specification = densities([one(edges=[-20.0, 1.0, 22.0], height=[0.0, 0.0], dof=dof)], locale="en")
        points = specification["vconcat"][0]["layer"][1]["data"]["values"]
        width = points[1]["x"] - points[0]["x"]
        assert abs(sum(point["density"] for point in points) * width - 1) < 0.02


def test_each_output_is_a_picture_in_the_language_of_its_reader():
    specification = densities([one(), one(title="R", symmetric=None)], locale="en")
    assert len(specification["vconcat"]) == 2
    ends = specification["vconcat"][1]["layer"][2]["data"]["values"]
    assert {row["interval"] for row in ends} == {"Monte Carlo, shortest", "first order"}


def test_it_draws_the_same_bytes_again_and_no_markup_gets_in():
    svg = render(densities([one()], locale="en"))
    assert svg == render(densities([one()], locale="en"))
    assert "length &lt;l&gt; / nm" in svg


def test_nothing_uncertain_has_no_curve():
    layers = densities([one(u=0.0)], locale="en")["vconcat"][0]["layer"]
    assert layers[1]["data"]["values"] == []
