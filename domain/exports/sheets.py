"""Writes large tables as Excel workbooks, a row at a time. The process that draws runs it.

Text is never a formula. The writer puts the time of day into the workbook, which is replaced here:
equal rows give equal bytes.
"""

import zipfile
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import rustpy_xlsxwriter

from domain import duck
from domain.exports.scans import Table, TooManyRows

MOST_ROWS = 1_048_575  # of a sheet, besides the head
AT_ONCE = 10_240  # rows in memory
PIECE = 1 << 20  # bytes
CORE = "docProps/core.xml"
NO_CLOCK = """<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<cp:coreProperties \
xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties"/>"""
AS_IT_IS = frozenset({str, float, bool, date, datetime, type(None)})
LOCAL_HEAD = 30  # bytes of a local file header of a zip archive, besides name and extra field


def write(table: Table, target: Path) -> None:
    """Write all rows of the table on one sheet, in constant memory. Raises TooManyRows."""
    with duck.over(table.path.parent, target.parent) as connection:
        count = connection.execute(f"SELECT count(*) FROM {table.scan}").fetchone()
        rows = count[0] if count else 0
        if rows > MOST_ROWS:
            raise TooManyRows(
                f"The table has {rows:,} rows; a sheet of Excel has {MOST_ROWS:,}. "
                "Export it as CSV or PARQUET."
            )
        staged, dated = target.with_suffix(".parquet"), target.with_suffix(".dated")
        names = _stage(connection, table, staged)
        rustpy_xlsxwriter.write_worksheet(
            _records(connection, names, staged, rows),
            str(dated),
            sheet_name="Rows",
            freeze_row=1,
            bold_headers=True,
            datetime_format="yyyy-mm-dd",
        )
    without_clock(dated, target)
    staged.unlink()
    dated.unlink()


def _stage(connection: Any, table: Table, staged: Path) -> list[str]:
    """Write the table into a file that can be read in pieces. Return the names of its columns.

    DuckDB keeps a whole result in memory, whether it is fetched at once or not.
    """
    found = connection.execute(f"DESCRIBE SELECT * FROM {table.scan}").fetchall()
    names = [str(one[0]) for one in found]
    shown = ", ".join(
        _shown(duck.name(name), one[1]) for name, one in zip(names, found, strict=True)
    )
    connection.execute(
        f"COPY (SELECT {shown} FROM {table.scan}) TO '{staged}' "
        f"(FORMAT parquet, ROW_GROUP_SIZE {AT_ONCE})"
    )
    return names


def _records(
    connection: Any, names: list[str], staged: Path, count: int
) -> Iterator[dict[str, Any]]:
    if not count:
        yield dict.fromkeys(names, "")
    for first in range(0, count, AT_ONCE):
        piece = connection.execute(
            f"SELECT * EXCLUDE file_row_number "
            f"FROM read_parquet('{staged}', file_row_number = true) "
            f"WHERE file_row_number >= {first} AND file_row_number < {first + AT_ONCE}"
        )
        for row in piece.fetchall():
            yield dict(zip(names, map(_plain, row), strict=True))


def _shown(column: str, type_: str) -> str:
    """Return SQL for a column. A moment is text with its offset: Excel has no time zones."""
    return f"{column}::VARCHAR AS {column}" if type_.startswith("TIMESTAMP WITH") else column


def _plain(value: Any) -> Any:
    """Return a value as a cell holds it. A whole number that Excel would round stays text."""
    kind = type(value)
    if kind in AS_IT_IS:
        return value
    if kind is Decimal:
        return float(value)
    if kind is int:
        return value if abs(value) < 10**15 else str(value)
    return str(value)


def without_clock(source: Path, target: Path) -> None:
    """Copy a workbook as it is, but for the part that says when it was made."""
    with zipfile.ZipFile(source) as given, zipfile.ZipFile(target, "w") as made:
        raw = given.fp
        assert raw is not None
        assert made.fp is not None
        for one in given.infolist():
            if one.filename == CORE:
                continue
            raw.seek(one.header_offset)
            head = raw.read(LOCAL_HEAD)
            extra = int.from_bytes(head[26:28], "little") + int.from_bytes(head[28:30], "little")
            raw.seek(one.header_offset)
            one.header_offset = made.fp.tell()
            _copy(raw, made.fp, LOCAL_HEAD + extra + one.compress_size)
            made.filelist.append(one)
            made.NameToInfo[one.filename] = one
            made.start_dir = made.fp.tell()
        made.writestr(zipfile.ZipInfo(CORE), NO_CLOCK)


def _copy(source: Any, target: Any, length: int) -> None:
    while length:
        chunk = source.read(min(length, PIECE))
        target.write(chunk)
        length -= len(chunk)
