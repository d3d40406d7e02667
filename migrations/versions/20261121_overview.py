"""How every report stands, a line each."""

from migrations.script import run

revision = "a1f0c3d95e09"
down_revision = "a1f0c3d95e08"

# `latest_status` is of the run that began last, `newest_status` of the one asked for last.
OVERVIEW = """
CREATE FUNCTION app_user_id() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
    -- A pooled connection that once knew a person reads '' afterwards, not NULL.
    RETURN nullif(current_setting('app.user_id', true), '')::uuid;

CREATE VIEW report_runs_overview WITH (security_invoker = true) AS
SELECT
    rd.id AS report_uuid,
    rd.report_id,
    rd.name,
    rd.description,
    rd.instance_id,
    ai.instance_id AS amc_instance_id,
    ai.instance_name,
    rd.owner_id,
    u.email AS owner_email,
    qt.name AS template_name,
    qt.report_type,
    rd.is_active,
    rd.frequency,
    CASE
        WHEN rs.is_paused THEN 'paused'
        WHEN rd.is_active THEN 'active'
        ELSE 'inactive'
    END AS state,
    re.status AS latest_status,
    re.started_at AS last_run_at,
    re.completed_at AS last_completed_at,
    rs.next_run_at,
    rd.execution_count,
    rd.created_at,
    rd.updated_at,
    EXISTS (
        SELECT 1 FROM dashboard_favorites df
        WHERE df.dashboard_id = rd.dashboard_id AND df.user_id = rd.owner_id
    ) AS is_favorite,
    EXISTS (
        SELECT 1 FROM dashboard_favorites df
        WHERE df.dashboard_id = rd.dashboard_id AND df.user_id = app_user_id()
    ) AS is_viewer_favorite,
    newest.status AS newest_status
FROM report_definitions rd
LEFT JOIN query_templates qt ON qt.id = rd.template_id
LEFT JOIN amc_instances ai ON ai.id = rd.instance_id
LEFT JOIN users u ON u.id = rd.owner_id
LEFT JOIN LATERAL (
    SELECT re2.status, re2.started_at, re2.completed_at FROM report_executions re2
    WHERE re2.report_id = rd.id
    ORDER BY re2.started_at DESC NULLS LAST, re2.created_at DESC, re2.id DESC
    LIMIT 1
) re ON true
LEFT JOIN LATERAL (
    SELECT re3.status FROM report_executions re3
    WHERE re3.report_id = rd.id
    ORDER BY re3.created_at DESC, re3.id DESC
    LIMIT 1
) newest ON true
LEFT JOIN report_schedules rs ON rs.report_id = rd.id AND rs.is_active
ORDER BY rd.created_at DESC;
"""


def upgrade() -> None:
    run(OVERVIEW)


def downgrade() -> None:
    run("DROP VIEW report_runs_overview")
    run("DROP FUNCTION app_user_id()")
