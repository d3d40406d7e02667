"""Writes large tables as Excel workbooks, a row at a time. The process that draws runs it.

Text is never a formula. The writer puts the time of day into the workbook, which is replaced here:
equal rows give equal bytes.
"""

import zipfile
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import rustpy_xlsxwriter

from domain import duck
from domain.exports.tables import Table

MOST_ROWS = 1_048_575  # of a sheet, besides the head
AT_ONCE = 2_000
PIECE = 1 << 20  # bytes
CORE = "docProps/core.xml"
NO_CLOCK = """<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<cp:coreProperties \
xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties"/>"""
LOCAL_HEAD = 30  # bytes of a local file header of a zip archive, besides name and extra field


class TooManyRows(Exception):
    """Raised for more rows than a sheet has. The message says what to do."""


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
        dated = target.with_suffix(".dated")
        rustpy_xlsxwriter.write_worksheet(
            _records(connection, table),
            str(dated),
            sheet_name="Rows",
            freeze_row=1,
            bold_headers=True,
            datetime_format="yyyy-mm-dd",
        )
    without_clock(dated, target)
    dated.unlink()


def _records(connection: Any, table: Table) -> Iterator[dict[str, Any]]:
    found = connection.execute(f"DESCRIBE SELECT * FROM {table.scan}").fetchall()
    names = [str(one[0]) for one in found]
    shown = ", ".join(
        _shown(duck.name(name), one[1]) for name, one in zip(names, found, strict=True)
    )
    cursor = connection.execute(f"SELECT {shown} FROM {table.scan}")
    is_empty = True
    while rows := cursor.fetchmany(AT_ONCE):
        is_empty = False
        for row in rows:
            yield dict(zip(names, map(_plain, row), strict=True))
    if is_empty:
        yield dict.fromkeys(names, "")


def _shown(column: str, type_: str) -> str:
    """Return SQL for a column. A moment is text with its offset: Excel has no time zones."""
    return f"{column}::VARCHAR" if type_.startswith("TIMESTAMP WITH") else column


def _plain(value: Any) -> Any:
    """Return a value as a cell holds it. A whole number that Excel would round stays text."""
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 10**15:
        return str(value)
    is_known = value is None or isinstance(value, str | int | float | date)
    return value if is_known else str(value)


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
