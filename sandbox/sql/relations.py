"""Relations: what can stand in FROM. Tables in their window, values, SELECTs and UNIONs.

A relation knows its columns, and the users behind each of them. Asking for users adds hidden
columns to the relation and its parts, so that the SQL has only those that are needed.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Protocol

from sandbox.sql.rules import Facts, Value
from sandbox.sql.users import Counting, Parts

NUMBERS = count(1)
EVERYTHING = "*"  # in place of a column: the users behind the row itself


def name(identifier: str) -> str:
    """Quote an identifier for DuckDB, whatever is in it."""
    return '"' + identifier.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Quote a string for DuckDB."""
    return "'" + text.replace("'", "''").replace("\x00", "") + "'"


@dataclass(frozen=True)
class Users:
    """The users behind a column by one path through the query, as hidden columns."""

    table: str
    path: tuple[int, ...]
    parts: Parts


class Relation(Protocol):
    """Anything with columns. `outputs` has them by lower-case name, in order."""

    @property
    def outputs(self) -> Mapping[str, tuple[str, Facts]]:
        """The columns: their SQL, and what is known about them."""
        ...

    @property
    def aggregated(self) -> bool:
        """True if a row stands for more than one event."""
        ...

    def users(self, column: str, counting: Counting) -> list[Users]:
        """The users behind a column, or behind EVERYTHING, as hidden columns."""
        ...

    def add(self, sql: str) -> str:
        """Add a hidden column and return its name."""
        ...

    def sql(self) -> str:
        """The relation as a query, with its hidden columns."""
        ...


@dataclass(frozen=True, eq=False)
class Source:
    """A relation in FROM, under its name."""

    alias: str
    relation: Relation
    number: int = field(default_factory=lambda: next(NUMBERS))

    def users(self, column: str, counting: Counting) -> list[Users]:
        """The users behind its column, in terms of the query that it stands in."""
        return [
            Users(
                one.table,
                (self.number, *one.path),
                tuple(f"{name(self.alias)}.{name(part)}" for part in one.parts),
            )
            for one in self.relation.users(column, counting)
        ]


@dataclass(frozen=True)
class Ref:
    """A column of a source."""

    source: Source
    column: str


@dataclass(eq=False)
class Table:
    """A table of AMC, restricted to the window."""

    table: str
    outputs: Mapping[str, tuple[str, Facts]]
    where: str
    has_users: bool
    aggregated: bool = False
    hidden: dict[str, str] = field(default_factory=dict)

    def users(self, column: str, counting: Counting) -> list[Users]:
        """The user of the row."""
        if not self.has_users:
            return []
        parts = tuple(self.add(part) for part in counting.base('"__user"'))
        return [Users(self.table, (), parts)]

    def add(self, sql: str) -> str:
        """Add a hidden column."""
        return self.hidden.setdefault(sql, f"__u{next(NUMBERS)}")

    def sql(self) -> str:
        """The rows of the table in the window."""
        extra = "".join(f", {sql} AS {name(alias)}" for sql, alias in self.hidden.items())
        return f"SELECT *{extra} FROM {name(self.table)} WHERE {self.where}"  # noqa: S608


@dataclass(eq=False)
class Values:
    """Rows that are written in the query."""

    outputs: Mapping[str, tuple[str, Facts]]
    rows: str
    aggregated: bool = True
    hidden: dict[str, str] = field(default_factory=dict)

    def users(self, column: str, counting: Counting) -> list[Users]:
        """No users."""
        return []

    def add(self, sql: str) -> str:
        """Add a hidden column."""
        return self.hidden.setdefault(sql, f"__u{next(NUMBERS)}")

    def sql(self) -> str:
        """The rows."""
        extra = "".join(f", {sql} AS {name(alias)}" for sql, alias in self.hidden.items())
        columns = ", ".join(name(written) for written, _ in self.outputs.values())
        return f"SELECT *{extra} FROM (VALUES {self.rows}) v({columns})"  # noqa: S608


@dataclass(eq=False)
class Select:
    """A SELECT. `groups` is None if it has no groups."""

    items: Mapping[str, tuple[str, Value]]
    sources: list[Source]
    joined: str  # the FROM clause, with {number} for the relation of each source
    where: str | None = None
    groups: list[str] | None = None
    having: str | None = None
    personal: bool = False  # whether the groups are single users
    hidden: dict[str, str] = field(default_factory=dict)

    @property
    def outputs(self) -> Mapping[str, tuple[str, Facts]]:
        """The columns. In a SELECT with groups only aggregates are metrics."""
        return {key: (written, self._facts(value)) for key, (written, value) in self.items.items()}

    def _facts(self, value: Value) -> Facts:
        if self.groups is None or value.counts:
            return value.facts
        return value.shown_as(metric=False).facts

    @property
    def aggregated(self) -> bool:
        """True if a row stands for more than one event or user. False without FROM."""
        if self.groups is not None:
            return not self.personal
        return all(one.relation.aggregated for one in self.sources)

    def users(self, column: str, counting: Counting) -> list[Users]:
        """The users behind a column. Those of a group are the users of all its rows."""
        found: dict[Parts, Users] = {}
        for refs, condition in self._uses(column):
            for users in _distinct(refs, counting):
                sql = users.parts
                if self.groups is not None:
                    sql = counting.merged(sql, condition)
                parts = tuple(self.add(part) for part in sql)
                found.setdefault(parts, Users(users.table, users.path, parts))
        return list(found.values())

    def counted(self, counting: Counting) -> list[tuple[Users, bool]]:
        """The users behind all columns, and whether only those count who add to a metric."""
        found: dict[Parts, tuple[Users, bool]] = {}
        for column in self.items:
            for refs, condition in self._uses(column):
                for users in _distinct(refs, counting):
                    sql = users.parts
                    if self.groups is not None:
                        sql = counting.merged(sql, condition)
                    found.setdefault(
                        sql, (Users(users.table, users.path, sql), condition is not None)
                    )
        return list(found.values())

    def _uses(self, column: str) -> Iterator[tuple[tuple[Ref, ...], str | None]]:
        whole = tuple(Ref(source, EVERYTHING) for source in self.sources)
        if column == EVERYTHING:
            yield whole, None
            return
        value = self.items[column][1]
        if value.refs:
            yield value.refs, None
        for one in value.counts:
            yield one.refs or whole, one.condition

    def add(self, sql: str) -> str:
        """Add a hidden column."""
        return self.hidden.setdefault(sql, f"__u{next(NUMBERS)}")

    def sql(self) -> str:
        """The SELECT with its hidden columns."""
        shown = [f"{value.sql} AS {name(written)}" for written, value in self.items.values()]
        shown += [f"{sql} AS {name(alias)}" for sql, alias in self.hidden.items()]
        text = f"SELECT {', '.join(shown)}"
        if self.joined:
            text += f" FROM {_filled(self.joined, self.sources)}"
        if self.where:
            text += f" WHERE {self.where}"
        if self.groups:
            text += f" GROUP BY {', '.join(self.groups)}"
        return text + (f" HAVING {self.having}" if self.having else "")


def _filled(joined: str, sources: Iterable[Source]) -> str:
    """The FROM clause with the query of each source in its place."""
    for source in sources:
        placed = f"({source.relation.sql()}) AS {name(source.alias)}"
        joined = joined.replace(mark(source), placed, 1)
    return joined


def mark(source: Source) -> str:
    """A placeholder for a source whose SQL is not known yet. No literal can look like it."""
    return f"\x00{source.number}\x00"


def _distinct(refs: Iterable[Ref], counting: Counting) -> list[Users]:
    found = {}
    for ref in refs:
        for users in ref.source.users(ref.column, counting):
            found[users.parts] = users
    return list(found.values())
