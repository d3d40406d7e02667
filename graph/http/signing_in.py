"""Signs people in by their token, and checks again while a connection stays open.

A request may rely on a check of the last seconds (graph/http/checked_tokens.py). A connection that
stays open begins with a check of its own.
"""

import asyncio
import math
import time
from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass, field

import structlog
from anyio import CancelScope

from domain import moments
from domain.bus import bus
from domain.errors import Unauthenticated
from domain.people import people, tokens
from domain.viewer import Viewer
from graph.http.checked_tokens import CheckedTokens

log = structlog.get_logger()

NOBODY = "Nobody is signed in; send `Authorization: Bearer <token>`."
NO_LONGER = "The token has expired, or you may no longer use this server."
RECHECK = 60.0  # seconds between two checks of an open connection

checked = CheckedTokens()


@dataclass
class Visit:
    """A signed-in person, for one request or for the life of a connection."""

    claims: tokens.Claims
    viewer: Viewer
    checked_at: float = field(default_factory=time.monotonic)

    @property
    def seconds_left(self) -> float:
        """Seconds until the token expires."""
        return (self.claims.expires_at - moments.now()).total_seconds()

    @property
    def is_due(self) -> bool:
        """True if the token and the person have to be checked again."""
        return self.seconds_left <= 0 or time.monotonic() - self.checked_at > RECHECK

    async def during(self, events: AsyncIterator[str]) -> AsyncGenerator[str, None]:
        """Yield the events for as long as the visit goes on. Raises Unauthenticated at its end.

        A change of the person's rights is looked at at once, and not at the next event.
        """
        coming: asyncio.Task[str | None] | None = None
        with bus.hub.words(people.standing(self.viewer.user_id)) as word:
            try:
                while True:
                    coming = coming or asyncio.create_task(_next(events))
                    await _either(coming, word)
                    if coming.done():
                        event, coming = coming.result(), None
                        if event is None:
                            return
                        yield event
                    if word.is_set() or self.is_due:
                        word.clear()
                        if not await self.goes_on():
                            raise Unauthenticated(NO_LONGER)
            finally:
                if coming is not None:
                    coming.cancel()
                    with CancelScope(shield=True):  # whoever leaves cancels us again and again
                        await asyncio.wait({coming})

    async def goes_on(self) -> bool:
        """Check again whether both are valid. A database outage does not end the visit."""
        self.checked_at = time.monotonic()
        if self.seconds_left <= 0:
            return False
        try:
            self.viewer = await people.sign_in(self.claims)
        except Unauthenticated:
            return False
        except Exception as away:  # noqa: BLE001 (an outage ends no visit)
            log.warning("signing_in.not_rechecked", error=type(away).__name__)
        return True


async def sign_in(authorization: object, *, now: bool = False) -> Visit:
    """Sign in by the header `Authorization: Bearer <token>`. Raises Unauthenticated.

    A token that was checked in the last seconds is believed, unless it must be checked `now`.
    """
    if not isinstance(authorization, str):
        raise Unauthenticated(NOBODY)
    if not now and (known := checked.find(authorization)) is not None:
        return Visit(known.claims, known.viewer, checked_at=-math.inf)  # due if it goes on
    claims = await tokens.verify(_token(authorization))
    viewer = await people.sign_in(claims)
    checked.keep(authorization, claims, viewer)
    return Visit(claims, viewer)


def _token(authorization: str) -> str:
    if not authorization.strip():
        raise Unauthenticated(NOBODY)
    scheme, _, token = authorization.strip().partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Unauthenticated("The Authorization header is not of the form `Bearer <token>`.")
    return token.strip()


async def _next(events: AsyncIterator[str]) -> str | None:
    return await anext(events, None)


async def _either(coming: asyncio.Task[str | None], word: asyncio.Event) -> None:
    """Wait until the next event is there, or the word."""
    hearing = asyncio.create_task(word.wait())
    try:
        await asyncio.wait({coming, hearing}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        hearing.cancel()
