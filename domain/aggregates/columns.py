"""Columns of results as DuckDB reads them, whatever type a file has them in."""

from collections.abc import Mapping
from typing import TypeAlias

from domain import duck

NUMBER = "DECIMAL(38,10)"
EXACT = {NUMBER, "BIGINT", "INTEGER", "SMALLINT", "TINYINT"}  # all their values are numbers

Shape: TypeAlias = Mapping[str, str]  # DuckDB's type of each column, by its name in small letters


def names_of(number: int) -> tuple[str, str, str]:
    """What the sum of a number, its lack and its unfitness are called."""
    return f"n{number}", f"lacks{number}", f"unfit{number}"


def number_of(number: int, name: str, shape: Shape) -> str:
    """A number of a row, whether its file lacks it, and whether it is no number."""
    total, lacking, unfit = names_of(number)
    type_, column = shape.get(name.lower()), duck.name(name)
    if type_ is None:
        return f"NULL::{NUMBER} AS {total}, TRUE AS {lacking}, FALSE AS {unfit}"
    if type_ in EXACT:
        return f"CAST({column} AS {NUMBER}) AS {total}, FALSE AS {lacking}, FALSE AS {unfit}"
    read = f"TRY_CAST({column}::VARCHAR AS {NUMBER})"
    wrong = f"{column} IS NOT NULL AND {read} IS NULL"
    return f"{read} AS {total}, FALSE AS {lacking}, {wrong} AS {unfit}"


def text_of(name: str, shape: Shape) -> str:
    """A value as text; numbers that are equal are the same text."""
    type_, column = shape.get(name.lower()), duck.name(name)
    if type_ is None:
        return "NULL::VARCHAR"
    decimal = type_.startswith(("DECIMAL", "DOUBLE", "FLOAT"))
    return duck.digits(column) if decimal else f"{column}::VARCHAR"


def day_of(name: str | None, shape: Shape) -> str:
    """A day, or NULL."""
    if name is None or (type_ := shape.get(name.lower())) is None:
        return "NULL::DATE"
    if type_.startswith(("DATE", "TIMESTAMP")):
        return f"{duck.name(name)}::DATE"
    return f"TRY_CAST({duck.name(name)}::VARCHAR AS TIMESTAMP)::DATE"
