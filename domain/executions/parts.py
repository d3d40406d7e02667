"""Reads the parts of a result once from end to end, before DuckDB does: every record is counted.

The count does not depend on DuckDB's reader. What is not CSV is found here, with line, column and
value. A part that DuckDB could not read as it is (UTF-16, NUL) is rewritten as plain UTF-8.

AMC's CSV has one header per part, backslash as escape, and NULL as an empty unquoted field.
"""

import csv
import gzip
import io
import re
import sys
import zlib
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, TextIO, cast

from domain.amc import answers
from domain.amc.client import AmcOdd

GZIP = b"\x1f\x8b"
LONGEST_NAME = 1000  # characters of a column's name
LONGEST_VALUE = 100  # characters of a value in a message
LONGEST_RECORD = 64 << 20  # characters; DuckDB needs several times as much memory
# A part with so few records and bytes may be kept in memory.
SMALL, SMALL_SIZE = 5000, 2_000_000
# Where a line has none of these, every reader of CSV finds the same values in it, and an empty
# value is NULL and not an empty text.
SUBTLE = re.compile(r'""| "|" |[\\\r\0]')
REPLACED = "\ufffd"

csv.field_size_limit(sys.maxsize)


class Unreadable(Exception):
    """A result is not what the query asks for. Fetching it again would not help."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def broken(what: str) -> Unreadable:
    """Return the error for a result that is no CSV."""
    return Unreadable("RESULT_UNREADABLE", f"AMC's result cannot be read as CSV: {what}")


@dataclass(frozen=True)
class Part:
    """A part of a result: its header, and how many records follow it."""

    path: Path
    header: list[str]
    records: int
    longest: int  # bytes of the longest record, at most
    nuls: int  # characters U+0000, which no value keeps
    rows: list[list[str]] | None = None  # its records, if they are few and none of them is subtle


def read(path: Path) -> Part:
    """Read a part to its end, and rewrite it if it is not plain UTF-8.

    Raises Unreadable for what is no CSV, and AmcOdd for what is damaged: AMC is asked again.
    """
    with path.open("rb") as opened:
        start = opened.read(4)
    packed = start[:2] == GZIP
    try:
        return _read(path, packed)
    except (gzip.BadGzipFile, EOFError, zlib.error) as damaged:
        raise AmcOdd("a compressed result that is damaged") from damaged


def _read(path: Path, packed: bool) -> Part:
    """Read a part. What gzip raises means that it is damaged."""
    with _bytes(path, packed) as file:
        start = file.read(4)
    if packed and start[:2] == GZIP:
        raise AmcOdd("a result that is compressed twice")
    encoding = _encoding(start)
    try:
        with _bytes(path, packed) as file, _text(file, encoding) as text:
            lines = _Lines(text)
            header, records, longest, rows = _count(lines)
        if encoding != "utf-8-sig" or lines.nuls:
            path, packed = _rewritten(path, packed, encoding), False
    except UnicodeDecodeError as wrong:
        raise broken(f"{_undecodable(path, packed)} is not {wrong.encoding}.") from wrong
    if packed:  # DuckDB goes by the name, and AMC does not tell
        path = path.rename(path.with_suffix(".csv.gz"))
    return Part(path, header, records, longest, lines.nuls, rows)


@contextmanager
def _bytes(path: Path, packed: bool) -> Iterator[BinaryIO]:
    with path.open("rb") as file:
        yield cast(BinaryIO, gzip.GzipFile(fileobj=file)) if packed else file


@contextmanager
def _text(file: BinaryIO, encoding: str) -> Iterator[TextIO]:
    yield io.TextIOWrapper(file, encoding, newline="")


def _encoding(start: bytes) -> str:
    """Return the encoding by the first bytes: a byte order mark, or the zeros of UTF-16."""
    if start.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        return "utf-16"
    if len(start) == 4 and 0 in start and start.count(0) == 2:
        return "utf-16-be" if start[0] == 0 else "utf-16-le"
    return "utf-8-sig"


class _Lines:
    """The lines of a text, with what is to be known of them."""

    def __init__(self, text: TextIO) -> None:
        self._text = text
        self.size = 0  # bytes since the last record, at most
        self.all = 0  # bytes of all lines, at most
        self.nuls = 0
        self.is_plain = True  # small, and no line is subtle
        self.last = ""

    def __iter__(self) -> Iterator[str]:
        for line in self._text:
            size = len(line) if line.isascii() else 4 * len(line)
            self.size += size
            self.all += size
            if "\0" in line:
                self.nuls += line.count("\0")
            if self.is_plain:
                self.is_plain = self.all <= SMALL_SIZE and not SUBTLE.search(line)
            self.last = line
            yield line


def _count(lines: _Lines) -> tuple[list[str], int, int, list[list[str]] | None]:
    """Return the header, the number of records, the size of the longest, and plain records.

    Raises Unreadable.
    """
    reader = csv.reader(lines, escapechar="\\", strict=True)
    header: list[str] = []
    rows: list[list[str]] = []
    records = longest = begin = 0
    try:
        header = [one.replace("\0", REPLACED) for one in next(reader, [])]
        _check_header(header)
        width = len(header)
        begin = reader.line_num + 1
        for record in reader:
            if len(record) == width or (not record and width == 1):
                records += 1
                if lines.is_plain and records <= SMALL:
                    rows.append(record)
            elif record:
                raise _ragged(begin, record, header)
            longest = max(longest, lines.size)
            if longest > LONGEST_RECORD:
                raise broken(f"the record at line {begin} has more than {LONGEST_RECORD} bytes.")
            lines.size = 0
            begin = reader.line_num + 1
    except csv.Error as wrong:
        column = header[0] if header else "the header"
        value = answers.plain(lines.last.rstrip("\r\n"), LONGEST_VALUE)
        raise broken(
            f"line {max(begin, 1)}, in a record that begins with column {column} ({wrong}): {value}"
        ) from wrong
    # In a single column an empty line may be a record, or none.
    is_plain = lines.is_plain and len(rows) == records and width > 1
    return header, records, longest, rows if is_plain else None


def _check_header(header: list[str]) -> None:
    longest = max(map(len, header), default=0)
    if longest > LONGEST_NAME:
        raise AmcOdd(f"a result in which a column's name has {longest} characters")


def _ragged(line: int, record: list[str], header: list[str]) -> Unreadable:
    column = header[min(len(record), len(header)) - 1]
    value = answers.plain(record[min(len(record), len(header)) - 1], LONGEST_VALUE)
    return broken(
        f"line {line} has {len(record)} values for {len(header)} columns; "
        f"the value of column {column} is {value!r}."
    )


def _rewritten(path: Path, packed: bool, encoding: str) -> Path:
    """Write the part as UTF-8 without a mark and without NUL, and return where."""
    target = path.with_suffix(".utf8.csv")
    with (
        _bytes(path, packed) as file,
        _text(file, encoding) as text,
        target.open("w", encoding="utf-8", newline="") as plain,
    ):
        while chunk := text.read(1 << 20):
            plain.write(chunk.replace("\0", REPLACED))
    path.unlink()
    return target


def _undecodable(path: Path, packed: bool) -> str:
    """Return the place and the bytes of the first line that is not UTF-8."""
    with _bytes(path, packed) as file:
        for number, line in enumerate(file, start=1):
            try:
                line.decode()
            except UnicodeDecodeError as wrong:
                column = line[: wrong.start].count(b",") + 1
                value = line[wrong.start : wrong.end].hex()
                return f"line {number}, about column {column}, the bytes {value}"
    return "the text"
