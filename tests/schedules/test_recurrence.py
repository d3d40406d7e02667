"""When schedules are due, over every change of the clocks in every time zone."""

import itertools
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.calendar import zones
from domain.errors import Invalid
from domain.schedules.recurrence import Nominal, occurrences

HOUR, MINUTE, DAY = timedelta(hours=1), timedelta(minutes=1), timedelta(days=1)
NEW_YORK, SAO_PAULO = "America/New_York", "America/Sao_Paulo"
LORD_HOWE = "Australia/Lord_Howe"
ZONES = sorted(zones.names())


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def due(cron: str, zone: str, after: datetime, until: datetime) -> list[Nominal]:
    return list(itertools.takewhile(lambda one: one.at <= until, occurrences(cron, zone, after)))


def shown(found: list[Nominal]) -> list[str]:
    return [
        " ".join(filter(None, [one.local.isoformat(timespec="minutes"), one.mark])) for one in found
    ]


# What the rule says, minute by minute, in other words than the product's.


@cache
def offset_changes() -> list[tuple[str, datetime]]:
    """One zone for each different change of clocks from 2020 to 2040, and its moment."""
    samples = [at("2020-01-01") + n * 3 * DAY for n in range(21 * 122)]
    known: dict[tuple[timedelta | None, ...], str] = {}
    for zone in ZONES:
        there = ZoneInfo(zone)
        known.setdefault(tuple(one.astimezone(there).utcoffset() for one in samples), zone)
    found: dict[tuple[object, ...], tuple[str, datetime]] = {}
    for offsets, zone in known.items():
        for n in range(1, len(samples)):
            if offsets[n - 1] != offsets[n]:
                moment = change_between(samples[n - 1], samples[n], ZoneInfo(zone))
                found.setdefault((moment, offsets[n - 1], offsets[n]), (zone, moment))
    return sorted(found.values())


def change_between(low: datetime, high: datetime, zone: ZoneInfo) -> datetime:
    old = low.astimezone(zone).utcoffset()
    while high - low > MINUTE:
        middle = low + (high - low) // MINUTE // 2 * MINUTE
        if middle.astimezone(zone).utcoffset() == old:
            low = middle
        else:
            high = middle
    return high


def values(field: str, top: int) -> set[int]:
    if field.startswith("*"):
        return set(range(0, top, int(field[2:] or 1)))
    return {int(one) for one in field.split(",")}


class Matcher:
    """A cron expression of numbers, lists, `*`, `*/n` and L."""

    def __init__(self, cron: str) -> None:
        self.fields = cron.split()
        self.minutes, self.hours = values(self.fields[0], 60), values(self.fields[1], 24)

    def __call__(self, wall: datetime) -> bool:
        if wall.minute not in self.minutes or wall.hour not in self.hours:
            return False
        day, month, weekday = self.fields[2:]
        is_last = (wall + DAY).day == 1
        return (
            (day == "*" or (is_last if day == "L" else wall.day == int(day)))
            and (month == "*" or wall.month == int(month))
            and (weekday == "*" or wall.isoweekday() == int(weekday))
        )


def walls_of(zone: str, start: datetime, end: datetime) -> list[tuple[datetime, datetime]]:
    """Each minute, and what the clock shows then."""
    there = ZoneInfo(zone)
    minutes = (start + n * MINUTE for n in range((end - start) // MINUTE))
    return [(one, one.astimezone(there).replace(tzinfo=None, fold=0)) for one in minutes]


def by_the_rule(cron: str, walls: list[tuple[datetime, datetime]]) -> list[tuple[datetime, object]]:
    """The clock has a hand that is only ever moved on: what it passes is due, once."""
    matches = Matcher(cron)
    if any(field.startswith("*") for field in cron.split()[:2]):
        return [(moment, None) for moment, wall in walls if matches(wall)]
    times = Counter(wall for _, wall in walls)
    found: list[tuple[datetime, object]] = []
    reached = walls[0][1] - MINUTE
    for moment, wall in walls:
        passed = (reached + n * MINUTE for n in range(1, (wall - reached) // MINUTE))
        if matches(wall) and wall > reached:
            found.append((moment, "FOLDED" if times[wall] > 1 else None))
        elif any(matches(one) for one in passed):
            found.append((moment, "SHIFTED"))
        reached = max(reached, wall)
    return found


def crons_around(wall: datetime) -> list[str]:
    """Some that are due at about this time of a clock, some that always are."""
    before, half, later = (wall + n * MINUTE for n in (-20, 30, 60))
    return [
        "* * * * *",
        "*/15 * * * *",
        "0 */2 * * *",
        f"*/10 {half.hour} * * *",
        f"{half.minute} * * * {half.isoweekday()}",
        f"{wall.minute} {wall.hour} * * *",
        f"{half.minute} {half.hour} {half.day} {half.month} *",
        f"{before.minute} {before.hour} * * {before.isoweekday()}",
        f"0,{before.minute},{later.minute},59 {before.hour},{half.hour},{later.hour} * * *",
        f"{later.minute} {later.hour} L * *",
        "0 0 * * *",
        "59 23 * * *",
    ]


def test_around_every_change_of_clocks_the_written_rule_holds():
    changes = offset_changes()
    assert len(changes) > 1000
    for number, (zone, moment) in enumerate(changes):
        start, end = moment - 4 * HOUR, moment + 4 * HOUR
        walls = walls_of(zone, start, end)
        crons = crons_around(dict(walls)[moment - MINUTE] + MINUTE)
        # A place changes its clocks forty times in these years, so each of them has its turn.
        for cron in crons[number % 4 :: 4]:
            expected = by_the_rule(cron, walls)
            found = due(cron, zone, start - MINUTE, end - MINUTE)
            assert [(one.at, one.mark) for one in found] == expected, (cron, zone, moment)


def test_wherever_one_begins_to_look_nothing_is_due_twice_or_left_out():
    for number, (zone, moment) in enumerate(offset_changes()[::10]):
        start, end = moment - 4 * HOUR, moment + 4 * HOUR
        crons = crons_around(moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None))
        cron = crons[number % len(crons)]
        whole = [one.at for one in due(cron, zone, start, end)]
        for minutes in (-90, -45, -30, -1, 0, 1, 20, 30, 59, 60, 61):
            after = moment + minutes * MINUTE + timedelta(seconds=minutes % 2)
            found = [one.at for one in due(cron, zone, after, end)]
            assert found == [one for one in whole if one > after], (cron, zone, after)


@given(
    st.sampled_from(ZONES),
    st.datetimes(
        min_value=at("2000-01-01").replace(tzinfo=None),
        max_value=at("2040-01-01").replace(tzinfo=None),
    ),
    st.integers(0, 23),
    st.integers(0, 59),
)
def test_a_daily_schedule_is_due_once_for_each_day(zone, start, hour, minute):
    found = itertools.islice(
        occurrences(f"{minute} {hour} * * *", zone, start.replace(tzinfo=UTC)), 40
    )

    moments = [one.at for one in found]

    pairs = list(itertools.pairwise(moments))
    assert all(timedelta(0) < two - one < 2 * DAY for one, two in pairs), moments
    assert (moments[-1] - moments[0]) / DAY == pytest.approx(39, abs=1.1)


@pytest.mark.parametrize(
    ("cron", "zone", "after", "expected"),
    [
        # The clocks of New York skip 02:00 to 03:00, and show 01:00 to 02:00 twice.
        ("30 2 * * *", NEW_YORK, "2026-03-07T08:00", ["2026-03-08T03:00-04:00 SHIFTED"]),
        ("30 1 * * *", NEW_YORK, "2026-10-31T12:00", ["2026-11-01T01:30-04:00 FOLDED"]),
        (
            "0,30 2,3 * * *",
            NEW_YORK,
            "2026-03-08T01:00",
            ["2026-03-08T03:00-04:00", "2026-03-08T03:30-04:00"],
        ),
        (
            "*/30 1 * * *",
            NEW_YORK,
            "2026-10-31T12:00",
            [
                "2026-11-01T01:00-04:00",
                "2026-11-01T01:30-04:00",
                "2026-11-01T01:00-05:00",
                "2026-11-01T01:30-05:00",
            ],
        ),
        ("*/30 2 * * *", NEW_YORK, "2026-03-07T08:00", ["2026-03-09T02:00-04:00"]),
        # Lord Howe's clocks move by half an hour.
        ("15 2 * * *", LORD_HOWE, "2026-10-03T12:00", ["2026-10-04T02:30+11:00 SHIFTED"]),
        ("45 1 * * *", LORD_HOWE, "2026-04-04T12:00", ["2026-04-05T01:45+11:00 FOLDED"]),
        (
            "*/30 2 * * *",
            LORD_HOWE,
            "2026-04-04T12:00",
            ["2026-04-05T02:00+10:30", "2026-04-05T02:30+10:30"],
        ),
        # Samoa had no 30 December 2011.
        (
            "0 9 * * *",
            "Pacific/Apia",
            "2011-12-29T20:00",
            ["2011-12-31T00:00+14:00 SHIFTED", "2011-12-31T09:00+14:00"],
        ),
        ("0 0 * * *", "Pacific/Apia", "2011-12-29T20:00", ["2011-12-31T00:00+14:00"]),
        # São Paulo's clocks went from midnight to one, and from midnight back to eleven.
        ("0 0 * * *", SAO_PAULO, "2018-11-03T12:00", ["2018-11-04T01:00-02:00 SHIFTED"]),
        ("30 23 * * *", SAO_PAULO, "2018-02-17T12:00", ["2018-02-17T23:30-02:00 FOLDED"]),
        ("*/15 0 * * 0", SAO_PAULO, "2018-11-03T12:00", ["2018-11-11T00:00-02:00"]),
        # Morocco's clocks go back for Ramadan; the law says when in Gaza.
        ("30 2 * * *", "Africa/Casablanca", "2026-03-21T12:00", ["2026-03-22T03:00+01:00 SHIFTED"]),
        ("30 2 * * *", "Africa/Casablanca", "2026-02-14T12:00", ["2026-02-15T02:30+01:00 FOLDED"]),
        ("30 2 * * *", "Asia/Gaza", "2026-03-27T12:00", ["2026-03-28T03:00+03:00 SHIFTED"]),
    ],
)
def test_times_that_clocks_skip_or_show_twice(cron, zone, after, expected):
    found = itertools.islice(occurrences(cron, zone, at(after)), len(expected))

    assert shown(list(found)) == expected


@pytest.mark.parametrize(
    ("cron", "after", "expected"),
    [
        ("0 9 L * *", "2028-01-31T12:00", ["2028-02-29", "2028-03-31", "2028-04-30"]),
        ("0 9 29 2 *", "2026-01-01T00:00", ["2028-02-29", "2032-02-29", "2036-02-29"]),
        ("0 9 29 2 *", "2097-01-01T00:00", ["2104-02-29"]),
        ("0 9 1 1,4,7,10 *", "2026-05-05T00:00", ["2026-07-01", "2026-10-01", "2027-01-01"]),
        ("0 9 * 2 MON#5", "2026-01-01T00:00", ["2044-02-29"]),
        ("0 9 * * 5L", "2026-01-01T00:00", ["2026-01-30", "2026-02-27"]),
    ],
)
def test_rare_days_are_found(cron, after, expected):
    begun = time.process_time()
    found = itertools.islice(occurrences(cron, "UTC", at(after)), len(expected))

    assert [str(one.local.date()) for one in found] == expected
    assert time.process_time() - begun < 1


def test_a_moment_is_never_due_after_itself():
    first = next(occurrences("0 9 * * *", NEW_YORK, at("2026-05-05T00:00")))

    assert next(occurrences("0 9 * * *", NEW_YORK, first.at)).at == first.at + DAY
    early = first.at - timedelta(microseconds=1)
    assert next(occurrences("0 9 * * *", NEW_YORK, early)) == first
    assert (
        next(occurrences("0 9 * * *", NEW_YORK, early.astimezone(ZoneInfo("Asia/Tokyo")))) == first
    )


def test_a_place_that_is_no_time_zone_is_refused():
    with pytest.raises(Invalid, match="must be a time zone"):
        next(occurrences("0 9 * * *", "America/Nowhere", at("2026-05-05T00:00")))
