"""Hears what changes, and reads it once for everybody who watches a list with it.

Announcements are gathered for a moment. One statement asks which of the changed rows each watcher
sees, then the rows are read, and one statement says which of them belong to which lists. So a
change costs the same number of statements, however many people watch however many lists.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar
from uuid import UUID

import structlog
from sqlalchemy import Select, literal_column, text, union_all
from sqlalchemy.ext.asyncio import AsyncSession

from domain import db, failures
from domain.bus import bus
from domain.errors import Unavailable
from domain.pages.pages import Page, PageArgs
from domain.viewer import Viewer

log = structlog.get_logger()

Filter = TypeVar("Filter")
GATHER = 0.02  # seconds in which changes are gathered, so that a burst is read at once
MOST_HEARD = 2_000  # rows that wait to be read; beyond it every list is read again
MOST_KNOWN = 1_000  # rows of a list that a watcher is known to have; beyond it the list is sent
OF_VIEWER = ("mine", "is_favorite")  # fields of filters that mean other rows for each person
SEEN = text(
    "SELECT viewer, kind, id FROM rows_seen("
    "CAST(:viewers AS uuid[]), CAST(:kinds AS text[]), CAST(:ids AS uuid[]))"
)


@dataclass(frozen=True, eq=False)
class Live(Generic[Filter]):
    """A list that can be watched, as its noun declares it.

    `rows` selects all rows of the list, and `find` reads a page of them. `mark` differs whenever
    the row does. What the conditions of a filter read must be seen by all who see the row.
    """

    prefix: str  # of the public ids; `rows_seen` in the database knows the table by it
    model: Any
    rows: Callable[[Viewer, Filter], Select[Any]]
    find: Callable[[AsyncSession, Viewer, Filter, PageArgs], Awaitable[Page[Any]]]
    mark: Callable[[Any], object]
    is_own: bool = False  # whether each person's list has other rows
    shows_more: bool = False  # whether an announced row is sent even if its mark is the same


@dataclass(eq=False)
class Watcher:
    """Somebody who is told when rows of some kinds have changed that they see."""

    viewer: Viewer
    kinds: frozenset[str]
    word: asyncio.Event = field(default_factory=asyncio.Event)
    is_behind: bool = True  # whether changes may have been missed

    def fall_behind(self) -> None:
        """Say that anything may have changed."""
        self.is_behind = True
        self.word.set()

    async def rest(self) -> None:
        """Wait for a word. A heartbeat without one says that anything may have changed."""
        if not await bus.said(self.word):
            self.is_behind = True


class ListWatcher(Watcher):
    """Somebody who watches a list, with what has changed in it since the last event."""

    def __init__(self, live: Live[Any], viewer: Viewer, filter: Any) -> None:
        super().__init__(viewer, frozenset({live.prefix}))
        self.live = live
        self.rows = live.rows(viewer, filter)
        # Equal lists are matched once.
        self.is_own = live.is_own or any(
            getattr(filter, name, None) is not None for name in OF_VIEWER
        )
        self.is_all = not self.is_own and filter == type(filter)()
        self.key = (live.prefix, repr(filter), viewer.user_id if self.is_own else None)
        self.known: dict[UUID, object] = {}  # the marks of the rows that the watcher has
        self.changed: dict[UUID, Any] = {}  # rows, or None for those that are gone

    def hear(self, key: UUID, row: Any) -> None:
        """Note a changed row of the list, or None for one that does not belong to it."""
        if row is None and key not in self.known and key not in self.changed:
            return
        self.changed[key] = row
        if len(self.changed) > MOST_KNOWN:
            self.changed.clear()
            self.is_behind = True
        self.word.set()


class Feed:
    """All who watch lists in this process."""

    def __init__(self) -> None:
        self._watchers: set[Watcher] = set()
        self._heard: dict[UUID, None] = {}
        self._word = asyncio.Event()
        self._while_watched = contextlib.ExitStack()

    @contextlib.contextmanager
    def joined(self, watcher: Watcher) -> Iterator[None]:
        """Tell the watcher of changes until the end of the block."""
        if not self._watchers:
            self._word = asyncio.Event()
            task = asyncio.get_running_loop().create_task(self._read_on())
            self._while_watched.callback(task.cancel)
            self._while_watched.enter_context(bus.hub.listening(self._hear))
        self._watchers.add(watcher)
        try:
            yield
        finally:
            self._watchers.discard(watcher)
            if not self._watchers:
                self._while_watched.close()
                self._heard.clear()

    def _hear(self, key: UUID | None) -> None:
        if key is None or len(self._heard) > MOST_HEARD:
            self._heard.clear()
            _all_behind(self._watchers)
        else:
            self._heard[key] = None
            self._word.set()

    async def _read_on(self) -> None:
        while True:
            await self._word.wait()
            await asyncio.sleep(GATHER)
            self._word.clear()
            heard, self._heard = set(self._heard), {}
            watchers = list(self._watchers)
            try:
                await _read(watchers, heard)
            except Exception as error:
                # Each of them reads for itself, and says what is wrong.
                if not isinstance(error, Unavailable) and failures.lacking(error) is None:
                    log.exception("feed.bug")
                _all_behind(watchers)


feed = Feed()


async def words(watcher: Watcher, pause: float) -> AsyncIterator[None]:
    """Yield at once, and whenever something may have changed, but not within so many seconds."""
    with feed.joined(watcher):
        await bus.hub.ready()
        while True:
            watcher.word.clear()
            if watcher.is_behind:
                watcher.is_behind = False
                yield
                await asyncio.sleep(pause)
            await watcher.rest()


def _all_behind(watchers: Iterable[Watcher]) -> None:
    for one in watchers:
        one.fall_behind()


async def _read(watchers: Collection[Watcher], ids: set[UUID]) -> None:
    """Read the changed rows, and tell each watcher of those that they see."""
    lists: dict[Live[Any], list[ListWatcher]] = {}
    async with db.transaction() as session:
        seen = await _seen(session, watchers, ids)
        for one in watchers:
            if isinstance(one, ListWatcher):
                lists.setdefault(one.live, []).append(one)
            elif any(seen.get((one.viewer.user_id, kind)) for kind in one.kinds):
                one.fall_behind()
        for live, of_list in lists.items():
            await _read_list(session, live, of_list, ids, seen)


Seen = dict[tuple[UUID, str], set[UUID]]


async def _seen(session: AsyncSession, watchers: Collection[Watcher], ids: set[UUID]) -> Seen:
    """The rows that each person sees, by person and kind. One statement."""
    asked = {
        "viewers": list({one.viewer.user_id for one in watchers}),
        "kinds": sorted({kind for one in watchers for kind in one.kinds}),
        "ids": list(ids),
    }
    found: Seen = {}
    for row in await session.execute(SEEN, asked):
        found.setdefault((row.viewer, row.kind), set()).add(row.id)
    return found


async def _read_list(
    session: AsyncSession,
    live: Live[Any],
    watchers: list[ListWatcher],
    ids: set[UUID],
    seen: Seen,
) -> None:
    """Tell the watchers of a list. Those who see the same rows share the statements."""
    shown = {one: seen.get((one.viewer.user_id, live.prefix), set()) for one in watchers}
    for one in watchers:
        for hidden in ids - shown[one]:
            one.hear(hidden, None)
    left = [one for one in watchers if shown[one]]
    while left:
        widest = max(left, key=lambda one: len(shown[one]))
        sharing = [one for one in left if shown[one] <= shown[widest]]
        await db.become(session, widest.viewer.user_id)
        rows = await db.by_id(session, live.model, shown[widest])
        fitting = await _fitting(session, live, sharing, set(rows))
        for one in sharing:
            for key in shown[one]:
                fits = one.is_all or key in fitting[one.key]
                one.hear(key, rows.get(key) if fits else None)
        left = [one for one in left if one not in sharing]


async def _fitting(
    session: AsyncSession, live: Live[Any], watchers: list[ListWatcher], ids: set[UUID]
) -> dict[Any, set[UUID]]:
    """Which of the rows belong to which of the lists. One statement, or none if all do."""
    lists = {one.key: one.rows for one in watchers if not one.is_all}
    found: dict[Any, set[UUID]] = {name: set() for name in lists}
    if not lists or not ids:
        return found
    names = list(lists)
    arms = [
        rows.where(live.model.id.in_(ids)).with_only_columns(
            literal_column(str(place)), live.model.id, maintain_column_froms=True
        )
        for place, rows in enumerate(lists.values())
    ]
    for place, key in await session.execute(union_all(*arms)):
        found[names[place]].add(key)
    return found
