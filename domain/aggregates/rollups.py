"""Weekly, monthly and quarterly figures out of a collection's results. No database, no network.

Suppressed, empty, missing and zero stay four different things; a day is never counted twice, and
what may not be added up is not: the reach of a month is not the sum of its weeks.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Context, Decimal
from itertools import groupby
from pathlib import Path
from uuid import UUID

from domain import duck
from domain.aggregates import sums as figures
from domain.aggregates.sums import Group, Number, Only, Source, Use
from domain.calendar.periods import Period
from domain.templates.metrics import Metric, ReportConfig

UTC_ZONES = {"UTC", "Etc/UTC"}
NONE = Group(0, None, None, False, 0, 0, {})  # of a period without rows
PLACES = Decimal("1e-10")
WIDE = Context(prec=100, rounding=ROUND_HALF_EVEN)  # more digits than any two sums can have


@dataclass(frozen=True)
class Piece:
    """A segment and what it brought: the local days `[start, end)` of the report's zone."""

    id: UUID
    start: date
    end: date
    outcome: str | None  # DATA, EMPTY, SUPPRESSED, DATA_GAP; None: nothing was collected
    path: Path | None  # its Parquet file; a piece without one brought nothing
    provisional: bool
    collected_at: datetime | None


@dataclass(frozen=True)
class Figures:
    """The figures of a period, overall or of one value of a dimension.

    A metric without a value has a state that says why: NOT_ADDITIVE, NO_DENOMINATOR, NOTHING (no
    row has a value), or SUPPRESSED, EMPTY, MISSING.
    """

    period: Period
    dimension: str | None  # None: overall
    value: str | None  # None: privacy took it, or there was none
    metrics: dict[str, str | None]  # digits
    states: dict[str, str]
    state: str  # DATA, EMPTY, SUPPRESSED, MISSING
    coverage: dict[str, int]  # days: covered, straddling and missing are all there are
    provisional: bool
    as_of: datetime | None
    row_count: int
    suppressed_rows: int  # of these, rows that privacy took dimensions from
    by_utc_day: bool  # a piece was split by UTC days, and the zone is another
    pieces: tuple[UUID, ...]  # oldest first
    undated_rows: int = 0  # rows of split pieces that tell no day, and so count in no period


@dataclass(frozen=True)
class _Share:
    piece: Piece
    days: frozenset[date]
    whole: bool


@dataclass(frozen=True)
class _Plan:
    period: Period
    shares: Sequence[_Share]  # oldest first
    exact: bool  # one piece is the period
    straddling: int  # days that only a piece has that could not be split


def aggregate(
    config: ReportConfig,
    zone: str,
    pieces: Sequence[Piece],
    periods: Sequence[Period],
    folder: Path,
    most: int = figures.MOST_VALUES,
    only: Sequence[Only] = (),
    timeout: float | None = None,
) -> list[Figures]:
    """The figures of each period: overall, then by dimension, largest values first.

    Every file lies under `folder`. Ratios are rounded half even to ten places. At most `most`
    values (never more than 500) of a dimension are shown; the rest is "(other)". Raises
    TimeoutError after `timeout` seconds.
    """
    wanted = replace(_wanted(config, most), only=only)
    brought = [piece for piece in pieces if piece.outcome and piece.path]
    with duck.over(folder, timeout=timeout) as connection:
        shapes = figures.shapes(connection, {piece.path for piece in brought if piece.path})
        day = (config.date_column or "").lower()
        dated = {path for path, shape in shapes.items() if day in shape}
        plans = [_plan(period, brought, dated) for period in periods]
        used = dict.fromkeys(share.piece for plan in plans for share in plan.shares)
        numbers = {piece: number for number, piece in enumerate(used)}
        sources = [Source(one.path, one.start, one.end) for one in used if one.path]
        sums = figures.Sums(connection, wanted, sources, list(_uses(plans, numbers)))
        undated = sums.undated()
        lost = {piece: undated.get(number, 0) for piece, number in numbers.items()}
        by_period = groupby(sums.groups(), key=lambda group: group.period)
        found = {
            number: list(_figures(config, zone, plans[number], groups, lost))
            for number, groups in by_period
        }
    return [
        figure
        for number, plan in enumerate(plans)
        for figure in found.get(number) or _figures(config, zone, plan, [NONE], lost)
    ]


def _wanted(config: ReportConfig, most: int) -> figures.Wanted:
    numbers = dict.fromkeys(name for metric in config.metrics for name in _columns(metric))
    first = next((metric.name for metric in config.metrics if metric.kind == "additive"), None)
    dimensions = list(dict.fromkeys(config.dimensions))
    return figures.Wanted(config.date_column, list(numbers), dimensions, first, most)


def _columns(metric: Metric) -> Sequence[str]:
    if metric.kind != "ratio":
        return (metric.name,)
    return tuple(one for one in (metric.numerator, metric.denominator) if one is not None)


def _plan(period: Period, pieces: Sequence[Piece], dated: set[Path]) -> _Plan:
    """Which piece each day is taken from."""
    days = _days(period.start, period.end)
    touching = [one for one in pieces if one.start < period.end and period.start < one.end]
    touching.sort(key=_worth, reverse=True)
    for piece in touching:
        if (piece.start, piece.end) == (period.start, period.end):
            return _Plan(period, (_Share(piece, days, True),), True, 0)
    touching.sort(key=lambda one: not (period.start <= one.start and one.end <= period.end))
    free, left = set(days), set[date]()
    shares: list[_Share] = []
    for piece in touching:
        own = _days(piece.start, piece.end)
        given = own & free
        whole = given == own
        if given and not whole and piece.path not in dated:
            left |= given
        elif given:
            shares.append(_Share(piece, given, whole))
            free -= given
    shares.sort(key=lambda share: (share.piece.start, share.piece.end, share.piece.id))
    return _Plan(period, shares, False, len(left & free))


def _worth(piece: Piece) -> tuple[bool, datetime, date, UUID]:
    collected = piece.collected_at or datetime.min.replace(tzinfo=UTC)
    return not piece.provisional, collected, piece.start, piece.id


def _days(start: date, end: date) -> frozenset[date]:
    return frozenset(start + timedelta(days=number) for number in range((end - start).days))


def _uses(plans: Sequence[_Plan], numbers: Mapping[Piece, int]) -> Iterator[Use]:
    for number, plan in enumerate(plans):
        for share in plan.shares:
            yield Use(number, numbers[share.piece], None if share.whole else share.days)


def _figures(
    config: ReportConfig,
    zone: str,
    plan: _Plan,
    groups: Iterable[Group],
    lost: Mapping[Piece, int],
) -> Iterator[Figures]:
    split = [share.piece for share in plan.shares if not share.whole]
    undated = sum(lost.get(piece, 0) for piece in split)
    collected = [one.piece.collected_at for one in plan.shares if one.piece.collected_at]
    coverage = _coverage(plan)
    for group in groups:
        state = _state(plan, group, undated)
        metrics, states = _metrics(config, group, state, plan.exact)
        yield Figures(
            period=plan.period,
            dimension=group.dimension,
            value=group.value,
            metrics=metrics,
            states=states,
            state=state,
            coverage=coverage,
            provisional=any(share.piece.provisional for share in plan.shares),
            as_of=max(collected, default=None),
            row_count=group.rows,
            suppressed_rows=group.suppressed,
            by_utc_day=bool(split) and zone not in UTC_ZONES,
            pieces=tuple(share.piece.id for share in plan.shares),
            undated_rows=undated,
        )


def _state(plan: _Plan, group: Group, undated: int) -> str:
    if not plan.shares:
        return "MISSING"
    if group.rows > group.suppressed:
        return "DATA"
    taken = any(share.piece.outcome == "SUPPRESSED" for share in plan.shares)
    return "SUPPRESSED" if group.rows or undated or taken else "EMPTY"


def _coverage(plan: _Plan) -> dict[str, int]:
    days = (plan.period.end - plan.period.start).days
    of: dict[str | None, int] = {}
    for share in plan.shares:
        of[share.piece.outcome] = of.get(share.piece.outcome, 0) + len(share.days)
    covered = sum(of.values())
    return {
        "days": days,
        "covered": covered,
        "empty": of.get("EMPTY", 0),
        "suppressed": of.get("SUPPRESSED", 0),
        "gap": of.get("DATA_GAP", 0),
        "missing": days - covered - plan.straddling,
        "straddling": plan.straddling,
    }


def _metrics(
    config: ReportConfig, group: Group, state: str, exact: bool
) -> tuple[dict[str, str | None], dict[str, str]]:
    """The values, and of those that are not there, why."""
    if not group.rows:
        names = [metric.name for metric in config.metrics]
        return dict.fromkeys(names), dict.fromkeys(names, state)
    # In a row that stands alone nothing has been added up, so it may be shown whatever it is.
    alone = exact and group.rows == 1 and not group.rest
    fixed = {one.name.lower() for one in config.metrics if one.kind != "additive" and not alone}
    metrics: dict[str, str | None] = {}
    states: dict[str, str] = {}
    for metric in config.metrics:
        reason = _unusable(metric, group, fixed) or _no_denominator(metric, group)
        metrics[metric.name] = None if reason else _value(metric, group)
        if reason:
            states[metric.name] = reason
    return metrics, states


def _unusable(metric: Metric, group: Group, fixed: set[str]) -> str | None:
    columns = {name: group.numbers[name] for name in _columns(metric)}
    if any(_lacks(metric, number, group) for number in columns.values()):
        return "MISSING"
    if fixed & {name.lower() for name in columns} or any(
        number.unfit for number in columns.values()
    ):
        return "NOT_ADDITIVE"
    if any(number.total is None for number in columns.values()):
        return "SUPPRESSED" if group.rows == group.suppressed else "NOTHING"
    return None


def _lacks(metric: Metric, number: Number, group: Group) -> bool:
    # Over files that lack one of its parts, a ratio would be one of different weeks.
    return number.lacking > 0 if metric.kind == "ratio" else number.lacking == group.rows


def _no_denominator(metric: Metric, group: Group) -> str | None:
    if metric.denominator is None or Decimal(group.numbers[metric.denominator].total or 0):
        return None
    return "NO_DENOMINATOR"


def _value(metric: Metric, group: Group) -> str | None:
    if metric.numerator is None or metric.denominator is None:
        return group.numbers[metric.name].total
    above, below = (group.numbers[one].total for one in (metric.numerator, metric.denominator))
    quotient = WIDE.divide(Decimal(above or 0), Decimal(below or 0)).quantize(PLACES, context=WIDE)
    text = f"{quotient:f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text
