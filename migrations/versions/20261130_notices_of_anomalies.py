"""People are told of odd weeks of a dashboard, if they see the insight."""

from migrations.script import run

revision = "a1f0c3d96013"
down_revision = "a1f0c3d96004"

BEFORE = """
    'COMPLETED', 'FAILED', 'PAUSED_BY_FAILURES', 'MISSED', 'COLLECTION_ENDED', 'RUN_FAILED',
    'SHARED', 'QUOTA_REACHED'
"""
ADDED = """
ALTER TABLE notice_targets
    ADD watched_dashboard_id uuid REFERENCES dashboards ON DELETE CASCADE,
    ADD CONSTRAINT anomalies_are_of_a_dashboard CHECK (
        CASE WHEN watched_dashboard_id IS NULL THEN NOT 'ANOMALY' = ANY (events)
            ELSE events = '{ANOMALY}'
            AND num_nonnulls(report_schedule_id, workflow_schedule_id, export_format) = 0 END
    );
CREATE INDEX notice_targets_watched_dashboard_id_idx ON notice_targets (watched_dashboard_id);
GRANT SELECT (watched_dashboard_id) ON notice_targets TO amc_api;
ALTER TABLE notices
    ADD dashboard_insight_id uuid REFERENCES dashboard_insights ON DELETE SET NULL;
CREATE INDEX notices_dashboard_insight_id_idx ON notices (dashboard_insight_id)
"""
INSERTED = """
    user_id = (SELECT app_user_id())
    AND (report_schedule_id IS NULL OR EXISTS (
        SELECT 1 FROM report_schedules p WHERE p.id = notice_targets.report_schedule_id
    ))
    AND (workflow_schedule_id IS NULL OR EXISTS (
        SELECT 1 FROM workflow_schedules p WHERE p.id = notice_targets.workflow_schedule_id
    ))
    AND (dashboard_id IS NULL OR EXISTS (
        SELECT 1 FROM dashboards p WHERE p.id = notice_targets.dashboard_id
    ))
"""
WATCHED = """
    AND (watched_dashboard_id IS NULL OR EXISTS (
        SELECT 1 FROM dashboards p WHERE p.id = notice_targets.watched_dashboard_id
    ))
"""
SEEN = "EXISTS (SELECT 1 FROM notice_targets p WHERE p.id = notices.target_id)"
# What is told of an odd week is seen as long as the insight itself.
OF_WHAT_IS_SEEN = """
    AND (event <> 'ANOMALY' OR EXISTS (
        SELECT 1 FROM dashboard_insights p WHERE p.id = notices.dashboard_insight_id
    ))
"""


def events(words: str, once: str) -> str:
    """Return the statements for these events, and what makes a target the same as another."""
    return f"""
    ALTER TABLE notice_targets
        DROP CONSTRAINT notice_targets_events_check,
        DROP CONSTRAINT told_in_one_place_once,
        ADD CONSTRAINT notice_targets_events_check CHECK (
            events <> '{{}}' AND events <@ ARRAY[{words}]
        ),
        ADD CONSTRAINT told_in_one_place_once UNIQUE NULLS NOT DISTINCT (
            user_id, report_schedule_id, workflow_schedule_id, {once}kind, address
        );
    ALTER TABLE notices
        DROP CONSTRAINT notices_event_check,
        ADD CONSTRAINT notices_event_check CHECK (event IN ({words}))
    """


def upgrade() -> None:
    run(ADDED)
    run(events(f"{BEFORE}, 'ANOMALY'", "watched_dashboard_id, "))
    run(f"ALTER POLICY people_insert ON notice_targets WITH CHECK ({INSERTED} {WATCHED})")
    run(f"ALTER POLICY people_select ON notices USING ({SEEN} {OF_WHAT_IS_SEEN})")


def downgrade() -> None:
    run("DELETE FROM notices WHERE event = 'ANOMALY'")
    run("DELETE FROM notice_targets WHERE watched_dashboard_id IS NOT NULL")
    run(f"ALTER POLICY people_select ON notices USING ({SEEN})")
    run(f"ALTER POLICY people_insert ON notice_targets WITH CHECK ({INSERTED})")
    run(events(BEFORE, ""))
    run("ALTER TABLE notices DROP dashboard_insight_id")
    run(
        """
        ALTER TABLE notice_targets
            DROP CONSTRAINT anomalies_are_of_a_dashboard, DROP watched_dashboard_id
        """
    )
