"""Numbers of widgets beside sums of the local AMC's raw events by DuckDB alone."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import orjson
import pytest

from domain import db, ids, models
from domain.aggregates import aggregates
from domain.calendar.days import Days
from domain.calendar.units import touched
from tests.aggregates.local_amc_results import LEFT_OUT, NEW_YORK, START, WEEKS, Collected
from tests.numbers.numbers import PREVIEW, chart
from tests.sandbox.raw_events import truth, with_ratios

METRICS = ["impressions", "cost", "sales", "roas", "click_rate"]
DAY = timedelta(days=1)


async def kept(report: str, rollups: list[Any]) -> None:
    """Keep rollups as a worker does."""
    rows = orjson.dumps([aggregates._row(one) for one in rollups]).decode()
    async with db.owner_transaction() as session:
        row = await session.get_one(models.Report, ids.decode("rpt", report))
        values = {"report": row.id, "workflow": None, "instance": row.instance_id, "rows": rows}
        await session.execute(aggregates.WRITE, {**values, "series": "truth", "generation": 1})


def shown(cells: Any) -> list[Decimal | None]:
    return [None if one["value"] is None else Decimal(one["value"]) for one in cells]


def wanted(sums: dict[str, Decimal]) -> list[Decimal | None]:
    every = with_ratios(sums)
    return [every[name] for name in METRICS]


@pytest.mark.parametrize("zone", ["UTC", NEW_YORK])
@pytest.mark.parametrize("level", ["WEEKLY", "MONTHLY", "QUARTERLY"])
async def test_totals_values_others_and_comparisons_are_those_of_the_raw_events(
    ask, report, warehouse, tmp_path, zone, level
):
    collected = Collected(warehouse, tmp_path, "campaign-performance", zone)
    segments = collected.weeks()
    end = START + timedelta(weeks=WEEKS)
    await kept(report["id"], collected.rollups(segments, touched(Days(START, end), "monday")))

    async def ask_for(**more: Any) -> Any:
        widget = chart(report["id"], metrics=METRICS, dimension="ad_product_type", **more)
        return await ask(PREVIEW, widget=widget, level=level)

    data = await ask_for(top=2)
    whole = Days(date.fromisoformat(data["start"]), date.fromisoformat(data["end"]))
    direct = truth(warehouse, zone, [one.days for one in segments], whole)

    assert shown(data["totals"][0]["cells"]) == wanted(direct[None])
    named = {one["value"]: shown(one["cells"]) for one in data["points"] if not one["isOther"]}
    first = sorted(set(direct) - {None}, key=lambda name: -direct[name]["impressions"])
    assert list(named) == first[:2]
    assert named == {name: wanted(direct[name]) for name in first[:2]}
    (other,) = [one for one in data["points"] if one["isOther"]]
    rest = {
        name: sum((direct[one][name] for one in first[2:]), Decimal(0)) for name in direct[None]
    }
    assert len(first) > 3
    assert shown(other["cells"]) == wanted(rest)

    compared = await ask_for(range={"periods": 1}, comparison="PREVIOUS_PERIOD")
    then = Days(
        date.fromisoformat(compared["previousStart"]),
        date.fromisoformat(compared["previousEnd"]),
    )
    before = truth(warehouse, zone, [one.days for one in segments], then)
    assert shown(compared["totals"][0]["previous"]) == wanted(before[None])
    for one in compared["points"]:
        assert shown(one["previous"]) == wanted(before[one["value"]])


async def test_a_week_that_was_not_collected_lacks_in_the_coverage(
    ask, report, warehouse, tmp_path
):
    collected = Collected(warehouse, tmp_path, "campaign-performance", "UTC")
    segments = collected.weeks()
    end = START + timedelta(weeks=WEEKS)
    await kept(report["id"], collected.rollups(segments, touched(Days(START, end), "monday")))
    data = await ask(PREVIEW, widget=chart(report["id"]))
    assert (data["coverage"]["days"], data["coverage"]["missing"]) == (7 * WEEKS, 7)
    (gap,) = [one for one in data["points"] if one["start"] == LEFT_OUT.isoformat()]
    assert gap["cells"] == [{"value": None, "state": "MISSING"}]


async def test_reach_is_shown_for_one_period_and_never_added_up(
    ask, report, warehouse, tmp_path, template
):
    collected = Collected(warehouse, tmp_path, "reach-and-frequency", "UTC")
    row = warehouse.cursor().execute(
        "SELECT id_string FROM impression JOIN line USING (line) GROUP BY 1 ORDER BY count(*) DESC"
    )
    segments = collected.weeks(campaign_ids=[row.fetchone()[0]])
    periods = touched(Days(START, START + timedelta(weeks=WEEKS)), "monday")
    await kept(report["id"], collected.rollups(segments, periods))
    await _is_of("reach-and-frequency", report["id"])

    def widget(**more: Any) -> Any:
        return chart(report["id"], metrics=["reach"], dimension="frequency", **more)

    week = await ask(PREVIEW, widget=widget(range={"periods": 1}))
    weeks = await ask(PREVIEW, widget=widget(range={"periods": 2}))

    (newest,) = [one.days for one in segments if one.days.end == START + timedelta(weeks=WEEKS)]
    direct = warehouse.cursor().execute(
        """
        SELECT least(n, 10)::VARCHAR, count(*)::VARCHAR FROM (
            SELECT shopper, count(*) AS n FROM impression JOIN line USING (line)
            WHERE id_string = $campaign AND shopper IS NOT NULL AND ts >= $start AND ts < $end
            GROUP BY shopper
        ) GROUP BY 1
        """,
        {"campaign": _campaign(warehouse), "start": newest.start, "end": newest.end},
    )
    told = {one["value"]: one["cells"][0]["value"] for one in week["points"]}
    assert told == dict(direct.fetchall())
    # Nobody has two frequencies within a week, so all of them together are its reach.
    reached = str(sum(int(one or 0) for one in told.values()))
    assert week["totals"][0]["cells"] == [{"value": reached, "state": "VALUE"}]
    assert weeks["totals"] == [] or weeks["totals"][0]["cells"][0]["state"] == "NOT_ADDITIVE"
    assert weeks["unserved"]["code"] == "NOT_ADDITIVE" or all(
        one["cells"][0]["state"] == "NOT_ADDITIVE" or one["coverage"]["days"] == 14
        for one in weeks["points"]
    )


def _campaign(warehouse: Any) -> str:
    row = warehouse.cursor().execute(
        "SELECT id_string FROM impression JOIN line USING (line) GROUP BY 1 ORDER BY count(*) DESC"
    )
    return str(row.fetchone()[0])


async def _is_of(slug: str, report: str) -> None:
    """Make it a report of another built-in template."""
    async with db.owner_transaction() as session:
        found: UUID | None = await session.scalar(
            models.Template.__table__.select()
            .with_only_columns(models.Template.id)
            .where(models.Template.slug == slug)
        )
        template = await session.get_one(models.Template, found)
        row = await session.get_one(models.Report, ids.decode("rpt", report))
        row.template_id, row.template_version_id = template.id, template.current_version_id
