"""The values of the metrics in a group of rows, or the reasons why they have none."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from domain.aggregates.sums import ColumnSum, Group
from domain.amc.currencies import OTHER_CURRENCY, Amounts
from domain.charts.datasets import Cell
from domain.charts.decimals import quotient
from domain.templates.metrics import Metric, ReportConfig


def columns(metric: Metric) -> tuple[str, ...]:
    """Return the columns that a metric is made of."""
    if metric.kind != "ratio":
        return (metric.name,)
    return tuple(one for one in (metric.numerator, metric.denominator) if one is not None)


def is_amount(metric: Metric, amounts: Amounts) -> bool:
    """Return whether a metric is an amount of money, or rests on one."""
    return amounts.decide(metric.unit, metric.numerator, metric.denominator)


@dataclass(frozen=True)
class _Measured:
    """A metric, and what is to be known of it for every group."""

    metric: Metric
    columns: tuple[str, ...]
    lower: frozenset[str]  # the columns in lower case
    is_amount: bool


class Values:
    """Reads the metrics of a report out of groups. There may be tens of thousands of them."""

    def __init__(self, config: ReportConfig, amounts: Amounts) -> None:
        self._config = config
        self._measured = [
            _Measured(
                one,
                columns(one),
                frozenset(name.lower() for name in columns(one)),
                is_amount(one, amounts),
            )
            for one in config.metrics
        ]
        self._not_additive = [one for one in config.metrics if one.kind != "additive"]

    def of(
        self, group: Group, state: str, *, is_exact: bool
    ) -> tuple[dict[str, str | None], dict[str, str]]:
        """Return the values of the metrics, and the states of those without a value.

        `is_exact` tells whether one segment has exactly the days of the group's period.
        """
        if not group.rows or state == "SUPPRESSED":
            names = [one.metric.name for one in self._measured]
            return dict.fromkeys(names), dict.fromkeys(names, state)
        fixed = self._fixed(group, is_whole=is_exact and not group.is_rest)
        metrics: dict[str, str | None] = {}
        states: dict[str, str] = {}
        for one in self._measured:
            reason = _reason(one, group, fixed)
            metrics[one.metric.name] = None if reason else _value(one.metric, group)
            if reason:
                states[one.metric.name] = reason
        return metrics, states

    def _fixed(self, group: Group, *, is_whole: bool) -> set[str]:
        """Return the columns, in lower case, that must not be summed over this group."""
        return {
            one.name.lower()
            for one in self._not_additive
            if not (is_whole and _is_told(one, self._config, group))
        }


def _is_told(metric: Metric, config: ReportConfig, group: Group) -> bool:
    """Whether the rows of a group tell a metric that cannot be added up over everything.

    A single row needs no summing. Rows that agree on all but exclusive dimensions are summed. Rows
    that privacy left over hold sums of distinct counts, which is a count only if nobody can be in
    two of all rows.
    """
    if group.suppressed:
        return (
            group.dimension is None and bool(metric.over) and {*config.dimensions} <= {*metric.over}
        )
    return group.rows == 1 or metric.name in group.alike


def _reason(one: _Measured, group: Group, fixed: set[str]) -> str | None:
    """Return why a metric has no value in this group, or None."""
    numbers = [group.numbers[name] for name in one.columns]
    if not (all(map(_is_usual, numbers)) and fixed.isdisjoint(one.lower)):
        reason = _unusable(one, numbers, group, fixed)
        if reason is not None:
            return reason
    if group.is_foreign and one.is_amount:
        return OTHER_CURRENCY
    if one.metric.denominator is not None and not Decimal(numbers[-1].total or 0):
        return "NO_DENOMINATOR"
    return None


def _is_usual(number: ColumnSum) -> bool:
    return number.total is not None and not number.lacking and not number.unfit


def _unusable(
    one: _Measured, numbers: Sequence[ColumnSum], group: Group, fixed: set[str]
) -> str | None:
    """Return why a metric's columns give no value, or None. `fixed` columns must not be summed."""
    if any(_lacks(one.metric, number, group) for number in numbers):
        return "MISSING"
    if fixed & one.lower or any(number.unfit for number in numbers):
        return "SUPPRESSED" if group.rows == group.suppressed else "NOT_ADDITIVE"
    if any(number.total is None for number in numbers):
        return "SUPPRESSED" if group.rows == group.suppressed else "NOTHING"
    return None


def _lacks(metric: Metric, number: ColumnSum, group: Group) -> bool:
    # If some files lack one of its columns, a ratio would divide numbers of different weeks.
    return number.lacking > 0 if metric.kind == "ratio" else number.lacking == group.rows


def _value(metric: Metric, group: Group) -> str | None:
    if metric.numerator is None or metric.denominator is None:
        return group.numbers[metric.name].total
    above, below = (group.numbers[one].total for one in (metric.numerator, metric.denominator))
    return Cell(quotient(Decimal(above or 0), Decimal(below or 0))).digits
