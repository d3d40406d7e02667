"""Every number on the dashboards of the demo, beside sums of the raw events by DuckDB alone.

The local AMC keeps nothing back here: of few events privacy would take nearly all campaigns.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, TypeAlias

import pytest

from local.demo_dashboards import MAKE, TEMPLATES
from sandbox.events.warehouse import Warehouse
from tests.collections.collections import START, custom, settled
from tests.dashboards.dashboards import WIDGETS, at
from tests.graph.front_door import CREATE, Ask
from tests.sandbox.events import warehouse
from tests.sandbox.raw_events import truth, with_ratios
from tests.sandbox.sandbox import SandboxServer

WEEK = timedelta(days=7)
WEEKS = 8
TOP = 10  # values of a dimension, unless a widget says otherwise
NUMBERS = """
query($id: ID!, $range: RangeInput) {
  node(id: $id) {
    ... on Widget {
      title type dataSource
      data(range: $range) {
        measures { name } start end dimension overTime comparison previousStart previousEnd
        points(first: 600) {
          key start end value isOther cells { value state } previous { value state }
        }
        totals { cells { value state } previous { value state } }
        unserved { code message }
      }
    }
  }
}
"""
WIDGETS_OF = "query($id: ID!) { dashboard(id: $id) { widgets { id } } }"
Sums: TypeAlias = dict[str, Decimal]
Widget: TypeAlias = dict[str, Any]


@dataclass(frozen=True)
class Days:
    """The days `[start, end)`."""

    start: date
    end: date

    @classmethod
    def of(cls, shown: dict[str, Any]) -> "Days":
        return cls(date.fromisoformat(shown["start"]), date.fromisoformat(shown["end"]))

    def back(self, days: timedelta) -> "Days":
        return Days(self.start - days, self.end - days)

    def weeks(self) -> list["Days"]:
        number = (self.end - self.start) // WEEK
        return [Days(self.start + n * WEEK, self.start + (n + 1) * WEEK) for n in range(number)]


@dataclass
class Truth:
    """What the raw events of the collected weeks come to, and how many numbers it was."""

    warehouse: Warehouse
    zone: str
    collected: list[Days]
    compared: int = 0
    known: dict[Any, dict[str | None, Sums]] = field(default_factory=dict)

    def sums(self, days: Days, dimension: str | None) -> dict[str | None, Sums]:
        """By value of the dimension, None for all of them."""
        by = dimension or "campaign"
        if (days, by) not in self.known:
            self.known[days, by] = truth(self.warehouse, self.zone, self.collected, days, by)
        return self.known[days, by]

    def cells(self, names: list[str], days: Days, sums: Sums | None) -> list[Any]:
        """What is to be shown of these days."""
        if sums is None:
            is_known = any(week in self.collected for week in days.weeks())
            return [(None, "EMPTY" if is_known else "MISSING")] * len(names)
        every = with_ratios(sums)
        states = {name: "NO_DENOMINATOR" if every[name] is None else "VALUE" for name in names}
        return [(every[name], states[name]) for name in names]

    def compare(self, shown: Any, names: list[str], days: Days, sums: Sums | None) -> None:
        """Every cell is exactly what it has to be."""
        found = [
            (None if one["value"] is None else Decimal(one["value"]), one["state"]) for one in shown
        ]
        assert found == self.cells(names, days, sums), days
        self.compared += sum(value is not None for value, _ in found)


def of_value(sums: dict[str | None, Sums], point: dict[str, Any], named: set[str]) -> Sums | None:
    """The sums of what a point shows: one value, all, or all but those that are named."""
    if not point["isOther"]:
        return sums.get(point["value"])
    others = [one for value, one in sums.items() if value is not None and value not in named]
    if not others:
        return None
    return {name: sum((one[name] for one in others), Decimal(0)) for name in others[0]}


def check_points(widget: Widget, true: Truth) -> None:
    """There is a point for all that is to be shown, and for nothing else."""
    data = widget["data"]
    whole, by = Days.of(data), data["dimension"]
    periods = whole.weeks() if data["overTime"] else [whole]
    points = [((one["value"], one["isOther"]), Days.of(one)) for one in data["points"]]
    values = list(dict.fromkeys(value for value, _ in points))
    assert points == [(value, period) for value in values for period in periods]
    if by is None:
        assert values == [(None, False)]
        return
    sizes = sizes_of(widget["dataSource"], true.sums(whole, by))
    top = widget["dataSource"].get("top", TOP)
    named = [value for value, is_other in values if not is_other]
    assert [sizes[value] for value in named] == sorted(sizes.values(), reverse=True)[:top]
    assert values[len(named) :] == ([(None, True)] if len(sizes) > top else [])


def sizes_of(source: dict[str, Any], sums: dict[str | None, Sums]) -> dict[str, Decimal]:
    """By what values are ordered; what has no such number comes after all that has."""
    name = source.get("sortBy", source["metrics"][0])
    sizes = {value: with_ratios(one)[name] for value, one in sums.items() if value is not None}
    return {value: Decimal(-1) if size is None else size for value, size in sizes.items()}


def check_cells(widget: Widget, true: Truth) -> None:
    """Each number of it, now and before."""
    data = widget["data"]
    names, whole, by = [one["name"] for one in data["measures"]], Days.of(data), data["dimension"]
    assert names == widget["dataSource"]["metrics"]
    named = {one["value"] for one in data["points"] if one["value"] is not None}
    (totals,) = data["totals"]
    everything = {"value": None, "isOther": False, "start": data["start"], "end": data["end"]}
    for point in [*data["points"], everything | totals]:
        days = Days.of(point)
        earlier = days.back(whole.end - whole.start)
        true.compare(point["cells"], names, days, of_value(true.sums(days, by), point, named))
        assert (point["previous"] is None) == (data["comparison"] is None)
        if point["previous"] is not None:
            before = of_value(true.sums(earlier, by), point, named)
            true.compare(point["previous"], names, earlier, before)
    if data["comparison"] is not None:
        before = Days.of({"start": data["previousStart"], "end": data["previousEnd"]})
        assert before == whole.back(whole.end - whole.start)


@pytest.fixture
def collected(
    ask: Ask,
    report_input: dict[str, Any],
    amc_server: SandboxServer,
    work_until_done: Callable[[], Awaitable[None]],
) -> Callable[[str], Awaitable[tuple[str, Truth]]]:
    """Collect some weeks of a new report in this zone; its id, and the truth about them."""

    async def collect(zone: str) -> tuple[str, Truth]:
        amc_server.settings(event_level=True)
        report = str((await ask(CREATE, report={**report_input, "timeZone": zone}))["id"])
        end = settled()
        days = Days(end - WEEKS * WEEK, end)
        lookback = custom(days.start, days.end - timedelta(days=1))
        await ask(START, collection={"reportId": report, "lookback": lookback})
        await work_until_done()
        return report, Truth(warehouse(), zone, days.weeks())

    return collect


async def compared(ask: Ask, dashboard: str, asked: dict[str, int] | None, true: Truth) -> int:
    """Compare all numbers of a dashboard; how many there were."""
    before = true.compared
    for one in (await ask(WIDGETS_OF, id=dashboard))["widgets"]:
        widget = await ask(NUMBERS, id=one["id"], range=asked)
        assert widget["data"]["unserved"] is None
        check_points(widget, true)
        check_cells(widget, true)
    return true.compared - before


@pytest.mark.parametrize("zone", ["UTC", "America/New_York"])
async def test_every_number_on_the_dashboards_of_the_demo_is_that_of_the_raw_events(
    ask, collected, zone
):
    report, true = await collected(zone)
    for template in TEMPLATES:
        made = await ask(MAKE, template=template, report=report, name=template)
        # Half of the weeks beside the other half; then as it is made, with weeks nobody collected.
        halves = await compared(ask, made["id"], {"periods": WEEKS // 2}, true)
        assert halves + await compared(ask, made["id"], None, true) > 200


async def test_values_their_others_and_those_before_are_those_of_the_raw_events(
    ask, collected, board
):
    report, true = await collected("UTC")
    shown = {
        "sources": [{"reportId": report}],
        "metrics": ["sales", "clicks", "click_rate", "roas", "cost_per_purchase"],
        "dimension": "campaign",
        "comparison": "previous_period",
        "top": 3,
    }
    widgets = [
        {
            "type": "TABLE",
            "title": f"By {sort_by}, {over_time}",
            "dataSource": {**shown, "sortBy": sort_by, "overTime": over_time},
            "position": at(6 * over_time, 4 * number, 6, 4),
        }
        for number, sort_by in enumerate(("clicks", "click_rate"))
        for over_time in (False, True)
    ]
    await ask(WIDGETS, id=board, version=1, change={"add": widgets})
    assert await compared(ask, board, {"periods": WEEKS // 2}, true) > 200
