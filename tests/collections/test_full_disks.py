"""A collection while the disks of TMPDIR and of the results are filled and freed at random.

The disks are small file systems in memory, which only root can make. `make chaos` runs it.
"""

import asyncio
import contextlib
import os
import random
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.collections.disturbed import collected, numbers, until_over
from tests.local.running_system import QUICK, RunningSystem, running_system

pytestmark = [
    pytest.mark.processes,
    pytest.mark.skipif(
        "DISKS_SECONDS" not in os.environ or os.geteuid() != 0,
        reason="takes minutes, and root; DISKS_SECONDS=180 runs it",
    ),
]

SECONDS = float(os.environ.get("DISKS_SECONDS", "180"))
WEEKS = int(os.environ.get("CHAOS_WEEKS", "52"))
SEED = int(os.environ.get("CHAOS_SEED", "1"))
PATIENCE = 300.0 + 10 * WEEKS
ROOMY, SMALL = "600m", "32m"  # a start asks for 0.5 GB
WAITS = "query($id: ID!) { collection(id: $id) { isOver errorMessage waits { reason count } } }"


@contextmanager
def small_disk() -> Iterator[Path]:
    """A file system of its own. It gets small once everything has started."""
    folder = Path(tempfile.mkdtemp(prefix="disk-", dir="/tmp"))
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={ROOMY}", "tmpfs", folder], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)
        folder.rmdir()


def shrink(disk: Path) -> None:
    """Leave a disk little room."""
    subprocess.run(["mount", "-o", f"remount,size={SMALL}", disk], check=True)


def fill(disk: Path) -> Path:
    """Write until there is no room left."""
    ballast = disk / "ballast"
    with contextlib.suppress(OSError), ballast.open("wb", buffering=0) as file:
        while file.write(bytes(65536)) == 65536:
            pass
    return ballast


async def disturb(disks: tuple[Path, ...], until: float) -> int:
    """Fill one disk, or both, for a moment; again and again."""
    chance = random.Random(SEED)
    filled = 0
    while time.monotonic() < until:
        chosen = chance.sample(disks, chance.randint(1, len(disks)))
        ballasts = [fill(one) for one in chosen]
        filled += len(ballasts)
        await asyncio.sleep(chance.choice((0.2, 0.5, 1.0, 4.0, 10.0)))
        for one in ballasts:
            one.unlink()
        await asyncio.sleep(chance.uniform(0.2, 3.0))
    return filled


async def listen(system: RunningSystem, collection: str, reasons: Counter[str]) -> None:
    """Count what the collection waits for, three times a second."""
    while True:
        found = await system.ask(WAITS, id=collection)
        reasons.update(one["reason"] for one in found["waits"])
        await asyncio.sleep(0.3)


async def test_a_collection_completes_on_disks_that_are_full_again_and_again() -> None:
    limits = {"COLLECTIONS_PER_USER": "10", "SEGMENT_RETRY_MIN": "0.5", "SEGMENT_RETRY_MAX": "3"}
    with small_disk() as temporary, small_disk() as results:
        disks = {"TMPDIR": str(temporary), "STORAGE_URL": f"file://{results}/storage"}
        with running_system(**QUICK, **limits, **disks) as system:
            for one in (temporary, results):
                shrink(one)
            report, collection = await collected(system, "full", WEEKS)
            waits: Counter[str] = Counter()
            listening = asyncio.create_task(listen(system, collection, waits))
            filled = await disturb((temporary, results), time.monotonic() + SECONDS)
            ended = await until_over(system, collection, PATIENCE)
            listening.cancel()

            # Afterwards: a result that is stored already would not be stored again.
            calm_report, calm = await collected(system, "calm", WEEKS)
            undisturbed = await until_over(system, calm, PATIENCE)
            assert undisturbed["status"] == "COMPLETED", system.logs()
            print(f"filled {filled} times; it waited for {dict(waits)}")
            assert (ended["status"], ended["weeksCompleted"]) == ("COMPLETED", WEEKS), ended
            for before, after in zip(undisturbed["weeks"], ended["weeks"], strict=True):
                assert after["checksum"] == before["checksum"]
                assert (after["status"], after["revision"]) == ("COMPLETED", 1)
            ours, theirs = await numbers(system, report), await numbers(system, calm_report)
            assert len(ours) > WEEKS
            assert ours == theirs
