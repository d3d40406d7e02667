"""Every operation that we ship has a plan."""

import re
from pathlib import Path
from typing import Any

import pytest
from graphql import GraphQLError, OperationDefinitionNode, parse, validate

from graph.fields.context import Context
from graph.http import own_documents
from graph.http.limits import recent_documents
from graph.planning import plans
from graph.planning.executor import Planned
from graph.planning.shapes import Plan
from graph.schema import schema
from tests.graph.small_schema import SOMEBODY

ROOT = Path(__file__).parents[3]
BLOCK = re.compile(r"^```graphql\n(.*?)^```", re.MULTILINE | re.DOTALL)
IN_CODE = re.compile(r'"""(.*?)"""|`([^`]*)`', re.DOTALL)
SOURCES = [
    *ROOT.glob("docs/*.md"),
    *ROOT.glob("tests/clients/*.mjs"),
    ROOT / "tests/clients/queries.graphql",
    ROOT / "benchmarks/support/board.py",
    ROOT / "local/demo.py",
]


def shipped() -> dict[str, str]:
    """The texts of documents, by where they are."""
    found = dict(own_documents.documents())
    for source in SOURCES:
        text = source.read_text()
        parts = [text] if source.suffix == ".graphql" else []
        parts += BLOCK.findall(text)
        parts += [one or other for one, other in IN_CODE.findall(text)]
        for number, part in enumerate(parts):
            if _is_valid(part):
                found[f"{source.name} {number}"] = part
    return found


def _is_valid(text: str) -> bool:
    try:
        return "{" in text and not validate(schema._schema, parse(text))
    except GraphQLError:
        return False


def planned(text: str) -> dict[str, Plan | str]:
    """The plans of a document's operations."""
    document = parse(text)
    found: dict[str, Plan | str] = {}
    for one in document.definitions:
        if isinstance(one, OperationDefinitionNode):
            name = one.name.value if one.name else ""
            executor = Planned.build(
                schema._schema,
                document,
                context_value=Context(SOMEBODY),
                raw_variable_values=_anything(one),
                operation_name=name or None,
            )
            if isinstance(executor, list):  # variables that cannot be made up
                continue
            found[name or one.operation.value] = plans.find(executor)
    return found


def _anything(operation: OperationDefinitionNode) -> dict[str, Any]:
    """Values for required variables of simple types."""
    values: dict[str, Any] = {"ID": "x", "String": "x", "Int": 1, "Boolean": True}
    given = {}
    for one in operation.variable_definitions or ():
        location = one.type.loc
        assert location is not None
        kind = location.source.body[location.start : location.end]
        if kind.rstrip("!") in values:
            given[one.variable.name.value] = values[kind.rstrip("!")]
    return given


SHIPPED = shipped()


def test_there_are_operations_to_look_at():
    assert len(SHIPPED) > 30


@pytest.mark.parametrize("place", sorted(SHIPPED))
def test_an_operation_that_we_ship_has_a_plan(place: str):
    for name, found in planned(SHIPPED[place]).items():
        assert isinstance(found, Plan), (name, found)


def test_a_plan_is_kept_for_what_is_skipped_and_not_for_each_value():
    text = """query($n: Int, $yes: Boolean!) {
      reports(first: $n) { nodes { id name @skip(if: $yes) } } }"""
    document = parse(text)
    made = []
    for n, yes in ((1, True), (2, True), (3, False), (4, False)):
        executor = Planned.build(
            schema._schema,
            document,
            context_value=Context(SOMEBODY),
            raw_variable_values={"n": n, "yes": yes},
        )
        assert isinstance(executor, Planned)
        made.append(plans.find(executor))
    assert made[0] is made[1] is not made[2] is made[3]


def test_only_so_many_plans_are_kept(monkeypatch):
    monkeypatch.setattr(plans, "_plans", recent_documents.Recent())
    monkeypatch.setattr(recent_documents, "MOST", 700)
    for number in range(9):
        assert planned(f"{{ a{number}: viewer {{ id }} }}")
    assert len(plans._plans._kept) == 3


def test_introspection_is_executed_normally():
    found = planned("{ viewer { __typename id } __schema { types { name } } }")["query"]
    assert isinstance(found, Plan)
    assert set(found.roots) == {"viewer"}
