"""What can be exported in which format, and the options of an export."""

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from domain.calendar import zones
from domain.calendar.units import Level
from domain.charts.numerals import NUMERALS, NumberLanguage, Numerals
from domain.charts.themes import Theme
from domain.dashboards.configs import MOST_FILTERS, DimensionFilter, Range, WidgetFilters
from domain.documents import Config
from domain.templates.metrics import Column


class Options(Config):
    """How an export is made. Each option is read by the formats and sources that it concerns."""

    page_size: Literal["a4", "letter"] = Field(default="a4", alias="pageSize")
    orientation: Literal["landscape", "portrait"] = "landscape"
    theme: Theme = "light"
    scale: Annotated[int, Field(ge=1, le=2, strict=True)] = 1  # of a picture
    with_insights: bool = Field(default=True, alias="withInsights", strict=True)
    time_zone: str = Field(default="UTC", alias="timeZone")
    number_language: NumberLanguage = Field(default="en-US", alias="numberLanguage")
    raw: bool = Field(default=False, strict=True)
    byte_order_mark: bool = Field(default=False, alias="byteOrderMark", strict=True)
    # The numbers of a dashboard or widget, as its reader asks for them.
    level: Level | None = None
    range: Range | None = None
    filters: list[DimensionFilter] = Field(default_factory=list, max_length=MOST_FILTERS)
    # The aggregates of a report or collection: by this dimension, or over all values.
    dimension: Column | None = None

    def misfits(self) -> Iterator[tuple[str, str]]:
        """Yield a problem if the time zone is unknown."""
        if not zones.is_zone(self.time_zone):
            yield "timeZone", "The timeZone must be an IANA time zone such as Europe/Berlin."

    @property
    def is_landscape(self) -> bool:
        """Whether pages are wider than they are high."""
        return self.orientation == "landscape"

    @property
    def numerals(self) -> Numerals:
        """How numbers are written for people. Files for programs have numbers as they are."""
        return NUMERALS[self.number_language]

    @property
    def reader(self) -> WidgetFilters:
        """The level, range and filters of a reader of widgets."""
        return WidgetFilters(level=self.level, range=self.range, filters=self.filters)
