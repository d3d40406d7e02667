"""Guards what the server connects to for others: only the public internet, never our own network.

A host name is resolved once. All its addresses are checked, and one of them is connected to, so
that a name cannot point elsewhere a moment later.
"""

import asyncio
import ipaddress
import re
import socket
import ssl
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import cache
from urllib.request import getproxies, proxy_bypass

import httpx2

LONGEST = 2000  # characters of a URL that somebody enters
RESOLVING = 3.0  # seconds
CONNECTING = 3.0  # seconds for each address
MOST_ADDRESSES = 3
PORTS = {"https": 443, "http": 80}
LIKE_A_NUMBER = re.compile(r"(?:.*\.)?(?:\d+|0x[0-9a-f]*)\.?", re.IGNORECASE)


class Forbidden(Exception):
    """Nothing is sent to this URL. The text says why and reveals nothing of our network."""


def parse(
    url: str, what: str, schemes: Sequence[str] = ("https",), longest: int = LONGEST
) -> httpx2.URL:
    """Parse the URL, and check its form. `what` names it in messages. Raises Forbidden."""
    try:
        found = httpx2.URL(url)
    except (httpx2.InvalidURL, ValueError) as broken:
        raise Forbidden("This is not a URL.") from broken
    if found.scheme not in schemes:
        allowed = " or ".join(f"{one}://" for one in schemes)
        raise Forbidden(f"{what} must begin with {allowed}.")
    if len(url) > longest or any(one.isspace() or not one.isprintable() for one in url):
        raise Forbidden(f"{what} has at most {longest} characters and no spaces.")
    if found.userinfo:
        raise Forbidden(f"{what} takes no user and no password.")
    if not found.raw_host or _is_odd_number(found.raw_host.decode("ascii")):
        raise Forbidden(f"{what} must name a host, such as https://hooks.example.com/amc.")
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


async def resolve(url: httpx2.URL, *, private: bool = False) -> list[str]:
    """Return the addresses to connect to. Raises Forbidden unless all are public or `private`.

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
    if not addresses or not (private or all(is_public(one) for one in addresses)):
        raise Forbidden(f"{host} cannot be found on the public internet.")
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


def origin(url: httpx2.URL) -> tuple[str, str, int]:
    """Return scheme, host and port. All names of this machine count as one host."""
    host = url.raw_host.decode("ascii").lower()
    return url.scheme, "localhost" if is_loopback(host) else host, url.port or PORTS[url.scheme]


def is_loopback(host: str) -> bool:
    """Return whether the host is this machine, by name or by address."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def is_proxied(url: httpx2.URL) -> bool:
    """Return whether a proxy of the environment connects for us. Then it resolves the name.

    Addresses that are written as numbers never go to a proxy.
    """
    host = url.raw_host.decode("ascii")
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        proxies = getproxies()
        return bool(proxies.get(url.scheme) or proxies.get("all")) and not proxy_bypass(host)
    return False


@asynccontextmanager
async def opened(
    url: httpx2.URL,
    addresses: Sequence[str],
    method: str,
    *,
    patience: float,
    headers: Mapping[str, str] | None = None,
    body: bytes | None = None,
) -> AsyncIterator[httpx2.Response]:
    """Open the URL at the first of these addresses that can be connected to.

    The certificate has to be that of the URL's host. The name is not resolved again, and redirects
    are not followed. `patience` is in seconds, for each part of the answer. Raises HTTPError.
    """
    host = url.raw_host.decode("ascii")
    # It has its own transport. Proxies of the environment would resolve the name again, and a kept
    # connection could have been opened for another host.
    transport = httpx2.AsyncHTTPTransport(verify=_trusted())
    timeout = httpx2.Timeout(patience, connect=CONNECTING)
    async with httpx2.AsyncClient(transport=transport, timeout=timeout) as client:
        requests = [
            client.build_request(
                method,
                url.copy_with(host=address),
                headers={**(headers or {}), "Host": url.netloc.decode("ascii")},
                content=body,
                extensions={"sni_hostname": host},
            )
            for address in addresses
        ]
        response = await _first_answer(client, requests)
        try:
            yield response
        finally:
            await response.aclose()


async def _first_answer(
    client: httpx2.AsyncClient, requests: Sequence[httpx2.Request]
) -> httpx2.Response:
    """Send each request in turn until one can connect, and return its answer."""
    failed: httpx2.HTTPError = httpx2.ConnectError("There is no address.")
    for request in requests:
        try:
            return await client.send(request, stream=True, follow_redirects=False)
        except (httpx2.ConnectError, httpx2.ConnectTimeout) as unreachable:
            failed = unreachable
    raise failed


@cache
def _trusted() -> ssl.SSLContext:
    return httpx2.create_ssl_context()
