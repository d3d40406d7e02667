"""The executions that a person has started lately are found by an index, as each start asks."""

from alembic import op
from sqlalchemy import text

revision = "a1f0c3d95e13"
down_revision = "a1f0c3d95e12"

TABLES = ("report_executions", "workflow_executions")


def upgrade() -> None:
    for table in TABLES:
        op.create_index(
            f"{table}_of_person_idx",
            table,
            ["user_id", "created_at"],
            postgresql_where=text("triggered_by IN ('manual', 'api')"),
        )


def downgrade() -> None:
    for table in TABLES:
        op.drop_index(f"{table}_of_person_idx", table)
