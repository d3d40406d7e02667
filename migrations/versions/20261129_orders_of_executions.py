"""Lists of executions are read in the order of their start and of their end, too.

Both moments may be missing, which counts as the newest. The expressions are those of
domain/pages/pages.py, letter by letter, or the indexes are of no use.
"""

from migrations.script import run

revision = "a1f0c3d95f15"
down_revision = "a1f0c3d95eb1"

MOMENTS = {"started": "started_at", "completed": "completed_at"}


def upgrade() -> None:
    for name, column in MOMENTS.items():
        run(
            f"CREATE INDEX report_executions_by_{name}_idx ON report_executions (instance_id, "
            f"(CASE WHEN {column} IS NULL THEN 'infinity'::timestamptz ELSE {column} END) DESC, "
            "id DESC)"
        )


def downgrade() -> None:
    for name in MOMENTS:
        run(f"DROP INDEX report_executions_by_{name}_idx")
