"""What an entry of the audit says in the words of the API: ids and the names of fields.

The database writes the entries (`migrations/versions/20261130_audit.py`). Nobody else may.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from domain import ids
from domain.models import AuditEntry

# Each type of object, and the prefix of its public ids. None: it is known by what it is part of.
TYPES = {
    "report": "rpt",
    "workflow": "wf",
    "template": "tmpl",
    "schedule": "sch",
    "workflow_schedule": "wsch",
    "collection": "col",
    "execution": "exec",
    "workflow_execution": "wexec",
    "dashboard": "dash",
    "widget": "wgt",
    "share": None,
    "configuration": "conf",
    "export": "exp",
    "builder_session": "bld",
    "notice_target": "ntg",
    "member": "user",
    "instance": "inst",
    "account": "acc",
    "user": "user",
    "hold": None,
    "retention": None,
}
COLUMNS = {  # with the key of a row, which is shown as its public id
    "template_id": "tmpl",
    "query_template_id": "tmpl",
    "dashboard_id": "dash",
    "user_id": "user",
    "retry_of": "exec",
}
FOUND = re.compile(r"_([a-z])")


@dataclass(frozen=True)
class Change:
    """A field, and what it was and is. None: it was not set, or the object was not there."""

    field: str
    before: Any
    after: Any


def object_id(entry: AuditEntry) -> str | None:
    """Return the public id of the object, or None if its type has none."""
    prefix = TYPES[entry.object_type]
    return None if prefix is None else ids.encode(prefix, entry.object_id)


def part_of(entry: AuditEntry) -> str | None:
    """Return the public id of what the object is part of."""
    if entry.parent_id is None or entry.parent_type is None:
        return None
    prefix = TYPES[entry.parent_type]
    return None if prefix is None else ids.encode(prefix, entry.parent_id)


def actor_id(entry: AuditEntry) -> str | None:
    """Return the public id of the person who acted."""
    return None if entry.actor_id is None else ids.encode("user", entry.actor_id)


def changes(entry: AuditEntry) -> list[Change]:
    """Return what changed, by the names of the fields."""
    return list(_changes(entry.before or {}, entry.after or {}))


def _changes(before: dict[str, Any], after: dict[str, Any]) -> Iterator[Change]:
    for column in sorted({*before, *after}):
        was, became = (_shown(column, one.get(column)) for one in (before, after))
        name = FOUND.sub(lambda found: found[1].upper(), column)
        yield Change(name, was, became)


def _shown(column: str, value: Any) -> Any:
    prefix = COLUMNS.get(column)
    if prefix is None or not isinstance(value, str):
        return value
    return ids.encode(prefix, UUID(value))
