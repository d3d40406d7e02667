"""The two kinds of what runs, reports and workflows, and their differences as data.

Everybody else asks `of` for the kind of a row, and reads the difference here. Reports are the newer
kind. Workflows are the saved queries of the query library.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from domain import ids
from domain.errors import Invalid
from domain.models import (
    Report,
    ReportExecution,
    ReportSchedule,
    Workflow,
    WorkflowExecution,
    WorkflowSchedule,
)

Runnable = Report | Workflow
Execution = ReportExecution | WorkflowExecution
Schedule = ReportSchedule | WorkflowSchedule


@dataclass(frozen=True)
class Table:
    """A table of one kind: its model, the prefix of its ids, and the column that refers to it."""

    model: Any  # mypy joins the models of both kinds to their mixin, which has no table
    prefix: str
    key: str

    @property
    def name(self) -> str:
        """The table's name in SQL."""
        return str(self.model.__tablename__)


@dataclass(frozen=True, eq=False)
class Kind:
    """A kind of what runs, with its executions and schedules."""

    noun: str
    source: Table
    execution: Table
    schedule: Table
    words: Mapping[str, str]  # a report's status of an execution -> this kind's status
    has_template: bool  # its SQL is a version of a template; otherwise it has its own
    has_summary: bool  # its row holds the number of executions and the schedule's frequency

    @property
    def argument(self) -> str:
        """The name of an argument or field with its public id: `reportId`."""
        return f"{self.noun}Id"


REPORT = Kind(
    noun="report",
    source=Table(Report, "rpt", "report_id"),
    execution=Table(ReportExecution, "exec", "report_execution_id"),
    schedule=Table(ReportSchedule, "sch", "report_schedule_id"),
    words={word: word for word in ("pending", "running", "completed", "failed", "cancelled")},
    has_template=True,
    has_summary=True,
)
WORKFLOW = Kind(
    noun="workflow",
    source=Table(Workflow, "wf", "workflow_id"),
    execution=Table(WorkflowExecution, "wexec", "workflow_execution_id"),
    schedule=Table(WorkflowSchedule, "wsch", "workflow_schedule_id"),
    words={  # AMC's own
        "pending": "PENDING",
        "running": "RUNNING",
        "completed": "SUCCEEDED",
        "failed": "FAILED",
        "cancelled": "CANCELLED",
    },
    has_template=False,
    has_summary=False,
)
KINDS = (REPORT, WORKFLOW)

_TABLES = [
    (kind, table) for kind in KINDS for table in (kind.source, kind.execution, kind.schedule)
]
_BY_MODEL = {table.model: (kind, table) for kind, table in _TABLES}
_BY_PREFIX = {table.prefix: kind for kind, table in _TABLES}
MODELS: dict[str, Any] = {table.prefix: table.model for _, table in _TABLES}
EXECUTIONS: tuple[Any, ...] = tuple(kind.execution.model for kind in KINDS)


def of(row: Any) -> Kind:
    """Return the kind of a report, workflow, execution or schedule, or of a row that names one.

    Collections, views and configurations name one in `report_id` or `workflow_id`.
    """
    if type(row) in _BY_MODEL:
        return _BY_MODEL[type(row)][0]
    return next(kind for kind in KINDS if getattr(row, kind.source.key) is not None)


def status_of(word: str | None) -> str | None:
    """The status of a report's execution that the word of either kind stands for, in any case."""
    known = {one.lower(): status for kind in KINDS for status, one in kind.words.items()}
    return None if word is None else known[word.lower()]


def of_id(public_id: str) -> Kind:
    """Return the kind of a public id. An unknown prefix counts as a report's, and names no row."""
    return _BY_PREFIX.get(public_id.partition("_")[0], REPORT)


def of_prefix(prefix: str) -> Kind:
    """Return the kind whose ids have this prefix."""
    return _BY_PREFIX[prefix]


def public_id(row: Runnable | Execution | Schedule) -> str:
    """Return the public id of a row."""
    _, table = _BY_MODEL[type(row)]
    return ids.encode(table.prefix, row.id)


def source_key(row: Any) -> Any:
    """Return the primary key of a row's report or workflow, or None if only a template ran."""
    return getattr(row, of(row).source.key)


def chosen(report_id: str | None, workflow_id: str | None) -> tuple[Kind, str]:
    """Return the kind and public id of the one that is given. Raises Invalid unless it is one."""
    both = zip(KINDS, (report_id, workflow_id), strict=True)
    given = [(kind, one) for kind, one in both if one is not None]
    if len(given) != 1:
        raise Invalid("Give a report or a workflow, not both.", field="reportId")
    return given[0]


def union_all(select: str) -> str:
    """Return the SQL of one SELECT for each kind, joined by UNION ALL.

    `select` is a format string: `{kind.execution.name}` is the table of executions, and a literal
    brace is doubled.
    """
    return " UNION ALL ".join(select.format(kind=kind) for kind in KINDS)
