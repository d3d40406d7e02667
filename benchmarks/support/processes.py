"""CPU, wake-ups and memory of processes with all that they have started, read from /proc."""

import os
from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")


def family(pid: int) -> list[int]:
    """A process and all its living descendants."""
    children: dict[int, list[int]] = defaultdict(list)
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and (parent := _field(int(entry.name), 1)) is not None:
            children[parent].append(int(entry.name))
    found, todo = [], [pid]
    while todo:
        one = todo.pop()
        found.append(one)
        todo.extend(children[one])
    return found


def cpu(pid: int) -> float:
    """Seconds of CPU that the family has used, including dead members that were waited for."""
    return sum(sum(_field(one, n) or 0 for n in (11, 12, 13, 14)) for one in family(pid)) / TICKS


def wakeups(pid: int) -> int:
    """How often threads of the family have begun to run after they had waited for something."""
    return sum(_waited(status) for one in family(pid) for status in _threads(one))


def _threads(pid: int) -> Iterator[Path]:
    with suppress(OSError):
        yield from (one / "status" for one in Path(f"/proc/{pid}/task").iterdir())


def _waited(status: Path) -> int:
    with suppress(OSError):
        return int(status.read_text().partition("\nvoluntary_ctxt_switches:")[2].split()[0])
    return 0  # the thread has ended


def memory(pid: int) -> int:
    """Resident bytes of the family. Shared pages count in each process."""
    return sum((_field(one, 21) or 0) * PAGE for one in family(pid))


def forget_peak(pid: int) -> None:
    """Begin to measure the most memory of the process anew."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")


def peak(pid: int) -> int:
    """The most resident bytes that the process has had since then, or since it began."""
    status = Path(f"/proc/{pid}/status").read_text()
    return 1024 * int(status.partition("VmHWM:")[2].split()[0])


def _field(pid: int, number: int) -> int | None:
    """A field of /proc/PID/stat, counted from the state."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (OSError, ValueError):
        return None
    return int(fields[number]) if number else None
