"""The runner of executions. Ten run at once on an instance; the others wait in line."""

import asyncio
import hashlib
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sandbox.engine import fault_results
from sandbox.engine.local_amc import Amc
from sandbox.engine.queries import as_query
from sandbox.engine.state import Execution
from sandbox.sql import query

AT_ONCE = 2  # queries in DuckDB; other running executions wait for their turn
TIMEOUT = 21_600
Compute = Callable[..., query.Result]  # query.run, or what stands in for it


class Runner:
    """Starts waiting executions as slots become free. `compute` runs their queries."""

    def __init__(self, amc: Amc, compute: Compute = query.run) -> None:
        self.amc, self._run_query = amc, compute
        self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="query")
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._late: list[asyncio.TimerHandle] = []
        self._computed: dict[str, Execution] = {}  # by SQL

    def later(self, seconds: float, accept: Callable[[], object]) -> None:
        """Calls `accept` after some seconds, unless `clear` is called first."""
        self._late.append(asyncio.get_running_loop().call_later(seconds, accept))

    def resume(self) -> None:
        """Starts again, after a restart, the executions that were running."""
        for execution in self.amc.state.executions.values():
            if execution.status == "RUNNING":
                self.amc.state.move(execution, "PENDING")
        for instance_id in list(self.amc.state.by_instance):
            self.pump(instance_id)

    def pump(self, instance_id: str) -> None:
        """Starts the oldest waiting executions of an instance while slots are free."""
        state, most = self.amc.state, self.amc.settings.max_running
        line = list(state.open(instance_id))
        free = most - sum(one.status == "RUNNING" for one in line)
        for execution in [one for one in line if one.status == "PENDING"][: max(0, free)]:
            state.move(execution, "RUNNING")
            task = asyncio.get_running_loop().create_task(self._run(execution))
            self._tasks[execution.id] = task

    def cancel(self, execution: Execution) -> None:
        """Cancels an execution that waits or runs."""
        self.amc.state.move(execution, "CANCELLED")
        task = self._tasks.pop(execution.id, None)
        if task is not None:
            task.cancel()
        self.pump(execution.instance_id)

    def stop(self) -> None:
        """Stops all running executions. They begin again with the next start."""
        self.clear()
        self._pool.shutdown(wait=False, cancel_futures=True)

    def clear(self) -> None:
        """Stops all running executions, and drops those that `later` was to accept."""
        for task in self._tasks.values():
            task.cancel()
        for timer in self._late:
            timer.cancel()
        self._tasks.clear()
        self._late.clear()
        self._computed.clear()

    async def _run(self, execution: Execution) -> None:
        began = time.monotonic()
        status, reason = await self._compute(execution)
        if status == "SUCCEEDED":
            left = self._seconds(execution) - (time.monotonic() - began)
            if left > 0:
                await asyncio.sleep(left)
        self._tasks.pop(execution.id, None)
        if self.amc.state.executions.get(execution.id) is execution:  # there was no reset meanwhile
            self.amc.state.move(execution, status, reason)
            self.pump(execution.instance_id)

    def _seconds(self, execution: Execution) -> float:
        """How long an execution takes, between the two settings. It is the same at every call."""
        low, high = self.amc.settings.min_seconds, self.amc.settings.max_seconds
        share = int.from_bytes(hashlib.sha256(execution.id.encode()).digest()[:4], "big") / 2**32
        return low + (high - low) * share

    async def _compute(self, execution: Execution) -> tuple[str, str | None]:
        loop = asyncio.get_running_loop()
        faults = self.amc.faults
        sql = str(execution.workflow.get("sqlQuery"))
        if self.amc.settings.computed_once and sql in self._computed:
            first = self._computed[sql]
            execution.files, execution.columns = first.files, first.columns
            return "SUCCEEDED", None
        split = faults.take("split_result")
        only = next((name for name in fault_results.KINDS if faults.take(name)), None)
        rows = int(split["rows"]) if split else None
        try:
            result = await loop.run_in_executor(self._pool, self._query, execution, rows)
        except query.Rejected as rejected:
            return "REJECTED", str(rejected)
        except TimeoutError:
            return "FAILED", "The workflow execution timed out."
        except Exception:  # noqa: BLE001 - a bug in the sandbox must look like a failure at AMC
            return "FAILED", "An internal error occurred. Try again later."
        if only is not None and result is not None:
            fault_results.instead(only, result, as_query(execution.workflow, {}))
        if result is not None:
            execution.files = [str(path) for path in result.paths]
            execution.columns = [asdict(column) for column in result.columns]
            self._computed[sql] = execution
        return "SUCCEEDED", None

    def _query(self, execution: Execution, split_rows: int | None) -> query.Result | None:
        request = execution.request
        asked = as_query(
            execution.workflow,
            request.get("parameterValues") or {},
            window_start=_moment(execution.window_start),
            window_end=_moment(execution.window_end),
            time_zone=request.get("timeWindowTimeZone") or "UTC",
            event_level=self.amc.settings.event_level or _event_level(request),
        )
        if request.get("dryRun"):
            query.compile(asked, self.amc.warehouse)
            return None
        folder = self.amc.state.results / execution.id
        folder.mkdir(exist_ok=True)
        timeout = float(request.get("workflowExecutionTimeoutSeconds") or TIMEOUT)
        return self._run_query(
            asked, self.amc.warehouse, folder, timeout=timeout, split_rows=split_rows
        )


def _event_level(request: dict[str, Any]) -> bool:
    return bool(request.get("requireSyntheticData") and request.get("disableAggregationControls"))


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
