"""docs/amc-faults.md is true: each fault of AMC, what a person sees meanwhile, and how it ends.

FAULTS_TABLE=write writes the table anew (with `pytest -n 0`).
"""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from domain import db
from jobs import clock
from tests.executions.executions import RUN
from tests.executions.hostile import SITUATIONS

PAGE = Path(__file__).parents[2] / "docs" / "amc-faults.md"
IS_WRITTEN = os.environ.get("FAULTS_TABLE") == "write"
HEAD = ("fault", "waits for", "what a person reads", "ends")
VARYING = re.compile(r"\b(exec_)?[0-9a-f]{32}\b|127\.0\.0\.1:\d+|\b[0-9a-f-]{36}\b")
REPEATED = re.compile(r"(.)\1{19,}")
MOST = 240  # characters of a message in the table
TRIES = 40
READ = """
query($id: ID!) {
  execution(id: $id) {
    status outcome errorCode errorMessage blockedBy { reason message }
    warnings { column example message }
  }
}
"""
OF_AMC = {"AMC_UNAVAILABLE", "THROTTLED", "TOKEN"}  # waits that AMC causes
Row = tuple[str, str, str, str]


def shown(message: str | None) -> str:
    """A message as it stands in a cell of the table."""
    if not message:
        return ""
    plain = (
        REPEATED.sub(r"\1\1\1...", VARYING.sub("...", message)).replace("|", "/").replace("\n", " ")
    )
    return plain if len(plain) <= MOST else plain[:MOST] + " ..."


def table() -> dict[str, Row]:
    """The rows of the page, by fault."""
    found: dict[str, Row] = {}
    for line in PAGE.read_text().splitlines():
        cells = [one.strip() for one in line.strip("| ").split(" | ")]
        if line.startswith("| `") and len(cells) == len(HEAD):
            name, waits, says, ends = cells
            found[name.strip("`")] = (name.strip("`"), waits, says, ends)
    return found


@pytest.fixture(scope="module")
def rows() -> Iterator[dict[str, Row]]:
    """The rows that are found. They are written at the end, if that is asked for."""
    found: dict[str, Row] = {}
    yield found
    if not IS_WRITTEN:
        return
    every = table() | found
    lines = [" | ".join((f"`{name}`", *every[name][1:])) for name in SITUATIONS if name in every]
    intro = PAGE.read_text().partition("| fault |")[0]
    rule = " | ".join("---" for _ in HEAD)
    head = f"| {' | '.join(HEAD)} |\n| {rule} |\n"
    PAGE.write_text(intro + head + "".join(f"| {line} |\n" for line in lines))


def ending(seen: dict[str, Any]) -> str:
    """How an execution ended, in the words of the table."""
    told = f"{seen['status']} {seen['outcome'] or seen['errorCode']}"
    if seen["errorMessage"]:
        told += f": {shown(seen['errorMessage'])}"
    for one in seen["warnings"] or ():
        column = f" of {one['column']}" if one["column"] else ""
        told += f". Warning{column}: {shown(one['message'])}"
    return told


@pytest.mark.parametrize("name", SITUATIONS)
async def test_the_table_says_what_is_seen_and_how_it_ends(
    ask, report, do, amc_server, amc_client, pass_time, work_until_done, rows, name
):
    amc_client.transport._tokens.clear()
    amc_server.fault(**SITUATIONS[name], count=1000)
    started = await ask(RUN, id=report["id"])
    waits = says = ""
    for _ in range(TRIES):
        await clock.tick(tidy=False)
        await do()
        seen = await ask(READ, id=started["id"])
        if seen["status"] not in {"PENDING", "RUNNING"}:
            break
        blocked = seen["blockedBy"]
        if blocked is not None and blocked["reason"] in OF_AMC:
            waits, says = blocked["reason"], shown(seen["errorMessage"] or blocked["message"])
            break
        await pass_time()
    amc_server.be_well()
    await mend(waits)
    for _ in range(TRIES):
        await pass_time()
        await work_until_done()
        seen = await ask(READ, id=started["id"])
        if seen["status"] not in {"PENDING", "RUNNING"}:
            break

    row = (name, waits or "-", says or "-", ending(seen))
    rows[name] = row
    if not IS_WRITTEN:
        assert row == table()[name]
    assert amc_server.stats()["executions_created"] <= 1, "nothing runs twice"


async def mend(waits: str) -> None:
    """Do what a person has to do, and let the time pass that AMC asked for."""
    async with db.owner_transaction() as session:
        await session.execute(text("UPDATE amc_instances SET throttled_until = NULL"))
        if waits == "TOKEN":
            await session.execute(text("UPDATE amc_accounts SET token_state = 'ok'"))


def test_the_table_has_every_fault():
    assert set(table()) == set(SITUATIONS)
