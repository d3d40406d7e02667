"""What AMC knows about a value besides its SQL, and the uses that AMC forbids."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from sqlglot import exp

from sandbox.sql.rejections import Rejected, invalid
from sandbox.tables import Column

if TYPE_CHECKING:
    from sandbox.sql.relations import Ref

USERS = {"NONE": 1, "LOW": 2, "MEDIUM": 100, "HIGH": 100, "VERY_HIGH": 1, "INTERNAL": 1}
SECRET = {"VERY_HIGH", "INTERNAL"}  # never shown
UNCOMPARED = {"HIGH", "VERY_HIGH"}  # never compared with a literal


@dataclass(frozen=True)
class Facts:
    """The number of users that a row needs to show the value, and what it was made of."""

    users: int = 1
    secret: str | None = None  # the protected column whose values it would show
    uncompared: str | None = None  # the column that must not be compared with a literal
    literal: bool = False  # made of, or chosen by, something that the author wrote
    type: str | None = None  # STRING or NUMBER, if known
    metric: bool = False


PLAIN = Facts()
WRITTEN = Facts(literal=True)


@dataclass(frozen=True)
class Count:
    """Whose rows count in an aggregate: rows of `refs` for which `condition` holds."""

    refs: tuple["Ref", ...]
    condition: str | None


@dataclass(frozen=True)
class Value:
    """An expression in DuckDB's SQL, with what is known about it."""

    sql: str
    facts: Facts = PLAIN
    refs: tuple["Ref", ...] = ()  # columns outside of aggregates
    counts: tuple[Count, ...] = ()  # of its aggregates
    windows: bool = False

    def shown_as(self, **changes: object) -> "Value":
        """The same expression with other facts."""
        return replace(self, facts=replace(self.facts, **changes))  # type: ignore[arg-type]


def of_column(column: Column) -> Facts:
    """The facts of a column, from AMC's documentation."""
    number = column.type.startswith(("LONG", "INTEGER", "DOUBLE", "DECIMAL"))
    return Facts(
        users=USERS[column.threshold],
        secret=column.name if column.threshold in SECRET else None,
        uncompared=column.name if column.threshold in UNCOMPARED else None,
        type="STRING" if column.type == "STRING" else "NUMBER" if number else None,
        metric=column.kind == "METRIC",
    )


def union(facts: Iterable[Facts]) -> Facts:
    """The facts of a value that is made of others."""
    every = list(facts)
    types = {one.type for one in every}
    return Facts(
        users=max((one.users for one in every), default=1),
        secret=next((one.secret for one in every if one.secret), None),
        uncompared=next((one.uncompared for one in every if one.uncompared), None),
        literal=any(one.literal for one in every),
        type=types.pop() if len(types) == 1 else None,
        metric=any(one.metric for one in every),
    )


def made_of(sql: str, parts: Iterable[Value], facts: Facts | None = None) -> Value:
    """An expression over other values. It has their facts, unless it has its own."""
    every = list(parts)
    return Value(
        sql,
        union(part.facts for part in every) if facts is None else facts,
        tuple(dict.fromkeys(ref for part in every for ref in part.refs)),
        tuple(dict.fromkeys(count for part in every for count in part.counts)),
        any(part.windows for part in every),
    )


def compared(node: exp.Expr, values: list[Value]) -> None:
    """Reject a comparison of a protected value with something that the author wrote."""
    literal = any(value.facts.literal for value in values)
    sensitive = next((v.facts.uncompared for v in values if v.facts.uncompared), None)
    if literal and sensitive:
        raise invalid(
            f"Column '{sensitive}' can't be compared with literal or parameter values because of "
            "its aggregation threshold",
            node,
        )


def may_be_shown(node: exp.Expr | None, value: Value) -> None:
    """Reject identifiers in the output."""
    if value.facts.secret:
        raise invalid(
            f"Column '{value.facts.secret}' can't be in the output because of its aggregation "
            "threshold; it may be used in COUNT or COUNT(DISTINCT ...)",
            node,
        )


def not_event_level() -> Rejected:
    """The rejection of a query that would show single events or users."""
    return invalid(
        "The output is at the level of single events or users; an aggregation is required"
    )


Behaviour = Literal["REMOVE_ROWS", "REMOVE_VALUES"]
