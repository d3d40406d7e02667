"""Ranges of days against the sets of their days."""

from datetime import date, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from domain.calendar.days import Days

DATES = st.dates(date(1999, 1, 1), date(2041, 1, 1))
LENGTHS = st.integers(0, 800)
RANGES = st.builds(lambda start, length: Days(start, start + timedelta(length)), DATES, LENGTHS)
ANY = st.builds(Days, DATES, DATES)  # also those whose end lies before their start
# Few days, so that ranges often touch or overlap.
NEAR = st.builds(Days, *[st.dates(date(2024, 2, 25), date(2024, 3, 5))] * 2)


@given(DATES, LENGTHS)
@example(date(2024, 2, 28), 2)
@example(date(2023, 2, 28), 2)
def test_the_last_day_included_is_the_day_before_the_end(start, length):
    last = start + timedelta(days=length)
    days = Days.from_last(start, last)

    assert days.last == last
    assert days.end == last + timedelta(days=1)
    assert list(days)[-1] == last
    assert days.length == length + 1


@given(RANGES)
def test_a_range_that_has_days_is_read_back_from_its_first_and_last(days):
    assert Days.from_last(days.start, days.last) == days


@given(DATES, LENGTHS)
def test_so_many_days_before_a_day_end_with_the_day_before_it(end, length):
    days = Days.before(end, length)

    assert (days.end, days.length) == (end, length)
    assert end not in days


@given(ANY)
def test_the_days_of_a_range_are_counted_and_follow_each_other(days):
    every = list(days)

    assert days.length == len(every)
    assert every == [days.start + timedelta(days=n) for n in range(len(every))]
    assert all(day in days for day in every)


@given(ANY, DATES)
@example(Days(date(2024, 2, 1), date(2024, 3, 1)), date(2024, 2, 29))
@example(Days(date(2024, 2, 1), date(2024, 3, 1)), date(2024, 3, 1))
def test_a_day_is_in_a_range_if_it_is_one_of_its_days(days, day):
    assert (day in days) == (day in set(days))


@given(NEAR, NEAR)
def test_two_ranges_compare_as_the_sets_of_their_days(one, other):
    mine, yours = set(one), set(other)

    assert set(one.intersection(other)) == mine & yours
    assert one.overlaps(other) == bool(mine & yours)
    assert one.covers(other) == (yours <= mine)


@given(st.lists(RANGES.filter(lambda one: one.length), min_size=1, max_size=5))
def test_the_span_of_ranges_begins_with_the_first_and_ends_with_the_last_day_of_any(parts):
    every = {day for part in parts for day in part}
    span = Days.spanning(parts)

    assert (span.start, span.last) == (min(every), max(every))
    assert all(span.covers(part) for part in parts)


def test_no_ranges_have_no_span():
    with pytest.raises(ValueError, match="empty"):
        Days.spanning([])


@pytest.mark.parametrize("end", [date(2026, 3, 1), date(2026, 2, 1)])
def test_a_range_that_ends_where_it_starts_or_before_is_empty(end):
    days = Days(date(2026, 3, 1), end)

    assert (days.length, list(days)) == (0, [])
    assert not days.overlaps(Days(date(2026, 1, 1), date(2026, 12, 31)))
