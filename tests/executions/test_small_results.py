"""A small result is converted mostly in Python. It becomes the same as if DuckDB did all of it."""

import dataclasses
import random
from pathlib import Path

import pytest

from domain import duck
from domain.executions import ingest, parts, results
from domain.executions.ingest import Ingested
from domain.executions.parts import Unreadable

SEEDS, AT_ONCE = 120, 20
ORDINARY: dict[str, list[str]] = {
    "campaign_id_string": ["0001", "0002", "17", "x" * 201],
    "campaign": ["Spring", "Früh|ling", '"a, b"', "y" * 300, '""', "🛒", " x ", "NULL", 'a"b'],
    "ad_product_type": ["sponsored_products", '""'],
    "tracked_asin": ["B00EXAMPL1", "B00EXAMPL2", "no asin"],
    "impressions": ["0", "7", "1000000", "9007199254740991"],
    "cost": ["0", "0.5", "12.50", "3", "0.1234567890", "123456789012345.1"],
    "is_new": ["true", "false"],
    "day": ["2026-01-01", "2024-02-29", "2026-12-31"],
    "at": ["2026-01-01T10:00:00Z", "2026-01-02T11:30:00.5Z"],
    "filtered": ["true", "false"],
}
ODD: dict[str, list[str]] = {
    "impressions": ["-0", "1e3", "9007199254740993", "00012", "+4", "much", "3" * 39, "0.5"],
    "cost": ["-3.75", "1.5E-12", "1" * 28 + "." + "2" * 10, "NaN", ".5", "1.", "3" * 39],
    "is_new": ["TRUE", "1", "yes"],
    "day": ["2026-02-30", "1926-01-01", "2026-01-01T00:00:00Z", "today"],
    "at": ["2026-01-01 10:00", "2026-99-01T10:00:00Z", "now"],
    "filtered": ["", "1", "maybe"],
}
DECLARED = {
    "impressions": "LONG",
    "cost": "DECIMAL",
    "is_new": "BOOLEAN",
    "day": "DATE",
    "at": "TIMESTAMP",
    "campaign": "STRING",
}


def made(seed: int) -> tuple[str, dict[str, object]]:
    """A file of this seed, and what AMC tells of it: some columns, some odd values, some types."""
    chance = random.Random(seed)
    names = [one for one in ORDINARY if chance.random() < 0.8] or ["cost"]
    is_calm = chance.random() < 0.3  # nothing that readers of CSV might take for something else
    odd = {one for one in names if one in ODD and chance.random() < (0.05 if is_calm else 0.3)}
    lines = [",".join(names)]
    for _ in range(chance.choice([0, 1, 3, 40])):
        values = []
        for name in names:
            is_odd = name in odd and chance.random() < 0.2
            usual = [one for one in ORDINARY[name] if one != '""' or not is_calm]
            value = chance.choice(ODD[name] if is_odd else usual)
            values.append("" if chance.random() < 0.1 else value)
        lines.append(",".join(values) if len(names) > 1 else values[0] or "0")
    told = [
        {"name": name, "dataType": type_}
        for name, type_ in DECLARED.items()
        if chance.random() < 0.6
    ]
    return "\n".join(lines) + "\n", {"amc_columns": told, "data_gaps": []}


def converted(folder: Path, seed: int) -> Ingested | str:
    """The result of this seed, or why it cannot be read."""
    folder.mkdir(parents=True)
    text, told = made(seed)
    path = folder / "part-0000.csv"
    path.write_text(text)
    names = [one for one in text.partition("\n")[0].split(",") if one != "filtered"]
    try:
        found = ingest.convert([path], folder, names, told, ("cost", "impressions"))
    except Unreadable as unreadable:
        return str(unreadable)
    check_file(folder / "result.parquet", found)
    return dataclasses.replace(found, size_bytes=0)


def check_file(path: Path, found: Ingested) -> None:
    """What is told of the file is what the file has, in its order."""
    types = {one["name"]: one["type"] for one in found.summary["columns"]}
    scan = f"read_parquet('{path}')"
    with duck.over(path.parent) as connection:
        assert duck.checksum(connection, scan, types) == found.checksum
        rows = results.rows(connection, scan, list(types), len(found.summary["first_rows"]), 0)
    first = [[one[:1000] if isinstance(one, str) else one for one in row] for row in rows]
    assert first == found.summary["first_rows"]


@pytest.mark.parametrize("first", range(0, SEEDS, AT_ONCE))
def test_it_becomes_the_same_as_a_large_one(tmp_path, monkeypatch, first):
    seeds = range(first, first + AT_ONCE)
    small = {seed: converted(tmp_path / f"small-{seed}", seed) for seed in seeds}
    monkeypatch.setattr(parts, "SMALL", -1)
    for seed in seeds:
        assert small[seed] == converted(tmp_path / f"large-{seed}", seed), made(seed)
