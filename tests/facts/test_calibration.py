"""Confidence is a frequency: a smaller version of `python -m benchmarks.facts`."""

from decimal import Decimal
from math import inf

import pytest

from domain.facts import run
from domain.facts.facts import Fact, Finding
from tests.facts.simulated import Simulated, dashboard

FIRST, DASHBOARDS, NOISE = 7_000, 40, 40
SURE = Decimal("0.9")


@pytest.fixture(scope="module")
def dashboards() -> list[Simulated]:
    return [dashboard(seed) for seed in range(FIRST, FIRST + DASHBOARDS)]


@pytest.fixture(scope="module")
def found(dashboards) -> list[list[Finding]]:
    return [run.everything(one.board) for one in dashboards]


def told(simulated: Simulated, findings: list[Finding]) -> list[Fact]:
    """What would be told if there were room, except for what is only counted."""
    facts = [one for one in findings if isinstance(one, Fact)]
    judged = run.judged(simulated.board, facts)
    return [one for one in judged if one.p_value is not None and simulated.knows(one)]


def test_statements_of_confidence_nine_in_ten_are_right_nine_times_in_ten(dashboards, found):
    right = [
        simulated.is_right(one)
        for simulated, findings in zip(dashboards, found, strict=True)
        for one in told(simulated, findings)
        if one.confidence >= SURE
    ]

    assert len(right) > 2 * DASHBOARDS
    assert sum(right) / len(right) >= 0.88


def test_forecasts_hold_in_four_of_five(dashboards, found):
    right = [
        simulated.is_right(one)
        for simulated, findings in zip(dashboards, found, strict=True)
        for one in findings
        if isinstance(one, Fact) and one.kind == "forecast" and simulated.knows(one)
    ]

    assert 0.72 <= sum(right) / len(right) <= 0.88


@pytest.mark.parametrize(("tails", "most"), [(inf, 0.05), (5.0, 0.15)])
def test_dashboards_of_noise_say_little_that_is_sure(tails, most):
    """Also where single odd weeks are usual: 5 degrees of freedom of Student's t distribution."""
    wrong = 0
    for seed in range(FIRST, FIRST + NOISE):
        simulated = dashboard(seed, is_noise=True, tails=tails)
        findings = run.everything(simulated.board)
        wrong += any(
            one.confidence > SURE and not simulated.is_right(one)
            for one in told(simulated, findings)
        )

    assert wrong / NOISE <= most
