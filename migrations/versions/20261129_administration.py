"""Admins of an instance decide who its members are, and change its limits.

The database holds the rule: whoever is no admin of the instance changes none of these rows.
"""

from migrations.script import run

revision = "a1f0c3d95f16"
down_revision = "a1f0c3d95eb2"

ADMINISTERED = "ANY ((SELECT my_instances_to_administer())::uuid[])"
LIMITS = "max_concurrent, schedule_reserve, daily_quota, is_paused"


def upgrade() -> None:
    run(
        """
        CREATE FUNCTION my_instances_to_administer() RETURNS uuid[]
            LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
        AS $$
            SELECT ARRAY(
                SELECT instance_id FROM instance_members
                WHERE user_id = app_user_id() AND role = 'admin'
            )
        $$
        """
    )
    run("REVOKE ALL ON FUNCTION my_instances_to_administer() FROM PUBLIC")
    run("GRANT EXECUTE ON FUNCTION my_instances_to_administer() TO amc_api")
    run("ALTER FUNCTION my_instances_to_administer() OWNER TO amc_access")
    mine = f"instance_id = {ADMINISTERED}"
    for right, clause in (("INSERT", "WITH CHECK"), ("UPDATE", "USING"), ("DELETE", "USING")):
        run(
            f"CREATE POLICY people_{right.lower()} ON instance_members FOR {right} TO amc_api "
            f"{clause} ({mine})"
        )
    run("GRANT INSERT, DELETE, UPDATE (role) ON instance_members TO amc_api")
    run(
        "CREATE POLICY people_update ON amc_instances FOR UPDATE TO amc_api "
        f"USING (id = {ADMINISTERED})"
    )
    run(f"GRANT UPDATE ({LIMITS}) ON amc_instances TO amc_api")


def downgrade() -> None:
    run(f"REVOKE UPDATE ({LIMITS}) ON amc_instances FROM amc_api")
    run("DROP POLICY people_update ON amc_instances")
    run("REVOKE INSERT, DELETE, UPDATE (role) ON instance_members FROM amc_api")
    for right in ("insert", "update", "delete"):
        run(f"DROP POLICY people_{right} ON instance_members")
    run("DROP FUNCTION my_instances_to_administer()")
