"""HTTP to AMC: whole answers over kept connections, by aiohttp (decision 26).

What may have reached AMC must be told from what has not: an execution is never asked for twice.
"""

import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from urllib.request import getproxies, proxy_bypass

import aiohttp
import httpx2
from yarl import URL

CONNECTING = 5.0  # seconds until a connection is made
MOST, MOST_KEPT = 50, 20  # connections of a process in all, and to each host
# Shorter than servers keep a connection. If a server closes it while a request is being sent, we
# cannot know whether the request was received.
KEPT = 3.0  # seconds
MOST_HEAD = 64_000  # bytes of a line or a field of the head of an answer
MOST_BODY = 64 << 20  # bytes
SENT = re.compile(r"[\x20-\x7e]*")  # what a request line or a header may have


class Unsent(Exception):
    """Raised for a request that AMC has not received."""


class Cut(Exception):
    """Raised for a request that AMC may have received, but not answered. `late`: it was silent."""

    def __init__(self, message: str, *, late: bool = False) -> None:
        super().__init__(message)
        self.late = late


@dataclass(frozen=True)
class Answer:
    """An answer. The names of its headers are in any case."""

    status_code: int
    headers: Mapping[str, str]
    content: bytes


class Connections:
    """The connections of a process to AMC. The environment may name a proxy."""

    def __init__(self, patience: float) -> None:
        """`patience` is in seconds without a byte."""
        self._patience = patience
        self._session: aiohttp.ClientSession | None = None
        self._proxies = getproxies()  # by scheme

    def prepare(self) -> None:
        """Read the certificates that are trusted."""
        _ = self._trusted

    async def ask(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None
    ) -> Answer:
        """Send a request and return the answer, whatever its status. Raises Unsent and Cut."""
        if " " in url or not all(map(SENT.fullmatch, (url, *headers.values()))):
            raise Unsent("The request has characters that cannot be sent.")
        session = self._session = self._session or self._opened()
        target = URL(url, encoded=True)
        try:
            async with session.request(
                method,
                target,
                headers=headers,
                data=body,
                allow_redirects=False,
                proxy=self._proxy(target),
            ) as found:
                content = await _body(found)
                if found.status < 200:
                    raise Cut("The server does not speak HTTP.")
                return Answer(found.status, found.headers, content)
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as failed:
            raise Unsent("The server cannot be reached.") from failed
        except aiohttp.InvalidURL as wrong:
            raise Unsent("The URL of AMC must begin with https:// or http://.") from wrong
        except TimeoutError as silent:
            raise Cut("The server sends nothing.", late=True) from silent
        except aiohttp.ClientError as cut:
            raise Cut("The connection was cut, or this is no answer.") from cut

    def _opened(self) -> aiohttp.ClientSession:
        return aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                limit=MOST,
                limit_per_host=MOST_KEPT,
                keepalive_timeout=KEPT,
                ssl=self._trusted,
            ),
            timeout=aiohttp.ClientTimeout(
                total=None,
                connect=self._patience,
                sock_connect=CONNECTING,
                sock_read=self._patience,
            ),
            cookie_jar=aiohttp.DummyCookieJar(),
            max_line_size=MOST_HEAD,
            max_field_size=MOST_HEAD,
        )

    @cached_property
    def _trusted(self) -> ssl.SSLContext:
        return httpx2.create_ssl_context()

    def _proxy(self, url: URL) -> str | None:
        # aiohttp would look at the environment, and for a netrc, anew for each request.
        found = self._proxies.get(url.scheme) or self._proxies.get("all")
        return None if found is None or proxy_bypass(url.host or "") else found

    async def close(self) -> None:
        """Close the connections."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()


async def _body(found: aiohttp.ClientResponse) -> bytes:
    """Read the body. Raises Cut if it is too long."""
    parts, size = [], 0
    async for part in found.content.iter_any():
        parts.append(part)
        size += len(part)
        if size > MOST_BODY:
            raise Cut("The server sends too much.")
    return b"".join(parts)
