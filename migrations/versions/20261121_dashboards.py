"""What a dashboard needs to be shared, drawn and changed by several people at once.

Whoever is shown a dashboard is shown the aggregates of its sources, and so has to know what these
are called and how their metrics are meant: that is asked of a function, and nothing else of a
report or a template is.
"""

from migrations.script import run, stamp_updates

revision = "a1f0c3d95e10"
down_revision = "a1f0c3d95e20"

VERSIONS = """
ALTER TABLE dashboards
    ADD version bigint NOT NULL DEFAULT 1,
    ADD data_version bigint NOT NULL DEFAULT 0;
ALTER TABLE dashboard_widgets ADD CONSTRAINT dashboard_widgets_chart_type_check CHECK (
    chart_type IN ('line', 'bar', 'pie', 'scatter', 'area', 'funnel')
);
GRANT UPDATE (version) ON dashboards TO amc_api;
GRANT UPDATE (data_version) ON dashboards TO amc_worker;
"""
# New numbers are no change of what people have decided.
STAMPED = """
DROP TRIGGER update_dashboards_updated_at ON dashboards;
CREATE TRIGGER update_dashboards_updated_at BEFORE UPDATE ON dashboards
    FOR EACH ROW WHEN (NEW.data_version = OLD.data_version)
    EXECUTE FUNCTION update_updated_at_column();
"""
READS = (
    "report_definitions",
    "query_template_versions",
    "workflows",
    "amc_instances",
    "amc_accounts",
)
SOURCES = """
-- The sources of these dashboards, as far as the person is shown their aggregates.
CREATE FUNCTION sources_of(dashboards uuid[])
    RETURNS TABLE (
        dashboard_id uuid, report_id uuid, workflow_id uuid, name text, report_config jsonb,
        time_zone text, marketplace_id text, instance_id uuid
    )
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
    SELECT s.dashboard_id, s.report_id, s.workflow_id, coalesce(r.name, w.name),
        coalesce(v.report_config, w.report_config), coalesce(r.timezone, 'UTC'),
        a.marketplace_id, i.id
    FROM dashboard_sources s
    JOIN dashboards d ON d.id = s.dashboard_id
    LEFT JOIN report_definitions r ON r.id = s.report_id
    LEFT JOIN query_template_versions v ON v.id = r.template_version_id
    LEFT JOIN workflows w ON w.id = s.workflow_id
    JOIN amc_instances i ON i.id = coalesce(r.instance_id, w.instance_id)
    JOIN amc_accounts a ON a.id = i.account_id
    WHERE s.dashboard_id = ANY (dashboards) AND app_user_id() IS NOT NULL AND (
        d.is_public
        OR d.id IN (
            SELECT sh.dashboard_id FROM dashboard_shares sh
            WHERE sh.shared_with_user_id = app_user_id()
        )
        OR (d.user_id = app_user_id() AND i.id IN (
            SELECT m.instance_id FROM instance_members m WHERE m.user_id = app_user_id()
        ))
    )
$$;
"""
PEOPLE = """
-- Nobody is listed: it answers for one address.
CREATE FUNCTION user_of_address(address text) RETURNS uuid
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
    SELECT u.id FROM users u
    WHERE lower(u.email) = lower(address) AND u.is_active AND app_user_id() IS NOT NULL
$$;

CREATE FUNCTION people_i_share_with() RETURNS uuid[]
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
    SELECT ARRAY(
        SELECT sh.shared_with_user_id FROM dashboard_shares sh
        JOIN dashboards d ON d.id = sh.dashboard_id WHERE d.user_id = app_user_id()
        UNION
        SELECT d.user_id FROM dashboard_shares sh
        JOIN dashboards d ON d.id = sh.dashboard_id WHERE sh.shared_with_user_id = app_user_id()
    )
$$;
"""
SIGNATURES = ("sources_of(uuid[])", "user_of_address(text)", "people_i_share_with()")
TEAM = "id = (SELECT app_user_id()) OR id = ANY ((SELECT my_teammates())::uuid[])"
SHARING = "id = ANY ((SELECT people_i_share_with())::uuid[])"


def upgrade() -> None:
    run(VERSIONS)
    run(STAMPED)
    run(SOURCES)
    run(PEOPLE)
    for signature in SIGNATURES:
        run(f"REVOKE ALL ON FUNCTION {signature} FROM PUBLIC")
        run(f"GRANT EXECUTE ON FUNCTION {signature} TO amc_api")
        run(f"ALTER FUNCTION {signature} OWNER TO amc_access")
    for table in READS:
        run(f"GRANT SELECT ON {table} TO amc_access")
        run(f"CREATE POLICY access_sees ON {table} FOR SELECT TO amc_access USING (true)")
    run(f"ALTER POLICY people_select ON users USING ({TEAM} OR {SHARING})")


def downgrade() -> None:
    run(f"ALTER POLICY people_select ON users USING ({TEAM})")
    for table in READS:
        run(f"DROP POLICY access_sees ON {table}")
        run(f"REVOKE SELECT ON {table} FROM amc_access")
    for signature in SIGNATURES:
        run(f"DROP FUNCTION {signature}")
    run("ALTER TABLE dashboard_widgets DROP CONSTRAINT dashboard_widgets_chart_type_check")
    run("DROP TRIGGER update_dashboards_updated_at ON dashboards")
    stamp_updates("dashboards")
    run("ALTER TABLE dashboards DROP data_version, DROP version")
