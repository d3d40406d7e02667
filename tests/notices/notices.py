"""A mail server, an HTTP endpoint and schedules to be told of: for tests of notices."""

import asyncio
import contextlib
import datetime as dt
import json
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email.message import Message
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from aiosmtpd.handlers import Message as Parsing
from aiosmtpd.smtp import SMTP, AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from pydantic import SecretStr
from sqlalchemy import select, text
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from domain import bus, db, ids, models
from domain.notices import deliveries, mail, notices, webhooks
from domain.viewer import Viewer
from jobs import clock
from jobs.notices import deliver_notice

PASSWORD = "a mail password"
Change = Callable[..., None]
Step = Callable[[], Awaitable[None]]


class Mailbox(Parsing):
    """A mail server that keeps what it takes, and can be down for a while."""

    def __init__(self) -> None:
        super().__init__()
        self.port = 0
        self.taken: list[Message] = []
        self.refusing: str | None = None
        self._server: asyncio.Server | None = None

    def handle_message(self, message: Message) -> None:
        self.taken.append(message)

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, to: str, _: Any) -> str:  # noqa: N802
        if self.refusing is not None:
            return self.refusing
        envelope.rcpt_tos.append(to)
        return "250 OK"

    async def start(self, *, tls: ssl.SSLContext | None = None, **options: Any) -> None:
        self._server = await asyncio.get_running_loop().create_server(
            lambda: SMTP(self, **options), "127.0.0.1", self.port, ssl=tls
        )
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None

    def texts(self) -> list[str]:
        return [str(one.get_payload(decode=True), "utf-8") for one in self.taken]


@dataclass
class Heard:
    """One request as the endpoint got it."""

    headers: dict[str, str]
    body: bytes

    @property
    def delivery(self) -> str:
        return self.headers["x-amc-reports-delivery"]

    @property
    def told(self) -> dict[str, Any]:
        return dict(json.loads(self.body))


@dataclass
class Endpoint:
    """A real HTTP server that answers as it is told to, and can be down for a while."""

    port: int = 0
    status: int = 204
    heard: list[Heard] = field(default_factory=list)
    _server: uvicorn.Server | None = None
    _running: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook?of=us"

    async def _hear(self, request: Request) -> Response:
        self.heard.append(Heard(dict(request.headers), await request.body()))
        return Response(status_code=self.status, headers={"Location": "/hook"})

    async def start(self, **options: Any) -> None:
        app = Starlette(routes=[Route("/hook", self._hear, methods=["GET", "POST"])])
        config = uvicorn.Config(
            app, "127.0.0.1", self.port, log_level="warning", lifespan="off", **options
        )
        self._server = uvicorn.Server(config)
        self._running = asyncio.create_task(self._server.serve())
        async with asyncio.timeout(10):
            while not self._server.started:  # noqa: ASYNC110 (uvicorn has no event to wait for)
                await asyncio.sleep(0.01)
        self.port = self._server.servers[0].sockets[0].getsockname()[1]

    async def stop(self) -> None:
        if self._server is not None and self._running is not None:
            self._server.should_exit = True
            await self._running
            self._server = None


@asynccontextmanager
async def dripping(head: bytes, drop: bytes) -> AsyncIterator[int]:
    """A server that begins as told and goes on for ever, a little at a time; its port."""

    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(head)
        with contextlib.suppress(OSError):
            while not reader.at_eof():
                writer.write(drop)
                await writer.drain()
                await asyncio.sleep(0.02)
        writer.close()

    server = await asyncio.start_server(drip, "127.0.0.1", 0)
    yield server.sockets[0].getsockname()[1]
    server.close()


@pytest.fixture
def operator_sets(monkeypatch: pytest.MonkeyPatch) -> Change:
    """Other settings of the operator's, for this test."""

    def to(**changes: Any) -> None:
        for module in (mail, webhooks, deliveries):
            changed = module.settings.model_copy(update=changes)
            monkeypatch.setattr(module, "settings", changed)

    return to


@pytest.fixture
async def mailbox(operator_sets: Change) -> AsyncIterator[Mailbox]:
    """The mail server of the settings."""
    made = Mailbox()
    await made.start()
    operator_sets(
        smtp_url=SecretStr(f"smtp://127.0.0.1:{made.port}?tls=none"),
        mail_from="AMC reports <reports@example.com>",
    )
    yield made
    await made.stop()


@pytest.fixture
async def endpoint(operator_sets: Change) -> AsyncIterator[Endpoint]:
    """An endpoint of this machine, which the operator allows."""
    operator_sets(webhook_allow_private=True)
    made = Endpoint()
    await made.start()
    yield made
    await made.stop()


def let_in(server: Any, session: Any, envelope: Any, mechanism: str, given: Any) -> AuthResult:
    """The mail server's opinion of a login."""
    good = (given.login, given.password) == (b"us@example.com", PASSWORD.encode())
    return AuthResult(success=good, handled=False)


@pytest.fixture
def certificate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """A certificate of `localhost` and of no address, trusted for this test: uvicorn's options."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    private = key.private_bytes(
        pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (tmp_path / "cert.pem").write_bytes(made.public_bytes(pem))
    (tmp_path / "key.pem").write_bytes(private)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "cert.pem"))
    webhooks._trusted.cache_clear()
    monkeypatch.setattr(webhooks, "_trusted", webhooks._trusted.__wrapped__)
    return {
        "ssl_certfile": str(tmp_path / "cert.pem"),
        "ssl_keyfile": str(tmp_path / "key.pem"),
    }


@pytest.fixture
async def schedule(report: dict[str, Any]) -> models.ReportSchedule:
    """A schedule of Alice's report."""
    async with db.owner_transaction() as session:
        made = models.ReportSchedule(
            report_id=ids.decode("rpt", report["id"]),
            schedule_type="daily",
            cron_expression="0 9 * * *",
        )
        session.add(made)
        await session.flush()
        return made


@pytest.fixture
def subject(
    alice: Viewer, instance: models.Instance, schedule: models.ReportSchedule
) -> notices.Subject:
    """Something that came of Alice's schedule."""
    return notices.Subject(alice.user_id, instance.id, report_schedule_id=schedule.id)


Happens = Callable[..., Awaitable[int]]


@pytest.fixture
def happens(subject: notices.Subject, sent: list[tuple[bus.Job, str]]) -> Happens:
    """Let something happen, as the engine would say it; how many are to be told."""

    async def say(event: str, key: str = "1", *, of: Any = subject, **payload: Any) -> int:
        async with db.worker_transaction() as session:
            return await notices.raise_event(
                session, event, of=of, dedupe_key=key, payload={"name": "Weekly reach", **payload}
            )

    return say


async def tells(viewer: Viewer, kind: str, address: str, *events: str, **more: Any) -> Any:
    """Have this person told."""
    async with db.transaction(viewer) as session:
        wanted = notices.Wanted(kind, address, events or models.notices.EVENTS, **more)
        return await notices.add(session, viewer, wanted)


@pytest.fixture
def deliver(sent: list[tuple[bus.Job, str]]) -> Step:
    """Let the clock and the workers go until nothing is due."""

    async def until_nothing_is_due() -> None:
        await clock.tick(tidy=False)
        while sent:
            todo = [subject for job, subject in dict.fromkeys(sent) if job == "deliver_notice"]
            sent.clear()
            await asyncio.gather(*(deliver_notice.fn.__wrapped__(one) for one in todo))
            await clock.tick(tidy=False)

    return until_nothing_is_due


LATER = text(
    """
    UPDATE notices SET due_at = due_at - passed, lease_until = lease_until - passed,
        deadline_at = deadline_at - passed
    FROM (SELECT CAST(:time AS interval) AS passed) AS clock
    WHERE state = 'pending'
    """
)


async def pass_time(minutes: float = 61) -> None:
    """Let time pass for everything that was not told yet."""
    async with db.owner_transaction() as session:
        await session.execute(LATER, {"time": dt.timedelta(minutes=minutes)})


async def rows() -> list[models.Notice]:
    """Every notice, as the operator sees it."""
    async with db.owner_transaction() as session:
        return list(await session.scalars(select(models.Notice).order_by(models.Notice.id)))


async def states() -> list[str]:
    """What became of every notice."""
    return [one.state for one in await rows()]
