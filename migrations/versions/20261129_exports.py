"""Exports are made by workers, from one of several sources, and belong to who asked for them.

An export shows what its person may see, so nobody else sees the row. It is seen no longer than its
source: the policy asks again each time, so whatever ends a right ends the export and its links.
"""

from migrations.script import run

revision = "a1f0c3d95e40"
down_revision = "a1f0c3d95f15"

SOURCES = {  # the column, and the table that it names
    "dashboard_view_id": "dashboard_views",
    "dashboard_id": "dashboards",
    "widget_id": "dashboard_widgets",
    "execution_id": "report_executions",
    "report_id": "report_definitions",
    "collection_id": "report_data_collections",
}
NEW = {column: table for column, table in SOURCES.items() if column != "dashboard_view_id"}

TABLE = """
ALTER TABLE report_exports
    ALTER dashboard_view_id DROP NOT NULL,
    ALTER file_url DROP NOT NULL,
    ALTER file_size_bytes TYPE bigint,
    ADD state text NOT NULL DEFAULT 'completed',
    ADD progress integer NOT NULL DEFAULT 0,
    ADD options jsonb NOT NULL DEFAULT '{}',
    ADD options_hash text NOT NULL DEFAULT '',
    ADD file_name text,
    ADD checksum text,
    ADD missing_parts text[] NOT NULL DEFAULT '{}',
    ADD error_message text,
    ADD completed_at timestamptz,
    ADD due_at timestamptz,
    ADD lease_until timestamptz,
    ADD fence integer NOT NULL DEFAULT 0,
    ADD step_tries integer NOT NULL DEFAULT 0,
    ADD version bigint NOT NULL DEFAULT 1;
ALTER TABLE report_exports ALTER state SET DEFAULT 'pending';
ALTER TABLE report_exports
    DROP CONSTRAINT chk_export_format,
    ADD CONSTRAINT chk_export_format
        CHECK (export_format IN ('pdf', 'png', 'svg', 'csv', 'xlsx', 'parquet')),
    ADD CONSTRAINT report_exports_state_check CHECK (state IN (
        'pending', 'running', 'completed', 'failed', 'cancelled', 'expired'
    )),
    ADD CONSTRAINT report_exports_progress_check CHECK (progress BETWEEN 0 AND 100),
    ADD CONSTRAINT an_open_export_is_due
        CHECK ((state IN ('pending', 'running')) = (due_at IS NOT NULL)),
    ADD CONSTRAINT a_completed_export_has_a_file
        CHECK ((state = 'completed') = (file_url IS NOT NULL)),
    ADD CONSTRAINT a_failed_export_has_a_reason
        CHECK (state <> 'failed' OR error_message IS NOT NULL);
CREATE INDEX report_exports_due_idx ON report_exports (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX report_exports_of_person_idx
    ON report_exports (exported_by, exported_at DESC, id DESC);
CREATE INDEX report_exports_file_url_idx ON report_exports (file_url) WHERE file_url IS NOT NULL;
CREATE INDEX report_exports_expires_at_idx ON report_exports (expires_at) WHERE state = 'completed'
"""
# A watcher sees versions grow with what it is shown.
VERSION = """
CREATE FUNCTION bump_export_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.version := OLD.version + (
        (OLD.state, OLD.progress, OLD.error_message) IS DISTINCT FROM
        (NEW.state, NEW.progress, NEW.error_message)
    )::integer;
    RETURN NEW;
END
$$;
CREATE TRIGGER bump_version BEFORE UPDATE ON report_exports
    FOR EACH ROW EXECUTE FUNCTION bump_export_version()
"""
# A file is removed as results are: once no row names it, whoever deleted the last row.
NOTES = """
CREATE FUNCTION note_results_of_report_exports() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
BEGIN
    INSERT INTO result_removals (location)
    SELECT DISTINCT d.file_url FROM deleted d WHERE d.file_url IS NOT NULL;
    RETURN NULL;
END
$$;
REVOKE ALL ON FUNCTION note_results_of_report_exports() FROM PUBLIC;
ALTER FUNCTION note_results_of_report_exports() OWNER TO amc_access;
CREATE TRIGGER note_results AFTER DELETE ON report_exports REFERENCING OLD TABLE AS deleted
    FOR EACH STATEMENT EXECUTE FUNCTION note_results_of_report_exports()
"""


def seen() -> str:
    """The SQL of the policy: one's own export, of a source that one still sees."""
    still = [
        f"({column} IS NULL OR EXISTS "
        f"(SELECT 1 FROM {table} p WHERE p.id = report_exports.{column}))"
        for column, table in SOURCES.items()
    ]
    mine = "exported_by = (SELECT app_user_id()) AND (SELECT i_may_sign_in())"
    return " AND ".join([mine, *still])


def upgrade() -> None:
    run(TABLE)
    for column, table in NEW.items():
        run(
            f"""
            ALTER TABLE report_exports
                ADD {column} uuid REFERENCES {table} ON DELETE CASCADE;
            CREATE INDEX report_exports_{column}_idx ON report_exports ({column})
            """
        )
    run(
        "ALTER TABLE report_exports ADD CONSTRAINT export_of_one_source "
        f"CHECK (num_nonnulls({', '.join(SOURCES)}) = 1)"
    )
    run(VERSION)
    run(NOTES)
    run("DROP POLICY people_select ON report_exports; DROP POLICY people_insert ON report_exports")
    for right, clause in (("SELECT", "USING"), ("INSERT", "WITH CHECK"), ("UPDATE", "USING")):
        run(
            f"CREATE POLICY people_{right.lower()} ON report_exports FOR {right} TO amc_api "
            f"{clause} ({seen()})"
        )
    run("GRANT UPDATE (state, due_at, lease_until) ON report_exports TO amc_api")


def downgrade() -> None:
    run("REVOKE UPDATE (state, due_at, lease_until) ON report_exports FROM amc_api")
    for right in ("select", "insert", "update"):
        run(f"DROP POLICY people_{right} ON report_exports")
    run(
        """
        DROP TRIGGER note_results ON report_exports;
        DROP FUNCTION note_results_of_report_exports();
        DROP TRIGGER bump_version ON report_exports;
        DROP FUNCTION bump_export_version();
        DELETE FROM report_exports
            WHERE dashboard_view_id IS NULL OR file_url IS NULL
                OR export_format NOT IN ('pdf', 'png', 'csv', 'xlsx');
        ALTER TABLE report_exports
            DROP CONSTRAINT chk_export_format,
            DROP CONSTRAINT export_of_one_source,
            DROP CONSTRAINT report_exports_state_check,
            DROP CONSTRAINT report_exports_progress_check,
            DROP CONSTRAINT an_open_export_is_due,
            DROP CONSTRAINT a_completed_export_has_a_file,
            DROP CONSTRAINT a_failed_export_has_a_reason;
        DROP INDEX report_exports_due_idx;
        DROP INDEX report_exports_of_person_idx;
        DROP INDEX report_exports_file_url_idx;
        DROP INDEX report_exports_expires_at_idx;
        ALTER TABLE report_exports
            DROP state, DROP progress, DROP options, DROP options_hash, DROP file_name,
            DROP checksum, DROP missing_parts, DROP error_message, DROP completed_at, DROP due_at,
            DROP lease_until, DROP fence, DROP step_tries, DROP version
        """
    )
    for column in NEW:
        run(f"ALTER TABLE report_exports DROP {column}")
    run(
        """
        ALTER TABLE report_exports
            ALTER dashboard_view_id SET NOT NULL,
            ALTER file_url SET NOT NULL,
            ALTER file_size_bytes TYPE integer,
            ADD CONSTRAINT chk_export_format
                CHECK (export_format IN ('pdf', 'png', 'csv', 'xlsx'));
        CREATE POLICY people_select ON report_exports FOR SELECT TO amc_api USING (EXISTS (
            SELECT 1 FROM dashboard_views p WHERE p.id = report_exports.dashboard_view_id
            AND true));
        CREATE POLICY people_insert ON report_exports FOR INSERT TO amc_api WITH CHECK (
            exported_by = (SELECT app_user_id()) AND EXISTS (
            SELECT 1 FROM dashboard_views p WHERE p.id = report_exports.dashboard_view_id
            AND true))
        """
    )
