"""Nothing is kept for ever: rules of retention, legal holds, and archived views.

Tables that only grow are found by age through BRIN indexes, which take some pages for ten million
rows. Hot tables are vacuumed after a fixed number of changes, not after a fifth of the table.
"""

from migrations.script import drop, run, stamp_updates

revision = "a1f0c3d95eb2"
down_revision = "a1f0c3d95e61"

RULES = (
    *("ticks", "notices", "view_insights", "ai_insights", "builder_steps", "superseded_results"),
    *("results", "views", "removals", "exports"),
)
TABLES = """
CREATE TABLE retention_rules (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    name text NOT NULL UNIQUE,
    due_at timestamptz NOT NULL DEFAULT now(),
    lease_until timestamptz,
    fence integer NOT NULL DEFAULT 0,
    step_tries integer NOT NULL DEFAULT 0,
    step_error text,
    done_at timestamptz
);
CREATE TABLE retention_log (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    rule text NOT NULL,
    day date NOT NULL,
    items bigint NOT NULL DEFAULT 0,
    bytes bigint NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (rule, day)
);
CREATE TABLE legal_holds (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    report_id uuid REFERENCES report_definitions ON DELETE CASCADE,
    workflow_id uuid REFERENCES workflows ON DELETE CASCADE,
    instance_id uuid REFERENCES amc_instances ON DELETE CASCADE,
    reason text NOT NULL,
    placed_at timestamptz NOT NULL DEFAULT now(),
    released_at timestamptz,
    CONSTRAINT hold_of_one_thing CHECK (num_nonnulls(report_id, workflow_id, instance_id) = 1)
);
CREATE UNIQUE INDEX one_hold_of_a_report ON legal_holds (report_id) WHERE released_at IS NULL;
CREATE UNIQUE INDEX one_hold_of_a_workflow ON legal_holds (workflow_id) WHERE released_at IS NULL;
CREATE UNIQUE INDEX one_hold_of_a_instance ON legal_holds (instance_id) WHERE released_at IS NULL;

-- Whether a hold is on this report, this workflow, this instance or the instance of these.
CREATE FUNCTION is_held(the_report uuid, the_workflow uuid, the_instance uuid) RETURNS boolean
    LANGUAGE sql STABLE SET search_path = public, pg_temp
AS $$
    SELECT EXISTS (
        SELECT 1 FROM legal_holds h
        WHERE h.released_at IS NULL AND (
            h.report_id = the_report OR h.workflow_id = the_workflow OR h.instance_id = coalesce(
                the_instance,
                (SELECT r.instance_id FROM report_definitions r WHERE r.id = the_report),
                (SELECT w.instance_id FROM workflows w WHERE w.id = the_workflow)
            )
        )
    )
$$;

-- The steps of the builder are only added to, but for what is older than a month.
CREATE FUNCTION forget_builder_steps(before timestamptz, most integer)
    RETURNS TABLE (items bigint, bytes bigint)
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
    WITH gone AS (
        SELECT a.id FROM report_builder_audit a
        WHERE a.created_at < least(before, now() - interval '30 days')
            AND NOT is_held(a.report_id, a.workflow_id, NULL)
        LIMIT most FOR UPDATE SKIP LOCKED
    ), removed AS (
        DELETE FROM report_builder_audit a USING gone WHERE a.id = gone.id
        RETURNING pg_column_size(a.*) AS bytes
    )
    SELECT count(*), coalesce(sum(removed.bytes), 0)::bigint FROM removed
$$;
"""
FOR_ACCESS = """
GRANT SELECT (id, report_id, workflow_id, created_at, session_id, user_id, step_completed,
    configuration), DELETE ON report_builder_audit TO amc_access;
GRANT SELECT ON legal_holds TO amc_access;
CREATE POLICY access_sees ON legal_holds FOR SELECT TO amc_access USING (true);
"""
VIEWS = """
ALTER TABLE dashboard_views ADD archived_at timestamptz, ADD archive_location text;
ALTER TABLE dashboard_views ADD CONSTRAINT archived_view_names_its_file
    CHECK ((archived_at IS NULL) = (archive_location IS NULL));
CREATE INDEX dashboard_views_archive_location_idx ON dashboard_views (archive_location)
    WHERE archive_location IS NOT NULL;
CREATE INDEX dashboard_views_to_archive_idx ON dashboard_views (last_updated)
    WHERE archived_at IS NULL;

CREATE FUNCTION note_results_of_dashboard_views() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
BEGIN
    INSERT INTO result_removals (location)
    SELECT DISTINCT archive_location FROM deleted WHERE archive_location IS NOT NULL;
    RETURN NULL;
END
$$;
CREATE TRIGGER note_results AFTER DELETE ON dashboard_views
    REFERENCING OLD TABLE AS deleted
    FOR EACH STATEMENT EXECUTE FUNCTION note_results_of_dashboard_views();

-- A view that is drawn again names its file no more.
CREATE FUNCTION note_archive_of_view() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
BEGIN
    INSERT INTO result_removals (location) VALUES (OLD.archive_location);
    RETURN NULL;
END
$$;
CREATE TRIGGER note_archive AFTER UPDATE OF archive_location ON dashboard_views
    FOR EACH ROW WHEN (
        OLD.archive_location IS NOT NULL
        AND NEW.archive_location IS DISTINCT FROM OLD.archive_location
    ) EXECUTE FUNCTION note_archive_of_view();
"""
RIGHTS = {
    "retention_rules": "SELECT, UPDATE",
    "retention_log": "SELECT, INSERT, UPDATE, DELETE",
    "legal_holds": "SELECT",
}
MORE = (
    ("DELETE", "notices"),
    ("UPDATE (result_location)", "report_week_revisions"),
)
AGES = {
    "schedule_ticks": "created_at",
    "notices": "created_at",
    "dashboard_insights": "generated_at",
    "report_builder_audit": "created_at",
    "report_week_revisions": "created_at",
    "report_executions": "created_at",
    "workflow_executions": "created_at",
}
# Rows of these change many times, or come and go. The figures are in docs/decisions/0017.
HOT = ("report_executions", "workflow_executions", "report_data_weeks", "dashboard_views")
GROWING = ("schedule_ticks", "notices", "result_removals", "idempotency_keys", "amc_intents")
OFTEN = """
    autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 1000,
    autovacuum_analyze_scale_factor = 0.02, autovacuum_vacuum_insert_scale_factor = 0.05
"""


def upgrade() -> None:
    run(TABLES)
    run(FOR_ACCESS)
    run(VIEWS)
    stamp_updates("retention_log")
    for name in RULES:
        run(f"INSERT INTO retention_rules (name) VALUES ('{name}')")
    for table, rights in RIGHTS.items():
        run(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        run(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        for role in ("owner", "worker"):
            run(f"CREATE POLICY {role}_sees ON {table} TO amc_{role} USING (true)")
        run(f"GRANT {rights} ON {table} TO amc_worker")
    for right, table in MORE:
        run(f"GRANT {right} ON {table} TO amc_worker")
    for name in ("note_results_of_dashboard_views()", "note_archive_of_view()"):
        _owned(name)
    _owned("forget_builder_steps(timestamptz, integer)")
    run("GRANT EXECUTE ON FUNCTION forget_builder_steps(timestamptz, integer) TO amc_worker")
    for table, column in AGES.items():
        run(f"CREATE INDEX {table}_age_idx ON {table} USING brin ({column}) WITH (autosummarize)")
    for table in (*HOT, *GROWING):
        run(f"ALTER TABLE {table} SET ({OFTEN})")
    for table in HOT:  # so that an update that changes no index finds room on the same page
        run(f"ALTER TABLE {table} SET (fillfactor = 85)")


def _owned(signature: str) -> None:
    run(f"REVOKE ALL ON FUNCTION {signature} FROM PUBLIC")
    run(f"ALTER FUNCTION {signature} OWNER TO amc_access")


def downgrade() -> None:
    for table in (*HOT, *GROWING):
        run(
            f"""
            ALTER TABLE {table} RESET (
                autovacuum_vacuum_scale_factor, autovacuum_vacuum_threshold,
                autovacuum_analyze_scale_factor, autovacuum_vacuum_insert_scale_factor, fillfactor
            )
            """
        )
    for table in AGES:
        run(f"DROP INDEX {table}_age_idx")
    for right, table in MORE:
        run(f"REVOKE {right} ON {table} FROM amc_worker")
    run(
        """
        DROP TRIGGER note_archive ON dashboard_views;
        DROP TRIGGER note_results ON dashboard_views;
        DROP FUNCTION note_archive_of_view();
        DROP FUNCTION note_results_of_dashboard_views();
        DELETE FROM dashboard_views WHERE archived_at IS NOT NULL;
        ALTER TABLE dashboard_views DROP archive_location, DROP archived_at;
        DROP FUNCTION forget_builder_steps(timestamptz, integer);
        DROP FUNCTION is_held(uuid, uuid, uuid);
        REVOKE DELETE ON report_builder_audit FROM amc_access;
        REVOKE SELECT (id, created_at, session_id, user_id, step_completed, configuration)
            ON report_builder_audit FROM amc_access
        """
    )
    drop("legal_holds", "retention_log", "retention_rules")
