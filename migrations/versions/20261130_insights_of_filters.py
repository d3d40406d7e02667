"""An insight says which filters the widgets have that show its numbers."""

from migrations.script import run

revision = "a1f0c3d96014"
down_revision = "a1f0c3d96013"


def upgrade() -> None:
    run("ALTER TABLE dashboard_insights ADD filters jsonb NOT NULL DEFAULT '[]'")


def downgrade() -> None:
    run("DELETE FROM dashboard_insights WHERE filters <> '[]'")
    run("ALTER TABLE dashboard_insights DROP filters")
