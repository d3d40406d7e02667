"""Sends mail by SMTP: one plain text message to one person."""

import asyncio
import contextlib
import mimetypes
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP as RFC_5321
from email.utils import format_datetime, parseaddr
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import aiosmtplib

from domain.errors import Invalid
from domain.settings import settings

LONGEST = 254  # characters of an address (RFC 5321, 4.5.3.1.3)
PATIENCE = 30.0  # seconds for a whole message; must be shorter than a lease
PORTS = {"starttls": 587, "tls": 465, "none": 25}
# As browsers accept it (HTML, 4.10.5.1.5): one address in ASCII, without a name or a comment.
ADDRESS = re.compile(
    r"[a-zA-Z0-9.!#$%&'*+/=?^_`{|}~-]+@"
    r"[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?"
    r"(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)+"
)


class NotSent(Exception):
    """The mail server did not accept the message. The text names no secret and no host."""


@dataclass(frozen=True)
class Attachment:
    """What a notice carries: words about it, facts for programs, and the file if there is one."""

    says: str
    facts: Mapping[str, Any] | None = None
    name: str = ""
    content: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Letter:
    """A mail to send. Its id lets the receiver recognise a message that arrives twice."""

    id: str
    to: str
    subject: str
    text: str
    written_at: datetime
    attachment: Attachment | None = None


@dataclass(frozen=True)
class Server:
    """The mail server that SMTP_URL names."""

    host: str
    port: int
    tls: str
    username: str | None = None
    password: str | None = field(default=None, repr=False)


def check(address: str) -> None:
    """Raise Invalid for `address` if it cannot receive mail from this server."""
    if not (settings.smtp_url.get_secret_value() and settings.mail_from):
        raise Invalid(
            "This server cannot send mail; its operator has to set SMTP_URL and MAIL_FROM.",
            field="address",
        )
    if len(address) > LONGEST or not ADDRESS.fullmatch(address):
        raise Invalid("This is not a mail address, such as name@example.com.", field="address")


async def send(letter: Letter) -> None:
    """Hand the letter to the mail server. Raises NotSent unless the server accepts it.

    If the connection ends before the answer, SMTP cannot tell whether the message was accepted. So
    it may be sent twice, with the same Message-ID.
    """
    server = _server(settings.smtp_url.get_secret_value())
    message = _message(letter)
    client = aiosmtplib.SMTP(
        hostname=server.host,
        port=server.port,
        username=server.username,
        password=server.password,
        use_tls=server.tls == "tls",
        start_tls=server.tls == "starttls",
        timeout=PATIENCE,
    )
    try:
        async with asyncio.timeout(PATIENCE):
            await client.connect()
            await client.send_message(message, recipients=[letter.to])
    except aiosmtplib.SMTPRecipientsRefused as refused:
        raise NotSent(_refusal(refused.recipients[0])) from refused
    except aiosmtplib.SMTPResponseException as refused:
        raise NotSent(_refusal(refused)) from refused
    except (TimeoutError, aiosmtplib.SMTPTimeoutError) as slow:
        raise NotSent("The mail server did not answer in time.") from slow
    except (OSError, ValueError, aiosmtplib.SMTPException) as failed:
        raise NotSent("The mail server cannot be reached.") from failed
    else:  # the server has accepted it: later errors change nothing
        with contextlib.suppress(OSError, TimeoutError, aiosmtplib.SMTPException):
            await client.quit(timeout=2)
    finally:
        client.close()


def _refusal(answer: aiosmtplib.SMTPResponseException) -> str:
    if isinstance(answer, aiosmtplib.SMTPAuthenticationError):
        return f"The mail server does not accept this server's login (SMTP {answer.code})."
    return f"The mail server refused the message (SMTP {answer.code})."


def _server(url: str) -> Server:
    """Parse SMTP_URL. Raises NotSent without quoting the URL, because it contains a password."""
    try:
        parts = urlsplit(url)
        tls = parse_qs(parts.query).get("tls", ["starttls"])[-1]
        if parts.scheme != "smtp" or not parts.hostname:
            raise NotSent("This server cannot send mail at the moment.")
        usual = PORTS[tls]  # even if a port is given: an unknown word must not mean no encryption
        return Server(
            host=parts.hostname,
            port=parts.port or usual,
            tls=tls,
            username=unquote(parts.username) if parts.username else None,
            password=unquote(parts.password) if parts.password else None,
        )
    except (ValueError, KeyError) as broken:
        raise NotSent("This server's SMTP_URL cannot be used.") from broken


def _message(letter: Letter) -> EmailMessage:
    """Build the message. The policy refuses line breaks in headers; `texts` has removed them."""
    sender = parseaddr(settings.mail_from)[1]
    message = EmailMessage(policy=RFC_5321)
    try:
        message["From"] = settings.mail_from
        message["To"] = letter.to
        message["Subject"] = letter.subject
        message["Date"] = format_datetime(letter.written_at)
        message["Message-ID"] = f"<{letter.id}@{sender.rpartition('@')[2]}>"
        message["Auto-Submitted"] = "auto-generated"  # RFC 3834: asks for no automatic replies
    except ValueError as broken:
        raise NotSent("The message cannot be written.") from broken
    message.set_content(letter.text, cte="quoted-printable")
    attached = letter.attachment
    if attached is not None and attached.content is not None:
        kind = mimetypes.guess_type(attached.name)[0] or "application/octet-stream"
        main, _, sub = kind.partition("/")
        message.add_attachment(
            attached.content, maintype=main, subtype=sub, filename=attached.name, cte="base64"
        )
    return message
