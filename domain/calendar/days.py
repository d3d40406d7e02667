"""Ranges of whole days."""

from dataclasses import dataclass
from datetime import date, timedelta

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Segment:
    """Days `[start, end)`."""

    start: date
    end: date
