"""Translates function calls: scalars, aggregates, window functions, and special functions."""

import re
from typing import TYPE_CHECKING

import duckdb
from sqlglot import exp

from sandbox.sql import functions, parameters, patterns, rules
from sandbox.sql.rejections import invalid
from sandbox.sql.relations import name
from sandbox.sql.rules import Count, Facts, Value, made_of

if TYPE_CHECKING:
    from sandbox.sql.expressions import Expressions

COMPARING = {"NULLIF", "CONTAINED_IN", "GREATEST", "LEAST", "ARRAY_CONTAINS"}
HIDING = {"ARRAY_CONTAINS", "CONTAINED_IN", "CARDINALITY"}  # reveal nothing about the values


def divide(above: Value, below: Value) -> str:
    """A quotient that is never truncated, and NULL for a denominator of zero."""
    return functions.divide(above.sql, below.sql)


def call(inside: "Expressions", node: exp.Anonymous) -> Value:
    """Translate a call with its arguments. Raises Rejected."""
    word = str(node.this).upper()
    if word in {"CUSTOM_PARAMETER", "BUILT_IN_PARAMETER"}:
        return parameters.value(inside.reader, node)
    if word == "NAMED_ROW":
        return _named_row(inside, node)
    if word in functions.AGGREGATES:
        return aggregate(inside, node)
    if word in functions.INTERVALS:
        raise invalid("interval data types are not enabled", node)
    arguments = [inside.value(one) for one in node.expressions]
    if word in functions.WINDOWS:
        raise invalid(f"OVER clause is necessary for window function {word}", node)
    return _scalar(node, word, arguments)


def _scalar(node: exp.Anonymous, word: str, arguments: list[Value]) -> Value:
    function = functions.SCALARS.get(word)
    if function is None or not function.least <= len(arguments) <= function.most:
        raise invalid(f"No match found for function signature {signature(word, arguments)}", node)
    if word in COMPARING:
        rules.compared(node, arguments)
    sql = functions.fill(function.sql, [one.sql for one in arguments])
    facts = Facts(literal=any(one.facts.literal for one in arguments)) if word in HIDING else None
    made = made_of(sql, arguments, facts)
    return made if facts else made.shown_as(type=_type_of(word, made))


def _type_of(word: str, made: Value) -> str | None:
    texts = {"CONCAT", "LOWER", "UPPER", "REPLACE", "LEFT", "RIGHT", "LTRIM", "RTRIM"}
    if word in texts:
        return "STRING"
    return made.facts.type if word in {"COALESCE", "IFNULL", "NVL", "NULLIF"} else None


def signature(word: str, arguments: list[Value]) -> str:
    """A call as Calcite writes it: NAME(<TYPE>, ...)."""
    types = {"STRING": "CHARACTER", "NUMBER": "NUMERIC", None: "ANY"}
    return f"{word}({', '.join(f'<{types[one.facts.type]}>' for one in arguments)})"


def aggregate(inside: "Expressions", node: exp.Anonymous) -> Value:
    """Translate an aggregate, with the users whose values it contains."""
    word = str(node.this).upper()
    function = functions.AGGREGATES[word]
    if word == "COUNT" and [type(one) for one in node.expressions] == [exp.Star]:
        return Value("count(*)", Facts(metric=True), counts=(Count((), None),))
    first, distinct = _argument(node)
    outside, inside.scope.inside = inside.scope.inside, True
    parts = [inside.value(one) for one in (*first, *node.expressions[1:])]
    inside.scope.inside = outside
    if len(parts) < function.least or (word == "COLLECT" and not _is_column(first)):
        raise invalid(f"{word} takes a column", node)
    if any(part.counts for part in parts):
        raise invalid("Aggregate expressions cannot be nested", node)
    sqls = [part.sql for part in parts]
    if len(first) > 1:  # COUNT(DISTINCT a, b)
        sqls = [f"({', '.join(sqls)})"]
    condition = f"({parts[0].sql}) IS NOT NULL"
    if function.adds:
        condition = f"({parts[0].sql}) <> 0"
    filled = functions.fill(function.sql, [distinct + sqls[0], *sqls[1:]], "{}")
    refs = tuple(dict.fromkeys(ref for part in parts for ref in part.refs))
    return Value(filled, _shown(function, parts), counts=(Count(refs, condition),))


def _shown(function: functions.Aggregate, parts: list[Value]) -> Facts:
    if function.counts:
        return Facts(metric=True, type="NUMBER")
    facts = parts[0].facts
    metric = function.makes == "METRIC" or (function.makes == "ARGUMENT" and facts.type == "NUMBER")
    return Facts(
        users=facts.users,
        secret=facts.secret,
        uncompared=facts.uncompared,
        literal=facts.literal,
        type=facts.type if function.makes == "ARGUMENT" else "NUMBER" if metric else None,
        metric=metric,
    )


def _argument(node: exp.Anonymous) -> tuple[list[exp.Expr], str]:
    if not node.expressions:
        raise invalid(f"No match found for function signature {str(node.this).upper()}()", node)
    first = node.expressions[0]
    if isinstance(first, exp.Distinct):
        return first.expressions, "DISTINCT "
    return [first], ""


def _is_column(first: list[exp.Expr]) -> bool:
    inner = first[0].unnest() if len(first) == 1 else None
    if isinstance(inner, exp.Anonymous):  # published queries compute these, too
        return str(inner.this).upper() in {"NAMED_ROW", "CONCAT"}
    return isinstance(inner, exp.Column | exp.Dot)


def window(inside: "Expressions", node: exp.Window) -> Value:
    """Translate a window function. Only the row's own users count, so the count is too low."""
    spec: exp.Expr = node
    if node.alias:
        named = inside.scope.windows.get(node.alias.lower())
        if named is None:
            raise invalid(f"Window '{node.alias}' not found", node)
        spec = named
    function = node.this
    if not isinstance(function, exp.Anonymous):
        raise invalid("OVER needs a function", node)
    inner, over = _over(inside, node, function), _window_spec(inside, spec)
    sql = f"{inner.sql} OVER ({over.sql})"
    everything = made_of(sql, [inner, over], inner.facts)
    return Value(sql, inner.facts, everything.refs, (*inner.counts, *over.counts), windows=True)


def _over(inside: "Expressions", node: exp.Window, function: exp.Anonymous) -> Value:
    word = str(function.this).upper()
    if word in functions.WINDOWS:
        arguments = [inside.value(one) for one in function.expressions]
        known = functions.WINDOWS[word]
        if not known.least <= len(arguments) <= known.most:
            raise invalid(f"No match found for function signature {word}", node)
        made = made_of(functions.fill(known.sql, [one.sql for one in arguments]), arguments)
        return made if arguments else made.shown_as(metric=False, type="NUMBER")
    if word not in functions.AGGREGATES:
        raise invalid(f"Function '{word}' can't be used with OVER", node)
    if word == "COUNT" and isinstance(function.expressions[0], exp.Star):
        raise invalid("COUNT(*) OVER is not supported; count a column", node)
    # Over groups, as in RANK() OVER (ORDER BY SUM(x)), the argument may itself be an aggregate.
    nested = [one for one in function.find_all(exp.Anonymous) if one is not function]
    if any(str(one.this).upper() in functions.AGGREGATES for one in nested):
        argument = inside.value(function.expressions[0])
        sql = functions.fill(functions.AGGREGATES[word].sql, [argument.sql])
        return Value(sql, argument.facts, argument.refs, argument.counts)
    made = aggregate(inside, function)
    refs = tuple(ref for one in made.counts for ref in one.refs)
    if word == "AVG":  # a CAST around the function would separate it from its OVER
        made = Value(f"avg({inside.value(function.expressions[0]).sql})", made.facts)
    return Value(made.sql, made.facts, refs)


def _window_spec(inside: "Expressions", spec: exp.Expr) -> Value:
    partition = [inside.value(one) for one in spec.args.get("partition_by") or ()]
    parts, sql = list(partition), ""
    if partition:
        sql = f"PARTITION BY {', '.join(part.sql for part in partition)}"
    order = spec.args.get("order")
    if order is not None:
        terms = []
        for one in order.expressions:
            part = inside.value(one.this)
            parts.append(part)
            # Calcite sorts NULL as the largest value.
            way = "DESC NULLS FIRST" if one.args.get("desc") else "ASC NULLS LAST"
            terms.append(f"{part.sql} {way}")
        sql += f" ORDER BY {', '.join(terms)}"
    frame = spec.args.get("spec")
    return made_of(f"{sql}{_frame(frame)}", parts, Facts())


def _frame(frame: exp.Expr | None) -> str:
    if frame is None:
        return ""
    ends = []
    for end in ("start", "end"):
        value, side = frame.args.get(end), frame.args.get(f"{end}_side") or ""
        if isinstance(value, exp.Literal) and value.is_int:
            value = int(value.this)
        elif value not in {"UNBOUNDED", "CURRENT ROW"}:
            raise invalid("A frame's bounds are numbers of rows", frame)
        ends.append(f"{value} {side}")
    kind = "RANGE" if str(frame.args.get("kind")).upper() == "RANGE" else "ROWS"
    return f" {kind} BETWEEN {ends[0]} AND {ends[1]}"


def filtered(inside: "Expressions", node: exp.Filter) -> Value:
    """An aggregate over the rows for which a condition holds."""
    if not isinstance(node.this, exp.Anonymous):
        raise invalid("FILTER needs an aggregate function", node)
    inner, condition = aggregate(inside, node.this), inside.value(node.expression.this)
    counts = tuple(
        Count(
            (*one.refs, *condition.refs),
            f"({one.condition or 'TRUE'}) AND ({condition.sql})",
        )
        for one in inner.counts
    )
    return Value(f"{inner.sql} FILTER (WHERE {condition.sql})", inner.facts, counts=counts)


def _named_row(inside: "Expressions", node: exp.Anonymous) -> Value:
    arguments = node.expressions
    labels = arguments[::2]
    if not arguments or len(arguments) % 2 or not all(one.is_string for one in labels):
        raise invalid("NAMED_ROW takes pairs of a label and a value", node)
    parts = [inside.value(one) for one in arguments[1::2]]
    pairs = ", ".join(
        f"{name(label.this)} := {part.sql}" for label, part in zip(labels, parts, strict=True)
    )
    return made_of(f"struct_pack({pairs})", parts)


def similar(inside: "Expressions", node: exp.Expr, text: Value, pattern: Value) -> str:
    """True if the pattern is found anywhere in the text, as Java's find does."""
    literal = node.expression
    if literal.is_string and not _linear(literal.this):
        try:
            python = patterns.compiled(literal.this)
        except re.error:
            raise invalid(f"Invalid regular expression '{literal.this}'", node) from None
        return inside.reader.matching(node, text, python)
    return f"regexp_matches({text.sql}, {pattern.sql})"


def _linear(pattern: str) -> bool:
    """True if DuckDB can read the pattern: it has neither look-around nor back references."""
    try:
        duckdb.execute("SELECT regexp_matches('', ?)", [pattern])
    except duckdb.Error:
        return False
    return True
