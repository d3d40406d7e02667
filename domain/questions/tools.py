"""The tools of a language model: one for each kind of question. Each reads what the grammar reads.

A call is checked like any input, and its names are looked up as those of a question are. So a model
can ask for nothing that its asker could not ask for.
"""

from collections.abc import Mapping
from datetime import date
from types import MappingProxyType
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from domain.calendar.days import Days
from domain.calendar.units import Level
from domain.questions import words
from domain.questions.model import Call
from domain.questions.names import Catalog, Entry, Role
from domain.questions.understood import Kind, Understood

Name = Annotated[str, Field(min_length=1, max_length=200)]
TOLD: Mapping[Kind, str] = MappingProxyType(
    {
        "how_much": "The amount of metrics over days, of the whole or of values of a dimension.",
        "which": "The values of a dimension in the order of a metric.",
        "when": "The weeks, months or quarters in which a metric was highest or lowest.",
        "why": "What each value of a dimension adds to a change between two ranges of days.",
        "compare": "How metrics or values compare between two ranges of days.",
        "odd": "The weeks that are unlike the others.",
        "trend": "Whether a metric rises, falls or has changed its level.",
        "next": "What the period that is running comes to.",
        "attention": "What matters most.",
        "data": "How complete the data are.",
    }
)


class Wrong(Exception):
    """Raised for a call that cannot be made. The message tells the model why."""


class Arguments(BaseModel):
    """What a tool is asked."""

    model_config = ConfigDict(extra="forbid")

    metrics: list[Name] = Field(default_factory=list, max_length=4)
    dimension: Name | None = None
    values: list[Name] = Field(default_factory=list, max_length=4)
    start: date | None = None
    end: date | None = Field(default=None, description="The last day, included.")
    against: Literal["previous", "year"] | None = None
    lowest: bool = False
    number: int | None = Field(default=None, ge=1, le=10)
    unit: Level | None = None


def listed() -> list[dict[str, Any]]:
    """The tools, as OpenAI's API describes them."""
    schema = Arguments.model_json_schema()
    return [
        {
            "type": "function",
            "function": {"name": kind, "description": TOLD[kind], "parameters": schema},
        }
        for kind in get_args(Kind)
    ]


def asked(call: Call, catalog: Catalog, source: str) -> Understood:
    """The question of a call, about this source. Raises Wrong."""
    kind = call.function.name
    if kind not in TOLD:
        raise Wrong("There is no such tool.")
    try:
        given = Arguments.model_validate_json(call.function.arguments)
    except ValidationError as invalid:
        raise Wrong("The arguments do not fit the tool.") from invalid
    values = [_named(one, "value", catalog, source) for one in given.values]
    return Understood(
        kind=kind,  # type: ignore[arg-type]
        source=source,
        metrics=tuple(_named(one, "metric", catalog, source).name for one in given.metrics),
        dimension=_named(given.dimension, "dimension", catalog, source).name
        if given.dimension
        else None,
        values=tuple((one.name, one.value or "") for one in values),
        days=_days(given),
        against=given.against,
        lowest=given.lowest,
        number=given.number,
        unit=given.unit,
    )


def _named(said: str, role: Role, catalog: Catalog, source: str) -> Entry:
    """The only thing of this kind that is called so."""
    found = words.words_of(said)
    mention = catalog.exactly(found, 0) or catalog.partly(found, 0, len(found))
    entries = [one for one in mention.entries if one.source == source] if mention else []
    entries = [one for one in entries if one.role == role]
    if len(entries) != 1:
        raise Wrong(f"There is no single {role} of this name.")
    return entries[0]


def _days(given: Arguments) -> Days | None:
    if given.start is None or given.end is None:
        return None
    if not 0 <= (given.end - given.start).days <= 4000:
        raise Wrong("The last day is before the first one, or too far from it.")
    return Days.from_last(given.start, given.end)
