"""Rolls the results of segments up into weeks, months and quarters. No database, no network.

Suppressed, empty, missing and zero stay four different states. A day is never counted twice.
Numbers that are not additive are not summed: the reach of a month is not the sum of the reach of
its weeks.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from itertools import groupby
from pathlib import Path
from uuid import UUID

from domain import duck
from domain.aggregates import metric_values, sums
from domain.aggregates.metric_values import Values
from domain.aggregates.sums import FileUse, Group, ResultFile, RowFilter, SumQuery
from domain.amc.currencies import Amounts
from domain.calendar.days import Days
from domain.calendar.units import Period
from domain.executions import results
from domain.models import Week
from domain.templates.metrics import ReportConfig

UTC_ZONES = {"UTC", "Etc/UTC"}
SMALL = 4_000_000  # bytes of all files, which one thread reads in less time than two
NO_ROWS = Group(0, None, None, False, 0, 0, {})


@dataclass(frozen=True)
class SegmentResult:
    """The result of a segment. Its days are local days in the zone of the report."""

    id: UUID
    days: Days
    outcome: str | None  # DATA, EMPTY, SUPPRESSED, DATA_GAP; None: nothing was collected
    path: Path | None  # its Parquet file once fetched; a segment without a file is ignored
    is_provisional: bool
    collected_at: datetime | None
    location: str | None = None  # of its file in the object store

    @classmethod
    def of_week(cls, week: Week) -> "SegmentResult":
        """Return the newest result of a segment. Its file is not fetched yet."""
        return cls(
            id=week.id,
            days=Days.from_last(week.week_start_date, week.week_end_date),
            outcome=week.outcome,
            path=None,
            is_provisional=week.is_provisional,
            collected_at=week.execution_date,
            location=week.result_location,
        )


@dataclass(frozen=True)
class Rollup:
    """The metrics of a period, overall or for one value of a dimension.

    A metric without a value has a state that says why: NOT_ADDITIVE, OTHER_CURRENCY,
    NO_DENOMINATOR, NOTHING (no row has a value), SUPPRESSED, EMPTY or MISSING.
    """

    period: Period
    dimension: str | None  # None: overall
    value: str | None  # None: withheld for privacy, or there is no dimension
    metrics: dict[str, str | None]  # as decimal strings
    states: dict[str, str]  # of the metrics without a value
    state: str  # DATA, EMPTY, SUPPRESSED, MISSING
    coverage: dict[str, int]  # days; covered, straddling and missing add up to all of them
    is_provisional: bool
    as_of: datetime | None
    row_count: int
    suppressed_rows: int  # rows among them whose dimensions were withheld for privacy
    by_utc_day: bool  # whether a segment was split by UTC days although the zone is not UTC
    segment_ids: tuple[UUID, ...]  # oldest first
    undated_rows: int = 0  # rows without a day in split segments; no period counts them


@dataclass(frozen=True)
class _Share:
    """The days of a segment that a period uses."""

    segment: SegmentResult
    days: frozenset[date]
    is_whole: bool  # whether these are all days of the segment


@dataclass(frozen=True)
class _PeriodPlan:
    """The segments that a period is made of."""

    period: Period
    shares: Sequence[_Share]  # oldest first
    is_exact: bool  # whether one segment has exactly the days of the period
    straddling: int  # days that only segments cover that cannot be split


@dataclass(frozen=True)
class Limits:
    """How much work a roll-up may be."""

    most: int = sums.MOST_VALUES  # values of a dimension with a rollup of their own
    timeout: float | None = None  # seconds


USUAL = Limits()


def aggregate(
    config: ReportConfig,
    zone: str,
    segments: Sequence[SegmentResult],
    periods: Sequence[Period],
    folder: Path,
    filters: Sequence[RowFilter] = (),
    limits: Limits = USUAL,
    amounts: Amounts | None = None,
) -> list[Rollup]:
    """Roll segments up into each period: overall first, then by dimension, largest values first.

    Rows that count everybody once give the metrics that cannot be added up, and nothing else.
    Amounts in another currency than that of the instance have no value.

    Every file lies under `folder`. Ratios are rounded half even to ten places. The values of a
    dimension beyond the limit are together "(other)". Raises TimeoutError after the time that is
    allowed, and FileLost for a damaged file.
    """
    amounts = amounts or config.amounts(None)
    work = _Work(zone, segments, periods, folder, limits, amounts)
    if config.whole is None:
        return _rolled_up(config, work, filters)
    column, whole = config.whole.column, (config.whole.value,)
    parts = _rolled_up(config, work, [*filters, RowFilter(column, whole, exclude=True)])
    if filters or not config.once:  # rows of everything say nothing about some values
        return parts
    over = {name for metric in config.once for name in metric.over}
    dimensions = [name for name in config.dimensions if name in over]
    once = config.model_copy(update={"metrics": config.once, "dimensions": dimensions})
    wholes = _rolled_up(once, work, [RowFilter(column, whole)])
    return _with_wholes(config, parts, wholes)


@dataclass(frozen=True)
class _Work:
    """What is rolled up, whichever of its rows are read."""

    zone: str
    segments: Sequence[SegmentResult]
    periods: Sequence[Period]
    folder: Path
    limits: Limits
    amounts: Amounts


def _with_wholes(
    config: ReportConfig, parts: Sequence[Rollup], wholes: Sequence[Rollup]
) -> list[Rollup]:
    """Return the rollups with those metrics of the whole rows that cannot be added up."""
    known = {(one.period.key, one.dimension, one.value): one for one in wholes if one.row_count}
    found = []
    for one in parts:
        whole = known.pop((one.period.key, one.dimension, one.value), None)
        if whole is None or one.state == "SUPPRESSED":
            found.append(one)
            continue
        names = [m.name for m in config.once if one.dimension is None or one.dimension in m.over]
        metrics = {**one.metrics, **{name: whole.metrics[name] for name in names}}
        states = {name: state for name, state in one.states.items() if name not in names}
        states |= {name: state for name, state in whole.states.items() if name in names}
        found.append(replace(one, metrics=metrics, states=states))
    empty = {one.name: "EMPTY" for one in config.metrics}
    for one in known.values():  # values that only everybody together has
        if one.value is not None:
            metrics = {**dict.fromkeys(empty), **one.metrics}
            states = {name: "EMPTY" for name in empty if name not in one.metrics} | one.states
            found.append(replace(one, metrics=metrics, states=states))
    return found


def _rolled_up(
    config: ReportConfig,
    work: _Work,
    filters: Sequence[RowFilter],
) -> list[Rollup]:
    query, valued = _query(config, work, filters), Values(config, work.amounts)
    periods = work.periods
    collected = [one for one in work.segments if one.outcome and one.path]
    paths = [one.path for one in collected if one.path]
    size = sum(path.stat().st_size for path in paths if path.exists())
    threads = duck.ALONE if size <= SMALL else duck.THREADS
    with (
        results.whole(paths),
        duck.over(work.folder, timeout=work.limits.timeout, threads=threads) as connection,
    ):
        headers = sums.headers(connection, {one.path for one in collected if one.path})
        day = (config.date_column or "").lower()
        dated = {path for path, header in headers.items() if day in header.schema}
        plans = [_plan(period, collected, dated) for period in periods]
        used = dict.fromkeys(share.segment for plan in plans for share in plan.shares)
        numbers = {segment: number for number, segment in enumerate(used)}
        files = [ResultFile(one.path, one.days) for one in used if one.path]
        uses = list(_uses(plans, numbers))
        summed = sums.ResultSums(connection, query, files, uses, headers)
        by_file = summed.undated()
        undated = {segment: by_file.get(number, 0) for segment, number in numbers.items()}
        found = {
            number: list(_rollups(valued, work, plans[number], groups, undated))
            for number, groups in groupby(summed.groups(), key=lambda group: group.period)
        }
    return [
        rollup
        for number, plan in enumerate(plans)
        for rollup in found.get(number) or _rollups(valued, work, plan, [NO_ROWS], undated)
    ]


def _query(config: ReportConfig, work: _Work, filters: Sequence[RowFilter]) -> SumQuery:
    numbers = dict.fromkeys(
        name for metric in config.metrics for name in metric_values.columns(metric)
    )
    order_by = next((one.name for one in config.metrics if one.kind == "additive"), None)
    dimensions = list(dict.fromkeys(config.dimensions))
    alike = {
        one.name: [d for d in dimensions if d not in one.over] for one in config.once if one.over
    }
    return SumQuery(
        config.date_column,
        list(numbers),
        dimensions,
        order_by,
        work.limits.most,
        filters,
        alike,
        has_money=any(metric_values.is_amount(one, work.amounts) for one in config.metrics),
        currency=work.amounts.home,
    )


def _plan(period: Period, segments: Sequence[SegmentResult], dated: set[Path]) -> _PeriodPlan:
    """Decide which segment each day of a period is taken from.

    1. A segment with exactly the days of the period is the period.
    2. Otherwise segments within the period come first, then those that cross its edge.
    3. Among these, settled results come before provisional ones, and newer before older ones.
    4. A segment of which only some days are free can be used only if its rows have a day.
    """
    days = frozenset(period.days)
    touching = [one for one in segments if one.days.overlaps(period.days)]
    touching.sort(key=_rank, reverse=True)
    for segment in touching:
        if segment.days == period.days:
            return _PeriodPlan(period, (_Share(segment, days, True),), True, 0)
    touching.sort(key=lambda one: not period.days.covers(one.days))
    free, unsplit = set(days), set[date]()
    shares: list[_Share] = []
    for segment in touching:
        own = frozenset(segment.days)
        given = own & free
        is_whole = given == own
        if given and not is_whole and segment.path not in dated:
            unsplit |= given
        elif given:
            shares.append(_Share(segment, given, is_whole))
            free -= given
    shares.sort(key=lambda share: _place(share.segment))
    return _PeriodPlan(period, shares, False, len(unsplit & free))


def _rank(segment: SegmentResult) -> tuple[bool, datetime, date, UUID]:
    collected = segment.collected_at or datetime.min.replace(tzinfo=UTC)
    return not segment.is_provisional, collected, segment.days.start, segment.id


def _place(segment: SegmentResult) -> tuple[date, date, UUID]:
    return segment.days.start, segment.days.end, segment.id


def _uses(plans: Sequence[_PeriodPlan], numbers: Mapping[SegmentResult, int]) -> Iterator[FileUse]:
    for number, plan in enumerate(plans):
        for share in plan.shares:
            days = None if share.is_whole else share.days
            yield FileUse(number, numbers[share.segment], days)


def _rollups(
    valued: Values,
    work: _Work,
    plan: _PeriodPlan,
    groups: Iterable[Group],
    undated: Mapping[SegmentResult, int],
) -> Iterator[Rollup]:
    split = [share.segment for share in plan.shares if not share.is_whole]
    undated_rows = sum(undated.get(segment, 0) for segment in split)
    collected = [one.segment.collected_at for one in plan.shares if one.segment.collected_at]
    coverage = _coverage(plan)
    is_withheld = False  # whether all rows of the period are
    for group in groups:
        state = _state(plan, group, undated_rows)
        is_withheld = is_withheld or (group.dimension is None and state == "SUPPRESSED")
        if is_withheld:
            state = "SUPPRESSED"
        metrics, states = valued.of(group, state, is_exact=plan.is_exact)
        yield Rollup(
            period=plan.period,
            dimension=group.dimension,
            value=group.value,
            metrics=metrics,
            states=states,
            state=state,
            coverage=coverage,
            is_provisional=any(share.segment.is_provisional for share in plan.shares),
            as_of=max(collected, default=None),
            row_count=group.rows,
            suppressed_rows=group.suppressed,
            by_utc_day=bool(split) and work.zone not in UTC_ZONES,
            segment_ids=tuple(share.segment.id for share in plan.shares),
            undated_rows=undated_rows,
        )


def _state(plan: _PeriodPlan, group: Group, undated_rows: int) -> str:
    if not plan.shares:
        return "MISSING"
    if group.rows > group.suppressed or (group.rows and group.dimension is not None):
        return "DATA"
    withheld = any(share.segment.outcome == "SUPPRESSED" for share in plan.shares)
    return "SUPPRESSED" if group.rows or undated_rows or withheld else "EMPTY"


def _coverage(plan: _PeriodPlan) -> dict[str, int]:
    days = plan.period.days.length
    of: dict[str | None, int] = {}
    for share in plan.shares:
        of[share.segment.outcome] = of.get(share.segment.outcome, 0) + len(share.days)
    covered = sum(of.values())
    return {
        "days": days,
        "covered": covered,
        "empty": of.get("EMPTY", 0),
        "suppressed": of.get("SUPPRESSED", 0),
        "gap": of.get("DATA_GAP", 0),
        "missing": days - covered - plan.straddling,
        "straddling": plan.straddling,
    }
