"""How people tell a schedule, what is refused, and the sentence they read."""

from datetime import UTC, datetime
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain import documents
from domain.calendar.zones import check_zone
from domain.errors import Invalid
from domain.schedules.crons import check_cron
from domain.schedules.descriptions import in_words
from domain.schedules.presets import ScheduleConfig, cron_of
from domain.schedules.recurrence import occurrences

NEW_YORK = "America/New_York"


def config(**given: object) -> ScheduleConfig:
    return documents.read(ScheduleConfig, given, "scheduleConfig")


@pytest.mark.parametrize(
    ("told", "cron", "words"),
    [
        ({"frequency": "daily"}, "0 9 * * *", "Every day at 09:00 UTC"),
        ({"frequency": "daily", "time": "06:30"}, "30 6 * * *", "Every day at 06:30 UTC"),
        ({"frequency": "daily", "time": "00:05"}, "5 0 * * *", "Every day at 00:05 UTC"),
        ({"frequency": "weekly", "daysOfWeek": [1]}, "0 9 * * 1", "Every Monday at 09:00 UTC"),
        (
            {"frequency": "weekly", "daysOfWeek": [5, 1, 3]},
            "0 9 * * 1,3,5",
            "Every Monday, Wednesday and Friday at 09:00 UTC",
        ),
        (
            {"frequency": "weekly", "daysOfWeek": [0, 6]},
            "0 9 * * 6,7",
            "Every Saturday and Sunday at 09:00 UTC",
        ),
        (
            {"frequency": "weekly", "daysOfWeek": [1, 2, 3, 4, 5, 6, 7]},
            "0 9 * * 1,2,3,4,5,6,7",
            "Every day at 09:00 UTC",
        ),
        (
            {"frequency": "monthly", "dayOfMonth": 15},
            "0 9 15 * *",
            "On day 15 of every month at 09:00 UTC",
        ),
        (
            {"frequency": "monthly", "dayOfMonth": 31},
            "0 9 L * *",
            "On the last day of every month at 09:00 UTC",
        ),
        (
            {"frequency": "monthly", "dayOfMonth": "last"},
            "0 9 L * *",
            "On the last day of every month at 09:00 UTC",
        ),
        (
            {"frequency": "quarterly"},
            "0 9 1 1,4,7,10 *",
            "On day 1 of every quarter at 09:00 UTC",
        ),
        (
            {"frequency": "quarterly", "dayOfMonth": 30},
            "0 9 30 1,4,7,10 *",
            "On day 30 of every quarter at 09:00 UTC",
        ),
        (
            {"frequency": "quarterly", "dayOfMonth": 31},
            "0 9 L 1,4,7,10 *",
            "On the last day of January, April, July and October at 09:00 UTC",
        ),
    ],
)
def test_a_preset_is_a_cron_expression_and_a_sentence(told, cron, words):
    assert cron_of(config(**told)) == cron
    assert check_cron(cron) == cron
    assert in_words(cron, "UTC") == words


@pytest.mark.parametrize(
    ("told", "field", "why"),
    [
        ({}, "frequency", "is missing"),
        ({"frequency": ""}, "frequency", "one of 'daily', 'weekly', 'monthly', 'quarterly'"),
        ({"frequency": "yearly"}, "frequency", "one of 'daily', 'weekly', 'monthly', 'quarterly'"),
        ({"frequency": "daily", "time": "9:00"}, "time", "such as 09:00"),
        ({"frequency": "daily", "time": "24:00"}, "time", "such as 09:00"),
        ({"frequency": "daily", "time": "09:00\n"}, "time", "such as 09:00"),
        ({"frequency": "daily", "time": 900}, "time", "must be text"),
        ({"frequency": "daily", "timezone": "Mars/Olympus"}, "timezone", "must be a time zone"),
        ({"frequency": "daily", "timezone": "../etc"}, "timezone", "must be a time zone"),
        ({"frequency": "daily", "tz": "UTC"}, "tz", "There is no field 'tz'"),
        ({"frequency": "daily", "dayOfMonth": 1}, "dayOfMonth", "no dayOfMonth"),
        ({"frequency": "daily", "daysOfWeek": [1]}, "daysOfWeek", "no daysOfWeek"),
        ({"frequency": "weekly"}, "daysOfWeek", "needs daysOfWeek"),
        ({"frequency": "weekly", "daysOfWeek": []}, "daysOfWeek", "needs daysOfWeek"),
        ({"frequency": "weekly", "daysOfWeek": [1, 1]}, "daysOfWeek", "1 more than once"),
        ({"frequency": "weekly", "daysOfWeek": [0, 7]}, "daysOfWeek", "7 more than once"),
        ({"frequency": "weekly", "daysOfWeek": [8]}, "daysOfWeek.0", "1 (Monday) to 7"),
        ({"frequency": "weekly", "daysOfWeek": [1, -1]}, "daysOfWeek.1", "1 (Monday) to 7"),
        ({"frequency": "weekly", "daysOfWeek": [True]}, "daysOfWeek.0", "1 (Monday) to 7"),
        ({"frequency": "weekly", "daysOfWeek": "1"}, "daysOfWeek", "list"),
        ({"frequency": "monthly"}, "dayOfMonth", "needs dayOfMonth"),
        ({"frequency": "monthly", "dayOfMonth": 0}, "dayOfMonth", "1 to 31"),
        ({"frequency": "monthly", "dayOfMonth": 32}, "dayOfMonth", "1 to 31"),
        ({"frequency": "monthly", "dayOfMonth": "first"}, "dayOfMonth", "1 to 31"),
        ({"frequency": "monthly", "dayOfMonth": 1.5}, "dayOfMonth", "1 to 31"),
        ({"frequency": "monthly", "dayOfMonth": 29}, "dayOfMonth", "not every month has a day 29"),
        ({"frequency": "monthly", "dayOfMonth": 30}, "dayOfMonth", "not every month has a day 30"),
    ],
)
def test_a_preset_that_cannot_be_kept_is_refused(told, field, why):
    with pytest.raises(Invalid) as refused:
        config(**told)

    assert refused.value.field == ".".join(filter(None, ["scheduleConfig", field]))
    assert why.lower() in str(refused.value).lower()


@given(st.integers(1, 28) | st.sampled_from([31, "last"]), st.integers(2024, 2039))
def test_a_monthly_preset_is_due_in_every_month(day, year):
    cron = cron_of(config(frequency="monthly", dayOfMonth=day))
    found = list(islice(occurrences(cron, NEW_YORK, datetime(year, 1, 1, tzinfo=UTC)), 12))

    assert [one.local.month for one in found] == list(range(1, 13))


@pytest.mark.parametrize(
    ("cron", "words"),
    [
        ("0 9 * * MON", "Every Monday at 09:00 New York time"),
        ("0 9 * * 1-5", "Every Monday to Friday at 09:00 New York time"),
        ("0 9 * * sat,sun", "Every Saturday and Sunday at 09:00 New York time"),
        ("0 9 * * SUN-MON", "Every Monday and Sunday at 09:00 New York time"),
        ("0 9 * * 0-6", "Every day at 09:00 New York time"),
        ("0 9,17 * * *", "Every day at 09:00 and 17:00 New York time"),
        ("0,30 9,17 * * 2", "Every Tuesday at 09:00, 09:30, 17:00 and 17:30 New York time"),
        ("0 9 1 MAR,SEP *", "On day 1 of March and September at 09:00 New York time"),
        ("0 9 31 * *", "On day 31 of every month that has one at 09:00 New York time"),
        ("0 9 31 4-7 *", "On day 31 of May and July at 09:00 New York time"),
        ("0 9 31 1,4,7,10 *", "On day 31 of January, July and October at 09:00 New York time"),
        ("* * * * *", "Every minute"),
        ("*/15 * * * *", "Every 15 minutes"),
        ("30 * * * *", "Every hour at minute 30, New York time"),
        ("0 */6 * * *", "Every 6 hours from 00:00 New York time"),
        # What has no sentence of its own.
        ("0 9 13 * 5", "At 09:00 on the 13th day of month and on Friday, New York time"),
        ("0 9 * * 1#2", "At 09:00 on the second Monday of the month, New York time"),
        ("0 9 * * 5L", "At 09:00 on the last Friday of the month, New York time"),
        ("0 9 * 1 *", "At 09:00 every day in January, New York time"),
        ("0 9 LW * *", "At 09:00 on the last weekday of every month, New York time"),
        (
            "0 9 11,21,31 * *",
            "At 09:00 on the 11th, the 21st, and the 31st day of month, New York time",
        ),
        ("*/7 * * * *", "Every seventh minute of every hour, New York time"),
    ],
)
def test_a_cron_expression_in_words(cron, words):
    assert in_words(check_cron(cron), NEW_YORK) == words


@pytest.mark.parametrize(
    ("zone", "words"),
    [
        ("Etc/UTC", "Every day at 09:00 UTC"),
        ("Europe/Berlin", "Every day at 09:00 Berlin time"),
        ("America/Argentina/Buenos_Aires", "Every day at 09:00 Buenos Aires time"),
        ("Etc/GMT+5", "Every day at 09:00 Etc/GMT+5 time"),
        ("Japan", "Every day at 09:00 Japan time"),
    ],
)
def test_a_zone_in_words(zone, words):
    assert in_words("0 9 * * *", check_zone(zone)) == words


FIELD = "In cron field"


@pytest.mark.parametrize(
    ("cron", "why"),
    [
        ("", "this one has 0"),
        ("0 9 * *", "this one has 4"),
        ("0 0 9 * * *", "this one has 6. Seconds are not accepted"),
        ("@daily", "such as '0 0 * * *'"),
        ("@reboot", "not accepted"),
        ("60 9 * * *", f"{FIELD} 1, the minute, '60' is not understood. Allowed are 0-59"),
        ("-1 9 * * *", f"{FIELD} 1, the minute, '-1'"),
        ("0.5 9 * * *", f"{FIELD} 1, the minute, '0.5'"),
        ("0 24 * * *", f"{FIELD} 2, the hour, '24'"),
        ("0 8,22-6 * * *", f"{FIELD} 2, the hour, '22-6'"),
        ("0 9 0 * *", f"{FIELD} 3, the day of the month, '0'"),
        ("0 9 32 * *", f"{FIELD} 3, the day of the month, '32'"),
        ("0 9 15W * *", f"{FIELD} 3, the day of the month, '15W'"),
        ("0 9 ? * *", f"{FIELD} 3, the day of the month, '?'"),
        ("0 9 1,,2 * *", f"{FIELD} 3, the day of the month, ''"),
        ("0 9 * 13 *", f"{FIELD} 4, the month, '13'"),
        ("0 9 * * 8", f"{FIELD} 5, the day of the week, '8'"),
        ("0 9 * * MONDAY", f"{FIELD} 5, the day of the week, 'MONDAY'"),
        ("0 9 * * 1#6", f"{FIELD} 5, the day of the week, '1#6'"),
        ("*/0 * * * *", f"{FIELD} 1, the minute, '*/0'"),
        ("*/90 * * * *", "a step can be 60 at most"),
        ("0 */48 * * *", "a step can be 24 at most"),
        ("0 9 31 2 *", "never occurs"),
        ("0 9 31 4,6,9,11 *", "never occurs"),
        ("0 9 */31 2 MON#5", "never occurs"),
        ("0 9 * * ſun", "ASCII"),
        ("0 9 * * " + "9" * 5000, "250 characters"),
    ],
)
def test_a_cron_expression_that_cannot_be_kept_is_refused(cron, why):
    with pytest.raises(Invalid) as refused:
        check_cron(cron, "schedule.cron")

    assert refused.value.field == "schedule.cron"
    assert why in str(refused.value)


def test_an_expression_is_kept_with_single_spaces():
    assert check_cron("  0\t9 * *  mon ") == "0 9 * * mon"


def few(*words: str) -> st.SearchStrategy[str]:
    return st.lists(st.sampled_from(words), min_size=1, max_size=3).map(",".join)


EXPRESSIONS = st.tuples(
    few("*", "0", "59", "5-9", "*/7", "3/20", "99", "x", "-", "/"),
    few("*", "0", "23", "8-17", "*/5", "24", "#"),
    few("*", "1", "31", "L", "LW", "28-31", "*/9", "L/2", "32", "W"),
    few("*", "1", "2", "dec", "JAN-MAR", "*/5", "13", "L"),
    few("*", "0", "7", "sun", "MON-FRI", "5L", "1#5", "*/3", "8", "L", "#"),
).map(" ".join)


@given(EXPRESSIONS)
def test_whatever_is_written_is_refused_or_has_a_sentence_and_a_next_time(text):
    try:
        cron = check_cron(text)
    except Invalid:
        return

    assert in_words(cron, NEW_YORK).endswith(("New York time", "minute", "minutes"))
    after = datetime(2026, 5, 5, tzinfo=UTC)
    first, second = islice(occurrences(cron, NEW_YORK, after), 2)
    assert after < first.at < second.at
