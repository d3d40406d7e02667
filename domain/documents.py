"""JSON that people submit for storage: read by a model, limited, and fit for the database.

`read` and `tried` turn pydantic's errors into problems. Each has its path in the input as the
client wrote it, and a plain sentence. All problems are reported together.
"""

import json
import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias, TypeVar, get_args

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator
from pydantic_core import ErrorDetails, InitErrorDetails, PydanticCustomError

from domain import sentences
from domain.problems import MOST_TOLD, Problem, Problems
from domain.sentences import Path, is_text, must_be, path_of, sentence

LONGEST = 65_536  # characters, written down
DEEPEST = 12


class Config(BaseModel):
    """A JSON configuration; a name that is not known is a mistake."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    def misfits(self) -> Iterator[tuple[str, str]]:
        """Yield what is wrong with values that are valid one by one: a field's name and a sentence.

        The name is as clients write it, or empty for the whole object.
        """
        yield from ()

    @model_validator(mode="after")
    def _fit(self) -> "Config":
        found = [
            InitErrorDetails(
                type=PydanticCustomError("misfit", "{text}", {"text": text}),
                loc=(name,) if name else (),
                input=None,
            )
            for name, text in self.misfits()
        ]
        if found:
            raise ValidationError.from_exception_data(type(self).__name__, found)
        return self


Model = TypeVar("Model", bound=Config)


def read(model: type[Model], given: Any, field: str) -> Model:
    """Return the checked configuration at this path of the input.

    Raises Problems with all mistakes. Rules that concern several fields are checked only if each
    field is valid on its own.
    """
    found, problems = tried(model, given, field)
    if found is None:
        raise Problems(problems)
    return found


def tried(model: type[Model], given: Any, field: str) -> tuple[Model | None, list[Problem]]:
    """The configuration, or what is wrong with it, as `read` has it."""
    if not isinstance(given, dict):
        return None, [not_an_object(given, field)]
    problems = list(check(field, given))
    told = {one.field for one in problems}
    if field in told:  # the whole of it cannot be kept: it may be large beyond reason
        return None, problems
    try:
        found = model.model_validate(given)
    except ValidationError as invalid:
        more = problems_in(invalid, model, given, field, misfits=not problems)
        return None, [*problems, *(one for one in more if one.field not in told)]
    return (None if problems else found), problems


def not_an_object(given: object, field: str) -> Problem:
    """The problem of a value that is no JSON object."""
    return Problem.of(field, must_be(sentences.OBJECT, given))


def kept(model: Config) -> dict[str, Any]:
    """The model as it is stored and shown, in the words of the graph."""
    return model.model_dump(mode="json", by_alias=True, exclude_none=True)


def check(field: str, document: object) -> Iterator[Problem]:
    """Why the document cannot be kept; nothing when it can."""
    try:
        size = len(json.dumps(document))
    except (RecursionError, TypeError, ValueError):
        yield Problem.of(field, "cannot be written as JSON")
        return
    if size > LONGEST:
        yield Problem.of(field, sentences.has_at_most(LONGEST, "character", size))
    else:
        yield from check_values(field, document)


def check_values(field: str, value: object) -> Iterator[Problem]:
    """What of a value, and of all that is in it, cannot be kept: characters, numbers, depth."""
    yield from _check(field, path_of(field), value, DEEPEST)


def _check(field: str, path: Path, value: object, deep: int) -> Iterator[Problem]:
    match value:
        case str() if not is_text(value):
            yield Problem(field, sentence(path, sentences.UNSTORABLE))
        case float() if not math.isfinite(value):
            yield Problem(field, sentence(path, must_be(sentences.FINITE, value)))
        case int() if not -(2**63) <= value < 2**63:
            yield Problem(field, sentence(path, must_be(sentences.BITS_64, sentences.HIDDEN)))
        case dict() | list() if deep == 0:
            yield Problem(field, sentence(path, f"is nested more than {DEEPEST} levels deep"))
        case dict():
            for key, one in value.items():
                if is_text(key):
                    yield from _check(f"{field}.{key}", (*path, key), one, deep - 1)
                else:
                    yield Problem(field, sentence(path, sentences.UNSTORABLE_NAME))
        case list():
            for number, one in enumerate(value):
                yield from _check(f"{field}.{number}", (*path, number), one, deep - 1)


def problems_in(
    invalid: ValidationError,
    model: type[BaseModel],
    given: object,
    field: str,
    *,
    misfits: bool = True,
) -> list[Problem]:
    """What pydantic finds wrong with a value at this path of the input, in plain words."""
    errors = invalid.errors(include_url=False)
    if not misfits:
        errors = [error for error in errors if error["type"] != "misfit"]
    problems = [_problem(error, model, given, path_of(field)) for error in errors[:MOST_TOLD]]
    if len(errors) > MOST_TOLD:
        more = f"has {len(errors) - MOST_TOLD + 1:,} more mistakes"
        problems[-1] = Problem.of(field, more)
    return list(dict.fromkeys(problems))


def _problem(error: ErrorDetails, model: type[BaseModel], given: object, start: Path) -> Problem:
    place, value = _place(error, given)
    path = (*start, *place)
    field = ".".join(sentences.printable(str(part)) for part in path)
    limits = error.get("ctx", {})
    if error["type"] == "misfit":
        return Problem(field, limits["text"])
    if error["type"] == "extra_forbidden":
        return Problem(field, sentences.unknown("field", str(place[-1]), _names(model, place)))
    return Problem(field, sentence(path, predicate(error["type"], limits, value)))


def _place(error: ErrorDetails, given: object) -> tuple[Path, object]:
    """Return the place of the mistake in the input, and the value there.

    pydantic's own location also names branches of unions and validators, which nobody wrote.
    """
    found: list[str | int] = []
    is_there = True
    for part in error["loc"]:
        is_item = isinstance(given, list) and isinstance(part, int)
        is_there = is_item or (isinstance(given, dict) and part in given)
        if is_there:
            found.append(part)
            given = given[part]  # type: ignore[index]
    if not is_there and error["type"] in ("missing", "misfit"):
        found.append(error["loc"][-1])  # where it would stand
    is_key = error["loc"][-1:] == ("[key]",)
    return tuple(found), found[-1] if is_key else given


def _names(model: type[BaseModel] | None, place: Path) -> list[str]:
    """The names that the object with this unknown name may have, as clients write them."""
    for part in place[:-1]:
        fields = model.model_fields if model else {}
        named = {one.alias or name: one for name, one in fields.items()}
        if isinstance(part, str) and (one := named.get(part) or fields.get(part)):
            model = _model_in(one.annotation)
    return [one.alias or name for name, one in model.model_fields.items()] if model else []


def _model_in(annotation: object) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    inner = map(_model_in, get_args(annotation))
    return next((one for one in inner if one is not None), None)


Predicate: TypeAlias = Callable[[Mapping[str, Any], Any], str]


def _kind(what: str, *types: str) -> dict[str, Predicate]:
    """The types of errors that say that a value is not of a kind."""
    return dict.fromkeys(types, lambda _, given: must_be(what, given))


def _limit(type: str, name: str, words: Callable[[object], str]) -> dict[str, Predicate]:
    """The type of error that says that a number is past the limit of this name."""
    return {type: lambda limits, given: must_be(words(limits[name]), given)}


PREDICATES: dict[str, Predicate] = {
    "missing": lambda _limits, _given: sentences.MISSING,
    "value_error": lambda limits, _: str(limits["error"]),  # a validator of ours says a predicate
    "literal_error": lambda limits, given: must_be(
        f"one of {limits['expected'].replace(' or ', ', ')}", given
    ),
    "string_unicode": lambda _limits, _given: sentences.UNSTORABLE,
    "string_too_short": lambda limits, given: sentences.has_at_least(
        limits["min_length"], "character", _size(given)
    ),
    "string_too_long": lambda limits, given: sentences.has_at_most(
        limits["max_length"], "character", _size(given)
    ),
    "too_short": lambda limits, given: sentences.has_at_least(
        limits["min_length"], "value", _size(given)
    ),
    "too_long": lambda limits, given: sentences.has_at_most(
        limits["max_length"], "value", _size(given)
    ),
    "decimal_max_digits": lambda limits, given: must_be(
        f"a number of at most {limits['max_digits']} digits", given
    ),
    "decimal_whole_digits": lambda limits, given: must_be(
        f"a number of at most {limits['whole_digits']} digits before the point", given
    ),
    "decimal_max_places": lambda limits, given: must_be(
        f"a number of at most {limits['decimal_places']} digits after the point", given
    ),
    **_limit("greater_than_equal", "ge", sentences.at_least),
    **_limit("less_than_equal", "le", sentences.at_most),
    **_limit("greater_than", "gt", sentences.more_than),
    **_limit("less_than", "lt", sentences.less_than),
    **_kind(sentences.TEXT, "string_type"),
    **_kind(sentences.WHOLE, "int_type", "int_parsing", "int_from_float", "int_parsing_size"),
    **_kind(sentences.NUMBER, "float_type", "float_parsing", "decimal_type", "decimal_parsing"),
    **_kind(sentences.FINITE, "finite_number"),
    **_kind(sentences.BOOLEAN, "bool_type", "bool_parsing"),
    **_kind(sentences.LIST, "list_type"),
    **_kind(sentences.OBJECT, "dict_type", "model_type", "model_attributes_type"),
    **_kind(sentences.SECONDS, "time_delta_type", "time_delta_parsing"),
    **_kind(
        sentences.DATE,
        *("date_type", "date_parsing"),
        *("date_from_datetime_parsing", "date_from_datetime_inexact"),
    ),
}


def _size(given: object) -> int:
    return len(given) if isinstance(given, (str, list, dict)) else 0


def predicate(type: str, limits: Mapping[str, Any], given: object) -> str:
    """What is told of a value after its name, for one of pydantic's types of errors."""
    known = PREDICATES.get(type)
    return known(limits, given) if known else must_be("another value", given)
