"""Confidence: how often statements of a kind and strength turned out to be right.

The table comes from `python -m benchmarks.facts`, which plants trends, steps, spikes, seasons
and nothing into noise, and counts what is found. Measure anew after each change of a method.
"""

from bisect import bisect_right
from decimal import Decimal
from math import log10
from types import MappingProxyType

from domain.facts.facts import Fact, Kind

LEAST = 1e-12  # p values and doubts below tell no more
COUNTED = Decimal(1)  # what is counted and not estimated
# The strengths from which on a statement is right this often.
TABLE: MappingProxyType[Kind, tuple[tuple[float, str], ...]] = MappingProxyType(
    {
        "trend": (
            *((0.0, "0.2"), (1.0, "0.6"), (1.3, "0.72")),
            *((2.0, "0.88"), (2.5, "0.92"), (3.0, "0.95")),
        ),
        "level_change": ((0.0, "0.5"), (1.6, "0.74"), (2.0, "0.86"), (3.0, "0.96")),
        "anomaly": (
            *((0.0, "0.3"), (1.15, "0.5"), (1.6, "0.7")),
            *((2.0, "0.92"), (3.0, "0.97")),
        ),
        "event": ((0.0, "0.6"), (1.3, "0.85"), (1.6, "0.9"), (2.0, "0.95"), (3.0, "0.97")),
        "comparison": ((0.0, "0.5"), (1.3, "0.84"), (2.0, "0.92"), (3.0, "0.97")),
        "ranking": ((0.0, "0.9"), (2.0, "0.95"), (3.0, "0.97")),
        "funnel": ((0.0, "0.85"), (1.3, "0.93"), (3.0, "0.97")),
        "saturation": ((0.0, "0.88"), (2.0, "0.95")),
        "forecast": ((0.0, "0.8"),),
    }
)


def strength(fact: Fact) -> float:
    """How strong a fact is: the digits before the first one of its adjusted p value, or its doubt.

    The weaker of the two counts: that something is there, and that it is of this kind.
    """
    p_value = fact.p_value if fact.adjusted is None else fact.adjusted
    weakest = max(p_value or 0.0, fact.doubt, LEAST)
    return 0.0 - log10(weakest)


def of(fact: Fact) -> Decimal:
    """How often facts of this kind and strength are right, as a share."""
    rows = TABLE.get(fact.kind)
    if rows is None:
        return COUNTED
    at = bisect_right([least for least, _ in rows], strength(fact)) - 1
    return Decimal(rows[max(at, 0)][1])
