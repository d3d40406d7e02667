"""Which days a scheduled execution covers: settled ones only, and whole units."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain import documents
from domain.calendar import units
from domain.calendar.days import Days
from domain.errors import Invalid
from domain.schedules.data_windows import WindowRule, usual, window

DAY = timedelta(days=1)
days = st.dates(date(2002, 1, 1), date(2040, 12, 31))
weeks = st.sampled_from(["monday", "sunday"])


def previous(unit: str) -> WindowRule:
    return documents.read(WindowRule, {"type": "previous", "unit": unit}, "window")


@pytest.mark.parametrize(
    ("unit", "settled", "start", "end"),
    [
        ("day", "2026-05-03", "2026-05-02", "2026-05-03"),
        ("week", "2026-05-03", "2026-04-20", "2026-04-27"),
        ("week", "2026-05-04", "2026-04-27", "2026-05-04"),
        # On the 3rd, attributed data of the month before is not settled.
        ("month", "2026-04-19", "2026-03-01", "2026-04-01"),
        ("month", "2026-05-01", "2026-04-01", "2026-05-01"),
        ("month", "2026-01-02", "2025-12-01", "2026-01-01"),
        ("quarter", "2026-03-31", "2025-10-01", "2026-01-01"),
        ("quarter", "2026-04-01", "2026-01-01", "2026-04-01"),
    ],
)
def test_the_newest_whole_unit_that_is_settled(unit, settled, start, end):
    found = window(previous(unit), date(2026, 5, 5), date.fromisoformat(settled))

    assert found == Days(date.fromisoformat(start), date.fromisoformat(end))


def test_a_week_may_begin_on_sunday():
    found = window(previous("week"), date(2026, 5, 5), date(2026, 5, 3), "sunday")

    assert found == Days(date(2026, 4, 26), date(2026, 5, 3))


def test_the_newest_settled_days():
    rule = documents.read(WindowRule, {"type": "lookback", "days": 30}, "window")

    found = window(rule, date(2026, 5, 5), date(2026, 5, 3))

    assert found == Days(date(2026, 4, 3), date(2026, 5, 3))


@given(days, st.integers(-3, 30), st.sampled_from(sorted(units.UNITS)), weeks)
def test_a_unit_is_whole_settled_over_and_the_newest(tick, lag, unit, week_start):
    settled = tick - lag * DAY

    found = window(previous(unit), tick, settled, week_start)

    last = min(settled, tick)
    kind = units.named(unit)
    assert units.floor(found.start, kind, week_start) == found.start
    assert units.after(found.start, kind, week_start) == found.end
    assert found.end <= last < units.after(found.end, kind, week_start)


@given(days, st.integers(0, 30), st.integers(1, 365))
def test_a_number_of_days_ends_with_the_last_settled_one(tick, lag, number):
    found = window(WindowRule(type="lookback", days=number), tick, tick - lag * DAY)

    assert found.end == tick - lag * DAY
    assert found.end - found.start == number * DAY


@pytest.mark.parametrize(
    ("schedule", "rule"),
    [
        ("daily", {"type": "previous", "unit": "day"}),
        ("weekly", {"type": "previous", "unit": "week"}),
        ("monthly", {"type": "previous", "unit": "month"}),
        ("quarterly", {"type": "previous", "unit": "quarter"}),
        ("custom", {"type": "lookback", "days": 7}),
    ],
)
def test_a_schedule_covers_the_unit_it_is_named_after_unless_somebody_says_otherwise(
    schedule, rule
):
    assert usual(schedule) == documents.read(WindowRule, rule, "window")


@pytest.mark.parametrize(
    ("rule", "field"),
    [
        ({}, "window.type"),
        ({"type": "next"}, "window.type"),
        ({"type": "previous"}, "window.unit"),
        ({"type": "previous", "unit": "year"}, "window.unit"),
        ({"type": "previous", "unit": "day", "days": 3}, "window.days"),
        ({"type": "lookback"}, "window.days"),
        ({"type": "lookback", "days": 0}, "window.days"),
        ({"type": "lookback", "days": 366}, "window.days"),
        ({"type": "lookback", "days": "7"}, "window.days"),
        ({"type": "lookback", "days": True}, "window.days"),
        ({"type": "lookback", "days": 7, "unit": "day"}, "window.unit"),
        ({"type": "lookback", "days": 7, "from": "2026-01-01"}, "window.from"),
    ],
)
def test_a_rule_that_says_too_little_or_too_much_is_refused(rule, field):
    with pytest.raises(Invalid) as refused:
        documents.read(WindowRule, rule, "window")

    assert refused.value.field == field
