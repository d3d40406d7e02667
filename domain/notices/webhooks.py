"""Signed webhooks, to the public internet only: no URL leads them into the operator's network.

A name is resolved once; every address it has is looked at, and one of these is connected to.
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
PATIENCE = 10.0  # seconds for a whole delivery; shorter than a lease
RESOLVING = 3.0  # seconds
CONNECTING = 3.0  # seconds for each address
MOST_ADDRESSES = 3
PORTS = {"https": 443, "http": 80}
LIKE_A_NUMBER = re.compile(r"(?:.*\.)?(?:\d+|0x[0-9a-f]*)\.?", re.IGNORECASE)


class NotTaken(Exception):
    """The other side did not take it; the sentence tells nothing of our network."""


class Gone(NotTaken):
    """The other side wants nothing more, ever: 410."""


async def check(url: str) -> None:
    """Refuse what may not or cannot be sent to: Invalid with the field `address`."""
    try:
        await resolve(parse(url))
    except NotTaken as refused:
        raise Invalid(str(refused), field="address") from refused


def parse(url: str) -> httpx2.URL:
    """The URL, if its form is allowed. Raises NotTaken."""
    try:
        found = httpx2.URL(url)
    except (httpx2.InvalidURL, ValueError) as broken:
        raise NotTaken("This is no URL.") from broken
    allowed = ("https", "http") if settings.webhook_allow_private else ("https",)
    if found.scheme not in allowed:
        raise NotTaken(f"A webhook's URL begins with {' or '.join(f'{a}://' for a in allowed)}.")
    if len(url) > LONGEST or any(one.isspace() or not one.isprintable() for one in url):
        raise NotTaken(f"A webhook's URL has at most {LONGEST} characters, and no spaces.")
    if found.userinfo:
        raise NotTaken("A webhook's URL has no user and no password; deliveries are signed.")
    if not found.raw_host or _is_odd_number(found.raw_host.decode("ascii")):
        raise NotTaken("A webhook's URL names a host, such as https://hooks.example.com/amc.")
    return found


def _is_odd_number(host: str) -> bool:
    """2130706433, 0x7f.1, 127.1: addresses to some programs and names to others."""
    if ":" in host or not LIKE_A_NUMBER.fullmatch(host):
        return False
    try:
        ipaddress.IPv4Address(host)
    except ValueError:
        return True
    return False


async def resolve(url: httpx2.URL) -> list[str]:
    """The addresses to connect to. Raises NotTaken unless all of them are public.

    That a name is unknown and that it leads inside are told alike: it is no way to look around.
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
        raise NotTaken(f"{host} is no host of the public internet that can be found.")
    return addresses[:MOST_ADDRESSES]


def is_public(address: str) -> bool:
    """Whether it is of the internet, also where it is an IPv4 address in an IPv6 one."""
    one = ipaddress.ip_address(address)
    if isinstance(one, ipaddress.IPv6Address):
        if one.ipv4_mapped is not None:
            return is_public(str(one.ipv4_mapped))
        if one.sixtofour is not None or one.teredo is not None or one.is_site_local:
            return False
    return one.is_global and not (one.is_multicast or one.is_reserved)


def sign(secret: str, timestamp: str, body: bytes) -> str:
    """What X-Amc-Reports-Signature says after `sha256=`."""
    return hmac.new(secret.encode(), f"{timestamp}.".encode() + body, hashlib.sha256).hexdigest()


async def send(url: str, secret: str, event: str, delivery: str, body: bytes) -> None:
    """Deliver it, signed. Raises NotTaken unless the answer is 2xx, and Gone for 410."""
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
        raise Gone("The answer was HTTP 410: nothing more is sent there.")
    if 300 <= status < 400:
        raise NotTaken(f"The answer was HTTP {status}; redirects are not followed.")
    if not 200 <= status < 300:
        raise NotTaken(f"The answer was HTTP {status}.")


async def post(
    url: httpx2.URL, addresses: Sequence[str], headers: Mapping[str, str], body: bytes
) -> int:
    """The status of the answer of the first of these addresses that can be connected to.

    The host of the URL is who it has to prove to be; nobody is asked again where that is.
    """
    host = url.raw_host.decode("ascii")
    # Its own transport: proxies of the environment would resolve the name again, and a
    # connection that was kept would have been opened in another host's name.
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
