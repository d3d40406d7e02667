"""The demo job: what an analyst does first, over the public API, from template to rows."""

import asyncio
import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2

from local import children, environment, ports, running
from local.client import Client, Refused

TEMPLATE = "campaign-performance"
NAME = "Demo: campaign performance"
PATIENCE = 300.0  # seconds for one execution
UP_WITHIN = 300.0  # seconds; the first start makes the local AMC's events
SHOWN_COLUMNS = 6

CONTEXT = """query Context($named: String) {
  viewer { email }
  instances(first: 1) { nodes { id name } }
  templates(first: 100) { nodes { id slug name } }
  reports(first: 1, filter: {state: ACTIVE, text: $named}) { nodes { id name } }
}"""
CREATE = "mutation Create($report: ReportInput!) { reportCreate(report: $report) { id name } }"
RUN = "mutation Run($id: ID!) { reportRun(id: $id) { id } }"
WATCH = """subscription Watch($id: ID!) {
  execution(id: $id) { status phase amcStatus rowCount blockedBy { message } errorMessage }
}"""
READ = """query Read($id: ID!) {
  execution(id: $id) {
    status outcome windowStart windowEnd
    rows(first: 5) { columns { name } rows totalCount }
  }
}"""
PHASES = {
    "WAITING": "waiting for its turn",
    "SUBMITTING": "being submitted to AMC",
    "AT_AMC": "at AMC",
    "INGESTING": "fetching the result",
}


class Failed(Exception):
    """The job did not come to a good end."""


async def job(client: Client, say: Callable[[str], None], *, reuse: bool) -> None:
    """Create a report, or take the last demo's; run it, watch it to its end, read its rows."""
    context = await client.ask(CONTEXT, named=NAME)
    say(f"Signed in as {context['viewer']['email']}")
    known = context["reports"]["nodes"]
    report = known[0] if reuse and known else await _create(client, context)
    say(f"Report     {report['id']}  {report['name']}")
    execution = (await client.ask(RUN, id=report["id"]))["reportRun"]["id"]
    say(f"Execution  {execution}")
    async with asyncio.timeout(PATIENCE):
        await _watch(client, say, execution)
    await _read(client, say, execution)


async def _create(client: Client, context: dict[str, Any]) -> dict[str, Any]:
    templates = {one["slug"]: one for one in context["templates"]["nodes"]}
    if TEMPLATE not in templates:
        raise Failed(f"The built-in template {TEMPLATE} is missing. Mend it: amc-reports migrate")
    if not context["instances"]["nodes"]:
        raise Failed("There is no instance to run it on. Mend it: amc-reports instances sync")
    instance = context["instances"]["nodes"][0]
    wanted = {
        "name": f"{NAME} on {instance['name']}",
        "templateId": templates[TEMPLATE]["id"],
        "instanceId": instance["id"],
        "parameters": {},
    }
    made: dict[str, Any] = (await client.ask(CREATE, report=wanted))["reportCreate"]
    return made


async def _watch(client: Client, say: Callable[[str], None], execution: str) -> None:
    """Tell every new state once, until the last one."""
    began, told = time.monotonic(), ""
    async for update in client.watch(WATCH, id=execution):
        seen = update["execution"]
        words = _in_words(seen)
        if words != told:
            say(f"  {time.monotonic() - began:5.1f} s  {words}")
            told = words
        if seen["status"] in ("FAILED", "CANCELLED"):
            raise Failed(f"The execution ended {seen['status'].lower()}: {seen['errorMessage']}")


def _in_words(seen: dict[str, Any]) -> str:
    if seen["blockedBy"]:
        return f"waiting: {seen['blockedBy']['message']}"
    if seen["phase"] == "DONE":
        return f"{seen['status'].lower()}, {seen['rowCount']} rows"
    at_amc = seen["phase"] == "AT_AMC" and seen["amcStatus"]
    return PHASES[seen["phase"]] + (f" ({seen['amcStatus']})" if at_amc else "")


async def _read(client: Client, say: Callable[[str], None], execution: str) -> None:
    answer = (await client.ask(READ, id=execution))["execution"]
    page = answer["rows"]
    if answer["outcome"] != "DATA" or not page["totalCount"]:
        raise Failed(f"The execution brought no rows: its outcome is {answer['outcome']}.")
    start, end = answer["windowStart"][:10], answer["windowEnd"][:10]
    say(f"Rows       {page['totalCount']} of [{start}, {end}), the first {len(page['rows'])}:")
    names = [column["name"] for column in page["columns"]]
    lines = [names, *page["rows"]]
    cells = [[_cell(value) for value in line[:SHOWN_COLUMNS]] for line in lines]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for line in cells:
        say("  " + "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)))


def _cell(value: Any) -> str:
    text = "-" if value is None else str(value)
    return text if len(text) <= 28 else f"{text[:27]}…"


def run(address: str | None, *, reuse: bool, folder: Path) -> int:
    """Do the job, telling every step; 0 when all of it succeeded.

    At the address given, else at the `up` that is running, else at one started for the job.
    """
    if address is not None:
        return do(address, os.environ.get("AMC_REPORTS_TOKEN", ""), reuse=reuse)
    up = running.find(folder)
    if up is not None and up.token:
        return do(up.address, up.token, reuse=reuse)
    with started(folder) as up:
        return 1 if up is None else do(up.address, up.token, reuse=reuse)


@contextmanager
def started(folder: Path) -> Iterator[running.Running | None]:
    """The whole system for as long as the job takes; None if it does not start."""
    port = ports.free_port("127.0.0.1")
    process = children.start(
        environment.command("up", "--brief", "--folder", str(folder), "--port", str(port)),
        dies_by=signal.SIGTERM,
        output=None,
    )

    def is_up() -> bool:
        found = running.find(folder)
        return found is not None and bool(found.token)

    try:
        children.wait_until(lambda: is_up() or process.poll() is not None, UP_WITHIN, every=0.2)
        yield running.find(folder) if is_up() else None
    finally:
        children.stop(process, (signal.SIGTERM, 12.0))


def do(address: str, token: str, *, reuse: bool = False) -> int:
    """Do the job at this address, telling every step; 0 when all of it succeeded."""

    def say(line: str) -> None:
        print(f"[demo] {line}", flush=True)

    async def whole() -> None:
        client = Client(address, token)
        try:
            await job(client, say, reuse=reuse)
        finally:
            await client.close()

    try:
        asyncio.run(whole())
    except (Failed, Refused) as trouble:
        say(f"Failed: {trouble}")
        return 1
    except TimeoutError:
        say(f"Failed: it did not come to an end within {PATIENCE:.0f} s.")
        return 1
    except (httpx2.HTTPError, OSError) as trouble:
        say(f"Failed: the API at {address} does not answer: {trouble or type(trouble).__name__}")
        return 1
    say("Done: a report was made, run, watched and read.")
    return 0
