"""What is drawn of results, what is found in it, and the files made of it."""

from migrations.script import drop, fill_text_id, run, stamp_updates

revision = "a1f0c3d95e08"
down_revision = "a1f0c3d95e07"

CONFIGURATION_OF = """
ALTER TABLE workflows ADD FOREIGN KEY (report_config_id) REFERENCES report_configurations;
"""

# Four references forbid to delete what they refer to. They are looked at when a transaction ends:
# what goes away with its report or workflow is gone by then.
VIEWS = """
CREATE TABLE report_configurations (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    workflow_id uuid UNIQUE REFERENCES workflows ON DELETE CASCADE,
    report_id uuid UNIQUE REFERENCES report_definitions ON DELETE CASCADE,
    query_template_id uuid REFERENCES query_templates ON DELETE SET NULL,
    enabled boolean NOT NULL DEFAULT false,
    dashboard_type varchar(50) NOT NULL DEFAULT 'standard',
    visualization_config jsonb NOT NULL DEFAULT '{}',
    created_by uuid REFERENCES users DEFERRABLE INITIALLY DEFERRED,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT configuration_of_one_source CHECK (num_nonnulls(report_id, workflow_id) = 1),
    CONSTRAINT chk_dashboard_type CHECK (dashboard_type IN (
        'standard', 'funnel', 'comparison', 'custom'
    ))
);
CREATE INDEX idx_report_configs_enabled ON report_configurations (enabled);
CREATE INDEX idx_report_configs_workflow ON report_configurations (workflow_id);

CREATE TABLE dashboard_views (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    report_configuration_id uuid NOT NULL REFERENCES report_configurations ON DELETE CASCADE,
    workflow_id uuid REFERENCES workflows DEFERRABLE INITIALLY DEFERRED,
    report_id uuid REFERENCES report_definitions DEFERRABLE INITIALLY DEFERRED,
    execution_ids uuid[] NOT NULL,
    data_start_date date NOT NULL,
    data_end_date date NOT NULL,
    processed_data jsonb NOT NULL,
    charts_config jsonb NOT NULL,
    metrics_summary jsonb,
    created_at timestamptz NOT NULL DEFAULT now(),
    last_updated timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT view_of_one_source CHECK (num_nonnulls(report_id, workflow_id) = 1),
    CONSTRAINT chk_date_range CHECK (data_end_date >= data_start_date)
);
CREATE INDEX dashboard_views_of_report_idx ON dashboard_views (report_id, data_end_date DESC);
CREATE INDEX idx_dashboard_data_lookup ON dashboard_views (workflow_id, data_end_date DESC);
CREATE INDEX idx_dashboard_views_config ON dashboard_views (report_configuration_id);
CREATE INDEX idx_dashboard_views_dates ON dashboard_views (data_start_date, data_end_date);
CREATE INDEX idx_dashboard_views_workflow ON dashboard_views (workflow_id);

CREATE TABLE dashboard_insights (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    dashboard_view_id uuid NOT NULL REFERENCES dashboard_views ON DELETE CASCADE,
    insight_type varchar(50) NOT NULL,
    insight_text text NOT NULL,
    confidence_score numeric(3, 2),
    data_points jsonb,
    generated_at timestamptz NOT NULL DEFAULT now(),
    model_version varchar(50),
    CONSTRAINT dashboard_insights_confidence_score_check CHECK (confidence_score BETWEEN 0 AND 1)
);
CREATE INDEX idx_insights_aggregation ON dashboard_insights (dashboard_view_id, insight_type);
CREATE INDEX idx_insights_dashboard ON dashboard_insights (dashboard_view_id);
CREATE INDEX idx_insights_type ON dashboard_insights (insight_type);

CREATE TABLE report_exports (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    dashboard_view_id uuid NOT NULL REFERENCES dashboard_views ON DELETE CASCADE,
    export_format varchar(20) NOT NULL,
    file_url text NOT NULL,
    file_size_bytes integer,
    exported_by uuid REFERENCES users DEFERRABLE INITIALLY DEFERRED,
    exported_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz,
    CONSTRAINT chk_export_format CHECK (export_format IN ('pdf', 'png', 'csv', 'xlsx')),
    CONSTRAINT report_exports_file_size_bytes_check CHECK (file_size_bytes >= 0)
);
CREATE INDEX idx_exports_dashboard ON report_exports (dashboard_view_id);
CREATE INDEX idx_exports_user ON report_exports (exported_by);
"""

PEOPLE = """
CREATE TABLE ai_insights (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    insight_id varchar(255) NOT NULL UNIQUE,
    user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    dashboard_id uuid REFERENCES dashboards ON DELETE SET NULL,
    query_text text NOT NULL,
    response_text text NOT NULL,
    data_context jsonb NOT NULL DEFAULT '{}',
    confidence_score numeric(3, 2),
    insight_type varchar(100),
    related_metrics jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT ai_insights_confidence_score_check CHECK (confidence_score BETWEEN 0 AND 1)
);
CREATE INDEX idx_ai_insights_created_at ON ai_insights (created_at);
CREATE INDEX idx_ai_insights_dashboard_id ON ai_insights (dashboard_id);
CREATE INDEX idx_ai_insights_type ON ai_insights (insight_type);
CREATE INDEX idx_ai_insights_user_id ON ai_insights (user_id);

CREATE TABLE report_builder_audit (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    workflow_id uuid REFERENCES workflows ON DELETE SET NULL,
    report_id uuid REFERENCES report_definitions ON DELETE SET NULL,
    session_id uuid,
    step_completed text NOT NULL,
    configuration jsonb NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT report_builder_audit_step_completed_check CHECK (step_completed IN (
        'parameters', 'schedule', 'review', 'submit'
    ))
);
CREATE INDEX idx_builder_audit_user ON report_builder_audit (user_id, created_at DESC);
CREATE INDEX report_builder_audit_session_id_idx ON report_builder_audit (session_id);
"""


def upgrade() -> None:
    run(VIEWS)
    run(PEOPLE)
    run(CONFIGURATION_OF)
    stamp_updates("report_configurations")
    fill_text_id("ai_insights", "insight_id", "ins")


def downgrade() -> None:
    run("ALTER TABLE workflows DROP CONSTRAINT workflows_report_config_id_fkey")
    drop(
        "report_builder_audit",
        "ai_insights",
        "report_exports",
        "dashboard_insights",
        "dashboard_views",
        "report_configurations",
        functions=("set_ai_insights_insight_id",),
    )
