"""Values for a template's parameters, checked against its definitions (JSON Schema, 2020-12)."""

import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker, validators
from jsonschema.exceptions import ValidationError

from domain import sentences
from domain.problems import Problem, Problems, first
from domain.sentences import must_be, printable, sentence, unknown

MOST = {"campaign-ids": 100, "asins": 1000}  # AMC's limits
MOST_ITEMS = 1000  # of any other list
LONGEST_TEXT = 10_000  # characters
LARGEST = 2**63 - 1  # AMC's LONG
LARGEST_NUMBER = 10**18  # what its DECIMAL takes with room for a fraction
NOUNS = {
    "string": sentences.TEXT,
    "integer": sentences.WHOLE,
    "number": sentences.NUMBER,
    "boolean": sentences.BOOLEAN,
    "array": sentences.LIST,
    "object": sentences.OBJECT,
    "null": "null",
}
FORMATS = {
    "date": sentences.DATE,
    "duration": "a number of days such as P28D",
    "asin": "an ASIN: ten capital letters and digits",
    "campaign-id": "the id of a campaign",
}
# The predicate of a sentence about a value, by the JSON Schema keyword that the value violates.
PREDICATES: dict[str, Callable[[Any, Any], str]] = {
    "type": lambda limit, given: must_be(_nouns(limit), given),
    "enum": lambda limit, given: must_be(sentences.one_of(limit), given),
    "const": lambda limit, given: must_be(sentences.shown(limit), given),
    "format": lambda limit, given: must_be(FORMATS[limit], given),
    "minimum": lambda limit, given: must_be(sentences.at_least(limit), given),
    "maximum": lambda limit, given: must_be(sentences.at_most(limit), given),
    "exclusiveMinimum": lambda limit, given: must_be(sentences.more_than(limit), given),
    "exclusiveMaximum": lambda limit, given: must_be(sentences.less_than(limit), given),
    "minLength": lambda limit, given: sentences.has_at_least(limit, "character", len(given)),
    "maxLength": lambda limit, given: sentences.has_at_most(limit, "character", len(given)),
    "minItems": lambda limit, given: sentences.has_at_least(limit, "value", len(given)),
    "maxItems": lambda limit, given: sentences.has_at_most(limit, "value", len(given)),
    "uniqueItems": lambda _, given: sentences.repeats(given),
}
TOO_LARGE = "is a larger number than AMC takes"
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


def _is_unique(_: Any, wanted: bool, value: Any, __: Any) -> Iterator[ValidationError]:
    if wanted and isinstance(value, list) and any(True for _ in sentences.repeated(value)):
        yield ValidationError("repeats")


# jsonschema's own compares every two items of a list with texts and numbers.
Checker = validators.extend(  # type: ignore[no-untyped-call]
    Draft202012Validator, {"uniqueItems": _is_unique}
)


def check(definitions: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values with defaults filled in.

    A null is dropped. Raises Problems with all mistakes.
    """
    known: Mapping[str, Any] = definitions.get("properties", {})
    given = {name: value for name, value in values.items() if value is not None}
    names = list(known)
    problems = first(
        Problem(f"parameters.{printable(name)}", unknown("parameter", name, names))
        for name in given
        if name not in known
    )
    filled = {name: one["default"] for name, one in known.items() if "default" in one}
    filled |= {name: value for name, value in given.items() if name in known}
    for name, one in known.items():
        if name in filled:
            problems += problems_of(f"parameters.{name}", name, one, filled[name])
        elif name in definitions.get("required", []):
            problems.append(Problem(f"parameters.{name}", sentence([name], sentences.MISSING)))
    if problems:
        raise Problems(problems)
    return {name: _normal(known[name], value) for name, value in filled.items()}


def problems_of(
    field: str, name: str, definition: Mapping[str, Any], value: object
) -> list[Problem]:
    """Return why a value does not fit this definition, or nothing if it does."""
    if isinstance(value, list) and len(value) > (most := _most(definition)):
        too_many = sentences.has_at_most(most, "value", len(value))
        return [Problem(field, sentence([name], too_many))]
    errors = Checker(_whole(definition), format_checker=formats).iter_errors(value)
    said = [(tuple(error.absolute_path), predicate(error)) for error in errors]
    said += _impossible(value)
    return [
        Problem(
            ".".join([field, *(printable(str(part)) for part in path)]),
            sentence([name, *path], told),
        )
        for path, told in said
    ]


def _most(definition: Mapping[str, Any]) -> int:
    own: int = definition.get("maxItems", MOST_ITEMS)
    return min(own, MOST.get(definition.get("format", ""), MOST_ITEMS))


def _whole(definition: Mapping[str, Any]) -> dict[str, Any]:
    """Return the definition, extended by what a list's format says of its items."""
    item_format = LIST_FORMATS.get(definition.get("format", ""))
    if item_format is None:
        return dict(definition)
    items = {"type": "string", "format": item_format, **definition.get("items", {})}
    return {**definition, "items": items}


def predicate(error: ValidationError) -> str:
    """Return the predicate of a sentence about a value, for an error of jsonschema."""
    known = PREDICATES.get(str(error.validator))
    limit, given = error.validator_value, error.instance
    return known(limit, given) if known else f"cannot be {sentences.shown(given)}"


def _nouns(types: str | Sequence[str]) -> str:
    return " or ".join(NOUNS[one] for one in ([types] if isinstance(types, str) else types))


def _impossible(value: object) -> Iterator[tuple[tuple[int, ...], str]]:
    """Yield what neither AMC nor the database can hold, whatever the definition says."""
    if isinstance(value, list):
        for number, item in enumerate(value):
            yield from (((number, *path), sentence) for path, sentence in _impossible(item))
        return
    match value:
        case bool():
            return
        case int() if not -LARGEST - 1 <= value <= LARGEST:
            yield (), TOO_LARGE
        case float() if not math.isfinite(value):
            yield (), must_be(sentences.FINITE, value)
        case float() if abs(value) >= LARGEST_NUMBER:
            yield (), TOO_LARGE
        case str():
            yield from (((), told) for told in sentences.size_of_text(value, 0, LONGEST_TEXT))


def _normal(definition: Mapping[str, Any], value: Any) -> Any:
    """Return whole numbers as integers: JSON Schema accepts 7.0 as an integer, AMC does not."""
    if isinstance(value, list):
        items = definition.get("items", {})
        return [_normal(items, item) for item in value]
    if definition.get("type") == "integer" and isinstance(value, float):
        return int(value)
    return value
