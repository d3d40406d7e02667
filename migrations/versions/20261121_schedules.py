"""What a schedule needs to explain itself: how it handles overlap, downtime and failures.

A tick is a row for each nominal moment, whatever became of it.
"""

from migrations.script import run

revision = "a1f0c3d95e0e"
down_revision = "a1f0c3d95e0d"

TABLES = ("report_schedules", "workflow_schedules")
SCHEDULE = """
ALTER TABLE {table}
    ADD user_id uuid REFERENCES users ON DELETE SET NULL,
    ADD data_window jsonb NOT NULL DEFAULT '{{}}',
    ADD overlap text NOT NULL DEFAULT 'skip',
    ADD catch_up text NOT NULL DEFAULT 'latest',
    ADD catch_up_seconds integer NOT NULL DEFAULT 86400,
    ADD jitter_seconds integer NOT NULL DEFAULT 0,
    ADD pause_after_failures integer DEFAULT 5,
    ADD failures_in_row integer NOT NULL DEFAULT 0,
    ADD pause_note text,
    ADD paused_at timestamptz,
    ADD last_tick_at timestamptz NOT NULL DEFAULT now(),
    ADD due_at timestamptz,
    ADD keeps_history boolean NOT NULL DEFAULT false,
    ADD update_collection_id uuid REFERENCES report_data_collections ON DELETE SET NULL;
ALTER TABLE {table} ADD CONSTRAINT {table}_overlap_check CHECK (
    overlap IN ('skip', 'buffer', 'cancel', 'allow')
);
ALTER TABLE {table} ADD CONSTRAINT {table}_catch_up_check CHECK (catch_up IN ('latest', 'all'));
ALTER TABLE {table} ADD CONSTRAINT {table}_times_check CHECK (
    catch_up_seconds >= 0 AND jitter_seconds BETWEEN 0 AND 3600 AND pause_after_failures >= 1
);
CREATE INDEX {table}_due_idx ON {table} (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX {table}_user_id_idx ON {table} (user_id);
CREATE INDEX {table}_update_collection_id_idx ON {table} (update_collection_id)
"""
TICKS = """
ALTER TABLE schedule_ticks
    ADD is_followed boolean NOT NULL DEFAULT false,
    ADD more integer NOT NULL DEFAULT 0;
ALTER TABLE schedule_ticks ADD CONSTRAINT schedule_ticks_outcome_check CHECK (outcome IN (
    'ran', 'shifted', 'folded', 'caught_up', 'skipped', 'buffered', 'dropped', 'paused', 'refused'
));
CREATE INDEX schedule_ticks_to_follow_idx ON schedule_ticks (report_schedule_id)
    WHERE NOT is_followed
"""
RIGHTS = """
GRANT INSERT ON schedule_ticks TO amc_api;
CREATE POLICY people_insert ON schedule_ticks FOR INSERT TO amc_api WITH CHECK (
    EXISTS (
        SELECT 1 FROM report_schedules s JOIN report_definitions r ON r.id = s.report_id
        WHERE s.id = schedule_ticks.report_schedule_id
            AND r.instance_id = ANY ((SELECT my_instances_to_edit())::uuid[])
    ) OR EXISTS (
        SELECT 1 FROM workflow_schedules s JOIN workflows w ON w.id = s.workflow_id
        WHERE s.id = schedule_ticks.workflow_schedule_id
            AND w.instance_id = ANY ((SELECT my_instances_to_edit())::uuid[])
    )
)
"""


def upgrade() -> None:
    for table in TABLES:
        run(SCHEDULE.format(table=table))
    run(TICKS)
    run(RIGHTS)


def downgrade() -> None:
    run("DROP POLICY people_insert ON schedule_ticks")
    run("REVOKE INSERT ON schedule_ticks FROM amc_api")
    run("ALTER TABLE schedule_ticks DROP CONSTRAINT schedule_ticks_outcome_check")
    run("ALTER TABLE schedule_ticks DROP is_followed, DROP more")
    for table in TABLES:
        run(
            f"""
            ALTER TABLE {table} DROP update_collection_id, DROP keeps_history, DROP due_at,
                DROP last_tick_at, DROP paused_at, DROP pause_note, DROP failures_in_row,
                DROP pause_after_failures, DROP jitter_seconds, DROP catch_up_seconds,
                DROP catch_up, DROP overlap, DROP data_window, DROP user_id
            """
        )
