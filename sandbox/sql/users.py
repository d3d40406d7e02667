"""Counts the users behind a row, through any number of aggregations.

A table's `__user` is NULL where a row comes from another table, and 0 for an unknown user. If a row
needs two users, it is enough to carry the smallest and the largest user (`Few`). If it needs a
hundred, the query carries lists of users (`Many`). Both counts are exact.
"""

from dataclasses import dataclass
from typing import Protocol

Parts = tuple[str, ...]


class Counting(Protocol):
    """How users are carried in hidden columns. Each part is the SQL of one column."""

    @property
    def cap(self) -> int:
        """The highest number that it can count."""
        ...

    def base(self, user: str) -> Parts:
        """The parts for a row of a table."""
        ...

    def merged(self, parts: Parts, condition: str | None) -> Parts:
        """The parts for a group of rows."""
        ...

    def number(self, parts: Parts) -> str:
        """The number of users, up to `cap`. NULL if there are no rows of this table."""
        ...


def _of(aggregate: str, condition: str | None) -> str:
    return f"{aggregate} FILTER (WHERE {condition})" if condition else aggregate


@dataclass(frozen=True)
class Few:
    """Counts none, one or more users, by the smallest and the largest known user."""

    cap: int = 2

    def base(self, user: str) -> Parts:
        """The parts for a row of a table."""
        return f"nullif({user}, 0)", user

    def merged(self, parts: Parts, condition: str | None) -> Parts:
        """The parts for a group of rows."""
        return _of(f"min({parts[0]})", condition), _of(f"max({parts[1]})", condition)

    def number(self, parts: Parts) -> str:
        """The number of users: 0, 1 or 2."""
        least, most = parts
        return (
            f"CASE WHEN ({most}) IS NULL THEN NULL WHEN ({most}) = 0 THEN 0 "
            f"WHEN ({least}) = ({most}) THEN 1 ELSE 2 END"
        )


@dataclass(frozen=True)
class Many:
    """Counts up to a hundred users, by a list of them."""

    cap: int = 100

    def base(self, user: str) -> Parts:
        """The parts for a row of a table."""
        return (f"CASE WHEN {user} IS NOT NULL THEN [{user}] END",)

    def merged(self, parts: Parts, condition: str | None) -> Parts:
        """The parts for a group of rows."""
        listed = _of(f"list({parts[0]})", condition)
        return (f"list_distinct(flatten(list_filter({listed}, lambda l: l IS NOT NULL)))",)

    def number(self, parts: Parts) -> str:
        """The number of users, up to a hundred."""
        (users,) = parts
        return (
            f"CASE WHEN coalesce(len({users}), 0) > 0 "
            f"THEN least({self.cap}, len(list_filter({users}, lambda one: one > 0))) END"
        )
