"""What holds of the whole schema."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import graphql
import pytest
from strawberry.schema.schema_converter import GraphQLCoreConverter

from domain.errors import ErrorCode
from graph.fields.arguments import LIMITS
from graph.schema import schema

SDL = Path(__file__).parents[2] / "schema.graphql"


def described() -> Iterator[tuple[str, str | None]]:
    """Everything that can have a description, with the one it has."""
    built = graphql.build_schema(schema.as_str())
    for type_ in built.type_map.values():
        if type_.name.startswith("__") or graphql.is_specified_scalar_type(type_):
            continue
        yield type_.name, type_.description
        if graphql.is_enum_type(type_):
            for name, value in type_.values.items():
                yield f"{type_.name}.{name}", value.description
        for name, field in getattr(type_, "fields", {}).items():
            yield f"{type_.name}.{name}", field.description
            for argument, given in getattr(field, "args", {}).items():
                yield f"{type_.name}.{name}({argument})", given.description


def test_everything_is_described():
    assert [name for name, description in described() if not description] == []


def test_the_schema_file_is_current():
    assert SDL.read_text() == schema.as_str().rstrip() + "\n", "run `make schema`"


def test_the_codes_of_errors_are_in_the_schema():
    codes = graphql.build_schema(schema.as_str()).type_map["ErrorCode"]
    assert isinstance(codes, graphql.GraphQLEnumType)
    assert set(codes.values) == {code.value for code in ErrorCode}


@pytest.mark.parametrize("root", ["Query", "Mutation"])
def test_a_field_at_the_root_spares_those_beside_it(root: str):
    fields = graphql.build_schema(schema.as_str()).type_map[root].fields
    assert {name for name, one in fields.items() if str(one.type).endswith("!")} <= {"viewer"}


def numbers() -> Iterator[tuple[str, Any]]:
    """Every argument and field of an input that is a number, with what declares it."""
    for type_ in schema._schema.type_map.values():
        if type_.name.startswith("__") or not hasattr(type_, "fields"):
            continue
        for name, field in type_.fields.items():
            slots = field.args if hasattr(field, "args") else {name: field}
            for argument, slot in slots.items():
                if graphql.get_named_type(slot.type).name in ("Int", "BigInt", "Float"):
                    declared = slot.extensions[GraphQLCoreConverter.DEFINITION_BACKREF]
                    yield f"{type_.name}.{name}({argument})", declared


def test_every_number_that_is_taken_has_limits():
    found = dict(numbers())
    assert [name for name, declared in found.items() if LIMITS not in declared.metadata] == []
    assert "Execution.rows(offset)" in found


@pytest.mark.parametrize("root", ["Query", "Mutation", "Subscription"])
def test_lists_at_the_root_are_connections_or_bounded(root: str):
    built = graphql.build_schema(schema.as_str())
    fields = built.type_map[root].fields
    lists = {name for name, field in fields.items() if str(field.type).startswith("[")}
    # As many as were asked for, and those that come with the product.
    plain = {name for name in lists if "ids" not in fields[name].args}
    assert plain <= {"dashboardTemplates", "insightPrecision"}
