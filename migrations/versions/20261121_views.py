"""What is drawn of results: what is still to be drawn, when it is tried again, and what it is of.

A view is of a collection, or of one execution outside of collections. Views of a source are made
one after the other, by whoever holds the lease of its configuration.
"""

from migrations.script import run

revision = "a1f0c3d95e11"
down_revision = "a1f0c3d95e10"

PENDING = """
ALTER TABLE report_executions
    ADD dashboard_processed boolean NOT NULL DEFAULT false,
    ADD dashboard_processing_error text,
    ADD dashboard_attempts integer NOT NULL DEFAULT 0,
    ADD dashboard_due_at timestamptz;
CREATE INDEX idx_report_executions_dashboard_pending
    ON report_executions (report_id, dashboard_processed)
    WHERE dashboard_processed = false AND status = 'completed';
ALTER TABLE workflow_executions
    ADD dashboard_attempts integer NOT NULL DEFAULT 0,
    ADD dashboard_due_at timestamptz;
ALTER TABLE archived_workflow_executions
    ADD dashboard_attempts integer NOT NULL DEFAULT 0,
    ADD dashboard_due_at timestamptz;
ALTER TABLE report_data_collections
    ADD dashboard_processed boolean NOT NULL DEFAULT false,
    ADD dashboard_processing_error text,
    ADD dashboard_attempts integer NOT NULL DEFAULT 0,
    ADD dashboard_due_at timestamptz;
"""
CLAIMED = """
ALTER TABLE report_configurations
    ADD enabled_at timestamptz,
    ADD redraw_at timestamptz,
    ADD lease_until timestamptz,
    ADD fence integer NOT NULL DEFAULT 0;
GRANT UPDATE (redraw_at, lease_until, fence) ON report_configurations TO amc_worker;
"""
ONE_EACH = """
ALTER TABLE dashboard_views
    ADD collection_id uuid REFERENCES report_data_collections ON DELETE CASCADE;
CREATE UNIQUE INDEX dashboard_views_of_collection_key
    ON dashboard_views (collection_id, report_configuration_id);
CREATE UNIQUE INDEX dashboard_views_of_execution_key
    ON dashboard_views (report_configuration_id, (execution_ids[1])) WHERE collection_id IS NULL;
"""
# A watcher sees versions grow. What only the engine looks at is no change.
VERSIONS = """
CREATE OR REPLACE FUNCTION bump_version() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    before record := OLD;
BEGIN
    before.version := NEW.version;
    before.updated_at := NEW.updated_at;
    before.lease_until := NEW.lease_until;
    before.fence := NEW.fence;
    before.due_at := NEW.due_at;
    before.attempts := NEW.attempts;
    before.tries := NEW.tries;{more}
    NEW.version := OLD.version + (before IS DISTINCT FROM NEW)::integer;
    RETURN NEW;
END
$$
"""
MORE = """
    before.dashboard_attempts := NEW.dashboard_attempts;
    before.dashboard_due_at := NEW.dashboard_due_at;"""


def upgrade() -> None:
    run(PENDING)
    run(CLAIMED)
    run(ONE_EACH)
    run(VERSIONS.format(more=MORE))


def downgrade() -> None:
    run(VERSIONS.format(more=""))
    run("ALTER TABLE dashboard_views DROP collection_id CASCADE")
    run("DROP INDEX IF EXISTS dashboard_views_of_execution_key")
    run("REVOKE UPDATE (redraw_at, lease_until, fence) ON report_configurations FROM amc_worker")
    run("ALTER TABLE report_configurations DROP enabled_at, DROP redraw_at")
    run("ALTER TABLE report_configurations DROP lease_until, DROP fence")
    attempts = "DROP dashboard_attempts, DROP dashboard_due_at"
    for table in ("archived_workflow_executions", "workflow_executions"):
        run(f"ALTER TABLE {table} {attempts}")
    for table in ("report_data_collections", "report_executions"):
        run(
            f"ALTER TABLE {table} {attempts}, DROP dashboard_processed, "
            "DROP dashboard_processing_error"
        )
