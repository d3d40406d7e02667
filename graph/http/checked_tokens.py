"""Tokens that were found valid a moment ago, with the person whom each one names.

Most requests of a person come in bursts with the same token, and checking one takes a signature and
a transaction. Only who somebody is is kept. What somebody may see is read each time.
"""

import hashlib
import time
from collections import OrderedDict
from dataclasses import dataclass

from domain import moments
from domain.people.tokens import Claims
from domain.viewer import Viewer

SECONDS = 5.0  # until a token is checked again; a deactivated person is refused by then
MOST = 4096  # tokens of a process


@dataclass(frozen=True)
class CheckedToken:
    """What a token was found to say, and when."""

    claims: Claims
    viewer: Viewer
    checked_at: float  # of the monotonic clock

    @property
    def is_fresh(self) -> bool:
        """True if it need not be checked again yet."""
        is_recent = time.monotonic() - self.checked_at < SECONDS
        return is_recent and self.claims.expires_at > moments.now()


class CheckedTokens:
    """The tokens of a process that were checked last, by the hash of how they were sent.

    No token is kept.
    """

    def __init__(self) -> None:
        self._known: OrderedDict[bytes, CheckedToken] = OrderedDict()  # checked longest ago first

    def find(self, token: str) -> CheckedToken | None:
        """Return what the token says, unless it has to be checked."""
        found = self._known.get(_hash(token))
        return found if found is not None and found.is_fresh else None

    def keep(self, token: str, claims: Claims, viewer: Viewer) -> None:
        """Believe a token that was just checked."""
        name = _hash(token)
        self._known[name] = CheckedToken(claims, viewer, time.monotonic())
        self._known.move_to_end(name)
        if len(self._known) > MOST:
            self._known.popitem(last=False)

    def forget(self) -> None:
        """Have every token checked again."""
        self._known.clear()


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode(errors="surrogatepass")).digest()
