"""What others notice while one person floods the API: how long `{ viewer { id } }` takes them.

    python -m benchmarks.floods [SETTING=VALUE ...]

Starts the whole system in a folder of its own: with its usual limits, first without a budget, so
that turns alone have to do. One person pings from five sockets as fast as they can for eight
seconds, then sends 20 heavy queries on each of ten sockets and reads no answer for ten. Then 1,500
requests are begun and never completed. It tells the most memory that the API had with each.
"""

import asyncio
import contextlib
import json
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx2
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from benchmarks.support.processes import forget_peak, peak
from local.client import Client
from tests.local.running_system import ROOT, RunningSystem, running_system

VIEWER = "{ viewer { id } }"
PLAN = """
p%d: collectionPlan(collection: {reportId: "%s", lookback: {value: 12, unit: MONTHS},
  segmentation: {type: DAILY}}) {
  executions amcCalls slots series etaEarliest etaLatest
  segments { startDate endDate isCollected isProvisional settlesAt } days { day executions }
}
"""
LIMITS = {"EXECUTIONS_PER_MINUTE": "10", "REPORTS_PER_HOUR": "20", "SOCKETS_PER_PERSON": "50"}
LIMITS |= {"OPERATIONS_PER_PERSON": "500"}
PING = '{"type":"ping"}'


def somebody_else(system: RunningSystem) -> str:
    """A token of a person who is not the one who floods."""

    def run(*command: str) -> str:
        done = subprocess.run(
            [sys.executable, str(ROOT / "cli.py"), *command, "--folder", str(system.folder)],
            check=False,
            capture_output=True,
            text=True,
            cwd=system.folder,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout.strip().splitlines()[-1]

    run("user", "add", "other@example.com", "--name", "Other")
    return run("token", "other@example.com")


@asynccontextmanager
async def watched(system: RunningSystem, token: str, what: str) -> AsyncIterator[None]:
    """Ask as somebody else all the while, and tell how long that took."""
    place, api = system.running.address, system.pids()["api"]
    forget_peak(api)
    took: list[float] = []
    failed = 0
    over = asyncio.Event()

    async def ask() -> None:
        nonlocal failed
        async with httpx2.AsyncClient(
            base_url=place, headers={"Authorization": f"Bearer {token}"}, timeout=120
        ) as client:
            while not over.is_set():
                began = time.perf_counter()
                answer = await client.post("/graphql", json={"query": VIEWER})
                took.append(1000 * (time.perf_counter() - began))
                failed += answer.status_code != 200
                await asyncio.sleep(0.02)

    asking = asyncio.create_task(ask())
    yield
    over.set()
    await asking
    took.sort()
    p50, p99 = took[len(took) // 2], took[min(len(took) - 1, int(len(took) * 0.99))]
    print(
        f"{what:<46} {len(took):5} asked, {failed} failed; "
        f"p50 {p50:6.1f} ms  p99 {p99:6.1f} ms  max {took[-1]:6.1f} ms; "
        f"peak {peak(api) / 1e6:.0f} MB"
    )


@asynccontextmanager
async def socket(place: str, token: str, queue: int | None = 1) -> AsyncIterator[ClientConnection]:
    address = place.replace("http", "ws", 1) + "/graphql"
    protocol = Subprotocol("graphql-transport-ws")
    async with connect(
        address, subprotocols=[protocol], max_size=None, close_timeout=1, max_queue=queue
    ) as line:
        hello = {"type": "connection_init", "payload": {"authorization": f"Bearer {token}"}}
        await line.send(json.dumps(hello))
        await line.recv()
        yield line


async def ping(place: str, token: str) -> str:
    """Ping for eight seconds, or until the server has enough."""
    sent, until = 0, time.monotonic() + 8
    async with socket(place, token, None) as line:
        with contextlib.suppress(ConnectionClosed):
            while time.monotonic() < until:
                await line.send(PING)
                sent += 1
                if sent % 100 == 0:
                    await asyncio.sleep(0)  # the one who is watched runs in this process too
        with contextlib.suppress(ConnectionClosed):
            while True:
                await line.recv()
    return f"{sent} sent, closed with {line.close_code} {line.close_reason!r}"


async def heavy(client: Client, report: str) -> str:
    """As many plans as one operation may ask for."""
    many = 90
    while True:
        query = "{" + " ".join(PLAN % (number, report) for number in range(many)) + "}"
        try:
            began = time.perf_counter()
            await client.ask(query)
        except Exception:
            many = int(many * 0.8)
            if not many:
                raise
            continue
        print(f"heavy: {many} plans in one query, {time.perf_counter() - began:.2f} s when alone")
        return query


async def unread(place: str, token: str, query: str) -> dict[str, int]:
    """20 queries on a socket; their answers are read ten seconds later."""
    told: dict[str, int] = {}
    async with socket(place, token) as line:
        for number in range(20):
            message = {"id": str(number), "type": "subscribe", "payload": {"query": query}}
            await line.send(json.dumps(message))
        await asyncio.sleep(10)
        with contextlib.suppress(ConnectionClosed, TimeoutError):
            async with asyncio.timeout(60):
                while sum(told.values()) < 20:
                    message = json.loads(await line.recv())
                    if message["type"] in ("next", "error"):
                        told[message["type"]] = told.get(message["type"], 0) + 1
        if sum(told.values()) < 20:
            print(f"  closed with {line.close_code} {line.close_reason!r} after {told}")
    return told


async def halves(place: str) -> None:
    """Begin 1,500 requests, and tell when the last of them was closed."""
    host, _, port = place.removeprefix("http://").partition(":")
    began = time.monotonic()

    async def half() -> float:
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(b"POST /graphql HTTP/1.1\r\nHost: here\r\nContent-Le")
        await reader.read()
        writer.close()
        return time.monotonic() - began

    closed = await asyncio.gather(*(half() for _ in range(1500)))
    print(f"1,500 half requests: closed after {min(closed):.1f} to {max(closed):.1f} s")


async def measure(system: RunningSystem, token: str, other: str) -> None:
    place = system.running.address
    async with watched(system, other, "alone"):
        await asyncio.sleep(5)
    async with watched(system, other, "5 sockets that ping for 8 s"):
        for told in await asyncio.gather(*(ping(place, token) for _ in range(5))):
            print(f"  {told}")
        await asyncio.sleep(1)
    query = await heavy(system.client, await system.report())
    async with watched(system, other, "10 sockets with 20 heavy unread queries"):
        answers = await asyncio.gather(*(unread(place, token, query) for _ in range(10)))
    both = [sum(one.get(kind, 0) for one in answers) for kind in ("next", "error")]
    print(f"  {both[0]} of 200 answered, {both[1]} refused")
    async with watched(system, other, "1,500 half requests"):
        await halves(place)


def main() -> None:
    changed = dict(argument.split("=", 1) for argument in sys.argv[1:])
    for budget in ("0", "1000000"):
        chosen = {**LIMITS, "BUDGET_MAXIMUM": budget, **changed}
        print({name: value for name, value in chosen.items() if name not in LIMITS})
        with running_system(**chosen) as system:
            other = somebody_else(system)
            asyncio.run(measure(system, system.running.token, other))
        if "BUDGET_MAXIMUM" in changed:
            break


if __name__ == "__main__":
    main()
