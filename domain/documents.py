"""JSON that people hand in to be kept: bounded, and holding only what the database can hold."""

import json
import math
from collections.abc import Iterator
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from domain.errors import Invalid
from domain.problems import Problem

LONGEST = 65_536  # characters, written down
DEEPEST = 12


def check(field: str, document: object) -> Iterator[Problem]:
    """Why the document cannot be kept; nothing when it can."""
    try:
        size = len(json.dumps(document))
    except (RecursionError, TypeError, ValueError):
        yield Problem(field, "This cannot be written down as JSON.")
        return
    if size > LONGEST:
        yield Problem(field, f"This has {size:,} characters; at most {LONGEST:,} are kept.")
    else:
        yield from _check(field, document, DEEPEST)


def _check(field: str, value: object, deep: int) -> Iterator[Problem]:
    match value:
        case str() if not is_text(value):
            yield Problem(field, "There is a character that is none, such as U+0000.")
        case float() if not math.isfinite(value):
            yield Problem(field, "There is a number that is none.")
        case dict() | list() if deep == 0:
            yield Problem(field, f"This is nested more than {DEEPEST} deep.")
        case dict():
            for key, one in value.items():
                if is_text(key):
                    yield from _check(f"{field}.{key}", one, deep - 1)
                else:
                    yield Problem(field, "There is a name with a character that is none.")
        case list():
            for number, one in enumerate(value):
                yield from _check(f"{field}.{number}", one, deep - 1)


def is_text(value: str) -> bool:
    """Whether the database can hold it: no U+0000, no half of a pair of surrogates."""
    return not any(one == "\0" or "\ud800" <= one <= "\udfff" for one in value)


class Config(BaseModel):
    """A JSON configuration; a word that is not known is a mistake."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)


Model = TypeVar("Model", bound=Config)


def read(model: type[Model], given: dict[str, Any] | None, field: str) -> Model:
    """The configuration, checked. Raises Invalid with the path of what is wrong."""
    try:
        return model.model_validate(given or {})
    except ValidationError as invalid:
        error = invalid.errors(include_url=False)[0]
        path = ".".join([field, *(_spoken(str(one)) for one in error["loc"])])
        message = error["msg"].removeprefix("Value error, ")
        raise Invalid(f"{message[0].upper()}{message[1:]}.", field=path) from invalid


def _spoken(name: str) -> str:
    """A name as the graph has it: parallelLimit for parallel_limit."""
    head, *rest = name.split("_")
    return head + "".join(one.title() for one in rest)


def kept(model: Config) -> dict[str, Any]:
    """The model as it is stored and shown, in the words of the graph."""
    return model.model_dump(mode="json", by_alias=True, exclude_none=True)
