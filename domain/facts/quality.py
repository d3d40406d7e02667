"""Data quality: days without results, rows that privacy withheld, what may still change."""

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

from domain.calendar.days import Days
from domain.charts.decimals import quotient
from domain.facts import facts
from domain.facts.facts import Fact, Number, Reading, Refusal, Series, SeriesChange

COVERAGE, SUPPRESSED, PROVISIONAL, CHANGED = "coverage", "suppressed", "provisional", "series"


def find(series: Series) -> tuple[Fact, ...] | Refusal:
    """What should be known of the data before it is believed. Everything is counted."""
    if not series.readings:
        return Refusal("NOT_ENOUGH_PERIODS", "quality", series.subject, 0, 1)
    return tuple(_found(series))


def _found(series: Series) -> Iterator[Fact]:
    rows = series.readings
    days = sum(one.coverage.days for one in rows)
    lacking = [one for one in rows if one.coverage.covered < one.coverage.days]
    if lacking and days:
        missing = sum(one.coverage.days - one.coverage.covered for one in lacking)
        share = quotient(Decimal(missing), Decimal(days))
        yield _fact(series, COVERAGE, share, lacking, Number("days", Decimal(missing)))
    withheld = [one for one in rows if one.suppressed > 0 or one.state == "SUPPRESSED"]
    if withheld:
        shares = [Decimal(1) if one.state == "SUPPRESSED" else one.suppressed for one in withheld]
        share = quotient(sum(shares, Decimal(0)), Decimal(len(rows)))
        yield _fact(series, SUPPRESSED, share, withheld, Number("largest", max(shares)))
    provisional = [one for one in rows if one.is_provisional]
    if provisional:
        share = quotient(Decimal(len(provisional)), Decimal(len(rows)))
        yield _fact(series, PROVISIONAL, share, provisional)


def changed(series: Series, change: SeriesChange) -> Fact:
    """Where the results of a series continue those of another, and what changed there."""
    about = [one for one in series.readings if one.days.overlaps(change.days)]
    versions = (("versionBefore", change.version_before), ("version", change.version))
    numbers = [Number(name, Decimal(one)) for name, one in versions if one is not None]
    fact = _fact(series, CHANGED, Decimal(1), about, *numbers)
    return replace(fact, period=change.days, change=change)


def _fact(series: Series, method: str, share: Decimal, about: list[Reading], *more: Number) -> Fact:
    """A fact about these periods."""
    return Fact(
        kind="quality",
        subject=series.subject,
        period=Days.spanning(one.days for one in about or series.readings),
        effect=share,
        n=len(series.readings),
        method=method,
        reach=len(about),
        numbers=(Number("periods", Decimal(len(about))), *more),
        source_ids=facts.sources(about),
    )
