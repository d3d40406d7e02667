"""Reports, their collections and their schedules."""

from migrations.script import drop, fill_text_id, run, stamp_updates

revision = "a1f0c3d95e04"
down_revision = "a1f0c3d95e03"

STATUS = """
CREATE TYPE backfill_status_enum AS ENUM (
    'pending', 'in_progress', 'completed', 'failed', 'partial'
);
"""

REPORTS = """
CREATE TABLE report_definitions (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    report_id text NOT NULL UNIQUE,
    name text NOT NULL,
    description text,
    template_id uuid NOT NULL REFERENCES query_templates ON DELETE RESTRICT,
    template_version_id uuid NOT NULL REFERENCES query_template_versions ON DELETE RESTRICT,
    instance_id uuid NOT NULL REFERENCES amc_instances ON DELETE CASCADE,
    owner_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    parameters jsonb NOT NULL DEFAULT '{}',
    frequency text NOT NULL DEFAULT 'once',
    timezone text NOT NULL DEFAULT 'UTC',
    is_active boolean NOT NULL DEFAULT true,
    dashboard_id uuid REFERENCES dashboards ON DELETE SET NULL,
    last_execution_id uuid,
    execution_count integer NOT NULL DEFAULT 0,
    archived_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT report_definitions_frequency_check CHECK (frequency IN (
        'once', 'daily', 'weekly', 'monthly', 'quarterly', 'custom'
    )),
    CONSTRAINT report_id_looks_computed CHECK (
        report_id = 'rpt_' || replace(id::text, '-', '')
        OR report_id !~ '^[a-z]+_[0-9a-f]{32}$'
    ),
    CONSTRAINT report_definitions_execution_count_check CHECK (execution_count >= 0)
);
CREATE INDEX idx_active_reports
    ON report_definitions (instance_id, is_active) WHERE is_active = true;
CREATE INDEX idx_report_definitions_active ON report_definitions (is_active) WHERE is_active = true;
CREATE INDEX idx_report_definitions_instance ON report_definitions (instance_id);
CREATE INDEX idx_report_definitions_owner ON report_definitions (owner_id);
CREATE INDEX idx_report_definitions_template ON report_definitions (template_id);
CREATE INDEX report_definitions_dashboard_id_idx ON report_definitions (dashboard_id);
CREATE INDEX report_definitions_of_instance_idx
    ON report_definitions (instance_id, created_at DESC, id DESC);

CREATE TABLE dashboard_sources (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    dashboard_id uuid NOT NULL REFERENCES dashboards ON DELETE CASCADE,
    report_id uuid REFERENCES report_definitions ON DELETE CASCADE,
    workflow_id uuid REFERENCES workflows ON DELETE CASCADE,
    added_by uuid REFERENCES users ON DELETE SET NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (dashboard_id, report_id),
    UNIQUE (dashboard_id, workflow_id),
    CONSTRAINT source_is_one_thing CHECK (num_nonnulls(report_id, workflow_id) = 1)
);
CREATE INDEX dashboard_sources_report_id_idx ON dashboard_sources (report_id);
CREATE INDEX dashboard_sources_workflow_id_idx ON dashboard_sources (workflow_id);
"""

COLLECTIONS = """
CREATE TABLE report_data_collections (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    collection_id varchar(255) NOT NULL UNIQUE,
    workflow_id uuid REFERENCES workflows ON DELETE CASCADE,
    report_id uuid REFERENCES report_definitions ON DELETE CASCADE,
    instance_id uuid NOT NULL REFERENCES amc_instances ON DELETE CASCADE,
    user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    collection_type varchar(100) NOT NULL,
    target_weeks integer NOT NULL,
    start_date date NOT NULL,
    end_date date NOT NULL,
    status varchar(50) NOT NULL DEFAULT 'pending',
    progress_percentage integer NOT NULL DEFAULT 0,
    weeks_completed integer NOT NULL DEFAULT 0,
    error_message text,
    configuration jsonb NOT NULL DEFAULT '{}',
    lookback_config jsonb,
    segmentation_config jsonb,
    segment_type text NOT NULL DEFAULT 'weekly',
    max_lookback_days integer NOT NULL DEFAULT 365,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT report_data_collections_status_check CHECK (status IN (
        'pending', 'running', 'completed', 'failed', 'paused', 'partial', 'cancelled'
    )),
    CONSTRAINT report_data_collections_collection_type_check CHECK (collection_type IN (
        'backfill', 'weekly_update'
    )),
    CONSTRAINT report_data_collections_segment_type_check CHECK (segment_type IN (
        'daily', 'weekly', 'monthly', 'quarterly'
    )),
    CONSTRAINT report_data_collections_max_lookback_days_check CHECK (max_lookback_days <= 365),
    CONSTRAINT collection_of_one_source CHECK (num_nonnulls(report_id, workflow_id) = 1),
    CONSTRAINT collection_ends_after_it_starts CHECK (end_date >= start_date),
    CONSTRAINT collection_has_segments CHECK (target_weeks > 0),
    CONSTRAINT progress_is_a_percentage CHECK (progress_percentage BETWEEN 0 AND 100),
    CONSTRAINT completed_segments_are_segments CHECK (weeks_completed BETWEEN 0 AND target_weeks),
    CONSTRAINT segmentation_is_of_its_type CHECK (segmentation_config ->> 'type' = segment_type)
);
CREATE INDEX idx_collections_lookback ON report_data_collections USING gin (lookback_config);
CREATE INDEX idx_collections_report
    ON report_data_collections (report_id) WHERE report_id IS NOT NULL;
CREATE INDEX idx_report_collections_instance_id ON report_data_collections (instance_id);
CREATE INDEX idx_report_collections_status ON report_data_collections (status);
CREATE INDEX idx_report_collections_user_id ON report_data_collections (user_id);
CREATE INDEX idx_report_collections_workflow_id ON report_data_collections (workflow_id);
"""

SCHEDULES = """
CREATE TABLE report_schedules (
    report_id uuid NOT NULL REFERENCES report_definitions ON DELETE CASCADE,
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    schedule_id text NOT NULL UNIQUE,
    schedule_type text NOT NULL,
    cron_expression text NOT NULL,
    timezone text NOT NULL DEFAULT 'UTC',
    default_parameters jsonb NOT NULL DEFAULT '{}',
    is_active boolean NOT NULL DEFAULT true,
    is_paused boolean NOT NULL DEFAULT false,
    last_run_at timestamptz,
    last_run_status text,
    next_run_at timestamptz,
    run_count integer NOT NULL DEFAULT 0,
    failure_count integer NOT NULL DEFAULT 0,
    backfill_status backfill_status_enum,
    schedule_config jsonb,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    backfill_collection_id uuid REFERENCES report_data_collections ON DELETE SET NULL,
    CONSTRAINT report_schedules_schedule_type_check CHECK (schedule_type IN (
        'daily', 'weekly', 'monthly', 'quarterly', 'custom'
    ))
);
CREATE INDEX idx_report_schedule_composite
    ON report_schedules (is_active, is_paused, next_run_at) WHERE is_active = true;
CREATE INDEX idx_report_schedules_next_run
    ON report_schedules (next_run_at) WHERE is_active = true AND is_paused = false;
CREATE INDEX idx_report_schedules_report ON report_schedules (report_id);
CREATE UNIQUE INDEX one_active_schedule_a_report
    ON report_schedules (report_id, is_active) WHERE is_active = true;
CREATE INDEX report_schedules_backfill_idx
    ON report_schedules (backfill_collection_id) WHERE backfill_collection_id IS NOT NULL;

CREATE TABLE workflow_schedules (
    workflow_id uuid NOT NULL REFERENCES workflows ON DELETE CASCADE,
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    schedule_id text NOT NULL UNIQUE,
    schedule_type text NOT NULL,
    cron_expression text NOT NULL,
    timezone text NOT NULL DEFAULT 'UTC',
    default_parameters jsonb NOT NULL DEFAULT '{}',
    is_active boolean NOT NULL DEFAULT true,
    is_paused boolean NOT NULL DEFAULT false,
    last_run_at timestamptz,
    last_run_status text,
    next_run_at timestamptz,
    run_count integer NOT NULL DEFAULT 0,
    failure_count integer NOT NULL DEFAULT 0,
    backfill_status backfill_status_enum,
    schedule_config jsonb,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    backfill_collection_id uuid REFERENCES report_data_collections ON DELETE SET NULL,
    CONSTRAINT workflow_schedules_schedule_type_check CHECK (schedule_type IN (
        'daily', 'weekly', 'monthly', 'quarterly', 'custom'
    ))
);
CREATE INDEX idx_schedules_backfill
    ON workflow_schedules (backfill_status, backfill_collection_id)
    WHERE backfill_status IS NOT NULL;
CREATE INDEX workflow_schedules_next_run_idx
    ON workflow_schedules (next_run_at) WHERE is_active = true AND is_paused = false;
CREATE INDEX workflow_schedules_workflow_id_idx ON workflow_schedules (workflow_id);
"""


def upgrade() -> None:
    run(STATUS)
    run(REPORTS)
    run(COLLECTIONS)
    run(SCHEDULES)
    stamp_updates("report_definitions")
    stamp_updates("report_data_collections", "update_report_collections_updated_at")
    stamp_updates("report_schedules")
    stamp_updates("workflow_schedules")
    fill_text_id("report_definitions", "report_id", "rpt")
    fill_text_id("report_data_collections", "collection_id", "col")
    fill_text_id("report_schedules", "schedule_id", "sch")
    fill_text_id("workflow_schedules", "schedule_id", "wsch")


def downgrade() -> None:
    drop(
        "workflow_schedules",
        "report_schedules",
        "report_data_collections",
        "dashboard_sources",
        "report_definitions",
        functions=(
            "set_report_definitions_report_id",
            "set_report_data_collections_collection_id",
            "set_report_schedules_schedule_id",
            "set_workflow_schedules_schedule_id",
        ),
    )
    run("DROP TYPE backfill_status_enum")
