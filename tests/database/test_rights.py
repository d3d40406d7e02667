"""Who sees and changes what, asked in SQL itself: row-level security, without the domain."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from domain import db, models
from domain.viewer import Viewer
from tests.database.statements import does, sees

TABLES = sorted(table.name for table in models.Base.metadata.sorted_tables)
# What everybody may see is not a person's row; these are the engine's.
UNSEEN = {"amc_intents", "heartbeats", "result_removals"}
UNSEEN |= {"retention_rules", "retention_log", "legal_holds"}


@pytest.mark.parametrize("table", [name for name in TABLES if name not in UNSEEN])
async def test_a_row_is_seen_by_its_person_and_by_no_stranger(made, alice, charlie, table):
    of_people = {"idempotency_keys", "instance_members", "user_preferences"}
    key = "user_id" if table in of_people else "id"
    if table in {"campaigns", "asins"}:
        key = "instance_id"
    ours = {
        "users": alice.user_id,
        "amc_instances": made["workflows"].instance_id,
        "campaigns": made["workflows"].instance_id,
        "asins": made["workflows"].instance_id,
        "instance_members": alice.user_id,
        "idempotency_keys": alice.user_id,
        "user_preferences": alice.user_id,
    }.get(table)
    if table == "amc_accounts":
        async with db.owner_transaction() as session:
            ours = await session.scalar(
                text("SELECT account_id FROM amc_instances WHERE instance_name = 'Acme'")
            )
    ours = ours or made[table].id

    assert await sees(alice, table, f"{key} = :ours", ours=ours) == 1
    assert await sees(charlie, table, f"{key} = :ours", ours=ours) == 0
    assert await sees(None, table) == 0


@pytest.mark.parametrize("table", sorted(UNSEEN))
async def test_what_is_the_engines_is_nobodys(made, alice, table):
    with pytest.raises(ProgrammingError, match="permission denied"):
        await sees(alice, table)


async def test_nobody_signed_in_sees_nothing_on_a_connection_that_knew_somebody(made, alice):
    async with db.engine("api").connect() as connection:

        async def count() -> int:
            return int(await connection.scalar(text("SELECT count(*) FROM report_definitions")))

        await connection.execute(
            text("SELECT set_config('app.user_id', :id, true)"), {"id": str(alice.user_id)}
        )
        assert await count() == 1
        await connection.commit()
        # The setting is now '' and not NULL.
        assert await connection.scalar(text("SELECT current_setting('app.user_id')")) == ""
        assert await count() == 0


async def test_the_overview_shows_a_person_their_reports(made, theirs, alice, bob, charlie):
    assert await sees(alice, "report_runs_overview") == 1
    assert await sees(bob, "report_runs_overview") == 1
    assert (
        await sees(
            charlie, "report_runs_overview", "report_uuid = :id", id=made["report_definitions"].id
        )
        == 0
    )
    async with db.transaction(bob) as session:
        seen = (await session.scalars(text("SELECT is_favorite FROM report_runs_overview"))).one()
        mine = await session.scalar(text("SELECT is_viewer_favorite FROM report_runs_overview"))
    assert (seen, mine) == (True, False)


TEAM = """
    report_definitions report_executions workflow_executions workflows report_schedules
    workflow_schedules schedule_ticks report_data_collections report_data_weeks
    report_data_aggregates report_configurations dashboard_views dashboard_insights
    insight_runs campaigns asins archived_workflows archived_workflow_executions
    query_templates query_template_versions report_week_revisions collection_starts
    report_series
"""
PRIVATE = """
    dashboards dashboard_widgets dashboard_shares dashboard_sources ai_insights
    report_builder_audit idempotency_keys notice_targets notices report_exports
    user_preferences inbox_entries
"""


@pytest.mark.parametrize("table", TEAM.split())
async def test_a_member_sees_what_the_instance_has(made, bob, table):
    mine = {"query_templates": "slug IS NULL"}.get(table, "true")
    if table == "query_template_versions":
        mine = "created_by IS NOT NULL"

    assert await sees(bob, table, mine) == 1


@pytest.mark.parametrize("table", PRIVATE.split())
async def test_a_member_does_not_see_what_is_a_persons_own(made, bob, table):
    assert await sees(bob, table) == 0


EDITED = """
    report_definitions report_executions workflow_executions workflows report_schedules
    workflow_schedules report_data_collections report_data_weeks report_configurations
"""


@pytest.mark.parametrize("table", EDITED.split())
async def test_a_viewer_changes_nothing_of_the_instance(made, alice, bob, charlie, table):
    to = {"report_executions": "phase = phase", "workflow_executions": "phase = phase"}.get(
        table, "id = id" if table not in {"report_definitions"} else "name = name"
    )

    assert await does(bob, f"UPDATE {table} SET {to}") == 0
    assert await does(charlie, f"UPDATE {table} SET {to}") == 0
    assert await does(alice, f"UPDATE {table} SET {to}") == 1


async def insert_execution(viewer: Viewer, **columns: Any) -> int:
    given = {"id": uuid4(), "triggered_by": "api", "sql_text": "1", "sql_hash": "0", **columns}
    listed, values = ", ".join(given), ", ".join(f":{name}" for name in given)
    return await does(
        viewer, f"INSERT INTO report_executions ({listed}) VALUES ({values})", **given
    )


async def test_only_an_editor_starts_an_execution_and_in_no_other_name(
    made, theirs, alice, bob, charlie, instance
):
    def start(who: Viewer, by: UUID, **columns: Any) -> Any:
        return insert_execution(who, instance_id=instance.id, user_id=by, **columns)

    assert await start(alice, alice.user_id) == 1
    refused = (
        (bob, bob.user_id, {}),
        (charlie, charlie.user_id, {}),
        (alice, bob.user_id, {}),
        # A run of a stranger's report, on an instance of one's own.
        (alice, alice.user_id, {"report_id": theirs["report_definitions"].id}),
    )
    for who, by, columns in refused:
        with pytest.raises(ProgrammingError, match="row-level security"):
            await start(who, by, **columns)


async def test_nobody_points_at_what_they_may_not_see(made, theirs, alice, charlie):
    """At a template or version of a stranger, or at the stored file of another instance."""
    template = {"it": theirs["query_templates"].id, "ours": made["query_templates"].id}
    version = {"it": theirs["query_template_versions"].id}
    async with db.owner_transaction() as session:
        await session.execute(
            text("UPDATE report_executions SET output_location = 'of-' || instance_id"),
        )
    file = {"it": f"of-{theirs['report_executions'].instance_id}"}
    both = "template_id = :it, template_version_id = :version"
    for statement, values in (
        ("UPDATE report_definitions SET template_id = :it", template),
        ("UPDATE report_definitions SET template_version_id = :it", version),
        (f"UPDATE report_definitions SET {both}", template | {"version": version["it"]}),
        ("UPDATE report_configurations SET query_template_id = :it", template),
        ("UPDATE report_data_weeks SET result_location = :it", file),
    ):
        used = {name: value for name, value in values.items() if f":{name}" in statement}
        with pytest.raises(ProgrammingError, match="row-level security"):
            await does(alice, statement, **used)
    with pytest.raises(ProgrammingError, match="row-level security"):
        await insert_execution(
            alice,
            instance_id=made["workflows"].instance_id,
            user_id=alice.user_id,
            output_location=file["it"],
        )

    own = f"of-{made['report_executions'].instance_id}"
    assert await does(alice, "UPDATE report_data_weeks SET result_location = :own", own=own) == 1
    ours = "UPDATE report_configurations SET query_template_id = :ours"
    assert await does(alice, ours, ours=template["ours"]) == 1
    await does(
        charlie,
        "UPDATE query_templates SET is_public = true WHERE id = :it",
        **{"it": template["it"]},
    )
    assert (
        await does(
            alice, f"UPDATE report_definitions SET {both}", it=template["it"], version=version["it"]
        )
        == 1
    )


async def test_the_audit_is_only_added_to(made, alice):
    for role in ("api", "worker"):
        for statement in (
            "UPDATE report_builder_audit SET step_completed = 'review'",
            "DELETE FROM report_builder_audit",
            "TRUNCATE report_builder_audit",
        ):
            with pytest.raises(ProgrammingError, match="permission denied"):
                async with db.engine(role).begin() as connection:
                    await connection.execute(text(statement))
    with pytest.raises(ProgrammingError, match="row-level security"):
        await does(
            alice,
            "INSERT INTO report_builder_audit (user_id, step_completed, configuration) "
            "VALUES (:other, 'review', '{}')",
            other=uuid4(),
        )


async def test_versions_of_templates_are_only_added_to(made, alice):
    for statement in (
        "UPDATE query_template_versions SET sql_template = ''",
        "DELETE FROM query_template_versions",
    ):
        with pytest.raises(ProgrammingError, match="permission denied"):
            await does(alice, statement)


async def test_a_refresh_token_is_never_read_by_the_api(made, alice):
    assert await sees(alice, "amc_accounts", "token_state = 'ok'") == 1
    with pytest.raises(ProgrammingError, match="permission denied"):
        await does(alice, "SELECT refresh_token FROM amc_accounts")


async def test_the_secret_of_a_webhook_is_never_read_by_the_api(made, alice):
    with pytest.raises(ProgrammingError, match="permission denied"):
        await does(alice, "SELECT secret FROM notice_targets")


async def test_nobody_is_told_in_the_name_of_another(made, theirs, alice, bob):
    def told(who: Viewer, whom: Viewer, schedule: UUID) -> Any:
        return does(
            who,
            "INSERT INTO notice_targets (user_id, report_schedule_id, kind, address, events) "
            "VALUES (:whom, :schedule, 'email', 'new@example.com', '{FAILED}')",
            whom=whom.user_id,
            schedule=schedule,
        )

    ours, other = made["report_schedules"].id, theirs["report_schedules"].id
    assert await told(bob, bob, ours) == 1
    for who, whom, schedule in ((bob, alice, ours), (alice, alice, other)):
        with pytest.raises(ProgrammingError, match="row-level security"):
            await told(who, whom, schedule)


async def test_what_was_sent_is_not_changed_by_a_person(made, alice):
    for statement in ("UPDATE notices SET state = state", "DELETE FROM notices"):
        with pytest.raises(ProgrammingError, match="permission denied"):
            await does(alice, statement)


async def test_a_private_template_is_its_owners_until_a_report_shows_it(made, theirs, bob, charlie):
    ours, other = made["query_templates"].id, theirs["query_templates"].id

    assert await sees(bob, "query_templates", "id = :id", id=ours) == 1  # Alice's report has it
    assert await sees(bob, "query_templates", "id = :id", id=other) == 0
    assert await sees(charlie, "query_templates", "id = :id", id=ours) == 0
    assert await does(bob, "UPDATE query_templates SET name = 'Mine' WHERE id = :id", id=ours) == 0
    assert await sees(charlie, "query_templates", "slug IS NOT NULL") >= 10
    assert await does(charlie, "UPDATE query_templates SET name = '' WHERE slug IS NOT NULL") == 0


async def test_the_specified_query_finds_the_execution_of_every_week(made, alice):
    async with db.transaction(alice) as session:
        share = await session.execute(
            text(
                "SELECT COUNT(*) AS total_weeks, COUNT(execution_id) AS weeks_with_execution_id, "
                "ROUND(COUNT(execution_id)::NUMERIC / COUNT(*)::NUMERIC * 100, 2) "
                "AS population_percentage FROM report_data_weeks"
            )
        )
        exists = await session.execute(
            text(
                "SELECT coalesce(we.id, re.id) AS execution_exists FROM report_data_weeks rdw "
                "LEFT JOIN workflow_executions we ON we.id = rdw.execution_id "
                "LEFT JOIN report_executions re ON re.id = rdw.execution_id "
                "WHERE rdw.execution_id IS NOT NULL "
                "AND rdw.created_at >= CURRENT_DATE - INTERVAL '1 day'"
            )
        )

    assert [tuple(row) for row in share] == [(1, 1, 100)]
    assert [row.execution_exists for row in exists] == [made["report_executions"].id]


async def test_the_engine_sees_every_row_and_changes_only_what_is_its_own(made, theirs):
    async with db.worker_transaction() as session:
        for table in TABLES:
            shown = "id, email" if table == "users" else "1"
            assert (await session.execute(text(f"SELECT {shown} FROM {table}"))).all()
    for statement in (
        "DELETE FROM users",
        "UPDATE instance_members SET role = 'admin'",
        "UPDATE query_templates SET sql_template = ''",
        "UPDATE report_definitions SET owner_id = owner_id",
        "UPDATE amc_instances SET account_id = account_id",
    ):
        with pytest.raises(ProgrammingError, match="permission denied"):
            async with db.worker_transaction() as session:
                await session.execute(text(statement))
