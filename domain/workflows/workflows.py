"""Workflows: saved queries of the query library. They run like reports, which replace them."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import literal_column, select
from sqlalchemy.ext.asyncio import AsyncSession

from domain import documents, ids, kinds, lives, moments
from domain.bus import bus
from domain.errors import Conflict, Invalid, NotFound
from domain.executions import stopping
from domain.models import Instance, Workflow, WorkflowExecution
from domain.people import access
from domain.problems import Gathered, Problem, check_name, check_text, refuse
from domain.queries import parameters, sql
from domain.schedules import schedules
from domain.templates import drafts, metrics
from domain.templates.drafts import LONGEST_DESCRIPTION, LONGEST_NAME
from domain.viewer import Viewer

NAMES = {"sqlTemplate": "sqlQuery"}  # a template's name of a field, and a workflow's


@dataclass(frozen=True)
class WorkflowSpec:
    """What a person decides about a workflow. Raises Problems with all mistakes.

    Parameter values may be missing, as long as each run provides them.
    """

    name: str
    sql_query: str
    instance_id: str
    parameter_definitions: Any = field(default_factory=dict)
    parameters: Any = field(default_factory=dict)
    description: str | None = None
    report_config: Any = field(default_factory=dict)

    def __post_init__(self) -> None:
        of_query = drafts.query_problems(self.sql_query, self.parameter_definitions)
        columns = None if of_query else sql.output_columns(self.sql_query)
        of_config = metrics.check(self.report_config, columns)
        problems = [*self._of_words(), *of_query, *self._of_values(of_query), *of_config]
        refuse(one._replace(field=NAMES.get(one.field, one.field)) for one in problems)
        object.__setattr__(self, "report_config", metrics.kept(self.report_config))

    def _of_words(self) -> Iterator[Problem]:
        yield from check_name("name", self.name, LONGEST_NAME)
        yield from check_text("description", self.description, 0, LONGEST_DESCRIPTION)

    def _of_values(self, of_query: list[Problem]) -> list[Problem]:
        """Check the values.

        They can be checked against the definitions only if the query is valid.
        """
        if not isinstance(self.parameters, dict):
            return [documents.not_an_object(self.parameters, "parameters")]
        wrong = Gathered(documents.check("parameters", self.parameters))
        if wrong or of_query:
            return wrong
        needed = self.parameter_definitions.get("required", [])
        with wrong.also():
            optional = {**self.parameter_definitions, "required": []}
            given = parameters.check(optional, self.parameters)
            if set(needed) <= set(given):
                sql.render(self.sql_query, self.parameter_definitions, given)
        return wrong


async def create(
    session: AsyncSession, viewer: Viewer, spec: WorkflowSpec, *, key: UUID | None = None
) -> Workflow:
    """Create a workflow. `key` becomes its primary key, if it is given."""
    place = "workflow.instanceId"
    instance = await access.get(session, "inst", Instance, spec.instance_id, field=place)
    await access.must_be(session, viewer, instance.id, "editor", field=place)
    workflow = Workflow(id=key or uuid4(), instance_id=instance.id, user_id=viewer.user_id)
    _decide(workflow, spec)
    session.add(workflow)
    await session.flush()
    return workflow


async def change(
    session: AsyncSession, viewer: Viewer, public_id: str, spec: WorkflowSpec
) -> Workflow:
    """Replace what a person decides. Collections go on with what they started with.

    The instance stays, because a workflow must not mix the numbers of two instances.
    """
    workflow = await _editable(session, viewer, public_id)
    await _lock(session, workflow)
    if workflow.archived_at is not None:
        raise Conflict(f"The workflow {workflow.name!r} is archived.", field="id")
    place = "workflow.instanceId"
    if ids.decode("inst", spec.instance_id, field=place) != workflow.instance_id:
        raise Invalid(
            "A workflow stays on its instance; create another workflow there.", field=place
        )
    _decide(workflow, spec)
    await session.flush()
    await session.refresh(workflow)
    return workflow


def _decide(workflow: Workflow, spec: WorkflowSpec) -> None:
    workflow.name = spec.name.strip()
    workflow.description = spec.description
    workflow.sql_query = spec.sql_query
    workflow.parameter_definitions = spec.parameter_definitions
    workflow.parameters = spec.parameters
    workflow.report_config = spec.report_config


async def archive(session: AsyncSession, viewer: Viewer, public_id: str) -> Workflow:
    """Archive a workflow with its schedules. It does not run again, and its results stay."""
    workflow = await _editable(session, viewer, public_id)
    if workflow.archived_at is None:
        # Schedules are locked before what they run, as everybody does.
        why = f"The workflow {workflow.name!r} was archived."
        await schedules.put_away(session, kinds.WORKFLOW, workflow.id, why)
        bus.changed(session, workflow.id)
        await _lock(session, workflow)
        workflow.archived_at = workflow.archived_at or moments.now()
        await session.flush()
        await lives.recheck(session, source=(kinds.WORKFLOW, workflow.id))
        await session.refresh(workflow)
    return workflow


async def cancel(session: AsyncSession, viewer: Viewer, public_id: str) -> Workflow:
    """Stop all executions of a workflow. Its schedules and collections go on."""
    workflow = await _editable(session, viewer, public_id)
    await stopping.stop(session, kinds.WORKFLOW, WorkflowExecution.workflow_id == workflow.id)
    return workflow


async def _editable(session: AsyncSession, viewer: Viewer, public_id: str) -> Workflow:
    workflow = await access.get(session, "wf", Workflow, public_id, field="id")
    await access.must_be(session, viewer, workflow.instance_id, "editor", field="id")
    return workflow


async def _lock(session: AsyncSession, workflow: Workflow) -> None:
    """Lock the workflow and read it again. Raises NotFound if it has become a report."""
    statement = select(Workflow).where(Workflow.id == workflow.id).with_for_update(key_share=True)
    if await session.scalar(statement.execution_options(populate_existing=True)) is None:
        raise NotFound(f"There is no workflow {ids.encode('wf', workflow.id)!r}.", field="id")


# A literal status lets the plan use the partial index, which a parameter would not.
TO_DRAW = (
    select(WorkflowExecution.id)
    .where(
        ~WorkflowExecution.dashboard_processed,
        WorkflowExecution.status == literal_column("'SUCCEEDED'"),
    )
    .order_by(WorkflowExecution.workflow_id, WorkflowExecution.id)
)


async def to_draw(session: AsyncSession, most: int = 100) -> list[UUID]:
    """Return executions whose results have no view yet, workflow by workflow."""
    return list(await session.scalars(TO_DRAW.limit(most)))
