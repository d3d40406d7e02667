"""Any report can be a favourite, with or without a dashboard."""

from migrations.script import run

revision = "a1f0c3d95f33"
down_revision = "a1f0c3d95f32"

ME = "(SELECT app_user_id())"
TABLE = f"""
CREATE TABLE report_favorites (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    report_id uuid NOT NULL REFERENCES report_definitions ON DELETE CASCADE,
    user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    created_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (report_id, user_id)
);
CREATE INDEX report_favorites_user_id_idx ON report_favorites (user_id);
ALTER TABLE report_favorites ENABLE ROW LEVEL SECURITY;
ALTER TABLE report_favorites FORCE ROW LEVEL SECURITY;
CREATE POLICY owner_sees ON report_favorites TO amc_owner USING (true);
CREATE POLICY worker_sees ON report_favorites TO amc_worker USING (true);
-- Whether a report is its owner's favourite is part of the overview.
CREATE POLICY people_select ON report_favorites FOR SELECT TO amc_api USING (
    user_id = {ME} OR EXISTS (SELECT 1 FROM report_definitions r
        WHERE r.id = report_favorites.report_id AND r.owner_id = report_favorites.user_id)
);
CREATE POLICY people_insert ON report_favorites FOR INSERT TO amc_api WITH CHECK (
    user_id = {ME} AND EXISTS (
        SELECT 1 FROM report_definitions r WHERE r.id = report_favorites.report_id
    )
);
CREATE POLICY people_delete ON report_favorites FOR DELETE TO amc_api USING (user_id = {ME});
GRANT SELECT, INSERT, DELETE ON report_favorites TO amc_api;
GRANT SELECT ON report_favorites TO amc_worker
"""
OF_DASHBOARD = """EXISTS (
        SELECT 1 FROM dashboard_favorites df
        WHERE df.dashboard_id = rd.dashboard_id AND df.user_id = {who}
    )"""
OF_EITHER = f"""({OF_DASHBOARD} OR EXISTS (
        SELECT 1 FROM report_favorites rf WHERE rf.report_id = rd.id AND rf.user_id = {{who}}
    ))"""
OVERVIEW = """
CREATE OR REPLACE VIEW report_runs_overview WITH (security_invoker = true) AS
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
    {owner} AS is_favorite,
    {viewer} AS is_viewer_favorite,
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
ORDER BY rd.created_at DESC
"""


def overview(favorite: str) -> str:
    """The view of all reports, with what makes one of them a favourite."""
    owner, viewer = (favorite.format(who=who) for who in ("rd.owner_id", "app_user_id()"))
    return OVERVIEW.format(owner=owner, viewer=viewer)


def upgrade() -> None:
    run(TABLE)
    run(overview(OF_EITHER))


def downgrade() -> None:
    run(overview(OF_DASHBOARD))
    run("DROP TABLE report_favorites")
