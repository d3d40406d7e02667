"""HTTP/1.1 for clients that offer HTTP/2 along with a request.

Java's HttpClient and `curl --http2` send `Upgrade: h2c` with every first request. A server may
ignore the offer, and this one does. But httptools stops reading after the headers of such a
request, so its body would be lost. This module parses the request again without the offer.
"""

import asyncio
from typing import Any

import httptools
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

OFFER = {b"upgrade", b"http2-settings"}  # headers of the offer, and tokens of the Connection header


class Parser(httptools.HttpRequestParser):
    """A parser that keeps the bytes after the headers of a request with an upgrade offer."""

    rest = b""

    def feed_data(self, data: bytes) -> None:  # type: ignore[override]  # uvicorn has only bytes
        """Parse bytes. Raises HttpParserUpgrade at an upgrade offer."""
        try:
            super().feed_data(data)
        except httptools.HttpParserUpgrade as stopped:
            self.rest = data[stopped.args[0] :]
            raise


class Http11(HttpToolsProtocol):
    """Uvicorn's protocol that accepts no upgrade except to a websocket."""

    parser: Parser

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self.parser = self._new_parser()
        self._again: bytes | None = None  # head of a request that has to be parsed again

    def data_received(self, data: bytes) -> None:
        """Parse bytes. Parse a request again without its offer if the offer is declined."""
        super().data_received(data)
        while self._again is not None:
            data = self._again + self.parser.rest
            self._again, self.parser = None, self._new_parser()
            super().data_received(data)

    def on_headers_complete(self) -> None:
        """Answer the request, unless it has to be parsed again."""
        if self._declines():
            self._again = self._head()
        else:
            super().on_headers_complete()

    def on_message_complete(self) -> None:
        """Complete the request, unless it has to be parsed again."""
        if self._again is None:
            super().on_message_complete()

    def _declines(self) -> bool:
        # The parser takes CONNECT for an upgrade, too, but CONNECT has no offer to remove.
        method = self.parser.get_method()
        return self.parser.should_upgrade() and method != b"CONNECT" and not self._should_upgrade()

    def _unsupported_upgrade_warning(self) -> None:
        """Log no warning, as the request is answered normally."""

    def _new_parser(self) -> Parser:
        parser = Parser(self)
        parser.set_dangerous_leniencies(lenient_data_after_close=True)  # the same as in uvicorn
        return parser

    def _head(self) -> bytes:
        """The request up to its body, without the offer."""
        version = self.parser.get_http_version().encode()
        lines = [b"%s %s HTTP/%s" % (self.parser.get_method(), self.url, version)]
        for name, value in self.headers:
            if name == b"connection":
                tokens = [token.strip() for token in value.split(b",")]
                kept = b", ".join(token for token in tokens if token.lower() not in OFFER)
                lines.append(b"connection: " + kept)
            elif name not in OFFER:
                lines.append(b"%s: %s" % (name, value))
        return b"\r\n".join([*lines, b"", b""])
