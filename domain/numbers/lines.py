"""What a widget shows of one source, as lines: the whole, or a value of its dimension. Pure.

A period keeps at most 500 values of a dimension, and the rest as one. Where a value may be in that
rest, its number of the period is not known, and nobody is told that it were nothing.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from domain.aggregates.sums import OTHER
from domain.dashboards.configs import Filter
from domain.numbers.slices import ALL, BEFORE, NOW, REST, WITHHELD, Slices, Whole
from domain.numbers.sums import UNSURE, Sums
from domain.numbers.windows import Window

WHOLE_WINDOW = ""
NOTHING: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Line:
    """One value of a dimension, all others, or the whole; sums by the keys of periods."""

    now: Mapping[str, Sums]
    before: Mapping[str, Sums]
    value: str | None = None
    is_other: bool = False
    hidden: frozenset[str] = NOTHING  # periods whose numbers of it are not known


def of_wholes(there: Mapping[str, Whole], window: Window, names: Sequence[str]) -> Line:
    """The whole, by period."""
    now = {one.key: there[one.key].sums(names) for one in window.periods if one.key in there}
    before = {one.key: there[one.key].sums(names) for one in window.before if one.key in there}
    return Line(now, before)


def of_slices(
    slices: Slices, filters: Sequence[Filter], names: Sequence[str], *, by_period: bool
) -> list[Line]:
    """The values in their order, then what privacy took, then all others."""
    places = {place for _, place, _ in slices.sums}
    shown = sorted(place for place in places if place > 0)
    ordered = [*shown, *(one for one in (WITHHELD, REST, ALL) if one in places)]
    return [_line(slices, place, filters, names, by_period=by_period) for place in ordered]


def _line(
    slices: Slices,
    place: int,
    filters: Sequence[Filter],
    names: Sequence[str],
    *,
    by_period: bool,
) -> Line:
    hidden = _hidden(slices, place, filters)
    unsure = dict.fromkeys(names, UNSURE)
    by_slot: dict[int, dict[str, Sums]] = {NOW: {}, BEFORE: {}}
    for (slot, other, key), sums in slices.sums.items():
        if other == place:
            doubtful = _is_doubtful(slices, slot, place, key, filters, hidden[slot])
            by_slot[slot][key] = unsure if doubtful else sums
    for key in hidden[BEFORE]:
        by_slot[BEFORE].setdefault(key if by_period else WHOLE_WINDOW, unsure)
    value = slices.values.get(place)
    return Line(by_slot[NOW], by_slot[BEFORE], value, place == REST, frozenset(hidden[NOW]))


def _hidden(slices: Slices, place: int, filters: Sequence[Filter]) -> dict[int, Collection[str]]:
    """Periods in which part of it may be in what is kept as one."""
    found: dict[int, Collection[str]] = {NOW: (), BEFORE: ()}
    for slot in (NOW, BEFORE):
        rests = slices.rests.get(slot, set())
        if place > 0:
            found[slot] = rests - slices.keys.get((slot, place), set())
        elif place == REST and any(not one.exclude for one in filters):
            found[slot] = rests
        elif place == ALL:
            found[slot] = {key for key in rests if _lacks(slices, slot, key, filters)}
    return found


def _lacks(slices: Slices, slot: int, key: str, filters: Sequence[Filter]) -> bool:
    """Whether a period does not have each of the values that are asked for."""
    wanted = [set(one.values) - {None, OTHER} for one in filters if not one.exclude]
    if not wanted:
        return False
    sums = slices.sums.get((slot, ALL, key)) or {}
    has = max((one.count for one in sums.values()), default=0)
    return has < len(set.intersection(*wanted))


def _is_doubtful(
    slices: Slices,
    slot: int,
    place: int,
    key: str,
    filters: Sequence[Filter],
    hidden: Collection[str],
) -> bool:
    """Whether a sum would be too large, or be compared for more than it is."""
    rests = slices.rests.get(slot, set())
    if place in (REST, ALL) and any(one.exclude for one in filters):
        return bool(rests) if key == WHOLE_WINDOW else key in rests
    if slot == BEFORE:
        return bool(hidden) if key == WHOLE_WINDOW else key in hidden
    return False
