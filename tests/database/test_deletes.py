"""What goes away with what it belongs to, what only forgets it, and what forbids it."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from domain import db, models
from tests import servers
from tests.database import catalog

ACTIONS = {
    "CASCADE": """
        dashboards.user_id>users dashboard_widgets.dashboard_id>dashboards
        dashboard_shares.dashboard_id>dashboards dashboard_shares.shared_by_user_id>users
        dashboard_shares.shared_with_user_id>users
        dashboard_favorites.dashboard_id>dashboards dashboard_favorites.user_id>users
        report_favorites.report_id>report_definitions report_favorites.user_id>users
        report_data_collections.workflow_id>workflows
        report_data_collections.instance_id>amc_instances report_data_collections.user_id>users
        report_data_collections.report_id>report_definitions
        report_data_weeks.collection_id>report_data_collections
        report_data_aggregates.workflow_id>workflows
        report_data_aggregates.instance_id>amc_instances
        ai_insights.user_id>users
        report_definitions.instance_id>amc_instances report_definitions.owner_id>users
        report_executions.report_id>report_definitions
        report_executions.instance_id>amc_instances
        report_schedules.report_id>report_definitions
        report_builder_audit.user_id>users report_configurations.workflow_id>workflows
        dashboard_views.report_configuration_id>report_configurations
        dashboard_insights.dashboard_view_id>dashboard_views
        report_exports.dashboard_view_id>dashboard_views
    """,
    "SET NULL": """
        report_data_weeks.workflow_execution_id>workflow_executions
        ai_insights.dashboard_id>dashboards report_definitions.dashboard_id>dashboards
        report_executions.template_id>query_templates report_executions.user_id>users
        report_executions.schedule_id>report_schedules
        report_executions.collection_id>report_data_collections
        workflow_schedules.backfill_collection_id>report_data_collections
        report_builder_audit.workflow_id>workflows
        report_configurations.query_template_id>query_templates
    """,
    "RESTRICT": "report_definitions.template_id>query_templates",
    "NO ACTION": """
        report_configurations.created_by>users dashboard_views.workflow_id>workflows
        report_exports.exported_by>users workflows.report_config_id>report_configurations
    """,
}
# What the specifications leave open, decided in the same spirit.
OURS = {
    "CASCADE": """
        instance_members.user_id>users instance_members.instance_id>amc_instances
        user_preferences.user_id>users inbox_entries.user_id>users
        inbox_entries.instance_id>amc_instances inbox_entries.dashboard_id>dashboards
        notices.instance_id>amc_instances
        campaigns.instance_id>amc_instances asins.instance_id>amc_instances
        query_templates.owner_id>users query_template_versions.template_id>query_templates
        workflows.instance_id>amc_instances workflows.user_id>users
        workflow_executions.workflow_id>workflows workflow_executions.instance_id>amc_instances
        workflow_schedules.workflow_id>workflows
        schedule_ticks.report_schedule_id>report_schedules
        schedule_ticks.workflow_schedule_id>workflow_schedules
        dashboard_sources.dashboard_id>dashboards
        legal_holds.report_id>report_definitions legal_holds.workflow_id>workflows
        legal_holds.instance_id>amc_instances
        dashboard_sources.report_id>report_definitions dashboard_sources.workflow_id>workflows
        report_data_aggregates.report_id>report_definitions
        report_series.report_id>report_definitions report_series.workflow_id>workflows
        report_series.instance_id>amc_instances
        report_configurations.report_id>report_definitions
        amc_intents.instance_id>amc_instances amc_intents.report_execution_id>report_executions
        amc_intents.workflow_execution_id>workflow_executions idempotency_keys.user_id>users
        report_week_revisions.week_id>report_data_weeks
        collection_starts.instance_id>amc_instances collection_starts.user_id>users
        notice_targets.user_id>users notice_targets.report_schedule_id>report_schedules
        notice_targets.workflow_schedule_id>workflow_schedules
        notices.target_id>notice_targets
        dashboard_views.collection_id>report_data_collections
        dashboard_insights.dashboard_id>dashboards
        dashboard_insights.report_id>report_definitions dashboard_insights.workflow_id>workflows
        insight_runs.dashboard_view_id>dashboard_views insight_runs.dashboard_id>dashboards
        insight_runs.report_id>report_definitions ai_insights.report_id>report_definitions
        report_exports.dashboard_id>dashboards report_exports.widget_id>dashboard_widgets
        report_exports.execution_id>report_executions
        report_exports.workflow_execution_id>workflow_executions
        report_exports.report_id>report_definitions
        report_exports.collection_id>report_data_collections
        notice_targets.dashboard_id>dashboards
    """,
    "SET NULL": """
        query_templates.current_version_id>query_template_versions
        query_template_versions.created_by>users dashboard_sources.added_by>users
        amc_instances.paused_by>users user_preferences.instance_id>amc_instances
        report_data_weeks.report_execution_id>report_executions
        report_executions.week_id>report_data_weeks report_executions.retry_of>report_executions
        report_schedules.backfill_collection_id>report_data_collections
        workflow_executions.user_id>users
        workflow_executions.schedule_id>workflow_schedules
        workflow_executions.collection_id>report_data_collections
        workflow_executions.week_id>report_data_weeks
        workflow_executions.retry_of>workflow_executions
        schedule_ticks.report_execution_id>report_executions
        schedule_ticks.workflow_execution_id>workflow_executions
        report_builder_audit.report_id>report_definitions
        report_week_revisions.report_execution_id>report_executions
        report_week_revisions.workflow_execution_id>workflow_executions
        collection_starts.collection_id>report_data_collections
        report_schedules.user_id>users workflow_schedules.user_id>users
        report_schedules.update_collection_id>report_data_collections
        workflow_schedules.update_collection_id>report_data_collections
        notices.report_execution_id>report_executions
        notices.workflow_execution_id>workflow_executions
        notices.schedule_tick_id>schedule_ticks notices.export_id>report_exports
        report_series.template_version_id>query_template_versions
    """,
    "RESTRICT": """
        amc_instances.account_id>amc_accounts
        report_definitions.template_version_id>query_template_versions
        report_executions.template_version_id>query_template_versions
        workflow_executions.template_version_id>query_template_versions
        report_data_collections.template_version_id>query_template_versions
    """,
    "NO ACTION": "dashboard_views.report_id>report_definitions",
}
REFERENCES = """
    SELECT format('%s.%s>%s %s', c.conrelid::regclass, a.attname, c.confrelid::regclass,
        CASE c.confdeltype WHEN 'c' THEN 'CASCADE' WHEN 'n' THEN 'SET NULL'
            WHEN 'r' THEN 'RESTRICT' WHEN 'a' THEN 'NO ACTION' END)
    FROM pg_constraint c JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
    WHERE c.contype = 'f' AND c.connamespace = 'public'::regnamespace
"""


async def delete(table: str, row: object) -> None:
    async with db.owner_transaction() as session:
        await session.execute(text(f"DELETE FROM {table} WHERE id = :id"), {"id": row.id})


async def counts() -> dict[str, int]:
    """How many rows each table has, but built-in templates."""
    found: dict[str, int] = {}
    async with db.owner_transaction() as session:
        for table in models.Base.metadata.sorted_tables:
            mine = {
                "query_templates": " WHERE owner_id IS NOT NULL",
                "query_template_versions": " WHERE created_by IS NOT NULL",
            }.get(table.name, "")
            found[table.name] = await session.scalar(text(f"SELECT count(*) FROM {table}{mine}"))
    return found


async def test_every_reference_does_what_is_specified(made):
    there = await catalog.read(servers.named(servers.SERVER_URL, servers.OWN), (REFERENCES,))
    meant = {
        f"{reference} {action}"
        for expected in (ACTIONS, OURS)
        for action, listed in expected.items()
        for reference in listed.split()
    }

    assert sorted(there ^ meant) == []


async def test_one_of_everything_was_made(made):
    assert {table for table, count in (await counts()).items() if count == 0} == set()


async def test_everything_goes_with_its_instance_and_its_person(made, alice, instance):
    async with db.owner_transaction() as session:
        await session.execute(text("DELETE FROM amc_instances"))
        await session.execute(text("DELETE FROM users"))

    left = {table for table, count in (await counts()).items() if count}
    assert left == {
        "amc_accounts",
        "archived_workflows",
        "archived_workflow_executions",
        "audit_entries",  # which outlive what they tell of
        "heartbeats",
        "result_removals",  # files that are still to be removed
        "retention_log",
        "retention_rules",
    }


async def test_a_report_takes_its_runs_schedules_collections_and_views_along(made):
    await delete("report_definitions", made["report_definitions"])

    gone = {table for table, count in (await counts()).items() if not count}
    assert gone == {
        "report_definitions",
        "report_executions",
        "report_schedules",
        "schedule_ticks",
        "notice_targets",
        "notices",
        "report_data_collections",
        "report_data_weeks",
        "report_week_revisions",
        "report_data_aggregates",
        "report_series",
        "amc_intents",
        "dashboard_sources",
        "report_favorites",
        "legal_holds",
        "report_configurations",
        "dashboard_views",
        "dashboard_insights",
        "insight_runs",
        "report_exports",
    }


async def test_a_collection_takes_its_weeks_along_and_leaves_the_runs(made):
    await delete("report_data_collections", made["report_data_collections"])

    async with db.owner_transaction() as session:
        run = await session.get_one(models.ReportExecution, made["report_executions"].id)
        schedule = await session.get_one(models.ReportSchedule, made["report_schedules"].id)
    assert (run.collection_id, run.week_id) == (None, None)
    assert schedule.backfill_collection_id is None
    assert (await counts())["report_data_weeks"] == 0


async def test_a_run_that_goes_leaves_its_week(made):
    await delete("report_executions", made["report_executions"])

    async with db.owner_transaction() as session:
        week = await session.get_one(models.Week, made["report_data_weeks"].id)
    assert (week.report_execution_id, week.execution_id) == (None, None)


async def test_a_dashboard_that_goes_leaves_its_report(made):
    await delete("dashboards", made["dashboards"])

    async with db.owner_transaction() as session:
        report = await session.get_one(models.Report, made["report_definitions"].id)
    assert report.dashboard_id is None
    assert (await counts())["dashboard_widgets"] == 0


@pytest.mark.parametrize(
    ("table", "by"),
    [
        ("query_templates", "report_definitions"),
        ("query_template_versions", "report_definitions"),
        ("amc_accounts", "amc_instances"),
        ("users", "report_exports"),  # somebody else's view has a file he made
    ],
)
async def test_what_is_still_needed_cannot_be_deleted(made, bob, table, by):
    row = made.get(table) or bob
    async with db.owner_transaction() as session:
        if table == "amc_accounts":
            row = await session.scalar(text("SELECT id FROM amc_accounts"))
        await session.execute(
            text("UPDATE report_exports SET exported_by = :bob"), {"bob": bob.user_id}
        )
    key = getattr(row, "user_id", None) if table == "users" else getattr(row, "id", row)
    with pytest.raises(IntegrityError, match=f'table "{by}"'):
        async with db.owner_transaction() as session:
            await session.execute(text(f"DELETE FROM {table} WHERE id = :id"), {"id": key})
