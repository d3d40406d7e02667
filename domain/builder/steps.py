"""What each step of the report builder may say, in the words of the graph's inputs."""

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from domain.calendar import windows
from domain.collections.plans import CollectionSpec
from domain.collections.settings import Lookback, Segmentation
from domain.documents import Config, kept
from domain.problems import within
from domain.reports.reports import ReportSpec
from domain.schedules.data_windows import WindowRule
from domain.schedules.specs import MOST_CATCH_UP, MOST_FAILURES, MOST_JITTER, ScheduleSpec
from domain.schedules.words import ScheduleConfig


def _lower(given: object) -> object:
    """A word of the graph's as it is stored: WEEKS is weeks."""
    return given.lower() if isinstance(given, str) else given


def _all_lower(given: object) -> object:
    """A LookbackInput or a SegmentationInput with its words as they are stored."""
    return {name: _lower(one) for name, one in given.items()} if isinstance(given, dict) else given


class Parameters(Config):
    """What is asked of whom, and which of the past is collected."""

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
        """A segmentation cuts days, and there is at most one dashboard."""
        if self.segmentation is not None and self.lookback is None and self.target_weeks is None:
            yield "segmentation", "A segmentation needs a lookback or targetWeeks."
        if self.dashboard_id is not None and self.create_dashboard:
            yield "dashboardId", "Give a dashboardId or createDashboard, and not both."

    def spec(self) -> ReportSpec:
        """The report. Raises Invalid."""
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
        """What of its past is to be collected, if anything is."""
        if self.lookback is None and self.target_weeks is None:
            return None
        lookback, cut = self.lookback or Lookback(), self.segmentation or Segmentation()
        return CollectionSpec(
            lookback=lookback.model_dump(mode="json", by_alias=True, exclude_none=True),
            segmentation=cut.model_dump(mode="json"),
            target_weeks=self.target_weeks,
        )


class Scheduled(Config):
    """A ScheduleInput; or once, for a report that does not run by itself."""

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
        """Once is all that is said of a report that does not run by itself."""
        if self.once and self.model_fields_set != {"once"}:
            yield "", "A report that runs once has no schedule; leave out the other fields."

    def spec(self) -> ScheduleSpec | None:
        """The schedule, if there is to be one."""
        if self.once:
            return None
        return ScheduleSpec(
            **self.model_dump(exclude={"once", "preset", "data_window"}),
            preset=self.preset and kept(self.preset),
            data_window=self.data_window and kept(self.data_window),
        )


class Review(Config):
    """Nothing is decided any more: all of it is checked together."""


STEPS: dict[str, type[Config]] = {
    "parameters": Parameters,
    "schedule": Scheduled,
    "review": Review,
}
