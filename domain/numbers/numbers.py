"""The numbers of widgets: any number of them in a constant number of SQL statements.

A widget that cannot be served says why, and the others are served. What no aggregate has is read
from results, outside of the transaction: `load` gives it as Ready, and `finish` reads it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias
from uuid import UUID, uuid4

from pydantic import ValidationError
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.calendar.periods import Period
from domain.charts.datasets import Frame, Unserved
from domain.dashboards import sources as dashboard_sources
from domain.dashboards.configs import Filters
from domain.dashboards.sources import Ref, Source
from domain.models import Dashboard
from domain.numbers import aggregates, results
from domain.numbers import lines as widget_lines
from domain.numbers import plans as widget_plans
from domain.numbers.frames import Part, build
from domain.numbers.plans import Plan, Unable
from domain.numbers.results import Reading, TooLarge
from domain.numbers.slices import Slices, Whole
from domain.numbers.windows import Need

NO_FILTERS = Filters()


@dataclass(frozen=True)
class Asked:
    """A widget whose numbers are wanted, and what the reader wants otherwise."""

    data_source: Any  # as stored
    dashboard_id: UUID | None
    reader: Filters = field(default_factory=Filters)
    is_preview: bool = False  # it may show what the viewer sees, besides the dashboard's sources
    id: UUID = field(default_factory=uuid4)


@dataclass(frozen=True)
class Ready:
    """A widget with its periods: all that is missing are its values."""

    plan: Plan
    parts: Sequence[Part]
    readings: Sequence[Reading] = ()


Answer: TypeAlias = Frame | Unserved | Ready


async def load(session: AsyncSession, asked: list[Asked]) -> dict[UUID, Answer]:
    """What each of these widgets shows to the viewer, or why it shows nothing."""
    sources, filters = await _sources(session, asked)
    answers: dict[UUID, Answer] = {}
    plans: dict[UUID, Plan] = {}
    for one in asked:
        try:
            plans[one.id] = _plan(one, sources, filters)
        except Unable as unable:
            answers[one.id] = unable.unserved
    there = (
        await aggregates.wholes(
            session, [(ref, plan.need) for plan in plans.values() for ref in plan.refs]
        )
        if plans
        else {}
    )
    ready: dict[UUID, Ready] = {}
    for key, plan in plans.items():
        try:
            ready[key] = Ready(plan, list(_parts(plan, there)))
        except Unable as unable:
            answers[key] = unable.unserved
    return answers | await _valued(session, ready)


async def finish(answer: Answer) -> Frame | Unserved:
    """What had to wait for the end of the transaction."""
    if not isinstance(answer, Ready):
        return answer
    try:
        found = [await results.read(one) for one in answer.readings]
    except TooLarge as large:
        return Unserved(
            "TOO_LARGE",
            f"{large} for a filter on another dimension. Choose fewer periods, or drop it.",
            "filters",
        )
    # The filters have been applied to the rows; no sum has others in it.
    parts = [_sliced(answer.plan, *one, ()) for one in zip(answer.parts, found, strict=True)]
    return _built(answer.plan, parts)


async def _sources(
    session: AsyncSession, asked: Sequence[Asked]
) -> tuple[dict[tuple[UUID | None, Ref], Source], dict[UUID, Filters]]:
    """The sources that the viewer is shown, by dashboard, and what each dashboard says for all."""
    found: dict[tuple[UUID | None, Ref], Source] = {}
    filters: dict[UUID, Filters] = {}
    keys = {one.dashboard_id for one in asked if one.dashboard_id is not None}
    if keys:
        rows = list(await session.scalars(select(Dashboard).where(Dashboard.id.in_(keys))))
        for key, sources in (await dashboard_sources.shown(session, rows)).items():
            found.update({(key, one.ref): one for one in sources})
        filters = {row.id: _filters(row.filter_config) for row in rows}
    wanted = {
        (one.dashboard_id, ref)
        for one in asked
        if one.is_preview
        for ref in widget_plans.refs_of(one.data_source)
    } - set(found)
    seen = await dashboard_sources.seen(session, {ref for _, ref in wanted}) if wanted else {}
    found.update({(key, ref): seen[ref] for key, ref in wanted if ref in seen})
    return found, filters


def _filters(stored: Any) -> Filters:
    try:
        return Filters.model_validate(stored)
    except ValidationError:
        return NO_FILTERS


def _plan(
    one: Asked,
    sources: Mapping[tuple[UUID | None, Ref], Source],
    filters: Mapping[UUID, Filters],
) -> Plan:
    refs = widget_plans.refs_of(one.data_source)
    known = {
        ref: sources[one.dashboard_id, ref] for ref in refs if (one.dashboard_id, ref) in sources
    }
    of_dashboard = filters.get(one.dashboard_id, NO_FILTERS) if one.dashboard_id else NO_FILTERS
    return widget_plans.made(one.data_source, of_dashboard, one.reader, known)


def _parts(plan: Plan, there: Mapping[tuple[Ref, Need], Sequence[Whole]]) -> Iterable[Part]:
    """The sources of a widget with their periods. Raises Unable where there are none."""
    by_source = [there[ref, plan.need] for ref in plan.refs]
    windows = widget_plans.windows(plan, [[one.period for one in rows] for rows in by_source])
    shown: list[Period] = [one for window in windows for one in window.periods]
    wholes = [{one.period.key: one for one in rows} for rows in by_source]
    has = {key for rows in wholes for key, one in rows.items() if one.state != "MISSING"}
    if not any(one.key in has for one in shown):
        raise widget_plans.nothing_yet(plan, shown)
    for ref, window, rows in zip(plan.refs, windows, wholes, strict=True):
        source = plan.sources[ref]
        whole = widget_lines.of_wholes(rows, window, plan.names(source))
        yield Part(source, window, rows, whole, [whole])


async def _valued(session: AsyncSession, ready: Mapping[UUID, Ready]) -> dict[UUID, Answer]:
    """The values by dimension of those that show them, and the segments of those to be read."""
    cuts = {
        (key, number): cut
        for key, one in ready.items()
        if one.plan.route == "cut"
        for number, part in enumerate(one.parts)
        if (cut := widget_plans.cut_of(one.plan, part)) is not None
    }
    found = await aggregates.slices(session, list(cuts.values())) if cuts else []
    sliced = dict(zip(cuts, found, strict=True))
    stored = await results.pieces(session, _to_read(ready.values()))
    return {key: _answer(key, one, sliced, stored) for key, one in ready.items()}


def _to_read(ready: Iterable[Ready]) -> list[Any]:
    return [
        ((cut.series, cut.instance_id), start, end)
        for one in ready
        if one.plan.route == "read"
        for part in one.parts
        if (cut := widget_plans.cut_of(one.plan, part)) is not None
        for start, end in [widget_plans.days_of(part.window)]
    ]


def _answer(
    key: UUID,
    one: Ready,
    sliced: Mapping[tuple[UUID, int], Slices],
    stored: Mapping[Any, Sequence[Any]],
) -> Answer:
    plan, parts = one.plan, one.parts
    try:
        if plan.route == "read":
            return replace(one, readings=[_reading(plan, part, stored) for part in parts])
        if plan.route == "cut":
            nothing = Slices({}, {}, {}, {})
            parts = [
                _sliced(plan, part, sliced.get((key, number), nothing), plan.filters)
                for number, part in enumerate(parts)
            ]
        return _built(plan, parts)
    except Unable as unable:
        return unable.unserved


def _reading(plan: Plan, part: Part, stored: Mapping[Any, Sequence[Any]]) -> Reading:
    cut = widget_plans.cut_of(plan, part)
    if cut is None:
        raise widget_plans.nothing_yet(plan, part.window.periods)
    found = stored.get((cut.series, cut.instance_id))
    if not found:
        raise widget_plans.not_yours(plan)
    source = part.source
    return Reading(source.config, source.time_zone, found, cut, plan.shown.dimension)


def _sliced(plan: Plan, part: Part, slices: Slices, filters: Any) -> Part:
    names = plan.names(part.source)
    lines = widget_lines.of_slices(slices, filters, names, by_period=plan.by_period)
    return replace(part, lines=lines, is_filtered=bool(plan.filters))


def _built(plan: Plan, parts: Sequence[Part]) -> Frame | Unserved:
    frame = build(plan.shown, plan.level, parts)
    return widget_plans.unserved(plan, frame) or frame
