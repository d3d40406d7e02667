"""Which of some changed rows each of some people sees: one question for all who watch lists."""

from migrations.script import run

revision = "a1f0c3d95f31"
down_revision = "a1f0c3d95f16"

KINDS = {  # the prefix of the public ids, and the table
    "exec": "report_executions",
    "wexec": "workflow_executions",
    "rpt": "report_definitions",
    "wf": "workflows",
    "col": "report_data_collections",
    "sch": "report_schedules",
    "wsch": "workflow_schedules",
    "view": "dashboard_views",
    "dash": "dashboards",
    "exp": "report_exports",
    "ntc": "notices",
}
SEEN = "\n            UNION ALL ".join(
    f"SELECT one, '{kind}', t.id FROM {table} t WHERE '{kind}' = ANY (kinds) AND t.id = ANY (ids)"
    for kind, table in KINDS.items()
)


def upgrade() -> None:
    # Row-level security decides, as if each of them had asked. Afterwards nobody is signed in.
    run(
        f"""
        CREATE FUNCTION rows_seen(viewers uuid[], kinds text[], ids uuid[])
            RETURNS TABLE (viewer uuid, kind text, id uuid)
            LANGUAGE plpgsql VOLATILE SECURITY INVOKER SET search_path = public, pg_temp
            -- Planning it costs more than running it, whatever the ids.
            SET plan_cache_mode = force_generic_plan
        AS $$
        #variable_conflict use_column
        DECLARE
            one uuid;
        BEGIN
            FOREACH one IN ARRAY viewers LOOP
                PERFORM set_config('app.user_id', one::text, true);
                RETURN QUERY
            {SEEN};
            END LOOP;
            PERFORM set_config('app.user_id', '', true);
        END
        $$
        """
    )
    run("REVOKE ALL ON FUNCTION rows_seen(uuid[], text[], uuid[]) FROM PUBLIC")
    run("GRANT EXECUTE ON FUNCTION rows_seen(uuid[], text[], uuid[]) TO amc_api")


def downgrade() -> None:
    run("DROP FUNCTION rows_seen(uuid[], text[], uuid[])")
