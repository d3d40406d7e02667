"""Shows a running collection: a progress bar per status on a terminal, else a line every 10 %.

Several processes write to the terminal of `up`. So the cursor stays above the bars. A process that
prints a line erases the bars first, and they are drawn again below it a moment later.
"""

import asyncio
import io
import os
import shutil
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

Json = dict[str, Any]  # a JSON object of the API
Say = Callable[[str], None]

REDRAWN_EVERY = 0.25  # seconds
LABEL, PLACES = 10, 35  # columns for the status, and for the phases of running segments
LONGEST_BAR, SHORTEST_BAR = 40, 10
ERASE = "\x1b[J"  # erases from the cursor to the end of the screen
STYLES = {
    "completed": "green",
    "running": "cyan",
    "pending": "blue",
    "failed": "red",
    "skipped": "yellow",
}
WAITS = {
    "CONCURRENCY": "a free slot of the instance",
    "QUOTA": "tomorrow's quota",
    "PAUSED": "the instance, which is paused or inactive",
    "TOKEN": "a new authorisation by Amazon",
    "THROTTLED": "AMC, which asked to slow down",
    "AMC_UNAVAILABLE": "AMC, which does not answer",
    "DATA_NOT_SETTLED": "data to settle",
    "RETRY": "the pause before another attempt",
    "FIRST_SEGMENT": "the first segment, which goes alone",
    "PARALLEL_LIMIT": "the limit of segments at once",
    "COLLECTION_PAUSED": "somebody to resume it",
    "AGGREGATION": "the aggregates",
    "STORAGE": "space on the disk or the object store",
    "MEMORY": "memory of the server",
    "DATABASE": "the database",
}


def on_terminal() -> bool:
    """True if the output is a terminal that can show bars."""
    return sys.stdout.isatty() and os.environ.get("TERM", "") not in ("", "dumb")


def say(line: str) -> None:
    """Print a line at once, above the bars if there are any."""
    print(f"{ERASE if on_terminal() else ''}{line}\n", end="", flush=True)


def lines(seen: Json, now: datetime, console: "Console") -> list[str]:
    """A line for each status with its count and bar, then the outlook and the waits."""
    with console.capture() as captured:
        console.print(_table(seen, console.width))
        for line, style in ((outlook(seen, now), "bold"), (waits(seen), "dim")):
            console.print(
                f" {line}", style=style, no_wrap=True, overflow="ellipsis", highlight=False
            )
    return captured.get().split("\n")[:-1]


def _table(seen: Json, width: int) -> "RenderableType":
    from rich.progress_bar import ProgressBar
    from rich.table import Table
    from rich.text import Text

    total, counts = seen["targetWeeks"], seen["counts"]
    digits = len(str(total))
    left = width - LABEL - digits - 3  # a space between two columns
    bar = max(SHORTEST_BAR, min(LONGEST_BAR, left - PLACES))
    table = Table.grid(padding=(0, 1))
    table.add_column(width=LABEL, no_wrap=True)
    table.add_column(width=digits, no_wrap=True, justify="right")
    table.add_column(width=bar, no_wrap=True)
    table.add_column(width=max(1, left - bar), no_wrap=True, overflow="ellipsis", style="dim")
    for status, style in STYLES.items():
        number = counts[status]
        shade = style if number else "dim"
        drawn = ProgressBar(
            total, number, width=bar, complete_style=style, finished_style=style, style="grey23"
        )
        where = _where(counts) if status == "running" else ""
        table.add_row(Text(f" {status}", shade), Text(str(number), shade), drawn, where)
    return table


def _where(counts: Json) -> str:
    """The phases of the running segments."""
    places = {"waiting": "waiting", "atAmc": "at AMC", "ingesting": "ingesting"}
    return ", ".join(f"{counts[key]} {words}" for key, words in places.items() if counts[key])


def outlook(seen: Json, now: datetime) -> str:
    """Percent, status, segments per minute and the remaining time, as far as they are known."""
    parts = [f"{seen['progressPercentage']} %", seen["status"].lower()]
    if seen["ratePerHour"]:
        parts.append(f"{seen['ratePerHour'] / 60:.1f} segments/min")
    if seen["etaEarliest"] and seen["etaLatest"]:
        left = _left(seen["etaEarliest"], seen["etaLatest"], now)
        parts.append(left if seen["ratePerHour"] else f"{left}, a first guess")
    return " · ".join(parts)


def waits(seen: Json) -> str:
    """What segments wait for, the most common reason first. Empty if none waits."""
    told = ", ".join(map(_wait, seen["waits"]))
    return f"waits for {told}" if told else ""


def _wait(wait: Json) -> str:
    words = f"{WAITS.get(wait['reason'], wait['reason'])} ({wait['count']})"
    if wait["until"] is None:
        return words
    return f"{words} until {datetime.fromisoformat(wait['until']).astimezone():%H:%M:%S}"


def _left(earliest: str, latest: str, now: datetime) -> str:
    low, high = (
        max(0.0, (datetime.fromisoformat(one) - now).total_seconds()) for one in (earliest, latest)
    )
    if high < 1:
        return "ETA any moment"
    return f"ETA in {_span(low)} to {_span(high)}" if low >= 1 else f"ETA within {_span(high)}"


def _span(seconds: float) -> str:
    if seconds < 100:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 100 else f"{minutes / 60:.1f} h"


def totals(period: Json) -> list[str]:
    """The metrics of a period, one per line, after the number of days that they cover."""
    days, covered = period["coverage"]["days"], period["coverage"]["covered"]
    known = [one for one in period["metrics"] if one["value"] is not None]
    width = max((len(one["name"]) for one in known), default=0)
    amount = "all of it" if covered == days else "partial"
    provisional = ", not settled yet" if period["isProvisional"] else ""
    return [
        f"{period['key']:<10} {covered} of {days} days: {amount}{provisional}",
        *(f"  {one['name']:<{width}}{_number(one['value']):>16}" for one in known),
    ]


def _number(digits: str) -> str:
    value = Decimal(digits)
    return f"{value:,.0f}" if value == value.to_integral_value() else f"{value:,.2f}"


class Log:
    """Prints a line at the start, every 10 % and at the end."""

    def __init__(self, say: Say) -> None:
        self._say = say
        self._told: tuple[int, bool] | None = None

    def show(self, seen: Json) -> None:
        """Print the state if it is 10 % further than the last line."""
        stands = (seen["progressPercentage"] // 10, seen["isOver"])
        if stands == self._told:
            return
        self._told = stands
        done, total = seen["counts"]["completed"], seen["targetWeeks"]
        parts = [f"  {done} of {total} weeks", outlook(seen, datetime.now(UTC)), waits(seen)]
        self._say(" · ".join(filter(None, parts)))


class Screen:
    """Draws bars on a terminal, again and again below whatever else is printed."""

    def __init__(self) -> None:
        self._seen: Json | None = None

    def show(self, seen: Json) -> None:
        """Draw this collection from now on."""
        self._seen = seen
        self._draw()

    async def keep(self) -> None:
        """Redraw until cancelled, as other lines erase the bars and time goes on."""
        while True:
            self._draw()
            await asyncio.sleep(REDRAWN_EVERY)

    def leave(self) -> None:
        """Keep the last drawing, and move the cursor below it."""
        if self._seen is not None:
            _write("\n".join([ERASE, *_fitting(self._seen), ""]))

    def _draw(self) -> None:
        if self._seen is None:
            return
        found = _fitting(self._seen)
        # One write, as other processes write, too. The first line stays free for the cursor.
        _write("\n".join([ERASE, *found]) + f"\r\x1b[{len(found)}A")


def _fitting(seen: Json) -> list[str]:
    """The lines in colour, cut to the present size of the terminal."""
    from rich.console import Console

    columns, rows = shutil.get_terminal_size()
    console = Console(file=io.StringIO(), force_terminal=True, width=columns - 1)
    return lines(seen, datetime.now(UTC), console)[-max(1, rows - 2) :]


def _write(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


@asynccontextmanager
async def shown(say: Say) -> AsyncIterator[Callable[[Json], None]]:
    """Show a collection while it runs: as bars on a terminal, else as lines."""
    if not on_terminal():
        yield Log(say).show
        return
    screen = Screen()
    keeper = asyncio.create_task(screen.keep())
    try:
        yield screen.show
        screen.leave()
    except BaseException:
        _write(ERASE)
        raise
    finally:
        keeper.cancel()
