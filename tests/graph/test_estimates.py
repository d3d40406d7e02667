"""Questions made up at random, circles included: their answers never cost more than was said."""

import os
import random
import statistics
import time
from typing import Any

import pytest
from graphql import GraphQLError

from graph.fields.context import Context
from graph.http import costs
from graph.schema import schema
from tests.collections.collections import READ as READ_COLLECTION
from tests.dashboards.dashboards import MAKE
from tests.graph.questions import Questioner, values
from tests.schedules.schedules import CREATE as CREATE_SCHEDULE
from tests.schedules.schedules import MONDAYS

QUESTIONS = int(os.environ.get("COST_QUESTIONS", "150"))


@pytest.fixture
async def there(ask: Any, report: Any, collect: Any, work_until_done: Any) -> dict[str, str]:
    """The arguments of questions at the root, of things that have been collected."""
    collection = await collect(4)
    await work_until_done()
    read = await ask(READ_COLLECTION, id=collection)
    made = [
        await ask(MAKE, template=slug, sources=[{"reportId": report["id"]}], name=slug)
        for slug in ("campaign-performance", "custom")
    ]
    board = made[0]
    schedule = await ask(CREATE_SCHEDULE, report=report["id"], schedule=MONDAYS)
    week = read["weeks"][0]
    at = {
        "report": report["id"],
        "collection": collection,
        "execution": week["execution"]["id"],
        "dashboard": board["id"],
        "schedule": schedule["id"],
    }
    found = {name: f'id: "{one}"' for name, one in at.items()}
    widgets = [one["id"] for one in board["widgets"]]
    ids = [*at.values(), week["id"], *widgets]
    nodes = ", ".join(f'"{one}"' for one in ids)
    of_report = f'reportId: "{report["id"]}"'
    return {
        **found,
        "node": f'id: "{week["id"]}"',
        "nodes": f"ids: [{nodes}]",
        "aggregates": f"filter: {{{of_report}}}",
        "collectionPlan": f"collection: {{{of_report}, targetWeeks: 3}}",
        "lookbackOptions": of_report,
        "scheduleTicks": f'scheduleId: "{schedule["id"]}"',
        "views": of_report,
        "dashboardTemplates": of_report,
        "templateValidate": 'sqlTemplate: "SELECT {{a}} AS x FROM dsp_impressions"',
        **dict.fromkeys(
            ("viewer", "instances", "templates", "reports", "executions", "collections"), ""
        ),
        **dict.fromkeys(("schedules", "notices", "noticeTargets", "dashboards", "workflows"), ""),
    }


async def test_no_answer_costs_more_than_its_question_was_said_to(alice, there, monkeypatch):
    monkeypatch.setattr(costs, "MAX_COST", 10**15)
    chance = random.Random(20261129)
    questioner = Questioner(schema._schema, there, chance)
    ratios: list[float] = []
    each: list[float] = []  # microseconds of the processor for each point that was done
    for _ in range(QUESTIONS):
        asked = questioner.question()
        text = f"{{ {asked.text()} }}"
        began = time.process_time()
        answer = await schema.execute(text, context_value=Context(alice))
        took = time.process_time() - began
        refusals = [one for one in answer.errors or () if _is_ours(one)]
        assert refusals == [], text
        if answer.data is None:
            continue
        cost = answer.extensions["cost"]
        true = values(asked, answer.data[asked.name])
        assert true <= cost["actual"] <= cost["requested"], text
        ratios.append(cost["requested"] / cost["actual"])
        each.append(took / cost["actual"] * 1e6)
    print(f"{len(ratios)} questions: median of requested / actual {statistics.median(ratios):.1f},")
    print(f"worst {max(ratios):,.0f}; microseconds a point: median {statistics.median(each):.0f},")
    print(f"worst {max(each):.0f}")
    assert len(ratios) > QUESTIONS * 0.8


def _is_ours(refusal: GraphQLError) -> bool:
    """Whether it is said of a cost, or of a document that is none."""
    code = (refusal.extensions or {}).get("code")
    return code in ("QUERY_TOO_EXPENSIVE", "GRAPHQL_VALIDATION_FAILED", "TIMED_OUT")
