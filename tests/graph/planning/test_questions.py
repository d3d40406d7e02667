"""A question that was asked before is answered as if nobody had asked it."""

import random
from datetime import timedelta
from typing import Any

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    get_nullable_type,
)

from domain import ids, moments
from domain.viewer import Viewer
from graph.fields.context import Context
from graph.http import wire
from graph.planning import plans, questions
from graph.schema import schema
from tests.graph.copies import copies

VARIANTS = 6  # filters that are made up for each list
TEXTS = ("", "a", "Sales", "%", "é")
RANDOM = random.Random(20261130)


@pytest.fixture
async def known_ids(alice: Viewer, instance: Any) -> list[str]:
    """Public ids of rows that Alice may see, and of no row."""
    rows = await copies(alice, instance.id)
    prefixes = {
        "report_definitions": "rpt",
        "amc_instances": "inst",
        "query_templates": "tmpl",
        "report_executions": "exec",
    }
    found = [
        ids.encode(prefix, rows[table]["id"] if isinstance(rows[table], dict) else rows[table].id)
        for table, prefix in prefixes.items()
        if rows.get(table)
    ]
    return [*found, f"rpt_{'0' * 32}", "nothing"]


def filtered_lists() -> dict[str, GraphQLInputObjectType]:
    """The lists of the schema that take a filter, with its type."""
    query: Any = schema._schema.query_type
    found = {}
    for name, field in query.fields.items():
        type_ = field.args["filter"].type if "filter" in field.args else None
        if type_ is not None and not isinstance(type_, GraphQLNonNull) and "first" in field.args:
            found[name] = get_nullable_type(type_)
    return found


def made_up(type_: Any, known: list[str]) -> Any:
    """A value for an argument, often one that is refused."""
    type_ = get_nullable_type(type_)
    if isinstance(type_, GraphQLList):
        return [made_up(type_.of_type, known) for _ in range(RANDOM.randint(0, 3))]
    if isinstance(type_, GraphQLEnumType):
        return RANDOM.choice([*type_.values])
    if isinstance(type_, GraphQLInputObjectType):
        chosen = RANDOM.sample([*type_.fields], min(len(type_.fields), RANDOM.randint(0, 4)))
        return {name: made_up(type_.fields[name].type, known) for name in chosen}
    day = moments.now() - timedelta(days=RANDOM.randint(-3, 400))
    usual: dict[str, Any] = {
        "ID": RANDOM.choice(known),
        "Boolean": RANDOM.random() < 0.5,
        "Int": RANDOM.choice([0, 1, 7, 500]),
        "DateTime": day.isoformat(),
        "Date": day.date().isoformat(),
        "Decimal": "1.50",
    }
    return usual.get(type_.name, RANDOM.choice(TEXTS))


async def answer(
    viewer: Viewer, list_: str, variables: dict[str, Any], how: str, monkeypatch: Any
) -> bytes:
    monkeypatch.setattr(plans, "settings", plans.settings.model_copy(update={"planned_reads": how}))
    type_ = filtered_lists()[list_].name
    query = (
        f"query($filter: {type_}, $first: Int = 3) {{ "
        f"{list_}(filter: $filter, first: $first) {{ "
        "nodes { id __typename } pageInfo { endCursor hasNextPage } totalCount } }"
    )
    context = Context(viewer)
    found = await schema.execute(query, variable_values=variables, context_value=context)
    errors = [one.formatted for one in found.errors or ()]
    return wire.encode([found.data, errors, found.extensions])


async def test_lists_with_filters_are_answered_alike_each_time(
    alice, bob, charlie, known_ids, monkeypatch
):
    lists = filtered_lists()
    assert len(lists) >= 10
    refused = found = 0
    for name, type_ in lists.items():
        for _ in range(VARIANTS):
            variables = {"filter": made_up(type_, known_ids)}
            for viewer in (alice, bob, alice, charlie):
                first = await answer(viewer, name, variables, "on", monkeypatch)
                again = await answer(viewer, name, variables, "on", monkeypatch)
                normal = await answer(viewer, name, variables, "off", monkeypatch)
                assert first == again == normal, (name, variables)
            refused += b'"message"' in normal
            found += b'"nodes":[{' in first
    assert refused
    assert found


async def test_questions_that_differ_in_a_value_are_not_one(alice, report, monkeypatch):
    for first, shown in ((1, 1), (0, None), (1, 1), (50, 1)):
        found = wire.decode(await answer(alice, "reports", {"first": first}, "on", monkeypatch))
        page = found[0]["reports"]
        assert (page and len(page["nodes"])) == shown, (first, found)
    text = wire.decode(
        await answer(alice, "reports", {"filter": {"text": "no such"}}, "on", monkeypatch)
    )
    assert text[0]["reports"]["nodes"] == []


async def test_what_a_process_keeps_of_questions_is_bounded(alice, report, monkeypatch):
    for number in range(400):
        await answer(
            alice, "reports", {"filter": {"text": f"{number} {'x' * 50}"}}, "on", monkeypatch
        )
    kept = questions._asked
    assert kept._length <= 300_000
    long = {"filter": {"instanceIds": [f"inst_{number:032x}" for number in range(100)]}}
    before = len(kept._kept)
    await answer(alice, "reports", {"filter": {"text": "y" * 150}, **long}, "on", monkeypatch)
    assert len(kept._kept) <= before + 1
