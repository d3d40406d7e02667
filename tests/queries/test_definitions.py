"""What a template may define its parameters with."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.problems import Problem, Problems
from domain.queries import definitions
from tests.queries.parameters import ASINS, CAMPAIGNS, DEFINITIONS, JSON, outcome


def refused_definitions(given_definitions: Any) -> list[Problem]:
    with pytest.raises(Problems) as refused:
        definitions.check(given_definitions)
    assert all(field.startswith("parameterDefinitions") for field, _ in refused.value.errors)
    return refused.value.errors


def of_one(definition: Any) -> list[Problem]:
    return refused_definitions({"type": "object", "properties": {"x": definition}})


def test_what_a_form_can_show_and_amc_can_take_can_be_defined():
    definitions.check(DEFINITIONS)
    definitions.check({})
    definitions.check({"$schema": definitions.DIALECT, "title": "Parameters", "properties": {}})


@pytest.mark.parametrize(
    ("definition", "field", "says"),
    [
        ({"$ref": "https://example.com/schema"}, "x.type", "must have a type"),
        ({"type": "string", "$ref": "#/x"}, "x.$ref", "'$ref' cannot be used"),
        ({"type": "string", "pattern": "(a+)+$"}, "x.pattern", "'pattern' cannot be used"),
        ({"type": "integer", "maxLength": 3}, "x.maxLength", "for the integer 'x'"),
        ({"type": "object"}, "x.type", "string, integer, number, boolean, array"),
        ({"type": ["string", "null"]}, "x.type", "must have a type"),
        ({"type": {}}, "x.type", "must have a type"),
        ("string", "x.type", "must have a type"),
        ({"type": "integer", "minimum": "1"}, "x.minimum", "must be a number, not '1'"),
        ({"type": "string", "minLength": -1}, "x.minLength", "0 or more, not -1"),
        ({"type": "string", "format": "campaign-id-list"}, "x.format", "date, duration, asin"),
        ({"type": "array", "format": "asin"}, "x.format", "campaign-ids, asins"),
        ({"type": "array"}, "x.items.type", "must have a type"),
        ({"type": "array", "items": {"type": "array"}}, "x.items.type", "must have a type"),
        ({"type": "array", "items": {"type": "string", "$ref": "#"}}, "x.items.$ref", "'$ref'"),
        ({**CAMPAIGNS, "maxItems": 101}, "x.maxItems", "at most 100"),
        ({**ASINS, "maxItems": 1001}, "x.maxItems", "at most 1,000"),
        ({"type": "integer", "default": "7"}, "x.default", "a whole number, not '7'"),
        ({"type": "integer", "maximum": 3, "default": 4}, "x.default", "3 or less"),
        ({"type": "string", "default": "a\0"}, "x.default", "a character that cannot be stored"),
        ({"type": "number", "default": float("inf")}, "x.default", "a finite number"),
        ({"type": "string", "enum": "a"}, "x.enum", "must be a list, not 'a'"),
    ],
)
def test_a_definition_that_is_no_good_says_why_and_where(definition, field, says):
    told = of_one(definition)

    assert told[0].field == f"parameterDefinitions.properties.{field}"
    assert says in told[0].message


@pytest.mark.parametrize(
    ("given_definitions", "field", "says"),
    [
        ([], "", "JSON Schema of type object"),
        ({"type": "array"}, "", "JSON Schema of type object"),
        ({"properties": []}, ".properties", "an object of names and values"),
        ({"$ref": "https://example.com"}, ".$ref", "cannot be used here"),
        ({"patternProperties": {}}, ".patternProperties", "cannot be used here"),
        ({"allOf": []}, ".allOf", "cannot be used here"),
        ({"$schema": "https://example.com"}, ".$schema", "is understood"),
        ({"additionalProperties": True}, ".additionalProperties", "false"),
        ({"required": "x"}, ".required", "must be a list"),
        ({"required": [{}]}, ".required.0", "must be"),
        ({"required": ["x"]}, ".required.0", "There is no parameter 'x'"),
        ({"properties": {"a-b": {"type": "string"}}}, ".properties.a-b", "is no name"),
        ({"properties": {"1a": {"type": "string"}}}, ".properties.1a", "no digit first"),
        ({"properties": {"a" * 65: {"type": "string"}}}, ".properties." + "a" * 65, "1 to 64"),
        ({"title": "a" * 70_000}, "", "at most 65,536"),
    ],
)
def test_definitions_that_are_no_good_say_why_and_where(given_definitions, field, says):
    told = refused_definitions(given_definitions)

    assert told[0].field == f"parameterDefinitions{field}"
    assert says in told[0].message


def test_a_hundred_parameters_are_taken_and_not_one_more():
    many = {f"p{number}": {"type": "string"} for number in range(101)}

    definitions.check({"properties": dict(list(many.items())[:100])})
    assert "at most 100 parameters" in refused_definitions({"properties": many})[0].message


def test_all_that_is_wrong_with_definitions_is_told_at_once():
    told = refused_definitions(
        {"properties": {"a": {"type": "x"}, "b": {"type": "integer", "default": "1"}}}
    )

    assert [one.field for one in told] == [
        "parameterDefinitions.properties.a.type",
        "parameterDefinitions.properties.b.default",
    ]


@given(JSON | st.fixed_dictionaries({"properties": st.dictionaries(st.text(), JSON)}))
def test_definitions_of_any_shape_are_taken_or_refused_with_fields(anything):
    _, refused = outcome(definitions.check, anything)

    assert all(one.field.startswith("parameterDefinitions") for one in refused)
