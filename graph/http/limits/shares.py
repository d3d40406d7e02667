"""Limits of what one person has under way at the same time in this process.

A socket or an operation beyond the limit is refused at once. Queries and mutations first wait for
their turn, so that a page may send thirty at a time.
"""

import asyncio
from collections import deque
from datetime import timedelta
from uuid import UUID

from domain import moments
from domain.errors import RateLimited
from domain.settings import settings

SOON = timedelta(seconds=1)  # a guess: when one of the person's operations has ended


class Share:
    """The counters of one person."""

    def __init__(self) -> None:
        self.sockets = 0
        self.operations = 0  # on sockets and streams
        self.running = 0  # queries and mutations
        self.line: deque[asyncio.Future[None]] = deque()  # of others, which wait

    @property
    def is_idle(self) -> bool:
        """Whether nothing is under way."""
        return not (self.sockets or self.operations or self.running)


class Shares:
    """The counters of everybody who has something under way."""

    def __init__(self) -> None:
        self._of: dict[UUID, Share] = {}

    def open_socket(self, user_id: UUID) -> None:
        """Count a socket until `close_socket`. Raises RateLimited."""
        share = self._share(user_id)
        check(share.sockets, settings.sockets_per_person, "sockets open")
        share.sockets += 1

    def close_socket(self, user_id: UUID) -> None:
        """Count a socket no more."""
        self._of[user_id].sockets -= 1
        self._forget(user_id)

    def check_operations(self, user_id: UUID) -> None:
        """Whether one more operation may begin on a socket or a stream. Raises RateLimited."""
        found = self._share(user_id).operations
        self._forget(user_id)
        check(found, settings.operations_per_person, "operations under way")

    def begin(self, user_id: UUID) -> None:
        """Count an operation until `end`."""
        self._share(user_id).operations += 1

    def end(self, user_id: UUID) -> None:
        """Count an operation no more."""
        self._of[user_id].operations -= 1
        self._forget(user_id)

    async def begin_turn(self, user_id: UUID) -> None:
        """Wait until a query or mutation may run, until `end_turn`. Raises RateLimited."""
        share = self._share(user_id)
        if share.running < settings.running_per_person:
            share.running += 1
        else:
            await self._wait(user_id, share)

    def end_turn(self, user_id: UUID) -> None:
        """Let the next one run."""
        share = self._of[user_id]
        while share.line:
            turn = share.line.popleft()
            if not turn.done():  # else nobody waits for it any longer
                turn.set_result(None)
                return
        share.running -= 1
        self._forget(user_id)

    async def _wait(self, user_id: UUID, share: Share) -> None:
        most = settings.running_per_person + settings.waiting_per_person
        check(share.running + len(share.line), most, "requests running or waiting")
        turn = asyncio.get_running_loop().create_future()
        share.line.append(turn)
        try:
            await _in_time(turn)
        except BaseException:
            if not turn.cancelled():
                self.end_turn(user_id)  # it came at the same moment
            elif turn in share.line:
                share.line.remove(turn)
            raise

    def _share(self, user_id: UUID) -> Share:
        share = self._of.get(user_id)
        if share is None:
            share = self._of[user_id] = Share()
        return share

    def _forget(self, user_id: UUID) -> None:
        if (share := self._of.get(user_id)) is not None and share.is_idle:
            del self._of[user_id]


async def _in_time(turn: asyncio.Future[None]) -> None:
    patience = settings.waiting_timeout.total_seconds()
    try:
        async with asyncio.timeout(patience):
            await turn
    except TimeoutError as late:
        raise too_many(
            f"{settings.running_per_person} of your requests are running, and this one has waited "
            f"{patience:g} seconds for its turn. Ask less at the same time."
        ) from late


def too_many(message: str) -> RateLimited:
    """The refusal of what is beyond a share."""
    return RateLimited(message, retry_after=moments.now() + SOON)


def check(found: int, limit: int, what: str) -> None:
    """Whether there may be one more of `what`. Raises RateLimited."""
    if limit and found >= limit:
        raise too_many(f"You have {found} {what}, which is the most at once. End some of them.")


shares = Shares()
