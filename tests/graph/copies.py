"""Copies of rows, to have lists of many items with equal and missing values among them."""

from typing import Any
from uuid import UUID

from sqlalchemy import text

from domain import db, models
from domain.viewer import Viewer
from tests.database.rows import populate

COPIES = 6

# What differs in the copy number i, as SQL: keys, what must be unique, and columns of an order.
# Two copies share each moment, and one has none.
MOMENT = "to_jsonb(now() - make_interval(hours => 1 + i / 2))"
MAYBE = (
    "CASE WHEN i = 3 THEN 'null'::jsonb ELSE to_jsonb(now() - make_interval(hours => i / 2)) END"
)
NAME = "to_jsonb((ARRAY['beta', 'Alpha', 'beta', 'gamma', 'Zeta', 'alpha'])[i])"
ID = "to_jsonb(md5(t.id::text || i)::uuid)"
FIRST = ("created_at", "exported_at", "found_at", "first_seen")  # a table has one of these
COPIED: dict[str, dict[str, str]] = {
    "amc_accounts": {
        "id": ID,
        "amc_account_id": "to_jsonb('ENTITY' || i)",
        "name": NAME,
        "created_at": MOMENT,
    },
    "amc_instances": {
        "id": ID,
        "account_id": "to_jsonb(md5(t.account_id::text || i)::uuid)",
        "instance_id": "to_jsonb('amc' || i)",
        "instance_name": NAME,
    },
    "campaigns": {"campaign_id": "to_jsonb('c' || i)", "campaign": NAME, "last_seen": MOMENT},
    "asins": {"asin": "to_jsonb('B00000001' || i)", "last_seen": MOMENT},
    "query_templates": {"id": ID, "name": NAME, "created_at": MOMENT},
    "query_template_versions": {"id": ID, "version": "to_jsonb(i + 1)"},
    "dashboards": {"id": ID, "name": NAME, "created_at": MOMENT},
    "report_definitions": {"id": ID, "name": NAME, "created_at": MOMENT},
    "workflows": {"id": ID, "name": NAME, "created_at": MOMENT},
    "report_data_collections": {
        "id": ID,
        "report_id": "NULL::jsonb",
        "workflow_id": "to_jsonb((SELECT id FROM workflows ORDER BY created_at DESC LIMIT 1))",
        "created_at": MOMENT,
    },
    "report_schedules": {
        "id": ID,
        "report_id": "to_jsonb(md5(t.report_id::text || i)::uuid)",
        "created_at": MOMENT,
        "next_run_at": MAYBE,
        "last_run_at": MAYBE,
    },
    "workflow_schedules": {"id": ID, "created_at": MOMENT, "next_run_at": MAYBE},
    "report_executions": {
        "id": ID,
        "report_id": "to_jsonb(md5(t.report_id::text || i)::uuid)",
        "created_at": MOMENT,
        "started_at": MAYBE,
    },
    "workflow_executions": {"id": ID, "created_at": MOMENT, "started_at": MAYBE},
    "schedule_ticks": {"id": ID, "nominal_at": "to_jsonb(now() - make_interval(hours => i))"},
    "report_configurations": {
        "id": ID,
        "report_id": "to_jsonb(md5(t.report_id::text || i)::uuid)",
        "created_at": MOMENT,
    },
    "dashboard_views": {"id": ID, "created_at": MOMENT},
    "ai_insights": {"id": ID, "created_at": MOMENT},
    "dashboard_insights": {
        "id": ID,
        "fact_key": "to_jsonb('f' || i)",
        "found_at": MOMENT,
        "period_start": "to_jsonb(t.period_start + 7 * (i / 2))",
    },
    "report_exports": {"id": ID, "exported_at": MOMENT, "completed_at": MAYBE},
    "report_data_aggregates": {
        "id": ID,
        "aggregation_key": "to_jsonb('2026-W1' || i)",
        "data_date": "to_jsonb(t.data_date + 7 * (i / 2))",
    },
    "notice_targets": {"id": ID, "address": "to_jsonb('a' || i)", "created_at": MOMENT},
    "inbox_entries": {
        "id": ID,
        "dedupe_key": "to_jsonb('d' || i)",
        "created_at": MOMENT,
    },
    "notices": {"id": ID, "dedupe_key": "to_jsonb('d' || i)", "created_at": MOMENT},
    "report_builder_audit": {
        "id": ID,
        "session_id": "to_jsonb(md5('s' || i)::uuid)",
        "created_at": MOMENT,
    },
}

MEMBERS = """
WITH person AS (
    INSERT INTO users (email, name, issuer, subject)
    SELECT 'm' || i || '@example.com', 'M' || i, 'amc-reports', 'm' || i
    FROM generate_series(1, :number) AS i RETURNING id, subject
)
INSERT INTO instance_members (user_id, instance_id, role, created_at)
SELECT id, :instance, 'viewer', now() - make_interval(hours => right(subject, 1)::int / 2)
FROM person
"""

# The database has written an entry for each of these rows: as many as a page has are left.
AUDITED = """
DELETE FROM audit_entries WHERE id NOT IN (
    SELECT id FROM audit_entries WHERE owner_id = :user ORDER BY created_at LIMIT 20
)
"""


async def copies(viewer: Viewer, instance: UUID) -> dict[str, Any]:
    """Populate the database for this person, and copy the rows of each list. Returns the rows."""
    rows = await populate(viewer, instance)
    async with db.owner_transaction() as session:
        for table, columns in COPIED.items():
            await session.execute(text(_copy(table, columns)), {"instance": instance})
        await session.execute(
            text(
                "INSERT INTO instance_members (user_id, instance_id, role) "
                "SELECT :user, id, 'viewer' FROM amc_instances "
                "ON CONFLICT DO NOTHING"
            ),
            {"user": viewer.user_id},
        )
        await session.execute(text(MEMBERS), {"instance": instance, "number": COPIES})
        await session.execute(text(AUDITED), {"user": viewer.user_id})
        # Who lists all people.
        admin = "UPDATE users SET role = 'admin' WHERE id = :user"
        await session.execute(text(admin), {"user": viewer.user_id})
    return rows


def _copy(table: str, columns: dict[str, str]) -> str:
    model = next(one for one in models.Base.metadata.sorted_tables if one.name == table)
    names = [one.name for one in model.columns if one.computed is None]
    # Triggers fill in the public ids that are null.
    text_ids = [one for one in names if model.columns[one].unique and one not in columns]
    changed = ", ".join(f"'{name}', {value}" for name, value in columns.items())
    nulls = "".join(f", '{name}', NULL" for name in text_ids)
    listed = ", ".join(f'"{name}"' for name in names)
    values = ", ".join(f'(r)."{name}"' for name in names)
    first = next(one for one in FIRST if one in names)
    of = "t.instance_id = :instance" if table in ("campaigns", "asins") else "true"
    if table == "amc_instances":
        of = "t.id = :instance"
    if table == "query_templates":
        of = "t.owner_id IS NOT NULL"
    if table == "query_template_versions":
        of = "t.created_by IS NOT NULL"
    return (
        f"INSERT INTO {table} ({listed}) SELECT {values} FROM ("
        f"SELECT jsonb_populate_record(NULL::{table}, to_jsonb(t) || "
        f"jsonb_build_object({changed}{nulls})) AS r "
        f"FROM (SELECT * FROM {table} t WHERE {of} ORDER BY {first} LIMIT 1) t, "
        f"generate_series(1, {COPIES}) i) made"
    )
