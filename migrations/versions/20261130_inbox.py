"""The inbox: what happened to what is a person's, read or not.

Triggers write it in the transaction of what happened, once for each event, and with it the notices
of targets that subscribed to the event. Events of schedules are told by the scheduler.
"""

from migrations.script import run

revision = "a1f0c3d96004"
down_revision = "a1f0c3d96003"

NEW = "'COLLECTION_ENDED', 'RUN_FAILED', 'SHARED', 'QUOTA_REACHED'"
OLD = "'COMPLETED', 'FAILED', 'PAUSED_BY_FAILURES', 'MISSED'"
EVENTS = """
ALTER TABLE notice_targets DROP CONSTRAINT notice_targets_events_check,
    ADD CONSTRAINT notice_targets_events_check CHECK (events <> '{{}}' AND events <@ ARRAY[{0}]);
ALTER TABLE notices DROP CONSTRAINT notices_event_check,
    ADD CONSTRAINT notices_event_check CHECK (event IN ({0}))
"""
TABLE = f"""
CREATE TABLE inbox_entries (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    event text NOT NULL,
    dedupe_key text NOT NULL,
    instance_id uuid REFERENCES amc_instances ON DELETE CASCADE,
    dashboard_id uuid REFERENCES dashboards ON DELETE CASCADE,
    object_id text,
    source_id text,
    name text,
    reason text,
    read_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT inbox_entries_event_check CHECK (event IN ({OLD}, {NEW})),
    UNIQUE (user_id, event, dedupe_key)
);
CREATE INDEX inbox_entries_of_user_idx ON inbox_entries (user_id, created_at DESC, id DESC);
CREATE INDEX inbox_entries_unread_idx ON inbox_entries (user_id) WHERE read_at IS NULL;
CREATE INDEX inbox_entries_instance_id_idx ON inbox_entries (instance_id);
CREATE INDEX inbox_entries_dashboard_id_idx ON inbox_entries (dashboard_id);
CREATE INDEX inbox_entries_age_idx ON inbox_entries USING brin (created_at) WITH (autosummarize);
ALTER TABLE inbox_entries ENABLE ROW LEVEL SECURITY;
ALTER TABLE inbox_entries FORCE ROW LEVEL SECURITY;
CREATE POLICY owner_sees ON inbox_entries TO amc_owner USING (true);
CREATE POLICY worker_sees ON inbox_entries TO amc_worker USING (true);
CREATE POLICY access_writes ON inbox_entries FOR INSERT TO amc_access WITH CHECK (true);
CREATE POLICY people_select ON inbox_entries FOR SELECT TO amc_api USING (
    user_id = (SELECT app_user_id())
    AND (instance_id IS NULL OR instance_id = ANY ((SELECT my_instances())::uuid[]))
    AND (dashboard_id IS NULL
        OR EXISTS (SELECT 1 FROM dashboards p WHERE p.id = inbox_entries.dashboard_id))
);
CREATE POLICY people_update ON inbox_entries FOR UPDATE TO amc_api
    USING (user_id = (SELECT app_user_id()));
GRANT SELECT, UPDATE (read_at) ON inbox_entries TO amc_api;
-- Rows are locked before they are deleted, which needs a right to update.
GRANT SELECT, UPDATE (read_at), DELETE ON inbox_entries TO amc_worker;
GRANT INSERT ON inbox_entries TO amc_access;
ALTER TABLE notices ADD instance_id uuid REFERENCES amc_instances ON DELETE CASCADE;
CREATE INDEX notices_instance_id_idx ON notices (instance_id);
GRANT SELECT (id, user_id, kind, address, events, is_active, report_schedule_id,
    workflow_schedule_id, created_at) ON notice_targets TO amc_access;
CREATE POLICY access_sees ON notice_targets FOR SELECT TO amc_access USING (true);
GRANT INSERT ON notices TO amc_access;
CREATE POLICY access_writes ON notices FOR INSERT TO amc_access WITH CHECK (true);
"""
FUNCTIONS = """
-- Nobody is told who may not sign in or has left the instance.
CREATE FUNCTION tell(
    the_user uuid, the_event text, the_key text, place uuid, board uuid, the_object text,
    the_source text, the_name text, the_reason text, also_targets boolean
) RETURNS void
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
    INSERT INTO inbox_entries (
        user_id, event, dedupe_key, instance_id, dashboard_id, object_id, source_id, name, reason
    )
    SELECT u.id, the_event, the_key, place, board, the_object, the_source, the_name,
        left(the_reason, 2000)
    FROM users u
    WHERE u.id = the_user AND u.is_active AND (place IS NULL OR EXISTS (
        SELECT 1 FROM instance_members m WHERE m.user_id = u.id AND m.instance_id = place
    ))
    ON CONFLICT DO NOTHING;
    INSERT INTO notices (target_id, event, dedupe_key, instance_id, payload, due_at)
    SELECT DISTINCT ON (t.kind, t.address) t.id, the_event, the_key, place,
        jsonb_build_object('event', the_event, 'name', the_name, 'object', the_object,
            'report', the_source, 'reason', the_reason),
        now()
    FROM notice_targets t JOIN users u ON u.id = t.user_id
    WHERE also_targets AND t.user_id = the_user AND u.is_active AND t.is_active
        AND t.report_schedule_id IS NULL AND t.workflow_schedule_id IS NULL
        AND t.events @> ARRAY[the_event] AND (place IS NULL OR EXISTS (
            SELECT 1 FROM instance_members m WHERE m.user_id = u.id AND m.instance_id = place
        ))
    ORDER BY t.kind, t.address, t.created_at, t.id
    ON CONFLICT DO NOTHING
$$;

-- The public id of the report or the workflow of an execution or a collection.
CREATE FUNCTION source_of(of jsonb) RETURNS text
    LANGUAGE sql IMMUTABLE
AS $$
    SELECT coalesce(
        'rpt_' || replace(of ->> 'report_id', '-', ''),
        'wf_' || replace(of ->> 'workflow_id', '-', '')
    )
$$;

CREATE FUNCTION tell_of_failed_run() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
DECLARE
    of jsonb := to_jsonb(NEW);
BEGIN
    PERFORM tell(NEW.user_id, 'RUN_FAILED', NEW.id::text, NEW.instance_id, NULL,
        CASE WHEN of ? 'report_id' THEN 'exec_' ELSE 'wexec_' END
            || replace(NEW.id::text, '-', ''),
        source_of(of),
        (SELECT r.name FROM report_definitions r WHERE r.id = (of ->> 'report_id')::uuid
         UNION ALL SELECT w.name FROM workflows w WHERE w.id = (of ->> 'workflow_id')::uuid),
        NEW.error_message, true);
    RETURN NULL;
END
$$;

CREATE FUNCTION tell_of_quota() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
BEGIN
    PERFORM tell(who, 'QUOTA_REACHED', i.id || ' ' || (now() AT TIME ZONE 'UTC')::date, i.id, NULL,
        'inst_' || replace(i.id::text, '-', ''), NULL, i.instance_name,
        i.daily_quota || ' executions were started today (UTC). The others wait until tomorrow.',
        true)
    FROM amc_instances i, LATERAL (
        SELECT NEW.user_id WHERE NEW.user_id IS NOT NULL
        UNION SELECT m.user_id FROM instance_members m
        WHERE m.instance_id = i.id AND m.role = 'admin'
    ) AS told(who)
    WHERE i.id = NEW.instance_id;
    RETURN NULL;
END
$$;

CREATE FUNCTION tell_of_collection() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
BEGIN
    PERFORM tell(NEW.user_id, 'COLLECTION_ENDED', NEW.id || ' ' || NEW.completed_at,
        NEW.instance_id, NULL, 'col_' || replace(NEW.id::text, '-', ''), source_of(to_jsonb(NEW)),
        (SELECT r.name FROM report_definitions r WHERE r.id = NEW.report_id
         UNION ALL SELECT w.name FROM workflows w WHERE w.id = NEW.workflow_id),
        coalesce(NEW.error_message, 'It is ' || NEW.status || '.'), true);
    RETURN NULL;
END
$$;

CREATE FUNCTION tell_of_share() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
BEGIN
    PERFORM tell(NEW.shared_with_user_id, 'SHARED', NEW.id::text, NULL, d.id,
        'dash_' || replace(d.id::text, '-', ''), NULL, d.name,
        'It is shared with you to ' || NEW.permission_level || '.', true)
    FROM dashboards d WHERE d.id = NEW.dashboard_id;
    RETURN NULL;
END
$$;
"""
TRIGGERS = """
CREATE TRIGGER tell_of_failed_run AFTER UPDATE OF status ON report_executions FOR EACH ROW
    WHEN (NEW.status = 'failed' AND OLD.status <> 'failed'
        AND NEW.triggered_by IN ('manual', 'api') AND NEW.user_id IS NOT NULL)
    EXECUTE FUNCTION tell_of_failed_run();
CREATE TRIGGER tell_of_failed_run AFTER UPDATE OF status ON workflow_executions FOR EACH ROW
    WHEN (NEW.status = 'FAILED' AND OLD.status <> 'FAILED'
        AND NEW.triggered_by IN ('manual', 'api') AND NEW.user_id IS NOT NULL)
    EXECUTE FUNCTION tell_of_failed_run();
CREATE TRIGGER tell_of_quota AFTER UPDATE OF blocked_by ON report_executions FOR EACH ROW
    WHEN (NEW.blocked_by = 'QUOTA' AND OLD.blocked_by IS DISTINCT FROM 'QUOTA')
    EXECUTE FUNCTION tell_of_quota();
CREATE TRIGGER tell_of_quota AFTER UPDATE OF blocked_by ON workflow_executions FOR EACH ROW
    WHEN (NEW.blocked_by = 'QUOTA' AND OLD.blocked_by IS DISTINCT FROM 'QUOTA')
    EXECUTE FUNCTION tell_of_quota();
CREATE TRIGGER tell_of_collection AFTER UPDATE OF status ON report_data_collections FOR EACH ROW
    WHEN (NEW.status IN ('completed', 'partial', 'failed')
        AND OLD.status IN ('pending', 'running', 'paused')
        AND NEW.collection_type <> 'weekly_update')
    EXECUTE FUNCTION tell_of_collection();
CREATE TRIGGER tell_of_share AFTER INSERT ON dashboard_shares FOR EACH ROW
    WHEN (NEW.shared_with_user_id IS NOT NULL) EXECUTE FUNCTION tell_of_share();
CREATE TRIGGER tell_of_share_later AFTER UPDATE OF shared_with_user_id ON dashboard_shares
    FOR EACH ROW WHEN (NEW.shared_with_user_id IS NOT NULL AND OLD.shared_with_user_id IS NULL)
    EXECUTE FUNCTION tell_of_share();
"""
NAMES = {
    "tell_of_failed_run": ("report_executions", "workflow_executions"),
    "tell_of_quota": ("report_executions", "workflow_executions"),
    "tell_of_collection": ("report_data_collections",),
    "tell_of_share": ("dashboard_shares",),
}
TELL = "tell(uuid, text, text, uuid, uuid, text, text, text, text, boolean)"
SOURCE = "source_of(jsonb)"


def upgrade() -> None:
    run(EVENTS.format(f"{OLD}, {NEW}"))
    run(TABLE)
    run(FUNCTIONS)
    for signature in (TELL, SOURCE, *(f"{name}()" for name in NAMES)):
        run(f"REVOKE ALL ON FUNCTION {signature} FROM PUBLIC")
        run(f"ALTER FUNCTION {signature} OWNER TO amc_access")
    run(f"GRANT EXECUTE ON FUNCTION {TELL} TO amc_worker")
    run(TRIGGERS)
    run("INSERT INTO retention_rules (name) VALUES ('inbox')")


def downgrade() -> None:
    run("DELETE FROM retention_rules WHERE name = 'inbox'")
    run("DROP TRIGGER tell_of_share_later ON dashboard_shares")
    for name, tables in NAMES.items():
        for table in tables:
            run(f"DROP TRIGGER {name} ON {table}")
        run(f"DROP FUNCTION {name}()")
    run(f"DROP FUNCTION {TELL}")
    run(f"DROP FUNCTION {SOURCE}")
    run("DROP POLICY access_writes ON notices")
    run("REVOKE INSERT ON notices FROM amc_access")
    run("DROP POLICY access_sees ON notice_targets")
    run(
        "REVOKE SELECT (id, user_id, kind, address, events, is_active, report_schedule_id, "
        "workflow_schedule_id, created_at) ON notice_targets FROM amc_access"
    )
    run("ALTER TABLE notices DROP instance_id")
    run("DROP TABLE inbox_entries")
    run(f"DELETE FROM notices WHERE event IN ({NEW})")
    run(f"DELETE FROM notice_targets WHERE events && ARRAY[{NEW}]")
    run(EVENTS.format(OLD))
