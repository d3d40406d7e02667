"""What a person may see by membership and by share, as functions.

They belong to the role amc_access, which nobody signs in as and which sees what it needs for
them. Policies that looked at each other's tables directly would recurse for ever. Each returns
all the ids at once, so that a policy asks once for a statement and not once for a row.
"""

from migrations.script import run

revision = "a1f0c3d95e0a"
down_revision = "a1f0c3d95e09"

READS = (
    "users",
    "instance_members",
    "dashboards",
    "dashboard_shares",
    "dashboard_sources",
)
IDS = {
    "my_instances": """
        SELECT instance_id FROM instance_members WHERE user_id = app_user_id()
    """,
    "my_instances_to_edit": """
        SELECT instance_id FROM instance_members
        WHERE user_id = app_user_id() AND role IN ('editor', 'admin')
    """,
    "my_teammates": """
        SELECT DISTINCT other.user_id FROM instance_members mine
        JOIN instance_members other USING (instance_id)
        WHERE mine.user_id = app_user_id()
    """,
    "my_dashboards": """
        SELECT id FROM dashboards WHERE user_id = app_user_id()
    """,
    "my_dashboards_to_edit": """
        SELECT id FROM dashboards WHERE user_id = app_user_id()
        UNION
        SELECT dashboard_id FROM dashboard_shares
        WHERE shared_with_user_id = app_user_id() AND permission_level = 'edit'
    """,
    "dashboards_shown_to_me": """
        SELECT dashboard_id FROM dashboard_shares WHERE shared_with_user_id = app_user_id()
    """,
    "reports_shown_to_me": """
        SELECT DISTINCT s.report_id FROM dashboard_sources s
        JOIN dashboards d ON d.id = s.dashboard_id
        WHERE s.report_id IS NOT NULL AND app_user_id() IS NOT NULL AND (
            d.is_public OR d.id IN (
                SELECT dashboard_id FROM dashboard_shares
                WHERE shared_with_user_id = app_user_id()
            )
        )
    """,
    "workflows_shown_to_me": """
        SELECT DISTINCT s.workflow_id FROM dashboard_sources s
        JOIN dashboards d ON d.id = s.dashboard_id
        WHERE s.workflow_id IS NOT NULL AND app_user_id() IS NOT NULL AND (
            d.is_public OR d.id IN (
                SELECT dashboard_id FROM dashboard_shares
                WHERE shared_with_user_id = app_user_id()
            )
        )
    """,
}
SIGNING_IN = """
-- Nobody is signed in yet when these are asked. They answer for one (issuer, subject) only.
CREATE FUNCTION user_who_signs_in(the_issuer text, the_subject text)
    RETURNS TABLE (id uuid, email text, name text, role text, is_active boolean)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
    SELECT u.id, u.email, u.name, u.role, u.is_active FROM users u
    WHERE u.issuer = the_issuer AND u.subject = the_subject
$$;

CREATE FUNCTION user_who_is_new(
    the_issuer text, the_subject text, the_email text, the_name text
)
    RETURNS void
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
    INSERT INTO users (issuer, subject, email, name)
    VALUES (the_issuer, the_subject, the_email, the_name)
    ON CONFLICT DO NOTHING
$$;
"""
SIGNATURES = (
    *(f"{name}()" for name in IDS),
    "user_who_signs_in(text, text)",
    "user_who_is_new(text, text, text, text)",
)


def upgrade() -> None:
    for name, ids in IDS.items():
        run(
            f"""
            CREATE FUNCTION {name}() RETURNS uuid[]
                LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
            AS $$ SELECT ARRAY({ids}) $$
            """
        )
    run(SIGNING_IN)
    for signature in SIGNATURES:
        run(f"REVOKE ALL ON FUNCTION {signature} FROM PUBLIC")
        run(f"GRANT EXECUTE ON FUNCTION {signature} TO amc_api")
        run(f"ALTER FUNCTION {signature} OWNER TO amc_access")
    for table in READS:
        run(f"GRANT SELECT ON {table} TO amc_access")
        run(f"CREATE POLICY access_sees ON {table} FOR SELECT TO amc_access USING (true)")
    run("GRANT INSERT ON users TO amc_access")
    run("CREATE POLICY access_adds ON users FOR INSERT TO amc_access WITH CHECK (true)")


def downgrade() -> None:
    run("DROP POLICY access_adds ON users")
    run("REVOKE INSERT ON users FROM amc_access")
    for table in READS:
        run(f"DROP POLICY access_sees ON {table}")
        run(f"REVOKE SELECT ON {table} FROM amc_access")
    for signature in SIGNATURES:
        run(f"DROP FUNCTION {signature}")
