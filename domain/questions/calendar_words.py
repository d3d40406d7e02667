"""Reads single days in words: last week, March, the second quarter, 6 July, Prime Day. Pure."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TypeAlias

from domain.calendar import units
from domain.calendar.days import Days
from domain.calendar.units import Unit, WeekStart
from domain.facts import events

MONTHS = (
    *("january", "february", "march", "april", "may", "june", "july", "august"),
    *("september", "october", "november", "december"),
)
SHORT = {name[:3]: number for number, name in enumerate(MONTHS, 1)} | {"sept": 9}
COUNTED = "one two three four five six seven eight nine ten eleven twelve thirteen"
NUMBERS = {name: number for number, name in enumerate(COUNTED.split(), 1)}
NUMBERS |= {"couple of": 2, "a couple of": 2, "few": 3, "twenty": 20, "fifty two": 52}
ORDINALS = {"first": 1, "1st": 1, "second": 2, "2nd": 2, "third": 3, "3rd": 3, "fourth": 4}
ORDINALS |= {"4th": 4, "last": 4}
EVENTS = {
    "prime big deal days": "Prime Big Deal Days",
    "big deal days": "Prime Big Deal Days",
    "prime day": "Prime Day",
    "prime days": "Prime Day",
    "black friday": "Black Friday to Cyber Monday",
    "cyber monday": "Black Friday to Cyber Monday",
    "cyber week": "Black Friday to Cyber Monday",
    "christmas shopping": "Christmas shopping",
    "christmas": "Christmas",
    "xmas": "Christmas",
    "easter": "Easter",
    "new year": "New Year",
    "new years": "New Year",
    "valentines day": "Valentine's Day",
    "valentine s day": "Valentine's Day",
}
MODAL = r"(?!may (?:i|we|you|it|be|have)\b)"  # "may I" is no month
MONTH = rf"{MODAL}(?P<month>{'|'.join([*MONTHS, *sorted(SHORT, key=len, reverse=True)])})"
DAY = r"(?P<day>[0-9]{1,2})(?: ?(?:st|nd|rd|th))?(?: of)?"
YEAR = r"(?P<year>(?:19|20)[0-9]{2})"
COUNT = rf"(?P<count>[0-9]{{1,3}}|{'|'.join(sorted(NUMBERS, key=len, reverse=True))})"
UNIT = r"(?P<unit>day|week|month|quarter|year)"
EVENT = rf"(?P<event>{'|'.join(sorted(EVENTS, key=len, reverse=True))})"
LAST = r"(?:last|past|previous|prior|latest|most recent|recent|newest)"


@dataclass(frozen=True, slots=True)
class Known:
    """What days are relative to: the days that have data, the country and the start of weeks."""

    data: Days  # whole weeks
    country: str = "US"
    week_start: WeekStart = "monday"
    over: date | None = None  # the day after the newest one with data, if its week has begun only

    @property
    def now(self) -> date:
        """The day after the newest one with data."""
        return self.over or self.data.end


Found: TypeAlias = re.Match[str]
Reader: TypeAlias = Callable[[Found, Known], "tuple[Days, bool] | None"]


def spaced(pattern: str) -> str:
    """A pattern in which each space stands for any number of them."""
    return pattern.replace(" ?", "\1").replace(" ", " +").replace("\1", " *")


def _count(found: Found) -> int:
    said = found["count"]
    return int(said) if said.isdecimal() else NUMBERS[" ".join(said.split())]


def _unit(found: Found, known: Known, number: int, *, is_back: bool) -> Days:
    """So many whole units before the end of the data, or the one that lies so far back."""
    name = found["unit"]
    if name == "year":
        year = known.now.year
        first = date(year - number, 1, 1)
        return Days(first, date(year if is_back else year - number + 1, 1, 1))
    unit: Unit = units.named(name)
    end = units.floor(known.now, unit, known.week_start)
    start = units.back(end, unit, number)
    return Days(start, end if is_back else units.back(start, unit, -1))


def _last_many(found: Found, known: Known) -> tuple[Days, bool] | None:
    number = _count(found)
    return (_unit(found, known, number, is_back=True), True) if 0 < number <= 400 else None


def _last_one(found: Found, known: Known) -> tuple[Days, bool]:
    return _unit(found, known, 1, is_back=True), True


def _past_year(found: Found, known: Known) -> tuple[Days, bool]:
    end = units.floor(known.now, "monthly")
    return Days(units.back(end, "monthly", 12), end), True


def _this(found: Found, known: Known) -> tuple[Days, bool]:
    return _unit(found, known, 0, is_back=False), True


def _ago(found: Found, known: Known) -> tuple[Days, bool]:
    return _unit(found, known, _count(found), is_back=False), True


def _to_date(found: Found, known: Known) -> tuple[Days, bool]:
    return Days(_unit(found, known, 0, is_back=False).start, known.data.end), True


def _year_to_date(found: Found, known: Known) -> tuple[Days, bool]:
    return Days(date((known.now - timedelta(days=1)).year, 1, 1), known.data.end), True


def _of_year_so_far(found: Found, known: Known) -> tuple[Days, bool]:
    year = int(found["year"] or found["same"])
    return Days(date(year, 1, 1), min(date(year + 1, 1, 1), known.data.end)), True


def _newest(found: Found, known: Known, of: Callable[[int], Days]) -> tuple[Days, bool]:
    """The days of the year that is said, or of the newest year in which they have begun."""
    year, other = found["year"], found.groupdict().get("other")
    if other is not None:
        newest = (known.now - timedelta(days=1)).year
        return of(newest if other == "this" else newest - 1), True
    if year is not None:
        return of(int(year)), True
    days = of(known.now.year)
    return (days if days.start < known.now else of(known.now.year - 1)), False


def _month_number(found: Found) -> int:
    return SHORT[found["month"][:4] if found["month"] == "sept" else found["month"][:3]]


def _month(found: Found, known: Known) -> tuple[Days, bool]:
    number = _month_number(found)
    return _newest(found, known, lambda year: units.period("monthly", date(year, number, 1)).days)


def _quarter(found: Found, known: Known) -> tuple[Days, bool]:
    said = found["quarter"]
    number = int(said) if said.isdecimal() else ORDINALS[said]
    first = 3 * number - 2
    return _newest(found, known, lambda year: units.period("quarterly", date(year, first, 1)).days)


def _year(found: Found, known: Known) -> tuple[Days, bool]:
    year = int(found["year"])
    return Days(date(year, 1, 1), date(year + 1, 1, 1)), True


def _day(found: Found, known: Known) -> tuple[Days, bool]:
    month, day = _month_number(found), int(found["day"])

    def of(year: int) -> Days:
        return Days.from_last(date(year, month, day), date(year, month, day))

    return _newest(found, known, of)


def _week_of(found: Found, known: Known) -> tuple[Days, bool]:
    days, has_year = _day(found, known)
    return units.period("weekly", days.start, known.week_start).days, has_year


def _week(found: Found, known: Known) -> tuple[Days, bool] | None:
    number = int(found["week"])
    if not 1 <= number <= 53:
        return None

    def of(year: int) -> Days:
        return units.period("weekly", date.fromisocalendar(year, number, 1)).days

    return _newest(found, known, of)


def _iso(found: Found, known: Known) -> tuple[Days, bool]:
    day = date(int(found["year"]), int(found["number"]), int(found["day"]))
    return Days.from_last(day, day), True


def _iso_week_of(found: Found, known: Known) -> tuple[Days, bool]:
    return units.period("weekly", _iso(found, known)[0].start, known.week_start).days, True


def _event(found: Found, known: Known) -> tuple[Days, bool] | None:
    name = EVENTS[" ".join(found["event"].split())]
    span = (
        known.data
        if found["year"] is None
        else Days(date(int(found["year"]), 1, 1), date(int(found["year"]) + 1, 1, 1))
    )
    there = [one.days for one in events.within(span, known.country) if one.name == name]
    there = [one for one in there if one.start < known.now] or there
    return (there[-1], found["year"] is not None) if there else None


def _all(found: Found, known: Known) -> tuple[Days, bool]:
    return known.data, True


def _yesterday(found: Found, known: Known) -> tuple[Days, bool]:
    return Days.before(known.now, 1), True


OF_YEAR = rf"(?:,? (?:of |in )?(?:{YEAR}|(?P<other>last|previous|this) year))?"
READERS: tuple[tuple[re.Pattern[str], Reader], ...] = tuple(
    (re.compile(rf"(?<!\w)(?:{spaced(pattern)})(?!\w)"), reader)
    for pattern, reader in (
        (rf"(?:the )?{LAST} {COUNT} {UNIT}s?", _last_many),
        (rf"(?:the )?{COUNT} {LAST} {UNIT}s?", _last_many),
        (r"(?:the )?past (?P<unit>year)", _past_year),
        (rf"(?:the )?{LAST} {UNIT}", _last_one),
        (rf"(?:this|current|the current) {UNIT}", _this),
        (rf"{COUNT} {UNIT}s? ago", _ago),
        (r"(?P<unit>week|month|quarter) to date", _to_date),
        (rf"{YEAR} so far|so far in {YEAR.replace('year', 'same')}", _of_year_so_far),
        (r"year to date|ytd|so far this year|this year so far", _year_to_date),
        (r"today|yesterday", _yesterday),
        (r"all time|so far|to date|in total|overall|ever", _all),
        (rf"(?:the )?{EVENT}{OF_YEAR}", _event),
        (
            rf"(?:the )?week (?:of|from|starting|beginning)(?: the)? {DAY} {MONTH}{OF_YEAR}",
            _week_of,
        ),
        (rf"(?:the )?week (?:of|from|starting|beginning) {MONTH} {DAY}{OF_YEAR}", _week_of),
        (
            r"(?:the )?week (?:of|from|starting|beginning) "
            r"(?P<year>[0-9]{4})-(?P<number>[0-9]{2})-(?P<day>[0-9]{2})",
            _iso_week_of,
        ),
        (rf"{DAY} {MONTH}{OF_YEAR}", _day),
        (rf"{MONTH} {DAY}{OF_YEAR}", _day),
        (r"(?P<year>[0-9]{4})-(?P<number>[0-9]{2})-(?P<day>[0-9]{2})", _iso),
        (r"(?P<year>[0-9]{4})-?w(?P<week>[0-9]{1,2})", _week),
        (rf"(?:calendar week|week|cw|w) ?(?P<week>[0-9]{{1,2}}){OF_YEAR}", _week),
        (rf"(?:q|quarter ?)(?P<quarter>[1-4]){OF_YEAR}", _quarter),
        (rf"(?:the )?(?P<quarter>{'|'.join(ORDINALS)}) quarter of {YEAR}", _quarter),
        (
            rf"(?:the )?(?P<quarter>first|1st|second|2nd|third|3rd|fourth|4th) quarter{OF_YEAR}",
            _quarter,
        ),
        (rf"{MONTH}{OF_YEAR}", _month),
        (YEAR, _year),
    )
)
