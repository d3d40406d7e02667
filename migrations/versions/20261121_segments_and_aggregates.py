"""The segments of collections, and the aggregates made of their results.

One index for each definition: `idx_data_weeks_date_range` would be the twin of
`idx_report_weeks_date_range`, which stays.
"""

from migrations.script import drop, run, stamp_updates

revision = "a1f0c3d95e06"
down_revision = "a1f0c3d95e05"

WEEK_OF = """
ALTER TABLE report_executions
    ADD FOREIGN KEY (week_id) REFERENCES report_data_weeks ON DELETE SET NULL;
ALTER TABLE workflow_executions
    ADD FOREIGN KEY (week_id) REFERENCES report_data_weeks ON DELETE SET NULL;
"""

SEGMENTS = """
CREATE TABLE report_data_weeks (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    collection_id uuid NOT NULL
        CONSTRAINT fk_collection_id REFERENCES report_data_collections ON DELETE CASCADE,
    report_execution_id uuid REFERENCES report_executions ON DELETE SET NULL,
    workflow_execution_id uuid REFERENCES workflow_executions ON DELETE SET NULL,
    execution_id uuid
        GENERATED ALWAYS AS (COALESCE(report_execution_id, workflow_execution_id)) STORED,
    week_start_date date NOT NULL,
    week_end_date date NOT NULL,
    status varchar(50) NOT NULL DEFAULT 'pending',
    execution_date timestamptz,
    row_count integer,
    data_checksum varchar(255),
    data jsonb,
    error_message text,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (collection_id, week_start_date),
    CONSTRAINT report_data_weeks_status_check CHECK (status IN (
        'pending', 'running', 'completed', 'failed', 'skipped'
    )),
    CONSTRAINT week_has_one_execution CHECK (
        num_nonnulls(report_execution_id, workflow_execution_id) <= 1
    ),
    CONSTRAINT week_ends_after_it_starts CHECK (week_end_date >= week_start_date),
    CONSTRAINT report_data_weeks_row_count_check CHECK (row_count >= 0)
);
CREATE INDEX idx_collection_progress ON report_data_weeks (collection_id, status, week_start_date);
CREATE INDEX idx_report_data_weeks_collection_execution
    ON report_data_weeks (collection_id, execution_id) WHERE execution_id IS NOT NULL;
CREATE INDEX idx_report_data_weeks_execution_id
    ON report_data_weeks (execution_id) WHERE execution_id IS NOT NULL;
CREATE INDEX idx_report_weeks_collection_id ON report_data_weeks (collection_id);
CREATE INDEX idx_report_weeks_date_range ON report_data_weeks (week_start_date, week_end_date);
CREATE INDEX idx_report_weeks_status ON report_data_weeks (status);
CREATE INDEX report_data_weeks_report_execution_id_idx ON report_data_weeks (report_execution_id);
CREATE INDEX report_data_weeks_workflow_execution_id_idx
    ON report_data_weeks (workflow_execution_id);
"""

AGGREGATES = """
CREATE TABLE report_data_aggregates (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    workflow_id uuid REFERENCES workflows ON DELETE CASCADE,
    report_id uuid REFERENCES report_definitions ON DELETE CASCADE,
    instance_id uuid NOT NULL REFERENCES amc_instances ON DELETE CASCADE,
    aggregation_type varchar(100) NOT NULL,
    aggregation_key varchar(255) NOT NULL,
    metrics jsonb NOT NULL,
    dimensions jsonb NOT NULL DEFAULT '{}',
    dimension_key text NOT NULL DEFAULT '',
    series_hash text NOT NULL DEFAULT '',
    data_date date NOT NULL,
    row_count integer NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT report_data_aggregates_series_key UNIQUE NULLS NOT DISTINCT (
        workflow_id, report_id, instance_id, aggregation_type, aggregation_key, data_date,
        dimension_key, series_hash
    ),
    CONSTRAINT report_data_aggregates_aggregation_type_check CHECK (aggregation_type IN (
        'weekly', 'monthly', 'quarterly'
    )),
    CONSTRAINT aggregate_of_one_source CHECK (num_nonnulls(report_id, workflow_id) = 1)
);
CREATE INDEX idx_report_aggregates_key_date ON report_data_aggregates (aggregation_key, data_date);
CREATE INDEX idx_report_aggregates_type_date
    ON report_data_aggregates (aggregation_type, data_date);
CREATE INDEX idx_report_aggregates_workflow_instance
    ON report_data_aggregates (workflow_id, instance_id);
CREATE INDEX report_data_aggregates_instance_id_idx ON report_data_aggregates (instance_id);
CREATE INDEX report_data_aggregates_of_report_idx
    ON report_data_aggregates (report_id, series_hash, aggregation_type, data_date)
    WHERE report_id IS NOT NULL;
"""


def upgrade() -> None:
    run(SEGMENTS)
    run(AGGREGATES)
    run(WEEK_OF)
    stamp_updates("report_data_weeks", "update_report_weeks_updated_at")
    stamp_updates("report_data_aggregates", "update_report_aggregates_updated_at")


def downgrade() -> None:
    run("ALTER TABLE report_executions DROP CONSTRAINT report_executions_week_id_fkey")
    run("ALTER TABLE workflow_executions DROP CONSTRAINT workflow_executions_week_id_fkey")
    drop("report_data_aggregates", "report_data_weeks")
