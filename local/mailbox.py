"""A mail server that delivers nothing: it shows on a page what would have been sent.

It stands for the operator's mail server on one machine. Mails are kept as files.
"""

import asyncio
import email
import html
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Final
from uuid import uuid4

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

LARGEST: Final = 30_000_000  # bytes of a mail
MOST_SHOWN: Final = 100
MOST_KEPT: Final = 1000
SAFE: Final = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
    "X-Content-Type-Options": "nosniff",
}
PAGE: Final = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Mail</title>
<style>
:root {{ color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }}
body {{ max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }}
table {{ width: 100%; border-collapse: collapse; }}
th, td {{ text-align: left; padding: .4rem .8rem .4rem 0; border-bottom: 1px solid #8884; }}
</style>
<h1>Mail</h1>
<p>This is what the server would have sent. Nothing leaves this machine.</p>
{content}
</html>
"""


class Mailbox:
    """Mails in a folder, each a file. The newest come first."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def keep(self, content: bytes) -> None:
        """Keep a mail, and forget the oldest ones if there are too many."""
        name = f"{datetime.now(UTC):%Y%m%dT%H%M%S%f}-{uuid4().hex[:8]}.eml"
        half = self.folder / f".{name}"
        half.write_bytes(content)
        half.replace(self.folder / name)
        for old in self.names()[MOST_KEPT:]:
            (self.folder / old).unlink(missing_ok=True)

    def names(self) -> Sequence[str]:
        """Return the names of the files, the newest first."""
        return sorted((one.name for one in self.folder.glob("[0-9]*.eml")), reverse=True)

    def read(self, name: str) -> EmailMessage | None:
        """Return the mail with this name, or None."""
        if name not in self.names():
            return None
        message = email.message_from_bytes((self.folder / name).read_bytes(), policy=default)
        assert isinstance(message, EmailMessage)
        return message


async def converse(
    box: Mailbox, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    """Take mails by SMTP (RFC 5321) until the client leaves: all of them, from anybody."""

    async def say(line: str) -> None:
        writer.write(f"{line}\r\n".encode())
        await writer.drain()

    try:
        await say("220 mailbox.local ready")
        while line := await reader.readline():
            verb = line[:4].upper()
            if verb == b"DATA":
                await say("354 Go on, and end with a dot")
                box.keep(await _content(reader))
            answer = "221 Goodbye" if verb == b"QUIT" else "250 OK"
            await say(answer)
            if verb == b"QUIT":
                break
    except (ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError):
        pass  # the sender tries again
    finally:
        writer.close()


async def _content(reader: asyncio.StreamReader) -> bytes:
    """Read a mail up to its dot, and take away the dots that hide one (RFC 5321, 4.5.2)."""
    lines: list[bytes] = []
    size = 0
    while (line := await reader.readuntil(b"\n")) not in (b".\r\n", b".\n"):
        size += len(line)
        if size > LARGEST:
            raise ValueError("too large")
        lines.append(line[1:] if line.startswith(b".") else line)
    return b"".join(lines)


def site(box: Mailbox, host: str, smtp_port: int) -> Starlette:
    """Return the page of the mails. While it is served, mail is taken at the port of SMTP."""

    async def listed(_: Request) -> Response:
        rows = [_row(name, box.read(name)) for name in box.names()[:MOST_SHOWN]]
        table = "<table><tr><th>When<th>To<th>Subject</tr>" + "".join(rows) + "</table>"
        content = table if rows else "<p>There is none yet.</p>"
        return HTMLResponse(PAGE.format(content=content), headers=SAFE)

    async def shown(request: Request) -> Response:
        message = box.read(request.path_params["name"])
        if message is None:
            raise HTTPException(404)
        return PlainTextResponse(_text(message), headers=SAFE)

    @asynccontextmanager
    async def taking(_: Starlette) -> AsyncIterator[None]:
        async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await converse(box, reader, writer)

        async with await asyncio.start_server(talk, host, smtp_port):
            yield

    return Starlette(routes=[Route("/", listed), Route("/{name}", shown)], lifespan=taking)


def _row(name: str, message: EmailMessage | None) -> str:
    if message is None:
        return ""
    when, to, subject = (html.escape(str(message[one] or "")) for one in ("Date", "To", "Subject"))
    return f'<tr><td>{when}<td>{to}<td><a href="/{html.escape(name)}">{subject}</a></tr>'


def _text(message: EmailMessage) -> str:
    """The heads, the text and the names of what is attached."""
    body = message.get_body(("plain",))
    attached = [
        f"Attached: {part.get_filename()} ({len(part.get_payload(decode=True) or b'')} bytes)"
        for part in message.iter_attachments()
    ]
    heads = [f"{name}: {value}" for name, value in message.items()]
    text = "" if body is None else str(body.get_content())
    return "\n".join([*heads, "", text, *attached])


def serve(folder: Path, host: str, port: int, smtp_port: int) -> int:
    """Serve the page, and take mails, until told to end."""
    from local import web_server

    mails = site(Mailbox(folder), host, smtp_port)
    web_server.run(mails, host=host, port=port, log_level="warning")
    return 0
