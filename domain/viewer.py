"""The person a request acts for, and what it does: what the audit tells of each change."""

from contextvars import ContextVar
from dataclasses import dataclass
from uuid import UUID

# The mutation or the command that runs, by its name. Empty while nothing is changed.
OPERATION: ContextVar[str] = ContextVar("operation", default="")


@dataclass(frozen=True)
class Viewer:
    """The person a request acts for."""

    user_id: UUID
    email: str
    name: str
    role: str = "user"
