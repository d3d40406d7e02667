"""The JSON documents of dashboards and widgets: what a widget shows, and its place on the grid."""

from collections.abc import Iterator
from datetime import date
from typing import Annotated, TypeAlias

from pydantic import Field

from domain import sentences
from domain.calendar import windows
from domain.calendar.days import Days
from domain.calendar.units import Comparison, Level
from domain.documents import Config
from domain.templates.metrics import MOST_MEASURES, MOST_WIDGETS, Column

COLUMNS = 12  # of the grid
MOST_SOURCES_OF_WIDGET = 5
MOST_SOURCES = MOST_WIDGETS * MOST_SOURCES_OF_WIDGET
MOST_FILTERS = 10
MOST_VALUES = 100  # of a filter
MOST_TOP = 50  # values of a dimension that a widget shows
MOST_ROWS = 500  # of the grid
TALLEST = 24  # rows of a widget
MOST_PERIODS = 104  # that a widget shows
LATEST = date(2099, 12, 31)  # day that a widget may show

Value: TypeAlias = Annotated[str, Field(max_length=1000)]


class SourceRef(Config):
    """A report or a workflow, by its public id."""

    report_id: str | None = Field(default=None, alias="reportId")
    workflow_id: str | None = Field(default=None, alias="workflowId")

    def misfits(self) -> Iterator[tuple[str, str]]:
        """Yield a problem unless exactly one of the two is given."""
        if (self.report_id is None) == (self.workflow_id is None):
            yield "", "Give a reportId or a workflowId, not both."


class DimensionFilter(Config):
    """Only these values of a dimension, or all but these. None: withheld for privacy."""

    dimension: Column
    values: Annotated[list[Value | None], Field(min_length=1, max_length=MOST_VALUES)]
    exclude: bool = Field(default=False, strict=True)


class Range(Config):
    """Which days are shown: a number of newest periods, or a range of days.

    `end_date` is the last day included. Days before 2000 or after 2099 are refused.
    """

    periods: Annotated[int, Field(ge=1, le=MOST_PERIODS, strict=True)] | None = None
    start_date: date | None = Field(default=None, alias="startDate")
    end_date: date | None = Field(default=None, alias="endDate")

    def misfits(self) -> Iterator[tuple[str, str]]:
        """Yield a problem unless it has periods or days, and the days are in order."""
        days = (self.start_date is not None, self.end_date is not None)
        if any(days) and not all(days):
            yield "", "A range of days needs both a startDate and an endDate."
        elif (self.periods is not None) == all(days):
            yield "", "Give periods, or a startDate and an endDate, not both."
        if self.start_date and self.end_date and self.end_date < self.start_date:
            yield "endDate", "The endDate must not be before the startDate."
        if self.start_date and self.start_date < windows.EARLIEST:
            yield "startDate", f"The startDate must be {windows.EARLIEST} or later."
        if self.end_date and self.end_date > LATEST:
            yield "endDate", f"The endDate must be {LATEST} or earlier."

    @property
    def days(self) -> Days | None:
        """The days, if they are given. None for a number of periods."""
        if self.start_date is None or self.end_date is None:
            return None
        return Days.from_last(self.start_date, self.end_date)


class WidgetFilters(Config):
    """The level, range and filters that a dashboard sets for its widgets, or a reader asks for."""

    level: Level | None = None
    range: Range | None = None
    filters: list[DimensionFilter] = Field(default_factory=list, max_length=MOST_FILTERS)


class Selection(Config):
    """Which numbers are shown, of whatever sources: metrics over time, by a dimension, or both.

    Without a dimension there is a point for each period. With one there is a point for each of its
    values over the whole range or, with `over_time`, for each value and period. With `split`, a
    second dimension, there is a point for each pair of their values.
    """

    metrics: Annotated[list[Column], Field(min_length=1, max_length=MOST_MEASURES)]
    dimension: Column | None = None
    split: Column | None = None
    over_time: bool = Field(default=False, alias="overTime", strict=True)
    level: Level | None = None
    range: Range | None = None
    comparison: Comparison | None = None
    top: Annotated[int, Field(ge=1, le=MOST_TOP, strict=True)] = 10
    sort_by: Column | None = Field(default=None, alias="sortBy")
    ascending: bool = Field(default=False, strict=True)

    def misfits(self) -> Iterator[tuple[str, str]]:
        """Yield a problem for a repeated metric, an unknown sortBy, and a split of nothing."""
        if len(set(self.metrics)) < len(self.metrics):
            yield "metrics", sentences.sentence(["metrics"], sentences.repeats(self.metrics))
        if self.sort_by is not None and self.sort_by not in self.metrics:
            shown = sentences.must_be(sentences.one_of(self.metrics), self.sort_by)
            yield "sortBy", sentences.sentence(["sortBy"], shown)
        if self.split is not None and (self.dimension is None or self.over_time):
            yield "split", "A split needs a dimension, and takes no overTime."
        elif self.split is not None and self.split == self.dimension:
            yield "split", "The split and the dimension must differ."


class DataSource(Selection):
    """What a widget shows: a selection of the numbers of its sources."""

    sources: Annotated[list[SourceRef], Field(min_length=1, max_length=MOST_SOURCES_OF_WIDGET)]
    filters: list[DimensionFilter] = Field(default_factory=list, max_length=MOST_FILTERS)


class Position(Config):
    """The place of a widget: columns and rows of the grid, counted from its upper left corner."""

    x: Annotated[int, Field(ge=0, lt=COLUMNS, strict=True)]
    y: Annotated[int, Field(ge=0, lt=MOST_ROWS, strict=True)]
    width: Annotated[int, Field(ge=1, le=COLUMNS, strict=True)]
    height: Annotated[int, Field(ge=1, le=TALLEST, strict=True)]

    def misfits(self) -> Iterator[tuple[str, str]]:
        """Yield a problem if the widget leaves the grid."""
        if self.x + self.width > COLUMNS:
            yield "", f"x plus width must be {COLUMNS} or less, the columns of the grid."

    def overlaps(self, other: "Position") -> bool:
        """Return whether two positions share a cell of the grid."""
        beside = self.x + self.width <= other.x or other.x + other.width <= self.x
        above = self.y + self.height <= other.y or other.y + other.height <= self.y
        return not beside and not above
