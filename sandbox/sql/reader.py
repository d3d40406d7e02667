"""Turns a parsed query into relations: WITH, UNION, and queries in place of a value."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import duckdb
from sqlglot import exp

from sandbox import tables
from sandbox.sql import rules, select
from sandbox.sql.rejections import Rejected, invalid
from sandbox.sql.relations import NUMBERS, Relation, Source, literal, name
from sandbox.sql.rules import Count, Value
from sandbox.sql.scope import Scope, of
from sandbox.sql.sources import renamed, values
from sandbox.sql.unions import Named, Union, grouped_by_all, origin

Moment = datetime | None
MOST_VALUES = 100_000  # values of a column on which such a pattern is evaluated


@dataclass
class Reader:
    """Reads one query, with its tables, window and parameters."""

    tables: Mapping[str, tables.Table]
    window: tuple[Moment, Moment]  # in UTC, without a zone
    parameters: Mapping[str, Any]
    declared: Sequence[Mapping[str, Any]]
    strict: bool  # whether every parameter needs a value
    cursor: duckdb.DuckDBPyConnection
    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    named: dict[str, Relation] = field(default_factory=dict)  # WITH queries in scope
    written: list[Named] = field(default_factory=list)  # all WITH queries, in order

    def query(self, node: exp.Expr, outer: Scope | None = None) -> Relation:
        """Read a query with its WITH clause. Raises Rejected."""
        before = dict(self.named)
        for one in _with(node):
            self.named[one.alias.lower()] = self._named(one)
        relation = self._body(node, outer)
        self.named = before
        return relation

    def _body(self, node: exp.Expr, outer: Scope | None) -> Relation:
        if isinstance(node, exp.Subquery):
            return self.query(node.unnest(), outer)
        if isinstance(node, exp.Union):
            return self._union(node, outer)
        if (bare := _bare_values(node)) is not None:
            return values(bare)
        if isinstance(node, exp.Select):
            return select.select(self, node, outer)
        raise invalid("Only SELECT and UNION are supported", node)

    def _named(self, node: exp.CTE) -> Named:
        columns = node.args["alias"].args.get("columns") or []
        relation = renamed(self.query(node.this), [one.name for one in columns], node)
        named = Named(f"{node.alias.lower()}_{next(NUMBERS)}", relation)
        self.written.append(named)
        return named

    def _union(self, node: exp.Union, outer: Scope | None) -> Relation:
        # A long chain nests deeply to the left, so a loop walks down it instead of recursing.
        chain: list[exp.Union] = [node]
        while isinstance(chain[-1].this, exp.Union) and not _with(chain[-1].this):
            chain.append(chain[-1].this)
        branches = [self.query(chain[-1].this, outer)]
        for step in reversed(chain):
            branches.append(self.query(step.expression, outer))
            if step.args.get("distinct"):
                branches = [grouped_by_all(_stacked(branches, step))]
        return branches[0] if len(branches) == 1 else _stacked(branches, node)

    def scalar(self, node: exp.Subquery, scope: Scope) -> Value:
        """Read a query in place of a value, with the users behind it if it stands alone."""
        try:
            relation = self.query(node.unnest())
        except Rejected:
            relation = self.query(node.unnest(), scope)
            ((_, facts),) = _single(relation, node)
            return Value(f"({relation.sql()})", facts)
        ((key, (_, facts)),) = _single(relation, node, keyed=True)
        if not scope.lifts:
            return Value(f"({relation.sql()})", facts)
        source = Source(f"q{next(NUMBERS)}", relation)
        scope.scalars.append(source)
        value = of(source, key)
        if not scope.grouped or scope.inside:
            return value
        return Value(f"any_value({value.sql})", facts, counts=(Count(value.refs, None),))

    def matching(self, node: exp.Expr, text: Value, pattern: re.Pattern[str]) -> str:
        """Evaluate a pattern that only Python can read on all values of a column."""
        found = origin(text.refs[0]) if len(text.refs) == 1 else None
        if found is None or text.sql != of(text.refs[0].source, text.refs[0].column).sql:
            raise invalid(f"Invalid regular expression '{pattern.pattern}'", node)
        table, column = found
        rows = self.cursor.execute(
            f"SELECT DISTINCT {name(column)} FROM {name(table)} "  # noqa: S608
            f"WHERE {name(column)} IS NOT NULL LIMIT {MOST_VALUES}"
        ).fetchall()
        fitting = [literal(str(one)) for (one,) in rows if pattern.search(str(one))]
        return f"{text.sql} IN ({', '.join(fitting) or 'NULL'})"


def _single(relation: Relation, node: exp.Expr, *, keyed: bool = False) -> list[Any]:
    if len(relation.outputs) != 1:
        raise invalid("A query in place of a value has one column", node)
    return list(relation.outputs.items() if keyed else relation.outputs.values())


def _with(node: exp.Expr) -> list[exp.CTE]:
    clause = node.args.get("with_")
    return list(clause.expressions) if clause else []


def _bare_values(node: exp.Expr) -> exp.Values | None:
    """VALUES as a query, which sqlglot parses as SELECT * FROM (VALUES ...)."""
    if isinstance(node, exp.Values):
        return node
    first = node.args.get("from_")
    inner = first.this if first else None
    bare = isinstance(inner, exp.Values) and inner.alias == "_values"
    return inner if bare and isinstance(node.expressions[0], exp.Star) else None


def _stacked(branches: list[Relation], node: exp.Expr) -> Relation:
    """UNION ALL, with the column names of the first branch."""
    if len({len(branch.outputs) for branch in branches}) != 1:
        raise invalid("Column count mismatch in UNION ALL", node)
    outputs = {}
    for columns in zip(*(branch.outputs.items() for branch in branches), strict=True):
        key, (written, _) = columns[0]
        outputs[key] = (written, rules.union(facts for _, (_, facts) in columns))
    return Union(branches, outputs)


def utc(moment: Moment) -> Moment:
    """A time in UTC without a zone, as the tables have it."""
    if moment is None or moment.tzinfo is None:
        return moment
    return moment.astimezone(UTC).replace(tzinfo=None)
