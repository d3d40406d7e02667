"""What AMC's answers must look like. All that AMC sends passes here before it goes elsewhere."""

from collections.abc import Mapping
from typing import Annotated, Any, TypeVar

import orjson
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints
from pydantic import ValidationError as Wrong

LONGEST_REASON = 2000  # characters kept of AMC's reason
LONGEST_EXAMPLE = 200  # characters shown of an answer that is odd
LONGEST_TOKEN = 8192
LONGEST_LIFE = 86_400.0  # seconds; Login with Amazon gives an hour


class OddAnswer(ValueError):
    """An answer is not what AMC's documentation says. The text shows what AMC sent."""


def plain(value: object, most: int = LONGEST_REASON) -> str:
    """Return AMC's text, or another value as JSON, in a form that can be stored and shown."""
    if isinstance(value, str):
        found = value
    else:
        try:
            found = orjson.dumps(value).decode()
        except TypeError:
            found = "something that cannot be shown"
    kept = "".join(one if one.isprintable() or one in "\n\t" else "\ufffd" for one in found[:most])
    return kept + ("..." if len(found) > most else "")


def _plain(value: object) -> str | None:
    return plain(value) if value else None


def _listed(value: object) -> object:
    return [] if value is None else value


Text = Annotated[str, StringConstraints(max_length=1000, pattern=r"^[^\x00-\x1f\x7f]*$")]
Id = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[\x21-\x7e]+$")]
Reason = Annotated[str | None, BeforeValidator(_plain)]


class Answer(BaseModel):
    """A part of an answer. What it has besides these fields is ignored."""

    model_config = ConfigDict(extra="ignore", frozen=True, coerce_numbers_to_str=True)


Model = TypeVar("Model", bound=Answer)


class Column(Answer):
    """A column of a result as AMC declares it."""

    name: Text
    data_type: Text | None = Field(default=None, alias="dataType")


class Gap(Answer):
    """A gap in AMC's data. It is shown as it is."""

    model_config = ConfigDict(extra="allow")


class Execution(Answer):
    """An execution as AMC shows it."""

    id: Id = Field(alias="workflowExecutionId")
    workflow_id: Text = Field(default="", alias="workflowId")
    status: Text = "UNKNOWN"
    reason: Reason = Field(default=None, alias="statusReason")
    data_gaps: Annotated[list[Gap], BeforeValidator(_listed)] = Field(
        default=[], alias="dataGaps", max_length=1000
    )
    columns: Annotated[list[Column], BeforeValidator(_listed)] = Field(
        default=[], alias="outputColumns", max_length=10_000
    )


class Instance(Answer):
    """An instance as AMC shows it."""

    id: Id = Field(alias="instanceId")
    name: Text | None = Field(default=None, alias="instanceName")
    type: Text | None = Field(default=None, alias="instanceType")
    entities: Annotated[list[Text], BeforeValidator(_listed)] = []


class Token(Answer):
    """An access token of Login with Amazon (RFC 6749, 5.1; RFC 6750, 2.1)."""

    model_config = ConfigDict(coerce_numbers_to_str=False)

    access_token: Annotated[
        str, StringConstraints(min_length=1, max_length=LONGEST_TOKEN, pattern=r"^[\x21-\x7e]+$")
    ]
    expires_in: float = Field(default=3600.0, gt=0, allow_inf_nan=False)


def document(content: bytes) -> dict[str, Any]:
    """Read a JSON object. Raises OddAnswer for anything else, however deep it is nested."""
    try:
        found = orjson.loads(content) if content.strip() else {}
    except ValueError as broken:
        raise OddAnswer(f"no JSON that can be read: {_example(content)}") from broken
    if not isinstance(found, dict):
        raise OddAnswer(f"no JSON object: {plain(found, LONGEST_EXAMPLE)}")
    return found


def _example(content: bytes) -> str:
    return plain(content[:LONGEST_EXAMPLE].decode("utf-8", "replace"), LONGEST_EXAMPLE)


def unwrapped(answer: Mapping[str, Any], key: str) -> object:
    """Return the object inside its envelope, or a flat answer as it is."""
    return answer[key] if isinstance(answer.get(key), dict) else answer


def page(answer: Mapping[str, Any], key: str) -> tuple[list[Any], str | None]:
    """Return the items of a page of a list, and the token of the next page. Raises OddAnswer."""
    items, token = answer.get(key), answer.get("nextToken")
    if items is not None and not isinstance(items, list):
        raise OddAnswer(f"{key} that is no list: {plain(items, LONGEST_EXAMPLE)}")
    if token is not None and not isinstance(token, str | int):
        raise OddAnswer(f"nextToken that is no text: {plain(token, LONGEST_EXAMPLE)}")
    return items or [], str(token) if token else None


def execution(item: object) -> Execution:
    """Read one execution. Raises OddAnswer."""
    return _read(Execution, item, "an execution")


def instance(item: object) -> Instance:
    """Read one instance. Raises OddAnswer."""
    return _read(Instance, item, "an instance")


def token(item: object) -> Token:
    """Read an access token. Raises OddAnswer, which does not show what was sent."""
    try:
        return Token.model_validate(item)
    except Wrong as wrong:
        raise OddAnswer("no access token that can be used") from wrong


def _read(model: type[Model], item: object, what: str) -> Model:
    try:
        return model.model_validate(item)
    except Wrong as wrong:
        first = wrong.errors(include_url=False, include_context=False)[0]
        place = ".".join(str(one) for one in first["loc"]) or "it"
        sent = plain(first["input"], LONGEST_EXAMPLE)
        raise OddAnswer(f"{what} in which {place} is odd ({first['msg']}): {sent}") from wrong
