"""Writes a result as CSV (RFC 4180) for people, who open it in a spreadsheet.

A spreadsheet runs a cell that looks like a formula. Cells hold text that strangers wrote, such as
the search terms of shoppers, so such a cell gets an apostrophe in front and stays text.
"""

import shutil
from dataclasses import dataclass
from pathlib import Path

import duckdb

from domain import duck
from domain.executions import results

# With their full-width forms, which spreadsheets in East Asian languages take as the same.
STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
NUMBER = "[+-]?[0-9]+([.][0-9]+)?"  # harmless as it is, also in a column of text
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class CsvForm:
    """How a CSV file is written."""

    raw: bool = False  # every cell as AMC sent it, for programs
    byte_order_mark: bool = False  # by which Excel knows that the file is UTF-8


def write(parquet: Path, target: Path, form: CsvForm) -> None:
    """Write the result as CSV. Raises FileLost."""
    with results.whole([parquet]), duck.over(parquet.parent, target.parent) as connection:
        write_table(connection, f"read_parquet('{parquet}')", target, form)


def write_table(
    connection: duckdb.DuckDBPyConnection, table: str, target: Path, form: CsvForm
) -> None:
    """Write a table as CSV; `table` is its name or a scan."""
    found = connection.execute(f"DESCRIBE SELECT * FROM {table}").fetchall()
    types = {str(name): str(type_) for name, type_, *_ in found}
    shown = ", ".join(_shown(name, type_, form) for name, type_ in types.items())
    connection.execute(f"COPY (SELECT {shown} FROM {table}) TO '{target}' (FORMAT csv, HEADER)")
    if form.byte_order_mark:
        _mark(target)


def _shown(name: str, type_: str, form: CsvForm) -> str:
    """Return SQL for a column of the file."""
    column = duck.name(name)
    if form.raw:
        return column
    title = duck.name(f"'{name}" if name.startswith(STARTS) else name)
    if type_ != "VARCHAR":
        return f"{column} AS {title}"
    starts = ", ".join(f"chr({ord(one)})" for one in STARTS)
    is_formula = f"left({column}, 1) IN ({starts})"
    is_formula += f" AND NOT regexp_full_match({column}, '{NUMBER}')"
    return f"CASE WHEN {is_formula} THEN '''' || {column} ELSE {column} END AS {title}"


def _mark(path: Path) -> None:
    """Put a byte order mark before the file. DuckDB cannot write one."""
    plain = path.rename(path.with_suffix(".plain"))
    with plain.open("rb") as source, path.open("wb") as target:
        target.write(BYTE_ORDER_MARK)
        shutil.copyfileobj(source, target)
    plain.unlink()
