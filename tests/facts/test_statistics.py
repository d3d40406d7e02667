"""The statistics against scipy, pymannkendall and ruptures, whose results golden.json holds."""

import json
from math import inf
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.facts import contrasts, distributions, fits, statistics

GOLDEN = json.loads((Path(__file__).parent / "golden.json").read_text())
SERIES = GOLDEN["series"]
NO_SEASON = 1e9  # periods of a year
NUMBERS = st.floats(-1e3, 1e3, allow_nan=False).map(lambda one: round(one, 3))
VALUES = st.lists(NUMBERS, min_size=3, max_size=40)


def near(expected: float) -> object:
    return pytest.approx(expected, rel=1e-8, abs=1e-12)


@pytest.mark.parametrize("golden", SERIES)
def test_mann_kendall_is_that_of_pymannkendall(golden):
    found = statistics.mann_kendall(golden["values"])

    assert found.s == golden["s"]
    assert found.variance == near(golden["variance"])
    assert found.z() == near(golden["z"])
    assert found.p() == pytest.approx(golden["p"], rel=1e-6, abs=1e-12)


@pytest.mark.parametrize("golden", SERIES)
def test_the_slope_and_its_interval_are_those_of_scipy(golden):
    found = statistics.theil_sen(golden["values"], level=0.9)

    assert [found.value, found.low, found.high] == near(golden["slope"])


@pytest.mark.parametrize("golden", SERIES)
def test_the_best_step_is_that_of_ruptures(golden):
    values = golden["values"]

    found = fits.fit(values, tuple(range(len(values))), NO_SEASON, frozenset())

    if found.form in ("flat", "level"):
        assert found.step_at == golden["change"]


@pytest.mark.parametrize("golden", SERIES)
def test_the_spread_is_that_of_scipy(golden):
    assert statistics.spread(golden["values"]) == pytest.approx(golden["mad"], rel=1e-4)


@pytest.mark.parametrize("golden", GOLDEN["contrasts"])
def test_means_without_correlation_are_compared_by_the_t_test_of_scipy(golden):
    found = contrasts.between(golden["now"], golden["before"])
    alone = contrasts.from_zero(golden["before"])

    assert [found.t, found.p] == near(golden["t"])
    assert [alone.t, alone.p] == near(golden["fromZero"])


def test_probabilities_and_quantiles_are_those_of_scipy():
    points = GOLDEN["distributions"]
    for t, freedom, p in points["t"]:
        assert distributions.t_p(t, freedom) == near(p), (t, freedom)
    for level, freedom, t in points["tQuantile"]:
        assert distributions.t_quantile(level, freedom) == near(t), (level, freedom)
    for z, p in points["normal"]:
        assert distributions.normal_p(z) == pytest.approx(p, rel=1e-8, abs=0.0), z
        assert distributions.t_p(-z, inf) == pytest.approx(p, rel=1e-8, abs=0.0), z
    for x, a, b, expected in points["beta"]:
        assert distributions.beta(x, a, b) == near(expected), (x, a, b)


@pytest.mark.parametrize(("p_values", "adjusted"), GOLDEN["falseDiscoveries"])
def test_adjusted_p_values_are_those_of_scipy(p_values, adjusted):
    assert statistics.benjamini_hochberg(p_values) == near(adjusted)


@given(VALUES)
def test_a_trend_is_of_the_order_alone(values):
    found = statistics.mann_kendall(values)

    assert statistics.mann_kendall([one**3 for one in values]).s == found.s
    assert statistics.mann_kendall([-one for one in values]).s == -found.s
    assert statistics.mann_kendall(values[::-1]).s == -found.s


@given(VALUES, st.floats(-5, 5))
def test_the_slope_follows_a_line_that_is_added(values, slope):
    before = statistics.theil_sen(values)
    after = statistics.theil_sen([one + slope * at for at, one in enumerate(values)])

    assert after.value == pytest.approx(before.value + slope, abs=1e-6)
    assert before.low <= before.value <= before.high


@given(VALUES, st.integers(0, 6))
def test_a_running_median_is_the_median_of_the_neighbours(values, half):
    width = min(2 * half + 1, len(values))
    found = statistics.running_median(values, half)

    for at, middle in enumerate(found):
        start = min(max(0, at - half), len(values) - width)
        assert middle == statistics.median(values[start : start + width])


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_adjusting_keeps_the_order_and_never_lowers(p_values):
    adjusted = statistics.benjamini_hochberg(p_values)

    assert all(q >= p - 1e-15 for p, q in zip(p_values, adjusted, strict=True))
    order = sorted(range(len(p_values)), key=p_values.__getitem__)
    assert [adjusted[at] for at in order] == sorted(adjusted)
