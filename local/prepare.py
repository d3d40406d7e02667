"""Creates the local AMC's events once, with a progress bar on a terminal."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from sandbox.engine.settings import Settings
from sandbox.events.warehouse import Warehouse

TOLD_EVERY = 0.25  # the share after which a line is printed, without a terminal


def prepare() -> None:
    """Create the days that are missing."""
    settings = Settings()
    with _progress(f"{settings.events:,} events for the local AMC") as tell:
        Warehouse.open(
            settings.folder,
            events=settings.events,
            seed=settings.seed,
            today=datetime.now(UTC).date(),
            on_progress=tell,
        )


@contextmanager
def _progress(what: str) -> Iterator[Callable[[float], None]]:
    if sys.stdout.isatty():
        from rich.progress import Progress

        with Progress(transient=True) as progress:
            task = progress.add_task(f"  {what}", total=1.0)
            yield lambda done: progress.update(task, completed=done)
        return
    told = 0.0

    def tell(done: float) -> None:
        nonlocal told
        if done - told >= TOLD_EVERY or done >= 1.0 > told:
            print(f"  {what}: {done:.0%}", flush=True)
            told = done

    yield tell
