"""Operations through the API as a person, with expected refusals, and common objects."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event, text

from domain import db, ids, models
from domain.bus import queues
from domain.bus.queues import Job
from domain.snapshots import snapshots
from domain.viewer import Viewer
from graph.fields.context import Context
from graph.planning import plans
from graph.schema import schema

Ask = Callable[..., Awaitable[Any]]


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Job, str]]:
    """The jobs that would be sent. They are collected and not sent."""
    found: list[tuple[Job, str]] = []
    monkeypatch.setattr(queues, "enqueue", found.extend)
    return found


async def execute(viewer: Viewer, operation: str, **variables: Any) -> Any:
    """The schema's answer to this person."""
    context = Context(viewer)
    answer = await schema.execute(operation, variable_values=variables, context_value=context)
    # A field that does more than read belongs into `snapshots.apart`: all was executed twice.
    assert not context.plan.startswith("session."), (context.plan, operation)
    return answer


@pytest.fixture
def ask(alice: Viewer) -> Ask:
    """The data of an operation that must succeed. Alice asks it unless `by` says otherwise.

    For an operation with one root field its value is returned, otherwise all of the data.
    """

    async def asked(operation: str, by: Viewer = alice, **variables: Any) -> Any:
        answer = await execute(by, operation, **variables)
        assert not answer.errors, answer.errors
        data = answer.data
        return next(iter(data.values())) if len(data) == 1 else data

    return asked


@pytest.fixture
def refused(alice: Viewer) -> Ask:
    """The error of an operation that must be refused: its message and extensions in one object."""

    async def asked(operation: str, by: Viewer = alice, **variables: Any) -> Any:
        answer = await execute(by, operation, **variables)
        assert answer.errors, answer.data
        error = answer.errors[0]
        return {"message": error.message, **(error.extensions or {})}

    return asked


@pytest.fixture
async def template() -> models.Template:
    """The built-in template that most tests use."""
    async with db.owner_transaction() as session:
        found = await session.scalar(
            text("SELECT id FROM query_templates WHERE slug = 'campaign-performance'")
        )
        return await session.get_one(models.Template, found)


@pytest.fixture
async def report_input(template: models.Template, instance: models.Instance) -> dict[str, Any]:
    """An input of `reportCreate`."""
    return {
        "name": "Campaigns of the week",
        "templateId": ids.encode("tmpl", template.id),
        "instanceId": ids.encode("inst", instance.id),
        "parameters": {},
    }


CREATE = "mutation($report: ReportInput!) { reportCreate(report: $report) { id } }"


@pytest.fixture
async def report(ask: Ask, report_input: dict[str, Any], sent: list[Any]) -> dict[str, Any]:
    """A report of Alice's."""
    made: dict[str, Any] = await ask(CREATE, report=report_input)
    return made


OWN = """
mutation($template: TemplateInput!) { templateCreate(template: $template) { id } }
"""


@pytest.fixture
def own_template(ask: Ask) -> Callable[[str], Awaitable[str]]:
    """Create a template of Alice's from this SQL, and return its id."""

    async def make(sql: str, **more: Any) -> str:
        made = await ask(OWN, template={"name": "Mine", "sqlTemplate": sql, **more})
        return str(made["id"])

    return make


@pytest.fixture
def with_plans(monkeypatch: pytest.MonkeyPatch) -> None:
    """Plans are used, whatever the settings of the whole run say."""
    on = plans.settings.model_copy(update={"planned_reads": "on"})
    monkeypatch.setattr(plans, "settings", on)


@pytest.fixture
def count_statements(with_plans: None, monkeypatch: pytest.MonkeyPatch) -> Callable[[], Any]:
    """The SQL statements of a block, except those that begin and end transactions."""

    @contextmanager
    def counting() -> Iterator[list[str]]:
        seen: list[str] = []

        def note(conn: Any, cursor: Any, statement: str, *rest: Any) -> None:
            seen.append(statement)

        fetch = snapshots.Snapshot._fetch

        async def fetched(self: snapshots.Snapshot, sql: str, arguments: Any) -> Any:
            seen.append(sql)
            return await fetch(self, sql, arguments)

        engine = db.engine("api").sync_engine
        event.listen(engine, "before_cursor_execute", note)
        monkeypatch.setattr(snapshots.Snapshot, "_fetch", fetched)
        try:
            yield seen
        finally:
            event.remove(engine, "before_cursor_execute", note)
            monkeypatch.setattr(snapshots.Snapshot, "_fetch", fetch)

    return counting
