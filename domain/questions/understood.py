"""What a question asks, once it is understood. Pure, and kept as JSON for the next question."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal, TypeAlias

from domain.calendar.days import Days
from domain.calendar.units import Level

# What is asked: an amount, the values of a dimension in their order, the periods in their order,
# what made a difference, a comparison, what is odd, the course, what comes next, what matters, and
# the state of the data.
Kind: TypeAlias = Literal[
    "how_much", "which", "when", "why", "compare", "odd", "trend", "next", "attention", "data"
]
Against: TypeAlias = Literal["previous", "year"]


@dataclass(frozen=True)
class Understood:
    """A question in terms of the numbers it is about."""

    kind: Kind
    source: str  # the public id of the report or workflow
    metrics: tuple[str, ...] = ()
    dimension: str | None = None
    values: tuple[tuple[str, str], ...] = ()  # dimension and value
    days: Days | None = None  # None: all days that have data
    against: Against | Days | None = None
    lowest: bool = False
    number: int | None = None  # of values or periods to tell
    unit: Level | None = None  # of periods
    wants_share: bool = False
    wants_average: bool = False
    notes: tuple[str, ...] = ()  # how misspelled names were read; not kept

    def as_json(self) -> dict[str, Any]:
        """The same as JSON."""
        return {
            "kind": self.kind,
            "source": self.source,
            "metrics": list(self.metrics),
            "dimension": self.dimension,
            "values": [list(one) for one in self.values],
            "days": _packed(self.days),
            "against": _packed(self.against) if isinstance(self.against, Days) else self.against,
            "lowest": self.lowest,
            "number": self.number,
            "unit": self.unit,
            "wantsShare": self.wants_share,
            "wantsAverage": self.wants_average,
        }

    @staticmethod
    def of_json(given: Mapping[str, Any]) -> "Understood":
        """Read what `as_json` wrote."""
        against = given["against"]
        return Understood(
            kind=given["kind"],
            source=given["source"],
            metrics=tuple(given["metrics"]),
            dimension=given["dimension"],
            values=tuple((dimension, value) for dimension, value in given["values"]),
            days=_unpacked(given["days"]),
            against=_unpacked(against) if isinstance(against, list) else against,
            lowest=given["lowest"],
            number=given["number"],
            unit=given["unit"],
            wants_share=given["wantsShare"],
            wants_average=given["wantsAverage"],
        )


def _packed(days: Days | None) -> list[str] | None:
    return None if days is None else [days.start.isoformat(), days.end.isoformat()]


def _unpacked(given: list[str] | None) -> Days | None:
    return None if given is None else Days(*map(date.fromisoformat, given))


@dataclass(frozen=True, slots=True)
class Choice:
    """Something that the asker may have meant: how it is called, and the question that says so."""

    label: str
    question: str


# NOT_UNDERSTOOD: no kind of question. UNKNOWN_NAME: nothing has this name. AMBIGUOUS: several have
# it. NO_METRIC: no metric is named. NO_SUCH_DAY: no calendar has it.
UnclearCode: TypeAlias = Literal[
    "NOT_UNDERSTOOD", "UNKNOWN_NAME", "AMBIGUOUS", "NO_METRIC", "NO_SUCH_DAY"
]


@dataclass(frozen=True)
class Unclear:
    """Why a question cannot be answered as it is, with the questions that could be."""

    code: UnclearCode
    text: str
    choices: tuple[Choice, ...] = ()
    asked: Understood | None = None  # what is understood of it so far
