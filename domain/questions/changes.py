"""Answers how two periods compare, and what made the difference. Pure."""

from collections.abc import Sequence
from decimal import Decimal

from domain.calendar.days import Days
from domain.charts.datasets import Measure
from domain.charts.decimals import WIDE, quotient
from domain.facts import contributions, events
from domain.facts.contributions import Change, Contribution
from domain.facts.facts import Reading
from domain.questions import numbers as periods
from domain.questions import sentences
from domain.questions.amounts import SHARE, present
from domain.questions.answers import Answer, Lacking, Told
from domain.questions.frames import Frame
from domain.questions.numbers import Amount, Numbers

MOST_PARTS = 4  # that an answer names
LEAST_PART = Decimal("0.05")  # of the change


def compare(frame: Frame, numbers: Numbers) -> Answer:
    """How each metric or value differs between two periods."""
    said: list[str] = []
    told: list[Told] = []
    for metric in frame.asked.metrics:
        for value in frame.values:
            one = _Compared(frame, numbers, metric, value)
            said.append(one.sentence())
            told += one.told()
    first = _Compared(frame, numbers, frame.asked.metrics[0], frame.values[0])
    text = sentences.joined([*said, *first.caveats(), sentences.of_source(numbers)])
    return Answer(text, frame.asked, numbers=tuple(told), days=frame.days)


def why(frame: Frame, numbers: Numbers) -> Answer:
    """How a metric differs between two periods, and what each value adds to the difference."""
    one = _Compared(frame, numbers, frame.asked.metrics[0], frame.values[0])
    said, told = [one.sentence()], one.told()
    change = one.change()
    if change is not None and change.amount and frame.breakdown is not None:
        sentence, more = _parts(one, change, frame.breakdown.dimension)
        said.append(sentence)
        told += more
    elif frame.values[0] is not None:
        said.append("Numbers of one value are not kept by another dimension, so I cannot say why.")
    said += [*one.caveats(), sentences.of_source(numbers)]
    return Answer(
        sentences.joined(said),
        frame.asked,
        numbers=tuple(told),
        days=frame.days,
        method="contributions of values to the change",
    )


class _Compared:
    """A metric in two periods."""

    def __init__(self, frame: Frame, numbers: Numbers, metric: str, value: str | None) -> None:
        assert frame.span is not None
        assert frame.before is not None
        self.frame, self.numbers, self.value = frame, numbers, value
        self.measured = frame.measured(numbers, metric, value)
        self.measure: Measure = self.measured.series.measure
        self.now_days, self.before_days = frame.span.days, frame.before.days
        self.now_amount = self._amount(self.now_days)
        self.before_amount = self._amount(self.before_days)
        self._must_compare()
        self.now = self.now_amount.value or Decimal(0)
        self.before = self.before_amount.value or Decimal(0)

    def _amount(self, days: Days) -> Amount:
        found = periods.amount(self.measured, days)
        frame = Frame(self.frame.asked, self.frame.level, days)
        return present(found, self.measure, frame, self.value)

    def _must_compare(self) -> None:
        """Raise Lacking if another share of the days is known before than now."""
        now, before = self.now_amount.coverage, self.before_amount.coverage
        if now.known * before.days == before.known * now.days:
            return
        raise Lacking(
            "NOT_COMPARABLE",
            f"{self.measure.title} cannot be compared: {now.known} of {now.days} days have results "
            f"{sentences.when(self.now_days)}, and {before.known} of {before.days} "
            f"{sentences.when(self.before_days)}.",
        )

    @property
    def difference(self) -> Decimal:
        return WIDE.subtract(self.now, self.before)

    def sentence(self) -> str:
        """How the metric changed."""
        name, was = sentences.named(self.measure, self.value), sentences.was(self.measure)
        now = f"{sentences.amount_of(self.now, self.measure)} {sentences.when(self.now_days)}"
        before = (
            f"{sentences.amount_of(self.before, self.measure)} {sentences.when(self.before_days)}"
        )
        if not self.difference:
            return f"{name} {was} {now}, just as much as {sentences.when(self.before_days)}."
        word = "more" if self.difference > 0 else "less"
        amount = sentences.amount_of(abs(self.difference), self.measure)
        if not self.before:
            return f"{name} {was} {now}, {amount} {word} than the {before}."
        share = sentences.percent(self._share())
        return (
            f"{name} {was} {now}, {share} {word} than the {before}: a change of {self._signed()}."
        )

    def _signed(self) -> str:
        return sentences.signed(self.difference, self.measure)

    def _share(self) -> Decimal:
        return quotient(self.difference, abs(self.before))

    def told(self) -> list[Told]:
        """The numbers of the comparison."""
        both = self.now_amount.source_ids + self.before_amount.source_ids
        found = [
            Told(
                "now", self.now, self.measure, self.now_days, self.value, self.now_amount.source_ids
            ),
            Told(
                "before",
                self.before,
                self.measure,
                self.before_days,
                self.value,
                self.before_amount.source_ids,
            ),
            Told("change", self.difference, self.measure, self.now_days, self.value, both),
        ]
        if self.before:
            found.append(Told("changeShare", self._share(), SHARE, self.now_days, self.value, both))
        return found

    def caveats(self) -> list[str]:
        """What explains the difference besides, and what should be known of it."""
        country = events.country_of(self.measured.series.marketplace_id)
        now, before = (set(events.big(days, country)) for days in (self.now_days, self.before_days))
        told = []
        for names, days in ((now - before, self.now_days), (before - now, self.before_days)):
            if names:
                listed = sentences.listed(sorted(names))
                told.append(
                    f"{listed} {'was' if len(names) == 1 else 'were'} only {sentences.when(days)}."
                )
        both = [self.now_amount, self.before_amount]
        return [*told, *sentences.caveats(both, self.frame.span)]

    def change(self) -> Change | None:
        """The contributions of the values of the breakdown."""
        needed = self.frame.breakdown
        if needed is None or self.value is not None:
            return None
        metric = self.measure.name
        parts = self.numbers.parts(self.frame.level, metric, needed.dimension)
        now, before = (self._places(days) for days in (self.now_days, self.before_days))
        return contributions.of(self.measured, parts, now, before)

    def _places(self, days: Days) -> list[int]:
        rows: Sequence[Reading] = self.measured.series.readings
        inside = periods.places(self.measured.series, days)
        return [at for at in inside if rows[at].state != "MISSING"]


def _parts(one: _Compared, change: Change, dimension: str) -> tuple[str, list[Told]]:
    """The largest contributions, and all others together."""
    named = [part for part in change.parts if part.value is not None]
    large = [part for part in named if abs(part.amount) >= LEAST_PART * abs(change.amount)]
    shown = large[:MOST_PARTS]
    rest = change.amount
    for part in shown:
        rest = WIDE.subtract(rest, part.amount)
    ids = one.now_amount.source_ids + one.before_amount.source_ids
    told = [
        Told("contribution", part.amount, one.measure, one.now_days, part.value, ids)
        for part in shown
    ]
    listed = [_part(part, one.measure) for part in shown]
    if rest and sentences.amount_of(abs(rest), one.measure).strip("$€£0.,%"):
        told.append(Told("rest", rest, one.measure, one.now_days, None, ids))
        listed.append(f"all others {sentences.signed(rest, one.measure)}")
    if not shown:
        return f"No single {dimension} stands out in the change.", told
    return f"By {dimension}: {', '.join(listed)}.", told


def _part(part: Contribution, measure: Measure) -> str:
    words = f"{part.value} {sentences.signed(part.amount, measure)}"
    if not part.mix:
        return words
    rate, mix = (sentences.signed(one, measure) for one in (part.rate, part.mix))
    return f"{words} (its own ratio {rate}, its share {mix})"
