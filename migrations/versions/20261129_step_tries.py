"""Background steps count their tries: one more at each claim, none once a step has been recorded.

A step that raises, or whose worker dies, is tried again with growing pauses and given up in the
end. Executions, collections, instances, schedules and view configurations lacked the count.
"""

import sqlalchemy as sa
from alembic import op

revision = "a1f0c3d95e12"
down_revision = "a1f0c3d95e11"

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


def upgrade() -> None:
    for table in COUNTED:
        op.add_column(
            table, sa.Column("step_tries", sa.Integer(), nullable=False, server_default="0")
        )
    for table in WITH_MESSAGE:
        op.add_column(table, sa.Column("step_error", sa.Text()))


def downgrade() -> None:
    for table in WITH_MESSAGE:
        op.drop_column(table, "step_error")
    for table in COUNTED:
        op.drop_column(table, "step_tries")
