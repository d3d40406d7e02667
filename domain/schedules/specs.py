"""What a person decides about a schedule, checked, and the runs that it comes to."""

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
from domain.queries import sources
from domain.queries.sources import Source
from domain.schedules import data_windows, recurrence
from domain.schedules.crons import check_cron
from domain.schedules.data_windows import ScheduleType, WindowRule
from domain.schedules.words import ScheduleConfig, cron_of, in_words
from domain.viewer import Viewer

PREVIEWED = 20
MOST_JITTER = 3600  # seconds
MOST_CATCH_UP = 31 * 24 * 3600


@dataclass(frozen=True)
class ScheduleSpec:
    """All that a person decides about a schedule: a preset or a cron expression, and the rest."""

    preset: dict[str, Any] | None = None
    cron: str | None = None
    time_zone: str | None = None
    parameters: dict[str, Any] = field(default_factory=dict)
    data_window: dict[str, Any] | None = None
    overlap: str = "skip"
    catch_up: str = "latest"
    catch_up_seconds: int = 86_400
    jitter_seconds: int = 0
    pause_after_failures: int | None = 5
    keeps_history: bool = False


@dataclass(frozen=True)
class Timing:
    """What a spec comes to: its kind, cron expression, zone and the days a run covers."""

    kind: str
    cron: str
    zone: str
    rule: WindowRule
    config: dict[str, Any] | None


@dataclass(frozen=True)
class Preview:
    """A run that is to come, with the days it would cover."""

    at: datetime
    local: str
    mark: str | None
    days: Days


def timing(spec: ScheduleSpec, zone: str) -> Timing:
    """The spec, checked. `zone` is the report's, where the spec names none. Raises Invalid."""
    if (spec.preset is None) == (spec.cron is None):
        raise Invalid("Give a preset or a cron expression, and not both.", field="schedule.cron")
    _check_numbers(spec)
    kept: dict[str, Any] | None = None
    kind: ScheduleType = "custom"
    if spec.preset is not None:
        config = documents.read(ScheduleConfig, spec.preset, "schedule.preset")
        kind, cron = config.frequency, cron_of(config)
        zone = config.timezone or spec.time_zone or zone
        kept = config.model_dump(mode="json", by_alias=True, exclude_none=True)
        kept["timezone"] = zone
    else:
        cron = check_cron(str(spec.cron), "schedule.cron")
        zone = spec.time_zone or zone
    check_zone(zone, "schedule.timeZone")
    rule = data_windows.usual(kind)
    if spec.data_window is not None:
        rule = documents.read(WindowRule, spec.data_window, "schedule.dataWindow")
    return Timing(kind, cron, zone, rule, kept)


def check(spec: ScheduleSpec, source: Source, past: CollectionSpec | None = None) -> Timing:
    """What the spec comes to for this source. Raises Invalid for what cannot be run so."""
    found = timing(spec, source.time_zone)
    own = source.query.given(spec.parameters)
    own.render()  # what cannot be asked is refused now
    if past is not None and own.values != source.query.values:
        raise Invalid(
            "A backfill collects with the values of the report; leave out either these or it.",
            field="schedule.parameters",
        )
    return found


def _check_numbers(spec: ScheduleSpec) -> None:
    for name, value, most in (
        ("catchUpSeconds", spec.catch_up_seconds, MOST_CATCH_UP),
        ("jitterSeconds", spec.jitter_seconds, MOST_JITTER),
    ):
        if not 0 <= value <= most:
            raise Invalid(f"This is 0 to {most} seconds.", field=f"schedule.{name}")
    if spec.pause_after_failures is not None and not 1 <= spec.pause_after_failures <= 100:
        raise Invalid("This is 1 to 100 failures.", field="schedule.pauseAfterFailures")


async def preview(
    session: AsyncSession,
    viewer: Viewer,
    report_id: str | None,
    workflow_id: str | None,
    spec: ScheduleSpec,
) -> tuple[str, list[Preview]]:
    """The sentence, and the next runs with the days they would cover."""
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
    """The days in the source's zone that a run at this moment covers, all of them settled."""
    today = at.astimezone(ZoneInfo(source.time_zone)).date()
    lags = source.instance.settling_lag_days
    settled = windows.settled_end(source.query.data_sources, lags, today)
    return data_windows.window(rule, today, settled)
