"""Bearer tokens: checked against a secret of this machine or the keys of an identity provider.

What a token may be signed with is decided by the settings, never by the token.
"""

import asyncio
import contextlib
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache

import httpx2
import structlog
from joserfc import jws, jwt
from joserfc.errors import ExpiredTokenError, InvalidClaimError, JoseError, MissingClaimError
from joserfc.jwk import Key, OctKey, import_key

from domain import moments
from domain.errors import Unauthenticated, Unavailable
from domain.sentences import is_text
from domain.setting_types import SHORTEST_SECRET
from domain.settings import settings

log = structlog.get_logger()

ISSUED_FOR = timedelta(hours=12)
LONGEST = 8_192  # characters of a token
LEEWAY = 30  # seconds that two clocks may differ
FAR = timedelta(days=366)  # what expires later counts as expiring then
KEY_TYPES = {"RS256": "RSA", "ES256": "EC"}
KEYS_GOOD_FOR = 3600.0  # seconds until the provider's keys are fetched again anyway
COOL_DOWN = 10.0  # seconds between two fetches, whatever key ids strangers make up
FETCH_TIMEOUT = 5.0


@dataclass(frozen=True)
class Claims:
    """What a valid token says of its holder."""

    issuer: str
    subject: str
    email: str | None
    name: str | None
    expires_at: datetime


class KeyRing:
    """An identity provider's public keys, fetched when needed and remembered."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._keys: list[Key] = []
        self._fetched_at = float("-inf")
        self._turn = asyncio.Lock()  # many requests with a new key are one fetch

    async def key(self, algorithm: str, kid: str | None) -> Key:
        """The key a token names. Raises Unauthenticated if the provider has no such key."""
        if time.monotonic() - self._fetched_at > KEYS_GOOD_FOR:
            await self._refresh()
        if (found := self._find(algorithm, kid)) is None:
            await self._refresh()
            found = self._find(algorithm, kid)
        if found is not None:
            return found
        if not self._keys:
            raise Unavailable("The identity provider's keys cannot be read at the moment.")
        raise Unauthenticated("The token is signed with a key that its issuer does not publish.")

    def _find(self, algorithm: str, kid: str | None) -> Key | None:
        fitting = [
            key
            for key in self._keys
            if key.key_type == KEY_TYPES[algorithm]
            and key.get("use") in (None, "sig")
            and key.get("alg") in (None, algorithm)
            and kid in (None, key.kid)
        ]
        # A token without a key id is believed only if there is nothing to choose from.
        return fitting[0] if len(fitting) == 1 or (fitting and kid is not None) else None

    async def _refresh(self) -> None:
        asked_at = time.monotonic()
        async with self._turn:
            if asked_at - self._fetched_at < COOL_DOWN:
                return
            self._fetched_at = time.monotonic()
            try:
                async with httpx2.AsyncClient(timeout=FETCH_TIMEOUT) as client:
                    answer = (await client.get(self.url)).raise_for_status()
                keys = _public_keys(answer.json())
            except (httpx2.HTTPError, ValueError, TypeError) as failed:
                # The old keys go on: a provider's outage should sign nobody out.
                log.warning("tokens.keys_not_fetched", url=self.url, error=type(failed).__name__)
                return
            self._keys = keys


def _public_keys(document: object) -> list[Key]:
    """The keys of a JWKS document that we understand. Raises TypeError if it is none."""
    entries = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(entries, list):
        raise TypeError("not a JWKS document")
    keys: list[Key] = []
    for entry in entries:
        if isinstance(entry, dict) and entry.get("kty") in KEY_TYPES.values():
            with contextlib.suppress(JoseError, ValueError, TypeError, KeyError):
                keys.append(import_key(entry))
    return keys


@cache
def _ring(url: str) -> KeyRing:
    return KeyRing(url)


def issue(
    subject: str, email: str, *, name: str | None = None, lifetime: timedelta = ISSUED_FOR
) -> str:
    """A token of our own, signed with TOKEN_SECRET. Raises ValueError without one."""
    now = moments.now()
    claims = {
        "iss": settings.token_issuer,
        "aud": settings.token_audience,
        "sub": subject,
        "email": email,
        "iat": int(now.timestamp()),
        "exp": int((now + lifetime).timestamp()),
    }
    return jwt.encode({"alg": "HS256"}, claims | ({"name": name} if name else {}), _own_key())


def _own_key() -> OctKey:
    secret = settings.token_secret.get_secret_value().encode()
    if len(secret) < SHORTEST_SECRET:
        raise ValueError("TOKEN_SECRET is not set, or too short.")
    return OctKey.import_key(secret)


async def verify(token: str) -> Claims:
    """What the token says, once nothing about it is in doubt. Raises Unauthenticated."""
    if len(token) > LONGEST:
        raise Unauthenticated("The token is too long to be one.")
    try:
        algorithm, kid = _header(token)
        key = await _key(algorithm, kid)
        registry = jws.JWSRegistry(algorithms=[algorithm], strict_check_header=False)
        return _claims(jwt.decode(token, key, registry=registry).claims)
    except ExpiredTokenError as expired:
        raise Unauthenticated("The token has expired; sign in again.") from expired
    except (InvalidClaimError, MissingClaimError) as wrong:
        raise Unauthenticated(f"The token is not for here: {_reason(wrong)}.") from wrong
    except (JoseError, ValueError, TypeError, KeyError, OverflowError, RecursionError) as broken:
        raise Unauthenticated("The token is not valid.") from broken


def _header(token: str) -> tuple[str, str | None]:
    header = jws.extract_compact(token.encode()).headers()
    algorithm, kid = header.get("alg"), header.get("kid")
    if not isinstance(algorithm, str) or not isinstance(kid, str | None):
        raise TypeError("alg and kid are strings")
    return algorithm, kid


async def _key(algorithm: str, kid: str | None) -> Key:
    """Secrets verify HS256 and published keys what they are for: the two are never mixed up."""
    if algorithm == "HS256" and settings.token_secret.get_secret_value():
        return _own_key()
    if algorithm in KEY_TYPES and settings.token_jwks_url:
        return await _ring(settings.token_jwks_url).key(algorithm, kid)
    raise Unauthenticated("The token is signed in a way that is not accepted here.")


def _claims(said: dict[str, object]) -> Claims:
    jwt.JWTClaimsRegistry(
        now=int(moments.now().timestamp()),
        leeway=LEEWAY,
        iss={"essential": True, "value": settings.token_issuer},
        aud={"essential": True, "value": settings.token_audience},
        sub={"essential": True},
        exp={"essential": True},
    ).validate(said)
    expires, subject = said["exp"], str(said["sub"])
    latest = (moments.now() + FAR).timestamp()
    if not isinstance(expires, int | float) or len(subject) > 255 or not is_text(subject):
        raise ValueError("exp is a number and sub a short text")
    return Claims(
        issuer=settings.token_issuer,
        subject=subject,
        # An address that its provider does not vouch for is nobody's.
        email=None if said.get("email_verified") is False else _text(said.get("email")),
        name=_text(said.get("name")),
        expires_at=datetime.fromtimestamp(min(expires, latest), UTC) + timedelta(seconds=LEEWAY),
    )


def _text(value: object) -> str | None:
    if not isinstance(value, str) or not 0 < len(value) <= 320 or not is_text(value):
        return None
    return value


def _reason(wrong: JoseError) -> str:
    return (wrong.description or "a claim is missing or wrong").rstrip(".")
