"""Finished datasets of dashboards, kept in this process until their numbers change.

Rights, configurations and the aggregates over all values are read each time, and only a dataset
that was built of equal ones is found. So a kept dataset saves reading the values of dimensions,
and building it. A dashboard's `data_version` grows whenever aggregates of its sources are recorded,
its `version` with its widgets, and so with its sources. What was kept before is dropped.
"""

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TypeAlias
from uuid import UUID

from domain.charts.datasets import Dataset, Unserved

Kept: TypeAlias = Dataset | Unserved
Version: TypeAlias = tuple[int, int]  # of the dashboard and of its data

MOST_POINTS = 50_000  # of all kept datasets together: about 100 MB
MOST_OF_ONE = 100  # datasets of a dashboard


@dataclass
class _Dashboard:
    """The datasets of a dashboard at one version."""

    version: Version
    datasets: list[tuple[object, Kept]] = field(default_factory=list)

    @property
    def points(self) -> int:
        return sum(_points(dataset) for _, dataset in self.datasets)


class KeptDatasets:
    """The datasets that a process keeps."""

    def __init__(self) -> None:
        self._dashboards: OrderedDict[UUID, _Dashboard] = OrderedDict()  # used longest ago first
        self._points = 0

    def find(self, dashboard: UUID, version: Version, asked: object) -> Kept | None:
        """Return the dataset that was built of the same at this version, if it is kept."""
        found = self._dashboards.get(dashboard)
        if found is None or found.version != version:
            return None
        self._dashboards.move_to_end(dashboard)
        return next((dataset for known, dataset in found.datasets if known == asked), None)

    def keep(self, dashboard: UUID, version: Version, asked: object, dataset: Kept) -> None:
        """Keep a dataset, and drop those of older data. Of an older version nothing is kept."""
        there = self._dashboards.get(dashboard)
        if there is None or (there.version != version and _is_newer(version, there.version)):
            self._drop(dashboard)
            there = self._dashboards[dashboard] = _Dashboard(version)
        if there.version != version or len(there.datasets) >= MOST_OF_ONE:
            return
        there.datasets.append((asked, dataset))
        self._points += _points(dataset)
        while self._points > MOST_POINTS and self._dashboards:
            self._drop(next(iter(self._dashboards)))

    def forget(self) -> None:
        """Drop everything."""
        self._dashboards.clear()
        self._points = 0

    def _drop(self, dashboard: UUID) -> None:
        dropped = self._dashboards.pop(dashboard, None)
        if dropped is not None:
            self._points -= dropped.points


def _is_newer(one: Version, other: Version) -> bool:
    return one[0] >= other[0] and one[1] >= other[1]


def _points(dataset: Kept) -> int:
    return 1 + (len(dataset.points) if isinstance(dataset, Dataset) else 0)


kept = KeptDatasets()
