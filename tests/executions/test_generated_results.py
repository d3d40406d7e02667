"""200 generated results: every record and every digit is stored, or the failure names the place."""

import gzip
import random
import re
from dataclasses import dataclass
from decimal import Context, Decimal
from pathlib import Path
from typing import Any

import pytest

from domain import duck
from domain.amc.client import AmcOdd
from domain.executions import ingest
from domain.executions.ingest import Ingested
from domain.executions.parts import Unreadable

FILES = 200
AT_ONCE = 20
NAMES = ["campaign", "search_term", "cost", "clicks"]
DECLARED = [
    {"name": "campaign", "dataType": "STRING"},
    {"name": "search_term", "dataType": "STRING"},
    {"name": "cost", "dataType": "DOUBLE"},
    {"name": "clicks", "dataType": "LONG"},
]
ENCODINGS = ["utf-8"] * 6 + ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"]
TEXTS = [
    *("plain", "", "comma, comma", 'a "quoted" word', "back\\slash", "line\nend", "line\r\nend"),
    *(
        "Fr\u00fchling",
        "\u6625",
        "\U0001f6d2",
        "=1+1",
        "  spaces  ",
        "NULL",
        "\\",
        '"',
        "\u2028",
        ",",
    ),
]
NUMBERS = [
    *("0", "-0", "1", "12.50", "0.1", "-3.75", "9007199254740993", "18446744073709551616"),
    *("0.12345678901234567", "1E3", "1.5E-12", "1e400", "NaN", "inf", "much", "00012", "+4", ".5"),
    *("1" * 28 + "." + "2" * 10, "3" * 39),
]
BROKEN = ["ragged", "open quote", "text after a quote", "not UTF-8", "cut gzip"]
BROKEN += ["not UTF-8, in a cut gzip", "gzip twice", "gzip twice, cut"]
DAMAGED = [one for one in BROKEN if "gzip" in one]  # AMC is asked again
EXACT = Context(prec=500)
PLACE = re.compile(r"line \d+.*column .*", re.DOTALL)


@dataclass
class Made:
    """A generated file: its bytes, its records, and what is wrong with it, if anything is."""

    content: bytes
    records: list[list[str | None]]
    wrong: str | None


def _field(chance: random.Random, value: str | None) -> str:
    if value is None:
        return ""
    if value == "" or re.search(r'[,"\\\r\n]|^\s|\s$', value) or chance.random() < 0.2:
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return value


def _value(chance: random.Random, column: int, clean: bool) -> str | None:
    if chance.random() < 0.1:
        return None
    if column < 2:
        if chance.random() < 0.002:
            return "long " * chance.randint(1, 60_000)
        text = chance.choice(TEXTS)
        return text + "\0" if chance.random() < 0.005 else text
    if clean:
        digits = chance.randint(0, 12) if column == 2 else 0
        return str(Decimal(chance.randint(-(10**17), 10**17)).scaleb(-digits))
    return chance.choice(NUMBERS)


def made(seed: int) -> Made:
    """A file of this seed. One in five is broken."""
    chance = random.Random(seed)
    clean = chance.random() < 0.5
    records = [
        [_value(chance, column, clean) for column in range(4)]
        for _ in range(chance.choice([0, 1, 2, 10, 30, 100, 300] * 4 + [3000]))
    ]
    wrong = chance.choice(BROKEN) if chance.random() < 0.2 else None
    lines = [",".join(NAMES), *(",".join(_field(chance, v) for v in row) for row in records)]
    if wrong == "ragged":
        lines.insert(chance.randint(1, len(lines)), chance.choice(["a,b", "a,b,1,2,3"]))
    elif wrong == "open quote":
        lines.append('a,"b,1,2')
    elif wrong == "text after a quote":
        lines.insert(chance.randint(1, len(lines)), 'a,"b"c,1,2')
    end = chance.choice(["\n", "\r\n"])
    content = (end.join(lines) + end).encode(
        "utf-8" if wrong and "not UTF-8" in wrong else chance.choice(ENCODINGS)
    )
    if wrong and "not UTF-8" in wrong:
        content += b"a,\xff\xfe,1,2" + end.encode()
    if wrong in DAMAGED:
        content = gzip.compress(gzip.compress(content) if "twice" in wrong else content)
        content = content[:-9] if "cut" in wrong else content
    elif chance.random() < 0.2:
        content = gzip.compress(content)
    return Made(content, records, wrong)


def _comparable(value: Any, column: int) -> Any:
    """A value as it is compared: a number by its digits, a text as it is."""
    if value is None or column < 2:
        return None if value is None else str(value).replace("\0", "\ufffd")
    try:
        number = Decimal(str(value)).normalize(EXACT)
        return number if number else Decimal(0)
    except ArithmeticError:
        return str(value)


def _stored(path: Path) -> list[list[Any]]:
    with duck.over(path.parent) as connection:
        shown = ", ".join(f"{duck.name(name)}::VARCHAR" for name in NAMES)
        return [
            list(row)
            for row in connection.execute(f"SELECT {shown} FROM read_parquet('{path}')").fetchall()
        ]


def _sorted(rows: list[list[Any]]) -> list[list[str]]:
    return sorted(
        [repr(_comparable(value, column)) for column, value in enumerate(row)] for row in rows
    )


def _converted(path: Path) -> Ingested | Unreadable | AmcOdd:
    told = {"amc_columns": DECLARED}
    try:
        return ingest.convert([path], path.parent, NAMES, told, ("cost", "clicks"))
    except (Unreadable, AmcOdd) as failed:
        return failed


def _check(folder: Path, seed: int) -> None:
    file = made(seed)
    path = folder / "part-0000.csv"
    path.write_bytes(file.content)
    found = _converted(path)
    if isinstance(found, AmcOdd):
        assert file.wrong in DAMAGED, seed
        return
    if isinstance(found, Unreadable):
        assert file.wrong is not None, f"{seed}: {found}"
        assert PLACE.search(str(found)), f"{seed}: {found}"
        return
    assert file.wrong is None, f"{seed}: {file.wrong} was not noticed"
    assert found.row_count == len(file.records), seed
    assert _sorted(_stored(folder / "result.parquet")) == _sorted(file.records), seed
    types = {one["name"]: one["type"] for one in found.summary["columns"]}
    for column in ("cost", "clicks"):
        warned = any(one["column"] == column for one in found.summary["warnings"])
        assert warned == (types[column] == "VARCHAR"), (seed, column)


@pytest.mark.parametrize("first", range(0, FILES, AT_ONCE))
def test_every_record_is_stored_or_the_failure_names_its_place(tmp_path, first):
    for seed in range(first, first + AT_ONCE):
        folder = tmp_path / str(seed)
        folder.mkdir()
        _check(folder, seed)
