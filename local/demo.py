"""The demo: an analyst's first job over the public API, from a template to a year's totals."""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
from websockets.exceptions import WebSocketException

from local import bars, children, demo_dashboards, environment, ports, running
from local.client import Client, Refused

TEMPLATE = "campaign-performance"
NAME = "Demo: campaign performance"
WEEKS = 52
AT_ONCE = 10  # segments at AMC
PATIENCE = 300.0  # seconds to wait for an execution, and for a collection
TRIES = 10  # failed attempts to watch while the API answers
UP_WITHIN = 300.0  # seconds; the first start creates the local AMC's events
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
COLLECTIONS = """query Collections {
  collections(first: 100, filter: {mine: true}) {
    nodes { id status isOver targetWeeks report { name } }
  }
}"""
START = """mutation Start($collection: CollectionInput!) {
  collectionStart(collection: $collection) { id }
}"""
WATCH_WEEKS = """subscription WatchWeeks($id: ID!) {
  collection(id: $id) {
    status isOver targetWeeks progressPercentage ratePerHour etaEarliest etaLatest errorMessage
    counts { completed running pending failed skipped waiting atAmc ingesting }
    waits { reason count until }
  }
}"""
RESULT = """query Result($id: ID!) {
  collection(id: $id) {
    status errorMessage startDate endDate targetWeeks weeksCompleted weeks { rowCount }
  }
  aggregates(filter: {collectionId: $id, level: QUARTERLY}, first: 10) {
    nodes { key metrics { name value } coverage { days covered } isProvisional }
  }
}"""
PHASES = {
    "WAITING": "waiting for its turn",
    "SUBMITTING": "being submitted to AMC",
    "AT_AMC": "at AMC",
    "INGESTING": "fetching the result",
}


class Failed(Exception):
    """Raised if the job fails."""


async def job(client: Client, say: Callable[[str], None], *, reuse: bool) -> None:
    """Create a report or reuse the last demo's. Run it, read its rows, collect a year."""
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
    await _collect(client, say, report["id"], reuse=reuse)
    await demo_dashboards.make(client, say, report["id"])


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
    """Print each new state, until the final one."""
    began, told = time.monotonic(), ""
    async for seen in _states(client, say, WATCH, execution):
        words = _in_words(seen)
        if words != told:
            say(f"  {time.monotonic() - began:5.1f} s  {words}")
            told = words
        if seen["status"] in ("FAILED", "CANCELLED"):
            raise Failed(f"The execution ended {seen['status'].lower()}: {seen['errorMessage']}")


async def _states(
    client: Client, say: Callable[[str], None], query: str, id_: str
) -> AsyncIterator[dict[str, Any]]:
    """Yield the states of an execution. An outage of the API is waited out."""
    is_over, is_lost, tries = False, False, 0
    while not is_over:
        try:
            async for update in client.watch(query, id=id_):
                (seen,) = update.values()
                is_over, is_lost, tries = _is_over(seen), False, 0
                yield seen
        except OSError:
            pass  # the API is away
        except (Refused, WebSocketException) as error:
            tries += 1
            if tries > TRIES:
                raise Failed(f"It cannot be watched any more: {error}") from error
        if is_over:
            return
        if not is_lost:
            say("  The API does not answer. Watching goes on once it does.")
        is_lost = True
        await asyncio.sleep(0.3)


def _is_over(seen: dict[str, Any]) -> bool:
    return bool(seen.get("isOver") or seen.get("phase") == "DONE")


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


async def _collect(client: Client, say: Callable[[str], None], report: str, *, reuse: bool) -> None:
    """Collect a year of the report. If an earlier demo has collected it, only print it."""
    nodes = (await client.ask(COLLECTIONS))["collections"]["nodes"]
    ours = [one for one in nodes if one["report"] and one["report"]["name"].startswith(NAME)]
    open_ = [one["id"] for one in ours if not one["isOver"]]
    done = [one for one in ours if one["status"] == "COMPLETED"]
    if done and not open_:
        longest = max(done, key=lambda one: one["targetWeeks"])["id"]
        await _tell(client, say, longest, earlier=True, brief=reuse)
        return
    id_ = open_[0] if open_ else await _start(client, report)
    say(f"Collection {id_}")
    async with asyncio.timeout(None if reuse else PATIENCE), bars.shown(say) as show:
        async for seen in _states(client, say, WATCH_WEEKS, id_):
            show(seen)
    await _tell(client, say, id_)


async def _start(client: Client, report: str) -> str:
    wanted = {
        "reportId": report,
        "targetWeeks": WEEKS,
        "segmentation": {"parallelLimit": AT_ONCE},
    }
    return str((await client.ask(START, collection=wanted))["collectionStart"]["id"])


async def _tell(
    client: Client,
    say: Callable[[str], None],
    id_: str,
    *,
    earlier: bool = False,
    brief: bool = False,
) -> None:
    """Print the result: weeks, rows and, unless brief, the totals of the newest quarter."""
    answer = await client.ask(RESULT, id=id_)
    seen, quarters = answer["collection"], answer["aggregates"]["nodes"]
    rows = sum(week["rowCount"] or 0 for week in seen["weeks"])
    weeks = f"{seen['weeksCompleted']} of {seen['targetWeeks']} weeks"
    by_whom = f", by an earlier demo: {id_}" if earlier else ""
    say(f"Collected  {weeks}, {seen['startDate']} to {seen['endDate']}, {rows:,} rows{by_whom}")
    if seen["status"] != "COMPLETED":
        raise Failed(f"The collection ended {seen['status'].lower()}: {seen['errorMessage']}")
    if brief:
        return
    if not quarters:
        raise Failed("The collection brought no aggregates.")
    for line in bars.totals(quarters[-1]):
        say(line)


def run(address: str | None, *, reuse: bool, folder: Path) -> int:
    """Run the job, print every step, and return 0 if all of it succeeded.

    It runs at the given URL, else at the `up` that is running, else at one started for the job.
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
    """The whole system for as long as the job takes. None if it does not start."""
    host = ports.loopback()
    at = ("--host", host, "--port", str(ports.free_port(host)))
    process = children.start(
        environment.command("up", "--brief", "--folder", str(folder), *at),
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
    """Run the job at this URL, print every step, and return 0 if all of it succeeded."""

    def say(line: str) -> None:
        bars.say(f"[demo] {line}")

    async def whole() -> None:
        client = Client(address, token)
        try:
            await job(client, say, reuse=reuse)
        finally:
            await client.close()

    try:
        asyncio.run(whole())
    except KeyboardInterrupt:
        say("Stopped. The execution and the collection go on.")
        return 130
    except (Failed, Refused) as error:
        say(f"Failed: {error}")
        return 1
    except TimeoutError:
        say(f"Failed: the job did not end within {PATIENCE:.0f} s.")
        return 1
    except (httpx2.HTTPError, OSError) as error:
        say(f"Failed: the API at {address} does not answer: {error or type(error).__name__}")
        return 1
    say("Done: created and ran a report, collected a year of it, and created dashboards.")
    return 0
