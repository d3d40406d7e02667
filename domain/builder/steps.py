"""What each step of the report builder may contain, in the names of the GraphQL inputs."""

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from domain.calendar import windows
from domain.collections.configs import Lookback, Segmentation
from domain.collections.plans import CollectionSpec
from domain.documents import Config, kept
from domain.problems import within
from domain.reports.reports import ReportSpec
from domain.schedules.data_windows import WindowRule
from domain.schedules.presets import ScheduleConfig
from domain.schedules.specs import MOST_CATCH_UP, MOST_FAILURES, MOST_JITTER, ScheduleSpec


def _lower(given: object) -> object:
    """Return an enum value of the schema as it is stored: WEEKS becomes weeks."""
    return given.lower() if isinstance(given, str) else given


def _all_lower(given: object) -> object:
    """Return a LookbackInput or a SegmentationInput with its enum values as they are stored."""
    return {name: _lower(one) for name, one in given.items()} if isinstance(given, dict) else given


class Parameters(Config):
    """The report, and the backfill to collect with it."""

    name: str
    template_id: str = Field(alias="templateId")
    instance_id: str = Field(alias="instanceId")
    description: str | None = None
    parameters: dict[str, Any] = Field(default_factory=dict)
    time_zone: str = Field(default="UTC", alias="timeZone")
    lookback: Annotated[Lookback, BeforeValidator(_all_lower)] | None = None
    segmentation: Annotated[Segmentation, BeforeValidator(_all_lower)] | None = None
    target_weeks: Annotated[int, Field(ge=1, le=windows.LONGEST, strict=True)] | None = Field(
        default=None, alias="targetWeeks"
    )
    dashboard_id: str | None = Field(default=None, alias="dashboardId")
    create_dashboard: bool = Field(default=False, alias="createDashboard", strict=True)

    def misfits(self) -> Iterator[tuple[str, str]]:
        """Yield a problem for a segmentation without days to cut, and for two dashboards."""
        if self.segmentation is not None and self.lookback is None and self.target_weeks is None:
            yield "segmentation", "A segmentation needs a lookback or targetWeeks."
        if self.dashboard_id is not None and self.create_dashboard:
            yield "dashboardId", "Give a dashboardId or createDashboard, not both."

    def spec(self) -> ReportSpec:
        """Return the report. Raises Problems."""
        with within("report"):
            return ReportSpec(
                name=self.name,
                template_id=self.template_id,
                instance_id=self.instance_id,
                parameters=self.parameters,
                description=self.description,
                time_zone=self.time_zone,
            )

    def past(self) -> CollectionSpec | None:
        """Return the backfill to collect, if any."""
        if self.lookback is None and self.target_weeks is None:
            return None
        lookback, cut = self.lookback or Lookback(), self.segmentation or Segmentation()
        return CollectionSpec(
            lookback=lookback.model_dump(mode="json", by_alias=True, exclude_none=True),
            segmentation=cut.model_dump(mode="json"),
            target_weeks=self.target_weeks,
        )


class Scheduled(Config):
    """A ScheduleInput, or `once` for a report without a schedule."""

    once: bool = Field(default=False, strict=True)
    preset: ScheduleConfig | None = None
    cron: str | None = None
    time_zone: str | None = Field(default=None, alias="timeZone")
    parameters: dict[str, Any] = Field(default_factory=dict)
    data_window: WindowRule | None = Field(default=None, alias="dataWindow")
    overlap: Annotated[Literal["skip", "buffer", "cancel", "allow"], BeforeValidator(_lower)] = (
        "skip"
    )
    catch_up: Annotated[Literal["latest", "all"], BeforeValidator(_lower)] = Field(
        default="latest", alias="catchUp"
    )
    catch_up_seconds: Annotated[int, Field(ge=0, le=MOST_CATCH_UP, strict=True)] = Field(
        default=86_400, alias="catchUpSeconds"
    )
    jitter_seconds: Annotated[int, Field(ge=0, le=MOST_JITTER, strict=True)] = Field(
        default=0, alias="jitterSeconds"
    )
    pause_after_failures: Annotated[int, Field(ge=1, le=MOST_FAILURES, strict=True)] | None = Field(
        default=5, alias="pauseAfterFailures"
    )
    keeps_history: bool = Field(default=False, alias="keepsHistory", strict=True)

    def misfits(self) -> Iterator[tuple[str, str]]:
        """Yield a problem if `once` comes with other fields."""
        if self.once and self.model_fields_set != {"once"}:
            yield "", "A report that runs once has no schedule; omit the other fields."

    def spec(self) -> ScheduleSpec | None:
        """Return the schedule, or None for a report without one."""
        if self.once:
            return None
        return ScheduleSpec(
            **self.model_dump(exclude={"once", "preset", "data_window"}),
            preset=self.preset and kept(self.preset),
            data_window=self.data_window and kept(self.data_window),
        )


class Review(Config):
    """An empty step. Saving it checks all others together."""


STEPS: dict[str, type[Config]] = {
    "parameters": Parameters,
    "schedule": Scheduled,
    "review": Review,
}
