"""What made the difference sums to the difference, to the last digit."""

from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from domain.calendar.days import Days
from domain.charts.datasets import OTHER, Coverage, Measure
from domain.charts.decimals import quotient
from domain.facts import contributions
from domain.facts.facts import Reading, Series
from domain.facts.totals import Measured

CENTS = st.decimals(0, 10**9, places=2)
COUNTS = st.integers(0, 10**6).map(Decimal)
SALES = Measure("sales", "Sales", "currency", "additive", "EUR")
COST = Measure("cost", "Cost", "currency", "additive", "EUR")
ROAS = Measure("roas", "ROAS", "ratio", "ratio")
NOW, BEFORE = [1], [0]


def series(measure, values, value=None, *, is_part=False):
    start = date(2026, 1, 5)
    readings = tuple(
        Reading(
            Days(start + timedelta(7 * at), start + timedelta(7 * at + 7)),
            one,
            Coverage(7, 7),
            "VALUE" if one is not None else "SUPPRESSED",
        )
        for at, one in enumerate(values)
    )
    parts = ("sales", "cost") if measure is ROAS else (None, None)
    return Series(measure, "weekly", readings, "campaign" if is_part else None, value, *parts)


def ratio(above, below, value=None, *, is_part=False):
    divided = [quotient(a, b) if b else None for a, b in zip(above, below, strict=True)]
    made = [
        series(one, values, value, is_part=is_part)
        for one, values in ((ROAS, divided), (SALES, above), (COST, below))
    ]
    return Measured(*made)


@given(st.lists(st.tuples(CENTS, CENTS), min_size=1, max_size=12), st.tuples(CENTS, CENTS))
def test_contributions_of_a_sum_are_the_change_to_the_last_cent(parts, unnamed):
    every = [*parts, unnamed]
    whole = Measured(series(SALES, [sum(one) for one in zip(*every, strict=True)]))
    named = [
        Measured(series(SALES, one, f"Campaign {at}", is_part=True)) for at, one in enumerate(parts)
    ]

    change = contributions.of(whole, named, NOW, BEFORE)

    assert change is not None
    assert sum(one.amount for one in change.parts) == change.amount
    assert change.amount == sum(one[1] - one[0] for one in every)
    rest = sum(one.amount for one in change.parts if one.value is None)
    assert rest == unnamed[1] - unnamed[0]


@given(
    st.lists(st.tuples(CENTS, COUNTS, CENTS, COUNTS), min_size=1, max_size=8),
    st.tuples(CENTS, st.integers(1, 10**6).map(Decimal), CENTS, st.integers(1, 10**6).map(Decimal)),
)
def test_mix_and_rate_of_a_ratio_are_its_change_to_the_last_digit(parts, unnamed):
    every = [*parts, unnamed]
    columns = [sum(one) for one in zip(*every, strict=True)]
    whole = ratio([columns[0], columns[2]], [columns[1], columns[3]])
    named = [
        ratio([one[0], one[2]], [one[1], one[3]], f"Campaign {at}", is_part=True)
        for at, one in enumerate(parts)
    ]

    change = contributions.of(whole, named, NOW, BEFORE)

    assert change is not None
    assert sum(one.amount for one in change.parts) == change.amount
    assert all(one.mix + one.rate == one.amount for one in change.parts)
    assert change.amount == quotient(columns[2], columns[3]) - quotient(columns[0], columns[1])


def test_a_ratio_that_only_shifts_to_the_better_campaign_is_all_mix():
    good = ratio([Decimal(400), Decimal(600)], [Decimal(100), Decimal(150)], "Good", is_part=True)
    poor = ratio([Decimal(100), Decimal(50)], [Decimal(100), Decimal(50)], "Poor", is_part=True)
    whole = ratio([Decimal(500), Decimal(650)], [Decimal(200), Decimal(200)])

    change = contributions.of(whole, [good, poor], NOW, BEFORE)

    assert change is not None
    assert change.amount == Decimal("0.75")
    assert [one.rate for one in change.parts] == [0, 0]
    assert sum(one.mix for one in change.parts) == change.amount


def test_a_ratio_whose_campaigns_keep_their_shares_is_all_rate():
    good = ratio([Decimal(400), Decimal(500)], [Decimal(100), Decimal(100)], "Good", is_part=True)
    poor = ratio([Decimal(100), Decimal(100)], [Decimal(100), Decimal(100)], "Poor", is_part=True)
    whole = ratio([Decimal(500), Decimal(600)], [Decimal(200), Decimal(200)])

    change = contributions.of(whole, [good, poor], NOW, BEFORE)

    assert change is not None
    assert [(one.value, one.amount, one.mix) for one in change.parts] == [
        ("Good", Decimal("0.5"), 0),
        ("Poor", 0, 0),
    ]


def test_what_has_no_name_or_no_number_is_part_of_the_rest():
    whole = Measured(series(SALES, [Decimal(100), Decimal(160)]))
    parts = [
        Measured(series(SALES, [Decimal(10), Decimal(30)], "Known", is_part=True)),
        Measured(series(SALES, [Decimal(50), Decimal(60)], None, is_part=True)),
        Measured(series(SALES, [Decimal(20), Decimal(30)], OTHER, is_part=True)),
        Measured(series(SALES, [None, Decimal(40)], "Withheld before", is_part=True)),
    ]

    change = contributions.of(whole, parts, NOW, BEFORE)

    assert change is not None
    assert [(one.value, one.amount) for one in change.parts] == [("Known", 20), (None, 40)]
