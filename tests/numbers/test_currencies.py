"""Amounts of two currencies are told apart, and are never added up or drawn on one axis."""

from typing import Any

import orjson
import pytest
from sqlalchemy import text

from domain import db, ids
from tests.charts.charts import compiled, picture, texts
from tests.graph.front_door import CREATE
from tests.numbers.numbers import PREVIEW, chart, keep, values, week
from tests.people.people import join, new_instance

SHOWN = [
    *[(kind, metrics) for kind in ("LINE", "BAR", "AREA") for metrics in (1, 2)],
    ("SCATTER", 2),  # drawn as bars
]


@pytest.fixture
async def german(ask: Any, alice: Any, report: Any, report_input: dict[str, Any]) -> str:
    """The same report on an instance in Germany."""
    instance = await new_instance("Berlin")
    await join(alice, instance.id, "editor")
    async with db.owner_transaction() as session:
        await session.execute(
            text("UPDATE amc_accounts SET marketplace_id = 'A1PA6795UKMFR9' WHERE id = :id"),
            {"id": instance.account_id},
        )
    given = {**report_input, "name": "Germany", "instanceId": ids.encode("inst", instance.id)}
    made = (await ask(CREATE, report=given))["id"]
    for number, cost in ((10, "7"), (11, "9")):
        await keep(made, week(number), {"cost": cost, "sales": "70"}, series_hash="german")
        await keep(report["id"], week(number), {"cost": f"{cost}00", "sales": "7000"})
    return str(made)


def both(report: str, german: str, kind: str = "LINE", **more: Any) -> dict[str, Any]:
    sources = [{"reportId": report}, {"reportId": german}]
    return chart(report, "Cost", kind, sources=sources, **more)


async def test_each_source_has_its_currency_and_its_own_total(ask, report, german):
    data = await ask(PREVIEW, widget=both(report["id"], german))
    assert data["currencies"] == ["USD", "EUR"]
    assert [one["currency"] for one in data["measures"]] == [None]
    assert [one["currency"] for one in data["totals"]] == ["USD", "EUR"]
    assert [values(one["cells"]) for one in data["totals"]] == [["1600"], ["16"]]
    assert "Campaigns of the week in USD, Germany in EUR." in data["altText"]


@pytest.mark.parametrize(("kind", "metrics"), SHOWN)
async def test_no_axis_has_two_currencies(ask, report, german, kind, metrics):
    widget = both(report["id"], german, kind, metrics=["cost", "sales"][:metrics])
    widget["display"] = {"stacked": True}
    spec = (await ask(PREVIEW, widget=widget))["chart"]

    shown = texts(picture(spec))
    assert "Different currencies: EUR, USD." in " ".join(spec["title"]["subtitle"])
    rows = spec["data"]["values"]
    of = {row["series"]: row["axis"] for row in rows if row["part"] == "value"}
    assert len({of[name] for name in of if "Germany" in name}) == 1
    assert {axis for name, axis in of.items() if "Germany" in name}.isdisjoint(
        {axis for name, axis in of.items() if "Germany" not in name}
    )
    titles = [one for one in shown if one.endswith((", USD", ", EUR"))]
    assert sorted(one[-3:] for one in titles) == ["EUR", "USD"]
    assert "'$'" in orjson.dumps(spec).decode()
    assert "'€'" in orjson.dumps(spec).decode()
    assert compiled(spec)


async def test_the_same_currency_shares_an_axis(ask, report):
    await keep(report["id"], week(10), {"cost": "1", "sales": "2"})
    data = await ask(PREVIEW, widget=chart(report["id"], metrics=["cost", "sales"]))
    assert data["currencies"] == ["USD"]
    assert {row["axis"] for row in data["chart"]["data"]["values"]} == {0}
    assert "urrencies" not in data["altText"]
