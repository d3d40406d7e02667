"""Executes operations by a plan where there is one.

graphql-core executes the operation, and what it says of the errors and nulls of root fields is
final. A plan completes the values that they return. The arguments of a query's root fields are
worked out once for each question (graph/planning/questions.py). If a plan cannot be followed, a
query is executed again without one, and the value of a mutation or of an event is completed again:
neither runs twice.
"""

from collections.abc import Awaitable, Mapping
from typing import Any, cast

import structlog
from graphql import (
    ExecutionResult,
    FieldNode,
    GraphQLError,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLResolveInfo,
)
from graphql.execution.collect_fields import FieldDetailsList
from graphql.execution.executor import CollectedErrors, to_nodes
from graphql.execution.values import get_argument_values
from graphql.pyutils import Path

from domain.errors import DomainError
from domain.settings import settings
from domain.snapshots import snapshots
from graph.http.telemetry import access
from graph.planning import plans
from graph.planning.questions import Asked
from graph.planning.resolvers import RootField
from graph.planning.running import Run, Unrepaired
from graph.planning.shapes import Plan, Shape

log = structlog.get_logger()


class Planned(Asked):
    """Completes the values of root fields by a plan."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._plan: Plan | None = None
        self._begun: set[str | int] = set()  # root fields whose values are being completed
        self._is_query = False
        self._why: str | None = None  # the plan could not be followed

    def is_within(self, points: int, size: int) -> bool:
        """Return whether the operation may have so many more points and bytes."""
        return True

    def counted(self, points: int, size: int) -> None:
        """Count what a plan has done."""

    def begin_again(self) -> None:
        """Forget what was counted and found so far."""
        self.collected_errors = CollectedErrors()
        self._plan = None

    def execute_operation(self, serially: bool | None = None) -> Any:
        """The result, by a plan if there is one."""
        found = plans.find(self)
        self._begun, self._why, self._plan = set(), None, None
        if isinstance(found, str):
            self._tell(found)
            return super().execute_operation(serially)
        self._plan = found
        self._is_query = plans.is_query(self)
        if self._is_query:
            return self._query(found)
        self._tell(plans.PLANNED)
        return super().execute_operation(serially)

    async def _query(self, plan: Plan) -> ExecutionResult:
        plan.runs += 1
        async with snapshots.reading(self.context_value.viewer, plan.needed) as snapshot:
            result: Any = super().execute_operation()
            if self.is_awaitable(result):
                result = await cast("Awaitable[ExecutionResult]", result)
        why = snapshot.spoiled or self._why
        self._tell(why or plans.PLANNED)
        if why is None:
            return cast("ExecutionResult", result)
        plan.failures += 1
        self.begin_again()
        again: Any = super().execute_operation()
        return cast("ExecutionResult", await again if self.is_awaitable(again) else again)

    def execute_field(
        self,
        parent_type: GraphQLObjectType,
        source: Any,
        field_details_list: FieldDetailsList,
        path: Path,
        position_context: Any,
    ) -> Any:
        """The value of a field; that of a root field of a planned query by its resolver alone."""
        if self._is_query and self._plan is not None and path.prev is None:
            key = str(path.key)
            root, shape = self._plan.resolvers.get(key), self._plan.roots.get(key)
            if root is not None and shape is not None:
                return self._root(root, shape, parent_type, source, field_details_list, path)
        return super().execute_field(
            parent_type, source, field_details_list, path, position_context
        )

    async def _root(
        self,
        root: RootField,
        shape: Shape,
        parent_type: GraphQLObjectType,
        source: Any,
        details: FieldDetailsList,
        path: Path,
    ) -> Any:
        """Resolve a root field and complete its value, as graphql-core does it."""
        try:
            info = self.build_resolve_info(root.field, to_nodes(details), parent_type, path)
            value = root.call(source, info, self._arguments(root, details[0].node))
            if self.is_awaitable(value):
                value = await value
            if isinstance(value, Exception):
                raise value  # noqa: TRY301 (as graphql-core does)
            found, self._why = await self._run(shape, value)
        except Exception as error:  # noqa: BLE001 (it becomes the error of the field)
            self.handle_field_error(error, root.field.type, details, path)
            return None
        return found

    def _arguments(self, root: RootField, node: FieldNode) -> Mapping[str, Any]:
        """What the resolver of a root field is given. Raises what is wrong with it."""
        if not root.field.args and not node.arguments:
            return {}
        known = self.question.arguments
        found = known.get(id(node))
        if found is None:
            given = get_argument_values(
                root.field, node, self.variable_values, None, self.hide_suggestions
            )
            found = known[id(node)] = root.arguments(
                given, cast("Any", self.schema)._strawberry_schema
            )
        return found

    def complete_value(
        self,
        return_type: GraphQLOutputType,
        field_details_list: FieldDetailsList,
        info: GraphQLResolveInfo[Any],
        path: Path,
        result: Any,
        position_context: Any,
    ) -> Any:
        """The value of a root field by the plan, and any other value normally."""
        if self._plan is not None and path.prev is None and path.key not in self._begun:
            self._begun.add(path.key)
            shape = self._plan.roots.get(str(path.key))
            if shape is not None and not isinstance(result, Exception):
                usual = (return_type, field_details_list, info, path, result, position_context)
                return self._completed(shape, self._plan, usual)
        return super().complete_value(
            return_type, field_details_list, info, path, result, position_context
        )

    async def _completed(self, shape: Shape, plan: Plan, usual: tuple[Any, ...]) -> Any:
        value = usual[4]
        if self._is_query:
            found, self._why = await self._run(shape, value)
            return found
        async with snapshots.reading(self.context_value.viewer, plan.needed) as snapshot:
            found, why = await self._run(shape, value)
        why = snapshot.spoiled or why
        if why is None:
            return found
        self._tell(why)
        again = super().complete_value(*usual)
        return await again if self.is_awaitable(again) else again

    async def _run(self, shape: Shape, value: Any) -> tuple[Any, str | None]:
        """The value by the plan, or why the plan cannot be followed."""
        run = Run(self)
        try:
            found = await run.value(shape, value)
            run.check()
        except Unrepaired as unrepaired:
            log.info("planning.not_followed", why=str(unrepaired), at=run.at)
            return None, self._why or str(unrepaired)
        except DomainError:
            return None, self._why or "refused"
        except Exception as error:  # noqa: BLE001 (normal execution says what is wrong)
            told = f"{type(error).__name__}: {error}"
            log.info("planning.not_followed", why=told, at=run.at)
            return None, self._why or "error"
        self.counted(run.points, run.bytes)
        return found, self._why

    def handle_field_error(
        self,
        raw_error: Exception,
        return_type: GraphQLOutputType,
        field_details_list: FieldDetailsList,
        path: Path,
    ) -> None:
        """Handle an error of a field. A refusal is final; other errors may be the plan's."""
        is_final = isinstance(raw_error, DomainError | GraphQLError)
        if self._plan is not None and self._is_query and not is_final:
            self._why = self._why or "error"
        super().handle_field_error(raw_error, return_type, field_details_list, path)

    def _tell(self, word: str) -> None:
        """Note how the operation was executed."""
        plans.note(word)
        self.context_value.plan = word
        access.know(plan=word)
        if word != plans.PLANNED and settings.planned_reads == "only":
            log.error("planning.fell_back", why=word)
