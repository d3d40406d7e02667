"""Dashboards are handed over, notice targets are changed, and a quota's use is shown."""

from migrations.script import run

revision = "a1f0c3d95f32"
down_revision = "a1f0c3d95f31"

# The one way to another owner. It is asked as the owner, and answers whether it did it: nobody
# becomes the owner of numbers that they may not see themselves.
HAND_OVER = """
CREATE FUNCTION hand_over_dashboard(board uuid, person uuid) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
BEGIN
    UPDATE dashboards d SET user_id = person
    WHERE d.id = board AND d.user_id = app_user_id()
        AND EXISTS (SELECT 1 FROM users u WHERE u.id = person AND u.is_active)
        AND NOT EXISTS (
            SELECT 1 FROM dashboard_sources s
            LEFT JOIN report_definitions r ON r.id = s.report_id
            LEFT JOIN workflows w ON w.id = s.workflow_id
            WHERE s.dashboard_id = board AND NOT EXISTS (
                SELECT 1 FROM instance_members m WHERE m.user_id = person
                    AND m.instance_id = coalesce(r.instance_id, w.instance_id)
            )
        );
    RETURN FOUND;
END
$$;
REVOKE ALL ON FUNCTION hand_over_dashboard(uuid, uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION hand_over_dashboard(uuid, uuid) TO amc_api;
ALTER FUNCTION hand_over_dashboard(uuid, uuid) OWNER TO amc_access;
GRANT UPDATE (user_id) ON dashboards TO amc_access;
CREATE POLICY access_hands_over ON dashboards FOR UPDATE TO amc_access USING (true)
"""
TARGETS = """
GRANT UPDATE (events, export_format, dashboard_id, is_active) ON notice_targets TO amc_api;
CREATE POLICY people_update ON notice_targets FOR UPDATE TO amc_api
    USING (user_id = (SELECT app_user_id()))
    WITH CHECK (user_id = (SELECT app_user_id()) AND (dashboard_id IS NULL OR EXISTS (
        SELECT 1 FROM dashboards p WHERE p.id = notice_targets.dashboard_id
    )))
"""
# People see no intents; of their instances they see how many there were today.
STARTED = """
CREATE FUNCTION started_today(instances uuid[]) RETURNS TABLE (instance uuid, started integer)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
    SELECT t.instance_id, count(*)::integer FROM amc_intents t
    JOIN instance_members m ON m.instance_id = t.instance_id AND m.user_id = app_user_id()
    WHERE t.instance_id = ANY (instances)
        AND t.created_at >= date_trunc('day', now() AT TIME ZONE 'UTC') AT TIME ZONE 'UTC'
    GROUP BY 1
$$;
GRANT SELECT (instance_id, created_at) ON amc_intents TO amc_access;
REVOKE ALL ON FUNCTION started_today(uuid[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION started_today(uuid[]) TO amc_api;
ALTER FUNCTION started_today(uuid[]) OWNER TO amc_access
"""


def upgrade() -> None:
    run(HAND_OVER)
    run(STARTED)
    run(TARGETS)


def downgrade() -> None:
    run("DROP FUNCTION started_today(uuid[])")
    run("REVOKE SELECT (instance_id, created_at) ON amc_intents FROM amc_access")
    run("DROP POLICY people_update ON notice_targets")
    run(
        "REVOKE UPDATE (events, export_format, dashboard_id, is_active) ON notice_targets "
        "FROM amc_api"
    )
    run("DROP POLICY access_hands_over ON dashboards")
    run("REVOKE UPDATE (user_id) ON dashboards FROM amc_access")
    run("DROP FUNCTION hand_over_dashboard(uuid, uuid)")
