"""Resolves names within one SELECT."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlglot import exp

from sandbox.sql.rejections import invalid
from sandbox.sql.relations import Ref, Source, name
from sandbox.sql.rules import Value


@dataclass
class Scope:
    """The names in one SELECT. `outer` is the scope of the SELECT around it."""

    sources: list[Source] = field(default_factory=list)
    merged: dict[str, Value] = field(default_factory=dict)  # the columns of USING
    aliases: dict[str, Value] = field(default_factory=dict)  # select items, within HAVING
    windows: Mapping[str, exp.Expr] = field(default_factory=dict)
    outer: "Scope | None" = None
    grouped: bool = False
    inside: bool = False  # of an aggregate, where names mean columns of rows
    lifts: bool = False  # queries in place of a value
    scalars: list[Source] = field(default_factory=list)

    def find(self, column: exp.Column) -> Value:
        """Find the column that a name means. Raises Rejected."""
        key, table = column.name.lower(), column.table.lower()
        scope: Scope | None = self
        while scope is not None:
            found = scope._own(column, key, table)
            if found is not None:
                return found
            scope = scope.outer
        if table and not self._knows(table):
            raise invalid(f"Table '{column.table}' not found", column)
        place = f"table '{column.table}'" if table else "any table"
        raise invalid(f"Column '{column.name}' not found in {place}", column)

    def _own(self, column: exp.Column, key: str, table: str) -> Value | None:
        if not table and not self.inside and key in self.aliases:
            return self.aliases[key]
        if not table and key in self.merged:
            return self.merged[key]
        among = [one for one in self.sources if not table or one.alias.lower() == table]
        having = [one for one in among if key in one.relation.outputs]
        if len(having) > 1:
            raise invalid(f"Column '{column.name}' is ambiguous", column)
        return of(having[0], key) if having else None

    def _knows(self, table: str) -> bool:
        known = any(source.alias.lower() == table for source in self.sources)
        return known or (self.outer is not None and self.outer._knows(table))


def of(source: Source, key: str) -> Value:
    """Find a column of a source."""
    written, facts = source.relation.outputs[key]
    return Value(f"{name(source.alias)}.{name(written)}", facts, (Ref(source, key),))
