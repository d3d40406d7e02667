"""A list as one watcher sees it: the whole of it first, and then what changes."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from domain import db
from domain.bus import bus
from domain.pages.feed import MOST_KNOWN, ListWatcher, Live, feed
from domain.pages.pages import PageArgs
from domain.viewer import Viewer

MOST_REMOVED = 100  # rows that one event says are gone


@dataclass(frozen=True)
class Change:
    """An event of a list: its first rows as they are now, or what has changed in it."""

    rows: list[Any]
    removed: list[UUID]
    is_whole: bool
    has_more: bool
    is_repeated: bool = False  # sent for somebody who has joined; the others have it


class Watch(ListWatcher):
    """A list that is watched. Its memory is bounded, however long and however busy it is."""

    def __init__(self, live: Live[Any], viewer: Viewer, filter: Any, first: int) -> None:
        super().__init__(live, viewer, filter)
        self._filter, self._first = filter, first
        self._is_asked = False
        self._has_begun = False
        self._has_more = False

    def repeat(self) -> None:
        """Send the whole list once more, for somebody who has joined."""
        self._is_asked = True
        self.word.set()

    async def changes(self) -> AsyncIterator[Change]:
        """Yield the list at once, and every change of it. Raises Unavailable."""
        with feed.joined(self):
            await bus.hub.ready()
            while True:
                self.word.clear()
                if self.is_behind or self._is_asked or len(self.known) > MOST_KNOWN:
                    change = await self._whole()
                else:
                    change = self._part()
                if self.changed:
                    self.word.set()
                if change is not None:
                    yield change
                await self.rest()

    async def _whole(self) -> Change | None:
        """The first rows of the list. None if the watcher has them, and nobody asks for them."""
        is_asked, before = self._is_asked, dict(self.changed)
        self.is_behind = self._is_asked = False
        async with db.transaction(self.viewer) as session:
            page = await self.live.find(
                session, self.viewer, self._filter, PageArgs(first=self._first)
            )
            marks = {row.id: self.live.mark(row) for row in page.rows}
            rest = set(self.known) - set(marks)
            if page.has_next_page and rest:
                model = self.live.model
                older = self.rows.with_only_columns(model.id, maintain_column_froms=True)
                rest -= set(await session.scalars(older.where(model.id.in_(rest))))
        # What is read now is newer than what was heard before.
        for key in marks:
            if key in before and self.changed.get(key) is before[key]:
                del self.changed[key]
        is_same = self._has_begun and not rest and len(self.known) <= MOST_KNOWN
        is_same = is_same and all(one in self.known.items() for one in marks.items())
        if is_same and not is_asked:
            return None
        if not is_same:
            self.known = marks
        self._has_begun, self._has_more = True, page.has_next_page
        return Change(page.rows, [], True, self._has_more, is_repeated=is_same)

    def _part(self) -> Change | None:
        """What has changed, as much of it as fits into one event."""
        rows: list[Any] = []
        removed: list[UUID] = []
        while self.changed and len(rows) < self._first and len(removed) < MOST_REMOVED:
            key = next(iter(self.changed))
            row = self.changed.pop(key)
            if row is None:
                if self.known.pop(key, None) is not None:
                    removed.append(key)
                continue
            mark = self.live.mark(row)
            if self.live.shows_more or (key, mark) not in self.known.items():
                self.known[key] = mark
                rows.append(row)
        if not rows and not removed:
            return None
        return Change(rows, removed, False, self._has_more)
