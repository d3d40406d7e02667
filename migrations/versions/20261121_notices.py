"""Who is told of what happened to schedules, and what became of every word sent to them.

A notice is written in the transaction of what it tells of, once for each target however often
that transaction's code runs, and is sent later.
"""

from migrations.script import drop, run

revision = "a1f0c3d95e0d"
down_revision = "a1f0c3d95e0c"

TARGETS = """
CREATE TABLE notice_targets (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    report_schedule_id uuid REFERENCES report_schedules ON DELETE CASCADE,
    workflow_schedule_id uuid REFERENCES workflow_schedules ON DELETE CASCADE,
    kind text NOT NULL,
    address text NOT NULL,
    events text[] NOT NULL,
    secret bytea,
    is_active boolean NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT notice_targets_kind_check CHECK (kind IN ('email', 'webhook')),
    CONSTRAINT told_of_one_schedule_or_of_all CHECK (
        num_nonnulls(report_schedule_id, workflow_schedule_id) <= 1
    ),
    CONSTRAINT notice_targets_events_check CHECK (
        events <> '{}'
        AND events <@ ARRAY['COMPLETED', 'FAILED', 'PAUSED_BY_FAILURES', 'MISSED']
    ),
    CONSTRAINT a_webhook_has_a_secret CHECK ((kind = 'webhook') = (secret IS NOT NULL)),
    CONSTRAINT told_in_one_place_once UNIQUE NULLS NOT DISTINCT (
        user_id, report_schedule_id, workflow_schedule_id, kind, address
    )
);
CREATE INDEX notice_targets_report_schedule_id_idx ON notice_targets (report_schedule_id);
CREATE INDEX notice_targets_workflow_schedule_id_idx ON notice_targets (workflow_schedule_id);
"""

NOTICES = """
CREATE TABLE notices (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    target_id uuid NOT NULL REFERENCES notice_targets ON DELETE CASCADE,
    event text NOT NULL,
    dedupe_key text NOT NULL,
    report_execution_id uuid REFERENCES report_executions ON DELETE SET NULL,
    workflow_execution_id uuid REFERENCES workflow_executions ON DELETE SET NULL,
    schedule_tick_id uuid REFERENCES schedule_ticks ON DELETE SET NULL,
    payload jsonb NOT NULL DEFAULT '{}',
    state text NOT NULL DEFAULT 'pending',
    attempts integer NOT NULL DEFAULT 0,
    due_at timestamptz,
    lease_until timestamptz,
    fence integer NOT NULL DEFAULT 0,
    deadline_at timestamptz,
    last_error text,
    sent_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT notices_event_check CHECK (
        event IN ('COMPLETED', 'FAILED', 'PAUSED_BY_FAILURES', 'MISSED')
    ),
    CONSTRAINT notices_state_check CHECK (state IN ('pending', 'sent', 'failed')),
    CONSTRAINT a_pending_notice_is_due CHECK ((state = 'pending') = (due_at IS NOT NULL)),
    CONSTRAINT sent_has_a_moment CHECK ((state = 'sent') = (sent_at IS NOT NULL)),
    CONSTRAINT a_failed_notice_has_a_reason CHECK (state <> 'failed' OR last_error IS NOT NULL),
    UNIQUE (target_id, event, dedupe_key)
);
CREATE INDEX notices_due_idx ON notices (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX notices_of_target_idx ON notices (target_id, created_at DESC, id DESC);
CREATE INDEX notices_report_execution_id_idx ON notices (report_execution_id);
CREATE INDEX notices_workflow_execution_id_idx ON notices (workflow_execution_id);
CREATE INDEX notices_schedule_tick_id_idx ON notices (schedule_tick_id);
"""

MINE = "user_id = (SELECT app_user_id())"
# A webhook's secret is shown once, when it is made, and never read by a person again.
RIGHTS = f"""
ALTER TABLE notice_targets ENABLE ROW LEVEL SECURITY;
ALTER TABLE notice_targets FORCE ROW LEVEL SECURITY;
CREATE POLICY owner_sees ON notice_targets TO amc_owner USING (true);
CREATE POLICY worker_sees ON notice_targets TO amc_worker USING (true);
CREATE POLICY people_select ON notice_targets FOR SELECT TO amc_api USING ({MINE});
CREATE POLICY people_insert ON notice_targets FOR INSERT TO amc_api WITH CHECK (
    {MINE}
    AND (report_schedule_id IS NULL OR EXISTS (
        SELECT 1 FROM report_schedules p WHERE p.id = notice_targets.report_schedule_id
    ))
    AND (workflow_schedule_id IS NULL OR EXISTS (
        SELECT 1 FROM workflow_schedules p WHERE p.id = notice_targets.workflow_schedule_id
    ))
);
CREATE POLICY people_delete ON notice_targets FOR DELETE TO amc_api USING ({MINE});
GRANT SELECT (
    id, user_id, report_schedule_id, workflow_schedule_id, kind, address, events, is_active,
    created_at
) ON notice_targets TO amc_api;
GRANT INSERT, DELETE ON notice_targets TO amc_api;
GRANT SELECT, UPDATE (is_active) ON notice_targets TO amc_worker;

ALTER TABLE notices ENABLE ROW LEVEL SECURITY;
ALTER TABLE notices FORCE ROW LEVEL SECURITY;
CREATE POLICY owner_sees ON notices TO amc_owner USING (true);
CREATE POLICY worker_sees ON notices TO amc_worker USING (true);
CREATE POLICY people_select ON notices FOR SELECT TO amc_api USING (
    EXISTS (SELECT 1 FROM notice_targets p WHERE p.id = notices.target_id)
);
GRANT SELECT ON notices TO amc_api;
GRANT SELECT, INSERT, UPDATE ON notices TO amc_worker;
"""


def upgrade() -> None:
    for script in (TARGETS, NOTICES, RIGHTS):
        run(script)


def downgrade() -> None:
    drop("notices", "notice_targets")
