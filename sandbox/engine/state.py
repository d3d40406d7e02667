"""The workflows and executions of the local AMC. They survive a restart."""

import json
import sqlite3
import time
import uuid
from bisect import insort
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

OPEN = ("PENDING", "RUNNING")


@dataclass
class Execution:
    """One execution. Times are seconds since 1970."""

    id: str
    instance_id: str
    workflow_id: str
    workflow: dict[str, Any]
    request: dict[str, Any]
    window_start: str | None  # UTC
    window_end: str | None
    created_at: float
    number: int
    status: str = "PENDING"
    reason: str | None = None
    updated_at: float = 0.0
    visible_at: float = 0.0
    files: list[str] = field(default_factory=list)
    columns: list[dict[str, Any]] = field(default_factory=list)
    status_word: str | None = None
    data_gaps: list[dict[str, Any]] = field(default_factory=list)


class State:
    """Workflows and executions in memory. Each change is also written to a SQLite file."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.results = folder / "results"
        self.results.mkdir(exist_ok=True)
        self._file = sqlite3.connect(folder / "state.sqlite", isolation_level=None)
        self._file.execute("PRAGMA journal_mode = WAL")
        self._file.execute(
            "CREATE TABLE IF NOT EXISTS things (kind TEXT, key TEXT, body TEXT, "
            "PRIMARY KEY (kind, key))"
        )
        self._forget()
        for kind, key, body in self._file.execute("SELECT kind, key, body FROM things"):
            if kind == "workflow":
                instance_id, _, workflow_id = key.partition("/")
                self.workflows[instance_id][workflow_id] = json.loads(body)
            else:
                self._keep(Execution(**json.loads(body)))

    def _forget(self) -> None:
        self.workflows: dict[str, dict[str, dict[str, Any]]] = defaultdict(dict)
        self.executions: dict[str, Execution] = {}
        self.by_instance: dict[str, list[Execution]] = defaultdict(list)  # oldest first
        self._open: dict[str, dict[str, Execution]] = defaultdict(dict)
        self.max_running: Counter[str] = Counter()
        self.requests: Counter[str] = Counter()

    def _keep(self, execution: Execution) -> None:
        self.executions[execution.id] = execution
        insort(self.by_instance[execution.instance_id], execution, key=lambda one: one.number)
        if execution.status in OPEN:
            self._open[execution.instance_id][execution.id] = execution

    def _write(self, kind: str, key: str, body: Any) -> None:
        self._file.execute(
            "INSERT OR REPLACE INTO things VALUES (?, ?, ?)", (kind, key, json.dumps(body))
        )

    def save_workflow(self, instance_id: str, workflow: dict[str, Any]) -> None:
        """Saves a workflow under its id."""
        key = workflow["workflowId"]
        self.workflows[instance_id][key] = workflow
        self._write("workflow", f"{instance_id}/{key}", workflow)

    def remove_workflow(self, instance_id: str, workflow_id: str) -> None:
        """Removes a workflow."""
        del self.workflows[instance_id][workflow_id]
        self._file.execute(
            "DELETE FROM things WHERE kind = 'workflow' AND key = ?",
            (f"{instance_id}/{workflow_id}",),
        )

    def accept(self, **given: Any) -> Execution:
        """Creates an execution at the end of the line."""
        now = time.time()
        number = len(self.executions) + 1
        execution = Execution(
            id=str(uuid.uuid4()), created_at=now, updated_at=now, number=number, **given
        )
        self._keep(execution)
        self.write(execution)
        return execution

    def move(self, execution: Execution, status: str, reason: str | None = None) -> None:
        """Changes the status of an execution."""
        execution.status, execution.reason = status, reason
        execution.updated_at = time.time()
        if status not in OPEN:
            self._open[execution.instance_id].pop(execution.id, None)
        running = sum(one.status == "RUNNING" for one in self.open(execution.instance_id))
        highest = max(running, self.max_running[execution.instance_id])
        self.max_running[execution.instance_id] = highest
        self.write(execution)

    def write(self, execution: Execution) -> None:
        """Writes an execution to the file."""
        self._write("execution", execution.id, asdict(execution))

    def open(self, instance_id: str) -> Iterator[Execution]:
        """The PENDING and RUNNING executions of an instance, oldest first."""
        return iter(sorted(self._open[instance_id].values(), key=lambda one: one.number))

    def stats(self) -> dict[str, Any]:
        """Counts since the start or the last reset."""
        return {
            "executions_created": len(self.executions),
            "by_workflow": Counter(one.workflow_id for one in self.executions.values()),
            "by_status": Counter(one.status for one in self.executions.values()),
            "max_running_seen": dict(self.max_running),
            "requests": dict(self.requests),
        }

    def reset(self) -> None:
        """Removes everything."""
        self._file.execute("DELETE FROM things")
        self._forget()

    def close(self) -> None:
        """Closes the file."""
        self._file.close()
