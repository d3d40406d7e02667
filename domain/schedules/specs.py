"""Checks what a person decides about a schedule, and previews the resulting runs."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from domain import documents, moments
from domain.calendar import windows
from domain.calendar.days import Days
from domain.calendar.zones import check_zone
from domain.collections.plans import CollectionSpec
from domain.errors import Invalid
from domain.problems import Gathered, Problem, check_number, within
from domain.queries import sources
from domain.queries.sources import Source
from domain.schedules import data_windows, recurrence
from domain.schedules.crons import check_cron
from domain.schedules.data_windows import WindowRule
from domain.schedules.descriptions import in_words
from domain.schedules.presets import ScheduleConfig, cron_of
from domain.viewer import Viewer

PREVIEWED = 20
MOST_JITTER = 3600  # seconds
MOST_CATCH_UP = 31 * 24 * 3600
MOST_FAILURES = 100


@dataclass(frozen=True)
class ScheduleSpec:
    """What a person decides about a schedule: a preset or a cron expression, and its options."""

    preset: Any = None  # a ScheduleConfig as JSON
    cron: str | None = None
    time_zone: str | None = None
    parameters: Any = field(default_factory=dict)
    data_window: Any = None  # a WindowRule as JSON
    overlap: str = "skip"
    catch_up: str = "latest"
    catch_up_seconds: int = 86_400
    jitter_seconds: int = 0
    pause_after_failures: int | None = 5
    keeps_history: bool = False


@dataclass(frozen=True)
class Timing:
    """A checked spec: the kind, cron expression and zone, and which days a run covers."""

    kind: str
    cron: str
    zone: str
    rule: WindowRule
    config: dict[str, Any] | None


@dataclass(frozen=True)
class Preview:
    """An upcoming run, with the days it would cover."""

    at: datetime
    local: str
    mark: str | None
    days: Days


def timing(spec: ScheduleSpec, zone: str) -> Timing:
    """Check the spec and return its timing. `zone` is the report's, used if the spec names none.

    Raises Problems with all mistakes.
    """
    wrong = Gathered(_wrong_numbers(spec))
    if not isinstance(spec.parameters, dict):
        wrong.append(documents.not_an_object(spec.parameters, "schedule.parameters"))
    if (spec.preset is None) == (spec.cron is None):
        says = "Give a preset or a cron expression, not both."
        wrong.append(Problem("schedule.cron", says))
    config, rule = None, None
    cron, zone = "", spec.time_zone or zone
    if spec.cron is not None:
        with wrong.also():
            cron = check_cron(spec.cron, "schedule.cron")
    with wrong.also():
        check_zone(zone, "schedule.timeZone")
    if spec.preset is not None:
        with wrong.also():
            config = documents.read(ScheduleConfig, spec.preset, "schedule.preset")
    if spec.data_window is not None:
        with wrong.also():
            rule = documents.read(WindowRule, spec.data_window, "schedule.dataWindow")
    wrong.refuse()
    if config is None:
        return Timing("custom", cron, zone, rule or data_windows.usual("custom"), None)
    zone = config.timezone or zone
    kept = documents.kept(config) | {"timezone": zone}
    rule = rule or data_windows.usual(config.frequency)
    return Timing(config.frequency, cron_of(config), zone, rule, kept)


def check(spec: ScheduleSpec, source: Source, past: CollectionSpec | None = None) -> Timing:
    """Check the spec for this source and return its timing. Raises Invalid if it cannot run."""
    found = timing(spec, source.time_zone)
    own = source.query.given(spec.parameters)
    with within("schedule"):
        own.render()  # a query that cannot be rendered is refused now
    if past is not None and own.values != source.query.values:
        raise Invalid(
            "A backfill uses the report's own parameters; omit the parameters or the backfill.",
            field="schedule.parameters",
        )
    return found


def _wrong_numbers(spec: ScheduleSpec) -> Iterator[Problem]:
    for name, value, least, most in (
        ("catchUpSeconds", spec.catch_up_seconds, 0, MOST_CATCH_UP),
        ("jitterSeconds", spec.jitter_seconds, 0, MOST_JITTER),
        ("pauseAfterFailures", spec.pause_after_failures, 1, MOST_FAILURES),
    ):
        if value is not None:
            yield from check_number(f"schedule.{name}", value, least, most)


async def preview(
    session: AsyncSession,
    viewer: Viewer,
    report_id: str | None,
    workflow_id: str | None,
    spec: ScheduleSpec,
) -> tuple[str, list[Preview]]:
    """Return the schedule in words, and its next runs with the days they would cover."""
    source = await sources.find(session, viewer, report_id, workflow_id, rank="viewer")
    found = timing(spec, source.time_zone)
    upcoming = recurrence.occurrences(found.cron, found.zone, moments.now())
    shown = [
        Preview(
            at=one.at,
            local=one.local.strftime("%a %Y-%m-%d %H:%M %Z"),
            mark=one.mark,
            days=covered(source, found.rule, one.at),
        )
        for one in islice(upcoming, PREVIEWED)
    ]
    return in_words(found.cron, found.zone), shown


def covered(source: Source, rule: WindowRule, at: datetime) -> Days:
    """Return the days that a run at this moment covers, in the source's zone. All are settled."""
    today = at.astimezone(ZoneInfo(source.time_zone)).date()
    lags = source.instance.settling_lag_days
    settled = windows.settled_end(source.query.data_sources, lags, today)
    return data_windows.window(rule, today, settled)
