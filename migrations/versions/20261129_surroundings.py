"""Executions wait for storage, memory and the database, and say since when they wait."""

import sqlalchemy as sa
from alembic import op

from migrations.script import run

revision = "a1f0c3d95ea1"
down_revision = "a1f0c3d95e13"

TABLES = ("report_executions", "workflow_executions")
BEFORE = (
    "CONCURRENCY",
    "QUOTA",
    "PAUSED",
    "TOKEN",
    "DATA_NOT_SETTLED",
    "THROTTLED",
    "AMC_UNAVAILABLE",
)
NEW = ("STORAGE", "MEMORY", "DATABASE")


def _allow(*reasons: str) -> None:
    listed = ", ".join(f"'{one}'" for one in reasons)
    for table in TABLES:
        run(
            f"""
            ALTER TABLE {table}
                DROP CONSTRAINT {table}_blocked_by_check,
                ADD CONSTRAINT {table}_blocked_by_check CHECK (blocked_by IN ({listed}))
            """
        )


def upgrade() -> None:
    for table in (*TABLES, "archived_workflow_executions"):
        op.add_column(table, sa.Column("blocked_since", sa.DateTime(timezone=True)))
    for table in TABLES:  # people cancel: an execution that is over waits for nothing
        run(f"GRANT UPDATE (blocked_since) ON {table} TO amc_api")
    _allow(*BEFORE, *NEW)


def downgrade() -> None:
    listed = ", ".join(f"'{one}'" for one in NEW)
    for table in TABLES:
        run(f"UPDATE {table} SET blocked_by = NULL WHERE blocked_by IN ({listed})")
    _allow(*BEFORE)
    for table in (*TABLES, "archived_workflow_executions"):
        op.drop_column(table, "blocked_since")
