"""Values for a template's parameters, checked against its definitions (JSON Schema, 2020-12)."""

import difflib
from collections.abc import Mapping
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError, ValidationError

from domain.errors import Invalid

MOST = {"campaign-ids": 100, "asins": 1000}  # AMC's limits
MOST_PARAMETERS = 100
KEYWORDS = {
    "type",
    "title",
    "description",
    "default",
    "enum",
    "const",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "minLength",
    "maxLength",
    "format",
    "items",
    "minItems",
    "maxItems",
    "uniqueItems",
    "examples",
}
SIMPLE = ("string", "integer", "number", "boolean")
NOUNS = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
}


class WrongParameters(Invalid):
    """One or more values cannot be used; `errors` has each with its field."""

    def __init__(self, errors: list[tuple[str, str]]) -> None:
        super().__init__(" ".join(message for _, message in errors), field=errors[0][0])
        self.errors = errors
        self.extensions["errors"] = [{"field": field, "message": text} for field, text in errors]

    def within(self, path: str) -> "WrongParameters":
        """The same errors, seen from the input that these are part of."""
        return WrongParameters([(f"{path}.{field}", message) for field, message in self.errors])


def check(definitions: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """The values with defaults filled in. Raises WrongParameters with every error at once."""
    known: Mapping[str, Any] = definitions.get("properties", {})
    errors: list[tuple[str, str]] = []
    for name in values:
        if name not in known:
            errors.append((f"parameters.{name}", _unknown(name, list(known))))
    filled = {name: one["default"] for name, one in known.items() if "default" in one}
    filled |= {name: value for name, value in values.items() if name in known}
    for name in definitions.get("required", []):
        if filled.get(name) is None:
            errors.append((f"parameters.{name}", f"The parameter {name!r} is missing."))
    for name, value in filled.items():
        if value is not None:
            errors.extend(_errors(name, known[name], value))
    if errors:
        raise WrongParameters(errors)
    return {name: value for name, value in filled.items() if value is not None}


def _unknown(name: str, known: list[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    if near:
        return f"There is no parameter {name!r}; did you mean {near[0]!r}?"
    listed = ", ".join(repr(one) for one in known) or "none"
    return f"There is no parameter {name!r}; this template has {listed}."


def _errors(name: str, definition: Mapping[str, Any], value: Any) -> list[tuple[str, str]]:
    field = f"parameters.{name}"
    most = MOST.get(definition.get("format", ""))
    if most is not None and isinstance(value, list) and len(value) > most:
        return [(field, f"{name!r} has {len(value)} values; AMC takes at most {most}.")]
    checker = Draft202012Validator.FORMAT_CHECKER
    validator = Draft202012Validator(definition, format_checker=checker)
    return [(_path(field, error), _sentence(name, error)) for error in validator.iter_errors(value)]


def _path(field: str, error: ValidationError) -> str:
    return ".".join([field, *(str(part) for part in error.absolute_path)])


def _sentence(name: str, error: ValidationError) -> str:
    shown = repr(name) if not error.absolute_path else f"an item of {name!r}"
    given = repr(error.instance)
    given = given if len(given) <= 60 else given[:57] + "..."
    match error.validator:
        case "type":
            return f"{shown} must be {NOUNS[str(error.validator_value)]}, not {given}."
        case "enum":
            allowed: Any = error.validator_value
            return f"{shown} must be one of {', '.join(map(str, allowed))}."
        case "minimum":
            return f"{shown} must be {error.validator_value} or more, not {given}."
        case "maximum":
            return f"{shown} must be {error.validator_value} or less, not {given}."
        case "maxItems":
            return f"{shown} has too many values: {error.validator_value} at most."
        case "minItems":
            return f"{shown} needs at least {error.validator_value} value(s)."
        case "format":
            return f"{shown} must be a {error.validator_value}, not {given}."
        case _:
            return f"{shown} cannot be {given}: {error.message}."


def check_definitions(definitions: Any) -> None:
    """Whether these can be a template's definitions. Raises Invalid.

    Only what a form can show and AMC can take: simple types and lists of them, no references.
    """
    where = "parameterDefinitions"
    if not isinstance(definitions, dict) or definitions.get("type", "object") != "object":
        raise Invalid("Definitions are a JSON Schema of type object.", field=where)
    known = definitions.get("properties", {})
    if not isinstance(known, dict):
        raise Invalid("`properties` must be an object.", field=f"{where}.properties")
    if len(known) > MOST_PARAMETERS:
        raise Invalid(f"AMC takes at most {MOST_PARAMETERS} parameters.", field=where)
    for name, one in known.items():
        _check_definition(f"{where}.properties.{name}", name, one)
    required = definitions.get("required", [])
    if not isinstance(required, list) or not set(required) <= set(known):
        raise Invalid("`required` must list parameters that are defined.", field=where)


def _check_definition(field: str, name: str, one: Any) -> None:
    if not name.isidentifier():
        raise Invalid(f"{name!r} is no parameter name: letters, digits and _ only.", field=field)
    if not isinstance(one, dict) or not set(one) <= KEYWORDS:
        extra = sorted(set(one) - KEYWORDS) if isinstance(one, dict) else []
        raise Invalid(f"{name!r} cannot be defined with {', '.join(extra) or one!r}.", field=field)
    kind = one.get("type")
    items = one.get("items", {})
    listed = kind == "array" and isinstance(items, dict) and items.get("type") in SIMPLE
    if kind not in SIMPLE and not listed:
        raise Invalid(
            f"{name!r} must have a type: {', '.join(SIMPLE)}, or array with items of these.",
            field=field,
        )
    try:
        Draft202012Validator.check_schema(one)
    except SchemaError as wrong:
        raise Invalid(f"{name!r}: {wrong.message}.", field=field) from wrong
    if "default" in one and (wrong_default := _errors(name, one, one["default"])):
        raise Invalid(f"The default: {wrong_default[0][1]}", field=f"{field}.default")
