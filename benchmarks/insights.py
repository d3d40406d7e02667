"""What the insights of a dashboard cost: 12 widgets, 52 weeks, 5 dimensions of 8 shown values.

    python -m benchmarks.insights [ROUNDS]

Measures the CPU time from the rows of aggregates, as they come from the database, to the stored
insights: making the series, finding facts in all of them, and wording those that are told.
"""

import sys
import time
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from math import exp
from random import Random
from statistics import median
from uuid import UUID, uuid4

from domain.calendar import units
from domain.dashboards.sources import WidgetSource
from domain.insights import boards, finding, reading
from domain.insights.contents import Contents
from domain.insights.reading import SourceRows, ValueRow, Values
from domain.numbers.sums import PeriodAggregate
from domain.templates.metrics import ReportConfig

WEEKS, DIMENSIONS, START = 52, 5, date(2025, 11, 3)
ADDITIVE = ("impressions", "clicks", "cost", "purchases", "sales")
METRICS = (*ADDITIVE, "click_rate", "roas")
PARTS = {"click_rate": ("clicks", "impressions"), "roas": ("sales", "cost")}


def config() -> ReportConfig:
    """Five metrics that add up, two ratios and five dimensions."""
    added = [
        {"name": name, "title": name.title(), "kind": "additive", "unit": "count"}
        for name in ADDITIVE
    ]
    for one in added:
        one["unit"] = "currency" if one["name"] in ("cost", "sales") else "count"
    ratios = [
        {
            "name": name,
            "title": name.title(),
            "kind": "ratio",
            "unit": "ratio",
            "numerator": above,
            "denominator": below,
        }
        for name, (above, below) in PARTS.items()
    ]
    names = [f"dimension_{number}" for number in range(DIMENSIONS)]
    return ReportConfig.model_validate({"metrics": [*added, *ratios], "dimensions": names})


def metrics(random: Random, share: float) -> dict[str, str | None]:
    """The metrics of a week, with noise of 10 %."""
    amounts = {
        name: Decimal(f"{9000 * share * exp(random.gauss(0, 0.1)):.2f}") for name in ADDITIVE
    }
    ratios = {name: amounts[a] / amounts[b] for name, (a, b) in PARTS.items()}
    return {name: f"{value:.10f}" for name, value in (amounts | ratios).items()}


def rows() -> SourceRows:
    """What is read of a source, as the database gives it."""
    random = Random(7)
    source = WidgetSource(("rpt", uuid4()), "Campaigns", config(), "UTC", uuid4(), "ATVPDKIKX0DER")
    names = tuple(source.config.dimensions)
    shown = Contents(source, METRICS, names, (("impressions", "clicks", "purchases"),))
    weeks = [units.period("weekly", START + timedelta(7 * at)) for at in range(WEEKS)]
    periods = [_whole(random, source.instance_id, one) for one in weeks]
    values = {name: Values(dict(_values(random, weeks))) for name in names}
    return SourceRows(shown, "weekly", periods, values)


def _whole(random: Random, instance: UUID, period: units.Period) -> PeriodAggregate:
    covered = {"days": 7, "covered": 7}
    own = metrics(random, 1.0)
    return PeriodAggregate(
        uuid4(), "s", instance, period, own, {}, "DATA", covered, False, False, None, 99, 0, 1
    )


def _values(
    random: Random, weeks: list[units.Period]
) -> Iterator[tuple[str, dict[date, ValueRow]]]:
    for number in range(reading.MOST_VALUES):
        share = 0.3 / (number + 1)
        made = {one.start: ValueRow(uuid4(), metrics(random, share), {}) for one in weeks}
        yield f"Value {number}", made


def main() -> None:
    """Measure and print."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    given = [rows()]
    (made,) = boards.build(given)
    print(f"{len(made.board.series)} series of {WEEKS} weeks")
    spent: dict[str, list[float]] = {"boards": [], "boards, facts and texts": []}
    for _ in range(rounds):
        for name, work in (("boards", boards.build), ("boards, facts and texts", finding.find)):
            begun = time.process_time()
            work(given)
            spent[name].append(1000 * (time.process_time() - begun))
    for name, times in spent.items():
        print(f"{name}: {median(times):.0f} ms of CPU (of {rounds} rounds)")


if __name__ == "__main__":
    main()
