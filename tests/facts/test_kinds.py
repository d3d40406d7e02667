"""Each kind of fact: what is planted is found with its week and its size, or it is said why not."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from math import pi, sin

import pytest

from domain.calendar.days import Days
from domain.charts.datasets import Coverage
from domain.facts import (
    anomalies,
    comparisons,
    concentration,
    forecasts,
    funnels,
    levels,
    quality,
    rankings,
    saturation,
    shapes,
    trend,
)
from domain.facts.facts import Fact, Refusal, SeriesChange
from domain.facts.totals import Measured
from tests.facts.series import START, noisy, of, without

WEEKS = 60
FLAT = [0.0] * WEEKS


def shape(values, **more):
    found = shapes.of(of(values, **more))
    assert not isinstance(found, Refusal), found
    return found


def week(fact: Fact) -> int:
    return (fact.period.start - START).days // 7


def number(fact: Fact, name: str, of_: str | None = None) -> Decimal:
    return next(one.value for one in fact.numbers if (one.name, one.of) == (name, of_))


@pytest.mark.parametrize("rise", [-0.7, 0.6])
def test_a_trend_is_told_by_how_much_it_changed_from_first_to_last(rise):
    fact = trend.find(shape(noisy([rise * at / (WEEKS - 1) for at in range(WEEKS)])))

    assert isinstance(fact, Fact)
    assert fact.p_value is not None
    assert fact.p_value < 0.001
    assert fact.effect * (1 if rise > 0 else -1) > Decimal("0.3")
    assert fact.interval is not None
    assert fact.interval.low < fact.effect < fact.interval.high
    assert fact.period.start == START
    assert len(fact.source_ids) == WEEKS


def test_a_wave_of_a_year_is_no_trend():
    fact = trend.find(shape(noisy([0.3 * sin(2 * pi * at / 52) for at in range(78)])))

    assert isinstance(fact, Fact)
    assert fact.p_value is not None
    assert fact.p_value > 0.05


@pytest.mark.parametrize("at", [12, 24, 47])
def test_a_change_of_level_is_told_with_its_week(at):
    found = shape(noisy([0.4 * (one >= at) for one in range(WEEKS)]))
    fact = levels.find(found)

    assert isinstance(fact, Fact)
    assert fact.p_value is not None
    assert fact.p_value < 1e-4
    assert abs(week(fact) - at) <= 1
    assert fact.effect == pytest.approx(Decimal("0.49"), abs=Decimal("0.12"))
    assert fact.doubt < 0.05
    told = trend.find(found)
    assert isinstance(told, Fact)
    assert told.doubt > 0.7


def test_an_odd_week_is_told_with_its_value_and_what_was_expected():
    values = noisy(FLAT)
    values[20] *= 2

    first, *others = anomalies.find(shape(values))

    assert (first.kind, week(first)) == ("anomaly", 20)
    assert first.p_value is not None
    assert first.p_value < 1e-4
    assert number(first, "value") == Decimal(f"{values[20]:.2f}")
    assert number(first, "expected") == pytest.approx(Decimal(1000), rel=Decimal("0.1"))
    assert first.source_ids == ("a20",)
    assert all((one.p_value or 0) > 0.05 for one in others)


def test_prime_day_is_an_event_and_no_surprise():
    values = noisy(FLAT)
    at = (date(2025, 7, 7) - START).days // 7
    values[at] *= 2

    found = anomalies.find(shape(values))

    event = next(one for one in found if one.kind == "event")
    assert (week(event), event.events) == (at, ("Prime Day",))
    assert event.effect > Decimal("0.7")
    assert all((one.p_value or 0) > 0.05 for one in found if one.kind == "anomaly")


def test_a_comparison_names_what_made_the_difference():
    rise = [0.0] * 40 + [0.5] * 4
    a, b = noisy(rise, 1), noisy([0.0] * 44, 2)
    whole = of([one + other for one, other in zip(a, b, strict=True)])
    parts = [Measured(of(a, value="Rising")), Measured(of(b, value="Steady"))]
    found = shapes.of(whole)
    assert not isinstance(found, Refusal)

    fact = comparisons.find(found, Measured(whole), parts)

    assert isinstance(fact, Fact)
    change = number(fact, "change")
    assert change == number(fact, "now") - number(fact, "before")
    first = number(fact, "contribution", "Rising")
    assert first + number(fact, "contribution", "Steady") == pytest.approx(change, abs=1)
    assert first > change / 2
    assert fact.period.start == whole.readings[-4].days.start


def test_the_reach_of_four_weeks_is_not_compared():
    reach = of(noisy([0.0] * 20), metric="reach")
    found = shapes.of(reach)
    assert not isinstance(found, Refusal)

    refusal = comparisons.find(found, Measured(reach))

    assert isinstance(refusal, Refusal)
    assert refusal.code == "NOT_ADDITIVE"
    assert isinstance(comparisons.find(found, Measured(reach), length=1), Fact)


def test_highest_and_lowest_are_told_against_the_whole():
    names = {"Good": 0.6, "Plain": 0.0, "Poor": -0.6, "Withheld": 1.5}
    cost = {name: noisy([0.0] * 20, seed) for seed, name in enumerate(names)}
    sales = {
        name: [2.718**better * one for one in noisy([1.0] * 20, 10 + seed)]
        for seed, (name, better) in enumerate(names.items())
    }
    wholes = [[sum(one) for one in zip(*sums.values(), strict=True)] for sums in (sales, cost)]

    def measured(above, below, value=None, *, is_part=False):
        ratios = [a / b for a, b in zip(above, below, strict=True)]
        return Measured(
            *(
                of(values, metric, value, is_part=is_part)
                for metric, values in (("roas", ratios), ("sales", above), ("cost", below))
            )
        )

    parts = [
        measured(sales[name], cost[name], None if name == "Withheld" else name, is_part=True)
        for name in names
    ]
    found = rankings.find(measured(*wholes), parts)

    assert not isinstance(found, Refusal)
    assert [one.subject.value for one in found] == ["Good", "Poor"]
    assert found[1].effect < 0
    assert all((one.p_value or 0) < 0.01 for one in found)


def test_concentration_is_the_share_of_the_largest_fifth():
    amounts = [700, 100, 100, 50, 30, 20]
    whole = Measured(of([sum(amounts) + at for at in range(10)]))
    parts = [Measured(of([one] * 10, value=f"C{at}")) for at, one in enumerate(amounts)]

    fact = concentration.find(whole, parts)

    assert isinstance(fact, Fact)
    assert fact.effect == pytest.approx(Decimal("0.797"), abs=Decimal("0.01"))
    assert number(fact, "values") == 6
    assert fact.p_value is None


def test_the_step_of_a_funnel_that_lost_most_is_told():
    seen = noisy([3.0] * 30, 1)
    clicked = [one * 0.05 for one in noisy([0.0] * 30, 2)]
    bought = [one * 0.1 for one in noisy([0.0] * 26 + [-0.4] * 4, 3)]
    steps = [of(seen, "impressions"), of(clicked, "clicks"), of(bought, "sales")]

    fact = funnels.find(steps)

    assert isinstance(fact, Fact)
    assert fact.subject.metric == "sales"
    assert fact.effect == pytest.approx(Decimal("-0.33"), abs=Decimal("0.12"))
    assert number(fact, "lost") > 0


def test_cost_that_rises_without_sales_is_saturation_and_with_them_is_not():
    cost = of(noisy([0.0] * 13 + [0.4] * 13, 1), "cost", start=date(2026, 1, 5))
    flat = of(noisy([1.0] * 26, 2), start=date(2026, 1, 5))
    follows = of(noisy([1.0] * 13 + [1.4] * 13, 2), start=date(2026, 1, 5))

    fact = saturation.find(cost, flat)
    none = saturation.find(cost, follows)

    assert isinstance(fact, Fact)
    assert (fact.p_value or 0) < 1e-3
    assert fact.effect == pytest.approx(Decimal("-0.33"), abs=Decimal("0.08"))
    assert isinstance(none, Fact)
    assert none.p_value == 1


def test_a_forecast_has_a_range_that_is_never_below_what_there_is_already():
    series = of([*noisy([0.0] * 30), 900.0])
    running = replace(series.readings[-1], coverage=Coverage(7, 3), is_provisional=True)
    series = replace(series, readings=(*series.readings[:-1], running))
    found = shapes.of(series)
    assert not isinstance(found, Refusal)

    fact = forecasts.find(found)

    assert isinstance(fact, Fact)
    assert fact.period == running.days
    assert fact.interval is not None
    assert fact.interval.low >= 900
    assert fact.interval.low <= number(fact, "expected") <= fact.interval.high
    assert number(fact, "soFar") == 900


def test_without_a_running_week_the_one_after_the_last_is_forecast():
    found = shape(noisy([0.0] * 30))
    fact = forecasts.find(found)

    assert isinstance(fact, Fact)
    assert fact.period.start == START + timedelta(7 * 30)
    assert fact.period.length == 7


def test_what_lacks_is_withheld_or_may_change_is_counted():
    series = of([100.0] * 8 + [None] * 2)
    rows = list(series.readings)
    rows[1] = replace(rows[1], suppressed=Decimal("0.4"))
    rows[7] = replace(rows[7], is_provisional=True)

    found = quality.find(replace(series, readings=tuple(rows)))

    assert not isinstance(found, Refusal)
    told = {one.method: one for one in found}
    assert set(told) == {"coverage", "suppressed", "provisional"}
    assert told["coverage"].effect == Decimal("0.2")
    assert number(told["coverage"], "days") == 14
    assert number(told["suppressed"], "largest") == Decimal("0.4")
    assert all(one.p_value is None for one in found)


def test_where_results_of_another_version_begin_is_told():
    series = of([100.0] * 10)
    since = Days(series.readings[6].days.start, series.readings[-1].days.end)

    found = quality.changed(series, SeriesChange(since, ("version",), 1, 2))

    assert (found.method, found.period, found.reach) == ("series", since, 4)
    assert (number(found, "versionBefore"), number(found, "version")) == (1, 2)


@pytest.mark.parametrize(
    ("series", "code"),
    [
        (of([1.0, 2.0, 3.0]), "NOT_ENOUGH_PERIODS"),
        (of([5.0] * 30), "CONSTANT"),
        (of([]), "NOT_ENOUGH_PERIODS"),
        (of([None, None]), "NOT_COVERED"),
        (without(of(noisy(FLAT)), range(10, 30), "MISSING"), "NOT_COVERED"),
        (without(of(noisy(FLAT)), range(10, 30), "SUPPRESSED"), "SUPPRESSED"),
        (without(of(noisy(FLAT)), range(10, 30), "NOT_ADDITIVE"), "NOT_ADDITIVE"),
    ],
)
def test_without_enough_data_it_is_said_why(series, code):
    refusal = shapes.of(series)

    assert isinstance(refusal, Refusal)
    assert refusal.code == code


def test_a_single_sale_in_a_year_of_none_is_no_change_of_level():
    refusal = levels.find(shape([0.0] * 29 + [1.0]))

    assert isinstance(refusal, Refusal)
    assert refusal.code == "CONSTANT"


@pytest.mark.parametrize("values", [[0.0, 5.0] * 15, [-3.0, 4.0, 1.0] * 10])
def test_zeros_and_negative_numbers_are_no_problem(values):
    found = shape(values)

    for fact in (trend.find(found), levels.find(found), forecasts.find(found)):
        assert isinstance(fact, Fact)
    anomalies.find(found)
