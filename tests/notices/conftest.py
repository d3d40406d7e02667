"""Fixtures of the tests of notices."""

import asyncio
import datetime as dt
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from pydantic import SecretStr

from domain import addresses, db, ids, models
from domain.bus.queues import Job
from domain.notices import deliveries, mail, notices, webhooks
from domain.viewer import Viewer
from jobs import clock
from jobs.notices import deliver_notice
from tests.notices.servers import Endpoint, Mailbox

Change = Callable[..., None]
Step = Callable[[], Awaitable[None]]


@pytest.fixture
def operator_sets(monkeypatch: pytest.MonkeyPatch) -> Change:
    """Change the operator's settings for this test."""

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
    """An endpoint on this machine, which the settings allow."""
    operator_sets(webhook_allow_private=True)
    made = Endpoint()
    await made.start()
    yield made
    await made.stop()


@pytest.fixture
def certificate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """A trusted certificate of `localhost`, but of no IP address, as options of uvicorn."""
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
    addresses._trusted.cache_clear()
    monkeypatch.setattr(addresses, "_trusted", addresses._trusted.__wrapped__)
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
    """An event of Alice's schedule."""
    return notices.Subject(alice.user_id, instance.id, report_schedule_id=schedule.id)


Happens = Callable[..., Awaitable[int]]


@pytest.fixture
def happens(subject: notices.Subject, sent: list[tuple[Job, str]]) -> Happens:
    """Raise an event as the engine does. Returns the number of notices."""

    async def say(event: str, key: str = "1", *, of: Any = subject, **payload: Any) -> int:
        async with db.worker_transaction() as session:
            return await notices.raise_event(
                session, event, of=of, dedupe_key=key, payload={"name": "Weekly reach", **payload}
            )

    return say


@pytest.fixture
def deliver(sent: list[tuple[Job, str]]) -> Step:
    """Run the clock and workers until nothing is due."""

    async def until_nothing_is_due() -> None:
        await clock.tick(tidy=False)
        while sent:
            todo = [subject for job, subject in dict.fromkeys(sent) if job == "deliver_notice"]
            sent.clear()
            await asyncio.gather(*(deliver_notice.fn.__wrapped__(one) for one in todo))
            await clock.tick(tidy=False)

    return until_nothing_is_due
