"""What a collection is asked for: which days, how they are cut, how often a segment is tried."""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field, model_validator

from domain.calendar.units import Unit, WeekStart
from domain.documents import Config
from domain.models import Collection


class Lookback(Config):
    """Which days: a number of units back from the newest settled day, named days, or a name."""

    type: Literal["relative", "custom", "last_quarter", "year_to_date"] = "relative"
    value: Annotated[int, Field(ge=1, le=365, strict=True)] | None = None
    unit: Literal["days", "weeks", "months", "quarters"] | None = None
    start_date: date | None = Field(default=None, alias="startDate")
    end_date: date | None = Field(default=None, alias="endDate")  # the last day included

    @model_validator(mode="after")
    def _whole(self) -> "Lookback":
        dates = (self.start_date, self.end_date)
        if self.type == "custom":
            if None in dates:
                raise ValueError("custom needs startDate and endDate, the last day included")
        elif any(dates):
            raise ValueError(f"{self.type} takes no dates")
        if self.type != "relative" and (self.value or self.unit):
            raise ValueError(f"{self.type} takes no value and unit")
        if (self.value is None) != (self.unit is None):
            raise ValueError("a value has a unit and a unit a value")
        return self


class Retry(Config):
    """How often a segment is tried before it counts as failed."""

    max_attempts: Annotated[int, Field(ge=1, le=10, strict=True)] = 3


class Segmentation(Config):
    """How the days are cut, and how many segments are at AMC at once."""

    type: Unit = "weekly"
    parallel_limit: Annotated[int, Field(ge=1, le=10, strict=True)] = 5
    retry_failed: bool = True
    retry: Retry = Field(default_factory=Retry)
    week_start: WeekStart = "monday"

    @property
    def most_attempts(self) -> int:
        """Executions of a segment until it has failed."""
        return self.retry.max_attempts if self.retry_failed else 1


def week_start_of(collection: Collection) -> WeekStart:
    """The day on which the weeks of a collection start."""
    found: WeekStart = (collection.segmentation_config or {}).get("week_start", "monday")
    return found
