"""When a schedule is due: the moments a cron expression names in a time zone. No database.

A fixed time, which names its minute and its hour, comes once a day whatever the clocks do: one that
they skip comes when they have been put forward, one that they show twice comes the first time.
Where the minute or the hour begins with `*`, each moment counts whose clock shows a match, so hours
that do not exist bring nothing and hours that come twice bring twice. Debian's cron does the same.
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
    """A moment at which a schedule is due, in UTC and as the zone's clocks show it.

    `mark` says that the clocks skip the time asked for (SHIFTED) or show it twice (FOLDED).
    """

    at: datetime
    local: datetime
    mark: Mark | None = None


def occurrences(cron: str, zone: str, after: datetime) -> Iterator[Nominal]:
    """The moments later than `after`, oldest first, each one once; for ever, so take what you need.

    `cron` is one that `check_cron` has passed; of another there may be none, which is found out
    within 50 years of it. Raises Invalid where there is no such zone.
    """
    if after.tzinfo is None:
        raise ValueError("a moment has an offset")
    there, after = zone_of(zone), after.astimezone(UTC)
    shown = after.astimezone(there)
    # In the first of two equal hours, what the second one repeats is still to come.
    repeated = shown.replace(fold=1).astimezone(UTC) - shown.replace(fold=0).astimezone(UTC)
    # Given the zone, cronsim would leave out times where the clocks move by half an hour, and in
    # the second of two equal hours name moments that are over. Of times without one it is sure.
    walls = CronSim(cron, shown.replace(tzinfo=None, fold=0) - repeated)
    found = _once(walls, there) if _is_fixed(cron) else _elapsed(walls, there)
    for at, same in groupby(found, key=lambda one: one[0]):
        # Times that are skipped come together, and may meet one that was due then anyway.
        *_, (_, mark) = same
        if at > after:
            yield Nominal(at, at.astimezone(there), mark)


def _is_fixed(cron: str) -> bool:
    minute, hour, *_ = cron.split()
    return not minute.startswith("*") and not hour.startswith("*")


def _once(walls: Iterable[datetime], zone: ZoneInfo) -> Iterator[tuple[datetime, Mark | None]]:
    """A moment for each time that a clock should show."""
    for wall in walls:
        first, second = _readings(wall, zone)
        if first == second:
            yield first, None
        elif first < second:
            yield first, "FOLDED"
        else:
            yield _put_forward(second, first, zone), "SHIFTED"


def _elapsed(walls: Iterable[datetime], zone: ZoneInfo) -> Iterator[tuple[datetime, None]]:
    """Each moment at which a clock shows one of these times."""
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
    """The moment, read with the offset before a change of the clocks and with the one after it.

    They differ where the time comes twice, and are in the wrong order where it never comes.
    """
    return (
        wall.replace(tzinfo=zone).astimezone(UTC),
        wall.replace(tzinfo=zone, fold=1).astimezone(UTC),
    )


def _put_forward(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """When the clocks are put forward, between these moments."""
    offset = after.astimezone(zone).utcoffset()
    steps = range((after - before) // SECOND)
    found = bisect_left(
        steps, True, key=lambda n: (before + n * SECOND).astimezone(zone).utcoffset() == offset
    )
    return before + found * SECOND


def jitter(schedule_id: UUID, at: datetime, most: timedelta) -> timedelta:
    """How much later than `at` a schedule really starts: the same each time, 0 up to `most`.

    Schedules that are due at the same moment are spread evenly.
    """
    moment = at.astimezone(UTC).isoformat().encode()
    digest = hashlib.sha256(schedule_id.bytes + moment).digest()
    return max(most, timedelta(0)) // INSTANT * int.from_bytes(digest[:8]) // 2**64 * INSTANT


class Missed(NamedTuple):
    """What came to pass while nobody looked, oldest first.

    `due` is still to be run, `dropped` is not; `more` counts older ones that are dropped unlisted.
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
    """The moments in `(last, now]`, at most `most` (1 or more) due and as many dropped ones listed.

    Dropped is what is older than the window and, with `latest`, all but the newest.
    """
    last, now = last.astimezone(UTC), now.astimezone(UTC)
    edge = min(max(last, now - window - INSTANT), now)
    recent = _newest(cron, zone, edge, now, most)
    kept = 1 if policy == "latest" else most
    due, dropped = recent[-kept:], recent[:-kept]
    if len(recent) < most:
        dropped = _newest(cron, zone, last, edge, most - len(dropped)) + dropped
    listed = len(due) + len(dropped)
    more = _count(cron, zone, last, now) - listed if listed >= most else 0
    return Missed(due, dropped, more)


def _between(cron: str, zone: str, after: datetime, until: datetime) -> Iterator[Nominal]:
    """What is due in `(after, until]`."""
    return takewhile(lambda one: one.at <= until, occurrences(cron, zone, after))


def _newest(cron: str, zone: str, after: datetime, until: datetime, number: int) -> list[Nominal]:
    """The last so many in `(after, until]`, found without a look at all the others."""
    span = timedelta(hours=1)
    while True:
        start = max(after, until - span)
        found = list(_between(cron, zone, start, until))
        if len(found) >= number or start == after:
            return found[-number:]
        span *= 4


def _count(cron: str, zone: str, after: datetime, until: datetime) -> int:
    """How many there are in `(after, until]`. Most days are not looked into: they are alike."""
    there = zone_of(zone)
    # The days at both ends are counted moment by moment.
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
        # What is not alike, and the beginning, was put off until here.
        whole = windows.of(Days.from_last(day, day), zone)
        begin = whole.start.astimezone(UTC) - INSTANT
        total += _length(_between(cron, zone, since, begin)) + a_day * (day in dates)
        since = whole.end.astimezone(UTC) - INSTANT
    return total + _length(_between(cron, zone, since, until))


def _length(found: Iterable[Any]) -> int:
    return sum(1 for _ in found)


def _is_alike(day: date, zone: ZoneInfo) -> bool:
    """Whether no clock is changed on the day, nor near enough for it to feel."""
    midnights = (datetime.combine(day + n * DAY, time(), zone) for n in range(-1, 3))
    return len({one.utcoffset() for one in midnights}) == 1
