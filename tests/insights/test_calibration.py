"""Confidence is a frequency: a smaller version of `python -m benchmarks.insights`."""

from decimal import Decimal

from domain.insights import run
from domain.insights.facts import Fact
from tests.insights.simulated import Simulated, dashboard

FIRST, DASHBOARDS, NOISE = 7_000, 40, 40
SURE = Decimal("0.9")


def told(simulated: Simulated) -> list[Fact]:
    return [
        one
        for one in run.run(simulated.board).facts
        if one.p_value is not None and simulated.knows(one)
    ]


def test_statements_of_confidence_nine_in_ten_are_right_nine_times_in_ten():
    right = []
    for seed in range(FIRST, FIRST + DASHBOARDS):
        simulated = dashboard(seed)
        right += [simulated.is_right(one) for one in told(simulated) if one.confidence >= SURE]

    assert len(right) > 2 * DASHBOARDS
    assert sum(right) / len(right) >= 0.88


def test_dashboards_of_noise_say_nothing_that_is_sure():
    wrong = 0
    for seed in range(FIRST, FIRST + NOISE):
        simulated = dashboard(seed, is_noise=True)
        wrong += any(
            one.confidence > SURE and not simulated.is_right(one) for one in told(simulated)
        )

    assert wrong / NOISE <= 0.05


def test_forecasts_hold_in_four_of_five():
    right = []
    for seed in range(FIRST, FIRST + DASHBOARDS):
        simulated = dashboard(seed)
        found = run.everything(simulated.board)
        right += [
            simulated.is_right(one)
            for one in found
            if isinstance(one, Fact) and one.kind == "forecast" and simulated.knows(one)
        ]

    assert 0.72 <= sum(right) / len(right) <= 0.88
