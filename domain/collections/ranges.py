"""How a range of days is cut into segments: what people may ask for, and what comes of it.

Pure calendar arithmetic. A segment is `[start, end)` in local days of a zone; its moments are the
first ones of these days, so segments leave no gap and overlap nowhere, whatever the clocks do.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from domain.calendar import windows
from domain.errors import Invalid

Kind = Literal["daily", "weekly", "monthly", "quarterly"]
WeekStart = Literal["monday", "sunday"]
UNIT: dict[Kind, str] = {
    "daily": "days",
    "weekly": "weeks",
    "monthly": "months",
    "quarterly": "quarters",
}
# How many segments a collection has when nobody says: about a year of them.
USUAL: dict[Kind, int] = {"daily": 365, "weekly": 52, "monthly": 12, "quarterly": 4}
MONTHS = {"monthly": 1, "quarterly": 3}
DAY = timedelta(days=1)


class Config(BaseModel):
    """A JSON configuration; a word that is not known is a mistake."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)


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

    type: Kind = "weekly"
    parallel_limit: Annotated[int, Field(ge=1, le=10, strict=True)] = 5
    retry_failed: bool = True
    retry: Retry = Field(default_factory=Retry)
    week_start: WeekStart = "monday"

    @property
    def most_attempts(self) -> int:
        """Executions of a segment until it has failed."""
        return self.retry.max_attempts if self.retry_failed else 1


Model = TypeVar("Model", bound=Config)


def read(model: type[Model], given: dict[str, Any] | None, field: str) -> Model:
    """The configuration, checked. Raises Invalid with the path of what is wrong."""
    try:
        return model.model_validate(given or {})
    except ValidationError as invalid:
        error = invalid.errors(include_url=False)[0]
        path = ".".join([field, *(_spoken(str(one)) for one in error["loc"])])
        message = error["msg"].removeprefix("Value error, ")
        raise Invalid(f"{message[0].upper()}{message[1:]}.", field=path) from invalid


def _spoken(name: str) -> str:
    """A name as the graph has it: parallelLimit for parallel_limit."""
    head, *rest = name.split("_")
    return head + "".join(one.title() for one in rest)


@dataclass(frozen=True)
class Segment:
    """Days `[start, end)`."""

    start: date
    end: date


@dataclass(frozen=True)
class Limits:
    """Which days there are to choose from: settled before one day, over before another."""

    settled_end: date
    today: date

    def last(self, allow_provisional: bool) -> date:
        """The first day that may not be taken."""
        return self.today if allow_provisional else self.settled_end


def floor(day: date, kind: Kind, week_start: WeekStart = "monday") -> date:
    """The first day of the day, week, month or quarter that this day is in."""
    match kind:
        case "daily":
            return day
        case "weekly":
            return day - timedelta(days=(day.weekday() + (week_start == "sunday")) % 7)
        case "monthly":
            return day.replace(day=1)
        case _:
            return date(day.year, (day.month - 1) // 3 * 3 + 1, 1)


def back(day: date, kind: Kind, number: int) -> date:
    """So many units before a day that begins one."""
    if kind not in MONTHS:
        return day - timedelta(days=number * (7 if kind == "weekly" else 1))
    months = day.year * 12 + day.month - 1 - number * MONTHS[kind]
    return date(months // 12, months % 12 + 1, 1)


def after(day: date, kind: Kind, week_start: WeekStart = "monday") -> date:
    """The first day of the next unit."""
    return back(floor(day, kind, week_start), kind, -1)


def days(
    lookback: Lookback,
    segmentation: Segmentation,
    limits: Limits,
    *,
    count: int | None = None,
    allow_provisional: bool = False,
) -> Segment:
    """The whole range. `count` is how many segments, where the lookback does not say.

    Raises Invalid where it is empty, too long, too early or not over or settled yet.
    """
    last = limits.last(allow_provisional)
    kind, week_start = segmentation.type, segmentation.week_start
    match lookback.type:
        case "custom":
            found = _custom(lookback, limits, allow_provisional)
        case "last_quarter":
            end = floor(last, "quarterly")
            found = Segment(back(end, "quarterly", 1), end)
        case "year_to_date":
            found = Segment(date((last - DAY).year, 1, 1), last)
        case _:
            found = _relative(lookback, kind, week_start, last, count)
    return _checked(found, segmentation)


def _custom(lookback: Lookback, limits: Limits, allow_provisional: bool) -> Segment:
    assert lookback.start_date is not None
    assert lookback.end_date is not None
    start, end = lookback.start_date, lookback.end_date + DAY
    if end <= start:
        raise Invalid(
            f"The range must not end before it starts: {lookback.end_date} is before {start}.",
            field="lookback.endDate",
        )
    if end > limits.today:
        raise Invalid(
            f"The range reaches into the future; its last day can be {limits.today - DAY}.",
            field="lookback.endDate",
        )
    if end > limits.settled_end and not allow_provisional:
        raise Invalid(
            f"Amazon's data is settled up to {limits.settled_end - DAY}; end there or earlier, "
            "or allow provisional data.",
            field="lookback.endDate",
        )
    return Segment(start, end)


def _relative(
    lookback: Lookback, kind: Kind, week_start: WeekStart, last: date, count: int | None
) -> Segment:
    """So many whole segments, or so many whole units that segments are then cut from."""
    if lookback.value is not None:
        if count is not None:
            raise Invalid("Give a lookback or a number of segments, not both.", field="targetWeeks")
        units: dict[str, Kind] = {unit: name for name, unit in UNIT.items()}
        unit = units[str(lookback.unit)]
        end = floor(last, unit, week_start)
        return Segment(back(end, unit, lookback.value), end)
    end = floor(last, kind, week_start)
    number = count or USUAL[kind]
    if count is None:  # a year with a leap day has 366 days
        while (end - back(end, kind, number)).days > windows.LONGEST:
            number -= 1
    return Segment(back(end, kind, number), end)


def _checked(found: Segment, segmentation: Segmentation) -> Segment:
    length = (found.end - found.start).days
    if length < 1:
        raise Invalid("There is no settled day in this range yet.", field="lookback")
    if length > windows.LONGEST:
        raise Invalid(
            f"A collection is at most {windows.LONGEST} days long; this one has {length}.",
            field="lookback",
        )
    if found.start < windows.EARLIEST:
        raise Invalid(f"AMC has no data before {windows.EARLIEST}.", field="lookback.startDate")
    whole = after(found.start, segmentation.type, segmentation.week_start)
    start = floor(found.start, segmentation.type, segmentation.week_start)
    if length < (whole - start).days and segmentation.type != "daily":
        raise Invalid(
            f"A {segmentation.type} segment is longer than the range of {length} days; "
            "take smaller segments or more days.",
            field="segmentation.type",
        )
    return found


def cut(found: Segment, segmentation: Segmentation, zone: str) -> list[Segment]:
    """The segments of a range, newest first. At its ends they may be shorter than the others."""
    return list(_cut(found, segmentation, zone))


def _cut(found: Segment, segmentation: Segmentation, zone: str) -> Iterator[Segment]:
    end = found.end
    while end > found.start:
        start = max(found.start, floor(end - DAY, segmentation.type, segmentation.week_start))
        # A zone that moved over the date line has no such day, and so nothing to ask for.
        if windows.first_moment(start, zone) != windows.first_moment(end, zone):
            yield Segment(start, end)
        end = start
