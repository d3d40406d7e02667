"""The audit: who did what to which object, and when. It is only added to.

Triggers write it in the transaction of the change, so that no way to change a row goes around it.
They know who acts by settings of the transaction: `app.user_id` of a person, `app.operator` of an
operator's command, and `app.operation`, the mutation or command. What the engine does is not
audited, but for what retention removes.
"""

import json
from typing import Any

from migrations.script import drop, run

revision = "a1f0c3d96001"
down_revision = "a1f0c3d95f3a"

TABLE = """
CREATE TABLE audit_entries (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    origin text NOT NULL,
    actor_id uuid,
    operator text,
    operation text,
    act text NOT NULL,
    object_type text NOT NULL,
    object_id uuid NOT NULL,
    object_name text,
    parent_type text,
    parent_id uuid,
    owner_id uuid,
    instance_id uuid,
    before jsonb,
    after jsonb,
    CONSTRAINT audit_entries_act_check CHECK (act IN ('create', 'change', 'delete')),
    CONSTRAINT audit_entries_origin_check CHECK (origin IN ('person', 'operator', 'engine')),
    CONSTRAINT a_person_has_a_key CHECK ((origin = 'person') = (actor_id IS NOT NULL))
);
CREATE INDEX audit_entries_created_at_idx ON audit_entries (created_at DESC, id DESC);
CREATE INDEX audit_entries_of_instance_idx ON audit_entries
    (instance_id, created_at DESC, id DESC);
CREATE INDEX audit_entries_of_object_idx ON audit_entries (object_id, created_at DESC, id DESC);
CREATE INDEX audit_entries_of_parent_idx ON audit_entries (parent_id, created_at DESC, id DESC);
CREATE INDEX audit_entries_of_owner_idx ON audit_entries (owner_id, created_at DESC, id DESC);
CREATE INDEX audit_entries_of_actor_idx ON audit_entries (actor_id, created_at DESC, id DESC);
CREATE INDEX audit_entries_of_server_idx ON audit_entries (object_type, created_at DESC, id DESC)
    WHERE object_type IN ('user', 'account', 'retention');
"""
FUNCTIONS = """
-- Long values are told by their length, so that an entry stays small.
CREATE FUNCTION audited_value(value jsonb) RETURNS jsonb
    LANGUAGE sql IMMUTABLE
AS $$
    SELECT CASE WHEN length(value::text) > 8192
        THEN to_jsonb(length(value::text) || ' characters') ELSE value END
$$;

-- The argument is JSON: `type`, `columns` that are shown, `sealed` ones of which only the change
-- is told, and which columns have the `key`, the `name`, the `owner`, the `instance` and the
-- `parents`. With `within`, owner and instance are those of the report, workflow or dashboard.
CREATE FUNCTION write_audit_entry() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
DECLARE
    spec jsonb := TG_ARGV[0]::jsonb;
    old_row jsonb := CASE TG_OP WHEN 'INSERT' THEN '{}'::jsonb ELSE to_jsonb(OLD) END;
    new_row jsonb := CASE TG_OP WHEN 'DELETE' THEN '{}'::jsonb ELSE to_jsonb(NEW) END;
    whole jsonb := CASE TG_OP WHEN 'DELETE' THEN old_row ELSE new_row END;
    owner uuid := (whole ->> (spec ->> 'owner'))::uuid;
    place uuid := (whole ->> (spec ->> 'instance'))::uuid;
    parent text;
    said_before jsonb;
    said_after jsonb;
    is_there boolean;
BEGIN
    SELECT jsonb_object_agg(name, audited_value(old_row -> name))
            FILTER (WHERE jsonb_typeof(old_row -> name) <> 'null' OR TG_OP = 'UPDATE'),
        jsonb_object_agg(name, audited_value(new_row -> name))
            FILTER (WHERE jsonb_typeof(new_row -> name) <> 'null' OR TG_OP = 'UPDATE')
    INTO said_before, said_after
    FROM jsonb_array_elements_text(spec -> 'columns') AS name
    WHERE old_row -> name IS DISTINCT FROM new_row -> name;
    SELECT coalesce(said_before, '{}') || coalesce(jsonb_object_agg(name, to_jsonb('secret'::text))
            FILTER (WHERE jsonb_typeof(old_row -> name) <> 'null'), '{}'),
        coalesce(said_after, '{}') || coalesce(jsonb_object_agg(name, to_jsonb('secret'::text))
            FILTER (WHERE jsonb_typeof(new_row -> name) <> 'null'), '{}')
    INTO said_before, said_after
    FROM jsonb_array_elements_text(coalesce(spec -> 'sealed', '[]')) AS name
    WHERE old_row -> name IS DISTINCT FROM new_row -> name;
    IF TG_OP = 'UPDATE' AND said_before = '{}' AND said_after = '{}' THEN
        RETURN NULL;
    END IF;
    IF spec ? 'within' THEN
        SELECT true, of.owner_id, coalesce(of.instance_id, place) INTO is_there, owner, place
        FROM (
            SELECT r.owner_id, r.instance_id FROM report_definitions r
            WHERE r.id = (whole ->> 'report_id')::uuid
            UNION ALL
            SELECT w.user_id, w.instance_id FROM workflows w
            WHERE w.id = (whole ->> 'workflow_id')::uuid
            UNION ALL
            SELECT d.user_id, NULL FROM dashboards d
            WHERE d.id = (whole ->> 'dashboard_id')::uuid
            UNION ALL
            SELECT NULL, (whole ->> 'instance_id')::uuid
            WHERE spec ? 'instance' AND whole ->> 'instance_id' IS NOT NULL
        ) of LIMIT 1;
        IF is_there IS NULL THEN
            RETURN NULL;  -- it goes with its parent, which has an entry
        END IF;
    END IF;
    SELECT name INTO parent FROM jsonb_array_elements_text(coalesce(spec -> 'parents', '[]')) name
    WHERE whole ->> name IS NOT NULL LIMIT 1;
    INSERT INTO audit_entries (
        origin, actor_id, operator, operation, act, object_type, object_id, object_name,
        parent_type, parent_id, owner_id, instance_id, before, after
    ) VALUES (
        CASE WHEN app_user_id() IS NOT NULL THEN 'person'
            WHEN nullif(current_setting('app.operator', true), '') IS NOT NULL THEN 'operator'
            ELSE 'engine' END,
        app_user_id(),
        CASE WHEN app_user_id() IS NULL
            THEN nullif(current_setting('app.operator', true), '') END,
        nullif(current_setting('app.operation', true), ''),
        CASE TG_OP WHEN 'INSERT' THEN 'create' WHEN 'UPDATE' THEN 'change' ELSE 'delete' END,
        spec ->> 'type',
        coalesce(whole ->> (spec ->> 'key'), whole ->> 'id')::uuid,
        left(CASE spec ->> 'type'
            WHEN 'member' THEN (SELECT u.email FROM users u WHERE u.id = owner)
            ELSE whole ->> (spec ->> 'name') END, 500),
        replace(parent, '_id', ''),
        (whole ->> parent)::uuid,
        owner,
        place,
        CASE WHEN TG_OP <> 'INSERT' THEN said_before END,
        CASE WHEN TG_OP <> 'DELETE' THEN said_after END
    );
    RETURN NULL;
END
$$;

-- An account is administered by whoever is an admin of all its instances.
CREATE FUNCTION my_accounts_to_administer() RETURNS uuid[]
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
    SELECT ARRAY(
        SELECT i.account_id FROM amc_instances i
        LEFT JOIN instance_members m ON m.instance_id = i.id AND m.user_id = app_user_id()
        WHERE i.is_active
        GROUP BY i.account_id HAVING bool_and(coalesce(m.role = 'admin', false))
    )
$$;

CREATE FUNCTION i_administer_the_server() RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
    SELECT coalesce(
        (SELECT u.role = 'admin' AND u.is_active FROM users u WHERE u.id = app_user_id()), false
    )
$$;

-- Not what is younger than a month, whatever is asked.
CREATE FUNCTION forget_audit_entries(older timestamptz, most integer)
    RETURNS TABLE (items bigint, bytes bigint)
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
    WITH gone AS (
        SELECT a.id FROM audit_entries a
        WHERE a.created_at < least(older, now() - interval '30 days')
            AND NOT is_held(a.object_id, a.object_id, a.instance_id)
            AND NOT is_held(a.parent_id, a.parent_id, NULL)
        LIMIT most
    ), removed AS (
        DELETE FROM audit_entries a USING gone WHERE a.id = gone.id
        RETURNING pg_column_size(a.*) AS bytes
    )
    SELECT count(*), coalesce(sum(removed.bytes), 0)::bigint FROM removed
$$;
"""
CALLED = {  # by whom
    "my_accounts_to_administer()": "amc_api",
    "i_administer_the_server()": "amc_api",
    "forget_audit_entries(timestamptz, integer)": "amc_worker",
}
OWNED = ("audited_value(jsonb)", "write_audit_entry()", *CALLED)
ME = "(SELECT app_user_id())"
SEEN = f"""
    instance_id = ANY ((SELECT my_instances_to_administer())::uuid[])
    OR (instance_id = ANY ((SELECT my_instances())::uuid[]) AND owner_id = {ME})
    OR (instance_id = ANY ((SELECT my_instances())::uuid[]) AND actor_id = {ME})
    OR (instance_id IS NULL AND owner_id = {ME})
    OR (object_type = 'account'
        AND object_id = ANY ((SELECT my_accounts_to_administer())::uuid[]))
    OR (object_type IN ('user', 'account', 'retention')
        AND (SELECT i_administer_the_server()))
"""
FOR_ACCESS = """
GRANT SELECT, INSERT, DELETE ON audit_entries TO amc_access;
CREATE POLICY access_writes ON audit_entries TO amc_access USING (true);
"""
EXECUTION = (
    "status triggered_by time_window_start time_window_end time_zone parameters_snapshot "
    "retry_of cancel_state cancel_requested_at"
)
SCHEDULE = (
    "schedule_type cron_expression timezone default_parameters is_active is_paused pause_note "
    "schedule_config data_window overlap catch_up catch_up_seconds jitter_seconds "
    "pause_after_failures keeps_history user_id"
)


def _spec(kind: str, columns: str, **more: Any) -> dict[str, Any]:
    return {"type": kind, "columns": columns.split(), "key": "id", **more}


AUDITED = {
    "report_definitions": _spec(
        *(
            "report",
            "name description template_id template_version_id parameters frequency timezone "
            "is_active dashboard_id archived_at",
        ),
        **{"name": "name", "owner": "owner_id", "instance": "instance_id"},
    ),
    "workflows": _spec(
        *(
            "workflow",
            "name description sql_query parameter_definitions parameters report_config "
            "report_enabled archived_at",
        ),
        **{"name": "name", "owner": "user_id", "instance": "instance_id"},
    ),
    "query_templates": _spec(
        *(
            "template",
            "name description category sql_template parameter_definitions is_public version "
            "archived_at report_type report_config ui_schema",
        ),
        **{"name": "name", "owner": "owner_id"},
    ),
    "report_schedules": _spec("schedule", SCHEDULE, within=True, parents=["report_id"]),
    "workflow_schedules": _spec(
        "workflow_schedule", SCHEDULE, within=True, parents=["workflow_id"]
    ),
    "report_data_collections": _spec(
        *(
            "collection",
            "collection_type target_weeks start_date end_date status configuration user_id "
            "lookback_config segmentation_config cancel_requested_at version",
        ),
        **{"owner": "user_id", "instance": "instance_id", "parents": ["report_id", "workflow_id"]},
    ),
    "report_executions": _spec(
        *("execution", EXECUTION),
        **{"owner": "user_id", "instance": "instance_id", "parents": ["report_id"]},
    ),
    "workflow_executions": _spec(
        *("workflow_execution", EXECUTION),
        **{"owner": "user_id", "instance": "instance_id", "parents": ["workflow_id"]},
    ),
    "dashboards": _spec(
        *("dashboard", "name description template_type filter_config is_public user_id"),
        **{"name": "name", "owner": "user_id"},
    ),
    "dashboard_widgets": _spec(
        *("widget", "widget_type chart_type title data_source display_config position_config"),
        **{"name": "title", "within": True, "parents": ["dashboard_id"]},
    ),
    "dashboard_shares": _spec(
        *("share", "email permission_level"),
        **{"name": "email", "within": True, "parents": ["dashboard_id"]},
    ),
    "report_configurations": _spec(
        *("configuration", "enabled dashboard_type visualization_config query_template_id"),
        **{"within": True, "parents": ["report_id", "workflow_id"]},
    ),
    "report_exports": _spec(
        *("export", "export_format options state"),
        owner="exported_by",
        parents=["dashboard_id", "report_id", "execution_id", "collection_id"],
    ),
    "report_builder_audit": _spec(
        *("builder_session", "step_completed configuration"),
        **{"key": "session_id", "owner": "user_id", "parents": ["report_id"]},
    ),
    "notice_targets": _spec(
        *("notice_target", "kind events is_active export_format"),
        **{"owner": "user_id", "sealed": ["address", "secret"]},
    ),
    "instance_members": _spec(
        *("member", "role"),
        **{
            "key": "user_id",
            "owner": "user_id",
            "instance": "instance_id",
            "parents": ["instance_id"],
        },
    ),
    "amc_instances": _spec(
        *(
            "instance",
            "instance_name instance_type is_active max_concurrent schedule_reserve daily_quota "
            "settling_lag_days is_paused",
        ),
        **{"name": "instance_name", "instance": "id"},
    ),
    "amc_accounts": _spec(
        *("account", "amc_account_id name marketplace_id region token_state"),
        **{"name": "name", "sealed": ["refresh_token"]},
    ),
    "users": _spec(
        *("user", "email name role is_active time_zone"),
        **{"name": "email", "owner": "id"},
    ),
    "legal_holds": _spec(
        *("hold", "reason released_at"),
        **{
            "within": True,
            "instance": "instance_id",
            "parents": ["report_id", "workflow_id", "instance_id"],
        },
    ),
}
RETENTION = _spec("retention", "items bytes", name="rule")
SOMEBODY_ACTS = (
    "app_user_id() IS NOT NULL OR nullif(current_setting('app.operator', true), '') IS NOT NULL"
)


def upgrade() -> None:
    run(TABLE)
    run(FUNCTIONS)
    run("ALTER TABLE audit_entries ENABLE ROW LEVEL SECURITY")
    run("ALTER TABLE audit_entries FORCE ROW LEVEL SECURITY")
    run("CREATE POLICY owner_sees ON audit_entries TO amc_owner USING (true)")
    run("CREATE POLICY worker_sees ON audit_entries TO amc_worker USING (true)")
    run(f"CREATE POLICY people_select ON audit_entries FOR SELECT TO amc_api USING ({SEEN})")
    run("GRANT SELECT ON audit_entries TO amc_api, amc_worker")
    run(FOR_ACCESS)
    for signature in OWNED:
        run(f"REVOKE ALL ON FUNCTION {signature} FROM PUBLIC")
        run(f"ALTER FUNCTION {signature} OWNER TO amc_access")
    for signature, role in CALLED.items():
        run(f"GRANT EXECUTE ON FUNCTION {signature} TO {role}")
    for table, spec in AUDITED.items():
        _audit(table, spec, "INSERT OR UPDATE OR DELETE", f"WHEN ({SOMEBODY_ACTS})")
    _audit("retention_log", RETENTION, "INSERT OR UPDATE", "")
    run("INSERT INTO retention_rules (name) VALUES ('audit')")


def _audit(table: str, spec: dict[str, Any], acts: str, when: str) -> None:
    run(
        f"CREATE TRIGGER audit AFTER {acts} ON {table} FOR EACH ROW {when} "
        f"EXECUTE FUNCTION write_audit_entry('{json.dumps(spec)}')"
    )


def downgrade() -> None:
    run("DELETE FROM retention_rules WHERE name = 'audit'")
    for table in (*AUDITED, "retention_log"):
        run(f"DROP TRIGGER audit ON {table}")
    run("DROP POLICY people_select ON audit_entries")
    for signature in OWNED:
        run(f"DROP FUNCTION {signature}")
    drop("audit_entries")
