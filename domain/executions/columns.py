"""Chooses the type of each column of a result, so that every value keeps all that AMC sent.

AMC's declared type comes first, or else the one that all values match. A column with a value that
does not fit stays text, and the result warns of it. Numbers keep all their digits: a column of
whole numbers beyond 2^53, which JSON cannot carry, is a decimal and so a string everywhere.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb

from domain import duck
from domain.amc import answers
from domain.executions import results

FILTERED = "filtered"  # AMC's column that marks the rows whose dimensions were removed for privacy
LONGEST_EXAMPLE = 100  # characters of a value in a warning
DECIMAL = "DECIMAL(38,10)"
SCALE, DIGITS = 10, 38
WHOLE = ("LONG", "INTEGER", "SHORT", "BYTE")
TYPES = {
    "STRING": "VARCHAR",
    **dict.fromkeys(WHOLE, "BIGINT"),
    "DECIMAL": DECIMAL,
    "DOUBLE": DECIMAL,  # floats arrive as text, and money must not turn into a float again
    "FLOAT": DECIMAL,
    "BOOLEAN": "BOOLEAN",
    "DATE": "DATE",
    "TIMESTAMP": "TIMESTAMP",
}
NUMBER = r"[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]{1,4})?"
# What a value of a declared type looks like. DuckDB's casts would round and cut silently.
LOOKS = {
    "BIGINT": NUMBER,
    DECIMAL: NUMBER,
    "BOOLEAN": r"(?i)true|false|0|1",
    "DATE": r"[0-9]{4}-[0-9]{2}-[0-9]{2}([T ]00:00(:00(\.0+)?)?Z?)?",
    "TIMESTAMP": r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9:]{5,8}(\.[0-9]{1,6})?(Z|[-+][0-9:]{2,6})?",
}
LENIENT_BOOLEAN = "CASE lower({column}) WHEN 'true' THEN true WHEN '1' THEN true "
LENIENT_BOOLEAN += "WHEN 'false' THEN false WHEN '0' THEN false END"
# The type of a column whose values all match the pattern, if AMC declares none. Whole numbers are
# decimals, too, so that a column's type does not change from week to week.
SHAPES = (
    (DECIMAL, r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]{1,4})?"),
    ("BOOLEAN", r"(?i)true|false"),
    ("DATE", r"[0-9]{4}-[0-9]{2}-[0-9]{2}"),
    ("TIMESTAMP", r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z"),
)
# These columns stay text. `id` has to be a whole word: `bid` and `amount_paid` are numbers.
IDS = re.compile(r"(.*_)?(id|ids|id_string)|.*(asin|asins|code|name)")
CAMEL_CASE_IDS = re.compile(r".*[a-z0-9]I[dD]s?")
NUMBERS = ("BIGINT", DECIMAL)
WORDS = {
    **dict.fromkeys(NUMBERS, "number"),
    "BOOLEAN": "true or false",
    "DATE": "day",
    "TIMESTAMP": "moment",
}


@dataclass(frozen=True)
class Typed:
    """The types of a result's columns, and what does not fit them."""

    types: dict[str, str]
    warnings: list[dict[str, Any]]


@dataclass(frozen=True)
class _Wish:
    """The type that a column should get, and the pattern that all its values should match."""

    type: str
    pattern: str
    expected: bool  # by AMC or by the report, and not only guessed from the values


@dataclass(frozen=True)
class _Measured:
    """What a column's values are like. `whole` and `scale` are the digits around the point."""

    misfits: int
    example: str | None
    whole: int
    scale: int
    is_safe: bool


def choose(
    connection: duckdb.DuckDBPyConnection,
    source: str,
    given: Mapping[str, Any],
    told: Sequence[Mapping[str, Any]],
    additive: Sequence[str],
) -> Typed:
    """Choose the type of each column of the source, which has text only.

    `told` are AMC's declarations, and `additive` the columns that the report adds up.
    """
    declared = {
        str(one.get("name", "")).lower(): TYPES.get(str(one.get("dataType"))) for one in told
    }
    names = list(given["columns"])
    found = {name: declared.get(name.lower()) for name in names}
    unknown = [name for name in names if found[name] is None and not _is_id(name)]
    found |= {name: DECIMAL for name in unknown if name in additive}
    found |= {name: "BOOLEAN" for name in names if name == FILTERED}
    unknown = [name for name in unknown if found[name] is None]
    wishes = {
        name: _Wish(type_, LOOKS[type_], expected=True)
        for name, type_ in found.items()
        if type_ is not None and type_ != "VARCHAR"
    } | _shapes(connection, source, given, unknown)
    measured = _measure(connection, source, given, wishes)
    types: dict[str, str] = {}
    warnings: list[dict[str, Any]] = []
    for name in names:
        wish = wishes.get(name)
        types[name] = _type(name, wish, measured[name]) if wish else "VARCHAR"
        if wish is not None:
            warnings += _warnings(name, wish, types[name], measured[name])
    return Typed(types, warnings)


def _is_id(name: str) -> bool:
    """Return whether the column holds ids or names, which may be all digits in some weeks only."""
    return IDS.fullmatch(name.lower()) is not None or CAMEL_CASE_IDS.fullmatch(name) is not None


def _shapes(
    connection: duckdb.DuckDBPyConnection,
    source: str,
    given: Mapping[str, Any],
    names: Sequence[str],
) -> dict[str, _Wish]:
    """Return what the columns may be, by one value of each: no value matches two patterns."""
    if not names:
        return {}
    values = ", ".join(f"any_value({duck.name(name)})" for name in names)
    row = connection.execute(f"SELECT {values} FROM {source}", given).fetchone()
    return {
        name: _Wish(type_, pattern, expected=False)
        for name, value in zip(names, row or (), strict=False)
        for type_, pattern in SHAPES
        if value is not None and re.fullmatch(pattern, value)
    }


def _measure(
    connection: duckdb.DuckDBPyConnection,
    source: str,
    given: Mapping[str, Any],
    wishes: Mapping[str, _Wish],
) -> dict[str, _Measured]:
    if not wishes:
        return {}
    asked = ", ".join(_measures(duck.name(name), wish) for name, wish in wishes.items())
    row = connection.execute(f"SELECT {asked} FROM {source}", given).fetchone() or ()
    values = zip(*[iter(row)] * 5, strict=True)
    return {name: _Measured(*one) for name, one in zip(wishes, values, strict=True)}


def _measures(column: str, wish: _Wish) -> str:
    """Return SQL for the five measures of a column."""
    is_number = wish.type in NUMBERS
    fits = f"regexp_full_match({column}, '{wish.pattern}')"
    if not is_number:
        fits = f"({fits} AND TRY_CAST({column} AS {wish.type}) IS NOT NULL)"
    misfit = f"{column} IS NOT NULL AND NOT {fits}"
    told = f"count(*) FILTER ({misfit}), any_value({column}) FILTER ({misfit})"
    if not is_number:
        return f"{told}, 0, 0, true"
    exponent = (
        f"coalesce(TRY_CAST(regexp_extract({column}, '[eE]([-+]?[0-9]+)$', 1) AS INTEGER), 0)"
    )
    whole = f"length(regexp_extract({column}, '^[-+]?0*([0-9]*)', 1)) + {exponent}"
    scale = f"length(regexp_extract({column}, '\\.([0-9]*?)0*([eE]|$)', 1)) - {exponent}"
    safe = f"coalesce(abs(TRY_CAST({column} AS DECIMAL(38,0))) <= {results.SAFE}, false)"
    return (
        f"{told}, greatest(coalesce(max({whole}) FILTER ({fits}), 0), 0), "
        f"greatest(coalesce(max({scale}) FILTER ({fits}), 0), 0), "
        f"coalesce(bool_and({safe}) FILTER ({fits}), true)"
    )


def _type(name: str, wish: _Wish, found: _Measured) -> str:
    """Return the type that keeps all that AMC sent. Only `filtered` cannot be text."""
    if name == FILTERED:
        return "BOOLEAN"
    if found.misfits:
        return "VARCHAR"
    if wish.type not in NUMBERS:
        return wish.type
    if wish.type == "BIGINT" and found.scale == 0 and found.is_safe:
        return "BIGINT"
    if found.scale <= SCALE and found.whole <= DIGITS - SCALE:
        return DECIMAL
    return f"DECIMAL({DIGITS},{found.scale})" if found.whole + found.scale <= DIGITS else "VARCHAR"


def _warnings(name: str, wish: _Wish, type_: str, found: _Measured) -> list[dict[str, Any]]:
    """Return the warning for a column with values that do not fit its type, if it has any."""
    if found.misfits and wish.expected:
        kept = "is kept as text" if type_ == "VARCHAR" else "has no value where that is so"
        why = f"AMC sent something that is no {WORDS[wish.type]}; the column {kept}."
    elif not found.misfits and type_ == "VARCHAR":
        why = f"It has numbers of more than {DIGITS} digits; the column is kept as text."
    else:
        return []
    example = None if found.example is None else answers.plain(found.example, LONGEST_EXAMPLE)
    return [{"column": name, "count": found.misfits, "example": example, "message": why}]
