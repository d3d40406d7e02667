"""Puts together what a question asks from what was found in it and what came before. Pure."""

import re
from collections.abc import Iterator
from dataclasses import replace
from types import MappingProxyType

from domain.calendar.days import Days
from domain.calendar.units import Level
from domain.questions import calendar_words, kinds, phrases
from domain.questions.calendar_words import Known
from domain.questions.names import MOST_CHOICES, Catalog
from domain.questions.phrases import Said
from domain.questions.resolving import Names, Read
from domain.questions.understood import Against, Choice, Kind, Unclear, Understood

MOST_METRICS, MOST_VALUES = 4, 4
MOST_TOLD = 10
CAN_ANSWER = (
    "I can answer how much a metric was, which value is highest or lowest, when it was, why it "
    "changed, how two periods, values or metrics compare, what is odd, how it develops, what comes "
    "next and what to look at first."
)
NEEDS_METRIC: frozenset[Kind] = frozenset(
    {"how_much", "which", "when", "why", "compare", "trend", "next"}
)
FALLING = ("cost per", "cpc", "cpm", "cpa", "acos")  # of these, less is better
OF_NOUN: MappingProxyType[str, Level] = MappingProxyType(
    {"week": "weekly", "month": "monthly", "quarter": "quarterly"}
)


class Meaning:
    """Puts together what a question asks from what was found in it and what came before."""

    def __init__(
        self,
        read: Read,
        names: Names,
        catalog: Catalog,
        known: Known,
        before: Understood | None,
    ) -> None:
        self._read, self._names, self._catalog, self._known = read, names, catalog, known
        is_alone = bool(names.metrics and kinds.ALONE.search(read.rest))
        same = before is not None and before.source == names.source
        self._before = before if same and not is_alone else None

    def asked(self) -> Understood | Unclear:
        """What is asked, or why it is not clear."""
        read, names, before = self._read, self._names, self._before
        own = kinds.of(read.rest)
        kind = self._kind(own)
        if kind is None:
            return Unclear("NOT_UNDERSTOOD", f"I do not understand this question. {CAN_ANSWER}")
        if (counted := self._counted(kind)) is not None:
            return counted
        if (several := self._several(kind)) is not None:
            return several
        if len(read.said) > (2 if kind in ("compare", "why") else 1):
            return Unclear("NOT_UNDERSTOOD", "Ask for one range of days, or compare two of them.")
        metrics = tuple(one.name for one in names.metrics)
        if not metrics and before is not None and kind in NEEDS_METRIC:
            metrics = before.metrics
        days, against = self._days(kind)
        asked = Understood(
            kind=kind,
            source=names.source,
            metrics=metrics[:MOST_METRICS],
            dimension=self._dimension(kind),
            values=self._values(),
            days=days,
            against=against,
            lowest=self._lowest(),
            number=self._number(kind),
            unit=self._unit(kind),
            wants_share=bool(kinds.SHARE.search(read.rest)),
            wants_average=kind == "how_much"
            and (self._is_by_period() or bool(kinds.AVERAGE.search(read.rest))),
            notes=tuple(_notes(read)),
        )
        if not metrics and kind in NEEDS_METRIC:
            return self._which_metric(asked)
        return asked

    def _kind(self, own: Kind | None) -> Kind | None:
        names, before = self._names, self._before
        rest = self._read.rest
        if own == "attention" and names.metrics and "changed" in rest:
            own = "compare"
        if own in (None, "how_much") and len(self._read.said) == 2:
            return "compare"  # "sales in March and May" tells both
        if own in (None, "how_much") and len(names.values) > 1 and before is None:
            return "compare"
        if own == "which" and not names.dimensions and self._is_by_period():
            own = "how_much"  # "sales per week" asks for the mean week
        if own == "compare" and names.dimensions and kinds.BY.search(rest) and not names.values:
            return "why"  # "which campaign grew most" asks what made the difference
        if own is not None and not (own == "how_much" and self._is_short()):
            if own == "how_much" and names.dimensions and not names.values:
                return "which"
            return own
        if names.dimensions and not names.values:
            return "why" if before is not None and before.kind in ("why", "compare") else "which"
        if before is not None:
            return before.kind
        return "how_much" if names.metrics else own

    def _is_by_period(self) -> bool:
        """Whether it breaks down by weeks, months or quarters."""
        return bool(
            re.search(r"\b(?:per|each|every|by) +(?:week|month|quarter)\b", self._read.rest)
        )

    def _is_short(self) -> bool:
        """Whether it only says what differs from the question before: "what about May?"."""
        if self._before is None:
            return False
        return not re.search(r"how +(?:much|many)|total|sum|share|average", self._read.rest)

    def _several(self, kind: Kind) -> Unclear | None:
        """Why several metrics or dimensions cannot be answered at once."""
        names = self._names
        dimensions = {one.name for one in names.dimensions} - {one.name for one in names.values}
        if len(dimensions) > 1:
            both = " and ".join(sorted(dimensions))
            return Unclear("NOT_UNDERSTOOD", f"Ask for one of {both}, not for both at once.")
        most = MOST_METRICS if kind in ("how_much", "compare", "odd", "attention") else 1
        if len(names.metrics) > most:
            return Unclear("NOT_UNDERSTOOD", "Ask for one metric at a time.")
        is_by = re.search(r"\b(?:by|per|each|every)\b", self._read.rest)
        if kind == "which" and is_by and not names.dimensions and self._before is None:
            return Unclear("NOT_UNDERSTOOD", "Name the dimension to break down by.")
        return None

    def _counted(self, kind: Kind) -> Unclear | None:
        """The number of a dimension's values is not kept."""
        found = re.search(r"how +many +(?:of +the +|the +)?\x1f", self._read.rest)
        if found is None or kind not in ("how_much", "which"):
            return None
        place = found.end() - 1
        mention = next(
            (one for one in self._read.mentions if self._read.words[one.start].start == place), None
        )
        if mention is None or mention.role != "dimension":
            return None
        return Unclear(
            "NOT_UNDERSTOOD",
            f"I cannot count the values of {mention.entries[0].name}, because privacy withholds "
            f"some of them. {CAN_ANSWER}",
        )

    def _dimension(self, kind: Kind) -> str | None:
        names, before = self._names, self._before
        used = {one.name for one in names.values}
        for one in names.dimensions:
            if one.name not in used:
                return one.name
        if before is not None and not names.dimensions and kind in ("which", "why"):
            return before.dimension
        return None

    def _values(self) -> tuple[tuple[str, str], ...]:
        own = tuple((one.name, one.value or "") for one in self._names.values)
        if own or self._before is None:
            return own[:MOST_VALUES]
        if self._dimension("how_much") is not None:  # "by campaign?" asks for all of them
            return ()
        return self._before.values

    def _lowest(self) -> bool:
        rest = self._read.rest
        if not (kinds.LOWEST.search(rest) or kinds.BEST.search(rest)):
            return self._before.lowest if self._before and not self._names.metrics else False
        lowest = bool(kinds.LOWEST.search(rest))
        if kinds.BEST.search(rest) and self._names.metrics:
            title = self._names.metrics[0].called.lower()
            return lowest != any(one in title for one in FALLING)
        return lowest

    def _number(self, kind: Kind) -> int | None:
        if kind not in ("which", "when"):
            return None
        found = kinds.top(self._read.rest)
        if found is None:
            one = kind == "when" or re.search(r"\bwhich\b|\bwho\b", self._read.rest)
            return 1 if one else 5
        said = found["count"]
        return min(MOST_TOLD, int(said) if said.isdecimal() else calendar_words.NUMBERS[said])

    def _unit(self, kind: Kind) -> Level | None:
        if kind not in ("when", "next", "how_much", "trend", "odd"):
            return None
        found = kinds.UNITS.search(self._read.rest)
        if found is None:
            return self._before.unit if self._before else None
        noun = found["unit"]
        return OF_NOUN[noun] if noun else found["ly"]  # type: ignore[return-value]

    def _which_metric(self, asked: Understood) -> Unclear:
        entries = self._catalog.of("metric", self._names.source)[:MOST_CHOICES]
        question = self._read.text.rstrip(" ?.!")
        choices = tuple(Choice(one.called, f'{question}: "{one.called}"?') for one in entries)
        return Unclear("NO_METRIC", "Which metric do you mean?", choices, asked)

    def _days(self, kind: Kind) -> tuple[Days | None, Against | Days | None]:
        """The days that are meant, and those that they are compared with."""
        said, before = list(self._read.said), self._before
        against: Against | Days | None = None
        if kind in ("compare", "why"):
            said, against = self._compared(said)
        if kinds.THAN_YEAR.search(self._read.rest):
            against = "year"
        elif kinds.THAN_BEFORE.search(self._read.rest):
            against = "previous"
        if not said:
            if before is None:
                return None, against
            return before.days, against or (before.against if kind in ("compare", "why") else None)
        if len(said) == 1:
            return said[0].days, against
        early, late = sorted((one.days for one in said), key=lambda one: one.start)
        return late, early

    def _compared(self, said: list[Said]) -> tuple[list[Said], Against | Days | None]:
        """Take out what only says with which days to compare: "than the previous month"."""
        text = phrases.plain(self._read.text)
        kept: list[Said] = []
        against: Against | Days | None = None
        for one in said:
            words_ = text[one.start : one.end]
            lead = text[: one.start].rstrip().rsplit(" ", 1)[-1]
            is_than = lead in ("than", "with", "to", "versus", "vs", "against", "the", "year")
            if is_than and re.fullmatch(
                r"(?:the )?(?:last|previous|prior) year|.*year ago", words_
            ):
                against = "year"
            elif (
                is_than
                and len(said) > 1
                and re.fullmatch(r"(?:the )?(?:previous|prior) (?:week|month|quarter)", words_)
            ):
                against = "previous"
            elif one.ends is not None and len(said) == 1 and self._is_change(one, text):
                early, late = one.ends
                return [replace(one, days=late)], early
            else:
                kept.append(one)
        return kept, against

    def _is_change(self, one: Said, text: str) -> bool:
        """Whether "from March to April" names two sides, rather than all days from one to other."""
        sides = one.ends
        if sides is None:
            return False
        return " and " in text[one.start : one.end] or (
            abs(sides[0].length - sides[1].length) <= 3 and sides[0].length > 1
        )


def _notes(read: Read) -> Iterator[str]:
    """How misspelled names were read."""
    for one in read.mentions:
        if not one.is_exact:
            said = read.text[read.words[one.start].start : read.words[one.end - 1].end]
            yield f"I read “{said}” as {one.entries[0].called}."
