"""HTTP/1.1 to AMC: whole answers over kept connections, read by the parser of httptools.

It knows no proxies, redirects, cookies and streams. Where these are needed httpx2 is used, which
takes several times the CPU (decision 26). The errors are those of httpx2.
"""

import asyncio
import re
import select
import ssl
import time
import zlib
from asyncio.staggered import staggered_race
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any, NamedTuple, cast
from urllib.parse import urlsplit

import httptools
import httpx2

CONNECTING = 5.0  # seconds until a connection is made
NEXT_ADDRESS = 0.25  # seconds until a host's next address is tried as well (RFC 8305, 5)
MOST, MOST_KEPT = 50, 20  # connections of a process in all, and kept for each host
# Shorter than servers keep a connection. If a server closes it while a request is being sent, we
# cannot know whether the request was received.
KEPT = 3.0  # seconds
MOST_HEAD = 100_000  # bytes of status and headers
MOST_BODY = 64 << 20  # bytes
PORTS = {"https": 443, "http": 80}
SENT = re.compile(r"[\x20-\x7e]*")  # what a request line or a header may have


@dataclass(frozen=True)
class Answer:
    """An answer. The names of its headers are in lower case."""

    status_code: int
    headers: Mapping[str, str]
    content: bytes


class Place(NamedTuple):
    """Where a connection leads to."""

    scheme: str
    host: str
    port: int


class _Reader:
    """Reads one answer. The parser calls the methods that begin with `on_`."""

    def __init__(self) -> None:
        self._parser = httptools.HttpResponseParser(self)
        self._headers: dict[str, str] = {}
        self._parts: list[bytes] = []
        self._size = 0
        self._is_headed = self._is_odd = False
        self.answer: Answer | None = None
        self.may_be_kept = False

    def feed(self, data: bytes) -> None:
        """Read on. Raises RemoteProtocolError if this is no answer, or too long."""
        self._size += len(data)
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as wrong:
            raise httpx2.RemoteProtocolError("The server does not speak HTTP.") from wrong
        if self._is_odd or self._size > (MOST_BODY if self._is_headed else MOST_HEAD):
            raise httpx2.RemoteProtocolError("The server sends too much.")

    def end(self) -> None:
        """The connection has ended, which ends an answer that does not tell its length."""
        lengths = {"content-length", "transfer-encoding"}
        if not self._is_headed or lengths & self._headers.keys():
            raise httpx2.RemoteProtocolError("The connection ended before the answer did.")
        self._complete()

    def forget(self) -> None:
        """Part from the parser, as the two refer to one another."""
        del self._parser

    def on_message_begin(self) -> None:
        self._is_odd = self.answer is not None

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_headers_complete(self) -> None:
        self._is_headed, self._size = True, 0

    def on_body(self, part: bytes) -> None:
        self._parts.append(part)

    def on_message_complete(self) -> None:
        if self.answer is not None:  # nobody asked for this one
            return
        if self._parser.get_status_code() < 200:  # more is to come
            self._headers, self._is_headed = {}, False
            return
        self.may_be_kept = self._parser.should_keep_alive()
        self._complete()

    def _complete(self) -> None:
        status, content = self._parser.get_status_code(), b"".join(self._parts)
        if self._headers.get("content-encoding", "").lower() == "gzip":
            content = _unpacked(content)
        self.answer = Answer(status, self._headers, content)


def _unpacked(content: bytes) -> bytes:
    """Unpack gzip. Raises DecodingError."""
    reader = zlib.decompressobj(wbits=31)
    try:
        found = reader.decompress(content, MOST_BODY)
    except zlib.error as wrong:
        raise httpx2.DecodingError("The answer cannot be unpacked.") from wrong
    if not reader.eof:
        raise httpx2.DecodingError("The unpacked answer is cut, or too long.")
    return found


class _Connection(asyncio.Protocol):
    """A connection, on which one request at a time is asked."""

    kept_until = 0.0  # of the monotonic clock
    _answered: "asyncio.Future[Answer] | None" = None
    _timer: asyncio.TimerHandle

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._transport = cast("asyncio.Transport", transport)
        self._readable = select.poll()
        self._readable.register(transport.get_extra_info("socket").fileno(), select.POLLIN)

    async def ask(self, request: bytes, patience: float) -> Answer:
        """Send the request and return its answer. `patience` is in seconds without a byte.

        Afterwards the connection is closed, or may be used again.
        """
        if self._transport.is_closing():
            raise httpx2.ConnectError("The server closed the connection at once.")
        self._loop = asyncio.get_running_loop()
        self._reader = _Reader()
        self._patience, self._heard = patience, self._loop.time()
        self._answered = self._loop.create_future()
        self._timer = self._loop.call_later(patience, self._look)
        is_kept = False
        try:
            self._transport.write(request)
            answer = await self._answered
            is_kept = self._reader.may_be_kept
            return answer
        finally:
            self._timer.cancel()
            self._answered = None
            self._reader.forget()
            if not is_kept:
                self.close()

    def data_received(self, data: bytes) -> None:
        """Read on."""
        if self._answered is None:  # nothing was asked
            self.close()
            return
        self._heard = self._loop.time()
        try:
            self._reader.feed(data)
        except httpx2.HTTPError as error:
            self._reader.may_be_kept = False
            self._fail(error)
        self._tell()

    def eof_received(self) -> None:
        """The server sends nothing more."""
        self.connection_lost(None)

    def connection_lost(self, error: Exception | None) -> None:
        """The connection has ended."""
        self._transport.abort()
        if self._answered is None or self._reader.answer is not None:
            return
        if error is not None:
            self._fail(httpx2.ReadError("The connection was cut."))
            return
        try:
            self._reader.end()
        except httpx2.HTTPError as cut:
            self._fail(cut)
        self._tell()

    def _tell(self) -> None:
        """Give the answer to whoever waits, once it is complete."""
        if self._reader.answer is not None and self._answered and not self._answered.done():
            self._answered.set_result(self._reader.answer)

    def _fail(self, error: httpx2.HTTPError) -> None:
        """Raise the error where somebody waits, unless the answer is complete."""
        if self._reader.answer is None and self._answered and not self._answered.done():
            self._answered.set_exception(error)

    def _look(self) -> None:
        """Give up if nothing was heard for too long."""
        rest = self._heard + self._patience - self._loop.time()
        if rest > 0:
            self._timer = self._loop.call_later(rest, self._look)
        else:
            self._fail(httpx2.ReadTimeout("The server sends nothing."))

    def is_usable(self) -> bool:
        """Return whether the server still listens, as far as can be known here."""
        # A farewell may have arrived that the loop has not seen yet.
        return not self._transport.is_closing() and not self._readable.poll(0)

    def close(self) -> None:
        """Close it at once."""
        self._transport.abort()


class Connections:
    """The connections of a process to AMC."""

    def __init__(self, patience: float) -> None:
        """`patience` is in seconds without a byte."""
        self._patience = patience
        self._room = asyncio.Semaphore(MOST)
        self._kept: dict[Place, list[_Connection]] = defaultdict(list)

    def prepare(self) -> None:
        """Read the certificates that are trusted."""
        _ = self._trusted

    async def ask(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None
    ) -> Answer:
        """Send a request and return the answer, whatever its status.

        Raises ConnectError, ConnectTimeout or PoolTimeout if nothing was sent, else HTTPError.
        """
        place, request = _request(method, url, headers, body)
        try:
            async with asyncio.timeout(self._patience):
                await self._room.acquire()
        except TimeoutError as late:
            raise httpx2.PoolTimeout("All connections are used.") from late
        try:
            connection = self._usable(place) or await self._opened(place)
            answer = await connection.ask(request, self._patience)
            self._keep(place, connection)
            return answer
        finally:
            self._room.release()

    def _usable(self, place: Place) -> _Connection | None:
        kept = self._kept[place]
        while kept:
            connection = kept.pop()  # used most recently
            if connection.kept_until > time.monotonic() and connection.is_usable():
                return connection
            connection.close()
        return None

    def _keep(self, place: Place, connection: _Connection) -> None:
        kept = self._kept[place]
        connection.kept_until = time.monotonic() + KEPT
        kept.append(connection)
        while kept and (len(kept) > MOST_KEPT or kept[0].kept_until < time.monotonic()):
            kept.pop(0).close()

    async def _opened(self, place: Place) -> _Connection:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(CONNECTING):
                found = await loop.getaddrinfo(place.host, place.port, proto=6)
                tries = [partial(self._to, place, one[4][0]) for one in found]
                made, _, failed = await staggered_race(tries, NEXT_ADDRESS)
        except TimeoutError as late:
            raise httpx2.ConnectTimeout("The server cannot be reached in time.") from late
        except (OSError, UnicodeError) as wrong:
            raise httpx2.ConnectError("The server cannot be found.") from wrong
        if made is None:
            raise httpx2.ConnectError("The server cannot be reached.") from failed[0]
        return cast("_Connection", made)

    async def _to(self, place: Place, address: Any) -> _Connection:
        secure = self._trusted if place.scheme == "https" else None
        _, connection = await asyncio.get_running_loop().create_connection(
            _Connection,
            str(address),
            place.port,
            ssl=secure,
            server_hostname=place.host if secure else None,
        )
        return connection

    @cached_property
    def _trusted(self) -> ssl.SSLContext:
        made = httpx2.create_ssl_context()
        made.set_alpn_protocols(["http/1.1"])
        return made

    def close(self) -> None:
        """Close the connections that are kept."""
        for kept in self._kept.values():
            for connection in kept:
                connection.close()
        self._kept.clear()


def _request(
    method: str, url: str, headers: Mapping[str, str], body: bytes | None
) -> tuple[Place, bytes]:
    """Return where a request goes, and its bytes. Raises HTTPError if it cannot be sent."""
    parts = urlsplit(url)
    if parts.scheme not in PORTS or not parts.hostname:
        raise httpx2.UnsupportedProtocol("The URL of AMC must begin with https:// or http://.")
    place = Place(parts.scheme, parts.hostname, parts.port or PORTS[parts.scheme])
    target = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
    lines = [
        f"{method} {target} HTTP/1.1",
        f"Host: {parts.netloc.rpartition('@')[2]}",
        *(f"{name}: {value}" for name, value in headers.items()),
        "Accept-Encoding: gzip",
        "User-Agent: amc-reports",
    ]
    if body is not None:
        lines.append(f"Content-Length: {len(body)}")
    if " " in target or not all(map(SENT.fullmatch, lines)):
        raise httpx2.LocalProtocolError("The request has characters that cannot be sent.")
    return place, "\r\n".join([*lines, "", ""]).encode("ascii") + (body or b"")
