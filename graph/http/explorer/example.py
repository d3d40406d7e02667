"""What an example of the explorer is."""

from typing import Any, TypedDict


class Example(TypedDict):
    """One tab."""

    name: str
    about: str
    query: str
    variables: dict[str, Any]
