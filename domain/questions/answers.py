"""What a question is answered with: sentences, and each number that they tell. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Literal, TypeAlias

from domain.calendar.days import Days
from domain.charts.datasets import Cell, Measure
from domain.questions.understood import Choice, UnclearCode, Understood

# Why there is no answer although the question is understood.
LackCode: TypeAlias = Literal[
    "NOT_COVERED",
    "SUPPRESSED",
    "NOT_ADDITIVE",
    "OTHER_CURRENCY",
    "NOT_ENOUGH_PERIODS",
    "CONSTANT",
    "NO_DENOMINATOR",
    "NO_ROWS",
    "NOT_COMPARABLE",
    "NO_SUCH_BREAKDOWN",
    "NOT_FOUND",
]
Code: TypeAlias = UnclearCode | LackCode
Outcome: TypeAlias = Literal["answered", "asks_back", "not_answered"]
OF_STATE: Mapping[str, LackCode] = MappingProxyType(
    {
        "MISSING": "NOT_COVERED",
        "DATA_GAP": "NOT_COVERED",
        "SUPPRESSED": "SUPPRESSED",
        "NOT_ADDITIVE": "NOT_ADDITIVE",
        "OTHER_CURRENCY": "OTHER_CURRENCY",
        "NO_DENOMINATOR": "NO_DENOMINATOR",
        "EMPTY": "NO_ROWS",
        "NOTHING": "NO_ROWS",
    }
)


@dataclass(frozen=True)
class Told:
    """A number that an answer tells, and where it comes from."""

    name: str  # what it is: total, change, share, expected, ...
    value: Decimal
    measure: Measure  # of its unit and currency
    days: Days | None = None
    of: str | None = None  # the value of a dimension
    source_ids: tuple[str, ...] = ()  # the aggregates

    def as_json(self, most_ids: int) -> dict[str, Any]:
        """The same as JSON, with so many aggregates at most."""
        days = self.days
        return {
            "name": self.name,
            "value": Cell(self.value).digits,
            "metric": self.measure.name,
            "title": self.measure.title,
            "unit": self.measure.unit,
            "currency": self.measure.currency,
            "of": self.of,
            "start": days and days.start.isoformat(),
            "end": days and days.end.isoformat(),
            "aggregateIds": list(self.source_ids[:most_ids]),
        }


@dataclass(frozen=True)
class Answer:
    """The answer of a question, or why there is none."""

    text: str
    asked: Understood | None = None
    code: Code | None = None  # None: it is answered
    choices: tuple[Choice, ...] = ()
    numbers: tuple[Told, ...] = ()
    confidence: Decimal | None = None  # None: counted, not estimated
    method: str | None = None
    days: Days | None = None

    @property
    def outcome(self) -> Outcome:
        """Whether it answers, asks back, or says why there is no answer."""
        if self.code is None:
            return "answered"
        return "asks_back" if self.choices else "not_answered"


class Lacking(Exception):
    """Raised where an understood question has no answer. The message is the reason, for people."""

    def __init__(self, code: LackCode, message: str, choices: tuple[Choice, ...] = ()) -> None:
        super().__init__(message)
        self.code, self.choices = code, choices
