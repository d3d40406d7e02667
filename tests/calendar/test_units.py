"""Days, weeks, months and quarters: where they start, how they follow each other, their names."""

from calendar import monthrange
from datetime import date, timedelta
from itertools import pairwise
from typing import get_args

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from domain.calendar import units
from domain.calendar.days import Days
from domain.calendar.units import Period, Unit, touched

DAYS = st.dates(date(1999, 1, 1), date(2040, 12, 31))
WEEK_STARTS = st.sampled_from(["monday", "sunday"])
UNITS = st.sampled_from(get_args(Unit))
LEAP_DAY = date(2024, 2, 29)


def starts(day: date, unit: str, week_start: str) -> bool:
    """Whether a unit starts on this day, by the plainest definition there is."""
    match unit:
        case "weekly":
            return day.isoweekday() == (1 if week_start == "monday" else 7)
        case "monthly":
            return day.day == 1
        case "quarterly":
            return (day.month, day.day) in {(1, 1), (4, 1), (7, 1), (10, 1)}
    return True


def step(day: date, unit: str, week_start: str, days: int) -> date:
    """The next day, forwards or backwards, on which a unit starts."""
    day += timedelta(days=days)
    while not starts(day, unit, week_start):
        day += timedelta(days=days)
    return day


@given(UNITS, DAYS, WEEK_STARTS)
@example("monthly", LEAP_DAY, "monday")
@example("weekly", date(2026, 3, 1), "sunday")
@example("weekly", date(2026, 3, 1), "monday")
def test_a_unit_starts_with_the_newest_start_and_ends_before_the_next(unit, day, week_start):
    first = units.floor(day, unit, week_start)

    assert first == (day if starts(day, unit, week_start) else step(day, unit, week_start, -1))
    assert units.after(day, unit, week_start) == step(day, unit, week_start, 1)


@given(UNITS, DAYS, WEEK_STARTS, st.integers(0, 30))
@example("monthly", date(2024, 3, 1), "monday", 1)
@example("monthly", date(2024, 3, 1), "monday", 13)
@example("quarterly", date(2024, 1, 1), "monday", 1)
def test_units_before_a_unit_are_as_many_steps_back(unit, day, week_start, number):
    first = units.floor(day, unit, week_start)
    earlier = first
    for _ in range(number):
        earlier = step(earlier, unit, week_start, -1)

    assert units.back(first, unit, number) == earlier
    assert units.back(earlier, unit, -number) == first


@given(UNITS, DAYS, WEEK_STARTS)
def test_the_period_of_a_day_has_the_day_and_is_one_unit_long(unit, day, week_start):
    period = units.period(unit, day, week_start)

    assert day in period.days
    assert (period.start, period.end) == (
        units.floor(day, unit, week_start),
        units.after(day, unit, week_start),
    )
    assert {units.period(unit, one, week_start) for one in period.days} == {period}


@given(DAYS)
def test_a_month_has_as_many_days_as_the_calendar_says(day):
    month = units.period("monthly", day)

    assert month.days.length == monthrange(day.year, day.month)[1]


@given(UNITS, DAYS, st.integers(0, 400), WEEK_STARTS)
@example("daily", date(2024, 2, 28), 2, "monday")
def test_periods_of_a_range_cover_it_without_gap_or_overlap(unit, start, length, week_start):
    days = Days(start, start + timedelta(days=length))
    found = units.periods(unit, days, week_start)

    assert all(one.end == two.start for one, two in pairwise(found))
    assert all(one.days.overlaps(days) for one in found)
    assert {day for one in found for day in one.days} >= set(days)
    assert len({one.key for one in found}) == len(found)
    assert all(one.level == unit for one in found)


@given(DAYS, st.integers(1, 400), WEEK_STARTS)
def test_a_range_touches_its_weeks_months_and_quarters_in_this_order(start, length, week_start):
    days = Days(start, start + timedelta(days=length))

    assert units.touched(days, week_start) == [
        *units.periods("weekly", days, week_start),
        *units.periods("monthly", days, week_start),
        *units.periods("quarterly", days, week_start),
    ]


@pytest.mark.parametrize(
    ("unit", "day", "week_start", "key"),
    [
        ("daily", LEAP_DAY, "monday", "2024-02-29"),
        ("weekly", date(2026, 3, 1), "monday", "2026-W09"),
        ("weekly", date(2026, 3, 1), "sunday", "W2026-03-01"),
        ("weekly", date(2027, 1, 1), "monday", "2026-W53"),
        ("monthly", LEAP_DAY, "sunday", "2024-02"),
        *(
            ("quarterly", date(2026, month, 15), "monday", f"2026-Q{(month + 2) // 3}")
            for month in range(1, 13)
        ),
    ],
)
def test_a_period_is_named_by_its_unit(unit, day, week_start, key):
    assert units.period(unit, day, week_start).key == key


@given(UNITS, DAYS, WEEK_STARTS)
@example("daily", LEAP_DAY, "monday")
@example("weekly", date(2026, 12, 30), "monday")  # the week 2026-W53
@example("weekly", date(2027, 1, 3), "sunday")
@example("monthly", LEAP_DAY, "monday")
def test_the_period_of_the_year_before_is_of_the_same_kind_and_has_the_same_name(
    unit, day, week_start
):
    period = units.period(unit, day, week_start)
    before = units.year_before(period)

    if before is None:
        lacking = period.key.endswith("-W53") if unit == "weekly" else period.key.endswith("-02-29")
        assert lacking, "that year has no such period"
        return
    assert before.level == unit
    assert before == units.period(unit, before.start, week_start)
    if unit == "weekly" and week_start == "sunday":
        assert period.start - before.start == timedelta(weeks=52)
    else:
        year, _, name = period.key.partition("-")
        assert before.key == f"{int(year) - 1:04}-{name}"


@pytest.mark.parametrize(
    ("word", "unit"),
    [
        ("day", "daily"),
        ("weeks", "weekly"),
        ("month", "monthly"),
        ("quarters", "quarterly"),
    ],
)
def test_a_unit_is_found_by_its_noun(word, unit):
    assert units.named(word) == unit


def level(periods: list[Period], name: str) -> list[tuple[str, str, str]]:
    return [(one.key, str(one.start), str(one.end)) for one in periods if one.level == name]


@pytest.mark.parametrize(
    ("day", "week_start", "week"),
    [
        (date(2026, 3, 1), "monday", ("2026-W09", "2026-02-23", "2026-03-02")),
        (date(2026, 3, 1), "sunday", ("W2026-03-01", "2026-03-01", "2026-03-08")),
        (date(2026, 3, 7), "sunday", ("W2026-03-01", "2026-03-01", "2026-03-08")),
        (date(2027, 1, 1), "monday", ("2026-W53", "2026-12-28", "2027-01-04")),
        (date(2024, 12, 31), "monday", ("2025-W01", "2024-12-30", "2025-01-06")),
        (date(2026, 1, 1), "sunday", ("W2025-12-28", "2025-12-28", "2026-01-04")),
    ],
)
def test_a_day_is_in_its_week_by_its_name(day, week_start, week):
    assert level(touched(Days(day, day + timedelta(days=1)), week_start), "weekly") == [week]


@pytest.mark.parametrize(
    ("day", "month", "quarter"),
    [
        (
            date(2026, 12, 31),
            ("2026-12", "2026-12-01", "2027-01-01"),
            ("2026-Q4", "2026-10-01", "2027-01-01"),
        ),
        (
            date(2024, 2, 29),
            ("2024-02", "2024-02-01", "2024-03-01"),
            ("2024-Q1", "2024-01-01", "2024-04-01"),
        ),
    ],
)
def test_a_day_is_in_its_month_and_quarter(day, month, quarter):
    periods = touched(Days(day, day + timedelta(days=1)), "monday")
    assert level(periods, "monthly") == [month]
    assert level(periods, "quarterly") == [quarter]


def test_a_window_touches_what_it_begins_and_ends_in_and_not_the_day_left_out():
    periods = touched(Days(date(2026, 3, 29), date(2026, 4, 6)), "monday")
    assert [one.key for one in periods] == [
        "2026-W13",
        "2026-W14",
        "2026-03",
        "2026-04",
        "2026-Q1",
        "2026-Q2",
    ]


@pytest.mark.parametrize("end", [date(2026, 3, 1), date(2026, 2, 1)])
def test_no_days_touch_nothing(end):
    assert touched(Days(date(2026, 3, 1), end), "monday") == []


@given(DAYS, st.integers(1, 400), WEEK_STARTS)
def test_each_level_covers_the_window_without_gap_or_overlap(start, days, week_start):
    end = start + timedelta(days=days)
    periods = touched(Days(start, end), week_start)
    for name in ("weekly", "monthly", "quarterly"):
        of_level = [one for one in periods if one.level == name]
        assert of_level[0].start <= start < of_level[0].end
        assert of_level[-1].start < end <= of_level[-1].end
        assert all(one.end == two.start for one, two in pairwise(of_level))
        assert len({one.key for one in of_level}) == len(of_level)
    weekdays = {one.start.isoweekday() for one in periods if one.level == "weekly"}
    assert weekdays == {1 if week_start == "monday" else 7}


@given(DAYS, DAYS, WEEK_STARTS)
def test_two_days_have_the_same_key_only_in_the_same_period(one, other, week_start):
    first, second = (
        touched(Days(day, day + timedelta(days=1)), week_start) for day in (one, other)
    )
    for mine, yours in zip(first, second, strict=True):
        assert (mine.key == yours.key) == (mine.start == yours.start)
