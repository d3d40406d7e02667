"""Days in words are read relative to the newest data."""

from datetime import date

import pytest

from domain.calendar.days import Days
from domain.questions import phrases
from domain.questions.calendar_words import Known
from domain.questions.phrases import NoSuchDay
from tests.questions.ground import days

KNOWN = Known(Days(date(2024, 12, 30), date(2026, 10, 26)), "DE")
SAID = {
    "last week": ("2026-10-19", "2026-10-25"),
    "this month": ("2026-10-01", "2026-10-31"),
    "the last 8 weeks": ("2026-08-31", "2026-10-25"),
    "past three months": ("2026-07-01", "2026-09-30"),
    "the past year": ("2025-10-01", "2026-09-30"),
    "last year": ("2025-01-01", "2025-12-31"),
    "year to date": ("2026-01-01", "2026-10-25"),
    "4 weeks ago": ("2026-09-28", "2026-10-04"),
    "in november": ("2025-11-01", "2025-11-30"),  # that of 2026 has not begun
    "march of last year": ("2025-03-01", "2025-03-31"),
    "second quarter": ("2026-04-01", "2026-06-30"),
    "q4 2025": ("2025-10-01", "2025-12-31"),
    "week of 6 july": ("2026-07-06", "2026-07-12"),
    "week of july 8th, 2025": ("2025-07-07", "2025-07-13"),
    "2026-w28": ("2026-07-06", "2026-07-12"),
    "since prime day": ("2026-07-08", "2026-10-25"),
    "prime day 2025": ("2025-07-08", "2025-07-11"),
    "black  friday": ("2025-11-28", "2025-12-01"),
    "before easter 2026": ("2024-12-30", "2026-04-02"),
    "from november to february": ("2025-11-01", "2026-02-28"),
    "from march to may 2025": ("2025-03-01", "2025-05-31"),
    "between 2026-07-01 and 2026-07-12": ("2026-07-01", "2026-07-12"),
    "until june": ("2024-12-30", "2026-06-30"),
    "after 5 july": ("2026-07-06", "2026-10-25"),
}


def test_days_in_words_are_relative_to_the_newest_data():
    found = {text: [one.days for one in phrases.find(text, KNOWN)] for text in SAID}
    assert found == {text: [days(*span)] for text, span in SAID.items()}


def test_what_is_no_day_is_none():
    assert phrases.find("may i ask for 31 of these by the next one", KNOWN) == []
    for text in ("31 june", "2026-02-30", "the week of 30 february"):
        with pytest.raises(NoSuchDay):
            phrases.find(text, KNOWN)
