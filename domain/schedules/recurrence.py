"""Computes when a schedule is due, from a cron expression and a time zone. Uses no database.

A fixed time names its minute and its hour. It occurs once a day, whatever daylight saving time
does. If the clocks skip it, it occurs when they are put forward. If the clocks show it twice, it
occurs the first time.

An expression whose minute or hour begins with `*` follows elapsed time: each moment counts whose
clock time matches. So a skipped hour has no moments, and a repeated hour has them twice. Debian's
cron does the same.
"""

import hashlib
from bisect import bisect_left
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby, takewhile
from typing import Any, Literal, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from cronsim import CronSim

from domain.calendar import windows
from domain.calendar.days import DAY, Days
from domain.calendar.zones import zone_of

Mark = Literal["SHIFTED", "FOLDED"]
Policy = Literal["latest", "all"]
SECOND = timedelta(seconds=1)
INSTANT = datetime.resolution
CATCH_UP = timedelta(hours=24)


@dataclass(frozen=True)
class Nominal:
    """A moment at which a schedule is due, in UTC and in local time.

    `mark` says that the clocks skip the requested time (SHIFTED) or show it twice (FOLDED).
    """

    at: datetime
    local: datetime
    mark: Mark | None = None


def occurrences(cron: str, zone: str, after: datetime) -> Iterator[Nominal]:
    """Yield the moments later than `after`, oldest first, each once. The iterator never ends.

    `cron` must have passed `check_cron`. For an expression that never occurs, the iterator ends
    once it has searched 50 years. Raises Invalid for an unknown time zone.
    """
    if after.tzinfo is None:
        raise ValueError("a moment has an offset")
    there, after = zone_of(zone), after.astimezone(UTC)
    shown = after.astimezone(there)
    # In the first of two equal hours, the times that the second hour repeats are still to come.
    repeated = shown.replace(fold=1).astimezone(UTC) - shown.replace(fold=0).astimezone(UTC)
    # With a zone, cronsim leaves out times where the clocks move by half an hour, and names past
    # moments in the second of two equal hours. Without a zone it is reliable.
    walls = CronSim(cron, shown.replace(tzinfo=None, fold=0) - repeated)
    found = _once(walls, there) if _is_fixed(cron) else _elapsed(walls, there)
    for at, same in groupby(found, key=lambda one: one[0]):
        # All skipped times occur at the same moment, perhaps together with a time due then anyway.
        *_, (_, mark) = same
        if at > after:
            yield Nominal(at, at.astimezone(there), mark)


def _is_fixed(cron: str) -> bool:
    minute, hour, *_ = cron.split()
    return not minute.startswith("*") and not hour.startswith("*")


def _once(walls: Iterable[datetime], zone: ZoneInfo) -> Iterator[tuple[datetime, Mark | None]]:
    """Yield one moment for each time of the clock."""
    for wall in walls:
        first, second = _readings(wall, zone)
        if first == second:
            yield first, None
        elif first < second:
            yield first, "FOLDED"
        else:
            yield _put_forward(second, first, zone), "SHIFTED"


def _elapsed(walls: Iterable[datetime], zone: ZoneInfo) -> Iterator[tuple[datetime, None]]:
    """Yield each moment at which the clock shows one of these times."""
    again: deque[datetime] = deque()
    for wall in walls:
        first, second = _readings(wall, zone)
        if first > second:
            continue
        while again and again[0] < first:
            yield again.popleft(), None
        yield first, None
        if first < second:
            again.append(second)
    for at in again:
        yield at, None


def _readings(wall: datetime, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Return the moment read with the offset before a clock change, and with the one after it.

    They differ if the time occurs twice, and are in reverse order if it never occurs.
    """
    return (
        wall.replace(tzinfo=zone).astimezone(UTC),
        wall.replace(tzinfo=zone, fold=1).astimezone(UTC),
    )


def _put_forward(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """Return when the clocks are put forward, between these moments."""
    offset = after.astimezone(zone).utcoffset()
    steps = range((after - before) // SECOND)
    found = bisect_left(
        steps, True, key=lambda n: (before + n * SECOND).astimezone(zone).utcoffset() == offset
    )
    return before + found * SECOND


def jitter(schedule_id: UUID, at: datetime, most: timedelta) -> timedelta:
    """Return the delay after `at` at which a schedule starts: from 0 up to `most`, always the same.

    Schedules that are due at the same moment are spread evenly.
    """
    moment = at.astimezone(UTC).isoformat().encode()
    digest = hashlib.sha256(schedule_id.bytes + moment).digest()
    return max(most, timedelta(0)) // INSTANT * int.from_bytes(digest[:8]) // 2**64 * INSTANT


class Missed(NamedTuple):
    """The moments that passed while no worker looked, oldest first.

    `due` are still to run, `dropped` are not. `more` counts older dropped ones that are not listed.
    """

    due: list[Nominal]
    dropped: list[Nominal]
    more: int


def missed(
    cron: str,
    zone: str,
    last: datetime,
    now: datetime,
    window: timedelta = CATCH_UP,
    policy: Policy = "latest",
    most: int = 1000,
) -> Missed:
    """Return the moments in `(last, now]`: at most `most` (1 or more) due ones, and dropped ones.

    At most `most` dropped ones are listed, and one at least if there is any. A moment is dropped if
    it is older than the window or, with the policy `latest`, if it is not the newest.
    """
    last, now = last.astimezone(UTC), now.astimezone(UTC)
    edge = min(max(last, now - window - INSTANT), now)
    recent = _newest(cron, zone, edge, now, most)
    kept = 1 if policy == "latest" else most
    due, dropped = recent[-kept:], recent[:-kept]
    if len(recent) < most:
        dropped = _newest(cron, zone, last, edge, most - len(dropped)) + dropped
    elif not dropped:
        dropped = _newest(cron, zone, last, due[0].at - INSTANT, 1)
    listed = len(due) + len(dropped)
    more = _count(cron, zone, last, now) - listed if listed >= most else 0
    return Missed(due, dropped, more)


def _between(cron: str, zone: str, after: datetime, until: datetime) -> Iterator[Nominal]:
    """Yield the moments in `(after, until]`."""
    return takewhile(lambda one: one.at <= until, occurrences(cron, zone, after))


def _newest(cron: str, zone: str, after: datetime, until: datetime, number: int) -> list[Nominal]:
    """Return the last `number` moments in `(after, until]` without visiting all others."""
    span = timedelta(hours=1)
    while True:
        start = max(after, until - span)
        found = list(_between(cron, zone, start, until))
        if len(found) >= number or start == after:
            return found[-number:]
        span *= 4


def _count(cron: str, zone: str, after: datetime, until: datetime) -> int:
    """Count the moments in `(after, until]`. Days without a clock change are counted as a whole."""
    there = zone_of(zone)
    # The first and the last days are counted moment by moment.
    inner = Days(after.astimezone(there).date() + 2 * DAY, until.astimezone(there).date() - DAY)
    if inner.length == 0:
        return _length(_between(cron, zone, after, until))
    minute, hour, *days = cron.split()
    start = datetime.combine(inner.start, time()) - SECOND
    times = CronSim(f"{minute} {hour} * * *", start)
    a_day = _length(takewhile(lambda wall: wall.date() == inner.start, times))
    midnights = CronSim(" ".join(["0 0", *days]), start)
    dates = {wall.date() for wall in takewhile(lambda wall: wall.date() < inner.end, midnights)}
    total, since = 0, after
    for day in inner:
        if not _is_alike(day, there):
            continue
        # Count the days passed over since the last whole day moment by moment.
        whole = windows.of(Days.from_last(day, day), zone)
        begin = whole.start.astimezone(UTC) - INSTANT
        total += _length(_between(cron, zone, since, begin)) + a_day * (day in dates)
        since = whole.end.astimezone(UTC) - INSTANT
    return total + _length(_between(cron, zone, since, until))


def _length(found: Iterable[Any]) -> int:
    return sum(1 for _ in found)


def _is_alike(day: date, zone: ZoneInfo) -> bool:
    """Return whether no clock change happens on the day or next to it."""
    midnights = (datetime.combine(day + n * DAY, time(), zone) for n in range(-1, 3))
    return len({one.utcoffset() for one in midnights}) == 1
