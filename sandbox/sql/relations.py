"""What can stand in FROM: tables in their window, values, SELECTs and UNIONs.

A relation knows its columns, and can name the users behind each of them. Asking for users adds
hidden columns to the relation and to its parts, so the SQL carries only those that are needed.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Protocol

from sandbox.sql.rules import Facts, Value
from sandbox.sql.users import Counting, Parts

NUMBERS = count(1)
EVERYTHING = "*"  # in place of a column: the users behind the row as such


def name(identifier: str) -> str:
    """An identifier as DuckDB reads it, whatever is in it."""
    return '"' + identifier.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A string as DuckDB reads it."""
    return "'" + text.replace("'", "''").replace("\x00", "") + "'"


@dataclass(frozen=True)
class Users:
    """Users behind a column by one way through the query, as hidden columns."""

    table: str
    path: tuple[int, ...]
    parts: Parts


class Relation(Protocol):
    """Anything with columns. `outputs` is by lower-case name, in order."""

    @property
    def outputs(self) -> Mapping[str, tuple[str, Facts]]:
        """How each column is written, and what is known of it."""
        ...

    @property
    def aggregated(self) -> bool:
        """Whether its rows stand for more than single events."""
        ...

    def users(self, column: str, counting: Counting) -> list[Users]:
        """The users behind a column (or EVERYTHING), now among its hidden columns."""
        ...

    def add(self, sql: str) -> str:
        """One more hidden column; answers its name."""
        ...

    def sql(self) -> str:
        """Itself as a query, after all that was asked of it."""
        ...


@dataclass(frozen=True, eq=False)
class Source:
    """A relation under a name in FROM."""

    alias: str
    relation: Relation
    number: int = field(default_factory=lambda: next(NUMBERS))

    def users(self, column: str, counting: Counting) -> list[Users]:
        """The users behind its column, in words of the query it stands in."""
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
    """A column of something in FROM."""

    source: Source
    column: str


@dataclass(eq=False)
class Table:
    """A table of AMC's, cut to the window."""

    table: str
    outputs: Mapping[str, tuple[str, Facts]]
    where: str
    has_users: bool
    aggregated: bool = False
    hidden: dict[str, str] = field(default_factory=dict)

    def users(self, column: str, counting: Counting) -> list[Users]:
        """The row's own user."""
        if not self.has_users:
            return []
        parts = tuple(self.add(part) for part in counting.base('"__user"'))
        return [Users(self.table, (), parts)]

    def add(self, sql: str) -> str:
        """One more hidden column."""
        return self.hidden.setdefault(sql, f"__u{next(NUMBERS)}")

    def sql(self) -> str:
        """Its rows in the window."""
        extra = "".join(f", {sql} AS {name(alias)}" for sql, alias in self.hidden.items())
        return f"SELECT *{extra} FROM {name(self.table)} WHERE {self.where}"  # noqa: S608


@dataclass(eq=False)
class Values:
    """Rows that stand in the query itself."""

    outputs: Mapping[str, tuple[str, Facts]]
    rows: str
    aggregated: bool = True
    hidden: dict[str, str] = field(default_factory=dict)

    def users(self, column: str, counting: Counting) -> list[Users]:
        """Nobody."""
        return []

    def add(self, sql: str) -> str:
        """One more hidden column."""
        return self.hidden.setdefault(sql, f"__u{next(NUMBERS)}")

    def sql(self) -> str:
        """All of them."""
        extra = "".join(f", {sql} AS {name(alias)}" for sql, alias in self.hidden.items())
        columns = ", ".join(name(written) for written, _ in self.outputs.values())
        return f"SELECT *{extra} FROM (VALUES {self.rows}) v({columns})"  # noqa: S608


@dataclass(eq=False)
class Select:
    """A SELECT. `groups` is None where rows stay rows."""

    items: Mapping[str, tuple[str, Value]]
    sources: list[Source]
    joined: str  # what stands behind FROM, with {number} for the relation of each source
    where: str | None = None
    groups: list[str] | None = None
    having: str | None = None
    personal: bool = False  # whether it groups by single users
    hidden: dict[str, str] = field(default_factory=dict)

    @property
    def outputs(self) -> Mapping[str, tuple[str, Facts]]:
        """Its columns; in a grouped one only aggregates are metrics."""
        return {key: (written, self._facts(value)) for key, (written, value) in self.items.items()}

    def _facts(self, value: Value) -> Facts:
        if self.groups is None or value.counts:
            return value.facts
        return value.shown_as(metric=False).facts

    @property
    def aggregated(self) -> bool:
        """Whether rows stand for more than an event or a user; without FROM there are none."""
        if self.groups is not None:
            return not self.personal
        return all(one.relation.aggregated for one in self.sources)

    def users(self, column: str, counting: Counting) -> list[Users]:
        """The users behind a column; a group's are all of its rows'."""
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
        """The users behind all of its columns, and whether only those who add something."""
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
        """One more hidden column."""
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
    """The FROM clause with each source's query in its place."""
    for source in sources:
        placed = f"({source.relation.sql()}) AS {name(source.alias)}"
        joined = joined.replace(mark(source), placed, 1)
    return joined


def mark(source: Source) -> str:
    """What holds a source's place until its SQL is known; no literal can look like it."""
    return f"\x00{source.number}\x00"


def _distinct(refs: Iterable[Ref], counting: Counting) -> list[Users]:
    found = {}
    for ref in refs:
        for users in ref.source.users(ref.column, counting):
            found[users.parts] = users
    return list(found.values())
