"""A parsed query becomes relations: names are resolved, rules kept, windows cut."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlglot import exp

from sandbox import rules
from sandbox.dialect import duration
from sandbox.expressions import Expressions, Scope, of
from sandbox.rejected import invalid
from sandbox.relations import (
    NUMBERS,
    Named,
    Relation,
    Select,
    Source,
    Table,
    Union,
    Values,
    grouped_by_all,
    mark,
    name,
)
from sandbox.rules import Facts, Value
from sandbox.tables import ALIASES
from sandbox.tables import Table as Described

Moment = datetime | None


class Reader:
    """Reads one query against tables, a window and parameters."""

    def __init__(
        self,
        tables: Mapping[str, Described],
        window: tuple[Moment, Moment],
        parameters: Mapping[str, Any],
        declared: Sequence[Mapping[str, Any]],
        *,
        strict: bool,
    ) -> None:
        self.tables = tables
        self.window = tuple(_utc(one) for one in window)
        self.parameters = parameters
        self.declared = declared
        self.strict = strict  # whether every parameter must have a value
        self.now = datetime.now(UTC)
        self.named: dict[str, Relation] = {}  # WITH queries in reach
        self.written: list[Named] = []  # all of them, in order

    def query(self, node: exp.Expression, outer: Scope | None = None) -> Relation:
        """A query with its WITH clause. Raises Rejected."""
        before = dict(self.named)
        for one in _with(node):
            self.named[one.alias.lower()] = self._named(one)
        relation = self._body(node, outer)
        self.named = before
        return relation

    def _body(self, node: exp.Expression, outer: Scope | None) -> Relation:
        if isinstance(node, exp.Subquery):
            return self.query(node.unnest(), outer)
        if isinstance(node, exp.Union):
            return self._union(node, outer)
        if isinstance(node, exp.Select):
            return self._select(node, outer)
        raise invalid("Only SELECT and UNION are supported", node)

    def _named(self, node: exp.CTE) -> Named:
        relation = self.query(node.this)
        columns = node.args["alias"].args.get("columns") or []
        relation = _renamed(relation, [one.name for one in columns], node)
        named = Named(f"{node.alias.lower()}_{next(NUMBERS)}", relation)
        self.written.append(named)
        return named

    def _union(self, node: exp.Union, outer: Scope | None) -> Relation:
        # A long chain nests deeply to the left; walk down it instead of recursing.
        chain: list[exp.Union] = [node]
        while isinstance(chain[-1].this, exp.Union) and not _with(chain[-1].this):
            chain.append(chain[-1].this)
        relation = self.query(chain[-1].this, outer)
        branches = [relation]
        for step in reversed(chain):
            branches.append(self.query(step.expression, outer))
            if step.args.get("distinct"):
                branches = [grouped_by_all(_stacked(branches, step))]
        return branches[0] if len(branches) == 1 else _stacked(branches, node)

    def _select(self, node: exp.Select, outer: Scope | None) -> Relation:
        scope = Scope(outer=outer, windows=_windows(node))
        translate = Expressions(self, scope)
        joined = self._from(node, scope, translate)
        where = node.args.get("where")
        condition = translate.value(where.this) if where else None
        if condition and condition.counts:
            raise invalid("Aggregate expression is illegal in WHERE clause", where)
        items = self._items(node, scope, translate)
        scope.aliases = {key: value for key, (_, value) in items.items()}
        groups = self._groups(node, items, translate)
        having = node.args.get("having")
        kept = translate.value(having.this) if having else None
        aggregates = any(value.counts for _, value in items.values()) or bool(kept and kept.counts)
        select = Select(
            items,
            scope.sources,
            joined,
            condition.sql if condition else None,
            groups if groups or aggregates else None,
            kept.sql if kept else None,
        )
        return grouped_by_all(select) if node.args.get("distinct") else select

    def _items(
        self, node: exp.Select, scope: Scope, translate: Expressions
    ) -> dict[str, tuple[str, Value]]:
        items: dict[str, tuple[str, Value]] = {}
        for number, one in enumerate(node.expressions):
            if isinstance(one, exp.Column) and isinstance(one.this, exp.Star):
                for written, value in _star(one, scope):
                    _put(items, written, value)
                continue
            if isinstance(one, exp.Star):
                raise invalid("SELECT * is not supported; name the columns", one)
            inner = one.this if isinstance(one, exp.Alias) else one
            _put(items, one.alias_or_name or f"EXPR${number}", translate.value(inner))
        return items

    def _groups(
        self, node: exp.Select, items: Mapping[str, tuple[str, Value]], translate: Expressions
    ) -> list[str]:
        """What rows are grouped by; a select item's name or number means its expression."""
        group = node.args.get("group")
        if group is None:
            return []
        if any(group.args.get(one) for one in ("cube", "rollup", "grouping_sets", "all")):
            raise invalid("GROUP BY takes expressions only", group)
        found: dict[str, None] = {}
        listed = list(items.values())
        for one in group.expressions:
            inner = one.unnest()
            if isinstance(inner, exp.Literal) and inner.is_int:
                if not 1 <= int(inner.this) <= len(listed):
                    raise invalid("Ordinal out of range", one)
                value = listed[int(inner.this) - 1][1]
            elif isinstance(inner, exp.Column) and not inner.table and inner.name.lower() in items:
                value = items[inner.name.lower()][1]
            else:
                value = translate.value(inner)
            if value.counts:
                raise invalid("Aggregate expression is illegal in GROUP BY clause", one)
            # DuckDB takes a bare number for the place of a column.
            found[value.sql if value.refs else f"coalesce({value.sql})"] = None
        return list(found)

    def _from(self, node: exp.Select, scope: Scope, translate: Expressions) -> str:
        first = node.args.get("from_")
        if first is None:
            return ""
        joined = self._source(first.this, scope)
        for join in node.args.get("joins") or ():
            before = list(scope.sources)
            placed = self._source(join.this, scope)
            kind = " ".join(word for word in (join.side, join.kind) if word).upper()
            on, using = join.args.get("on"), join.args.get("using")
            if kind not in {"", "INNER", "LEFT", "LEFT OUTER", "FULL", "FULL OUTER", "CROSS"}:
                raise invalid(f"Unsupported join type {kind}", join.this)
            if on is not None:
                joined += f" {kind} JOIN {placed} ON {translate.value(on).sql}"
            elif using:
                condition = self._using(using, kind, before, scope)
                joined += f" {kind} JOIN {placed} ON {condition}"
            elif kind in {"", "CROSS"}:
                joined += f" CROSS JOIN {placed}"
            else:
                raise invalid("INNER, LEFT, FULL joins require a condition (ON or USING)", join)
        return joined

    def _using(
        self, using: Sequence[exp.Expression], kind: str, before: list[Source], scope: Scope
    ) -> str:
        right = scope.sources[-1]
        conditions = []
        for one in using:
            key = one.name.lower()
            left = scope.merged.get(key) or next(
                (of(source, key) for source in before if key in source.relation.outputs), None
            )
            if left is None or key not in right.relation.outputs:
                raise invalid(f"Column '{one.name}' not found in any table", one)
            theirs = of(right, key)
            rules.compared(one, [left, theirs])
            conditions.append(f"{left.sql} = {theirs.sql}")
            sql = f"coalesce({left.sql}, {theirs.sql})" if "FULL" in kind else left.sql
            both = rules.made_of(sql, [left, theirs])
            scope.merged[key] = both if "FULL" in kind else left
        return " AND ".join(conditions)

    def _source(self, node: exp.Expression, scope: Scope) -> str:
        """One thing in FROM, now a source of the scope; answers what holds its place."""
        relation, alias = self._relation(node)
        if node.alias:
            alias = node.alias
        columns = node.args["alias"].args.get("columns") if node.args.get("alias") else None
        relation = _renamed(relation, [one.name for one in columns or ()], node)
        if any(source.alias.lower() == alias.lower() for source in scope.sources):
            raise invalid(f"Duplicate relation name '{alias}' in FROM clause", node)
        source = Source(alias, relation)
        scope.sources.append(source)
        return mark(source)

    def _relation(self, node: exp.Expression) -> tuple[Relation, str]:
        if node.args.get("joins"):
            raise invalid("Nested joins are not supported", node)
        if isinstance(node, exp.Values):
            return _values(node), f"v{next(NUMBERS)}"
        if isinstance(node, exp.Subquery):
            return self.query(node.this), f"s{next(NUMBERS)}"
        if not isinstance(node, exp.Table):
            raise invalid("Unsupported table operation", node)
        if isinstance(node.this, exp.Anonymous):
            return self._extended(node.this)
        found = self.named.get(node.name.lower()) if not node.db else None
        return (found, node.name) if found else (self._table(node.name, node), node.name)

    def _extended(self, node: exp.Anonymous) -> tuple[Relation, str]:
        if str(node.this).upper() == "TABLE" and len(node.expressions) == 1:
            node = node.expressions[0]
        arguments = node.expressions if isinstance(node, exp.Anonymous) else []
        if not arguments or str(node.this).upper() != "EXTEND_TIME_WINDOW" or len(arguments) != 3:
            raise invalid(f"Object '{node.name}' not found", node)
        if not all(one.is_string for one in arguments):
            raise invalid("EXTEND_TIME_WINDOW takes three texts in quotes", node)
        table, before, after = (str(one.this) for one in arguments)
        try:
            spans = duration(before), duration(after)
        except ValueError as wrong:
            raise invalid(f"'{wrong}' is not an ISO 8601 duration", node) from None
        return self._table(table, node, spans), table

    def _table(
        self,
        table: str,
        node: exp.Expression,
        spans: tuple[tuple[int, int], tuple[int, int]] = ((0, 0), (0, 0)),
    ) -> Table:
        known = table.lower()
        described = self.tables.get(ALIASES.get(known, known))
        if described is None:
            raise invalid(f"Object '{table}' not found", node)
        outputs = {
            column.name: (column.name, rules.of_column(column)) for column in described.columns
        }
        start, end = self.window
        conditions = []
        if described.window and start is not None:
            conditions.append(f"{name(described.window)} >= {_moment(start, spans[0], -1)}")
        if described.window and end is not None:
            conditions.append(f"{name(described.window)} < {_moment(end, spans[1], 1)}")
        where = " AND ".join(conditions) or "TRUE"
        return Table(described.name, outputs, where, "user_id" in described.by_name)

    def scalar(self, node: exp.Subquery, scope: Scope) -> Value:
        """A query in place of a value; the users behind it are not those of the row."""
        relation = self.query(node.unnest(), scope)
        if len(relation.outputs) != 1:
            raise invalid("A query in place of a value has one column", node)
        ((_, facts),) = relation.outputs.values()
        return Value(f"({relation.sql()})", facts)


def _with(node: exp.Expression) -> list[exp.CTE]:
    clause = node.args.get("with_")
    return list(clause.expressions) if clause else []


def _windows(node: exp.Select) -> dict[str, exp.Expression]:
    return {one.name.lower(): one for one in node.args.get("windows") or ()}


def _star(node: exp.Column, scope: Scope) -> list[tuple[str, Value]]:
    """All columns of a source; of AMC's own tables there is no star."""
    for source in scope.sources:
        if source.alias.lower() == node.table.lower():
            if isinstance(source.relation, Table):
                break
            outputs = source.relation.outputs
            return [(written, of(source, key)) for key, (written, _) in outputs.items()]
    else:
        raise invalid(f"Table '{node.table}' not found", node)
    raise invalid("SELECT * is not supported; name the columns", node)


def _put(items: dict[str, tuple[str, Value]], written: str, value: Value) -> None:
    """One more select item; a name that is there already gets a number, as in Calcite."""
    unique, number = written, 0
    while unique.lower() in items:
        unique, number = f"{written}{number}", number + 1
    items[unique.lower()] = (unique, value)


def _renamed(relation: Relation, columns: list[str], node: exp.Expression) -> Relation:
    """A relation under the column names of its alias."""
    if not columns:
        return relation
    if len(columns) != len(relation.outputs):
        raise invalid("Number of columns must match the number of names", node)
    source = Source(f"r{next(NUMBERS)}", relation)
    items = {
        new.lower(): (new, of(source, key))
        for new, key in zip(columns, relation.outputs, strict=True)
    }
    return Select(items, [source], mark(source))


def _stacked(branches: list[Relation], node: exp.Expression) -> Relation:
    """UNION ALL, with the names of the first branch."""
    if len({len(branch.outputs) for branch in branches}) != 1:
        raise invalid("Column count mismatch in UNION ALL", node)
    outputs = {}
    rows = zip(*(branch.outputs.items() for branch in branches), strict=True)
    for columns in rows:
        key, (written, _) = columns[0]
        outputs[key] = (written, rules.union(facts for _, (_, facts) in columns))
    return Union(branches, outputs)


def _values(node: exp.Values) -> Values:
    rows = []
    kinds: list[set[str | None]] = []
    empty = Expressions(None, Scope())  # type: ignore[arg-type] # literals need no reader
    for row in node.expressions:
        cells = [empty.value(one) for one in getattr(row, "expressions", None) or [row]]
        kinds = kinds or [set() for _ in cells]
        if len(cells) != len(kinds):
            raise invalid("Rows of VALUES differ in length", node)
        for kind, cell in zip(kinds, cells, strict=True):
            kind |= {cell.facts.type} if cell.sql != "NULL" else set()
        rows.append(f"({', '.join(cell.sql for cell in cells)})")
    outputs: dict[str, tuple[str, Facts]] = {}
    for number, kind in enumerate(kinds):
        type_ = next(iter(kind)) if len(kind) == 1 else None
        outputs[f"expr${number}"] = (f"EXPR${number}", Facts(literal=True, type=type_))
    return Values(outputs, ", ".join(rows))


def _utc(moment: Moment) -> Moment:
    if moment is None or moment.tzinfo is None:
        return moment
    return moment.astimezone(UTC).replace(tzinfo=None)


def _moment(moment: datetime, span: tuple[int, int], way: int) -> str:
    months, seconds = span
    shifted = moment + way * timedelta(seconds=seconds)
    text = f"TIMESTAMP '{shifted:%Y-%m-%d %H:%M:%S.%f}'"
    return f"({text} + to_months({way * months}))" if months else text
