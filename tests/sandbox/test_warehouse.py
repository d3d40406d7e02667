"""The file of events: made once, by one of many, in steps; reaches nothing else."""

import multiprocessing
import os
import signal
import time
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pytest

from sandbox.events import warehouse
from sandbox.events.warehouse import Warehouse

TODAY = date(2026, 11, 21)
EVENTS = 20_000
PHYSICAL = ("impression", "sponsored", "conversion")


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    made = Warehouse.open(tmp_path_factory.mktemp("events"), events=2_000, today=TODAY)
    yield made
    made.close()


def one(house: Warehouse, sql: str) -> tuple:
    row = house.cursor().execute(sql).fetchone()
    assert row is not None
    return row


def test_twenty_thousand_events_are_made_in_a_few_seconds(tmp_path: Path):
    began = time.process_time()
    made = Warehouse.open(tmp_path, events=EVENTS, today=TODAY)
    took = time.process_time() - began

    rows = sum(one(made, f"SELECT count(*) FROM {table}")[0] for table in PHYSICAL)
    assert 0.85 * EVENTS < rows < 1.1 * EVENTS
    assert took < 10  # seconds of CPU; it is one
    made.close()


def test_a_day_added_to_a_file_is_the_day_of_a_new_file(tmp_path: Path):
    for folder, days in ((tmp_path / "grown", (0, 1, 5)), (tmp_path / "new", (5,))):
        for offset in days:
            last = Warehouse.open(folder, events=4_000, today=TODAY + timedelta(days=offset))
            last.close()
    grown, new = (
        Warehouse.open(tmp_path / name, events=4_000, today=TODAY + timedelta(days=5))
        for name in ("grown", "new")
    )
    for table in PHYSICAL:
        sql = f"SELECT * FROM {table} ORDER BY ALL"
        assert grown.cursor().execute(sql).fetchall() == new.cursor().execute(sql).fetchall()
    assert one(grown, "SELECT min(day) FROM impression")[0] >= date(2025, 10, 26)
    grown.close()
    new.close()


@pytest.mark.parametrize(
    "attempt",
    [
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM read_text('/etc/passwd')",
        "SELECT * FROM glob('/etc/*')",
        "COPY (SELECT 1) TO '/tmp/stolen.csv'",
        "ATTACH '/tmp/other.duckdb'",
        "INSTALL httpfs",
        "SET enable_external_access = true",
        "SET memory_limit = '100GB'",
        "DELETE FROM impression",
        "CREATE TABLE mine AS SELECT 1",
    ],
)
def test_the_connection_reaches_nothing_but_the_events(small: Warehouse, attempt: str):
    with pytest.raises(duckdb.Error):
        small.cursor().execute(attempt)


def _open(folder: Path, queue) -> None:
    made = Warehouse.open(folder, events=30_000, today=TODAY)
    queue.put(one(made, "SELECT count(*) FROM dsp_impressions")[0])
    made.close()


def test_processes_that_open_one_folder_at_once_share_one_file(tmp_path: Path):
    context = multiprocessing.get_context("spawn")
    queue = context.Queue()
    several = [context.Process(target=_open, args=(tmp_path, queue)) for _ in range(3)]
    for process in several:
        process.start()
    counts = {queue.get(timeout=60) for _ in several}
    for process in several:
        process.join(60)

    assert len(counts) == 1
    assert len(list(tmp_path.glob("*.duckdb"))) == 1
    assert list(tmp_path.glob("*.building*")) == []


def _open_in_steps(folder: Path) -> None:
    warehouse.SMALL = 0  # a month at a time, so that there is a middle to be killed in
    Warehouse.open(folder, events=60_000, today=TODAY)


def test_a_builder_that_is_killed_is_carried_on_where_it_was(tmp_path: Path):
    context = multiprocessing.get_context("spawn")
    process = context.Process(target=_open_in_steps, args=(tmp_path / "killed",))
    process.start()
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and not list((tmp_path / "killed").glob("*.building.wal")):
        time.sleep(0.01)
    time.sleep(0.1)
    os.kill(process.pid or 0, signal.SIGKILL)
    process.join(10)
    assert list((tmp_path / "killed").glob("*.duckdb")) == []

    killed = Warehouse.open(tmp_path / "killed", events=60_000, today=TODAY)
    whole = Warehouse.open(tmp_path / "whole", events=60_000, today=TODAY)
    for table in PHYSICAL:
        sql = f"SELECT count(*), bit_xor(h), min(day), max(day) FROM {table}"
        assert one(killed, sql) == one(whole, sql)
    killed.close()
    whole.close()


def test_progress_is_told_to_the_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(warehouse, "SMALL", 0)
    told: list[float] = []
    Warehouse.open(tmp_path, events=2_000, today=TODAY, on_progress=told.append).close()
    assert told == sorted(told)
    assert len(told) > 12
    assert told[-1] == 1.0


def test_who_has_yesterdays_file_open_can_read_on(tmp_path: Path):
    old = Warehouse.open(tmp_path, events=2_000, today=TODAY)
    count = one(old, "SELECT count(*) FROM dsp_impressions")

    new = Warehouse.open(tmp_path, events=2_000, today=TODAY + timedelta(days=1))

    assert one(old, "SELECT count(*) FROM dsp_impressions") == count
    assert one(new, "SELECT last FROM horizon")[0] == TODAY
    assert [path.name for path in tmp_path.glob("*.duckdb")] == [new.path.name]
    old.close()
    new.close()


def test_one_process_can_open_a_file_twice(tmp_path: Path):
    first, second = (Warehouse.open(tmp_path, events=2_000, today=TODAY) for _ in range(2))
    counts = [one(house, "SELECT count(*) FROM dsp_impressions") for house in (first, second)]
    assert counts[0] == counts[1]
    with pytest.raises(duckdb.Error):
        second.cursor().execute("SET threads = 4")
    first.close()
    second.close()
