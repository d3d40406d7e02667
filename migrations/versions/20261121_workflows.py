"""A workflow becomes a report: all that it has goes over to the report of the same id.

People may not write most of what has to move, and rows of others go with it, so one function does
it all: as amc_access, for editors of the workflow's instance, and once the report has been made.
Rows are copied by the names of their columns, so that columns which come later go with them.
"""

from migrations.script import run

revision = "a1f0c3d95e20"
down_revision = "a1f0c3d95e0e"

# Each with its column of a report beside that of a workflow.
OF_WORKFLOW = ("report_configurations", "dashboard_views", "dashboard_sources")
OF_EXECUTION = (
    "report_data_weeks",
    "report_week_revisions",
    "schedule_ticks",
    "amc_intents",
    "notices",
)
OF_SCHEDULE = ("schedule_ticks", "notice_targets")


def repoint(table: str, noun: str, of: str) -> str:
    """Let rows of the table refer to the report's row, which has the id of the workflow's."""
    return f"""
    UPDATE {table} SET report_{noun} = workflow_{noun}, workflow_{noun} = NULL
    WHERE workflow_{noun} IN ({of});
    """


ONE = "the_workflow"
EXECUTIONS = f"SELECT id FROM workflow_executions WHERE workflow_id = {ONE}"
SCHEDULES = f"SELECT id FROM workflow_schedules WHERE workflow_id = {ONE}"
REPOINTED = "".join(
    [
        *(repoint(table, "id", ONE) for table in OF_WORKFLOW),
        *(repoint(table, "execution_id", EXECUTIONS) for table in OF_EXECUTION),
        *(repoint(table, "schedule_id", SCHEDULES) for table in OF_SCHEDULE),
    ]
)
FUNCTION = f"""
-- the_collections has for each of its collections: id, version (of the template), was and series
-- (what its numbers are known by before and after).
CREATE FUNCTION workflow_becomes_report(the_workflow uuid, the_collections jsonb) RETURNS void
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM workflows w
        JOIN report_definitions r ON r.id = w.id AND r.instance_id = w.instance_id
        JOIN instance_members m ON m.instance_id = w.instance_id
        WHERE w.id = the_workflow AND m.user_id = app_user_id() AND r.owner_id = m.user_id
            AND m.role IN ('editor', 'admin')
    ) THEN
        RAISE insufficient_privilege USING MESSAGE = 'this workflow cannot become a report';
    END IF;
    IF EXISTS (
        SELECT 1 FROM workflow_executions WHERE workflow_id = the_workflow AND phase <> 'done'
        UNION ALL
        SELECT 1 FROM report_data_collections
        WHERE workflow_id = the_workflow AND status IN ('pending', 'running', 'paused')
    ) THEN
        RAISE object_in_use USING MESSAGE = 'something of this workflow is under way';
    END IF;

    INSERT INTO archived_workflows
    SELECT kept.* FROM workflows w, jsonb_populate_record(
        NULL::archived_workflows, to_jsonb(w) || jsonb_build_object('moved_at', now())
    ) kept
    WHERE w.id = the_workflow;
    INSERT INTO archived_workflow_executions
    SELECT kept.* FROM workflow_executions e, jsonb_populate_record(
        NULL::archived_workflow_executions, to_jsonb(e) || jsonb_build_object('moved_at', now())
    ) kept
    WHERE e.workflow_id = the_workflow;

    INSERT INTO report_schedules
    SELECT made.* FROM workflow_schedules s, jsonb_populate_record(
        NULL::report_schedules, to_jsonb(s) || jsonb_build_object(
            'report_id', the_workflow,
            'schedule_id', nullif(s.schedule_id, 'wsch_' || replace(s.id::text, '-', ''))
        )
    ) made
    WHERE s.workflow_id = the_workflow;
    INSERT INTO report_executions
    SELECT made.* FROM workflow_executions e
    JOIN report_definitions r ON r.id = e.workflow_id
    LEFT JOIN jsonb_to_recordset(the_collections) AS c (id uuid, version uuid)
        ON c.id = e.collection_id,
    jsonb_populate_record(
        NULL::report_executions, to_jsonb(e) || jsonb_build_object(
            'report_id', r.id,
            'template_id', r.template_id,
            'template_version_id', c.version,
            'execution_id', nullif(e.execution_id, 'wexec_' || replace(e.id::text, '-', '')),
            'status', CASE e.status WHEN 'SUCCEEDED' THEN 'completed' ELSE lower(e.status) END
        )
    ) made
    WHERE e.workflow_id = the_workflow;

    -- Whoever is adding up numbers of the old series has to begin anew.
    UPDATE report_data_collections known SET
        report_id = the_workflow, workflow_id = NULL,
        template_version_id = c.version, series_hash = c.series,
        aggregate_fence = aggregate_fence + 1, aggregate_lease_until = NULL
    FROM jsonb_to_recordset(the_collections) AS c (id uuid, version uuid, series text)
    WHERE known.id = c.id AND known.workflow_id = the_workflow;
    UPDATE report_data_aggregates a SET
        report_id = the_workflow, workflow_id = NULL,
        series_hash = coalesce((
            SELECT c.series FROM jsonb_to_recordset(the_collections) AS c (was text, series text)
            WHERE c.was = a.series_hash LIMIT 1
        ), a.series_hash)
    WHERE a.workflow_id = the_workflow;
    UPDATE report_builder_audit SET report_id = the_workflow, workflow_id = NULL
    WHERE workflow_id = the_workflow;
    {REPOINTED}

    DELETE FROM workflow_executions WHERE workflow_id = the_workflow;
    DELETE FROM workflow_schedules WHERE workflow_id = the_workflow;
    DELETE FROM workflows WHERE id = the_workflow;
END
$$;
REVOKE ALL ON FUNCTION workflow_becomes_report(uuid, jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION workflow_becomes_report(uuid, jsonb) TO amc_api;
ALTER FUNCTION workflow_becomes_report(uuid, jsonb) OWNER TO amc_access
"""


def pointing(*nouns: str) -> str:
    """The right to let a table's rows refer to the report's."""
    columns = ", ".join(f"{kind}_{noun}" for noun in nouns for kind in ("report", "workflow"))
    return f"SELECT ({columns}), UPDATE ({columns})"


MOVED = """
    report_id, workflow_id, template_version_id, series_hash, aggregate_fence,
    aggregate_lease_until
"""
# What the function may do to each table, and nothing beyond.
RIGHTS = {
    **dict.fromkeys(("workflows", "workflow_executions", "workflow_schedules"), "SELECT, DELETE"),
    **dict.fromkeys(("archived_workflows", "archived_workflow_executions"), "INSERT"),
    **dict.fromkeys(("report_executions", "report_schedules"), "INSERT"),
    "report_definitions": "SELECT (id, instance_id, owner_id, template_id)",
    "report_data_collections": f"SELECT (id, status, {MOVED}), UPDATE ({MOVED})",
    "report_data_aggregates": """
        SELECT (report_id, workflow_id, series_hash), UPDATE (report_id, workflow_id, series_hash)
    """,
    "report_builder_audit": pointing("id"),
    **{table: pointing("id") for table in OF_WORKFLOW},
    **{table: pointing("execution_id") for table in OF_EXECUTION},
    **{table: pointing("schedule_id") for table in OF_SCHEDULE},
    "schedule_ticks": pointing("execution_id", "schedule_id"),
}


def upgrade() -> None:
    for table in ("workflows", "archived_workflows"):
        run(f"ALTER TABLE {table} ADD report_config jsonb NOT NULL DEFAULT '{{}}'")
    run(FUNCTION)
    for table, rights in RIGHTS.items():
        run(f"CREATE POLICY access_moves ON {table} TO amc_access USING (true)")
        run(f"GRANT {rights} ON {table} TO amc_access")


def downgrade() -> None:
    for table, rights in RIGHTS.items():
        run(f"REVOKE {rights} ON {table} FROM amc_access")
        run(f"DROP POLICY access_moves ON {table}")
    run("DROP FUNCTION workflow_becomes_report(uuid, jsonb)")
    for table in ("workflows", "archived_workflows"):
        run(f"ALTER TABLE {table} DROP report_config")
