"""What a template may define its parameters with: a safe part of JSON Schema, 2020-12.

It has only what a form can show and AMC can take: simple types and lists of them. There are no
references, so nothing is ever fetched. There are no patterns, so no value can make a regular
expression run for long.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from jsonschema import Draft202012Validator

from domain import documents, sentences
from domain.problems import Problem, refuse
from domain.queries import parameters
from domain.queries.parameters import FORMATS, LIST_FORMATS
from domain.sentences import must_be, sentence, unknown

FIELD = "parameterDefinitions"
MOST = 100  # parameters; AMC's limit
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
SIMPLE = ("string", "integer", "number", "boolean")
OUTER = {
    "$schema",
    "type",
    "title",
    "description",
    "properties",
    "required",
    "additionalProperties",
}
SPOKEN = {"title", "description", "examples"}
OF_TYPE = {
    "string": {"minLength", "maxLength", "format"},
    "integer": {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"},
    "number": {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"},
    "boolean": set[str](),
    "array": {"items", "minItems", "maxItems", "uniqueItems", "format"},
}
DIALECT = "https://json-schema.org/draft/2020-12/schema"
META = Draft202012Validator(Draft202012Validator.META_SCHEMA)


def check(definitions: object) -> None:
    """Whether these can be a template's definitions. Raises Problems with all that is wrong."""
    refuse(_problems(definitions))


def _problems(definitions: object) -> Iterator[Problem]:
    if not isinstance(definitions, dict) or definitions.get("type", "object") != "object":
        yield Problem(FIELD, "Definitions must be an object: a JSON Schema of type object.")
        return
    unkept = list(documents.check(FIELD, definitions))
    if unkept:
        yield from unkept
        return
    yield from (
        Problem(f"{FIELD}.{word}", f"{word!r} cannot be used here.")
        for word in sorted(set(definitions) - OUTER)
    )
    if definitions.get("$schema", DIALECT) != DIALECT:
        yield Problem(f"{FIELD}.$schema", f"Only {DIALECT} is understood.")
    if definitions.get("additionalProperties", False) is not False:
        yield Problem(f"{FIELD}.additionalProperties", "Parameters are all defined: false.")
    known = definitions.get("properties", {})
    if not isinstance(known, dict):
        yield documents.not_an_object(known, f"{FIELD}.properties")
        return
    if len(known) > MOST:
        yield Problem(f"{FIELD}.properties", f"AMC takes at most {MOST} parameters.")
        return
    for name, one in known.items():
        yield from _of_parameter(name, one)
    yield from _of_required(definitions.get("required", []), known)


def _of_required(required: object, known: Mapping[str, Any]) -> Iterator[Problem]:
    field = f"{FIELD}.required"
    if not isinstance(required, list):
        yield Problem(field, sentence(["required"], must_be(sentences.LIST, required)))
        return
    names = list(known)
    for place, name in enumerate(required):
        here = f"{field}.{place}"
        if not isinstance(name, str):
            told = must_be(sentences.TEXT, name)
            yield Problem(here, sentence(["required", place], told))
        elif name not in known:
            yield Problem(here, unknown("parameter", name, names))


def _of_parameter(name: str, one: object) -> Iterator[Problem]:
    field = f"{FIELD}.properties.{name}"
    if not NAME.fullmatch(name):
        yield Problem(field, f"{name!r} is no name: 1 to 64 letters, digits and _, no digit first.")
        return
    wrong = list(_of_definition(field, name, one, (*SIMPLE, "array")))
    yield from wrong
    if not wrong and isinstance(one, dict) and "default" in one:
        yield from parameters.problems_of(f"{field}.default", name, one, one["default"])


def _of_definition(field: str, name: str, one: object, types: tuple[str, ...]) -> Iterator[Problem]:
    kind = one.get("type") if isinstance(one, dict) else None
    if not isinstance(one, dict) or kind not in types:
        yield Problem(f"{field}.type", f"{name!r} must have a type: {', '.join(types)}.")
        return
    allowed = SPOKEN | OF_TYPE[kind] | {"type", "default", "enum", "const"}
    for word in sorted(set(one) - allowed):
        yield Problem(f"{field}.{word}", f"{word!r} cannot be used for the {kind} {name!r}.")
    for error in META.iter_errors(one):
        path = list(error.absolute_path)
        told = f"{sentence(path, parameters.predicate(error))[:-1]}, in the definition of {name!r}."
        yield Problem(".".join([field, *map(str, path)]), told)
    known_formats = LIST_FORMATS if kind == "array" else FORMATS
    if "format" in one and one["format"] not in known_formats:
        listed = ", ".join(known_formats)
        yield Problem(f"{field}.format", f"The format of {name!r} can be {listed}.")
    if kind == "array":
        yield from _of_items(field, name, one)


def _of_items(field: str, name: str, one: Mapping[str, Any]) -> Iterator[Problem]:
    items = one.get("items")
    if items is not None or one.get("format") not in LIST_FORMATS:
        yield from _of_definition(f"{field}.items", f"items of {name}", items, SIMPLE)
    most = parameters.MOST.get(str(one.get("format")), parameters.MOST_ITEMS)
    if isinstance(one.get("maxItems"), int) and one["maxItems"] > most:
        yield Problem(f"{field}.maxItems", f"{name!r} can have at most {most:,} values.")
