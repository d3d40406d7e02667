"""Sends signed webhooks, only to where `domain/addresses.py` allows."""

import asyncio
import hashlib
import hmac
from collections.abc import Mapping, Sequence

import httpx2

from domain import addresses, moments
from domain.errors import Invalid
from domain.settings import settings

PATIENCE = 10.0  # seconds for a whole delivery; must be shorter than a lease


class NotTaken(Exception):
    """The receiver did not accept the delivery. The text reveals nothing of our network."""


class Gone(NotTaken):
    """The receiver answered 410: it wants no more deliveries."""


async def check(url: str) -> None:
    """Raise Invalid for `address` if webhooks may not or cannot be sent there."""
    try:
        await resolve(parse(url))
    except NotTaken as refused:
        raise Invalid(str(refused), field="address") from refused


def parse(url: str) -> httpx2.URL:
    """Parse the URL, and check its form. Raises NotTaken."""
    schemes = ("https", "http") if settings.webhook_allow_private else ("https",)
    try:
        return addresses.parse(url, "A webhook's URL", schemes)
    except addresses.Forbidden as refused:
        raise NotTaken(str(refused)) from refused


async def resolve(url: httpx2.URL) -> list[str]:
    """Return the addresses to connect to. Raises NotTaken unless all of them are allowed."""
    try:
        return await addresses.resolve(url, private=settings.webhook_allow_private)
    except addresses.Forbidden as refused:
        raise NotTaken(str(refused)) from refused


def sign(secret: str, timestamp: str, body: bytes) -> str:
    """Return the part of X-Amc-Reports-Signature after `sha256=`."""
    return hmac.new(secret.encode(), f"{timestamp}.".encode() + body, hashlib.sha256).hexdigest()


async def send(url: str, secret: str, event: str, delivery: str, body: bytes) -> None:
    """Deliver the signed body. Raises NotTaken unless the answer is 2xx, and Gone for 410."""
    timestamp = str(int(moments.now().timestamp()))
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "amc-reports",
        "X-Amc-Reports-Event": event,
        "X-Amc-Reports-Delivery": delivery,
        "X-Amc-Reports-Timestamp": timestamp,
        "X-Amc-Reports-Signature": f"sha256={sign(secret, timestamp, body)}",
    }
    parsed = parse(url)
    try:
        async with asyncio.timeout(PATIENCE):
            status = await post(parsed, await resolve(parsed), headers, body)
    except (TimeoutError, httpx2.TimeoutException) as slow:
        raise NotTaken(f"There was no answer within {PATIENCE:g} seconds.") from slow
    except (OSError, httpx2.HTTPError, httpx2.InvalidURL) as failed:
        raise NotTaken("The connection failed.") from failed
    if status == 410:
        raise Gone("The answer was HTTP 410: nothing more is sent to this address.")
    if 300 <= status < 400:
        raise NotTaken(f"The answer was HTTP {status}; redirects are not followed.")
    if not 200 <= status < 300:
        raise NotTaken(f"The answer was HTTP {status}.")


async def post(
    url: httpx2.URL, places: Sequence[str], headers: Mapping[str, str], body: bytes
) -> int:
    """Post to the first of these addresses that can be connected to, and return its HTTP status."""
    async with addresses.opened(
        url, places, "POST", patience=PATIENCE, headers=headers, body=body
    ) as answer:
        return answer.status_code
