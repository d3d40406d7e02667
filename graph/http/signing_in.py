"""Signs people in by their token, and checks again while a connection stays open."""

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime

import structlog

from domain.errors import Unauthenticated
from domain.people import people, tokens
from domain.viewer import Viewer

log = structlog.get_logger()

RECHECK = 60.0  # seconds between two checks of an open connection


@dataclass
class Visit:
    """A signed-in person, for one request or for the life of a connection."""

    claims: tokens.Claims
    viewer: Viewer
    checked_at: float = field(default_factory=time.monotonic)

    @property
    def seconds_left(self) -> float:
        """Seconds until the token expires."""
        return (self.claims.expires_at - datetime.now(UTC)).total_seconds()

    @property
    def is_due(self) -> bool:
        """True if the token and the person have to be checked again."""
        return self.seconds_left <= 0 or time.monotonic() - self.checked_at > RECHECK

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


async def sign_in(authorization: object) -> Visit:
    """Sign in by the header `Authorization: Bearer <token>`. Raises Unauthenticated."""
    if not isinstance(authorization, str) or not authorization.strip():
        raise Unauthenticated("Nobody is signed in; send `Authorization: Bearer <token>`.")
    scheme, _, token = authorization.strip().partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Unauthenticated("The Authorization header is not of the form `Bearer <token>`.")
    claims = await tokens.verify(token.strip())
    return Visit(claims, await people.sign_in(claims))
