"""Executions, and the segments and aggregates made of them."""

from migrations.script import drop, fill_text_id, run, stamp_updates

revision = "a1f0c3d95e05"
down_revision = "a1f0c3d95e04"

VERSIONS = """
-- A watcher sees versions grow. What only the engine looks at is no change.
CREATE FUNCTION bump_version() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    before record := OLD;
BEGIN
    before.version := NEW.version;
    before.updated_at := NEW.updated_at;
    before.lease_until := NEW.lease_until;
    before.fence := NEW.fence;
    before.due_at := NEW.due_at;
    before.attempts := NEW.attempts;
    before.tries := NEW.tries;
    NEW.version := OLD.version + (before IS DISTINCT FROM NEW)::integer;
    RETURN NEW;
END
$$;
CREATE TRIGGER bump_version BEFORE UPDATE ON report_executions
    FOR EACH ROW EXECUTE FUNCTION bump_version();
CREATE TRIGGER bump_version BEFORE UPDATE ON workflow_executions
    FOR EACH ROW EXECUTE FUNCTION bump_version();
"""

REPORT_EXECUTIONS = """
CREATE TABLE report_executions (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    execution_id text NOT NULL UNIQUE,
    report_id uuid REFERENCES report_definitions ON DELETE CASCADE,
    template_id uuid REFERENCES query_templates ON DELETE SET NULL,
    instance_id uuid NOT NULL REFERENCES amc_instances ON DELETE CASCADE,
    user_id uuid REFERENCES users ON DELETE SET NULL,
    triggered_by text NOT NULL,
    schedule_id uuid REFERENCES report_schedules ON DELETE SET NULL,
    collection_id uuid REFERENCES report_data_collections ON DELETE SET NULL,
    status text NOT NULL DEFAULT 'pending',
    amc_execution_id text,
    output_location text,
    row_count integer,
    size_bytes bigint,
    error_message text,
    parameters_snapshot jsonb NOT NULL DEFAULT '{}',
    time_window_start timestamptz,
    time_window_end timestamptz,
    started_at timestamptz,
    completed_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    phase text NOT NULL DEFAULT 'waiting',
    priority smallint NOT NULL DEFAULT 0,
    blocked_by text,
    blocked_until timestamptz,
    due_at timestamptz DEFAULT now(),
    lease_until timestamptz,
    fence integer NOT NULL DEFAULT 0,
    attempts integer NOT NULL DEFAULT 0,
    tries integer NOT NULL DEFAULT 0,
    deadline_at timestamptz,
    error_code text,
    amc_status text,
    cancel_requested_at timestamptz,
    cancel_state text,
    outcome text,
    checksum text,
    sql_text text NOT NULL,
    sql_hash text NOT NULL,
    amc_parameters jsonb NOT NULL DEFAULT '[]',
    expected_columns jsonb,
    time_zone text NOT NULL DEFAULT 'UTC',
    result_summary jsonb,
    version integer NOT NULL DEFAULT 1,
    week_id uuid,
    template_version_id uuid REFERENCES query_template_versions ON DELETE RESTRICT,
    retry_of uuid REFERENCES report_executions ON DELETE SET NULL,
    CONSTRAINT report_executions_status_check CHECK (status IN (
        'pending', 'running', 'completed', 'failed', 'cancelled'
    )),
    CONSTRAINT report_executions_phase_check CHECK (phase IN (
        'waiting', 'submitting', 'at_amc', 'ingesting', 'done'
    )),
    CONSTRAINT report_executions_triggered_by_check CHECK (triggered_by IN (
        'manual', 'schedule', 'backfill', 'api'
    )),
    CONSTRAINT report_executions_blocked_by_check CHECK (blocked_by IN (
        'CONCURRENCY', 'QUOTA', 'PAUSED', 'TOKEN', 'DATA_NOT_SETTLED', 'THROTTLED',
        'AMC_UNAVAILABLE'
    )),
    CONSTRAINT report_executions_cancel_state_check CHECK (cancel_state IN (
        'REQUESTED', 'CONFIRMED', 'TOO_LATE'
    )),
    CONSTRAINT report_executions_outcome_check CHECK (outcome IN (
        'DATA', 'EMPTY', 'SUPPRESSED', 'DATA_GAP'
    )),
    CONSTRAINT open_means_due CHECK ((due_at IS NOT NULL) = (phase <> 'done')),
    CONSTRAINT status_and_phase_agree CHECK (
        CASE
        WHEN phase IN ('waiting', 'submitting') THEN status = 'pending'
        WHEN phase IN ('at_amc', 'ingesting') THEN status = 'running'
        ELSE status IN ('completed', 'failed', 'cancelled')
        END
    ),
    CONSTRAINT over_has_a_moment CHECK ((completed_at IS NOT NULL) = (phase = 'done')),
    CONSTRAINT completed_has_an_outcome CHECK ((outcome IS NOT NULL) = (status = 'completed')),
    CONSTRAINT failed_has_a_reason CHECK (error_code IS NOT NULL OR status <> 'failed'),
    CONSTRAINT window_is_not_empty CHECK (time_window_start < time_window_end),
    CONSTRAINT sizes_are_not_negative CHECK (row_count >= 0 AND size_bytes >= 0)
);
CREATE INDEX idx_report_exec_composite ON report_executions (report_id, status, started_at DESC);
CREATE INDEX idx_report_executions_amc_id
    ON report_executions (amc_execution_id) WHERE amc_execution_id IS NOT NULL;
CREATE INDEX idx_report_executions_report ON report_executions (report_id);
CREATE INDEX idx_report_executions_started ON report_executions (started_at DESC);
CREATE INDEX idx_report_executions_status ON report_executions (status);
CREATE INDEX report_executions_collection_id_idx
    ON report_executions (collection_id) WHERE collection_id IS NOT NULL;
CREATE INDEX report_executions_due_idx ON report_executions (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX report_executions_latest_idx
    ON report_executions (report_id, started_at DESC NULLS LAST);
CREATE INDEX report_executions_line_idx
    ON report_executions (instance_id, phase, priority, created_at) WHERE phase <> 'done';
CREATE INDEX report_executions_of_instance_idx
    ON report_executions (instance_id, created_at DESC, id DESC);
CREATE INDEX report_executions_of_report_idx
    ON report_executions (report_id, created_at DESC, id DESC);
CREATE INDEX report_executions_retry_of_idx
    ON report_executions (retry_of) WHERE retry_of IS NOT NULL;
CREATE INDEX report_executions_schedule_id_idx
    ON report_executions (schedule_id) WHERE schedule_id IS NOT NULL;
CREATE INDEX report_executions_week_id_idx ON report_executions (week_id) WHERE week_id IS NOT NULL;
"""

WORKFLOW_EXECUTIONS = """
CREATE TABLE workflow_executions (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    execution_id text NOT NULL UNIQUE,
    workflow_id uuid NOT NULL REFERENCES workflows ON DELETE CASCADE,
    instance_id uuid NOT NULL REFERENCES amc_instances ON DELETE CASCADE,
    user_id uuid REFERENCES users ON DELETE SET NULL,
    triggered_by text NOT NULL,
    schedule_id uuid REFERENCES workflow_schedules ON DELETE SET NULL,
    collection_id uuid REFERENCES report_data_collections ON DELETE SET NULL,
    status text NOT NULL DEFAULT 'PENDING',
    amc_execution_id text,
    output_location text,
    row_count integer,
    size_bytes bigint,
    error_message text,
    parameters_snapshot jsonb NOT NULL DEFAULT '{}',
    time_window_start timestamptz,
    time_window_end timestamptz,
    started_at timestamptz,
    completed_at timestamptz,
    dashboard_processed boolean NOT NULL DEFAULT false,
    dashboard_processing_error text,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    phase text NOT NULL DEFAULT 'waiting',
    priority smallint NOT NULL DEFAULT 0,
    blocked_by text,
    blocked_until timestamptz,
    due_at timestamptz DEFAULT now(),
    lease_until timestamptz,
    fence integer NOT NULL DEFAULT 0,
    attempts integer NOT NULL DEFAULT 0,
    tries integer NOT NULL DEFAULT 0,
    deadline_at timestamptz,
    error_code text,
    amc_status text,
    cancel_requested_at timestamptz,
    cancel_state text,
    outcome text,
    checksum text,
    sql_text text NOT NULL,
    sql_hash text NOT NULL,
    amc_parameters jsonb NOT NULL DEFAULT '[]',
    expected_columns jsonb,
    time_zone text NOT NULL DEFAULT 'UTC',
    result_summary jsonb,
    version integer NOT NULL DEFAULT 1,
    week_id uuid,
    template_version_id uuid REFERENCES query_template_versions ON DELETE RESTRICT,
    retry_of uuid REFERENCES workflow_executions ON DELETE SET NULL,
    CONSTRAINT workflow_executions_status_check CHECK (status IN (
        'PENDING', 'RUNNING', 'SUCCEEDED', 'FAILED', 'CANCELLED'
    )),
    CONSTRAINT workflow_executions_phase_check CHECK (phase IN (
        'waiting', 'submitting', 'at_amc', 'ingesting', 'done'
    )),
    CONSTRAINT workflow_executions_triggered_by_check CHECK (triggered_by IN (
        'manual', 'schedule', 'backfill', 'api'
    )),
    CONSTRAINT workflow_executions_blocked_by_check CHECK (blocked_by IN (
        'CONCURRENCY', 'QUOTA', 'PAUSED', 'TOKEN', 'DATA_NOT_SETTLED', 'THROTTLED',
        'AMC_UNAVAILABLE'
    )),
    CONSTRAINT workflow_executions_cancel_state_check CHECK (cancel_state IN (
        'REQUESTED', 'CONFIRMED', 'TOO_LATE'
    )),
    CONSTRAINT workflow_executions_outcome_check CHECK (outcome IN (
        'DATA', 'EMPTY', 'SUPPRESSED', 'DATA_GAP'
    )),
    CONSTRAINT open_means_due CHECK ((due_at IS NOT NULL) = (phase <> 'done')),
    CONSTRAINT status_and_phase_agree CHECK (
        CASE
        WHEN phase IN ('waiting', 'submitting') THEN status = 'PENDING'
        WHEN phase IN ('at_amc', 'ingesting') THEN status = 'RUNNING'
        ELSE status IN ('SUCCEEDED', 'FAILED', 'CANCELLED')
        END
    ),
    CONSTRAINT over_has_a_moment CHECK ((completed_at IS NOT NULL) = (phase = 'done')),
    CONSTRAINT completed_has_an_outcome CHECK ((outcome IS NOT NULL) = (status = 'SUCCEEDED')),
    CONSTRAINT failed_has_a_reason CHECK (error_code IS NOT NULL OR status <> 'FAILED'),
    CONSTRAINT window_is_not_empty CHECK (time_window_start < time_window_end),
    CONSTRAINT sizes_are_not_negative CHECK (row_count >= 0 AND size_bytes >= 0)
);
CREATE INDEX idx_executions_dashboard_pending
    ON workflow_executions (workflow_id, dashboard_processed)
    WHERE dashboard_processed = false AND status = 'SUCCEEDED';
CREATE INDEX idx_report_workflow_executions
    ON workflow_executions (workflow_id, created_at DESC) WHERE status = 'SUCCEEDED';
CREATE INDEX workflow_executions_collection_id_idx
    ON workflow_executions (collection_id) WHERE collection_id IS NOT NULL;
CREATE INDEX workflow_executions_due_idx ON workflow_executions (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX workflow_executions_line_idx
    ON workflow_executions (instance_id, phase, priority, created_at) WHERE phase <> 'done';
CREATE INDEX workflow_executions_of_instance_idx
    ON workflow_executions (instance_id, created_at DESC, id DESC);
CREATE INDEX workflow_executions_of_workflow_idx
    ON workflow_executions (workflow_id, created_at DESC, id DESC);
CREATE INDEX workflow_executions_retry_of_idx
    ON workflow_executions (retry_of) WHERE retry_of IS NOT NULL;
CREATE INDEX workflow_executions_schedule_id_idx
    ON workflow_executions (schedule_id) WHERE schedule_id IS NOT NULL;
CREATE INDEX workflow_executions_week_id_idx
    ON workflow_executions (week_id) WHERE week_id IS NOT NULL;
"""


def upgrade() -> None:
    run(REPORT_EXECUTIONS)
    run(WORKFLOW_EXECUTIONS)
    run(VERSIONS)
    stamp_updates("report_executions")
    stamp_updates("workflow_executions")
    fill_text_id("report_executions", "execution_id", "exec")
    fill_text_id("workflow_executions", "execution_id", "wexec")


def downgrade() -> None:
    drop(
        "workflow_executions",
        "report_executions",
        functions=(
            "set_report_executions_execution_id",
            "set_workflow_executions_execution_id",
            "bump_version",
        ),
    )
