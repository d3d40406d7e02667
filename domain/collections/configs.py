"""The settings of a collection: which days, how they are cut, how often a segment is tried."""

from collections.abc import Iterator
from datetime import date
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from domain.calendar import windows
from domain.calendar.units import Unit, WeekStart
from domain.documents import Config
from domain.models import Collection

MOST_PARALLEL = 10  # segments at AMC at once
MOST_ATTEMPTS = 10  # of a segment


class Lookback(Config):
    """Which days: a number of units back from the newest settled day, custom dates, or a name."""

    type: Literal["relative", "custom", "last_quarter", "year_to_date"] = "relative"
    value: Annotated[int, Field(ge=1, le=windows.LONGEST, strict=True)] | None = None
    unit: Literal["days", "weeks", "months", "quarters"] | None = None
    start_date: date | None = Field(default=None, alias="startDate")
    end_date: date | None = Field(default=None, alias="endDate")  # the last day included

    def misfits(self) -> Iterator[tuple[str, str]]:
        """Yield a problem for each field that this type needs and lacks, or does not take."""
        named = f"A lookback of type {self.type!r}"
        for name, day in (("startDate", self.start_date), ("endDate", self.end_date)):
            if self.type == "custom" and day is None:
                yield name, f"{named} needs a startDate and an endDate, the last day included."
            if self.type != "custom" and day is not None:
                yield name, f"{named} takes no {name}."
        for name, given in (("value", self.value), ("unit", self.unit)):
            if self.type != "relative" and given is not None:
                yield name, f"{named} takes no {name}."
        if self.type == "relative" and (self.value is None) != (self.unit is None):
            missing = "value" if self.value is None else "unit"
            yield missing, "A lookback with a value or a unit needs both."


class Retry(Config):
    """How often a segment is tried before it fails."""

    max_attempts: Annotated[int, Field(ge=1, le=MOST_ATTEMPTS, strict=True)] = 3


def _retry(given: object) -> object:
    """Return the number that clients give in the form that is stored."""
    return given if isinstance(given, (dict, Retry)) else {"max_attempts": given}


class Segmentation(Config):
    """How the days are cut into segments, and how many segments are at AMC at once.

    The aliases are the names that clients use; the field names are those that are stored.
    """

    type: Unit = "weekly"
    parallel_limit: Annotated[int, Field(ge=1, le=MOST_PARALLEL, strict=True)] = Field(
        default=5, alias="parallelLimit"
    )
    retry_failed: bool = Field(default=True, alias="retryFailed")
    retry: Annotated[Retry, BeforeValidator(_retry)] = Field(
        default_factory=Retry, alias="maxAttempts"
    )
    week_start: WeekStart = Field(default="monday", alias="weekStart")


def week_start_of(collection: Collection) -> WeekStart:
    """Return the day on which the weeks of a collection start."""
    found: WeekStart = (collection.segmentation_config or {}).get("week_start", "monday")
    return found
