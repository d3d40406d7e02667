"""How the demo shows a collection: bars on a terminal, lines in a log."""

import io
import re
from contextlib import redirect_stdout
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from rich.console import Console

from local import bars

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


def counts(**given: int) -> dict[str, int]:
    names = (*bars.STYLES, "waiting", "atAmc", "ingesting")
    return dict.fromkeys(names, 0) | given


def collection(completed: int = 0, **given: Any) -> dict[str, Any]:
    """A collection of 52 weeks, as the API tells of it."""
    return {
        "status": "RUNNING",
        "isOver": False,
        "targetWeeks": 52,
        "progressPercentage": 100 * completed // 52,
        "counts": counts(completed=completed, pending=52 - completed),
        "ratePerHour": None,
        "etaEarliest": None,
        "etaLatest": None,
        "waits": [],
        **given,
    }


def after(seconds: float) -> str:
    return (NOW + timedelta(seconds=seconds)).isoformat()


def picture(seen: dict[str, Any], width: int = 90) -> list[str]:
    console = Console(file=io.StringIO(), width=width, color_system=None)
    return bars.lines(seen, NOW, console)


def test_each_status_has_a_line_with_its_number_and_a_bar_of_that_length():
    seen = collection(
        counts=counts(completed=26, running=13, pending=10, failed=3),
    )
    lines = picture(seen, width=100)
    told = [line.split()[:2] for line in lines[:5]]
    assert told == [
        ["completed", "26"],
        ["running", "13"],
        ["pending", "10"],
        ["failed", "3"],
        ["skipped", "0"],
    ]
    assert [line.count("━") for line in lines[:5]] == [20, 10, 7, 2, 0]


def test_of_the_running_weeks_it_is_told_where_they_are():
    seen = collection(counts=counts(running=10, waiting=2, atAmc=7, ingesting=1, pending=42))
    assert picture(seen)[1].rstrip().endswith("2 waiting, 7 at AMC, 1 ingesting")
    idle = collection(counts=counts(running=1, atAmc=1, pending=51))
    assert picture(idle)[1].rstrip().endswith(" 1 at AMC")
    assert "waiting" not in picture(idle)[1]


@pytest.mark.parametrize("width", [30, 40, 79, 200])
def test_no_line_is_wider_than_the_terminal(width: int):
    waits = [{"reason": "AMC_UNAVAILABLE", "count": 42, "until": after(60)}] * 3
    running = counts(running=10, waiting=10, atAmc=10, ingesting=10)
    lines = picture(collection(counts=running, waits=waits, ratePerHour=9999.9), width=width)
    assert len(lines) == 7
    assert max(map(len, lines)) <= width


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({}, "50 % · running"),
        ({"ratePerHour": 0.0}, "50 % · running"),
        ({"ratePerHour": 5910.0}, "50 % · running · 98.5 segments/min"),
        (
            {"etaEarliest": after(12), "etaLatest": after(31)},
            "50 % · running · ETA in 12 s to 31 s, a first guess",
        ),
        (
            {"etaEarliest": after(300), "etaLatest": after(3 * 3600), "ratePerHour": 60.0},
            "50 % · running · 1.0 segments/min · ETA in 5 min to 3.0 h",
        ),
        (
            {"etaEarliest": after(-5), "etaLatest": after(20), "ratePerHour": 60.0},
            "50 % · running · 1.0 segments/min · ETA within 20 s",
        ),
        (
            {"etaEarliest": after(-9), "etaLatest": after(-5), "ratePerHour": 60.0},
            "50 % · running · 1.0 segments/min · ETA any moment",
        ),
        ({"status": "PAUSED"}, "50 % · paused"),
    ],
)
def test_how_it_goes_on_is_told_as_far_as_it_is_known(given: dict[str, Any], told: str):
    assert bars.outlook(collection(26, **given), NOW) == told


def test_what_it_waits_for_is_told_in_words():
    waits = [
        {"reason": "PARALLEL_LIMIT", "count": 41, "until": None},
        {"reason": "SOMETHING_NEW", "count": 2, "until": None},
    ]
    told = "waits for the limit of segments at once (41), SOMETHING_NEW (2)"
    assert picture(collection(waits=waits))[-1].strip() == told
    assert picture(collection())[-1].strip() == ""


def test_a_wait_with_an_end_says_when_by_the_clock_on_the_wall():
    until = {"reason": "RETRY", "count": 1, "until": after(0)}
    wall = NOW.astimezone().strftime("%H:%M:%S")
    assert bars.waits(collection(waits=[until])) == (
        f"waits for the pause before another attempt (1) until {wall}"
    )


def test_every_reason_to_wait_has_words():
    from graph.enums.collections import WaitReason

    assert set(bars.WAITS) == {one.value for one in WaitReason}


def test_a_log_has_a_line_every_ten_percent_and_one_at_the_end():
    said: list[str] = []
    log = bars.Log(said.append)
    for completed in range(53):
        log.show(collection(completed))
        log.show(collection(completed))
    log.show(collection(52, status="COMPLETED", isOver=True))

    found = [re.match(r"  (\d+) of 52 weeks · (\d+) % · (\w+)", line) for line in said]
    told = [match.groups() if match else None for match in found]
    assert told == [
        *((str(n), str(100 * n // 52), "running") for n in (0, 6, 11, 16, 21, 26, 32, 37, 42, 47)),
        ("52", "100", "running"),
        ("52", "100", "completed"),
    ]


def test_the_totals_of_a_period_say_how_much_of_it_they_cover():
    metrics = [
        {"name": "clicks", "value": "7140", "state": "VALUE"},
        {"name": "cost", "value": "8307.7312", "state": "VALUE"},
        {"name": "reach", "value": None, "state": "NOT_ADDITIVE"},
    ]
    quarter = {
        "key": "2026-Q1",
        "metrics": metrics,
        "coverage": {"days": 90, "covered": 59},
        "isProvisional": False,
    }
    first, *rest = bars.totals(quarter)
    assert first.split(maxsplit=1) == ["2026-Q1", "59 of 90 days: partial"]
    assert [line.split() for line in rest] == [["clicks", "7,140"], ["cost", "8,307.73"]]

    whole = quarter | {"coverage": {"days": 90, "covered": 90}, "isProvisional": True}
    assert bars.totals(whole)[0].endswith("90 of 90 days: all of it, not settled yet")


class Terminal(io.StringIO):
    """As much of a terminal as the bars need: what would be on its screen."""

    def __init__(self) -> None:
        super().__init__()
        self.rows, self.row, self.column = [""], 0, 0

    def isatty(self) -> bool:
        return True

    def write(self, text: str) -> int:
        for part in re.findall(r"\x1b\[\d*[A-Za-z;\d]*?[JAm]|\r|\n|[^\x1b\r\n]+", text):
            self._take(part)
        return len(text)

    def _take(self, part: str) -> None:
        if part == "\n":
            self.row, self.column = self.row + 1, 0
            self.rows += [""] * (self.row + 1 - len(self.rows))
        elif part == "\r":
            self.column = 0
        elif part == bars.ERASE:
            self.rows[self.row :] = [self.rows[self.row][: self.column]]
        elif part.endswith("A"):
            self.row -= int(part[2:-1])
        elif not part.endswith("m") or not part.startswith("\x1b"):
            line = self.rows[self.row].ljust(self.column)
            self.rows[self.row] = line[: self.column] + part + line[self.column + len(part) :]
            self.column += len(part)


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """Somebody watches."""
    for name, value in {"TERM": "xterm", "COLUMNS": "80", "LINES": "30"}.items():
        monkeypatch.setenv(name, value)
    return Terminal()


async def test_lines_of_others_stay_whole_above_the_bars(terminal: Terminal):
    with redirect_stdout(terminal):
        bars.say("Ready")
        async with bars.shown(bars.say) as show:
            show(collection(5))
            assert " 9 % · running" in terminal.rows
            bars.say("api was ended by SIGKILL; starting it again in 0.4 s\nits last words")
            assert " 9 % · running" not in terminal.rows
            show(collection(52, status="COMPLETED", isOver=True))
        bars.say("Done")

    rows = [row.rstrip() for row in terminal.rows]
    assert rows[:4] == [
        "Ready",
        "api was ended by SIGKILL; starting it again in 0.4 s",
        "its last words",
        "",
    ]
    assert [row.split()[0] for row in rows[4:9]] == list(bars.STYLES)
    assert rows[9:] == [" 100 % · completed", "", "Done", ""]


async def interrupted() -> None:
    async with bars.shown(bars.say) as show:
        show(collection(5))
        raise KeyboardInterrupt


async def test_bars_that_are_interrupted_leave_nothing_behind(terminal: Terminal):
    with redirect_stdout(terminal):
        bars.say("Ready")
        with pytest.raises(KeyboardInterrupt):
            await interrupted()
    assert terminal.rows == ["Ready", ""]


async def test_a_low_terminal_shows_the_end_of_the_picture(terminal: Terminal, monkeypatch):
    monkeypatch.setenv("LINES", "4")
    with redirect_stdout(terminal):
        async with bars.shown(bars.say) as show:
            show(collection(26))
            assert [row.strip() for row in terminal.rows] == ["", "50 % · running", ""]


@pytest.mark.parametrize("term", ["", "dumb"])
async def test_a_terminal_that_cannot_move_its_cursor_gets_lines(
    terminal: Terminal, monkeypatch, term: str
):
    monkeypatch.setenv("TERM", term)
    with redirect_stdout(terminal):
        async with bars.shown(bars.say) as show:
            show(collection(26))
    assert terminal.rows == ["  26 of 52 weeks · 50 % · running", ""]
