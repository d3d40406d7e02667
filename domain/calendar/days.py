"""Ranges of whole days, half-open.

Some columns of the database and some fields of the API hold the last day of a range instead of the
day after it. Only `Days.from_last` and `Days.last` convert between the two.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Days:
    """The days `[start, end)`. The range is empty if `end` is not after `start`."""

    start: date
    end: date

    @staticmethod
    def from_last(start: date, last: date) -> "Days":
        """Return the days from `start` to `last`, both included.

        `last` is what the columns `*_end_date` and the API fields `endDate` hold.
        """
        return Days(start, last + DAY)

    @staticmethod
    def before(end: date, length: int) -> "Days":
        """Return the `length` days before `end`."""
        return Days(end - length * DAY, end)

    @staticmethod
    def spanning(parts: Iterable["Days"]) -> "Days":
        """Return the shortest range that covers all parts. Raises ValueError if there are none."""
        known = list(parts)
        return Days(min(one.start for one in known), max(one.end for one in known))

    @property
    def last(self) -> date:
        """The last day included."""
        return self.end - DAY

    @property
    def length(self) -> int:
        """The number of days."""
        return max(0, (self.end - self.start).days)

    def __iter__(self) -> Iterator[date]:
        return (self.start + number * DAY for number in range(self.length))

    def __contains__(self, day: date) -> bool:
        return self.start <= day < self.end

    def overlaps(self, other: "Days") -> bool:
        """Return whether the two ranges share a day."""
        return max(self.start, other.start) < min(self.end, other.end)

    def covers(self, other: "Days") -> bool:
        """Return whether every day of the other range is in this one."""
        return other.length == 0 or (self.start <= other.start and other.end <= self.end)

    def intersection(self, other: "Days") -> "Days":
        """Return the days that are in both ranges."""
        return Days(max(self.start, other.start), min(self.end, other.end))
