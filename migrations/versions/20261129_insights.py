"""Insights of dashboards and reports, besides those of views, and the runs that make them."""

from migrations.script import run

revision = "a1f0c3d95e51"
down_revision = "a1f0c3d95ec1"

COLUMNS = """
    dashboard_id uuid REFERENCES dashboards ON DELETE CASCADE,
    report_id uuid REFERENCES report_definitions ON DELETE CASCADE,
    workflow_id uuid REFERENCES workflows ON DELETE CASCADE,
    fact_key text NOT NULL DEFAULT '',
    rank integer NOT NULL DEFAULT 0,
    source_name text,
    metric text,
    dimension text,
    value text,
    level varchar(50),
    period_start date,
    period_end date,
    stake numeric,
    currency varchar(50),
    data_version text,
    found_at timestamptz NOT NULL DEFAULT now(),
    gone_at timestamptz
"""
ADDED = [one.strip() for one in COLUMNS.split(",\n")]
INSIGHTS = f"""
ALTER TABLE dashboard_insights
    ALTER dashboard_view_id DROP NOT NULL,
    {", ".join(f"ADD {one}" for one in ADDED)},
    ADD CONSTRAINT insight_of_a_view_or_a_source CHECK (
        num_nonnulls(dashboard_view_id, report_id, workflow_id) = 1
        AND num_nonnulls(dashboard_view_id, dashboard_id) <= 1
    );
CREATE INDEX dashboard_insights_of_dashboard_idx ON dashboard_insights (dashboard_id, rank);
CREATE INDEX dashboard_insights_of_report_idx ON dashboard_insights (report_id, rank);
CREATE INDEX dashboard_insights_of_workflow_idx ON dashboard_insights (workflow_id, rank);
CREATE INDEX dashboard_insights_gone_idx ON dashboard_insights (gone_at)
    WHERE gone_at IS NOT NULL;
UPDATE dashboard_insights SET fact_key = id::text;
CREATE UNIQUE INDEX dashboard_insights_once ON dashboard_insights (
    dashboard_view_id, dashboard_id, report_id, workflow_id, fact_key
) NULLS NOT DISTINCT
"""
RUNS = """
CREATE TABLE insight_runs (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    dashboard_view_id uuid UNIQUE REFERENCES dashboard_views ON DELETE CASCADE,
    dashboard_id uuid UNIQUE REFERENCES dashboards ON DELETE CASCADE,
    report_id uuid UNIQUE REFERENCES report_definitions ON DELETE CASCADE,
    asked_at timestamptz NOT NULL DEFAULT now(),
    due_at timestamptz DEFAULT now(),
    made_at timestamptz,
    data_version text,
    lease_until timestamptz,
    fence integer NOT NULL DEFAULT 0,
    step_tries integer NOT NULL DEFAULT 0,
    step_error text,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT run_of_one_thing
        CHECK (num_nonnulls(dashboard_view_id, dashboard_id, report_id) = 1)
);
CREATE INDEX insight_runs_due_idx ON insight_runs (due_at) WHERE due_at IS NOT NULL;
ALTER TABLE insight_runs ENABLE ROW LEVEL SECURITY;
ALTER TABLE insight_runs FORCE ROW LEVEL SECURITY;
CREATE POLICY owner_sees ON insight_runs TO amc_owner USING (true);
CREATE POLICY worker_sees ON insight_runs TO amc_worker USING (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON insight_runs TO amc_worker
"""


def part_of(table: str, key: str, parent: str) -> str:
    """The row's parent is one that the person sees."""
    return f"EXISTS (SELECT 1 FROM {parent} p WHERE p.id = {table}.{key})"


OF_A_VIEW = part_of("dashboard_insights", "dashboard_view_id", "dashboard_views")
# A member of the instance sees the insights of its reports. A dashboard shows those of its sources
# to whoever it is shown to, who sees their aggregates too.
MINE = f"""
    {part_of("dashboard_insights", "report_id", "report_definitions")}
    OR {part_of("dashboard_insights", "workflow_id", "workflows")}
"""
SHOWN = """
    report_id = ANY ((SELECT reports_shown_to_me())::uuid[])
    OR workflow_id = ANY ((SELECT workflows_shown_to_me())::uuid[])
"""
ON_IT = """
    EXISTS (
        SELECT 1 FROM dashboard_sources s WHERE s.dashboard_id = dashboard_insights.dashboard_id
            AND (s.report_id = dashboard_insights.report_id
                OR s.workflow_id = dashboard_insights.workflow_id)
    )
"""
SEEN = f"""
    {OF_A_VIEW}
    OR (dashboard_view_id IS NULL AND dashboard_id IS NULL AND ({MINE}))
    OR (dashboard_id IS NOT NULL AND {ON_IT} AND ({MINE} OR {SHOWN}))
"""
RUN_SEEN = " OR ".join(
    part_of("insight_runs", key, parent)
    for key, parent in (
        ("dashboard_view_id", "dashboard_views"),
        ("dashboard_id", "dashboards"),
        ("report_id", "report_definitions"),
    )
)


def upgrade() -> None:
    run(INSIGHTS)
    run(f"ALTER POLICY people_select ON dashboard_insights USING ({SEEN})")
    run(RUNS)
    run(f"CREATE POLICY people_select ON insight_runs FOR SELECT TO amc_api USING ({RUN_SEEN})")
    run(
        f"CREATE POLICY people_insert ON insight_runs FOR INSERT TO amc_api WITH CHECK ({RUN_SEEN})"
    )
    run(f"CREATE POLICY people_update ON insight_runs FOR UPDATE TO amc_api USING ({RUN_SEEN})")
    run("GRANT SELECT ON insight_runs TO amc_api")
    run("GRANT INSERT (id, dashboard_view_id, dashboard_id, report_id) ON insight_runs TO amc_api")
    run("GRANT UPDATE (asked_at, due_at) ON insight_runs TO amc_api")


def downgrade() -> None:
    run("DROP TABLE insight_runs")
    run("DELETE FROM dashboard_insights WHERE dashboard_view_id IS NULL")
    run(f"ALTER POLICY people_select ON dashboard_insights USING ({OF_A_VIEW})")
    names = [one.split()[0] for one in ADDED]
    run(
        f"""
        ALTER TABLE dashboard_insights
            DROP CONSTRAINT insight_of_a_view_or_a_source,
            {", ".join(f"DROP {one}" for one in names)},
            ALTER dashboard_view_id SET NOT NULL
        """
    )
