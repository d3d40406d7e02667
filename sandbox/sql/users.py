"""Counting the users behind a row, through any number of aggregations.

A table's `__user` is NULL where a row comes from another table, and 0 for an unknown user. If two
users are enough, the smallest and the largest user seen tell whether there are two (`Few`). If a
hundred are needed, the query carries whole lists (`Many`). Both counts are exact.
"""

from dataclasses import dataclass
from typing import Protocol

Parts = tuple[str, ...]


class Counting(Protocol):
    """How users are carried in hidden columns. Parts are SQL, one for each hidden column."""

    @property
    def cap(self) -> int:
        """The highest number that is told."""
        ...

    def base(self, user: str) -> Parts:
        """Of a row of a table."""
        ...

    def merged(self, parts: Parts, condition: str | None) -> Parts:
        """Of a group of rows."""
        ...

    def number(self, parts: Parts) -> str:
        """How many they are, at most `cap`; NULL if there are no rows of this table."""
        ...


def _of(aggregate: str, condition: str | None) -> str:
    return f"{aggregate} FILTER (WHERE {condition})" if condition else aggregate


@dataclass(frozen=True)
class Few:
    """None, one, or more: the smallest known user and the largest one."""

    cap: int = 2

    def base(self, user: str) -> Parts:
        """Of a row of a table."""
        return f"nullif({user}, 0)", user

    def merged(self, parts: Parts, condition: str | None) -> Parts:
        """Of a group of rows."""
        return _of(f"min({parts[0]})", condition), _of(f"max({parts[1]})", condition)

    def number(self, parts: Parts) -> str:
        """How many they are: 0, 1 or 2."""
        least, most = parts
        return (
            f"CASE WHEN ({most}) IS NULL THEN NULL WHEN ({most}) = 0 THEN 0 "
            f"WHEN ({least}) = ({most}) THEN 1 ELSE 2 END"
        )


@dataclass(frozen=True)
class Many:
    """All of them, as a list."""

    cap: int = 100

    def base(self, user: str) -> Parts:
        """Of a row of a table."""
        return (f"CASE WHEN {user} IS NOT NULL THEN [{user}] END",)

    def merged(self, parts: Parts, condition: str | None) -> Parts:
        """Of a group of rows."""
        listed = _of(f"list({parts[0]})", condition)
        return (f"list_distinct(flatten(list_filter({listed}, lambda l: l IS NOT NULL)))",)

    def number(self, parts: Parts) -> str:
        """How many they are, at most a hundred."""
        (users,) = parts
        return (
            f"CASE WHEN coalesce(len({users}), 0) > 0 "
            f"THEN least({self.cap}, len(list_filter({users}, lambda one: one > 0))) END"
        )
