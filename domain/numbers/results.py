"""Numbers that no aggregate has: of results themselves, read by DuckDB within limits.

Two dimensions at once, that is: a filter on another one than the widget shows. Only whoever may
see the segments is shown what is made of them.
"""

import asyncio
import os
import tempfile
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from uuid import UUID

from sqlalchemy import and_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from domain import storage
from domain.aggregates import rollups
from domain.aggregates.rollups import Figures, Piece
from domain.aggregates.sums import OTHER, Only
from domain.models import Collection as Collected
from domain.models import Week
from domain.numbers import sums as widget_sums
from domain.numbers.lines import WHOLE_WINDOW
from domain.numbers.slices import ALL, BEFORE, NOW, REST, WITHHELD, Cut, Slices
from domain.numbers.sums import Sum
from domain.numbers.windows import DAY
from domain.settings import settings
from domain.templates.metrics import ReportConfig

AT_ONCE = asyncio.Semaphore(2)  # of a process: more would only wait for each other


class TooLarge(Exception):
    """More would have to be read than one widget may; the message says what."""


Series = tuple[str, UUID]  # its hash, and the instance
Stored = tuple[Piece, str | None]  # a segment, and where its rows are


async def pieces(
    session: AsyncSession, wanted: Collection[tuple[Series, date, date]]
) -> dict[Series, list[Stored]]:
    """The segments of each series in these days that the viewer may see. One statement."""
    found: dict[Series, list[Stored]] = defaultdict(list)
    if not wanted:
        return found
    of_any = or_(
        *(
            and_(
                Collected.series_hash == series,
                Collected.instance_id == instance,
                Week.week_start_date < end,
                Week.week_end_date >= start,
            )
            for (series, instance), start, end in wanted
        )
    )
    rows = await session.execute(
        select(Week, Collected.series_hash, Collected.instance_id)
        .join(Collected, Collected.id == Week.collection_id)
        .where(of_any)
        .order_by(Week.week_start_date, Week.id)
    )
    for week, series, instance in rows:
        piece = Piece(
            id=week.id,
            start=week.week_start_date,
            end=week.week_end_date + DAY,
            outcome=week.outcome,
            path=None,
            provisional=week.is_provisional,
            collected_at=week.execution_date,
        )
        found[series, instance].append((piece, week.result_location))
    return found


@dataclass(frozen=True)
class Reading:
    """What is to be read for one source of a widget."""

    config: ReportConfig
    zone: str
    stored: Sequence[Stored]
    cut: Cut
    dimension: str | None  # that it is shown by; the cut's filters are of others too

    def narrowed(self) -> ReportConfig:
        """Only the columns that matter, first the one by which the largest values are kept."""
        metrics = [one for one in self.config.metrics if one.name in self.cut.names]
        metrics.sort(key=lambda one: one.name not in self.cut.parts)
        dimensions = [self.dimension] if self.dimension else []
        return self.config.model_copy(update={"metrics": metrics, "dimensions": dimensions})


async def read(reading: Reading) -> Slices:
    """The sums of a cut, out of the results. Raises TooLarge."""
    keys = {key for _, key in reading.stored if key is not None}
    if len(keys) > settings.widget_files:
        raise TooLarge(f"{len(keys)} results would have to be read")
    async with AT_ONCE:
        with tempfile.TemporaryDirectory(prefix="amc-reports-") as name:
            folder = Path(name)
            fetched = dict(zip(keys, await _fetch(keys, folder), strict=True))
            try:
                return await asyncio.to_thread(_read, reading, fetched, folder)
            except TimeoutError as late:
                raise TooLarge(str(late)) from late


async def _fetch(keys: Collection[str], folder: Path) -> list[Path]:
    """The files. Raises TooLarge once there are too many bytes of them."""
    found: list[Path] = []
    size = 0
    for key in keys:
        path = await storage.fetch(key, folder)
        size += (await asyncio.to_thread(path.stat)).st_size
        if size > settings.widget_bytes:
            raise TooLarge(f"More than {settings.widget_bytes:,} bytes would have to be read")
        found.append(path)
    return found


def _read(reading: Reading, fetched: dict[str, Path], folder: Path) -> Slices:
    cut = reading.cut
    there = [replace(one, path=fetched.get(key or "")) for one, key in reading.stored]
    # A store that is a folder gives its own files, each from a place of its own.
    above = Path(os.path.commonpath([one.parent for one in fetched.values()] or [folder]))
    every = list(dict.fromkeys([*cut.window.periods, *cut.window.before]))
    only = [Only(one.dimension, one.values, one.exclude) for one in cut.filters]
    timeout = settings.widget_timeout.total_seconds()
    found = rollups.aggregate(
        reading.narrowed(), reading.zone, there, every, above, only=only, timeout=timeout
    )
    return sliced(reading, [one for one in found if one.dimension == reading.dimension])


def sliced(reading: Reading, found: Sequence[Figures]) -> Slices:
    """The figures as sums by place, as the database makes them of aggregates."""
    cut = reading.cut
    made = Slices({}, {}, {}, {})
    values = _ranked(cut, found) if reading.dimension else []
    made.values.update(enumerate(values, start=1))
    places = {value: number for number, value in made.values.items()}
    for slot, periods in ((NOW, cut.window.periods), (BEFORE, cut.window.before)):
        own = {one.key for one in periods}
        for one in (figures for figures in found if figures.period.key in own):
            place = ALL if reading.dimension is None else _place(one, places)
            key = one.period.key
            at = (slot, place, key if cut.by_period else WHOLE_WINDOW)
            sums = dict(_sums(one, cut.names))
            before = made.sums.get(at)
            made.sums[at] = dict(widget_sums.together([before, sums])) if before else sums
            made.keys.setdefault((slot, place), set()).add(key)
            if one.dimension is not None and one.value == OTHER:
                made.rests.setdefault(slot, set()).add(key)
    return made


def _place(one: Figures, places: dict[str, int]) -> int:
    return WITHHELD if one.value is None else places.get(one.value, REST)


def _sums(one: Figures, names: Sequence[str]) -> Iterator[tuple[str, Sum]]:
    has_rows = one.row_count > 0
    for name in names:
        yield name, widget_sums.of(one.metrics.get(name), one.states.get(name), has_rows=has_rows)


def _ranked(cut: Cut, found: Sequence[Figures]) -> list[str]:
    """The values that are shown, in their order."""
    shown = {one.key for one in cut.window.periods}
    by_value: dict[str, list[Figures]] = defaultdict(list)
    for one in found:
        if one.value not in (None, OTHER) and one.period.key in shown:
            by_value[str(one.value)].append(one)
    sign = 1 if cut.ascending else -1

    def order(value: str) -> tuple[bool, Decimal, str]:
        score = _score(cut, by_value[value])
        return score is None, sign * (score or Decimal(0)), value

    return sorted(by_value, key=order)[: cut.top or 0]


def _score(cut: Cut, given: Sequence[Figures]) -> Decimal | None:
    names = [cut.own or "", *cut.parts]
    sums = widget_sums.together([dict(_sums(one, names)) for one in given])
    own, *parts = (sums[name].total for name in names)
    if len(given) == 1:
        return own
    if not parts or parts[0] is None:
        return None
    if len(parts) == 1:
        return parts[0]
    return parts[0] / parts[1] if parts[1] else None
