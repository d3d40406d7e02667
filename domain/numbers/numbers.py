"""Loads the numbers of widgets: plans them, reads what the plans need, and builds datasets.

Any number of widgets takes the same few SQL statements. A widget that cannot be served gets a
reason, and the others are served.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Any, TypeAlias, TypeVar
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from domain import failures, pool
from domain.aggregates import pairs
from domain.charts.datasets import Dataset, Unserved
from domain.dashboards import sources as dashboard_sources
from domain.dashboards.configs import DataSource, WidgetFilters
from domain.dashboards.sources import Ref, WidgetSource
from domain.models import Dashboard
from domain.numbers import datasets, histories, kept_datasets, plans, reading, results
from domain.numbers.histories import History, KnownSeries
from domain.numbers.kept_datasets import Version
from domain.numbers.plans import Breakdown, Plan, Route, ShownPeriods, Unservable
from domain.numbers.reading import SourcePeriods
from domain.numbers.results import ResultsReading, Series, TooLarge
from domain.numbers.sums import BreakdownSums, PeriodAggregate, SourceNumbers
from domain.snapshots import snapshots
from domain.storage import FileLost

Found = TypeVar("Found")


@dataclass(frozen=True)
class WidgetRequest:
    """A widget whose numbers a reader asks for, and that reader's filters."""

    data_source: Any  # its stored configuration
    dashboard_id: UUID | None
    reader: WidgetFilters
    is_preview: bool = False  # may show sources of the viewer that are not on the dashboard
    id: UUID = field(default_factory=uuid4)


@dataclass(frozen=True)
class Loaded:
    """The numbers of a widget. `finish` builds its dataset after the transaction has ended.

    `readings` has one reading of results for each source, or none if aggregates suffice. `kept_as`
    is what the dataset is kept as, if it is.
    """

    plan: Plan
    numbers: Sequence[SourceNumbers]
    readings: Sequence[ResultsReading] = ()
    kept_as: "_Name | None" = None


Answer: TypeAlias = Loaded | Dataset | Unserved


@dataclass(frozen=True)
class _Name:
    """What a dataset is kept as: the version of a dashboard, and what it is built of."""

    dashboard: UUID
    version: Version
    asked: tuple[Plan, Sequence[SourceNumbers], Sequence[Any]]  # with the results that are read


async def load(session: AsyncSession, requests: list[WidgetRequest]) -> dict[UUID, Answer]:
    """Load the numbers of each widget as the viewer may see them, or the reason why it has none.

    1. Parse the configurations, and find the sources that the viewer may see.
    2. Plan each widget for its reader.
    3. Read the periods of all sources, and choose the series and periods that are shown.
    4. Find the results that some of them need. A split is left out if the viewer sees none.
    5. Take the datasets that are kept of the same plan and periods (kept_datasets.py).
    6. Read the breakdowns of the other widgets.

    `finish` does the rest, which needs no database.
    """
    answers: dict[UUID, Answer] = {}
    asked = {one.id: one for one in requests}
    parsed = _each(asked, lambda key: plans.parse(asked[key].data_source), answers)
    known = await _known(session, asked, parsed)
    planned = _each(parsed, lambda key: _plan(asked[key], *parsed[key], known), answers)
    to_read = [(one.ref, plan.to_read) for plan in planned.values() for one in plan.sources]
    periods = await reading.periods(session, to_read)
    known_series = await reading.known_series(session, chain.from_iterable(periods.values()))
    chosen = {key: _histories(plan, periods, known_series) for key, plan in planned.items()}
    planned = {key: plan for key, (plan, _) in chosen.items()}
    numbers = _each(planned, lambda key: _numbers(*chosen[key]), answers)
    segments = await results.segments(
        session, [one for _, one in _of_route("results", planned, numbers)]
    )
    planned |= {key: _split_or_not(planned[key], one, segments) for key, one in numbers.items()}
    names = {
        key: _name(asked[key], planned[key], one, segments, known) for key, one in numbers.items()
    }
    answers |= (kept := _kept(names))
    numbers = {key: one for key, one in numbers.items() if key not in kept}
    sums = await reading.breakdowns(session, dict(_of_route("breakdown", planned, numbers)))
    built = _each(
        numbers, lambda key: _answer(planned[key], key, numbers[key], sums, segments), answers
    )
    return answers | {key: _to_keep(one, names[key]) for key, one in built.items()}


def _of_route(
    route: Route, planned: Mapping[UUID, Plan], numbers: Mapping[UUID, Sequence[SourceNumbers]]
) -> Iterator[tuple[tuple[UUID, int], Breakdown]]:
    """Yield what is read by this route, with its widget and the number of its source."""
    for key, sources in numbers.items():
        for number, one in enumerate(sources):
            if planned[key].route == route and one.breakdown is not None:
                yield (key, number), one.breakdown


def _split_or_not(
    plan: Plan, numbers: Sequence[SourceNumbers], segments: Mapping[Series, Sequence[Any]]
) -> Plan:
    """The plan, without its split if the reader may not read the results of one of its sources."""
    if plan.data_source.split is None:
        return plan
    read = [one.breakdown for one in numbers if one.breakdown is not None]
    may_read = all(any(_segments(one, segments).values()) for one in read)
    return plan if may_read else plan.without_split


def _segments(
    breakdown: Breakdown, segments: Mapping[Series, Sequence[Any]]
) -> dict[str, Sequence[Any]]:
    """The results that the reader may read of a breakdown, by series."""
    hashes = breakdown.by_series(breakdown.every_period)
    return {one: segments.get((one, breakdown.instance_id), ()) for one in hashes}


def _kept(names: Mapping[UUID, _Name | None]) -> dict[UUID, Answer]:
    """The datasets that are kept under these names."""
    found = {
        key: kept_datasets.kept.find(name.dashboard, name.version, name.asked)
        for key, name in names.items()
        if name is not None
    }
    return {key: one for key, one in found.items() if one is not None}


def _name(
    request: WidgetRequest,
    plan: Plan,
    numbers: Sequence[SourceNumbers],
    segments: Mapping[Series, Sequence[Any]],
    known: "_Known",
) -> _Name | None:
    """What the dataset of a widget is kept as.

    Previews are of no dashboard's data. Filters that need results have too many variants.
    """
    is_of_results = plan.route == "results"
    if is_of_results and plan.filters:
        return None
    version = known.versions.get(request.dashboard_id)
    if request.is_preview or request.dashboard_id is None or version is None:
        return None
    read = [one.breakdown for one in numbers if one.breakdown is not None] if is_of_results else []
    found = [_segments(one, segments) for one in read]
    return _Name(request.dashboard_id, version, (plan, numbers, found))


def _to_keep(answer: Answer, name: _Name | None) -> Answer:
    return replace(answer, kept_as=name) if isinstance(answer, Loaded) else answer


async def finish(answer: Answer) -> Dataset | Unserved:
    """Read the results that a widget needs and build its dataset, outside of any transaction.

    Raises RateLimited.
    """
    if isinstance(answer, Unserved | Dataset):
        return answer
    await snapshots.rest()
    try:
        sums = [await results.from_results(one) for one in answer.readings]
    except FileLost as lost:
        return answer.plan.unread("FILE_LOST", str(lost)).unserved
    except TooLarge as large:
        return answer.plan.unread(
            "TOO_LARGE", f"{large} Choose fewer periods, or remove it."
        ).unserved
    numbers = answer.numbers
    if sums:
        numbers = [replace(one, sums=found) for one, found in zip(numbers, sums, strict=True)]
    try:
        built = await pool.run(datasets.build, answer.plan, numbers)
    except Unservable as unservable:
        return unservable.unserved
    if (name := answer.kept_as) is not None:
        kept_datasets.kept.keep(name.dashboard, name.version, name.asked, built)
    return built


def failed(error: Exception) -> Unserved:
    """Return why a widget failed by a mistake of the server. The log has its id and traceback."""
    failure = failures.of(error, lambda _: None, subject="widget")
    return Unserved("FAILED", failure.message)


def _each(
    keys: Iterable[UUID], step: Callable[[UUID], Found], answers: dict[UUID, Answer]
) -> dict[UUID, Found]:
    """Run a step for each widget. A widget that cannot be served gets its reason as the answer."""
    found: dict[UUID, Found] = {}
    for key in keys:
        try:
            found[key] = step(key)
        except Unservable as unservable:
            answers[key] = unservable.unserved
    return found


@dataclass(frozen=True)
class _Known:
    """What the viewer may know of the dashboards that the widgets are on."""

    sources: Mapping[tuple[UUID | None, Ref], WidgetSource]
    filters: Mapping[UUID | None, WidgetFilters]
    versions: Mapping[UUID | None, Version]  # of the dashboards


async def _known(
    session: AsyncSession,
    asked: Mapping[UUID, WidgetRequest],
    parsed: Mapping[UUID, tuple[DataSource, Sequence[Ref]]],
) -> _Known:
    found: dict[tuple[UUID | None, Ref], WidgetSource] = {}
    filters: dict[UUID | None, WidgetFilters] = {}
    versions: dict[UUID | None, Version] = {}
    dashboards = {one.dashboard_id for one in asked.values() if one.dashboard_id is not None}
    if dashboards:
        rows = list(await session.scalars(select(Dashboard).where(Dashboard.id.in_(dashboards))))
        for key, sources in (await dashboard_sources.shown(session, rows)).items():
            found.update({(key, one.ref): one for one in sources})
        filters = {row.id: plans.filters_of(row.filter_config) for row in rows}
        versions = {row.id: (row.version, row.data_version) for row in rows}
    more = {
        (asked[key].dashboard_id, ref)
        for key, (_, refs) in parsed.items()
        if asked[key].is_preview
        for ref in refs
    } - set(found)
    visible = await dashboard_sources.visible(session, {ref for _, ref in more}) if more else {}
    found.update({(key, ref): visible[ref] for key, ref in more if ref in visible})
    return _Known(found, filters, versions)


def _plan(
    request: WidgetRequest, data_source: DataSource, refs: Sequence[Ref], known: _Known
) -> Plan:
    sources = [known.sources.get((request.dashboard_id, ref)) for ref in refs]
    dashboard = known.filters.get(request.dashboard_id, plans.NO_FILTERS)
    return plans.make(data_source, sources, request.reader, dashboard)


def _histories(
    plan: Plan,
    periods: Mapping[SourcePeriods, Sequence[PeriodAggregate]],
    known: Mapping[str, KnownSeries],
) -> tuple[Plan, list[History]]:
    """Choose the series of each source. The plan gets the metrics as these series define them."""
    found = [
        histories.choose(plan, one, periods[one.ref, plan.to_read], known) for one in plan.sources
    ]
    return replace(plan, sources=tuple(one.source for one in found)), found


def _numbers(plan: Plan, found: Sequence[History]) -> list[SourceNumbers]:
    """Return the periods of each source of a widget. Raises Unservable if there are none."""
    by_source = [one.rows for one in found]
    shown = plan.shown_periods([[one.period for one in rows] for rows in by_source])
    there = {one.period.key for rows in by_source for one in rows if one.state != "MISSING"}
    every = [period for one in shown for period in one.periods]
    if not any(one.key in there for one in every):
        raise plan.nothing_collected(every)
    return [
        _source_numbers(plan, number, *one)
        for number, one in enumerate(zip(found, shown, strict=True))
    ]


def _source_numbers(
    plan: Plan, number: int, history: History, shown: ShownPeriods
) -> SourceNumbers:
    rows, breakdown = history.rows, None
    if rows and plan.route != "periods":
        series = {one.period.key: one.series for one in rows}
        breakdown = plan.breakdown(history.source, shown, series, rows[0].instance_id)
    return SourceNumbers(
        history.source,
        shown,
        {one.period.key: one for one in rows},
        breakdown,
        spans=history.spans(number, shown.days),
        questions=history.questions,
        apart=history.apart,
    )


def _answer(
    plan: Plan,
    key: UUID,
    numbers: Sequence[SourceNumbers],
    sums: Mapping[tuple[UUID, int], BreakdownSums],
    segments: Mapping[Series, Sequence[Any]],
) -> Answer:
    match plan.route:
        case "periods":
            return Loaded(plan, numbers)
        case "breakdown":
            nothing = BreakdownSums({}, {}, {}, {})
            summed = [
                replace(one, sums=sums.get((key, number), nothing))
                for number, one in enumerate(numbers)
            ]
            return Loaded(plan, summed)
        case "results":
            return Loaded(plan, numbers, [_reading(plan, one, segments) for one in numbers])


def _reading(
    plan: Plan, numbers: SourceNumbers, segments: Mapping[Series, Sequence[Any]]
) -> ResultsReading:
    breakdown = numbers.breakdown
    if breakdown is None:
        raise plan.nothing_collected(numbers.shown.periods)
    found = _segments(breakdown, segments)
    if not any(found.values()):
        raise plan.results_not_shared()
    shown, split = plan.data_source.dimension, plan.data_source.split
    dimension = pairs.pair(shown, split) if shown and split else shown
    return ResultsReading(numbers.source, found, breakdown, dimension)
