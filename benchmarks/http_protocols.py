"""What reading HTTP costs the server, by each of the protocols that uvicorn can run.

    python -m benchmarks.http_protocols [REQUESTS]

Each server is a process of its own that reads a query of 1 kB and answers with 2 kB, so next to
nothing but HTTP is measured. It is asked over eight connections by a client that sends bytes and
counts bytes. The last column says whether the body of a request with `Upgrade: h2c` is read.
"""

import asyncio
import os
import sys
import time
from dataclasses import dataclass

from benchmarks.support.processes import cpu
from local.ports import free_port

REQUESTS = 40_000
CONNECTIONS = 8
ROUNDS = 3
PROTOCOLS = ["httptools", "graph.http.upgrades:Http11", "h11"]
ASKED = b'{"query": "{ %s }"}' % (b"x" * 1000)
ANSWER = b"x" * 2000
OFFER = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAEAAEAA\r\n"
LENGTH_OF_BODY = b"x-read"


async def app(scope: dict, receive, send) -> None:  # type: ignore[no-untyped-def, type-arg]
    """Read the body, and answer with its length."""
    read, more = 0, True
    while more:
        message = await receive()
        read += len(message.get("body", b""))
        more = message.get("more_body", False)
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", b"%d" % len(ANSWER)),
        (LENGTH_OF_BODY, b"%d" % read),
    ]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": ANSWER})


def request(offer: bytes = b"") -> bytes:
    """A query as a browser's fetch sends it."""
    return (
        b"POST /graphql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        b"Authorization: Bearer " + b"t" * 300 + b"\r\nAccept: */*\r\nAccept-Encoding: gzip\r\n"
        b"User-Agent: benchmark\r\n%sContent-Length: %d\r\n\r\n%s" % (offer, len(ASKED), ASKED)
    )


async def answer(reader: asyncio.StreamReader) -> bytes:
    """Read the head of the next answer."""
    head = await reader.readuntil(b"\r\n\r\n")
    if head.startswith(b"HTTP/1.1 200"):
        await reader.readexactly(len(ANSWER))
    return head


async def ask(port: int, times: int, offer: bytes = b"") -> bytes:
    """Send requests over one connection. Returns the head of the last answer."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    sent, head = request(offer), b""
    for _ in range(times):
        writer.write(sent)
        head = await answer(reader)
    writer.close()
    return head


@dataclass
class Found:
    """The measurements of one round of one protocol."""

    per_second: float
    cpu: float  # microseconds per request


async def measured(pid: int, port: int, requests: int, offer: bytes = b"") -> Found:
    """Send this many requests, over all connections together."""
    before, begun = cpu(pid), time.perf_counter()
    await asyncio.gather(*(ask(port, requests // CONNECTIONS, offer) for _ in range(CONNECTIONS)))
    taken = time.perf_counter() - begun
    return Found(requests / taken, (cpu(pid) - before) / requests * 1e6)


async def reads_offers(port: int) -> bool:
    """True if the body of a request that offers HTTP/2 reaches the application."""
    async with asyncio.timeout(5):
        head = await ask(port, 1, OFFER)
    return LENGTH_OF_BODY + b": %d\r\n" % len(ASKED) in head


async def run(protocol: str, requests: int) -> None:
    """Start a server, send requests, and print the measurements."""
    port = free_port("127.0.0.1")
    command = [
        sys.executable,
        "-m",
        "uvicorn",
        "benchmarks.http_protocols:app",
        "--port",
        str(port),
    ]
    command += ["--http", protocol, "--no-access-log", "--log-level", "error", "--lifespan", "off"]
    environment = {**os.environ, "PYTHONPATH": "."}
    server = await asyncio.create_subprocess_exec(*command, env=environment)
    try:
        await started(port)
        await measured(server.pid, port, requests)  # warm-up
        rounds = [await measured(server.pid, port, requests) for _ in range(ROUNDS)]
        best = min(rounds, key=lambda one: one.cpu)
        offers = await reads_offers(port)
        found = f"{protocol:28} {best.per_second:8,.0f} /s {best.cpu:8.1f} us CPU   h2c: {offers}"
        if offers:
            found += f" ({(await measured(server.pid, port, requests, OFFER)).cpu:.1f} us CPU)"
        print(found, flush=True)
    finally:
        server.terminate()
        await server.wait()


async def started(port: int) -> None:
    """Wait until a server answers."""
    async with asyncio.timeout(20):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.05)
            else:
                writer.close()
                return


async def main(requests: int) -> None:
    for protocol in PROTOCOLS:
        await run(protocol, requests)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else REQUESTS))
