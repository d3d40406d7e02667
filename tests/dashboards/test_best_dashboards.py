"""Each built-in report template has a dashboard that answers its question, made by the builder."""

import os
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from domain.settings import settings
from domain.templates import builtin_templates
from sandbox.events.warehouse import Warehouse
from tests.dashboards import raw_questions
from tests.sandbox.events import warehouse

SLUGS = sorted(builtin_templates.load())
WEEKS = int(os.environ.get("BEST_WEEKS", "1"))  # 52 by hand: about five minutes
SAVE = """
mutation($step: BuilderStepInput!, $session: ID) {
  builderSave(configuration: $step, sessionId: $session) { id }
}
"""
SUBMIT = """
mutation($session: ID!) {
  builderSubmit(sessionId: $session) { report { id dashboard { id widgets { id } } } }
}
"""
SHOWN = """
query($id: ID!) {
  node(id: $id) {
    ... on Widget {
      title type
      data {
        measures { name } start end coverage { covered }
        points(first: 600) { start end value isOther cells { value state } }
        totals { cells { value state } } unserved { code message }
      }
    }
  }
}
"""


@pytest.fixture
async def boards(
    ask: Any, report_input: dict[str, Any], amc_server: Any, work_until_done: Any, monkeypatch: Any
) -> dict[str, list[dict[str, Any]]]:
    """The widgets of a dashboard for each report template, after its collection."""
    more = {"collections_per_user": 99, "collections_per_instance_and_day": 99}
    many = settings.model_copy(update=more)
    monkeypatch.setattr("domain.collections.collections.settings", many)
    amc_server.settings(event_level=True)
    widgets = {}
    for slug in SLUGS:
        given = {**report_input, "name": slug, "templateId": slug, "targetWeeks": WEEKS}
        session = None
        for step in ({"parameters": given | {"createDashboard": True}}, {"once": True}):
            session = (await ask(SAVE, step=step, session=session))["id"]
        await ask(SAVE, step={"review": True}, session=session)
        made = (await ask(SUBMIT, session=session))["report"]
        widgets[slug] = [one["id"] for one in made["dashboard"]["widgets"]]
    await work_until_done(30.0 * WEEKS)
    return {slug: [await ask(SHOWN, id=one) for one in ids] for slug, ids in widgets.items()}


def values(widget: dict[str, Any]) -> list[str | None]:
    data = widget["data"]
    cells = [cell for point in data["points"] for cell in point["cells"]]
    return [cell["value"] for cell in cells]


def reached(house: Warehouse, shown: dict[str, Any], by: str) -> dict[str, Decimal]:
    """The people that raw impressions of these days name, by an expression."""
    rows = house.cursor().execute(
        f"SELECT {by}, count(DISTINCT user_id) FROM dsp_impressions WHERE user_id IS NOT NULL "
        "AND impression_dt_utc >= ? AND impression_dt_utc < ? GROUP BY 1",
        [date.fromisoformat(shown["start"]), date.fromisoformat(shown["end"])],
    )
    return {name: Decimal(number) for name, number in rows.fetchall()}


async def test_no_widget_is_not_shown_and_people_are_those_of_the_raw_events(boards):
    for slug, widgets in boards.items():
        assert widgets, slug
        for one in (one for one in widgets if one["type"] != "TEXT"):
            assert one["data"]["unserved"] is None, (slug, one["title"], one["data"]["unserved"])
            assert any(value is not None for value in values(one)), (slug, one["title"])
            if one["type"] == "METRIC_CARD":
                (total,) = one["data"]["totals"]
                assert [cell["state"] for cell in total["cells"]] == ["VALUE"], (slug, one)

    house = warehouse()
    reach = {one["title"]: one["data"] for one in boards["reach-and-frequency"]}
    (total,) = reached(house, reach["Reach"], "'all'").values()
    assert Decimal(reach["Reach"]["totals"][0]["cells"][0]["value"]) == total
    campaigns = {
        one["value"]: Decimal(one["cells"][0]["value"])
        for one in reach["People by campaign"]["points"]
    }
    assert campaigns == reached(house, reach["People by campaign"], "campaign")
    frequencies = [one["cells"][0] for one in reach["People by number of impressions"]["points"]]
    assert sum(Decimal(one["value"]) for one in frequencies) == total
    assert sum(campaigns.values()) > total

    overlap = {one["title"]: one["data"] for one in boards["audience-overlap"]}
    pairs = overlap["Pairs of campaigns"]
    named = [one for one in pairs["points"] if not one["isOther"]]
    shared = raw_questions.shared_reach(house, *days_of(pairs))
    assert named
    assert {one["value"]: Decimal(one["cells"][0]["value"]) for one in named} == {
        one["value"]: shared[one["value"]] for one in named
    }
    check_totals(boards, house)


def check_totals(boards: dict[str, list[dict[str, Any]]], house: Warehouse) -> None:
    """The totals of every widget are those of the raw events of the days that it shows."""
    assert {*raw_questions.TOTALS, "audience-overlap"} == {*SLUGS}
    for slug, metrics in raw_questions.TOTALS.items():
        compared = set()
        for widget in boards[slug]:
            for name, value in totals_of(widget["data"]):
                if name in metrics:
                    days = days_of(widget["data"])
                    true = raw_questions.total(house, slug, name, *days)
                    assert value == true, (slug, widget["title"], name)
                    compared.add(name)
        assert compared == set(metrics), slug


def days_of(shown: Any) -> tuple[date, date]:
    """The days that it has numbers of: the newest ones of those that are shown."""
    end = date.fromisoformat(shown["end"])
    return end - timedelta(days=shown["coverage"]["covered"]), end


def totals_of(shown: dict[str, Any]) -> list[tuple[str, Decimal]]:
    """The metrics that a widget has a total of."""
    if not shown["totals"]:
        return []
    (total,) = shown["totals"]
    named = zip(shown["measures"], total["cells"], strict=True)
    return [
        (one["name"], Decimal(cell["value"])) for one, cell in named if cell["value"] is not None
    ]
