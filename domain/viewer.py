"""The person a request acts for."""

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True)
class Viewer:
    """The person a request acts for."""

    user_id: UUID
    email: str
    name: str
    role: str = "user"
