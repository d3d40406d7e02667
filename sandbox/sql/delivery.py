"""Writes a result as CSV like AMC. DuckDB formats the lines and Python copies them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

import duckdb

from sandbox.sql.relations import name

BATCH = 10_000  # number of lines in memory
TYPES = {
    "BOOLEAN": "BOOLEAN",
    "TINYINT": "BYTE",
    "SMALLINT": "SHORT",
    "INTEGER": "INTEGER",
    "BIGINT": "LONG",
    "HUGEINT": "LONG",
    "FLOAT": "FLOAT",
    "DOUBLE": "DOUBLE",
    "DATE": "DATE",
    "TIMESTAMP": "TIMESTAMP",
    "VARCHAR": "STRING",
    "BLOB": "BINARY",
}


@dataclass(frozen=True)
class Format:
    """The characters of a CSV file."""

    separator: str = ","
    quote: str = '"'
    escape: str = "\\"


def amc_type(duck: str) -> str:
    """AMC's name for a type of DuckDB."""
    if duck.endswith("[]"):
        return "ARRAY"
    if duck.startswith("DECIMAL"):
        return "DECIMAL"
    return TYPES.get(duck, "STRING")


def lines(sql: str, columns: Sequence[tuple[str, str]], form: Format, order: str) -> str:
    """The query that returns the lines of the file, in a stable order."""
    fields = [_field(name(column), type_, form) for column, type_ in columns]
    separator = _literal(form.separator)
    line = f" || {separator} || ".join(fields) or "''"
    return f"SELECT {line} FROM ({sql}) ORDER BY {order}"  # noqa: S608


def _field(column: str, type_: str, form: Format) -> str:
    text = shown(column, type_)
    if type_ == "VARCHAR" or type_.endswith(("[]", ")")) or type_ == "BLOB":
        text = _quoted(text, form)
    return f"coalesce({text}, '')"


def _quoted(text: str, form: Format) -> str:
    """Quote a text where needed. An empty text is always quoted, as an empty field means NULL."""
    quote, escape = _literal(form.quote), _literal(form.escape)
    escaped = f"replace({text}, {escape}, {escape} || {escape})"
    escaped = f"replace({escaped}, {quote}, {escape} || {quote})"
    special = [form.separator, form.quote, form.escape, "\n", "\r"]
    needs = " OR ".join(f"contains({text}, {_literal(one)})" for one in special)
    return f"CASE WHEN {text} = '' OR {needs} THEN {quote} || {escaped} || {quote} ELSE {text} END"


def shown(value: str, type_: str, depth: int = 0) -> str:
    """A value as AMC writes it: times in UTC, lists as [a, b], rows as [1, x]."""
    if type_.endswith("[]"):
        one = f"v{depth}"
        inner = shown(one, type_[:-2], depth + 1)
        listed = f"list_transform({value}, lambda {one}: coalesce({inner}, 'null'))"
        return f"'[' || array_to_string({listed}, ', ') || ']'"
    if type_.startswith("STRUCT("):
        parts = [
            f"coalesce({shown(f'({value}).{key}', kind, depth)}, 'null')"
            for key, kind in _members(type_)
        ]
        listed = " || ', ' || ".join(parts)
        return f"'[' || {listed} || ']'"
    if type_.startswith("TIMESTAMP"):
        return f"strftime({value}, '%Y-%m-%dT%H:%M:%S.%gZ')"
    if type_ in {"DOUBLE", "FLOAT"}:
        return f"regexp_replace(CAST({value} AS VARCHAR), '\\.0$', '')"
    return f"CAST({value} AS VARCHAR)"


def _members(type_: str) -> Iterator[tuple[str, str]]:
    """The fields of a type such as STRUCT("a" INTEGER, b VARCHAR): their quoted names and types."""
    depth, quoted, start, inner = 0, False, 0, type_[len("STRUCT(") : -1]
    for place, letter in enumerate(f"{inner},"):
        if letter == '"':
            quoted = not quoted
        elif not quoted and letter in "([":
            depth += 1
        elif not quoted and letter in ")]":
            depth -= 1
        elif letter == "," and depth == 0 and not quoted:
            yield _member(inner[start:place].strip())
            start = place + 1


def _member(text: str) -> tuple[str, str]:
    if text.startswith('"'):
        end = text.index('" ', 1) + 1
        return text[:end], text[end + 1 :]
    key, _, kind = text.partition(" ")
    return f'"{key}"', kind


def header(columns: Sequence[str], form: Format) -> str:
    """The first line of every part."""
    return form.separator.join(_written(column, form) for column in columns)


def _written(text: str, form: Format) -> str:
    if not text or any(one in text for one in (form.separator, form.quote, form.escape, "\n")):
        escaped = text.replace(form.escape, form.escape * 2)
        escaped = escaped.replace(form.quote, form.escape + form.quote)
        return f"{form.quote}{escaped}{form.quote}"
    return text


def write(
    cursor: duckdb.DuckDBPyConnection, head: str, destination: Path, split_rows: int | None
) -> tuple[list[Path], int]:
    """Write the lines of the cursor. A part appears under its name when it is complete."""
    paths: list[Path] = []
    total = 0
    while True:
        path = _part(destination, len(paths))
        written = _write_part(cursor, head, path, split_rows)
        if written or not paths:
            paths.append(path)
        else:
            path.unlink()
        total += written
        if split_rows is None or written < split_rows:
            return paths, total


def _write_part(cursor: duckdb.DuckDBPyConnection, head: str, path: Path, most: int | None) -> int:
    unfinished = path.with_name(f"{path.name}.part")
    try:
        with unfinished.open("w", encoding="utf-8", newline="") as file:
            file.write(f"{head}\n")
            written = _copy_lines(cursor, file, most)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise
    unfinished.rename(path)
    return written


def _copy_lines(cursor: duckdb.DuckDBPyConnection, file: TextIO, most: int | None) -> int:
    written = 0
    while most is None or written < most:
        rows = cursor.fetchmany(BATCH if most is None else min(BATCH, most - written))
        if not rows:
            break
        file.writelines(f"{line}\n" for (line,) in rows)
        written += len(rows)
    return written


def _part(destination: Path, number: int) -> Path:
    path = destination if destination.suffix == ".csv" else destination / "result.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    return path.with_name(f"{path.stem}-{number + 1}{path.suffix}") if number else path


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
