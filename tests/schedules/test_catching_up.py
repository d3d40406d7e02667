"""What was due while nobody looked, and how schedules that are due together are spread."""

import time
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from itertools import takewhile
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.schedules.recurrence import Nominal, jitter, missed, occurrences

HOUR, MINUTE, DAY = timedelta(hours=1), timedelta(minutes=1), timedelta(days=1)
NEW_YORK, LORD_HOWE = "America/New_York", "Australia/Lord_Howe"


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def due(cron: str, zone: str, after: datetime, until: datetime) -> list[Nominal]:
    return list(takewhile(lambda one: one.at <= until, occurrences(cron, zone, after)))


@given(st.uuids(), st.datetimes(timezones=st.just(UTC)), st.timedeltas(timedelta(0), DAY))
def test_jitter_is_bounded_and_the_same_each_time(schedule, moment, most):
    found = jitter(schedule, moment, most)

    assert timedelta(0) <= found <= most
    assert found == jitter(schedule, moment.astimezone(ZoneInfo(NEW_YORK)), most)


def test_jitter_spreads_schedules_that_are_due_together():
    moment = at("2026-05-05T09:00")
    minutes = Counter(jitter(UUID(int=n), moment, 10 * MINUTE) // MINUTE for n in range(2000))

    assert set(minutes) == set(range(10))
    assert max(minutes.values()) < 2 * min(minutes.values())


def test_of_what_was_missed_only_the_newest_is_due_unless_all_are_wanted():
    last, now = at("2026-05-01T09:00"), at("2026-05-05T12:00")

    found = missed("0 */6 * * *", "UTC", last, now)
    assert [one.at for one in found.due] == [now]
    assert len(found.dropped) == 16
    assert found.dropped == sorted(found.dropped, key=lambda one: one.at)

    found = missed("0 */6 * * *", "UTC", last, now, policy="all")
    assert [one.at for one in found.due] == [now - n * 6 * HOUR for n in (4, 3, 2, 1, 0)]
    assert [one.at for one in found.dropped] == [
        at("2026-05-01T12:00") + n * 6 * HOUR for n in range(12)
    ]


def test_what_is_older_than_the_catch_up_window_is_too_late():
    found = missed("0 9 * * 1", "UTC", at("2026-04-20T09:00"), at("2026-05-05T12:00"))

    assert not found.due
    assert [one.at.date() for one in found.dropped] == [date(2026, 4, 27), date(2026, 5, 4)]


def test_nothing_is_missed_where_the_clock_went_back():
    assert missed("* * * * *", "UTC", at("2026-05-05T12:00"), at("2026-05-05T11:00")) == ([], [], 0)


CRONS = ["*/3 * * * *", "*/7 * * * *", "15 1,2 * * *", "0 0-23 * * *", "30 2 * * 0", "0 0 L * *"]


@given(
    st.sampled_from(CRONS),
    st.sampled_from([NEW_YORK, LORD_HOWE, "Africa/Cairo", "Asia/Gaza", "UTC"]),
    st.integers(0, 365 * 24 * 60),
    st.timedeltas(timedelta(0), timedelta(days=9)),
    st.timedeltas(timedelta(0), timedelta(days=3)),
    st.sampled_from(["latest", "all"]),
    st.integers(1, 30),
)
def test_whatever_was_missed_is_due_or_dropped_or_counted(
    cron, zone, start, downtime, window, policy, most
):
    last = at("2025-01-01") + start * MINUTE
    now = last + downtime
    whole = due(cron, zone, last, now)

    found = missed(cron, zone, last, now, window, policy, most)

    young = [one for one in whole if one.at >= now - window]
    assert found.due == young[-1 if policy == "latest" else -most :]
    assert found.dropped + found.due == whole[found.more :]
    assert len(found.due) <= most
    assert len(found.dropped) <= most
    assert found.more == 0 or len(found.dropped) + len(found.due) >= most


def test_three_years_of_every_minute_are_counted_in_no_time():
    last, now = at("2023-05-05T12:00"), at("2026-05-05T12:00")
    begun = time.process_time()

    found = missed("* * * * *", NEW_YORK, last, now)

    assert time.process_time() - begun < 3
    assert [one.at for one in found.due] == [now]
    assert len(found.dropped) == 999
    assert found.more == (now - last) // MINUTE - 1000


@pytest.mark.parametrize(
    ("zone", "change"),
    [
        (NEW_YORK, "2026-03-08T07:00"),
        (NEW_YORK, "2026-11-01T06:00"),
        (LORD_HOWE, "2026-04-04T15:00"),
        ("Africa/Cairo", "2026-04-23T22:00"),
        ("Pacific/Apia", "2011-12-30T10:00"),
    ],
)
@pytest.mark.parametrize("cron", ["*/15 * * * *", "0,30 0-23 * * *", "30 2 * * *", "0 0 * * *"])
def test_the_count_is_exact_where_the_clocks_were_changed(zone, change, cron):
    last, now = at(change) - 6 * DAY, at(change) + 6 * DAY

    found = missed(cron, zone, last, now, most=1)

    assert found.more + len(found.due) + len(found.dropped) == len(due(cron, zone, last, now))
