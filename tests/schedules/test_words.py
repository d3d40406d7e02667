"""How people tell a schedule, what is refused, and the sentence they read."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import islice, takewhile

import pytest
from cronsim import CronSim
from hypothesis import given, settings
from hypothesis import strategies as st

from domain import documents
from domain.calendar.zones import check_zone
from domain.errors import Invalid
from domain.schedules.crons import check_cron
from domain.schedules.descriptions import in_words
from domain.schedules.presets import ScheduleConfig, cron_of
from domain.schedules.recurrence import occurrences
from tests.schedules import sentences

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
        ("0 0,12 * * *", "Every day at 00:00 and 12:00 New York time"),
        ("*/7 * * * *", "Every hour at minutes 0, 7, 14, 21, 28, 35, 42, 49 and 56, New York time"),
        ("5-59/15 * * * *", "Every 15 minutes from 00:05 New York time"),
        ("*/15 8-17 * * *", "Every day, every 15 minutes from 08:00 to 17:45 New York time"),
        (
            "0 9-17/2 * * 1-5",
            "Every Monday to Friday, every 2 hours from 09:00 to 17:00 New York time",
        ),
        ("*/5 * * * 6", "Every Saturday, every 5 minutes, New York time"),
        ("1-3 8,17 * * *", "Every day at minutes 1 to 3 of hours 8 and 17, New York time"),
        (
            "* * */3 * *",
            "On days 1, 4, 7, 10, 13, 16, 19, 22, 25, 28 and 31 of every month "
            "(as far as they exist), every minute, New York time",
        ),
        ("0 9 * * */3", "Every Wednesday, Saturday and Sunday at 09:00 New York time"),
        ("0 9 * * */7", "Every Sunday at 09:00 New York time"),
        ("0 9 * * 1-6/2", "Every Monday, Wednesday and Friday at 09:00 New York time"),
        ("0 9 * 1 *", "Every day in January at 09:00 New York time"),
        (
            "0 9 * 4-9 MON",
            "Every Monday in every month from April to September at 09:00 New York time",
        ),
        ("0 9 13 * 5", "On day 13 of every month and also every Friday at 09:00 New York time"),
        ("0 9 1-31 * 5", "Every day at 09:00 New York time"),
        ("0 9 31 2 5", "Every Friday in February at 09:00 New York time"),
        (
            "0 9 */10 * 5",
            "On days 1, 11, 21 and 31 of every month (when it is a Friday) at 09:00 New York time",
        ),
        ("0 9 * * 1#2", "On the second Monday of every month at 09:00 New York time"),
        ("0 9 * * 1#5", "On the fifth Monday of every month that has one at 09:00 New York time"),
        (
            "0 9 * * 5L,1",
            "Every Monday and also on the last Friday of every month at 09:00 New York time",
        ),
        ("0 9 29 2 *", "On day 29 of February (if there is one) at 09:00 New York time"),
        ("0 9 LW * *", "On the last working day of every month at 09:00 New York time"),
        (
            "0 9 1-7,15,L * *",
            "On days 1 to 7 and 15 and the last day of every month at 09:00 New York time",
        ),
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


def field(low: int, high: int, *others: str) -> st.SearchStrategy[str]:
    """Any field of numbers: stars, values, ranges and steps, in lists."""
    value = st.integers(low, high)
    several = st.tuples(value, value).map(lambda two: "{}-{}".format(*sorted(two)))
    plain = st.sampled_from(["*", *others]) | value.map(str) | several
    step = st.integers(1, high - low + 1).map(lambda n: f"/{n}")
    term = st.tuples(plain, st.just("") | step).map("".join)
    return st.just("*") | term | st.lists(term, min_size=2, max_size=4).map(",".join)


PLACED = [f"{day}#{place}" for day in (0, 1, 7, "FRI") for place in range(1, 6)] + ["5L", "0L"]
ACCEPTED = st.tuples(
    field(0, 59), field(0, 23), field(1, 31, "L", "LW"), field(1, 12, "FEB"), field(0, 7, *PLACED)
).map(" ".join)
YEARS = [date(2027, 1, 1) + timedelta(days=n) for n in range(2 * 365 + 1)]  # 2028 is a leap year


@settings(max_examples=300)
@given(ACCEPTED)
def test_the_sentence_names_exactly_the_days_and_times_that_occur(text):
    try:
        minutes, hours, *which = check_cron(text).split()
    except Invalid:
        return

    said, named = sentences.times(in_words(text, NEW_YORK), "New York time")

    begin = datetime.combine(YEARS[0], time()) - timedelta(seconds=1)  # of the clock on the wall
    midnights = CronSim(" ".join(["0 0", *which]), begin)
    occur = {one.date() for one in takewhile(lambda one: one.date() <= YEARS[-1], midnights)}
    assert sentences.days(said, YEARS) == occur
    moments = CronSim(f"{minutes} {hours} * * *", begin)
    a_day = takewhile(lambda one: one.date() == YEARS[0], moments)
    assert named == {60 * one.hour + one.minute for one in a_day}
