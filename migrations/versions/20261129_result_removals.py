"""Stored results are removed once no row names them.

A trigger notes the file of every deleted row that named one, whoever deletes it and by whichever
cascade. The worker decides later whether anything else names the file.
"""

from migrations.script import drop, run

revision = "a1f0c3d95e30"
down_revision = "a1f0c3d95e11"

TABLE = """
CREATE TABLE result_removals (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    location text NOT NULL,
    due_at timestamptz DEFAULT now(),
    decided_at timestamptz,
    removed_at timestamptz,
    tries integer NOT NULL DEFAULT 0,
    error_message text,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT what_is_not_removed_is_due CHECK ((removed_at IS NOT NULL) = (due_at IS NULL)),
    CONSTRAINT removal_is_decided_first CHECK (decided_at IS NOT NULL OR removed_at IS NULL)
);
CREATE INDEX result_removals_due_idx ON result_removals (due_at) WHERE due_at IS NOT NULL;
CREATE UNIQUE INDEX decided_once_for_a_location
    ON result_removals (location) WHERE decided_at IS NOT NULL;

ALTER TABLE result_removals ENABLE ROW LEVEL SECURITY;
ALTER TABLE result_removals FORCE ROW LEVEL SECURITY;
CREATE POLICY owner_sees ON result_removals TO amc_owner USING (true);
CREATE POLICY worker_sees ON result_removals TO amc_worker USING (true);
CREATE POLICY access_notes ON result_removals FOR INSERT TO amc_access WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON result_removals TO amc_worker;
GRANT INSERT ON result_removals TO amc_access;
"""
# The tables whose rows name a stored result, and the column that does.
NAMES = {
    "report_executions": "output_location",
    "workflow_executions": "output_location",
    "report_data_weeks": "result_location",
    "report_week_revisions": "result_location",
    "archived_workflow_executions": "output_location",
}


def upgrade() -> None:
    run(TABLE)
    for table, column in NAMES.items():
        run(
            f"""
            CREATE INDEX {table}_{column}_idx ON {table} ({column}) WHERE {column} IS NOT NULL;

            -- One statement for all rows, with the rights of amc_access: people may delete a
            -- collection, and write nothing into result_removals.
            CREATE FUNCTION note_results_of_{table}() RETURNS trigger
                LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
            AS $$
            BEGIN
                INSERT INTO result_removals (location)
                SELECT DISTINCT {column} FROM deleted WHERE {column} IS NOT NULL;
                RETURN NULL;
            END
            $$;
            REVOKE ALL ON FUNCTION note_results_of_{table}() FROM PUBLIC;
            ALTER FUNCTION note_results_of_{table}() OWNER TO amc_access;
            CREATE TRIGGER note_results AFTER DELETE ON {table}
                REFERENCING OLD TABLE AS deleted
                FOR EACH STATEMENT EXECUTE FUNCTION note_results_of_{table}()
            """
        )


def downgrade() -> None:
    for table, column in NAMES.items():
        run(
            f"""
            DROP TRIGGER note_results ON {table};
            DROP FUNCTION note_results_of_{table}();
            DROP INDEX {table}_{column}_idx
            """
        )
    drop("result_removals")
