"""Readings in groups: the GUM's own example, the two rulings, and what is refused."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import f_oneway

from lims.errors import Invalid, TooFewData
from lims.metrology.anova import Group, analysis_of_variance, group_of

MEANS = [10.000172, 10.000116, 10.000013, 10.000144, 10.000106, 10.000031, 10.000060, 10.000125, 10.000163, 10.000041]
SDS = [60e-6, 77e-6, 111e-6, 101e-6, 67e-6, 93e-6, 80e-6, 73e-6, 88e-6, 86e-6]


def test_the_zener_standard_of_the_gum():
    """GUM, H.5.2: mean 10.000097 V, s of the day means 57 uV, s within 85 uV, F(9, 40) = 2.25, u = 18 uV, 9 dof."""
    found = analysis_of_variance([Group(mean=m, sd=s, n=5) for m, s in zip(MEANS, SDS, strict=True)])
    assert found.value == pytest.approx(10.000097, abs=5e-7)
    assert found.s_means == pytest.approx(57e-6, abs=5e-7)
    assert found.s_within == pytest.approx(85e-6, abs=5e-7)
    assert pytest.approx(2.25, abs=0.02) == found.F  # the GUM divides rounded numbers
    assert (found.dof_between, found.dof_within) == (9, 40)
    assert found.differs
    assert found.part.u == pytest.approx(18e-6, abs=5e-7)
    assert found.part.dof == 9


def test_without_a_difference_between_days_all_readings_count():
    """GUM, H.5.2.5: if the days did not differ, u would be 13 uV with 49 degrees of freedom."""
    sds = [3 * s for s in SDS]  # noisier days hide the same means
    found = analysis_of_variance([Group(mean=m, sd=s, n=5) for m, s in zip(MEANS, sds, strict=True)])
    assert not found.differs
    total = math.sqrt((5 * sum((m - np.mean(MEANS)) ** 2 for m in MEANS) + 4 * sum(s * s for s in sds)) / 49)
    assert found.part.u == pytest.approx(total / math.sqrt(50))
    assert found.part.dof == 49


def test_groups_of_one_reading_count_by_their_scatter():
    found = analysis_of_variance([group_of([v]) for v in (1.0, 2.0, 3.0)])
    assert (found.F, found.s_within, found.part.dof) == (None, None, 2)
    assert found.part.u == pytest.approx(1 / math.sqrt(3))


def test_readings_that_never_vary_have_no_uncertainty():
    found = analysis_of_variance([group_of([1.0, 1.0]), group_of([1.0, 1.0])])
    assert (found.value, found.part.u, found.F) == (1.0, 0.0, 0.0)


def test_groups_that_differ_without_any_scatter_inside():
    found = analysis_of_variance([group_of([1.0, 1.0]), group_of([2.0, 2.0])])
    assert math.isinf(found.F)
    assert found.differs


readings = st.lists(st.floats(-5, 5).map(lambda v: round(v, 3)), min_size=2, max_size=6)


@settings(max_examples=50, deadline=None)
@given(st.lists(readings, min_size=2, max_size=6))
def test_f_is_that_of_a_one_way_analysis(groups):
    every = [v for group in groups for v in group]
    if len({round(float(np.std(group)), 9) for group in groups}) < 2 or np.std(every) < 0.01:
        return
    found = analysis_of_variance([group_of(group) for group in groups])
    known = f_oneway(*groups)
    assert pytest.approx(known.statistic, rel=1e-6, abs=1e-9) == found.F
    assert found.p == pytest.approx(known.pvalue, rel=1e-5, abs=1e-12)


@pytest.mark.parametrize(
    ("groups", "kind"),
    [
        ([Group(mean=1, sd=1, n=3)], TooFewData),
        ([Group(mean=1, sd=-1, n=3), Group(mean=1, sd=1, n=3)], Invalid),
        ([Group(mean=1, sd=1, n=0), Group(mean=1, sd=1, n=3)], Invalid),
    ],
)
def test_what_is_no_group_is_refused(groups, kind):
    with pytest.raises(kind):
        analysis_of_variance(groups)
    with pytest.raises(TooFewData):
        group_of([])
