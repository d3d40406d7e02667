"""Reads the FROM clause: tables in their window, subqueries, values and joins."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlglot import exp

from sandbox.sql import rules
from sandbox.sql.dialect import duration
from sandbox.sql.expressions import Expressions
from sandbox.sql.rejections import invalid
from sandbox.sql.relations import NUMBERS, Relation, Select, Source, Table, Values, mark, name
from sandbox.sql.rules import Facts
from sandbox.sql.scope import Scope, of
from sandbox.tables import ALIASES

if TYPE_CHECKING:
    from sandbox.sql.reader import Reader

JOINS = {"", "INNER", "LEFT", "LEFT OUTER", "FULL", "FULL OUTER", "CROSS"}
SCHEMA = "sandbox"  # a prefix that names of tables may have
Span = tuple[int, int]  # in months and seconds
NO_SPAN = (0, 0)


class Sources:
    """Reads one FROM clause into a scope."""

    def __init__(self, reader: "Reader", scope: Scope, translate: Expressions) -> None:
        self.reader = reader
        self.scope = scope
        self.translate = translate

    def read(self, node: exp.Select) -> str:
        """Read what stands behind FROM, with placeholders for the sources."""
        first = node.args.get("from_")
        if first is None:
            return ""
        joined = self._source(first.this)
        for join in node.args.get("joins") or ():
            joined += self._join(join)
        return joined

    def _join(self, join: exp.Join) -> str:
        before = list(self.scope.sources)
        placed = self._source(join.this)
        kind = " ".join(word for word in (join.side, join.kind) if word).upper()
        on, using = join.args.get("on"), join.args.get("using")
        if kind not in JOINS:
            raise invalid(f"Unsupported join type {kind}", join.this)
        if on is not None:
            return f" {kind} JOIN {placed} ON {self.translate.value(on).sql}"
        if using:
            return f" {kind} JOIN {placed} ON {self._using(using, kind, before)}"
        if kind in {"", "CROSS"}:
            return f" CROSS JOIN {placed}"
        raise invalid("INNER, LEFT and FULL JOIN need a condition (ON or USING)", join.this)

    def _using(self, using: Sequence[exp.Expr], kind: str, before: Sequence[Source]) -> str:
        scope = self.scope
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

    def _source(self, node: exp.Expr) -> str:
        """Add a source to the scope and return its placeholder."""
        relation, alias = self._relation(node)
        if node.alias:
            alias = node.alias
        columns = node.args["alias"].args.get("columns") if node.args.get("alias") else None
        relation = renamed(relation, [one.name for one in columns or ()], node)
        if any(source.alias.lower() == alias.lower() for source in self.scope.sources):
            raise invalid(f"Duplicate relation name '{alias}' in FROM clause", node)
        source = Source(alias, relation)
        self.scope.sources.append(source)
        return mark(source)

    def _relation(self, node: exp.Expr) -> tuple[Relation, str]:
        if node.args.get("joins"):
            raise invalid("Nested joins are not supported", node)
        if isinstance(node, exp.Values):
            return values(node), f"v{next(NUMBERS)}"
        if isinstance(node, exp.Subquery):
            return self.reader.query(node.this), f"s{next(NUMBERS)}"
        if not isinstance(node, exp.Table):
            raise invalid("Unsupported table operation", node)
        if isinstance(node.this, exp.Anonymous):
            return self._extended(node.this)
        if node.db and (node.catalog or node.db.lower() != SCHEMA):
            raise invalid(f"Object '{node.catalog or node.db}' not found", node)
        found = self.reader.named.get(node.name.lower()) if not node.db else None
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
            raise invalid(str(wrong), node) from None
        return self._table(table, node, spans), table

    def _table(
        self,
        table: str,
        node: exp.Expr,
        spans: tuple[Span, Span] = (NO_SPAN, NO_SPAN),
    ) -> Table:
        known = table.lower()
        described = self.reader.tables.get(ALIASES.get(known, known))
        if described is None:
            raise invalid(f"Object '{table}' not found", node)
        outputs = {
            column.name: (column.name, rules.of_column(column)) for column in described.columns
        }
        start, end = self.reader.window
        conditions = []
        if described.window and start is not None:
            conditions.append(f"{name(described.window)} >= {_moment(start, spans[0], -1)}")
        if described.window and end is not None:
            conditions.append(f"{name(described.window)} < {_moment(end, spans[1], 1)}")
        where = " AND ".join(conditions) or "TRUE"
        return Table(described.name, outputs, where, "user_id" in described.by_name)


def renamed(relation: Relation, columns: list[str], node: exp.Expr) -> Relation:
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


def values(node: exp.Values) -> Values:
    """The rows of VALUES, with the kind of each column."""
    rows = []
    kinds: list[set[str | None]] = []
    empty = Expressions(None, Scope())  # type: ignore[arg-type] # literals need no reader
    for row in node.expressions:
        cells = [empty.value(one) for one in getattr(row, "expressions", None) or [row]]
        kinds = kinds or [set() for _ in cells]
        if len(cells) != len(kinds):
            raise invalid("Rows of VALUES differ in length", node)
        for kind, cell in zip(kinds, cells, strict=True):
            kind.update({cell.facts.type} if cell.sql != "NULL" else set())
        rows.append(f"({', '.join(cell.sql for cell in cells)})")
    outputs: dict[str, tuple[str, Facts]] = {}
    for number, kind in enumerate(kinds):
        type_ = next(iter(kind)) if len(kind) == 1 else None
        outputs[f"expr${number}"] = (f"EXPR${number}", Facts(literal=True, type=type_))
    return Values(outputs, ", ".join(rows))


def _moment(moment: datetime, span: Span, way: int) -> str:
    months, seconds = span
    shifted = moment + way * timedelta(seconds=seconds)
    text = f"TIMESTAMP '{shifted:%Y-%m-%d %H:%M:%S.%f}'"
    return f"({text} + to_months({way * months}))" if months else text
