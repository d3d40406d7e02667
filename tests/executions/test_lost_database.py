"""A step whose answer cannot be recorded at once is recorded once PostgreSQL is back."""

import asyncio
from typing import Any

from domain.executions import steps
from tests.executions.executions import RUN
from tests.graph.front_door import Ask
from tests.lines import Line

READ = "query($id: ID!) { execution(id: $id) { status attempts blockedBy { reason } } }"


async def test_no_answer_of_amc_is_lost_while_the_database_is_away(
    ask: Ask, report: Any, amc: Any, postgres_line: Line, work_until_done: Any, monkeypatch: Any
) -> None:
    """Each answer of AMC finds the database away, and is recorded by the worker that has it."""
    act, outages = steps.act, []

    async def acting(*given: Any) -> Any:
        answer = await act(*given)
        outages.append(answer)
        postgres_line.cut()
        asyncio.get_running_loop().call_later(0.1, postgres_line.mend)
        return answer

    execution = (await ask(RUN, id=report["id"]))["id"]
    monkeypatch.setattr(steps, "act", acting)
    await work_until_done()

    ended = await ask(READ, id=execution)
    assert (ended["status"], ended["blockedBy"]) == ("COMPLETED", None)
    assert len(outages) == 2  # submitted once, fetched once
