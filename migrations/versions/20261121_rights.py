"""Who sees and changes which rows: row-level security, and grants for what each role does.

It is enabled and forced on every table, so that it holds for the owner too. The owner and the
worker see every row; what the worker may do to a table is a matter of grants. A person sees what
is theirs: by membership of the row's instance, by ownership or by a share.
"""

from migrations.script import run

revision = "a1f0c3d95e0b"
down_revision = "a1f0c3d95e0a"

# Each function is asked once for a statement: in a sub-select it is an InitPlan.
ME = "(SELECT app_user_id())"
SEEN = "instance_id = ANY ((SELECT my_instances())::uuid[])"
EDITED = "instance_id = ANY ((SELECT my_instances_to_edit())::uuid[])"
EDITED_DASHBOARD = "dashboard_id = ANY ((SELECT my_dashboards_to_edit())::uuid[])"
OWN_DASHBOARD = "dashboard_id = ANY ((SELECT my_dashboards())::uuid[])"


def part_of(table: str, key: str, parent: str, also: str = "true") -> str:
    """The row's parent is one that the person sees."""
    return f"EXISTS (SELECT 1 FROM {parent} p WHERE p.id = {table}.{key} AND {also})"


def of_either(table: str, also: str = "true") -> str:
    """The row's report or workflow is one that the person sees."""
    report = part_of(table, "report_id", "report_definitions", also)
    workflow = part_of(table, "workflow_id", "workflows", also)
    return f"({report} OR {workflow})"


def all_seen(table: str, also: str = "true") -> str:
    """Neither a report nor a workflow that the person does not see."""
    report = part_of(table, "report_id", "report_definitions", also)
    workflow = part_of(table, "workflow_id", "workflows", also)
    return f"(report_id IS NULL OR {report}) AND (workflow_id IS NULL OR {workflow})"


def on_its_instance(table: str, key: str, parent: str) -> str:
    """Or a row of an instance of mine would be shown to the members of another."""
    there = part_of(table, key, parent, f"p.instance_id = {table}.instance_id")
    return f"({table}.{key} IS NULL OR {there})"


def executions(table: str, key: str, parent: str) -> dict[str, str]:
    """Members see them; editors start them in their own name, and cancel them."""
    started = f"{EDITED} AND user_id = {ME} AND {on_its_instance(table, key, parent)}"
    return {"SELECT": SEEN, "INSERT": started, "UPDATE": EDITED}


def schedules(table: str, key: str, parent: str) -> dict[str, str]:
    """Seen with what they start, changed by its editors."""
    edited = part_of(table, key, parent, f"p.{EDITED}")
    seen = part_of(table, key, parent)
    return {"SELECT": seen, "INSERT": edited, "UPDATE": edited, "DELETE": edited}


COLLECTION = "report_data_collections"
WEEK_EDITED = part_of("report_data_weeks", "collection_id", COLLECTION, f"p.{EDITED}")
CONFIGURED = of_either("report_configurations", f"p.{EDITED}")
PEOPLE = {  # what amc_api may do, and to which rows
    "users": {"SELECT": f"id = {ME} OR id = ANY ((SELECT my_teammates())::uuid[])"},
    "amc_accounts": {
        "SELECT": "EXISTS (SELECT 1 FROM amc_instances i WHERE i.account_id = amc_accounts.id)"
    },
    "amc_instances": {"SELECT": "id = ANY ((SELECT my_instances())::uuid[])"},
    "instance_members": {"SELECT": SEEN},
    "campaigns": {"SELECT": SEEN},
    "asins": {"SELECT": SEEN},
    "query_templates": {
        "SELECT": f"owner_id = {ME} OR ((owner_id IS NULL OR is_public) AND {ME} IS NOT NULL) OR "
        "EXISTS (SELECT 1 FROM report_definitions r WHERE r.template_id = query_templates.id)",
        "INSERT": f"owner_id = {ME}",
        "UPDATE": f"owner_id = {ME}",
    },
    "query_template_versions": {
        "SELECT": part_of("query_template_versions", "template_id", "query_templates"),
        "INSERT": part_of(
            "query_template_versions", "template_id", "query_templates", f"p.owner_id = {ME}"
        ),
    },
    "dashboards": {
        "SELECT": f"user_id = {ME} OR ((user_id IS NULL OR is_public) AND {ME} IS NOT NULL) OR "
        "id = ANY ((SELECT dashboards_shown_to_me())::uuid[])",
        "INSERT": f"user_id = {ME}",
        "UPDATE": f"user_id = {ME} OR id = ANY ((SELECT my_dashboards_to_edit())::uuid[])",
        "DELETE": f"user_id = {ME}",
    },
    "dashboard_widgets": {
        "SELECT": part_of("dashboard_widgets", "dashboard_id", "dashboards"),
        "INSERT": EDITED_DASHBOARD,
        "UPDATE": EDITED_DASHBOARD,
        "DELETE": EDITED_DASHBOARD,
    },
    "dashboard_shares": {
        "SELECT": f"shared_with_user_id = {ME} OR {OWN_DASHBOARD}",
        "INSERT": f"shared_by_user_id = {ME} AND {OWN_DASHBOARD}",
        "UPDATE": OWN_DASHBOARD,
        "DELETE": f"shared_with_user_id = {ME} OR {OWN_DASHBOARD}",
    },
    "dashboard_favorites": {
        # The second: whether a report is its owner's favourite is part of the overview.
        "SELECT": f"user_id = {ME} OR EXISTS (SELECT 1 FROM report_definitions r "
        "WHERE r.dashboard_id = dashboard_favorites.dashboard_id "
        "AND r.owner_id = dashboard_favorites.user_id)",
        "INSERT": f"user_id = {ME} AND "
        + part_of("dashboard_favorites", "dashboard_id", "dashboards"),
        "DELETE": f"user_id = {ME}",
    },
    "dashboard_sources": {
        "SELECT": part_of("dashboard_sources", "dashboard_id", "dashboards"),
        "INSERT": f"{EDITED_DASHBOARD} AND added_by = {ME} AND {all_seen('dashboard_sources')}",
        "DELETE": EDITED_DASHBOARD,
    },
    "workflows": {
        "SELECT": SEEN,
        "INSERT": f"{EDITED} AND user_id = {ME}",
        "UPDATE": EDITED,
        "DELETE": EDITED,
    },
    "report_definitions": {
        "SELECT": SEEN,
        "INSERT": f"{EDITED} AND owner_id = {ME}",
        "UPDATE": EDITED,
    },
    "report_executions": executions("report_executions", "report_id", "report_definitions"),
    "workflow_executions": executions("workflow_executions", "workflow_id", "workflows"),
    "report_schedules": schedules("report_schedules", "report_id", "report_definitions"),
    "workflow_schedules": schedules("workflow_schedules", "workflow_id", "workflows"),
    "schedule_ticks": {
        "SELECT": part_of("schedule_ticks", "report_schedule_id", "report_schedules")
        + " OR "
        + part_of("schedule_ticks", "workflow_schedule_id", "workflow_schedules")
    },
    COLLECTION: {
        "SELECT": SEEN,
        "INSERT": f"{EDITED} AND user_id = {ME} AND "
        + on_its_instance(COLLECTION, "report_id", "report_definitions")
        + " AND "
        + on_its_instance(COLLECTION, "workflow_id", "workflows"),
        "UPDATE": EDITED,
        "DELETE": EDITED,
    },
    "report_data_weeks": {
        "SELECT": part_of("report_data_weeks", "collection_id", COLLECTION),
        "INSERT": WEEK_EDITED,
        "UPDATE": WEEK_EDITED,
        "DELETE": WEEK_EDITED,
    },
    "report_data_aggregates": {
        # A dashboard shows the aggregates of its sources to whoever it is shown to.
        "SELECT": f"{SEEN} OR report_id = ANY ((SELECT reports_shown_to_me())::uuid[]) "
        "OR workflow_id = ANY ((SELECT workflows_shown_to_me())::uuid[])"
    },
    "report_configurations": {
        "SELECT": of_either("report_configurations"),
        "INSERT": CONFIGURED,
        "UPDATE": CONFIGURED,
    },
    "dashboard_views": {"SELECT": of_either("dashboard_views")},
    "dashboard_insights": {
        "SELECT": part_of("dashboard_insights", "dashboard_view_id", "dashboard_views")
    },
    "report_exports": {
        "SELECT": part_of("report_exports", "dashboard_view_id", "dashboard_views"),
        "INSERT": f"exported_by = {ME} AND "
        + part_of("report_exports", "dashboard_view_id", "dashboard_views"),
    },
    "ai_insights": {
        "SELECT": f"user_id = {ME}",
        "INSERT": f"user_id = {ME}",
        "DELETE": f"user_id = {ME}",
    },
    "report_builder_audit": {"SELECT": f"user_id = {ME}", "INSERT": f"user_id = {ME}"},
    "idempotency_keys": {
        "SELECT": f"user_id = {ME}",
        "INSERT": f"user_id = {ME}",
        "UPDATE": f"user_id = {ME}",
        "DELETE": f"user_id = {ME}",
    },
    "archived_workflows": {"SELECT": SEEN},
    "archived_workflow_executions": {"SELECT": SEEN},
    "amc_intents": {},
}
CANCELLING = """
    status, phase, due_at, lease_until, deadline_at, blocked_by, blocked_until, completed_at,
    cancel_state, cancel_requested_at
"""
COLUMNS = {  # where a right is not for the whole row
    ("users", "SELECT"): "id, email, name",
    ("amc_accounts", "SELECT"): """
        id, amc_account_id, name, marketplace_id, region, token_state, token_error,
        token_checked_at, created_at, updated_at
    """,
    ("query_templates", "UPDATE"): """
        name, description, category, sql_template, parameter_definitions, is_public, version,
        current_version_id, archived_at, report_type, report_config, ui_schema,
        default_dashboard_type, default_visualization_config
    """,
    ("dashboards", "UPDATE"): """
        name, description, template_type, layout_config, filter_config, is_public
    """,
    ("dashboard_shares", "UPDATE"): "permission_level",
    ("report_definitions", "UPDATE"): """
        report_id, name, description, template_id, template_version_id, parameters, frequency,
        timezone, is_active, dashboard_id, last_execution_id, execution_count, archived_at
    """,
    ("report_executions", "UPDATE"): CANCELLING,
    ("workflow_executions", "UPDATE"): CANCELLING,
    ("idempotency_keys", "UPDATE"): "answer_id",
}
EVERYTHING = "INSERT, UPDATE, DELETE"
WORKER = {  # what amc_worker may do besides reading
    "amc_accounts": "UPDATE (refresh_token, token_state, token_error, token_checked_at)",
    "amc_instances": """
        UPDATE (instance_name, is_active, is_paused, throttled_until, throttle_reason,
                poll_lease_until, poll_fence)
    """,
    "campaigns": "INSERT, UPDATE",
    "asins": "INSERT, UPDATE",
    "report_definitions": """
        UPDATE (execution_count, last_execution_id, frequency, is_active, dashboard_id)
    """,
    "report_executions": EVERYTHING,
    "workflow_executions": EVERYTHING,
    "amc_intents": EVERYTHING,
    "schedule_ticks": EVERYTHING,
    "report_schedules": "UPDATE",
    "workflow_schedules": "UPDATE",
    COLLECTION: "INSERT, UPDATE",
    "report_data_weeks": EVERYTHING,
    "report_data_aggregates": EVERYTHING,
    "dashboard_views": EVERYTHING,
    "dashboard_insights": EVERYTHING,
    "report_exports": EVERYTHING,
    "ai_insights": EVERYTHING,
    "report_builder_audit": "INSERT",
    "idempotency_keys": "DELETE",
}


def upgrade() -> None:
    for table, rules in PEOPLE.items():
        run(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        run(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        for role in ("owner", "worker"):
            run(f"CREATE POLICY {role}_sees ON {table} TO amc_{role} USING (true)")
        for right, rows in rules.items():
            clause = "WITH CHECK" if right == "INSERT" else "USING"
            name = f"people_{right.lower()}"
            run(f"CREATE POLICY {name} ON {table} FOR {right} TO amc_api {clause} ({rows})")
            columns = COLUMNS.get((table, right))
            run(f"GRANT {right} {f'({columns})' if columns else ''} ON {table} TO amc_api")
        run(f"GRANT SELECT ON {table} TO amc_worker")
        if table in WORKER:
            run(f"GRANT {WORKER[table]} ON {table} TO amc_worker")
    run("GRANT SELECT ON report_runs_overview TO amc_api, amc_worker")


def downgrade() -> None:
    run("REVOKE ALL ON report_runs_overview FROM amc_api, amc_worker")
    for table, rules in PEOPLE.items():
        run(f"REVOKE ALL ON {table} FROM amc_api, amc_worker")
        for right in rules:
            run(f"DROP POLICY people_{right.lower()} ON {table}")
        for role in ("owner", "worker"):
            run(f"DROP POLICY {role}_sees ON {table}")
        run(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
        run(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")
