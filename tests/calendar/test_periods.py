"""Weeks, months and quarters: which a window touches, and what they are called."""

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.calendar.periods import Period, touched

DAYS = st.dates(date(1999, 1, 1), date(2040, 12, 31))
WEEK_STARTS = st.sampled_from(["monday", "sunday"])


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
    assert level(touched(day, day + timedelta(days=1), week_start), "weekly") == [week]


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
    periods = touched(day, day + timedelta(days=1), "monday")
    assert level(periods, "monthly") == [month]
    assert level(periods, "quarterly") == [quarter]


def test_a_window_touches_what_it_begins_and_ends_in_and_not_the_day_left_out():
    periods = touched(date(2026, 3, 29), date(2026, 4, 6), "monday")
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
    assert touched(date(2026, 3, 1), end, "monday") == []


@given(DAYS, st.integers(1, 400), WEEK_STARTS)
def test_each_level_covers_the_window_without_gap_or_overlap(start, days, week_start):
    end = start + timedelta(days=days)
    periods = touched(start, end, week_start)
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
    first, second = (touched(day, day + timedelta(days=1), week_start) for day in (one, other))
    for mine, yours in zip(first, second, strict=True):
        assert (mine.key == yours.key) == (mine.start == yours.start)
