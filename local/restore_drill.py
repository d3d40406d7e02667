"""The restore drill: backs up, restores into an empty cluster and store, and reads a dashboard."""

import asyncio
import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from secrets import token_urlsafe
from typing import Any

import asyncpg
import httpx2
from joserfc import jwt
from joserfc.jwk import OctKey
from sqlalchemy import text

from domain import ids
from domain.settings import settings
from local import backups, children, environment, ports, postgres
from local.backups import Place
from local.children import CannotStart
from local.client import Client
from migrations import run as migrations

PATIENCE = 60.0  # seconds until the restored API answers
LOGIN = "amc_reports_drill"
# As an operator would prepare a new server: a login that owns an empty database and may make roles.
PREPARED = (f"CREATE ROLE {LOGIN} LOGIN CREATEROLE", f"CREATE DATABASE restored OWNER {LOGIN}")
# The dashboard that shows most, and a person who may sign in and see it.
SHOWN = text(
    """
    SELECT d.id, u.issuer, u.subject, u.email FROM dashboards d
    JOIN users u ON u.id = d.user_id AND u.is_active
    LEFT JOIN dashboard_sources s ON s.dashboard_id = d.id
    LEFT JOIN report_data_aggregates a ON a.report_id = s.report_id OR a.workflow_id = s.workflow_id
    GROUP BY d.id, u.id ORDER BY count(a.id) DESC, d.id LIMIT 1
    """
)
READ = """
query Drill($id: ID!) {
  dashboard(id: $id) {
    name
    widgets { title data { totals { cells { value state } } unserved { code message } } }
  }
}
"""


@dataclass(frozen=True)
class Drill:
    """What a drill has found, and what the restored API answers. None without a dashboard."""

    wrong: list[str]
    dashboard: dict[str, Any] | None


def run(say: Callable[[str], None] = print, *, with_files: bool = True) -> Drill:
    """Do the drill with the servers of the settings, which are only read. Raises CannotStart."""
    with tempfile.TemporaryDirectory(prefix="amc-reports-drill-") as name:
        folder = Path(name)
        folder.chmod(0o711)  # PostgreSQL may run as another user
        server = postgres.start(folder / "postgres", durable=False)
        serving: subprocess.Popen[bytes] | None = None
        try:
            place = Place(
                server.url.replace("postgres@/postgres", f"{LOGIN}@/restored"),
                f"file://{folder / 'storage'}",
            )
            asyncio.run(_prepare(server.url, place))
            secret = token_urlsafe(32)
            port = ports.free_port(ports.loopback())
            who = asyncio.run(_shown(Place.of_settings().database_url))
            # It imports while the database is dumped, and connects when it is asked.
            serving = _serve(folder, place, port, secret, who)
            drill = asyncio.run(_drill(folder, place, say, with_files=with_files))
            if who is not None:
                address = f"http://{ports.place(ports.loopback(), port)}"
                drill = Drill(drill.wrong, asyncio.run(_read(address, secret, who, say)))
            return drill
        finally:
            if serving is not None:
                children.stop(serving, (signal.SIGTERM, 2.0))
            server.stop()


async def _prepare(url: str, place: Place) -> None:
    connection = await asyncpg.connect(url)
    try:
        for statement in PREPARED:
            await connection.execute(statement)
    finally:
        await connection.close()
    await migrations.prepare(place.database_url)  # the API asks who it is as soon as it starts


async def _drill(
    folder: Path, place: Place, say: Callable[[str], None], *, with_files: bool
) -> Drill:
    began = time.monotonic()
    made = await backups.backup(Place.of_settings(), folder / "backup", with_files=with_files)
    say(
        f"Backed up {made.rows} rows of {len(made.tables)} tables, and {made.files} files of "
        f"{made.bytes} bytes, in {time.monotonic() - began:.1f} s."
    )
    began = time.monotonic()
    restored = await backups.restore(folder / "backup", place, with_files=with_files)
    say(
        f"Restored them into an empty cluster and an empty store, in "
        f"{time.monotonic() - began:.1f} s. All rows were compared."
    )
    lost = [f"The file {key} is not in the store." for key in made.missing]
    differs = await migrations.check(place.database_url)
    say("Tables, policies and grants were compared with the migrations.")
    return Drill(lost + restored.wrong + restored.mended + differs, None)


async def _shown(url: str) -> Any:
    """Return the dashboard to read, and whom it is read as."""
    engine = migrations.owner_engine(url)
    try:
        async with engine.connect() as connection:
            return (await connection.execute(SHOWN)).one_or_none()
    finally:
        await engine.dispose()


def _serve(
    folder: Path, place: Place, port: int, secret: str, who: Any
) -> "subprocess.Popen[bytes] | None":
    """Start an API on the restored servers."""
    if who is None:
        return None
    others = ("DATABASE_OWNER_URL", "DATABASE_API_URL", "DATABASE_WORKER_URL", "TOKEN_JWKS_URL")
    env = {name: value for name, value in os.environ.items() if name not in others} | {
        "DATABASE_URL": place.database_url,
        "STORAGE_URL": place.storage_url,
        "REDIS_URL": f"unix://{folder / 'no-redis'}",  # the API works without it
        "TOKEN_SECRET": secret,
        "TOKEN_ISSUER": who.issuer,
        "SIGNING_SECRET": secret,
        "ENCRYPTION_KEYS": settings.encryption_keys.get_secret_value(),
    }
    with (folder / "api.log").open("ab") as log:
        command = environment.command("api", "--host", ports.loopback(), "--port", str(port))
        return children.start(command, dies_by=signal.SIGTERM, output=log, env=env)


async def _read(address: str, secret: str, who: Any, say: Callable[[str], None]) -> dict[str, Any]:
    client = Client(address, _token(secret, who))
    until = time.monotonic() + PATIENCE
    try:
        while True:
            try:
                answer = await client.ask(READ, id=ids.encode("dash", who.id))
                break
            except httpx2.TransportError as away:
                if time.monotonic() > until:
                    raise CannotStart(f"The restored API does not answer: {away}") from away
                await asyncio.sleep(0.05)
    finally:
        await client.close()
    shown: dict[str, Any] = answer["dashboard"]
    numbers = [
        str(cell["value"])
        for widget in shown["widgets"]
        for total in (widget["data"] or {}).get("totals") or ()
        for cell in total["cells"]
    ]
    widgets = len(shown["widgets"])
    told = f"{len(numbers)} totals, such as {', '.join(numbers[:3])}" if numbers else "no totals"
    say(f"Read the dashboard {shown['name']!r}: {widgets} widgets with {told}.")
    return shown


def _token(secret: str, who: Any) -> str:
    claims = {
        "iss": who.issuer,
        "aud": settings.token_audience,
        "sub": who.subject,
        "email": who.email,
        "exp": int((datetime.now(UTC) + timedelta(minutes=5)).timestamp()),
    }
    return jwt.encode({"alg": "HS256"}, claims, OctKey.import_key(secret.encode()))
