"""Dashboards with their widgets and shares, and the workflows of the query library."""

from migrations.script import drop, fill_text_id, run, stamp_updates

revision = "a1f0c3d95e03"
down_revision = "a1f0c3d95e02"

DASHBOARDS = """
CREATE TABLE dashboards (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    dashboard_id varchar(255) NOT NULL UNIQUE,
    name varchar(255) NOT NULL,
    description text,
    user_id uuid REFERENCES users ON DELETE CASCADE,
    template_type varchar(100),
    layout_config jsonb NOT NULL DEFAULT '{}',
    filter_config jsonb NOT NULL DEFAULT '{}',
    is_public boolean NOT NULL DEFAULT false,
    is_template boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT dashboard_has_an_owner CHECK (user_id IS NOT NULL OR is_template)
);
CREATE INDEX idx_dashboards_is_public ON dashboards (is_public) WHERE is_public = true;
CREATE INDEX idx_dashboards_template_type ON dashboards (template_type);
CREATE INDEX idx_dashboards_user_id ON dashboards (user_id);

CREATE TABLE dashboard_widgets (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    widget_id varchar(255) NOT NULL,
    dashboard_id uuid NOT NULL REFERENCES dashboards ON DELETE CASCADE,
    widget_type varchar(100) NOT NULL,
    chart_type varchar(100),
    title varchar(255) NOT NULL,
    data_source jsonb NOT NULL,
    display_config jsonb NOT NULL DEFAULT '{}',
    position_config jsonb NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (dashboard_id, widget_id),
    CONSTRAINT dashboard_widgets_widget_type_check CHECK (widget_type IN (
        'chart', 'table', 'metric_card', 'text'
    ))
);
CREATE INDEX idx_dashboard_widgets_dashboard_id ON dashboard_widgets (dashboard_id);
CREATE INDEX idx_dashboard_widgets_type ON dashboard_widgets (widget_type);

CREATE TABLE dashboard_shares (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    dashboard_id uuid NOT NULL REFERENCES dashboards ON DELETE CASCADE,
    shared_by_user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    shared_with_user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    permission_level varchar(50) NOT NULL DEFAULT 'view',
    created_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (dashboard_id, shared_with_user_id),
    CONSTRAINT dashboard_shares_permission_level_check CHECK (permission_level IN ('view', 'edit'))
);
CREATE INDEX dashboard_shares_shared_by_user_id_idx ON dashboard_shares (shared_by_user_id);
CREATE INDEX idx_dashboard_shares_shared_with ON dashboard_shares (shared_with_user_id);

CREATE TABLE dashboard_favorites (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    dashboard_id uuid NOT NULL REFERENCES dashboards ON DELETE CASCADE,
    user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    created_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (dashboard_id, user_id)
);
CREATE INDEX idx_dashboard_favorites_user ON dashboard_favorites (user_id);
"""

WORKFLOWS = """
CREATE TABLE workflows (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    workflow_id text NOT NULL UNIQUE,
    name text NOT NULL,
    description text,
    sql_query text NOT NULL,
    parameter_definitions jsonb NOT NULL DEFAULT '{}',
    parameters jsonb NOT NULL DEFAULT '{}',
    instance_id uuid NOT NULL REFERENCES amc_instances ON DELETE CASCADE,
    user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    report_enabled boolean NOT NULL DEFAULT false,
    report_config_id uuid,
    archived_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX idx_workflows_report_enabled ON workflows (report_enabled) WHERE report_enabled = true;
CREATE INDEX workflows_instance_id_idx ON workflows (instance_id);
CREATE INDEX workflows_user_id_idx ON workflows (user_id);
"""


def upgrade() -> None:
    run(DASHBOARDS)
    run(WORKFLOWS)
    stamp_updates("dashboards")
    stamp_updates("dashboard_widgets")
    stamp_updates("workflows")
    fill_text_id("dashboards", "dashboard_id", "dash")
    fill_text_id("workflows", "workflow_id", "wf")


def downgrade() -> None:
    drop(
        "workflows",
        "dashboard_favorites",
        "dashboard_shares",
        "dashboard_widgets",
        "dashboards",
        functions=("set_dashboards_dashboard_id", "set_workflows_workflow_id"),
    )
