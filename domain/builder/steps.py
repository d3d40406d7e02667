"""What each step of the report builder may say, in the words of the graph's inputs."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from domain.collections.plans import CollectionSpec
from domain.collections.settings import Lookback, Segmentation
from domain.documents import Config
from domain.reports.reports import ReportSpec
from domain.schedules.specs import ScheduleSpec

SPOKEN = {  # names of a SegmentationInput
    "parallelLimit": "parallel_limit",
    "retryFailed": "retry_failed",
    "weekStart": "week_start",
}


def _lower(given: object) -> object:
    """A word of the graph's as it is stored: WEEKS is weeks."""
    return given.lower() if isinstance(given, str) else given


def _lookback(given: object) -> object:
    """A LookbackInput as it is stored."""
    return {name: _lower(one) for name, one in given.items()} if isinstance(given, dict) else given


def _segmentation(given: object) -> object:
    """A SegmentationInput as it is stored."""
    if not isinstance(given, dict):
        return given
    found = {SPOKEN.get(name, name): _lower(one) for name, one in given.items()}
    if "maxAttempts" in found:
        found["retry"] = {"max_attempts": found.pop("maxAttempts")}
    return found


class Parameters(Config):
    """What is asked of whom, and which of the past is collected."""

    name: str
    template_id: str = Field(alias="templateId")
    instance_id: str = Field(alias="instanceId")
    description: str | None = None
    parameters: dict[str, Any] = Field(default_factory=dict)
    time_zone: str = Field(default="UTC", alias="timeZone")
    lookback: Annotated[Lookback, BeforeValidator(_lookback)] | None = None
    segmentation: Annotated[Segmentation, BeforeValidator(_segmentation)] | None = None
    target_weeks: Annotated[int, Field(ge=1, strict=True)] | None = Field(
        default=None, alias="targetWeeks"
    )
    dashboard_id: str | None = Field(default=None, alias="dashboardId")
    create_dashboard: bool = Field(default=False, alias="createDashboard", strict=True)

    @model_validator(mode="after")
    def _whole(self) -> "Parameters":
        if self.segmentation is not None and self.lookback is None and self.target_weeks is None:
            raise ValueError("a segmentation needs a lookback")
        if self.dashboard_id is not None and self.create_dashboard:
            raise ValueError("give a dashboardId or createDashboard, not both")
        return self

    def spec(self) -> ReportSpec:
        """The report. Raises Invalid."""
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
    preset: dict[str, Any] | None = None
    cron: str | None = None
    time_zone: str | None = Field(default=None, alias="timeZone")
    parameters: dict[str, Any] = Field(default_factory=dict)
    data_window: dict[str, Any] | None = Field(default=None, alias="dataWindow")
    overlap: Annotated[Literal["skip", "buffer", "cancel", "allow"], BeforeValidator(_lower)] = (
        "skip"
    )
    catch_up: Annotated[Literal["latest", "all"], BeforeValidator(_lower)] = Field(
        default="latest", alias="catchUp"
    )
    catch_up_seconds: int = Field(default=86_400, alias="catchUpSeconds", strict=True)
    jitter_seconds: int = Field(default=0, alias="jitterSeconds", strict=True)
    pause_after_failures: int | None = Field(default=5, alias="pauseAfterFailures", strict=True)
    keeps_history: bool = Field(default=False, alias="keepsHistory", strict=True)

    @model_validator(mode="after")
    def _whole(self) -> "Scheduled":
        if self.once and self.model_fields_set != {"once"}:
            raise ValueError("once takes nothing else")
        return self

    def spec(self) -> ScheduleSpec | None:
        """The schedule, if there is to be one."""
        return None if self.once else ScheduleSpec(**self.model_dump(exclude={"once"}))


class Review(Config):
    """Nothing is decided any more: all of it is checked together."""


STEPS: dict[str, type[Config]] = {
    "parameters": Parameters,
    "schedule": Scheduled,
    "review": Review,
}
