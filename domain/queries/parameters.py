"""Values for a template's parameters, checked against its definitions (JSON Schema, 2020-12)."""

import difflib
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import ValidationError

from domain import documents
from domain.problems import Problem, Problems

MOST = {"campaign-ids": 100, "asins": 1000}  # AMC's limits
MOST_ITEMS = 1000  # of any other list
LONGEST_TEXT = 10_000  # characters
LARGEST = 2**63 - 1  # AMC's LONG
LARGEST_NUMBER = 10**18  # what its DECIMAL takes with room for a fraction
NOUNS = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "an object of names and values",
}
FORMATS = {
    "date": "a date such as 2026-01-31",
    "duration": "a number of days such as P28D",
    "asin": "an ASIN: ten capital letters and digits",
    "campaign-id": "the id of a campaign",
}
PHRASES = {
    "type": "must be {limit}, not {given}.",
    "enum": "must be one of {limit}, not {given}.",
    "const": "must be {limit}, not {given}.",
    "format": "must be {limit}, not {given}.",
    "minimum": "must be {limit} or more, not {given}.",
    "maximum": "must be {limit} or less, not {given}.",
    "exclusiveMinimum": "must be more than {limit}, not {given}.",
    "exclusiveMaximum": "must be less than {limit}, not {given}.",
    "minLength": "must have at least {limit} characters, not {size}.",
    "maxLength": "must have at most {limit} characters, not {size}.",
    "minItems": "needs {limit} or more values.",
    "uniqueItems": "has a value more than once.",
}
LIST_FORMATS = {"campaign-ids": "campaign-id", "asins": "asin"}  # and the format of their items
ASIN = re.compile(r"[A-Z0-9]{10}")
DAYS = re.compile(r"P[0-9]{1,3}D")
DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")

formats = FormatChecker(formats=())


@formats.checks("date", raises=ValueError)
def _is_date(value: object) -> bool:
    return not isinstance(value, str) or bool(DATE.fullmatch(value) and date.fromisoformat(value))


@formats.checks("duration")
def _is_duration(value: object) -> bool:
    return not isinstance(value, str) or DAYS.fullmatch(value) is not None


@formats.checks("asin")
def _is_asin(value: object) -> bool:
    return not isinstance(value, str) or ASIN.fullmatch(value) is not None


@formats.checks("campaign-id")
def _is_campaign_id(value: object) -> bool:
    return not isinstance(value, str) or (value.strip() == value and 1 <= len(value) <= 64)


def check(definitions: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """The values with defaults filled in; null is no value. Raises Problems with all of them."""
    known: Mapping[str, Any] = definitions.get("properties", {})
    given = {name: value for name, value in values.items() if value is not None}
    problems = [
        Problem(f"parameters.{name}", _unknown(name, list(known)))
        for name in given
        if name not in known
    ]
    filled = {name: one["default"] for name, one in known.items() if "default" in one}
    filled |= {name: value for name, value in given.items() if name in known}
    for name, one in known.items():
        if name in filled:
            problems += problems_of(f"parameters.{name}", name, one, filled[name])
        elif name in definitions.get("required", []):
            problems.append(Problem(f"parameters.{name}", f"The parameter {name!r} is missing."))
    if problems:
        raise Problems(problems)
    return {name: _normal(known[name], value) for name, value in filled.items()}


def _unknown(name: str, known: list[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    if near:
        return f"There is no parameter {_shown(name)}; did you mean {near[0]!r}?"
    listed = ", ".join(repr(one) for one in known) or "none"
    return f"There is no parameter {_shown(name)}; this template has {listed}."


def problems_of(
    field: str, name: str, definition: Mapping[str, Any], value: object
) -> list[Problem]:
    """Why a value cannot be used for this definition; nothing when it can."""
    if isinstance(value, list) and len(value) > (most := _most(definition)):
        return [Problem(field, f"{name!r} has {len(value):,} values; at most {most:,} are taken.")]
    errors = Draft202012Validator(_whole(definition), format_checker=formats).iter_errors(value)
    said = [(error.absolute_path, _sentence(error)) for error in errors]
    said += _impossible(value)
    return [
        Problem(".".join([field, *map(str, path)]), f"{_what(name, path)} {sentence}")
        for path, sentence in said
    ]


def _most(definition: Mapping[str, Any]) -> int:
    own: int = definition.get("maxItems", MOST_ITEMS)
    return min(own, MOST.get(definition.get("format", ""), MOST_ITEMS))


def _whole(definition: Mapping[str, Any]) -> dict[str, Any]:
    """The definition with what a list's format says of its items."""
    item_format = LIST_FORMATS.get(definition.get("format", ""))
    if item_format is None:
        return dict(definition)
    items = {"type": "string", "format": item_format, **definition.get("items", {})}
    return {**definition, "items": items}


def _what(name: str, path: Iterable[str | int]) -> str:
    place = [str(part) for part in path]
    return f"Item {int(place[0]) + 1} of {name!r}" if place else repr(name)


def _sentence(error: ValidationError) -> str:
    """What a person is told, worded to follow the parameter's name."""
    limit: Any = error.validator_value
    shown = {
        "type": lambda: NOUNS[limit],
        "enum": lambda: _listed(limit),
        "format": lambda: FORMATS[limit],
    }.get(str(error.validator), lambda: _shown(limit))()
    size = len(error.instance) if isinstance(error.instance, str) else 0
    phrase = PHRASES.get(str(error.validator), "cannot be {given}.")
    return phrase.format(limit=shown, given=_shown(error.instance), size=f"{size:,}")


def _listed(values: list[object]) -> str:
    shown = ", ".join(map(_shown, values[:20]))
    return shown if len(values) <= 20 else f"{shown} ..."


def _impossible(value: object) -> Iterator[tuple[tuple[int, ...], str]]:
    """What neither AMC nor the database can hold, whatever the definition says."""
    if isinstance(value, list):
        for number, item in enumerate(value):
            yield from (((number, *path), sentence) for path, sentence in _impossible(item))
        return
    match value:
        case bool():
            return
        case int() if not -LARGEST - 1 <= value <= LARGEST:
            yield (), "is a larger number than AMC takes."
        case float() if not math.isfinite(value) or abs(value) >= LARGEST_NUMBER:
            yield (), "is a larger number than AMC takes."
        case str() if len(value) > LONGEST_TEXT:
            yield (), f"must have at most {LONGEST_TEXT:,} characters, not {len(value):,}."
        case str() if not documents.is_text(value):
            yield (), "has a character in it that is none, such as U+0000."


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _normal(definition: Mapping[str, Any], value: Any) -> Any:
    """A whole number as one: JSON Schema takes 7.0 for an integer, AMC does not."""
    if isinstance(value, list):
        items = definition.get("items", {})
        return [_normal(items, item) for item in value]
    if definition.get("type") == "integer" and isinstance(value, float):
        return int(value)
    return value
