"""Limits of websocket connections: how many frames a second, and how long a reader may be stuck.

Frames are counted below the application. A chunk of 256 kB holds 12,000 small messages, and all of
them would be queued before the application sees the first one.
"""

import time
from typing import Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame

from domain.settings import settings
from graph.http.connections import Stuck

AT_ONCE = 4  # seconds' worth of messages that may come together
PIECE = 4096  # bytes that are looked at before the messages in them are counted
LINGER = 2.0  # seconds in which a client that is refused can read why
FLOOD = 4429


class WebSocket(WebSocketsSansIOProtocol):
    """Uvicorn's protocol, which closes a socket that sends too many frames."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self._left = float(AT_ONCE * settings.messages_per_second)
        self._counted_at = time.monotonic()
        self._is_over = False
        self._stuck = Stuck(self._cut)

    def data_received(self, data: bytes) -> None:
        """Parse what has arrived piece by piece, and stop when the limit is reached."""
        for start in range(0, len(data), PIECE):
            if self._is_over:
                return
            super().data_received(data[start : start + PIECE])

    def handle_text(self, event: Frame) -> None:
        """Handle a text message or its first part."""
        if self._may_send():
            super().handle_text(event)

    def handle_bytes(self, event: Frame) -> None:
        """Handle a binary message or its first part."""
        if self._may_send():
            super().handle_bytes(event)

    def handle_cont(self, event: Frame) -> None:
        """Handle the next part of a message."""
        if self._may_send():
            super().handle_cont(event)

    def handle_ping(self) -> None:
        """Handle a ping frame; the pong is in the write buffer already."""
        if self._may_send():
            super().handle_ping()

    def handle_pong(self, event: Frame) -> None:
        """Handle a pong frame, asked for or not."""
        if self._may_send():
            super().handle_pong(event)

    def pause_writing(self) -> None:
        """Start to wait for a slow reader."""
        super().pause_writing()
        self._stuck.begin()

    def resume_writing(self) -> None:
        """Stop waiting: the reader has caught up."""
        super().resume_writing()
        self._stuck.end()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the timer."""
        self._stuck.end()
        super().connection_lost(exc)

    def _cut(self) -> None:
        self.transport.abort()

    def _may_send(self) -> bool:
        """Count a frame. Close the socket and return False when the limit is reached."""
        most = settings.messages_per_second
        if not most or self._is_over:
            return not self._is_over
        now = time.monotonic()
        earned = (now - self._counted_at) * most
        self._left = min(self._left + earned, float(AT_ONCE * most)) - 1
        self._counted_at = now
        if self._left < 0 and not self.close_sent:
            self._refuse(f"Too many messages: {most} a second are read, {AT_ONCE * most} at once")
        return not self._is_over

    def _refuse(self, reason: str) -> None:
        """Send the close frame, discard the rest, and cut the connection after LINGER seconds."""
        self._is_over = self.close_sent = True
        self.stop_keepalive()
        if self.read_paused:  # what is left unread would cut the line before the reason is read
            self.read_paused = False
            self.transport.resume_reading()
        while not self.queue.empty():
            self.queue.get_nowait()
        self.queue.put_nowait({"type": "websocket.disconnect", "code": FLOOD, "reason": reason})
        self.conn.fail(FLOOD, reason)
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_timer = self.loop.call_later(LINGER, self.transport.abort)
