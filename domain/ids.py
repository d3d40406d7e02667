"""Public ids: a prefix that names the noun, and the hex of the primary key."""

from collections.abc import Iterable
from uuid import UUID

from domain.errors import NotFound

PREFIXES = {
    "user": "User",
    "acc": "Account",
    "inst": "Instance",
    "tmpl": "Template",
    "rpt": "Report",
    "exec": "Execution",
    "wexec": "WorkflowExecution",
    "sch": "Schedule",
    "wsch": "WorkflowSchedule",
    "tick": "Tick",
    "col": "Collection",
    "week": "Week",
    "wf": "Workflow",
    "dash": "Dashboard",
    "wgt": "Widget",
    "conf": "ReportConfiguration",
    "view": "View",
    "ins": "Insight",
    "ans": "Answer",
    "conv": "Conversation",
    "exp": "Export",
    "bld": "Builder session",
    "ntg": "Notice target",
    "ntc": "Notice",
    "aud": "Audit entry",
    "inb": "Inbox entry",
}


def encode(prefix: str, key: UUID) -> str:
    """Return the public id of a row: a prefix such as `rpt`, `_`, and 32 hex digits."""
    return f"{prefix}_{key.hex}"


def encode_all(prefix: str, keys: Iterable[UUID]) -> list[str]:
    """Return the public ids of these rows."""
    begin = f"{prefix}_"
    return [begin + key.hex for key in keys]


def decode(prefix: str, public_id: str, *, field: str | None = None) -> UUID:
    """Return the primary key of a public id. A malformed id names no row: raises NotFound."""
    head, _, digits = public_id.partition("_")
    if head == prefix and len(digits) == 32:
        try:
            return UUID(hex=digits)
        except ValueError:
            pass
    shown = public_id if len(public_id) <= 64 else public_id[:61] + "..."
    raise NotFound(f"There is no {PREFIXES[prefix].lower()} {shown!r}.", field=field)
