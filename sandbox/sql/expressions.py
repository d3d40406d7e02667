"""Translates expressions of AMC SQL for DuckDB. Every other kind of expression is rejected."""

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from sqlglot import exp

from sandbox.sql import calls, casting, rules
from sandbox.sql.rejections import invalid
from sandbox.sql.relations import Relation, literal, name
from sandbox.sql.rules import Facts, Value, made_of
from sandbox.sql.scope import Scope

if TYPE_CHECKING:
    from sandbox.sql.reader import Reader

COMPARISONS = {
    exp.EQ: "=",
    exp.NEQ: "<>",
    exp.LT: "<",
    exp.LTE: "<=",
    exp.GT: ">",
    exp.GTE: ">=",
    exp.NullSafeEQ: "IS NOT DISTINCT FROM",
    exp.NullSafeNEQ: "IS DISTINCT FROM",
}
ARITHMETIC = {exp.Add: "+", exp.Sub: "-", exp.Mul: "*"}
NUMBER = re.compile(r"\d+(\.\d*)?([eE][+-]?\d+)?|\.\d+")


class Expressions:
    """Translates the expressions of one SELECT."""

    def __init__(self, reader: "Reader", scope: Scope) -> None:
        self.reader = reader
        self.scope = scope
        self.handlers: dict[type[exp.Expr], Callable[..., Value]] = {
            exp.Column: scope.find,
            exp.Paren: self._paren,
            exp.Literal: self._literal,
            exp.Boolean: lambda node: Value(str(bool(node.this)).upper(), rules.WRITTEN),
            exp.Null: lambda node: Value("NULL"),
            exp.Neg: lambda node: self._wrapped("-({})", node.this),
            exp.Not: lambda node: self._wrapped("NOT ({})", node.this),
            exp.And: lambda node: self._logic(node, "AND"),
            exp.Or: lambda node: self._logic(node, "OR"),
            exp.Is: self._is,
            exp.In: self._in,
            exp.Between: self._between,
            exp.Like: self._like,
            exp.Escape: self._escape,
            exp.SimilarTo: self._similar,
            exp.Div: self._divide,
            exp.Mod: lambda node: self._both("({} % nullif({}, 0))", node),
            exp.CurrentDate: lambda node: Value(f"DATE '{self.reader.now:%Y-%m-%d}'"),
            exp.CurrentTimestamp: lambda node: Value(
                f"TIMESTAMP '{casting.naive(self.reader.now)}'"
            ),
        }
        self.handlers |= self._calls()
        self.handlers |= dict.fromkeys(COMPARISONS, self._compare)
        self.handlers |= dict.fromkeys(ARITHMETIC, self._arithmetic)

    def _calls(self) -> dict[type[exp.Expr], Callable[..., Value]]:
        """Translate function calls, and subqueries in place of a value."""
        return {
            exp.Case: self._case,
            exp.If: self._if,
            exp.Cast: lambda node: casting.cast(self, node),
            exp.Extract: lambda node: casting.extract(self, node),
            exp.Trim: self._trim,
            exp.Substring: self._substring,
            exp.StrPosition: lambda node: self._wrapped("instr({}, {})", node.this, "substr"),
            exp.Array: self._array,
            exp.Exists: self._exists,
            exp.Subquery: self._subquery,
            exp.Anonymous: lambda node: calls.call(self, node),
            exp.Window: lambda node: calls.window(self, node),
            exp.Filter: lambda node: calls.filtered(self, node),
            exp.Tuple: self._tuple,
            exp.Bracket: self._bracket,
            exp.Dot: self._dot,
        }

    def value(self, node: exp.Expr) -> Value:
        """Translate an expression. Raises Rejected."""
        handler = self.handlers.get(type(node))
        if handler is None:
            raise invalid(f"Unsupported expression {type(node).__name__.upper()}", node)
        return handler(node)

    def _wrapped(self, sql: str, node: exp.Expr, more: str = "") -> Value:
        parts = [self.value(node)]
        if more:
            parts.append(self.value(node.parent.args[more]))  # type: ignore[union-attr]
        return made_of(sql.format(*(part.sql for part in parts)), parts)

    def _both(self, sql: str, node: exp.Binary) -> Value:
        parts = [self.value(node.this), self.value(node.expression)]
        return made_of(sql.format(*(part.sql for part in parts)), parts)

    def _paren(self, node: exp.Paren) -> Value:
        inner = self.value(node.this)
        return made_of(f"({inner.sql})", [inner], inner.facts)

    def _literal(self, node: exp.Literal) -> Value:
        if node.is_string:
            return Value(literal(node.this), Facts(literal=True, type="STRING"))
        if not NUMBER.fullmatch(node.this):
            raise invalid(f"'{node.this}' is not a number", node)
        return Value(node.this, Facts(literal=True, type="NUMBER"))

    def _logic(self, node: exp.Connector, word: str) -> Value:
        # Long chains nest deeply to the left, so they are flattened instead of recursing.
        parts = [self.value(one) for one in node.flatten(unnest=False)]
        return self._truth(f" {word} ".join(f"({part.sql})" for part in parts), parts)

    def _truth(self, sql: str, parts: list[Value]) -> Value:
        """A boolean. It reveals none of the values that it was computed from."""
        return made_of(sql, parts, Facts(literal=any(part.facts.literal for part in parts)))

    def _compare(self, node: exp.Binary) -> Value:
        parts = [self.value(node.this), self.value(node.expression)]
        rules.compared(node, parts)
        left, right = _alike(*parts)
        return self._truth(f"{left} {COMPARISONS[type(node)]} {right}", parts)

    def _is(self, node: exp.Is) -> Value:
        part = self.value(node.this)
        what = node.expression
        if isinstance(what, exp.Null):
            return made_of(f"({part.sql}) IS NULL", [part], Facts())
        if isinstance(what, exp.Boolean):
            return self._truth(f"({part.sql}) IS {str(bool(what.this)).upper()}", [part])
        raise invalid("IS takes NULL, TRUE or FALSE", node)

    def _in(self, node: exp.In) -> Value:
        part = self.value(node.this)
        query = node.args.get("query")
        if query is not None:
            relation = self.reader.query(query.unnest(), self.scope)
            rules.compared(node, [part, *_first(relation)])
            return self._truth(_within(part, relation), [part])
        if not node.expressions:
            raise invalid("IN needs a list of values", node)
        options = [self.value(one) for one in node.expressions]
        rules.compared(node, [part, *options])
        listed = ", ".join(_alike(part, option)[1] for option in options)
        sql = f"{part.sql} IN ({listed})"
        if part.facts.type == "NUMBER" and any(o.facts.type == "STRING" for o in options):
            sql = f"CAST({part.sql} AS VARCHAR) IN ({listed})"
        return self._truth(sql, [part, *options])

    def _between(self, node: exp.Between) -> Value:
        parts = [self.value(node.args[one]) for one in ("this", "low", "high")]
        rules.compared(node, parts)
        return self._truth("{} BETWEEN {} AND {}".format(*(f"({p.sql})" for p in parts)), parts)

    def _like(self, node: exp.Like) -> Value:
        parts = [self.value(node.this), self.value(node.expression)]
        rules.compared(node, parts)
        return self._truth(f"{parts[0].sql} LIKE {parts[1].sql}", parts)

    def _escape(self, node: exp.Escape) -> Value:
        inner, escape = self.value(node.this), self.value(node.expression)
        return self._truth(f"{inner.sql} ESCAPE {escape.sql}", [inner])

    def _similar(self, node: exp.SimilarTo) -> Value:
        parts = [self.value(node.this), self.value(node.expression)]
        rules.compared(node, parts)
        return self._truth(calls.similar(self, node, *parts), parts)

    def _arithmetic(self, node: exp.Binary) -> Value:
        # A long sum nests deeply to the left, so a loop walks down it instead of recursing.
        chain: list[exp.Binary] = [node]
        while type(chain[-1].this) in ARITHMETIC:
            chain.append(chain[-1].this)
        first = self.value(chain[-1].this)
        parts, sql = [first], first.sql
        for step in reversed(chain):
            part = self.value(step.expression)
            parts.append(part)
            sql = f"({sql} {ARITHMETIC[type(step)]} {part.sql})"
        return made_of(sql, parts)

    def _divide(self, node: exp.Div) -> Value:
        parts = [self.value(node.this), self.value(node.expression)]
        return made_of(calls.divide(*parts), parts)

    def _case(self, node: exp.Case) -> Value:
        subject = self.value(node.this) if node.this is not None else None
        conditions, results, sql = [], [], "CASE"
        for branch in node.args["ifs"]:
            condition, result = self.value(branch.this), self.value(branch.args["true"])
            conditions.append(condition)
            results.append(result)
            if subject is not None:
                rules.compared(node, [subject, condition])
                left, right = _alike(subject, condition)
                sql += f" WHEN {left} = {right} THEN {result.sql}"
            else:
                sql += f" WHEN {condition.sql} THEN {result.sql}"
        default = node.args.get("default")
        if default is not None:
            results.append(self.value(default))
            sql += f" ELSE {results[-1].sql}"
        everything = [*([subject] if subject else []), *conditions, *results]
        facts = rules.union(result.facts for result in results)
        return made_of(f"{sql} END", everything, facts)

    def _if(self, node: exp.If) -> Value:
        otherwise = node.args.get("false") or exp.null()
        condition = self.value(node.this)
        results = [self.value(node.args["true"]), self.value(otherwise)]
        sql = f"CASE WHEN {condition.sql} THEN {results[0].sql} ELSE {results[1].sql} END"
        facts = rules.union(result.facts for result in results)
        return made_of(sql, [condition, *results], facts)

    def _trim(self, node: exp.Trim) -> Value:
        how = str(node.args.get("position") or "BOTH").upper()
        word = {"LEADING": "ltrim", "TRAILING": "rtrim"}.get(how, "trim")
        parts = [self.value(node.this)]
        if node.expression is not None and node.expression.sql():
            parts.append(self.value(node.expression))
        return made_of(f"{word}({', '.join(part.sql for part in parts)})", parts)

    def _substring(self, node: exp.Substring) -> Value:
        parts = [
            self.value(node.args[one])
            for one in ("this", "start", "length")
            if node.args.get(one) is not None
        ]
        return made_of(f"substr({', '.join(part.sql for part in parts)})", parts)

    def _array(self, node: exp.Array) -> Value:
        parts = [self.value(one) for one in node.expressions]
        return made_of(f"[{', '.join(part.sql for part in parts)}]", parts)

    def _tuple(self, node: exp.Tuple) -> Value:
        parts = [self.value(one) for one in node.expressions]
        return made_of(f"({', '.join(part.sql for part in parts)})", parts)

    def _bracket(self, node: exp.Bracket) -> Value:
        parts = [self.value(node.this), *(self.value(one) for one in node.expressions)]
        if len(parts) != 2:
            raise invalid("An element is named by one index", node)
        # sqlglot counts from 0, AMC and DuckDB count from 1.
        return made_of(f"({parts[0].sql})[{parts[1].sql}]", parts)

    def _dot(self, node: exp.Dot) -> Value:
        part = self.value(node.this)
        return made_of(f"({part.sql}).{name(node.name)}", [part])

    def _exists(self, node: exp.Exists) -> Value:
        relation = self.reader.query(node.this.unnest(), self.scope)
        return Value(f"EXISTS ({relation.sql()})")

    def _subquery(self, node: exp.Subquery) -> Value:
        return self.reader.scalar(node, self.scope)


def _first(relation: Relation) -> list[Value]:
    return [Value("", facts) for _, facts in relation.outputs.values()]


def _within(part: Value, relation: Relation) -> str:
    """`value IN (query)`. Text and numbers are compared as text."""
    (written, facts), *more = relation.outputs.values()
    if more or {part.facts.type, facts.type} != {"STRING", "NUMBER"}:
        return f"{part.sql} IN ({relation.sql()})"
    texts = f"SELECT CAST({name(written)} AS VARCHAR) FROM ({relation.sql()})"  # noqa: S608
    return f"CAST({part.sql} AS VARCHAR) IN ({texts})"


def _alike(left: Value, right: Value) -> tuple[str, str]:
    """Make two operands comparable. Text and numbers are compared as text, as AMC does for ids."""
    kinds = {left.facts.type, right.facts.type}
    if kinds != {"STRING", "NUMBER"}:
        return left.sql, right.sql
    sides = []
    for one, other in ((left, right), (right, left)):
        number = one.facts.type == "NUMBER"
        # A quoted literal that is compared with a number is a number in quotes.
        as_text = number and not (other.facts.literal and not other.refs)
        sides.append(f"CAST({one.sql} AS VARCHAR)" if as_text else one.sql)
    return sides[0], sides[1]
