"""Sends signed webhooks, only to the public internet: no URL reaches the operator's network.

A host name is resolved once. All its addresses are checked, and one of them is connected to.
"""

import asyncio
import hashlib
import hmac
import ipaddress
import re
import socket
import ssl
import time
from collections.abc import Mapping, Sequence
from functools import cache

import httpx2

from domain.errors import Invalid
from domain.settings import settings

LONGEST = 2000  # characters of a URL
PATIENCE = 10.0  # seconds for a whole delivery; must be shorter than a lease
RESOLVING = 3.0  # seconds
CONNECTING = 3.0  # seconds for each address
MOST_ADDRESSES = 3
PORTS = {"https": 443, "http": 80}
LIKE_A_NUMBER = re.compile(r"(?:.*\.)?(?:\d+|0x[0-9a-f]*)\.?", re.IGNORECASE)


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
    try:
        found = httpx2.URL(url)
    except (httpx2.InvalidURL, ValueError) as broken:
        raise NotTaken("This is not a URL.") from broken
    allowed = ("https", "http") if settings.webhook_allow_private else ("https",)
    if found.scheme not in allowed:
        raise NotTaken(
            f"A webhook's URL must begin with {' or '.join(f'{a}://' for a in allowed)}."
        )
    if len(url) > LONGEST or any(one.isspace() or not one.isprintable() for one in url):
        raise NotTaken(f"A webhook's URL has at most {LONGEST} characters and no spaces.")
    if found.userinfo:
        raise NotTaken("A webhook's URL takes no user and no password; deliveries are signed.")
    if not found.raw_host or _is_odd_number(found.raw_host.decode("ascii")):
        raise NotTaken("A webhook's URL must name a host, such as https://hooks.example.com/amc.")
    return found


def _is_odd_number(host: str) -> bool:
    """Return whether some programs read the host as an address: 2130706433, 0x7f.1, 127.1."""
    if ":" in host or not LIKE_A_NUMBER.fullmatch(host):
        return False
    try:
        ipaddress.IPv4Address(host)
    except ValueError:
        return True
    return False


async def resolve(url: httpx2.URL) -> list[str]:
    """Return the addresses to connect to. Raises NotTaken unless all of them are public.

    An unknown name and a name of the inner network get the same answer, so that nobody can explore
    the network by it.
    """
    host = url.raw_host.decode("ascii")
    port = url.port or PORTS[url.scheme]
    try:
        async with asyncio.timeout(RESOLVING):
            found = await asyncio.get_running_loop().getaddrinfo(
                host, port, type=socket.SOCK_STREAM
            )
    except (OSError, UnicodeError, TimeoutError):
        found = []
    addresses = list(dict.fromkeys(str(one[4][0]) for one in found))
    allowed = settings.webhook_allow_private or all(is_public(one) for one in addresses)
    if not addresses or not allowed:
        raise NotTaken(f"{host} cannot be found on the public internet.")
    return addresses[:MOST_ADDRESSES]


def is_public(address: str) -> bool:
    """Return whether the address is public. An IPv4 address inside an IPv6 one counts as such."""
    one = ipaddress.ip_address(address)
    if isinstance(one, ipaddress.IPv6Address):
        if one.ipv4_mapped is not None:
            return is_public(str(one.ipv4_mapped))
        if one.sixtofour is not None or one.teredo is not None or one.is_site_local:
            return False
    return one.is_global and not (one.is_multicast or one.is_reserved)


def sign(secret: str, timestamp: str, body: bytes) -> str:
    """Return the part of X-Amc-Reports-Signature after `sha256=`."""
    return hmac.new(secret.encode(), f"{timestamp}.".encode() + body, hashlib.sha256).hexdigest()


async def send(url: str, secret: str, event: str, delivery: str, body: bytes) -> None:
    """Deliver the signed body. Raises NotTaken unless the answer is 2xx, and Gone for 410."""
    timestamp = str(int(time.time()))
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
    url: httpx2.URL, addresses: Sequence[str], headers: Mapping[str, str], body: bytes
) -> int:
    """Post to the first of these addresses that can be connected to, and return its HTTP status.

    The certificate has to be that of the URL's host. The name is not resolved again.
    """
    host = url.raw_host.decode("ascii")
    # It has its own transport. Proxies of the environment would resolve the name again, and a kept
    # connection could have been opened for another host.
    transport = httpx2.AsyncHTTPTransport(verify=_trusted())
    timeout = httpx2.Timeout(PATIENCE, connect=CONNECTING)
    async with httpx2.AsyncClient(transport=transport, timeout=timeout) as client:
        for number, address in enumerate(addresses, start=1):
            try:
                async with client.stream(
                    "POST",
                    url.copy_with(host=address),
                    headers={**headers, "Host": url.netloc.decode("ascii")},
                    content=body,
                    extensions={"sni_hostname": host},
                    follow_redirects=False,
                ) as answer:
                    return answer.status_code
            except (httpx2.ConnectError, httpx2.ConnectTimeout):
                if number == len(addresses):
                    raise
    raise NotTaken("The connection failed.")


@cache
def _trusted() -> ssl.SSLContext:
    return httpx2.create_ssl_context()
