"""Members of the schema's enums as the rest of the server has them."""

from typing import Any


def word(member: Any) -> Any:
    """What the database calls a member of one of these enums; nothing for nothing."""
    return None if member is None else member.value
