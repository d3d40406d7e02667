"""Answers what statistics find: what is odd, the course, what comes next, what matters. Pure."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from domain.calendar.days import Days
from domain.charts.datasets import Measure
from domain.charts.formats import days_of
from domain.facts import anomalies, confidence, forecasts, levels, quality, run, shapes, trend
from domain.facts.facts import Fact, Finding, Number, Refusal, Series, Subject
from domain.facts.run import Board
from domain.insights import texts
from domain.insights.boards import SourceBoard
from domain.questions import sentences
from domain.questions.amounts import SHARE
from domain.questions.answers import Answer, Lacking, Told
from domain.questions.frames import LEVEL_NAMES, Frame
from domain.questions.numbers import Numbers
from domain.questions.understood import Understood

MOST_TOLD = 5
SURE = Decimal("0.5")
NOUNS = LEVEL_NAMES
COUNTS = frozenset({"values", "days", "periods", "largest", "lost"})
COUNT = Measure("count", "Count", "count", "additive")


def odd(frame: Frame, numbers: Numbers) -> Answer:
    """The single periods that are unlike the others."""
    board = _board(frame, numbers)
    facts = [
        one
        for one in _judged(board)
        if one.kind in ("anomaly", "event") and frame.days.overlaps(one.period)
    ][:MOST_TOLD]
    names = sentences.listed(_titles(board))
    if not facts:
        _must_be_long(board)
        text = (
            f"Nothing is out of the ordinary in {names} {sentences.when(frame.days)}, so far as "
            f"{_periods(board)} can tell."
        )
        return Answer(
            sentences.joined([text, sentences.of_source(numbers)]),
            frame.asked,
            days=frame.days,
            method=anomalies.METHOD,
        )
    return _of_facts(frame, numbers, board, facts)


def attention(frame: Frame, numbers: Numbers) -> Answer:
    """What matters most about the metrics or the value that are named."""
    board = _board(frame, numbers)
    return noteworthy(frame.asked, [SourceBoard(numbers.source, board, frame.days)], frame.days)


def noteworthy(asked: Understood, made: Sequence[SourceBoard], days: Days | None = None) -> Answer:
    """What matters most over some sources, by money at stake and confidence: as insights do."""
    told = [
        (one, fact)
        for one in made
        for fact in run.run(one.board).facts
        if fact.kind != "forecast" and (days is None or days.overlaps(fact.period))
    ]
    told.sort(key=lambda pair: -(pair[1].stake or Decimal(0)) * (pair[1].confidence or Decimal(0)))
    shown = told[:MOST_TOLD]
    named = sentences.listed([one.source.name for one in made])
    zones = sentences.listed(list(dict.fromkeys(one.source.time_zone for one in made)))
    source = f"Source: {named}, days in {zones}."
    if not shown:
        boards = [one.board for one in made if one.board.series]
        if not boards:
            raise Lacking("NOT_COVERED", "No results have been collected yet.")
        for board in boards:
            _must_be_long(board)
        text = f"Nothing stands out in {_periods(boards[0])}: no change is larger than chance."
        return Answer(sentences.joined([text, source]), asked, days=days)
    said: list[str] = []
    numbers: list[Told] = []
    for one, fact in shown:
        series = one.board.get(fact.subject.metric, fact.subject)
        whole = series or one.board.get(fact.subject.metric, Subject(fact.subject.metric))
        if whole is None:
            continue
        text = texts.text(fact, one.source, whole.level, filters=one.filters)
        said.append(f"{one.source.name}: {text}" if len(made) > 1 else text)
        numbers += _told(fact, whole)
    sure = [fact.confidence or confidence.of(fact) for _, fact in shown]
    return Answer(
        sentences.joined([*said, _sureness(sure), source]),
        asked,
        numbers=tuple(numbers),
        confidence=min(sure),
        method="; ".join(dict.fromkeys(fact.method for _, fact in shown)),
        days=Days.spanning(fact.period for _, fact in shown),
    )


def course(frame: Frame, numbers: Numbers) -> Answer:
    """Whether a metric rises, falls, or changed its level."""
    metric, value = frame.asked.metrics[0], frame.values[0]
    series = frame.measured(numbers, metric, value).series
    shape = shapes.of(series)
    if isinstance(shape, Refusal):
        raise _refused(shape, series)
    found: list[Finding] = [trend.find(shape), levels.find(shape)]
    facts = [one for one in found if isinstance(one, Fact)]
    board = Board((series,))
    told = [one for one in run.judged(board, facts) if one.confidence and one.confidence >= SURE]
    if not told:
        refused = next((one for one in found if isinstance(one, Refusal)), None)
        if refused is not None and not facts:
            raise _refused(refused, series)
        text = (
            f"{sentences.named(series.measure, value)} neither "
            f"{'rise nor fall' if sentences.was(series.measure) == 'were' else 'rises nor falls'} "
            f"clearly: in {shape.n} {NOUNS[frame.level]}s there is no trend that chance does not "
            "explain."
        )
        return Answer(
            sentences.joined([text, sentences.of_source(numbers)]),
            frame.asked,
            days=shape.days(0),
            method=trend.METHOD,
        )
    return _of_facts(frame, numbers, board, told[:1])


def upcoming(frame: Frame, numbers: Numbers) -> Answer:
    """What the period that is running will come to."""
    metric, value = frame.asked.metrics[0], frame.values[0]
    series = frame.measured(numbers, metric, value).series
    shape = shapes.of(series, "forecast", forecasts.LEAST)
    found = shape if isinstance(shape, Refusal) else forecasts.find(shape)
    if isinstance(found, Refusal):
        raise _refused(found, series)
    return _of_facts(frame, numbers, Board((series,)), [found])


def state(frame: Frame, numbers: Numbers) -> Answer:
    """How complete and how settled the data are."""
    board = numbers.boards[frame.level]
    series = next((one for one in board.series if one.dimension is None), None)
    if series is None:
        raise Lacking("NOT_COVERED", "No results have been collected yet.")
    inside = tuple(one for one in series.readings if frame.days.overlaps(one.days))
    found = quality.find(replace(series, readings=inside))
    if isinstance(found, Refusal):
        raise _refused(found, series)
    days = sum(one.coverage.days for one in inside)
    known = sum(one.coverage.known for one in inside)
    noun = NOUNS[frame.level]
    said = [
        f"The data cover {days_of(Days.spanning(one.days for one in inside))}: {known} "
        f"of {days} days have results."
    ]
    told = []
    for fact in found:
        share = sentences.percent(fact.effect)
        told.append(Told(fact.method, fact.effect, SHARE, fact.period, None, fact.source_ids))
        match fact.method:
            case quality.SUPPRESSED:
                said.append(f"Privacy withholds {share} of the data, or its names.")
            case quality.PROVISIONAL:
                said.append(f"{fact.reach} {noun}s are not settled yet and may still change.")
            case quality.CHANGED:
                said.append("The report's parameters or template changed in between.")
    if not found:
        said.append("Nothing is missing, and nothing is provisional.")
    said.append(sentences.of_source(numbers))
    return Answer(
        sentences.joined(said),
        frame.asked,
        numbers=tuple(told),
        days=frame.days,
        confidence=confidence.COUNTED,
        method="counted",
    )


def _board(frame: Frame, numbers: Numbers) -> Board:
    """The wholes of the asked metrics, or of all; or those of the value that is named."""
    every = numbers.boards[frame.level]
    value, wanted = frame.values[0], set(frame.asked.metrics)
    needed = set(wanted)
    for one in every.series:
        if one.measure.name in wanted:
            needed |= {one.numerator or "", one.denominator or ""}
    kept = [
        one
        for one in every.series
        if one.value == value
        and (value is not None or one.dimension is None)
        and (not wanted or one.measure.name in needed)
    ]
    return Board(tuple(kept), () if wanted else every.funnels, () if wanted else every.saturations)


def _judged(board: Board) -> list[Fact]:
    """All facts of a board that are sure enough."""
    found = [one for one in run.everything(board) if isinstance(one, Fact)]
    return [one for one in run.judged(board, found) if one.confidence and one.confidence >= SURE]


def _must_be_long(board: Board) -> None:
    """Raise Lacking if there is too little data for anything to be found."""
    found = [shapes.of(one) for one in board.series]
    refused = [one for one in found if isinstance(one, Refusal)]
    if refused and len(refused) == len(found):
        raise _refused(refused[0], board.series[0])


def _refused(refusal: Refusal, series: Series) -> Lacking:
    """The reason why statistics find nothing."""
    name = sentences.named(series.measure, series.value)
    noun = NOUNS[series.level]
    match refusal.code:
        case "NOT_ENOUGH_PERIODS":
            why = (
                f"{name} has {refusal.has or 0} settled {noun}s, and at least {refusal.needs} "
                "are needed"
            )
        case "CONSTANT":
            why = f"{name} is the same in every {noun}"
        case "SUPPRESSED":
            why = f"privacy withholds {name} in too many {noun}s"
        case "NOT_ADDITIVE":
            why = f"{name} cannot be added up"
        case "OTHER_CURRENCY":
            why = f"rows of {name} are in another currency than the instance"
        case _:
            why = f"too many {noun}s of {name} have not been collected"
    return Lacking(refusal.code, f"I cannot tell: {why}.")


def _titles(board: Board) -> list[str]:
    return list(dict.fromkeys(one.measure.title for one in board.series))[:4]


def _periods(board: Board) -> str:
    longest = max((one for one in board.series), key=lambda one: len(one.readings))
    return f"{len(longest.readings)} {NOUNS[longest.level]}s"


def _of_facts(frame: Frame, numbers: Numbers, board: Board, facts: Sequence[Fact]) -> Answer:
    said: list[str] = []
    told: list[Told] = []
    for fact in facts:
        series = board.get(fact.subject.metric, fact.subject)
        if series is None:
            continue
        said.append(texts.text(fact, numbers.source, series.level))
        told += _told(fact, series)
    sure = [one.confidence or confidence.of(one) for one in facts]
    said.append(_sureness(sure))
    said.append(sentences.of_source(numbers))
    return Answer(
        sentences.joined(said),
        frame.asked,
        numbers=tuple(told),
        confidence=min(sure),
        method="; ".join(dict.fromkeys(one.method for one in facts)),
        days=Days.spanning(one.period for one in facts),
    )


def _sureness(sure: Sequence[Decimal]) -> str:
    least = min(sure)
    if least == 1:
        return ""
    return (
        f"Statements like {'this' if len(sure) == 1 else 'these'} are right in about "
        f"{least * 100:.0f} of 100 cases."
    )


def _told(fact: Fact, series: Series) -> list[Told]:
    found = [
        Told(
            one.name,
            one.value,
            _measure(one, fact, series),
            fact.period,
            one.of or fact.subject.value,
            fact.source_ids,
        )
        for one in fact.numbers
    ]
    effect = Told("effect", fact.effect, SHARE, fact.period, fact.subject.value, fact.source_ids)
    found.append(effect)
    if fact.interval is not None:
        measure = series.measure if fact.kind == "forecast" else SHARE
        for name, value in (("low", fact.interval.low), ("high", fact.interval.high)):
            found.append(
                Told(name, value, measure, fact.period, fact.subject.value, fact.source_ids)
            )
    return found


def _measure(number: Number, fact: Fact, series: Series) -> Measure:
    """The unit of a number of a fact: that of its metric, a share, or a count."""
    if number.name in COUNTS:
        return COUNT
    is_share = number.name == "share" or (
        fact.kind == "funnel" and number.name in ("rate", "before")
    )
    return SHARE if is_share else series.measure
