"""A notice of a finished run may carry an export: of the run's rows, or of a dashboard."""

from migrations.script import run

revision = "a1f0c3d95e41"
down_revision = "a1f0c3d95e40"

COLUMNS = """
ALTER TABLE notice_targets
    ADD export_format text,
    ADD dashboard_id uuid REFERENCES dashboards ON DELETE CASCADE,
    ADD CONSTRAINT notice_targets_export_format_check CHECK (
        export_format IN ('pdf', 'png', 'csv', 'xlsx', 'parquet')
    ),
    ADD CONSTRAINT a_dashboard_is_sent_in_a_format
        CHECK (dashboard_id IS NULL OR export_format IS NOT NULL);
CREATE INDEX notice_targets_dashboard_id_idx ON notice_targets (dashboard_id);
ALTER TABLE notices ADD export_id uuid REFERENCES report_exports ON DELETE SET NULL;
CREATE INDEX notices_export_id_idx ON notices (export_id);
GRANT SELECT (export_format, dashboard_id) ON notice_targets TO amc_api
"""
INSERTED = """
DROP POLICY people_insert ON notice_targets;
CREATE POLICY people_insert ON notice_targets FOR INSERT TO amc_api WITH CHECK (
    user_id = (SELECT app_user_id())
    AND (report_schedule_id IS NULL OR EXISTS (
        SELECT 1 FROM report_schedules p WHERE p.id = notice_targets.report_schedule_id
    ))
    AND (workflow_schedule_id IS NULL OR EXISTS (
        SELECT 1 FROM workflow_schedules p WHERE p.id = notice_targets.workflow_schedule_id
    )){more}
)
"""
SEEN = """
    AND (dashboard_id IS NULL OR EXISTS (
        SELECT 1 FROM dashboards p WHERE p.id = notice_targets.dashboard_id
    ))"""


def upgrade() -> None:
    run(COLUMNS)
    run(INSERTED.format(more=SEEN))


def downgrade() -> None:
    run(INSERTED.format(more=""))
    run(
        """
        ALTER TABLE notices DROP export_id;
        ALTER TABLE notice_targets
            DROP CONSTRAINT a_dashboard_is_sent_in_a_format,
            DROP dashboard_id,
            DROP export_format
        """
    )
