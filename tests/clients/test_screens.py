"""What a frontend asks, screen by screen, as docs/api.md has it: it works, at a constant cost."""

import re
from pathlib import Path
from typing import Any

import graphql
from sqlalchemy import text

from domain import db, ids
from graph.schema import schema
from tests.graph.live import watching

DOCUMENT = Path(__file__).parents[2] / "docs/api.md"
SECTION = re.compile(r"^## A frontend, screen by screen$(.*?)^## ", re.MULTILINE | re.DOTALL)
BLOCK = re.compile(r"^```graphql\n(.*?)^```", re.MULTILINE | re.DOTALL)


def screens() -> dict[str, str]:
    """The operations of the section, by name."""
    section = SECTION.search(DOCUMENT.read_text())
    assert section is not None
    found = {}
    for block in BLOCK.findall(section[1]):
        (operation,) = graphql.parse(block).definitions
        assert isinstance(operation, graphql.OperationDefinitionNode)
        assert operation.name is not None
        found[operation.name.value] = block
    return found


SCREENS = screens()
BUILT = graphql.build_schema(schema.as_str())


def test_every_operation_is_valid_and_deprecates_nothing():
    rules = [*graphql.specified_rules, graphql.validation.NoDeprecatedCustomRule]
    for name, text_of in SCREENS.items():
        assert graphql.validate(BUILT, graphql.parse(text_of), rules) == [], name


async def test_a_frontend_does_all_of_it_in_one_operation_for_each_screen(
    ask, alice, report_input, dora, count_statements, work_until_done, amc
):
    asked: set[str] = set()

    async def screen(name: str, **variables: Any) -> Any:
        asked.add(name)
        return await ask(SCREENS[name], **variables)

    made = await build(screen, report_input)
    report, board, collection = made["report"]["id"], made["dashboardId"], made["collection"]["id"]
    where = {"reportIds": [report]}
    async with watching(alice, SCREENS["Executions"], filter=where) as watcher:
        asked.add("Executions")
        run = (await screen("Run", id=report))["id"]
        await work_until_done()
        await watcher.until(lambda who: who.known.get(run, {}).get("status") == "COMPLETED")
    later = {"reportId": report, "targetWeeks": 3}
    plan = await screen("CollectionPlan", collection=later)
    assert [one["isCollected"] for one in plan["segments"]] == [True, True, False]
    assert (await screen("Collect", collection=later))["status"] == "PENDING"
    await work_until_done()

    reads = {
        "Start": {},
        "Reports": {"orderBy": {"field": "LAST_RUN_AT", "direction": "DESC"}, "first": 50},
        "BuilderChoices": {},
        "Report": {"id": report},
        "CollectionPlan": {"collection": later},
        "Collection": {"id": collection},
        "Dashboards": {"filter": {"text": "campaigns"}},
        "Dashboard": {"id": board},
    }
    costs: dict[str, list[int]] = {}
    for _ in range(2):
        for name, variables in reads.items():
            with count_statements() as statements:
                found = await screen(name, **variables)
            told = [one for one in statements if "set_config" not in one]
            costs.setdefault(name, []).append(len(told))
        await screen("Share", id=board, email=dora.email)
        await more_of_everything(report, board)
    assert asked == set(SCREENS)
    # Rows that two lists ask for are read together, or apart if the machine is busy.
    assert all(abs(few - many) <= 1 for few, many in costs.values()), costs
    assert max(few for few, _ in costs.values()) <= 16, costs
    shown = [one["data"] for one in found["widgets"] if one["data"] is not None]
    assert any(cell["value"] for one in shown for point in one["points"] for cell in point["cells"])


async def build(screen: Any, report_input: dict[str, Any]) -> Any:
    """Make a report with all that belongs to it, by the form of the builder."""
    choices = await screen("BuilderChoices")
    assert report_input["instanceId"] in {one["id"] for one in choices["instances"]["nodes"]}
    steps: list[dict[str, Any]] = [
        {"parameters": {**report_input, "targetWeeks": 2, "createDashboard": True}},
        {"schedule": {"preset": {"frequency": "WEEKLY", "daysOfWeek": [1], "time": "09:00"}}},
        {"review": True},
    ]
    session = None
    for step in steps:
        saved = await screen("BuilderStep", sessionId=session, configuration=step)
        session = saved["id"]
    return await screen("BuilderSubmit", sessionId=session)


async def more_of_everything(report: str, board: str) -> None:
    """Copies of the report, of its executions, and of the dashboard."""
    numbers = "generate_series(1, 5) AS number"
    changed = "'id', gen_random_uuid(), '{public}', NULL, 'created_at', now()"
    async with db.owner_transaction() as session:
        for table, public, key in (
            ("report_definitions", "report_id", ids.decode("rpt", report)),
            ("dashboards", "dashboard_id", ids.decode("dash", board)),
        ):
            await session.execute(
                text(
                    f"INSERT INTO {table} SELECT (jsonb_populate_record(NULL::{table}, to_jsonb(t) "
                    f"|| jsonb_build_object({changed.format(public=public)}))).* "
                    f"FROM {table} t, {numbers} WHERE t.id = :key"
                ),
                {"key": key},
            )
        await session.execute(
            text(
                "INSERT INTO report_executions SELECT (jsonb_populate_record("
                "NULL::report_executions, to_jsonb(t) || jsonb_build_object("
                f"{changed.format(public='execution_id')}, 'week_id', NULL))).* "
                f"FROM report_executions t, {numbers} WHERE t.report_id = :key "
                "AND t.week_id IS NULL"
            ),
            {"key": ids.decode("rpt", report)},
        )
