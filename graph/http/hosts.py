"""Where a request comes from, as far as the server can trust what it says."""

from collections.abc import Collection
from ipaddress import ip_address
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.requests import HTTPConnection

FORWARDED = ("forwarded", "via", "x-real-ip", "cf-connecting-ip", "true-client-ip")


def is_loopback(host: str | None) -> bool:
    """True if this name or address can only mean the same machine."""
    if not host:
        return False
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def is_local(connection: HTTPConnection) -> bool:
    """True if the client is on this machine, uses no proxy and names this machine as the host.

    The host name is checked because a foreign page may have its own name resolve to 127.0.0.1.
    """
    headers = connection.headers
    forwarded = any(name in FORWARDED or name.startswith("x-forwarded") for name in headers)
    client = connection.client.host if connection.client else None
    return not forwarded and is_loopback(client) and is_loopback(_name(headers.get("host", "")))


def may_connect(headers: Headers, public_url: str, origins: Collection[str]) -> bool:
    """True if a websocket may be opened: by a program, by our pages or by one of these origins.

    An Origin that equals the Host proves little, as a foreign name may resolve to our address. So a
    page counts as ours if it comes from the public URL or is open on this machine.
    """
    origin = headers.get("origin")
    if origin is None or origin in origins:
        return True
    given, public = urlsplit(origin), urlsplit(public_url)
    if (given.scheme, given.netloc) == (public.scheme, public.netloc):
        return True
    return given.netloc == headers.get("host") and is_loopback(given.hostname)


def _name(host: str) -> str | None:
    try:
        return urlsplit(f"//{host}").hostname
    except ValueError:
        return None
