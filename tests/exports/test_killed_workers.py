"""A worker that is killed while it makes a file of any format leaves it to another one."""

import asyncio
import contextlib
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from domain import scratch, storage
from tests.exports.exports import CREATE, READ, column, export, furnish, set_all

PLACES = {
    "PDF": ("begun",),
    "PNG": ("begun",),
    "SVG": ("begun",),
    "XLSX": ("begun",),
    "CSV": ("begun", "written", "stored"),
    "PARQUET": ("begun",),
}
WIDGETS = "query($id: ID!) { dashboard(id: $id) { widgets { id title } } }"


async def test_another_worker_makes_each_format_once_and_nothing_is_left(
    ask, do, board, report, tmp_path, monkeypatch
):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    await furnish(ask, board, report["id"])
    widgets = (await ask(WIDGETS, id=board))["widgets"]
    widget = next(one["id"] for one in widgets if one["title"] == "Cost")  # drawn in no time
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.exports.killed_worker"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env=os.environ | {"TMPDIR": str(tmp_path)},
    )
    made: list[dict[str, Any]] = []
    for kind, places in PLACES.items():
        asked = export(kind, widgetId=widget)
        key = (await ask(CREATE, export=asked))["id"]
        for place in places:
            await killed(process, place)
            assert (await ask(READ, id=key))["state"] == "RUNNING"
            await set_all("lease_until = NULL")
        await do()
        made.append(await ask(READ, id=key))
    assert process.stdin is not None
    process.stdin.close()
    assert await process.wait() == 0

    assert [one["state"] for one in made] == ["COMPLETED"] * len(PLACES)
    assert len(await column("id")) == len(PLACES)
    stored = {one.key async for one in storage.files() if one.key.startswith("exports/")}
    assert stored == set(await column("file_url")), "one file of each, and no other"
    await ended(tmp_path)
    scratch.sweep()
    assert list(tmp_path.glob(f"{scratch.PREFIX}*")) == [scratch.root()]
    again = [await made_again(ask, do, export(one, widgetId=widget)) for one in ("PDF", "CSV")]
    assert again == [made[0]["checksum"], made[4]["checksum"]]


async def killed(process: asyncio.subprocess.Process, place: str) -> None:
    """Wait until the next worker is killed there."""
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(f"{place}\n".encode())
    assert await process.stdout.readline() == b"killed\n"


async def ended(place: Path) -> None:
    """Wait until no process that was started with this folder for temporary files is left."""
    async with asyncio.timeout(30):
        while any(f"TMPDIR={place}".encode() in one for one in environments()):  # noqa: ASYNC110
            await asyncio.sleep(0.05)


def environments() -> Iterator[list[bytes]]:
    """The environment of each process of this machine."""
    for one in Path("/proc").glob("[0-9]*/environ"):
        with contextlib.suppress(OSError):  # it has ended
            yield one.read_bytes().split(b"\0")


async def made_again(ask: Any, do: Any, asked: Any) -> str:
    key = (await ask(CREATE, export=asked))["id"]
    await do()
    return str((await ask(READ, id=key))["checksum"])
