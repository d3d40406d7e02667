"""The rows of a workflow's execution are exported, too."""

from migrations.script import run

revision = "a1f0c3d95f3a"
down_revision = "a1f0c3d95f33"

BEFORE = {  # the column, and the table that it names
    "dashboard_view_id": "dashboard_views",
    "dashboard_id": "dashboards",
    "widget_id": "dashboard_widgets",
    "execution_id": "report_executions",
    "report_id": "report_definitions",
    "collection_id": "report_data_collections",
}
NOW = {**BEFORE, "workflow_execution_id": "workflow_executions"}


def bind(sources: dict[str, str]) -> None:
    """An export has one of these sources, and is seen by its person, who still sees the source."""
    still = [
        f"({column} IS NULL OR EXISTS "
        f"(SELECT 1 FROM {table} p WHERE p.id = report_exports.{column}))"
        for column, table in sources.items()
    ]
    mine = "exported_by = (SELECT app_user_id()) AND (SELECT i_may_sign_in())"
    seen = " AND ".join([mine, *still])
    run(
        "ALTER TABLE report_exports ADD CONSTRAINT export_of_one_source "
        f"CHECK (num_nonnulls({', '.join(sources)}) = 1)"
    )
    for right, clause in (("SELECT", "USING"), ("INSERT", "WITH CHECK"), ("UPDATE", "USING")):
        run(
            f"CREATE POLICY people_{right.lower()} ON report_exports FOR {right} TO amc_api "
            f"{clause} ({seen})"
        )


def unbind() -> None:
    """Drop what `bind` makes."""
    for right in ("select", "insert", "update"):
        run(f"DROP POLICY people_{right} ON report_exports")
    run("ALTER TABLE report_exports DROP CONSTRAINT export_of_one_source")


def upgrade() -> None:
    unbind()
    run(
        """
        ALTER TABLE report_exports
            ADD workflow_execution_id uuid REFERENCES workflow_executions ON DELETE CASCADE;
        CREATE INDEX report_exports_workflow_execution_id_idx
            ON report_exports (workflow_execution_id)
        """
    )
    bind(NOW)


def downgrade() -> None:
    unbind()
    run(
        """
        DELETE FROM report_exports WHERE workflow_execution_id IS NOT NULL;
        ALTER TABLE report_exports DROP workflow_execution_id
        """
    )
    bind(BEFORE)
