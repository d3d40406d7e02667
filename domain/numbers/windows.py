"""Which periods a widget shows, and which ones they are compared with. Pure arithmetic."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from domain.calendar import periods
from domain.calendar.periods import Comparison, Level, Period, WeekStart
from domain.dashboards.configs import Range

DAY = timedelta(days=1)
MOST = 104  # periods that are shown
A_YEAR = {"weekly": 53, "monthly": 12, "quarterly": 4}  # periods, at most
NAMES = {"weekly": "weeks", "monthly": "months", "quarterly": "quarters"}
LONGEST = timedelta(days=92)  # period


@dataclass(frozen=True)
class Wish:
    """What is asked for; without a range all that there is, at most 104 periods."""

    level: Level
    range: Range | None = None
    comparison: Comparison | None = None


@dataclass(frozen=True)
class Need:
    """What has to be read for it: so many of the newest periods, or those that begin in `days`."""

    level: Level
    most: int | None
    since: date | None = None
    until: date | None = None


@dataclass(frozen=True)
class Window:
    """The periods, oldest first, and beside each the one it is compared with, if there is one."""

    periods: tuple[Period, ...]
    previous: tuple[Period | None, ...] = ()

    @property
    def start(self) -> date:
        """The first day."""
        return self.periods[0].start

    @property
    def end(self) -> date:
        """The day after the last one."""
        return self.periods[-1].end

    @property
    def before(self) -> tuple[Period, ...]:
        """Those that are compared with."""
        return tuple(one for one in self.previous if one is not None)


def need(wish: Wish) -> Need:
    """What has to be read, before it is known which periods there are."""
    given = wish.range
    if given is None or given.start_date is None or given.end_date is None:
        most = (given.periods if given else None) or MOST
        earlier = {"previous_period": most, "previous_year": A_YEAR[wish.level]}
        return Need(wish.level, most + earlier.get(wish.comparison or "", 0))
    since = given.start_date - LONGEST
    if wish.comparison == "previous_year":
        since -= timedelta(days=372)
    elif wish.comparison == "previous_period":
        since -= given.end_date - given.start_date + 2 * LONGEST
    return Need(wish.level, None, since, given.end_date + DAY)


def window(wish: Wish, there: Sequence[Period], week_start: WeekStart) -> Window | None:
    """The periods to be shown, where these are there. Periods between them belong to it.

    None where nothing is there to begin with. Raises ValueError where it would be too many.
    """
    shown = _shown(wish, there, week_start)
    if len(shown) > MOST:
        raise ValueError(
            f"These days are {len(shown)} {NAMES[wish.level]}; a widget shows at most {MOST}."
        )
    if not shown:
        return None
    if wish.comparison == "previous_year":
        return Window(tuple(shown), tuple(periods.year_before(one) for one in shown))
    if wish.comparison == "previous_period":
        last = periods.of(wish.level, shown[0].start - DAY, week_start)
        return Window(tuple(shown), tuple(_back(last, len(shown), week_start)))
    return Window(tuple(shown))


def _shown(wish: Wish, there: Sequence[Period], week_start: WeekStart) -> list[Period]:
    given = wish.range
    if given is not None and given.start_date is not None and given.end_date is not None:
        last = given.end_date + DAY
        touched = periods.touched(given.start_date, last, week_start)
        return [one for one in touched if one.level == wish.level]
    if not there:
        return []
    newest = periods.of(wish.level, max(one.start for one in there), week_start)
    if given is not None and given.periods is not None:
        return _back(newest, given.periods, week_start)
    first = min(one.start for one in there)
    return [one for one in _back(newest, MOST, week_start) if one.end > first]


def _back(newest: Period, number: int, week_start: WeekStart) -> list[Period]:
    """So many periods, this the last of them."""
    found = [newest]
    while len(found) < number:
        found.append(periods.of(newest.level, found[-1].start - DAY, week_start))
    return found[::-1]


def week_start_of(there: Sequence[Period]) -> WeekStart:
    """The day on which these weeks begin."""
    return "sunday" if any(one.key.startswith("W") for one in there) else "monday"
