"""Background steps count their tries: one more at each claim, none once a step has been recorded.

A step that raises, or whose worker dies, is tried again with growing pauses and given up in the
end. Executions, collections, instances, schedules and view configurations lacked the count.
"""

import sqlalchemy as sa
from alembic import op

from migrations.script import run

revision = "a1f0c3d95e12"
down_revision = "a1f0c3d95e30"

COUNTED = (
    "report_executions",
    "workflow_executions",
    "archived_workflow_executions",
    "report_data_collections",
    "report_schedules",
    "workflow_schedules",
    "report_configurations",
    "amc_instances",
)
# Executions and collections have a message already.
WITH_MESSAGE = ("report_schedules", "workflow_schedules", "report_configurations", "amc_instances")

GRANTS = {
    "report_configurations": "enabled, step_tries, step_error",
    "amc_instances": "step_tries, step_error",
}
# A watcher sees versions grow. What only the engine looks at is no change.
VERSIONS = """
CREATE OR REPLACE FUNCTION bump_version() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    before record := OLD;
BEGIN
    before.version := NEW.version;
    before.updated_at := NEW.updated_at;
    before.lease_until := NEW.lease_until;
    before.fence := NEW.fence;
    before.due_at := NEW.due_at;
    before.attempts := NEW.attempts;
    before.tries := NEW.tries;
    before.dashboard_attempts := NEW.dashboard_attempts;
    before.dashboard_due_at := NEW.dashboard_due_at;{more}
    NEW.version := OLD.version + (before IS DISTINCT FROM NEW)::integer;
    RETURN NEW;
END
$$
"""
MORE = """
    before.step_tries := NEW.step_tries;"""


def upgrade() -> None:
    for table in COUNTED:
        op.add_column(
            table, sa.Column("step_tries", sa.Integer(), nullable=False, server_default="0")
        )
    for table in WITH_MESSAGE:
        op.add_column(table, sa.Column("step_error", sa.Text()))
    for table, columns in GRANTS.items():
        run(f"GRANT UPDATE ({columns}) ON {table} TO amc_worker")
    run(VERSIONS.format(more=MORE))


def downgrade() -> None:
    run(VERSIONS.format(more=""))
    run("REVOKE UPDATE (enabled) ON report_configurations FROM amc_worker")
    for table in WITH_MESSAGE:
        op.drop_column(table, "step_error")
    for table in COUNTED:
        op.drop_column(table, "step_tries")
