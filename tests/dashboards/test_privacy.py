"""Nothing behind the numbers of a dashboard is told to whom it is only shown."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import graphql
import httpx2
import orjson
import pytest
from sqlalchemy import select

from domain import db, ids, models
from domain.viewer import Viewer
from graph.app import app
from graph.fields.context import Context
from graph.fields.errors import is_bug
from graph.schema import schema
from tests.dashboards.dashboards import READ, publish
from tests.database.rows import execution
from tests.graph.front_door import execute

BUILT = graphql.build_schema(schema.as_str())
DEEP = 4
# What stands in the data and is nobody's business who is only shown the dashboard.
MARKS = ("MARK_SQL", "MARK_VALUE", "MARK_WHY", "MARK_ABOUT", "MARK_ROWS", "Acme", "amcacme")


QUERY = "SELECT campaign, SUM(total_cost) AS cost FROM dsp_impressions GROUP BY 1 -- MARK_SQL"
METRICS = [{"name": "cost", "kind": "ADDITIVE", "unit": "CURRENCY", "title": "Cost"}]


@pytest.fixture
async def behind(shown: str, report: dict[str, Any], alice: Viewer, own_template: Any) -> Any:
    """Marked rows behind the dashboard, one of each kind; their public ids."""
    template = await own_template(
        QUERY, reportConfig={"metrics": METRICS, "dimensions": ["campaign"]}
    )
    async with db.owner_transaction() as session:
        made = await session.get_one(models.Template, ids.decode("tmpl", template))
        row = await session.get_one(models.Report, ids.decode("rpt", report["id"]))
        row.template_id, row.template_version_id = made.id, made.current_version_id
        row.description, row.parameters = "MARK_ABOUT", {"campaign_ids": ["MARK_VALUE"]}
        row.dashboard_id = ids.decode("dash", shown)
        mine = {"instance_id": row.instance_id, "user_id": alice.user_id}
        collection = models.Collection(
            report_id=row.id,
            collection_type="backfill",
            target_weeks=1,
            start_date=date(2026, 3, 2),
            end_date=date(2026, 3, 8),
            configuration={"parameters": {"x": "MARK_VALUE"}},
            segmentation_config={"parallel_limit": 5},
            series_hash="0",
            **mine,
        )
        session.add(collection)
        await session.flush()
        days = {"week_start_date": date(2026, 3, 2), "week_end_date": date(2026, 3, 8)}
        week = models.Week(
            collection_id=collection.id, data={"first_rows": [["MARK_ROWS"]]}, **days
        )
        session.add(week)
        await session.flush()
        ran = models.ReportExecution(
            report_id=row.id,
            template_id=made.id,
            template_version_id=made.current_version_id,
            collection_id=collection.id,
            week_id=week.id,
            parameters_snapshot={"x": "MARK_VALUE"},
            error_message="MARK_WHY",
            **{**execution(), "sql_text": "SELECT MARK_SQL"},
            **mine,
        )
        session.add(ran)
        await session.flush()
        found = {"inst": row, "tmpl": made, "rpt": row, "col": collection, "week": week}
        keys = {prefix: one.id for prefix, one in found.items()} | {"exec": ran.id}
        keys["inst"] = row.instance_id
        return {prefix: ids.encode(prefix, key) for prefix, key in keys.items()}


def scalars(type_: Any) -> str:
    """All fields of a type that lead nowhere."""
    named = [
        name
        for name, field in type_.fields.items()
        if graphql.is_leaf_type(graphql.get_named_type(field.type)) and not field.args
    ]
    return " ".join(["__typename", *named])


def arguments(field: Any) -> str:
    """What has to be said to ask for a field at all."""
    given = [
        f'{name}: "dora@example.com"'
        for name, one in field.args.items()
        if graphql.is_required_argument(one)
    ]
    return f"({', '.join(given)})" if given else ""


def selections(type_: Any, deep: int = DEEP) -> Iterator[str]:
    """Every way to go from a type, so many steps deep, with all that is there to see."""
    yield scalars(type_)
    if deep == 0:
        return
    for name, field in type_.fields.items():
        inner = graphql.get_named_type(field.type)
        if not graphql.is_object_type(inner):
            continue
        for one in selections(inner, deep - 1):
            yield f"{name}{arguments(field)} {{ {one} }}"


WAYS = list(selections(BUILT.type_map["Dashboard"]))


def written(answer: Any) -> str:
    """An answer as its bytes, errors and all."""
    assert not [one for one in answer.errors or () if is_bug(one)], answer.errors
    errors = [one.formatted for one in answer.errors or ()]
    return orjson.dumps({"data": answer.data, "errors": errors}).decode()


async def everything(by: Viewer, board: str) -> str:
    """All that this person is ever told of a dashboard."""
    query = "query($id: ID!) {{ dashboard(id: $id) {{ {} }} }}"
    answers = [written(await execute(by, query.format(way), id=board)) for way in WAYS]
    return "\n".join(answers)


def test_the_ways_from_a_dashboard_lead_into_everything_that_it_is_made_of():
    names = ("widgets", "sources", "shares", "owner", "reports", "viewAs")
    for name in names:
        assert [one for one in WAYS if one.startswith(name)], name
    assert [one for one in WAYS if "recentExecutions" in one and "sql " in f"{one} "]
    assert len(WAYS) > 50


async def test_the_owner_sees_what_others_must_not(ask, alice, shared, behind):
    told = await everything(alice, shared)
    for mark in MARKS:
        assert mark in told, f"a test that looks for {mark} can fail"
    assert "charlie@example.com" in told


@pytest.mark.parametrize("standing", ["edit", "view", "public", "stranger"])
async def test_whoever_is_shown_a_dashboard_is_told_nothing_behind_it(
    ask, charlie, dora, erin, shared, behind, standing
):
    if standing == "public":
        await publish(ask, shared)
    by = {"edit": charlie, "view": dora}.get(standing, erin)

    told = await everything(by, shared)

    assert ("Campaigns of the week" in told) == (standing != "stranger")
    others = {"charlie@example.com", "dora@example.com", "erin@example.com"} - {by.email}
    if standing in ("public", "stranger"):
        others.add("alice@example.com")
    asked = told.replace("dora@example.com", "") if standing != "view" else told
    assert [one for one in (*MARKS, *others) if one in asked] == []


async def test_nobody_is_told_anything(ask, shared, behind):
    await publish(ask, shared)
    transport = httpx2.ASGITransport(app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://localhost") as client:
        for way in WAYS[:: len(WAYS) // 20]:
            query = f'{{ dashboard(id: "{shared}") {{ {way} }} }}'
            answer = await client.post("/graphql", json={"query": query})
            assert answer.status_code == 401
            assert b"data" not in answer.content
    async with db.transaction() as session:
        assert (await session.scalars(select(models.Dashboard.id))).all() == []


@pytest.mark.parametrize("standing", ["edit", "view", "public"])
async def test_no_id_opens_a_way_behind_a_dashboard(
    ask, charlie, dora, erin, shared, behind, standing
):
    if standing == "public":
        await publish(ask, shared)
    by = {"edit": charlie, "view": dora, "public": erin}[standing]
    (widget,) = (await ask(READ, id=shared))["widgets"]
    known = {**behind, "dash": shared, "wgt": widget["id"]}
    node = BUILT.type_map["Node"]
    # Types give the same name to fields of different types, so each is asked for by itself.
    for one in BUILT.get_possible_types(node):
        query = f"query($ids: [ID!]!) {{ nodes(ids: $ids) {{ id ... on {one.name} {{"
        answer = await execute(by, f"{query} {scalars(one)} }} }} }}", ids=[*known.values()])
        told = written(answer)
        assert [mark for mark in MARKS if mark in told] == []
        seen = {row["id"].partition("_")[0] for row in answer.data["nodes"] if row}
        assert seen == {"dash", "wgt"}


async def test_no_subscription_opens_a_way_behind_a_dashboard(ask, dora, shared, behind):
    watched = {
        "execution": ("exec", "Execution"),
        "collection": ("col", "Collection"),
        "dashboard": ("dash", "DashboardEvent"),
    }
    for name, (prefix, type_) in watched.items():
        key = {**behind, "dash": shared}[prefix]
        inner = scalars(BUILT.type_map[type_])
        if name == "dashboard":
            way = next(one for one in WAYS if one.startswith("sources { report"))
            inner += f" dashboard {{ {scalars(BUILT.type_map['Dashboard'])} {way} }}"
        query = f"subscription($id: ID!) {{ {name}(id: $id) {{ {inner} }} }}"
        updates = await schema.subscribe(
            query, variable_values={"id": key}, context_value=Context(dora)
        )
        first = await anext(updates)
        told = written(first)
        assert [mark for mark in MARKS if mark in told] == []
        assert bool(first.errors) == (name != "dashboard")
        await updates.aclose()
