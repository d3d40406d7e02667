"""Reads one SELECT: its items, its GROUP BY, and window functions inside a GROUP BY."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from sqlglot import exp

from sandbox.sql import functions
from sandbox.sql.expressions import Expressions
from sandbox.sql.rejections import invalid
from sandbox.sql.relations import NUMBERS, Relation, Select, Source, Table, mark
from sandbox.sql.rules import Value
from sandbox.sql.scope import Scope, of
from sandbox.sql.sources import Sources
from sandbox.sql.unions import grouped_by_all

if TYPE_CHECKING:
    from sandbox.sql.reader import Reader

Items = dict[str, tuple[str, Value]]


def select(reader: "Reader", node: exp.Select, outer: Scope | None) -> Relation:
    """Read a SELECT. Raises Rejected."""
    if not node.expressions:
        raise invalid("SELECT needs at least one column", node)
    scope = Scope(outer=outer, windows=_windows(node), grouped=_grouped(node))
    translate = Expressions(reader, scope)
    joined = Sources(reader, scope, translate).read(node)
    where = node.args.get("where")
    condition = translate.value(where.this) if where else None
    if condition and condition.counts:
        raise invalid("Aggregate expression is illegal in WHERE clause", where)
    kept_rows = condition.sql if condition else None
    scope.lifts = True
    items = _items(node, translate)
    scope.lifts = False
    groups = _groups(node, items, translate)
    if any(value.windows for value in groups):
        made = Select(dict(items), scope.sources, joined, kept_rows)
        translate, items = _lifted(node, made, translate)
        groups = _groups(node, items, translate)
        joined, kept_rows = mark(translate.scope.sources[0]), None
    kept = _having(node, items, translate)
    for source in translate.scope.scalars:
        joined += f" LEFT JOIN {mark(source)} ON TRUE" if joined else mark(source)
    # DuckDB takes a bare number for the position of a column.
    keys = [one.sql if one.refs else f"coalesce({one.sql})" for one in groups]
    made = Select(
        items,
        [*translate.scope.sources, *translate.scope.scalars],
        joined,
        kept_rows,
        list(dict.fromkeys(keys)) if scope.grouped else None,
        kept.sql if kept else None,
        personal=any(one.facts.secret for one in groups),
    )
    return grouped_by_all(made) if node.args.get("distinct") else made


def _windows(node: exp.Select) -> dict[str, exp.Expr]:
    return {one.name.lower(): one for one in node.args.get("windows") or ()}


def _grouped(node: exp.Select) -> bool:
    """True if the SELECT has groups: by GROUP BY, or one group by an aggregate."""
    if node.args.get("group"):
        return True
    having = node.args.get("having")
    return bool(having) or any(_aggregates(one) for one in node.expressions)


def _aggregates(node: exp.Expr) -> bool:
    """True if it contains an aggregate, except in subqueries and with OVER."""
    if isinstance(node, exp.Query):
        return False
    if isinstance(node, exp.Window):
        inner = [*node.this.expressions, *node.args.get("partition_by", ())]
        order = node.args.get("order")
        return any(_aggregates(one) for one in [*inner, *([order] if order else [])])
    if isinstance(node, exp.Anonymous) and str(node.this).upper() in functions.AGGREGATES:
        return True
    return any(_aggregates(one) for one in node.iter_expressions())


def _items(node: exp.Select, translate: Expressions) -> Items:
    items: Items = {}
    for number, one in enumerate(node.expressions):
        if isinstance(one, exp.Column) and isinstance(one.this, exp.Star):
            for written, value in _star(one, translate.scope):
                _put(items, written, value)
            continue
        if isinstance(one, exp.Star):
            raise invalid("SELECT * is not supported; name the columns", one)
        _put(items, one.alias_or_name or f"EXPR${number}", translate.value(one.unalias()))
    return items


def _star(node: exp.Column, scope: Scope) -> list[tuple[str, Value]]:
    """All columns of a source. AMC allows no star for its own tables."""
    found = [one for one in scope.sources if one.alias.lower() == node.table.lower()]
    if not found:
        raise invalid(f"Table '{node.table}' not found", node)
    if isinstance(found[0].relation, Table):
        raise invalid("SELECT * is not supported; name the columns", node)
    outputs = found[0].relation.outputs
    return [(written, of(found[0], key)) for key, (written, _) in outputs.items()]


def _put(items: Items, written: str, value: Value) -> None:
    """Add a select item. A name that exists gets a number, as in Calcite."""
    unique, number = written, 0
    while unique.lower() in items:
        unique, number = f"{written}{number}", number + 1
    items[unique.lower()] = (unique, value)


def _groups(
    node: exp.Select, items: Mapping[str, tuple[str, Value]], translate: Expressions
) -> list[Value]:
    """The expressions to group by. A name or number of a select item means its expression."""
    group = node.args.get("group")
    if group is None:
        return []
    if any(group.args.get(one) for one in ("cube", "rollup", "grouping_sets", "all")):
        raise invalid("GROUP BY takes expressions only", group)
    found = []
    listed = [value for _, value in items.values()]
    for one in group.expressions:
        inner = one.unnest()
        if isinstance(inner, exp.Literal) and inner.is_int:
            if not 1 <= int(inner.this) <= len(listed):
                raise invalid("Ordinal out of range", one)
            value = listed[int(inner.this) - 1]
        elif isinstance(inner, exp.Column) and not inner.table and inner.name.lower() in items:
            value = items[inner.name.lower()][1]
        else:
            value = translate.value(inner)
        if value.counts:
            raise invalid("Aggregate expression is illegal in GROUP BY clause", one)
        found.append(value)
    return found


def _having(node: exp.Select, items: Items, translate: Expressions) -> Value | None:
    """The condition on groups. A name means a select item first."""
    having = node.args.get("having")
    if having is None:
        return None
    translate.scope.aliases = {key: value for key, (_, value) in items.items()}
    kept = translate.value(having.this)
    translate.scope.aliases = {}
    return kept


class _Lifted(Scope):
    """The names of a SELECT whose rows have become a query of their own."""

    def __init__(self, made: Select, scope: Scope) -> None:
        super().__init__(outer=scope.outer, windows=scope.windows, grouped=scope.grouped)
        made.items = {}
        self.made: Select = made
        self.below = scope
        self.sources = [Source(f"w{next(NUMBERS)}", made)]

    def find(self, column: exp.Column) -> Value:
        """Find the column that a name means, as a column of the inner query."""
        if not column.table and column.name.lower() in self.aliases:
            return self.aliases[column.name.lower()]
        return self.lift(self.below.find(column))

    def lift(self, value: Value) -> Value:
        """Turn a value of the inner query into one of its columns."""
        items = dict(self.made.items)
        key = next((key for key, (_, one) in items.items() if one.sql == value.sql), None)
        if key is None:
            key = f"l{len(items)}"
            self.made.items = items | {key: (key, value)}
        return of(self.sources[0], key)


def _lifted(node: exp.Select, made: Select, translate: Expressions) -> tuple[Expressions, Items]:
    """Compute window functions in an inner query, so that the outer one can group by them."""
    before = list(made.items.values())
    scope = _Lifted(made, translate.scope)
    above = Expressions(translate.reader, scope)
    items: Items = {}
    for one, (written, value) in zip(node.expressions, before, strict=True):
        whole = value.windows and not value.counts
        _put(items, written, scope.lift(value) if whole else above.value(one.unalias()))
    return above, items
