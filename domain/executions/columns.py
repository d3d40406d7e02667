"""Chooses the type of each column of a result, so that every value keeps all that AMC sent.

AMC's declared type comes first, or else the one that all values match. A column with a value that
does not fit stays text, and the result warns of it. Numbers keep all their digits: a column of
whole numbers beyond 2^53, which JSON cannot carry, is a decimal and so a string everywhere.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from domain import duck
from domain.amc import answers
from domain.executions.column_values import DECIMAL, NUMBERS, Measured, Values, Wish

FILTERED = "filtered"  # AMC's column that marks the rows whose dimensions were removed for privacy
LONGEST_EXAMPLE = 100  # characters of a value in a warning
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


def choose(values: Values, told: Sequence[Mapping[str, Any]], additive: Sequence[str]) -> Typed:
    """Choose the type of each column.

    `told` are AMC's declarations, and `additive` the columns that the report adds up.
    """
    declared = {
        str(one.get("name", "")).lower(): TYPES.get(str(one.get("dataType"))) for one in told
    }
    names = values.names
    found = {name: declared.get(name.lower()) for name in names}
    unknown = [name for name in names if found[name] is None and not _is_id(name)]
    found |= {name: DECIMAL for name in unknown if name in additive}
    found |= {name: "BOOLEAN" for name in names if name == FILTERED}
    unknown = [name for name in unknown if found[name] is None]
    wishes = {
        name: Wish(type_, LOOKS[type_], expected=True)
        for name, type_ in found.items()
        if type_ is not None and type_ != "VARCHAR"
    } | _shapes(values.some(unknown))
    measured = values.measure(wishes)
    types: dict[str, str] = {}
    warnings: list[dict[str, Any]] = []
    for name in names:
        wish = wishes.get(name)
        types[name] = _type(name, wish, measured[name]) if wish else "VARCHAR"
        if wish is not None:
            warnings += _warnings(name, wish, types[name], measured[name])
    return Typed(types, warnings)


def casts(types: Mapping[str, str]) -> str:
    """Return SQL that gives the columns of texts their types."""
    # Every value fits its type, except in `filtered`.
    return ", ".join(
        f"{LENIENT_BOOLEAN.format(column=duck.name(name))} AS {duck.name(name)}"
        if name == FILTERED
        else duck.name(name)
        if type_ == "VARCHAR"
        else f"CAST({duck.name(name)} AS {type_}) AS {duck.name(name)}"
        for name, type_ in types.items()
    )


def summed(typed: Typed, additive: Sequence[str]) -> list[str]:
    """Return the columns that have a total."""
    numeric = ("BIGINT", "DECIMAL")
    return [
        name
        for name, type_ in typed.types.items()
        if type_.startswith(numeric) and name in additive
    ]


def _is_id(name: str) -> bool:
    """Return whether the column holds ids or names, which may be all digits in some weeks only."""
    return IDS.fullmatch(name.lower()) is not None or CAMEL_CASE_IDS.fullmatch(name) is not None


def _shapes(values: Mapping[str, str | None]) -> dict[str, Wish]:
    """Return what the columns may be, by one value of each: no value matches two patterns."""
    return {
        name: Wish(type_, pattern, expected=False)
        for name, value in values.items()
        for type_, pattern in SHAPES
        if value is not None and re.fullmatch(pattern, value)
    }


def _type(name: str, wish: Wish, found: Measured) -> str:
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


def _warnings(name: str, wish: Wish, type_: str, found: Measured) -> list[dict[str, Any]]:
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
