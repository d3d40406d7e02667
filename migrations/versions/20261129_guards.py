"""Rows point only at what their writer may see, and shares end with the right of who shares.

Three rules, kept by the database whatever the code above it does:

* A report, a report's drawing and a segment name only templates and stored files that the person
  who writes them may use.
* A dashboard shows a source to others only while the person who added it may see it, and while the
  dashboard's owner may sign in.
* A share is with an address. Whether a person has it is known to the database alone, which fills
  in the person, at once or when such a person comes.
"""

from migrations.script import run

revision = "a1f0c3d95eb1"
down_revision = "a1f0c3d95ea1"

NAMING = """
CREATE FUNCTION may_use_template(the_template uuid, the_version uuid) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
    SELECT app_user_id() IS NOT NULL AND EXISTS (
        SELECT 1 FROM query_templates t
        WHERE t.id = the_template AND (
            t.owner_id IS NULL OR t.is_public OR t.owner_id = app_user_id()
            OR EXISTS (
                SELECT 1 FROM report_definitions r
                WHERE r.template_id = t.id AND r.instance_id = ANY (my_instances())
            )
            OR EXISTS (
                SELECT 1 FROM report_configurations c
                LEFT JOIN report_definitions r ON r.id = c.report_id
                LEFT JOIN workflows w ON w.id = c.workflow_id
                WHERE c.query_template_id = t.id
                    AND coalesce(r.instance_id, w.instance_id) = ANY (my_instances())
            )
        )
    ) AND (the_version IS NULL OR EXISTS (
        SELECT 1 FROM query_template_versions v
        WHERE v.id = the_version AND v.template_id = the_template
    ))
$$;

CREATE FUNCTION may_name_result(the_location text) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
    SELECT EXISTS (
        SELECT 1 FROM report_executions
        WHERE output_location = the_location AND instance_id = ANY (my_instances())
    ) OR EXISTS (
        SELECT 1 FROM workflow_executions
        WHERE output_location = the_location AND instance_id = ANY (my_instances())
    ) OR EXISTS (
        SELECT 1 FROM report_data_weeks w
        JOIN report_data_collections c ON c.id = w.collection_id
        WHERE w.result_location = the_location AND c.instance_id = ANY (my_instances())
    )
$$;
"""
WEEK_EDITED = """EXISTS (
    SELECT 1 FROM report_data_collections p WHERE p.id = report_data_weeks.collection_id
    AND p.instance_id = ANY ((SELECT my_instances_to_edit())::uuid[])
)"""
NAMED = "result_location IS NULL OR may_name_result(result_location)"
ME = "(SELECT app_user_id())"
EDITED = "instance_id = ANY ((SELECT my_instances_to_edit())::uuid[])"
TEMPLATE = "may_use_template(template_id, template_version_id)"


def configured(also: str) -> str:
    """Return the condition that the person edits the report or workflow that is drawn."""
    parents = (("report_id", "report_definitions"), ("workflow_id", "workflows"))
    seen = " OR ".join(
        f"EXISTS (SELECT 1 FROM {parent} p WHERE p.id = report_configurations.{key} "
        f"AND p.instance_id = ANY ((SELECT my_instances_to_edit())::uuid[]))"
        for key, parent in parents
    )
    return f"({seen}){also}"


def started(table: str, key: str, parent: str) -> str:
    """Return the condition for executions that people start."""
    return (
        f"{EDITED} AND user_id = {ME} AND ({table}.{key} IS NULL OR EXISTS (SELECT 1 FROM {parent} "
        f"p WHERE p.id = {table}.{key} AND p.instance_id = {table}.instance_id))"
    )


REPORTS = ("report_executions", "report_id", "report_definitions")
WORKFLOWS = ("workflow_executions", "workflow_id", "workflows")
DRAWN = " AND (query_template_id IS NULL OR may_use_template(query_template_id, NULL))"
# Each policy with the condition for rows that are written, after and before this migration.
WRITTEN = {
    ("report_definitions", "people_insert"): (
        f"{EDITED} AND owner_id = {ME} AND {TEMPLATE}",
        f"{EDITED} AND owner_id = {ME}",
    ),
    ("report_definitions", "people_update"): (f"{EDITED} AND {TEMPLATE}", EDITED),
    ("report_configurations", "people_insert"): (configured(DRAWN), configured("")),
    ("report_configurations", "people_update"): (configured(DRAWN), configured("")),
    ("report_executions", "people_insert"): (
        f"{started(*REPORTS)} AND output_location IS NULL",
        started(*REPORTS),
    ),
    ("workflow_executions", "people_insert"): (
        f"{started(*WORKFLOWS)} AND output_location IS NULL",
        started(*WORKFLOWS),
    ),
    ("report_data_weeks", "people_insert"): (f"{WEEK_EDITED} AND ({NAMED})", WEEK_EDITED),
    ("report_data_weeks", "people_update"): (f"{WEEK_EDITED} AND ({NAMED})", WEEK_EDITED),
}
READS = ("query_templates", "report_configurations")
COLUMNS = {  # that these functions read, of tables of which amc_access reads little
    "report_executions": "instance_id, output_location",
    "report_data_weeks": "collection_id, result_location",
    "report_data_collections": "id, instance_id",
}

STANDING = """
-- Whether the source is shown by the right of the person who put it on the dashboard.
CREATE FUNCTION source_is_shown(adder uuid, place uuid, owner uuid) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
    SELECT EXISTS (
        SELECT 1 FROM instance_members m JOIN users u ON u.id = m.user_id
        WHERE m.user_id = adder AND m.instance_id = place AND u.is_active
    ) AND (owner IS NULL OR EXISTS (SELECT 1 FROM users u WHERE u.id = owner AND u.is_active))
$$;
"""
NEW_SHOWN = """
CREATE OR REPLACE FUNCTION {noun}s_shown_to_me() RETURNS uuid[]
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$ SELECT ARRAY(
    SELECT DISTINCT s.{noun}_id FROM dashboard_sources s
    JOIN dashboards d ON d.id = s.dashboard_id
    JOIN {table} n ON n.id = s.{noun}_id
    WHERE app_user_id() IS NOT NULL AND (
        d.is_public OR d.user_id = app_user_id() OR d.id IN (
            SELECT dashboard_id FROM dashboard_shares
            WHERE shared_with_user_id = app_user_id()
        )
    ) AND source_is_shown(s.added_by, n.instance_id, d.user_id)
) $$;
"""
OLD_SHOWN = """
CREATE OR REPLACE FUNCTION {noun}s_shown_to_me() RETURNS uuid[]
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$ SELECT ARRAY(
        SELECT DISTINCT s.{noun}_id FROM dashboard_sources s
        JOIN dashboards d ON d.id = s.dashboard_id
        WHERE s.{noun}_id IS NOT NULL AND app_user_id() IS NOT NULL AND (
            d.is_public OR d.id IN (
                SELECT dashboard_id FROM dashboard_shares
                WHERE shared_with_user_id = app_user_id()
            )
        )
    ) $$;
"""
SOURCES = """
CREATE FUNCTION sources_of(dashboards uuid[])
    RETURNS TABLE (
        dashboard_id uuid, report_id uuid, workflow_id uuid, name text, report_config jsonb,
        time_zone text, marketplace_id text, instance_id uuid{columns}
    )
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
    SELECT s.dashboard_id, s.report_id, s.workflow_id, coalesce(r.name, w.name),
        coalesce(v.report_config, w.report_config), coalesce(r.timezone, 'UTC'),
        a.marketplace_id, i.id{values}
    FROM dashboard_sources s
    JOIN dashboards d ON d.id = s.dashboard_id
    LEFT JOIN report_definitions r ON r.id = s.report_id
    LEFT JOIN query_template_versions v ON v.id = r.template_version_id
    LEFT JOIN workflows w ON w.id = s.workflow_id
    JOIN amc_instances i ON i.id = coalesce(r.instance_id, w.instance_id)
    JOIN amc_accounts a ON a.id = i.account_id
    WHERE s.dashboard_id = ANY (dashboards) AND app_user_id() IS NOT NULL AND (
        {shown}
        OR (d.user_id = app_user_id() AND i.id IN (
            SELECT m.instance_id FROM instance_members m WHERE m.user_id = app_user_id()
        ))
    )
$$;
REVOKE ALL ON FUNCTION sources_of(uuid[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sources_of(uuid[]) TO amc_api;
ALTER FUNCTION sources_of(uuid[]) OWNER TO amc_access
"""
IS_SHOWN = "source_is_shown(s.added_by, i.id, d.user_id)"
WITH_ME = """d.is_public
        OR {mine}d.id IN (
            SELECT sh.dashboard_id FROM dashboard_shares sh
            WHERE sh.shared_with_user_id = app_user_id()
        )"""
NEW_SOURCES = SOURCES.format(
    columns=", is_shown boolean",
    values=f", {IS_SHOWN}",
    shown=f"""(({WITH_ME.format(mine="d.user_id = app_user_id() OR ")})
        AND {IS_SHOWN})""",
)
OLD_SOURCES = SOURCES.format(columns="", values="", shown=WITH_ME.format(mine=""))

SHARES = """
ALTER TABLE dashboard_shares
    ADD email text,
    ALTER shared_with_user_id DROP NOT NULL;
UPDATE dashboard_shares s SET email = u.email FROM users u WHERE u.id = s.shared_with_user_id;
ALTER TABLE dashboard_shares ALTER email SET NOT NULL;
CREATE UNIQUE INDEX one_share_of_an_address ON dashboard_shares (dashboard_id, lower(email));
CREATE INDEX shares_that_wait_idx ON dashboard_shares (lower(email))
    WHERE shared_with_user_id IS NULL;

CREATE FUNCTION person_of_share() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
BEGIN
    NEW.shared_with_user_id := (
        SELECT u.id FROM users u
        WHERE lower(u.email) = lower(NEW.email) AND u.is_active AND NOT EXISTS (
            SELECT 1 FROM dashboard_shares o
            WHERE o.dashboard_id = NEW.dashboard_id AND o.shared_with_user_id = u.id
        )
    );
    RETURN NEW;
END
$$;
CREATE TRIGGER person_of_share BEFORE INSERT ON dashboard_shares
    FOR EACH ROW WHEN (NEW.shared_with_user_id IS NULL) EXECUTE FUNCTION person_of_share();

CREATE FUNCTION shares_of_new_person() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
BEGIN
    UPDATE dashboard_shares s SET shared_with_user_id = NEW.id
    FROM dashboards d
    WHERE d.id = s.dashboard_id AND d.user_id IS DISTINCT FROM NEW.id
        AND lower(s.email) = lower(NEW.email) AND s.shared_with_user_id IS NULL
        AND NOT EXISTS (
            SELECT 1 FROM dashboard_shares o
            WHERE o.dashboard_id = s.dashboard_id AND o.shared_with_user_id = NEW.id
        );
    RETURN NULL;
END
$$;
CREATE TRIGGER shares_of_new_person AFTER INSERT OR UPDATE OF email, is_active ON users
    FOR EACH ROW WHEN (NEW.is_active) EXECUTE FUNCTION shares_of_new_person();
GRANT UPDATE (shared_with_user_id) ON dashboard_shares TO amc_access;
CREATE POLICY access_fills_in ON dashboard_shares FOR UPDATE TO amc_access USING (true);

-- What an owner is told of people is told of addresses: names are for those who share an instance.
CREATE OR REPLACE FUNCTION people_i_share_with() RETURNS uuid[]
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
    SELECT ARRAY(
        SELECT d.user_id FROM dashboard_shares sh
        JOIN dashboards d ON d.id = sh.dashboard_id WHERE sh.shared_with_user_id = app_user_id()
    )
$$;
"""
OLD_SHARES = """
CREATE OR REPLACE FUNCTION people_i_share_with() RETURNS uuid[]
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
DROP POLICY access_fills_in ON dashboard_shares;
REVOKE UPDATE (shared_with_user_id) ON dashboard_shares FROM amc_access;
DROP TRIGGER shares_of_new_person ON users;
DROP FUNCTION shares_of_new_person();
DROP TRIGGER person_of_share ON dashboard_shares;
DROP FUNCTION person_of_share();
DROP INDEX shares_that_wait_idx;
DROP INDEX one_share_of_an_address;
DELETE FROM dashboard_shares WHERE shared_with_user_id IS NULL;
ALTER TABLE dashboard_shares DROP email, ALTER shared_with_user_id SET NOT NULL
"""
SIGNED_IN = """
CREATE FUNCTION i_may_sign_in() RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$ SELECT coalesce((SELECT is_active FROM users WHERE id = app_user_id()), false) $$
"""
KINDS = (("report", "report_definitions"), ("workflow", "workflows"))
CALLED = (
    "may_use_template(uuid, uuid)",
    "may_name_result(text)",
    "source_is_shown(uuid, uuid, uuid)",
    "i_may_sign_in()",
)


def upgrade() -> None:
    for table in READS:
        run(f"GRANT SELECT ON {table} TO amc_access")
    for table, columns in COLUMNS.items():
        run(f"GRANT SELECT ({columns}) ON {table} TO amc_access")
    run("CREATE POLICY access_sees ON query_templates FOR SELECT TO amc_access USING (true)")
    run(NAMING)
    run(STANDING)
    run(SIGNED_IN)
    for name in CALLED:
        _owned(name)
        run(f"GRANT EXECUTE ON FUNCTION {name} TO amc_api")
    for (table, policy), (condition, _) in WRITTEN.items():
        run(f"ALTER POLICY {policy} ON {table} WITH CHECK ({condition})")
    for noun, table in KINDS:
        run(NEW_SHOWN.format(noun=noun, table=table))
    run("DROP FUNCTION sources_of(uuid[])")
    run(NEW_SOURCES)
    run(SHARES)
    for name in ("person_of_share()", "shares_of_new_person()"):
        _owned(name)


def _owned(signature: str) -> None:
    run(f"REVOKE ALL ON FUNCTION {signature} FROM PUBLIC")
    run(f"ALTER FUNCTION {signature} OWNER TO amc_access")


def downgrade() -> None:
    run(OLD_SHARES)
    run("DROP FUNCTION sources_of(uuid[])")
    run(OLD_SOURCES)
    for noun, table in KINDS:
        run(OLD_SHOWN.format(noun=noun, table=table))
    for (table, policy), (_, condition) in WRITTEN.items():
        run(f"ALTER POLICY {policy} ON {table} WITH CHECK ({condition})")
    for name in CALLED:
        run(f"DROP FUNCTION {name}")
    run("DROP POLICY access_sees ON query_templates")
    for table, columns in COLUMNS.items():
        run(f"REVOKE SELECT ({columns}) ON {table} FROM amc_access")
    for table in READS:
        run(f"REVOKE SELECT ON {table} FROM amc_access")
