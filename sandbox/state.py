"""What the local AMC remembers, also over its own death: workflows and executions.

All of it is in memory, and each change is written through to a small file before it is answered.
"""

import json
import secrets
import sqlite3
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from itertools import islice
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
    data_gaps: list[Any] = field(default_factory=list)
    status_word: str | None = None
    words_left: int = 0  # times that `status_word` is still shown once it is over


@dataclass
class Place:
    """What is known of one instance. Executions are in the order of their acceptance."""

    workflows: dict[str, dict[str, Any]] = field(default_factory=dict)
    executions: list[Execution] = field(default_factory=list)
    by_workflow: dict[str, list[Execution]] = field(default_factory=dict)
    open: dict[str, Execution] = field(default_factory=dict)
    running: int = 0
    most_running: int = 0

    def keep(self, execution: Execution) -> None:
        """One more, last in line."""
        self.executions.append(execution)
        self.by_workflow.setdefault(execution.workflow_id, []).append(execution)
        if execution.status in OPEN:
            self.open[execution.id] = execution
            self.running += execution.status == "RUNNING"

    def next_in_line(self, most: int) -> list[Execution]:
        """What may start now, so that no more than `most` run."""
        waiting = (one for one in self.open.values() if one.status == "PENDING")
        return list(islice(waiting, max(0, most - self.running)))


class State:
    """The memory of all instances. Used by one thread."""

    def __init__(self, folder: Path, now: Callable[[], float]) -> None:
        self._now = now
        self.results = folder / "results"
        self.results.mkdir(parents=True, exist_ok=True)
        self._file = sqlite3.connect(folder / "state.sqlite", isolation_level=None)
        # The log survives the death of the process, which is what is promised; power may fail.
        self._file.execute("PRAGMA journal_mode = WAL")
        self._file.execute("PRAGMA synchronous = NORMAL")
        self._file.execute(
            "CREATE TABLE IF NOT EXISTS things (kind TEXT, key TEXT, body TEXT, "
            "PRIMARY KEY (kind, key))"
        )
        self._forget()
        for workflow_key, workflow in self._read("workflow"):
            instance_id, _, workflow_id = workflow_key.partition("/")
            self.place(instance_id).workflows[workflow_id] = workflow
        found = (Execution(**body) for _, body in self._read("execution"))
        for execution in sorted(found, key=lambda one: one.number):
            self._keep(execution)
        for instance_id, most in self._read("most_running"):
            self.place(instance_id).most_running = most
        self.late: dict[str, dict[str, Any]] = dict(self._read("late"))
        self.secret = self._secret()

    def _forget(self) -> None:
        self.places: dict[str, Place] = {}
        self.executions: dict[str, Execution] = {}
        self.late = {}
        self.requests: Counter[str] = Counter()

    def _read(self, kind: str) -> Iterator[tuple[str, Any]]:
        rows = self._file.execute("SELECT key, body FROM things WHERE kind = ?", (kind,))
        return ((key, json.loads(body)) for key, body in rows.fetchall())

    def _write(self, kind: str, key: str, body: Any) -> None:
        self._file.execute(
            "INSERT OR REPLACE INTO things VALUES (?, ?, ?)", (kind, key, json.dumps(body))
        )

    def _remove(self, kind: str, key: str) -> None:
        self._file.execute("DELETE FROM things WHERE kind = ? AND key = ?", (kind, key))

    def _secret(self) -> str:
        """What tokens and links are signed with, so that they outlive the process."""
        known = dict(self._read("secret"))
        if not known:
            known = {"signing": secrets.token_hex(32)}
            self._write("secret", "signing", known["signing"])
        return str(known["signing"])

    def place(self, instance_id: str) -> Place:
        """What is known of an instance."""
        return self.places.setdefault(instance_id, Place())

    def _keep(self, execution: Execution) -> None:
        self.executions[execution.id] = execution
        self.place(execution.instance_id).keep(execution)

    def save_workflow(self, instance_id: str, workflow: dict[str, Any]) -> None:
        """Keep a workflow under its id."""
        key = workflow["workflowId"]
        self.place(instance_id).workflows[key] = workflow
        self._write("workflow", f"{instance_id}/{key}", workflow)

    def remove_workflow(self, instance_id: str, workflow_id: str) -> None:
        """Forget a workflow."""
        del self.place(instance_id).workflows[workflow_id]
        self._remove("workflow", f"{instance_id}/{workflow_id}")

    def accept(self, **given: Any) -> Execution:
        """A new execution, last in line."""
        now = self._now()
        number = len(self.executions) + 1
        execution = Execution(
            id=str(uuid.uuid4()), created_at=now, updated_at=now, number=number, **given
        )
        self._keep(execution)
        self.write(execution)
        return execution

    def accept_later(self, given: dict[str, Any], due_at: float) -> str:
        """Note a request that nobody knows of before it is due; its key."""
        key = str(uuid.uuid4())
        self.late[key] = {"given": given, "due_at": due_at}
        self._write("late", key, self.late[key])
        return key

    def arrive(self, key: str) -> dict[str, Any] | None:
        """Take a noted request; None when it was forgotten."""
        late = self.late.pop(key, None)
        self._remove("late", key)
        return None if late is None else dict(late["given"])

    def move(self, execution: Execution, status: str, reason: str | None = None) -> None:
        """Give it another status."""
        place = self.place(execution.instance_id)
        place.running += (status == "RUNNING") - (execution.status == "RUNNING")
        execution.status, execution.reason = status, reason
        execution.updated_at = self._now()
        if status not in OPEN:
            place.open.pop(execution.id, None)
        if place.running > place.most_running:
            place.most_running = place.running
            self._write("most_running", execution.instance_id, place.most_running)
        self.write(execution)

    def write(self, execution: Execution) -> None:
        """Write a changed execution through."""
        self._write("execution", execution.id, asdict(execution))

    def stats(self) -> dict[str, Any]:
        """What has been counted since the beginning, or the last reset."""
        executions = self.executions.values()
        return {
            "executions_created": len(executions),
            "by_workflow": Counter(one.workflow_id for one in executions),
            "by_status": Counter(one.status for one in executions),
            "running": {key: place.running for key, place in self.places.items()},
            "max_running_seen": {key: place.most_running for key, place in self.places.items()},
            "requests": dict(self.requests),  # since the process began
        }

    def reset(self) -> None:
        """Forget everything but the secret."""
        self._file.execute("DELETE FROM things WHERE kind <> 'secret'")
        self._forget()

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()
