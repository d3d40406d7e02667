"""What the database fills in by itself, and what exists only once."""

from typing import Any

import pytest
from sqlalchemy import insert, select, text, update
from sqlalchemy.exc import IntegrityError

from domain import db, models


async def change(table: str, to: str, **values: Any) -> None:
    async with db.owner_transaction() as session:
        await session.execute(text(f"UPDATE {table} SET {to}"), values)


async def test_the_execution_of_a_week_is_whichever_is_set(made):
    week = models.Week
    async with db.owner_transaction() as session:
        await session.execute(update(week).values(report_execution_id=None))
        none = await session.scalar(select(week.execution_id))
        other = made["workflow_executions"].id
        await session.execute(update(week).values(workflow_execution_id=other))
        second = await session.scalar(select(week.execution_id))

    assert none is None
    assert second == other


TEXT_IDS = [
    ("query_templates", "template_id", "tmpl"),
    ("dashboards", "dashboard_id", "dash"),
    ("workflows", "workflow_id", "wf"),
    ("report_definitions", "report_id", "rpt"),
    ("report_data_collections", "collection_id", "col"),
    ("report_schedules", "schedule_id", "sch"),
    ("workflow_schedules", "schedule_id", "wsch"),
    ("report_executions", "execution_id", "exec"),
    ("workflow_executions", "execution_id", "wexec"),
    ("ai_insights", "insight_id", "ans"),
]


@pytest.mark.parametrize(("table", "column", "prefix"), TEXT_IDS)
async def test_a_text_id_is_the_public_id_when_none_is_given(made, table, column, prefix):
    row = made[table]

    assert getattr(row, column) == f"{prefix}_{row.id.hex}"


@pytest.mark.parametrize("chosen", ["weekly-campaigns", "rpt_mine", "RPT_" + "0" * 32, "2026"])
async def test_a_report_may_have_an_id_of_its_owners_choice(made, chosen):
    await change("report_definitions", "report_id = :chosen", chosen=chosen)

    async with db.owner_transaction() as session:
        assert await session.scalar(select(models.Report.report_id)) == chosen


async def test_a_report_id_is_chosen_once(made):
    copied = "name, template_id, template_version_id, instance_id, owner_id"
    await change("report_definitions", "report_id = 'mine'")
    with pytest.raises(IntegrityError, match="report_definitions_report_id_key"):
        async with db.owner_transaction() as session:
            await session.execute(
                text(
                    f"INSERT INTO report_definitions (report_id, {copied}) "
                    f"SELECT report_id, {copied} FROM report_definitions"
                )
            )


async def test_an_address_is_one_person_whatever_its_case(alice):
    with pytest.raises(IntegrityError, match="users_email_key"):
        async with db.owner_transaction() as session:
            await session.execute(
                insert(models.User).values(email="ALICE@example.com", name="Another")
            )


async def test_a_series_has_one_aggregate_a_period(made):
    row = {
        name: getattr(made["report_data_aggregates"], name)
        for name in ("report_id", "instance_id", "aggregation_type", "aggregation_key", "data_date")
    }
    async with db.owner_transaction() as session:
        session.add(models.Aggregate(metrics={"reach": 1}, series_hash="other", **row))
        session.add(models.Aggregate(metrics={"reach": 1}, dimension_key="other", **row))
        await session.flush()
        session.add(models.Aggregate(metrics={"reach": 1}, **row))
        with pytest.raises(IntegrityError, match="report_data_aggregates_series_key"):
            await session.flush()


async def test_a_report_has_one_active_schedule(made):
    def schedule(**columns: Any) -> models.ReportSchedule:
        return models.ReportSchedule(
            report_id=made["report_definitions"].id,
            schedule_type="daily",
            cron_expression="0 9 * * *",
            **columns,
        )

    async with db.owner_transaction() as session:
        session.add_all([schedule(is_active=False), schedule(is_active=False)])
        await session.flush()
        session.add(schedule())
        with pytest.raises(IntegrityError, match="one_active_schedule_a_report"):
            await session.flush()


async def test_a_tick_exists_once(made):
    tick = made["schedule_ticks"]
    async with db.owner_transaction() as session:
        session.add(
            models.ScheduleTick(
                report_schedule_id=tick.report_schedule_id,
                nominal_at=tick.nominal_at,
                outcome="ran",
            )
        )
        with pytest.raises(IntegrityError, match="report_schedule_id_nominal_at_key"):
            await session.flush()


async def test_a_version_of_a_template_never_changes(made):
    with pytest.raises(IntegrityError, match="A version of a template never changes"):
        await change("query_template_versions", "sql_template = 'SELECT 2'")


@pytest.mark.parametrize("table", ["report_executions", "workflow_executions"])
async def test_versions_grow_with_what_a_watcher_could_see(made, table):
    async with db.owner_transaction() as session:

        async def after(to: str) -> int:
            found = await session.scalar(text(f"UPDATE {table} SET {to} RETURNING version"))
            return int(found)

        before = await session.scalar(text(f"SELECT version FROM {table}"))
        seen = await after("blocked_by = 'PAUSED'")
        assert seen == before + 1
        for unseen in (
            "lease_until = now(), fence = fence + 1, attempts = 1, tries = 1",
            "due_at = now() + interval '1 hour'",
            "dashboard_attempts = 1, dashboard_due_at = now()",
            "blocked_by = 'PAUSED'",
            "version = 40",
        ):
            assert await after(unseen) == seen
        assert await after("blocked_by = NULL") == seen + 1


async def test_an_update_brings_back_what_triggers_changed(made):
    async with db.owner_transaction() as session:
        key = made["report_data_collections"].id
        collection = await session.get_one(models.Collection, key)
        before = collection.updated_at
        collection.status = "running"
        await session.flush()

        assert collection.updated_at > before


async def test_nothing_is_null_and_not_the_json_null(made):
    async with db.owner_transaction() as session:
        report = await session.get_one(models.Template, made["query_templates"].id)
        report.default_visualization_config = {"mark": "bar"}
        await session.flush()
        report.default_visualization_config = None
        await session.flush()
        nulls = await session.scalar(
            text("SELECT count(*) FROM query_templates WHERE default_visualization_config = 'null'")
        )

    assert nulls == 0
