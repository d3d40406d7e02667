"""Says where one series of a report continues another, on the axis and in words."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import cycle
from string import ascii_uppercase

from domain.calendar.days import Days
from domain.charts.datasets import Dataset, SeriesSpan
from domain.charts.formats import days_of

WORDS = {"parameters": "other parameters", "time_zone": "another time zone"}


@dataclass(frozen=True)
class Turn:
    """Where a series continues another one: its days, what is new, and its name on the axis."""

    span: SeriesSpan
    what: str
    label: str  # what is new, or a letter if there are several


def turns(dataset: Dataset) -> Iterator[Turn]:
    """Yield each series that continues another one."""
    found = [one for one in dataset.series if one.changes]
    for span, letter in zip(found, cycle(ascii_uppercase), strict=False):
        what = _named(dataset, span, ", ".join(_words(span)))
        yield Turn(span, what, what if len(found) == 1 else letter)


def in_words(dataset: Dataset) -> list[str]:
    """Return a sentence for each change of the series, and for what totals leave out."""
    every = list(turns(dataset))
    said = [
        f"{'From' if len(every) == 1 else f'{one.label}: from'} {_day(one.span)}: {one.what}."
        for one in every
    ]
    left_out = [one for one in dataset.series if not one.is_added_up]
    said += [
        f"Totals leave out {_named(dataset, one, days_of(one.days))}: another question."
        for one in left_out
    ]
    return said


def _words(span: SeriesSpan) -> Iterator[str]:
    for change in span.changes:
        if change != "version":
            yield WORDS[change]
        else:
            yield "another query" if span.version is None else f"version {span.version}"


def _named(dataset: Dataset, span: SeriesSpan, what: str) -> str:
    return f"{dataset.sources[span.source]}: {what}" if len(dataset.sources) > 1 else what


def _day(span: SeriesSpan) -> str:
    return days_of(Days.from_last(span.days.start, span.days.start))
