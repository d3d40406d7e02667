"""Stored time zones are names of the IANA database.

`localtime`, `Factory` and names such as `posix/Europe/Paris` were accepted once. They are other
zones on other machines, or none. The first two become UTC, which is what servers have; the others
lose their prefix.
"""

from migrations.script import run

revision = "a1f0c3d95ec1"
down_revision = "a1f0c3d95eb0"

ZONES = (
    ("report_definitions", "timezone"),
    ("report_schedules", "timezone"),
    ("workflow_schedules", "timezone"),
    ("report_executions", "time_zone"),
    ("workflow_executions", "time_zone"),
    ("report_data_collections", "time_zone"),
    ("users", "time_zone"),
)
ODD = "~ '^(localtime|Factory|posixrules|(posix|right)/.*)$'"


def better(zone: str) -> str:
    """The SQL of the zone in place of an odd one."""
    return (
        f"CASE WHEN {zone} IN ('localtime', 'Factory', 'posixrules') THEN 'UTC' "
        f"ELSE regexp_replace({zone}, '^(posix|right)/', '') END"
    )


def upgrade() -> None:
    for table, column in ZONES:
        run(f"UPDATE {table} SET {column} = {better(column)} WHERE {column} {ODD}")
    zone = "schedule_config->>'timezone'"
    for table in ("report_schedules", "workflow_schedules"):
        run(
            f"UPDATE {table} SET schedule_config = "
            f"jsonb_set(schedule_config, '{{timezone}}', to_jsonb({better(zone)})) "
            f"WHERE {zone} {ODD}"
        )


def downgrade() -> None:
    """Nothing: the newer names are as good for the code before."""
