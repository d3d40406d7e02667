"""What `viewerCan` says, against what really happens: each act, in each state, by each role."""

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import orjson
import pytest
from sqlalchemy import text

from domain import db, ids
from domain.collections import collections
from tests.database.rows import NOON, populate
from tests.graph.front_door import execute
from tests.people.people import join, person
from tests.schedules.schedules import MONDAYS

OVER = {"phase": "done", "due_at": None, "completed_at": NOON}
ENDED = {"completed_at": NOON, "due_at": None}
ARCHIVED = {"archived_at": NOON, "is_active": False}
# The table of each type, the prefix of its ids, and the columns of the states to try.
STATES: dict[str, tuple[str, str, list[dict[str, Any]]]] = {
    "Report": ("report_definitions", "rpt", [{}, ARCHIVED]),
    "Execution": (
        "report_executions",
        "exec",
        [
            {"collection_id": None, "week_id": None},
            {
                "week_id": None,
                "status": "running",
                "phase": "at_amc",
                "cancel_requested_at": NOON,
                "cancel_state": "REQUESTED",
            },
            {"week_id": None, "status": "failed", "error_code": "X", **OVER},
            {"week_id": None, "status": "cancelled", **OVER},
            {"status": "completed", "outcome": "DATA", **OVER},
            {"week_id": None, "report_id": None, "status": "failed", "error_code": "X", **OVER},
        ],
    ),
    "Collection": (
        "report_data_collections",
        "col",
        [
            *({"status": one} for one in ("pending", "running", "paused")),
            *({"status": one, **ENDED} for one in ("completed", "partial", "failed")),
            {"status": "cancelled", "cancel_requested_at": NOON, **ENDED},
            {"status": "running", "cancel_requested_at": NOON},
        ],
    ),
    "Schedule": (
        "report_schedules",
        "sch",
        [{}, {"is_paused": True}, {"is_active": False}, {"of": "archived"}],
    ),
    "Dashboard": ("dashboards", "dash", [{}, {"is_public": True}]),
    "Template": ("query_templates", "tmpl", [{"is_public": True}, {"archived_at": NOON}]),
}
UNIQUE = {  # public ids, which triggers fill in
    "report_definitions": "report_id",
    "report_executions": "execution_id",
    "report_data_collections": "collection_id",
    "report_schedules": "schedule_id",
    "dashboards": "dashboard_id",
    "query_templates": "template_id",
}
ACTS: dict[str, dict[str, str]] = {
    "Report": {
        "CHANGE": 'reportChange(id: $id, change: {name: "Other"}) { id }',
        "DUPLICATE": "reportDuplicate(id: $id) { id }",
        "ARCHIVE": "reportArchive(id: $id) { id }",
        "RESTORE": "reportRestore(id: $id) { id }",
        "RUN": "reportRun(id: $id) { id }",
        "COLLECT": "collectionStart(collection: {reportId: $id, targetWeeks: 1}) { id }",
        "SCHEDULE": "scheduleCreate(reportId: $id, schedule: $schedule) { id }",
    },
    "Execution": {
        "CANCEL": "executionCancel(id: $id) { id }",
        "RETRY": "executionRetry(id: $id) { id }",
    },
    "Collection": {
        "PAUSE": "collectionPause(id: $id) { id }",
        "RESUME": "collectionResume(id: $id) { id }",
        "CANCEL": "collectionCancel(id: $id) { id }",
        "CHANGE": "collectionChange(id: $id, parallelLimit: 7) { id }",
        "RETRY": "collectionRetry(id: $id, which: ALL) { id }",
        "DELETE": "collectionDelete(id: $id)",
    },
    "Schedule": {
        "CHANGE": "scheduleChange(id: $id, schedule: $schedule) { id }",
        "PAUSE": "schedulePause(id: $id) { id }",
        "RESUME": "scheduleResume(id: $id) { id }",
        "RUN": "scheduleRunNow(id: $id) { id }",
        "DELETE": "scheduleDelete(id: $id)",
    },
    "Dashboard": {
        "CHANGE": 'dashboardChange(id: $id, version: 1, change: {name: "Other"}) { id }',
        "DUPLICATE": "dashboardDuplicate(id: $id) { id }",
        "PUBLISH": "dashboardChange(id: $id, version: 1, change: {isPublic: $public}) { id }",
        "SHARE": (
            'dashboardShare(dashboardId: $id, email: "dora@example.com", permission: VIEW) { id }'
        ),
        "TRANSFER": 'dashboardTransfer(id: $id, email: "dora@example.com") { id }',
        "DELETE": "dashboardDelete(id: $id)",
    },
    "Template": {
        "CHANGE": "templateChange(id: $id, template: $template) { id }",
        "ARCHIVE": "templateArchive(id: $id) { id }",
        "RESTORE": "templateRestore(id: $id) { id }",
    },
}
USED = {"$schedule": "ScheduleInput!", "$template": "TemplateInput!", "$public": "Boolean"}
REFUSALS = {"NOT_FOUND", "FORBIDDEN", "CONFLICT"}


async def clone(table: str, of: UUID, columns: dict[str, Any]) -> UUID:
    """Copy a row with a new key and these columns."""
    key = uuid4()
    changed = {"id": str(key), UNIQUE[table]: None, **columns}
    async with db.owner_transaction() as session:
        await session.execute(
            text(
                f"INSERT INTO {table} SELECT (jsonb_populate_record(NULL::{table}, "
                f"to_jsonb(t) || CAST(:changed AS jsonb))).* FROM {table} t WHERE id = :of"
            ),
            {"of": of, "changed": orjson.dumps(changed, default=str).decode()},
        )
    return key


async def row(table: str, key: UUID) -> dict[str, Any] | None:
    """What a row says, apart from when it was written."""
    async with db.owner_transaction() as session:
        found: dict[str, Any] | None = await session.scalar(
            text(f"SELECT to_jsonb(t) - 'updated_at' FROM {table} t WHERE id = :key"), {"key": key}
        )
    return found


@pytest.fixture
async def make(alice: Any, instance: Any, report: Any) -> Callable[..., Any]:
    """Make an object of a type in a state. Returns its key."""
    rows = await populate(alice, instance.id)
    originals = {name: rows[table].id for name, (table, _, _) in STATES.items()}
    originals["Report"] = ids.decode("rpt", report["id"])

    async def made(name: str, state: dict[str, Any]) -> UUID:
        table, columns = STATES[name][0], dict(state)
        if name in ("Schedule", "Execution", "Collection") and "report_id" not in columns:
            of = ARCHIVED if columns.pop("of", None) else {}
            columns["report_id"] = str(await clone("report_definitions", originals["Report"], of))
        key = await clone(table, originals[name], columns)
        if name == "Collection":
            async with db.owner_transaction() as session:
                await session.execute(
                    text(
                        "INSERT INTO report_data_weeks (collection_id, week_start_date, "
                        "week_end_date, status) VALUES (:key, '2026-03-02', '2026-03-08', 'failed')"
                    ),
                    {"key": key},
                )
        return key

    return made


async def test_it_is_what_really_happens(make, alice, bob, charlie, instance, monkeypatch):
    many = {"collections_per_user": 1000, "collections_per_instance_and_day": 1000}
    monkeypatch.setattr(collections, "settings", collections.settings.model_copy(update=many))
    dora = await person("Dora")
    await join(dora, instance.id, "admin")
    everybody = (alice, bob, charlie, dora)
    differences = []
    for name, (_, _, states) in STATES.items():
        for state in states:
            # What others may do is a matter of their role, and not of the state.
            for viewer in everybody if state == states[0] else (alice, bob):
                differences += await compare(make, name, state, viewer)
    async with db.owner_transaction() as session:
        await session.execute(
            text("UPDATE amc_instances SET is_active = false WHERE id = :id"), {"id": instance.id}
        )
    for name in ("Report", "Execution"):
        for state in STATES[name][2]:
            differences += await compare(make, name, state, alice)
    assert differences == []


async def compare(make: Any, name: str, state: dict[str, Any], viewer: Any) -> list[Any]:
    """Try all acts on objects in this state, and return how it differs from what is told."""
    table, prefix, _ = STATES[name]
    key = await make(name, state)
    said = await says(viewer, name, ids.encode(prefix, key))
    done: list[str] = []
    for act, mutation in ACTS[name].items():
        if await happens(viewer, mutation, table, prefix, key):
            done.append(act)
            key = await make(name, state)  # another one in the same state
    return [] if said == done else [(name, state, viewer.name, said, done)]


async def says(viewer: Any, name: str, public_id: str) -> list[str]:
    """The acts that somebody is told. None of what they do not see."""
    question = f'{{ node(id: "{public_id}") {{ ... on {name} {{ viewerCan }} }} }}'
    answer = await execute(viewer, question)
    found = (answer.data or {}).get("node")
    return [] if found is None else list(found["viewerCan"])


async def happens(viewer: Any, mutation: str, table: str, prefix: str, key: UUID) -> bool:
    """Whether an act is accepted and changes or makes something."""
    public_id, before = ids.encode(prefix, key), await row(table, key)
    variables = {
        "id": public_id,
        "schedule": {**MONDAYS, "jitterSeconds": 7},
        "template": {"name": "Other", "sqlTemplate": "SELECT 2 AS x FROM dsp_impressions"},
        "public": not (before or {}).get("is_public"),
    }
    used = {one: kind for one, kind in USED.items() if one in mutation}
    declared = ", ".join(f"{one}: {kind}" for one, kind in {"$id": "ID!", **used}.items())
    given = {one: variables[one[1:]] for one in ("$id", *used)}
    answer = await execute(
        viewer,
        f"mutation({declared}) {{ {mutation} }}",
        **{one[1:]: value for one, value in given.items()},
    )
    if answer.errors:
        codes = {(one.extensions or {}).get("code") for one in answer.errors}
        assert codes <= REFUSALS, (mutation, answer.errors)
        return False
    name, told = next(iter(answer.data.items()))
    made = told if isinstance(told, str) else told["id"]
    # What a share changes is not in the row.
    changed = made != public_id or "Share" in mutation or await row(table, key) != before
    assert not changed or await audited(viewer, name, key), f"{name} left no entry in the audit"
    return changed


async def audited(viewer: Any, mutation: str, key: UUID) -> bool:
    """Whether the audit tells of this person's act on this object, or on what it has made."""
    async with db.owner_transaction() as session:
        found = await session.scalar(
            text(
                "SELECT count(*) FROM audit_entries WHERE actor_id = :who AND operation = :name "
                "AND (:key IN (object_id, parent_id) OR act = 'create')"
            ),
            {"who": viewer.user_id, "name": mutation, "key": key},
        )
    return bool(found)
