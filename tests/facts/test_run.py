"""A run over a dashboard: few facts, sure ones, none twice, and the same for the same data."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from math import pi, sin
from random import Random

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from domain.calendar import units
from domain.calendar.days import Days
from domain.charts.datasets import OTHER, Coverage
from domain.facts import run
from domain.facts.facts import Fact, Number, Subject
from domain.facts.sameness import distinct, same
from tests.facts.series import START, noisy, of
from tests.facts.simulated import dashboard

SEEDS = st.integers(0, 10**6)
FEW = settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))


@FEW
@given(SEEDS)
def test_the_same_series_in_any_order_give_the_same_facts(seed):
    board = dashboard(seed, wholes=3).board
    series = list(board.series)
    Random(seed).shuffle(series)

    found = run.run(board)

    assert run.run(replace(board, series=tuple(series))).facts == found.facts
    assert run.run(board) == found


@FEW
@given(SEEDS)
def test_at_most_ten_facts_are_told_most_worth_first_and_none_twice(seed):
    told = run.run(dashboard(seed).board).facts

    assert len(told) <= 10
    worth = [(one.stake or 0) * (one.confidence or 0) for one in told]
    assert worth == sorted(worth, reverse=True)
    assert not any(same(one, other) for at, one in enumerate(told) for other in told[at + 1 :])
    assert all(one.confidence is not None and one.confidence >= Decimal("0.5") for one in told)
    assert all(one.adjusted is None or one.adjusted <= 0.1 for one in told)


@FEW
@given(SEEDS, st.integers(2, 1000))
def test_another_currency_changes_amounts_and_nothing_else(seed, factor):
    board = dashboard(seed, wholes=2).board
    scaled = tuple(
        replace(
            one,
            readings=tuple(replace(row, value=row.value * factor) for row in one.readings),
        )
        for one in board.series
        if one.measure.kind == "additive"
    )
    plain = tuple(one for one in board.series if one.measure.kind == "additive")

    before, after = (run.run(run.Board(series)).facts for series in (plain, scaled))

    assert [(one.kind, one.subject, one.period) for one in before] == [
        (one.kind, one.subject, one.period) for one in after
    ]
    for one, other in zip(before, after, strict=True):
        assert float(other.effect) == pytest.approx(float(one.effect), rel=1e-3, abs=1e-5)


ANY = st.one_of(
    st.none(),
    st.just(Decimal(0)),
    st.decimals(-(10**12), 10**12, places=2),
    st.decimals(0, 50, places=0),
    st.sampled_from([Decimal("1e-10"), Decimal(10**15)]),
)


@settings(FEW, max_examples=60, phases=[Phase.explicit, Phase.generate])  # shrinking is slow
@given(
    st.lists(st.lists(ANY, min_size=0, max_size=40), min_size=5, max_size=5),
    st.sampled_from(["weekly", "monthly", "quarterly"]),
)
def test_whatever_the_numbers_are_a_run_has_an_answer(columns, level):
    names = [("sales", None), ("cost", None), ("roas", None), ("sales", "A"), ("clicks", None)]
    first = Days(date(2020, 1, 6), date(2036, 1, 1))
    series = []
    for (metric, value), column in zip(names, columns, strict=True):
        one = of([0.0] * len(column), metric, value)
        rows = tuple(
            replace(row, days=period.days, value=given, state="VALUE" if given else "EMPTY")
            for row, given, period in zip(
                one.readings, column, units.periods(level, first), strict=False
            )
        )
        series.append(replace(one, readings=rows, level=level))
    funnel = ("sales", "cost", "clicks")

    found = run.run(run.Board(tuple(series), (funnel,), (("cost", "sales"),)))

    assert all(one.confidence is not None for one in found.facts)
    assert all(one.effect.is_finite() for one in found.facts)


def test_months_are_read_as_weeks_are():
    months = units.periods("monthly", Days(date(2023, 1, 1), date(2025, 9, 1)))
    values = noisy([0.8 * at / len(months) for at in range(len(months))])
    one = of(values)
    rows = tuple(
        replace(row, days=month.days, coverage=Coverage(month.days.length, month.days.length))
        for row, month in zip(one.readings, months, strict=True)
    )

    found = run.run(run.Board((replace(one, readings=rows, level="monthly"),))).facts

    kinds = {one.kind: one for one in found}
    assert kinds["trend"].effect > Decimal("0.4")
    assert kinds["forecast"].period == Days(date(2025, 9, 1), date(2025, 10, 1))


def test_what_privacy_withheld_is_never_named():
    values = noisy([0.0] * 40)
    values[20] *= 3
    whole = of(values)
    parts = [of(values, value=value, is_part=True) for value in (None, OTHER)]

    found = run.run(run.Board((whole, *parts)))

    told = [*found.facts, *found.refusals]
    assert {one.subject for one in told} == {Subject("sales")}
    numbers = [number for one in found.facts for number in one.numbers]
    assert all(one.of in (None, "sales") for one in numbers)


def test_a_week_without_a_value_is_not_used():
    values = [*noisy([0.0] * 40)]
    series = of(values)
    hidden = replace(series.readings[20], value=Decimal(10**9), is_provisional=True)
    rows = (*series.readings[:20], hidden, *series.readings[21:])

    found = run.run(run.Board((replace(series, readings=rows),)))

    assert [one for one in found.facts if one.kind == "anomaly"] == []


def test_a_small_change_is_not_told_however_sure_it_is():
    start = date(2025, 1, 6)
    rise = of([1000 + 0.5 * at + at % 3 * 0.1 for at in range(60)], start=start)

    found = run.everything(run.Board((rise,)))
    told = run.run(run.Board((rise,))).facts

    trend = next(one for one in found if one.kind == "trend")
    assert (trend.p_value or 0) < 1e-6
    assert "trend" not in [one.kind for one in told]


def test_the_part_that_moves_as_its_whole_does_is_told_once():
    rise = [0.6 * at / 59 for at in range(60)]
    a, b = noisy(rise, 1), noisy(rise, 2)
    whole = of([one + other for one, other in zip(a, b, strict=True)])

    told = run.run(run.Board((whole, of(a, value="A"), of(b, value="B")))).facts

    assert [one.subject for one in told if one.kind == "trend"] == [Subject("sales")]


def test_what_has_a_name_and_an_id_is_told_once():
    week = Days(START, START + timedelta(7))

    def fact(dimension, value, number):
        numbers = (Number("value", Decimal(number), value), Number("all", Decimal(5)))
        subject = Subject("cost", dimension, value)
        return Fact("ranking", subject, week, Decimal(1), 52, "", numbers=numbers)

    named, by_id = fact("campaign", "Spring", 9), fact("campaign_id", "571", 9)
    other = fact("campaign_id", "572", 8)
    assert distinct([named, by_id, other], 10) == [named, other]


def test_a_sure_odd_week_is_told_however_many_larger_facts_there_are():
    kinds = ("trend", "level_change", "event", "ranking", "funnel")
    week = Days(START, START + timedelta(7))

    def fact(kind, number, confidence="0.95"):
        sure, subject = Decimal(confidence), Subject(f"{kind}{number}")
        names = (f"{kind}{number}",) if kind == "event" else ()
        return Fact(kind, subject, week, Decimal(1), 52, "", confidence=sure, events=names)

    large = [fact(kind, number) for kind in kinds for number in range(3)]
    later = Days(week.end, week.end + timedelta(7))
    odd = replace(fact("anomaly", 1), period=later)
    less_sure = replace(fact("anomaly", 2, "0.7"), period=later)

    told = distinct([*large, less_sure, odd], 10)

    assert (len(told), told[-1]) == (10, odd)
    assert distinct([*large, less_sure], 10) == large[:10]


def test_a_rising_wave_with_an_event_and_an_odd_week_is_told_as_what_it_is():
    """As the data of the demo: a trend, a season, Prime Day, and one mistake in a campaign."""
    weeks = 78
    prime = [(date(year, 7, day) - START).days // 7 for year, day in ((2025, 8), (2026, 8))]
    logs = [0.4 * at / weeks + 0.15 * sin(2 * pi * at / 52) for at in range(weeks)]
    for at in prime:
        if at < weeks:
            logs[at] += 0.6
    values = noisy(logs, rough=0.05)
    values[66] *= 1.7

    told = run.run(run.Board((of(values),))).facts

    kinds = {one.kind: one for one in told if one.kind not in ("comparison", "forecast")}
    assert set(kinds) == {"trend", "event", "anomaly"}
    assert kinds["anomaly"].period.start == START + timedelta(7 * 66)
    assert kinds["event"].events == ("Prime Day",)
    assert kinds["trend"].effect > 0
