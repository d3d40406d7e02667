"""What is known of one source for a widget: whole periods, and what is cut out of them. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.calendar.periods import Period
from domain.dashboards.configs import Filter
from domain.numbers import sums as widget_sums
from domain.numbers.sums import Sum, Sums
from domain.numbers.windows import Window

NOW = 0  # the window that is shown
BEFORE = 1  # the one it is compared with
# Places beside those of the values that are shown, which are counted from 1.
ALL, WITHHELD, REST = 0, -1, -2
RESTS = -3  # tells only which periods have more values than are kept


@dataclass(frozen=True)
class Whole:
    """A period of a series, overall."""

    id: UUID
    series: str
    instance_id: UUID
    period: Period
    metrics: Mapping[str, str | None]
    states: Mapping[str, str]
    state: str
    coverage: Mapping[str, int]
    is_provisional: bool
    by_utc_day: bool
    as_of: datetime | None
    row_count: int
    suppressed_rows: int

    def sums(self, names: Sequence[str]) -> Sums:
        """Its metrics of these names."""
        has_rows = self.row_count > 0
        return {
            name: widget_sums.of(self.metrics.get(name), self.states.get(name), has_rows=has_rows)
            for name in names
        }


@dataclass(frozen=True)
class Cut:
    """What is wanted of the values of one dimension of a series."""

    series: str
    instance_id: UUID
    dimension: str
    window: Window
    names: tuple[str, ...]  # metrics
    by_period: bool  # or over the whole window
    filters: tuple[Filter, ...]  # all of this dimension
    top: int | None = None  # None: all values as one
    ascending: bool = False
    # By what the values are ordered: the metric itself where one aggregate is behind it, else
    # the sum of one, or the ratio of two.
    own: str | None = None
    parts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Slices:
    """The sums of a cut: by window, place and period (nothing for the whole window)."""

    sums: dict[tuple[int, int, str], dict[str, Sum]]
    values: dict[int, str]  # by place
    keys: dict[tuple[int, int], set[str]]  # periods in which a place has rows, where it matters
    rests: dict[int, set[str]]  # periods that have more values than are kept
