"""Questions that were asked before: an operation with its variables.

Clients ask the same again and again. Coercing the variables and converting the arguments of a list
with a filter takes longer than reading the list, so it is done once. What is kept here is shared by
requests: nobody changes it. It holds no row and no right.
"""

from dataclasses import dataclass, field
from typing import Any

import orjson
from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    default_field_resolver,
    default_type_resolver,
)
from graphql.execution.collect_fields import FragmentDetails
from graphql.execution.values import VariableValues

from graph.fields.turns import Paced
from graph.http.limits.recent_documents import Recent

LONGEST = 4_000  # bytes of variables of which something is kept
# The other arguments of `Executor.build`, in their order.
OTHERS = (
    "field_resolver",
    "type_resolver",
    "subscribe_field_resolver",
    "max_coercion_errors",
    "enable_early_execution",
    "middleware",
    "is_awaitable",
    "is_async_iterable",
)

Name = tuple[int, int, str | None, bytes]


@dataclass(frozen=True)
class Question:
    """A query with its variables, and the arguments of its root fields by the ids of their nodes.

    All of it is of one document.
    """

    document: DocumentNode
    operation: OperationDefinitionNode
    fragment_definitions: dict[str, FragmentDefinitionNode]
    fragments: dict[str, FragmentDetails]
    variables: VariableValues
    arguments: dict[int, dict[str, Any]] = field(default_factory=dict)


_asked: Recent[Question] = Recent()


def name(
    schema: GraphQLSchema, document: DocumentNode, operation: str | None, variables: object
) -> Name | None:
    """By what a question is kept; None if it is not kept."""
    try:
        given = orjson.dumps(variables) if variables else b""
    except TypeError:
        return None
    if len(given) > LONGEST:
        return None
    return id(schema), id(document), operation, given


def find(name: Name | None, document: DocumentNode) -> Question | None:
    """The question that was kept by this name."""
    found = None if name is None else _asked.find(name)
    return found if found is not None and found.document is document else None


def keep(name: Name | None, question: Question) -> None:
    """Keep a question."""
    location = question.document.loc
    if name is not None and location is not None:
        _asked.keep(name, len(location.source.body) + len(name[-1]), question)


class Asked(Paced):
    """Executes an operation. `question` has what is worked out of it and its variables."""

    question: Question

    @classmethod
    def build(
        cls,
        schema: GraphQLSchema,
        document: DocumentNode,
        root_value: Any = None,
        context_value: Any = None,
        raw_variable_values: dict[str, Any] | None = None,
        operation_name: str | None = None,
        *given: Any,
        **more: Any,
    ) -> Any:
        """An executor, or a list of the errors that prevent it."""
        called = name(schema, document, operation_name, raw_variable_values)
        if (known := find(called, document)) is not None:
            others = dict(zip(OTHERS, given, strict=False)) | more
            return cls._of(known, schema, root_value, context_value, others)
        made: Any = super().build(
            schema,
            document,
            root_value,
            context_value,
            raw_variable_values,
            operation_name,
            *given,
            **more,
        )
        if isinstance(made, Asked):
            made.question = Question(
                document,
                made.operation,
                made.fragment_definitions,
                made.fragments,
                made.variable_values,
            )
            if made.operation.operation is OperationType.QUERY:
                keep(called, made.question)
        return made

    @classmethod
    def _of(
        cls,
        question: Question,
        schema: GraphQLSchema,
        root_value: Any,
        context_value: Any,
        others: dict[str, Any],
    ) -> "Asked":
        """The executor of a question that is known, as graphql-core makes it."""
        others.pop("max_coercion_errors", None)
        made = cls(
            schema,
            question.fragment_definitions,
            question.fragments,
            root_value,
            context_value,
            question.operation,
            question.variables,
            others.pop("field_resolver", None) or default_field_resolver,
            others.pop("type_resolver", None) or default_type_resolver,
            others.pop("subscribe_field_resolver", None) or default_field_resolver,
            middleware_manager=others.pop("middleware", None),
            **others,
        )
        made.question = question
        return made
