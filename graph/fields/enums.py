"""Converts members of the schema's enums to the words that the database stores."""

from typing import Any


def word(member: Any) -> Any:
    """The stored word of an enum member. None for None."""
    return None if member is None else member.value
