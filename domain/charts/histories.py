"""Says where one series of a report continues another, on the axis and in words."""

from collections.abc import Iterator

from domain.calendar.days import Days
from domain.charts.datasets import Dataset, SeriesSpan
from domain.charts.formats import days_of

WORDS = {"parameters": "other parameters", "time_zone": "another time zone"}


def turns(dataset: Dataset) -> Iterator[tuple[SeriesSpan, str]]:
    """Yield each series that continues another one, with what is new in it."""
    for span in dataset.series:
        if span.changes:
            yield span, _named(dataset, span, ", ".join(_words(span)))


def in_words(dataset: Dataset) -> list[str]:
    """Return a sentence for each change of the series, and for what totals leave out."""
    said = [f"From {_day(span)}: {what}." for span, what in turns(dataset)]
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
