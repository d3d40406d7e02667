"""CAST and EXTRACT: AMC's types, its names for the current time, and its units of time."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlglot import exp

from sandbox.sql.rejections import invalid
from sandbox.sql.rules import Value, made_of

if TYPE_CHECKING:
    from sandbox.sql.expressions import Expressions

TYPES = {
    "BOOLEAN": "BOOLEAN", "TINYINT": "TINYINT", "SMALLINT": "SMALLINT", "INT": "INTEGER",
    "BIGINT": "BIGINT", "DECIMAL": "DECIMAL", "FLOAT": "FLOAT", "DOUBLE": "DOUBLE", "DATE": "DATE",
    "TIMESTAMP": "TIMESTAMP", "CHAR": "VARCHAR", "VARCHAR": "VARCHAR", "TEXT": "VARCHAR",
    "BINARY": "BLOB", "VARBINARY": "BLOB",
}  # fmt: skip
UNITS = {"SECOND", "MINUTE", "HOUR", "DAY", "DOW", "DOY", "WEEK", "MONTH", "QUARTER", "YEAR"}


def cast(inside: "Expressions", node: exp.Cast) -> Value:
    """CAST. 'today' and 'now' become the time itself."""
    part, what = inside.value(node.this), _type(node.to)
    word = node.this.this.lower() if node.this.is_string else ""
    if what == "DATE" and word in {"today", "now"}:
        return Value(f"DATE '{inside.reader.now:%Y-%m-%d}'")
    if what == "TIMESTAMP" and word in {"today", "now"}:
        moment = (
            inside.reader.now
            if word == "now"
            else inside.reader.now.replace(hour=0, minute=0, second=0, microsecond=0)
        )
        return Value(f"TIMESTAMP '{naive(moment)}'")
    type_ = "STRING" if what == "VARCHAR" else None
    return made_of(f"CAST({part.sql} AS {what})", [part]).shown_as(type=type_)


def _type(what: exp.DataType) -> str:
    word = what.this.name if isinstance(what.this, exp.DType) else str(what.this)
    if word == "ARRAY" and what.expressions:
        return f"{_type(what.expressions[0])}[]"
    if word not in TYPES:
        raise invalid(f"Unknown type {what.sql()}", what)
    if word == "DECIMAL":
        sizes = [int(one.this.this) for one in what.expressions]
        precision, scale = (sizes + [38, 0][len(sizes) :])[:2]
        return f"DECIMAL({precision}, {scale})"
    return TYPES[word]


def extract(inside: "Expressions", node: exp.Extract) -> Value:
    """EXTRACT, which also takes the hour of a DATE. Weeks begin on Sunday, which is day 1."""
    unit = node.this.name.upper()
    if unit not in UNITS:
        raise invalid(f"'{unit}' is not a valid time unit", node)
    part = inside.value(node.expression)
    sql = f"extract({unit} FROM CAST({part.sql} AS TIMESTAMP))"
    if unit == "DOW":
        sql = f"({sql} + 1)"
    return made_of(sql, [part])


def naive(moment: datetime) -> str:
    """A time as DuckDB reads it, in UTC."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f}"
