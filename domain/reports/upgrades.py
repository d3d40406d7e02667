"""Moves a report to another version of its template, after showing what that means.

A report keeps its version until somebody calls `upgrade`. What was collected stays: the results of
the old version are a series of their own. `recollect` asks AMC for the same days again.
"""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from domain import moments, pool
from domain.bus import bus
from domain.calendar import windows
from domain.calendar.days import Days
from domain.collections import collections, forecasts, plans
from domain.collections.configs import Segmentation, week_start_of
from domain.collections.forecasts import DayShare
from domain.collections.plans import CollectionSpec
from domain.errors import Conflict, Invalid, NotFound
from domain.models import Collection, Report, ReportSchedule, TemplateVersion, Week
from domain.people import access
from domain.problems import MOST_TOLD, Problem, problems_of, refuse
from domain.queries import sources
from domain.reports import reports
from domain.templates.metrics import ReportConfig
from domain.viewer import Viewer


@dataclass(frozen=True)
class Metrics:
    """The names of the metrics of both versions, by what becomes of them."""

    kept: list[str]  # with the same definition, so that old and new numbers continue each other
    changed: list[str]
    gained: list[str]
    lost: list[str]


@dataclass(frozen=True)
class Recollection:
    """What collecting the past of a report anew would take."""

    segments: int  # that have results now, and none in the new series
    first_day: date | None
    last_day: date | None
    day_shares: list[DayShare]
    eta_earliest: datetime
    eta_latest: datetime


@dataclass(frozen=True)
class Preview:
    """What moving a report to another version of its template means."""

    before: TemplateVersion
    after: TemplateVersion
    sql_difference: str  # a unified diff, empty if the SQL is the same
    parameters: dict[str, Any]  # the values after the move
    parameters_gained: list[str]
    parameters_lost: list[str]
    metrics: Metrics
    problems: list[Problem]  # why the move is refused; none if it is not
    recollection: Recollection


async def preview(
    session: AsyncSession,
    public_id: str,
    number: int,
    values: dict[str, Any] | None = None,
) -> Preview:
    """Return what `upgrade` would do with the same arguments. Nothing is changed.

    Raises NotFound for a report or a version that does not exist.
    """
    report = await access.get(session, "rpt", Report, public_id, field="id")
    before = await session.get_one(TemplateVersion, report.template_version_id)
    after = await _version(session, report, number)
    given = _carried(report, after) if values is None else values
    known, new = (set(_defined(one)) for one in (before, after))
    return Preview(
        before=before,
        after=after,
        sql_difference=await pool.run(_difference, before, after),
        parameters=given,
        parameters_gained=sorted(new - known),
        parameters_lost=sorted(known - new),
        metrics=_metrics(before, after),
        problems=(await _problems(session, report, after, given))[:MOST_TOLD],
        recollection=await _recollection(session, report, after, given),
    )


async def upgrade(
    session: AsyncSession,
    viewer: Viewer,
    public_id: str,
    number: int,
    values: dict[str, Any] | None = None,
) -> Report:
    """Pin a report to this version of its template, older or newer, and maybe give it new values.

    Values of parameters that the version does not have are dropped. Repeating it changes nothing.
    Raises NotFound for an unknown version, and Problems if a value does not fit.
    """
    report = await reports.locked(session, viewer, public_id)
    after = await _version(session, report, number)
    given = _carried(report, after) if values is None else values
    refuse(await _problems(session, report, after, given))
    report.template_version_id = after.id
    report.parameters = given
    await session.flush()
    bus.changed(session, report.id)
    await session.refresh(report)
    return report


async def recollect(session: AsyncSession, viewer: Viewer, public_id: str, unit: str) -> Collection:
    """Start a collection, for the report as it is now, of all days that it has results of.

    Takes the newest 365 of these days. Results that its present series has are taken over. Raises
    Conflict if there is nothing to collect anew.
    """
    report = await access.get(session, "rpt", Report, public_id, field="id")
    source = await sources.of(session, report)
    found = [one for one in await _collected(session, report) if one.unit == unit]
    lacking = [one for one in found if source.series(one.week_start) != one.series]
    if not lacking:
        raise Conflict(
            f"No {unit} results of earlier versions, parameters or time zones are there to be "
            "collected anew.",
            field="segmentType",
        )
    newest = max(lacking, key=lambda one: one.days.end)
    earliest = newest.days.end - timedelta(days=windows.LONGEST)
    start = min(one.days.start for one in lacking if one.days.start >= earliest)
    spec = CollectionSpec(
        report_id=public_id,
        lookback={
            "type": "custom",
            "startDate": start.isoformat(),
            "endDate": newest.days.last.isoformat(),
        },
        segmentation={"type": unit, "weekStart": newest.week_start},
    )
    return await collections.start(session, viewer, spec)


async def _version(session: AsyncSession, report: Report, number: int) -> TemplateVersion:
    found = await session.scalar(
        select(TemplateVersion).where(
            TemplateVersion.template_id == report.template_id, TemplateVersion.version == number
        )
    )
    if found is None:
        raise NotFound(
            f"The template of {report.name!r} has no version {number}.", field="templateVersion"
        )
    return found


def _defined(version: TemplateVersion) -> list[str]:
    return list(version.parameter_definitions.get("properties", {}))


def _carried(report: Report, after: TemplateVersion) -> dict[str, Any]:
    """Return the report's values of those parameters that the version has."""
    known = set(_defined(after))
    return {name: value for name, value in report.parameters.items() if name in known}


async def _problems(
    session: AsyncSession, report: Report, after: TemplateVersion, values: dict[str, Any]
) -> list[Problem]:
    """Return why these values do not fit the version, or which schedules would not run."""
    found = await _misfits(after, values)
    if found:
        return found
    schedules = await session.scalars(
        select(ReportSchedule).where(
            ReportSchedule.report_id == report.id, ReportSchedule.is_active
        )
    )
    for one in schedules:
        own = one.default_parameters
        if own and (misfits := await _misfits(after, {**values, **own})):
            says = " ".join(problem.message for problem in misfits)
            message = (
                f"Its schedule gives values that do not fit. {says} Change the schedule first."
            )
            found.append(Problem("templateVersion", message))
    return found


async def _misfits(after: TemplateVersion, values: dict[str, Any]) -> list[Problem]:
    try:
        await reports.check_values(after, values)
    except Invalid as invalid:
        return problems_of(invalid)
    return []


def _difference(before: TemplateVersion, after: TemplateVersion) -> str:
    lines = difflib.unified_diff(
        before.sql_template.splitlines(),
        after.sql_template.splitlines(),
        f"version {before.version}",
        f"version {after.version}",
        lineterm="",
    )
    return "\n".join(lines)


def _metrics(before: TemplateVersion, after: TemplateVersion) -> Metrics:
    old, new = (
        {one.name: one.definition for one in ReportConfig.model_validate(v.report_config).metrics}
        for v in (before, after)
    )
    both = [name for name in old if name in new]
    return Metrics(
        kept=[name for name in both if old[name] == new[name]],
        changed=[name for name in both if old[name] != new[name]],
        gained=[name for name in new if name not in old],
        lost=[name for name in old if name not in new],
    )


@dataclass(frozen=True)
class _Segment:
    """A segment with a settled result."""

    days: Days
    unit: str
    week_start: str
    series: str


async def _collected(session: AsyncSession, report: Report) -> list[_Segment]:
    rows = await session.execute(
        select(Week.week_start_date, Week.week_end_date, Collection)
        .join(Collection, Collection.id == Week.collection_id)
        .where(Collection.report_id == report.id, Week.outcome.is_not(None), ~Week.is_provisional)
    )
    return [
        _Segment(Days.from_last(start, last), one.segment_type, week_start_of(one), one.series_hash)
        for start, last, one in rows
    ]


async def _recollection(
    session: AsyncSession, report: Report, after: TemplateVersion, values: dict[str, Any]
) -> Recollection:
    source = await sources.of(session, report)
    source = replace(source, version=after, query=sources.of_version(after, values))
    found = await _collected(session, report)
    there = {one.days for one in found if one.series == source.series(one.week_start)}
    lacking = {one.days for one in found} - there
    return await _counted(session, source, lacking)


async def _counted(
    session: AsyncSession, source: sources.Source, lacking: Iterable[Days]
) -> Recollection:
    days = list(lacking)
    now, instance = moments.now(), source.instance
    left = await forecasts.left_today(session, instance)
    shares = forecasts.shares(len(days), instance.daily_quota, left, now.date())
    known = await forecasts.pace(session, instance.id)
    at_once = forecasts.slots(instance, Segmentation().parallel_limit)
    earliest, latest = forecasts.between(now, len(days), at_once, known, shares)
    return Recollection(
        segments=len(days),
        first_day=min((one.start for one in days), default=None),
        last_day=max((one.last for one in days), default=None),
        day_shares=shares[: plans.MOST_SEGMENTS],
        eta_earliest=earliest,
        eta_latest=latest,
    )
