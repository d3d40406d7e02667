"""Puts the widgets of a grid into bands of a page, one below the other."""

from collections.abc import Sequence
from dataclasses import dataclass

from domain.dashboards.configs import Position
from domain.exports.contents import Part

WORDY = 1000  # characters of a text, from which it may break over pages
LONG = 12  # rows of a table, from which it takes the whole width and breaks over pages


@dataclass(frozen=True)
class Column:
    """Widgets below each other, by their places in the content, and their columns of the grid."""

    width: int
    parts: list[int]


@dataclass(frozen=True)
class Band:
    """Columns beside each other, from left to right."""

    columns: list[Column]
    breakable: bool = False  # whether it may break over pages


def bands(parts: Sequence[Part]) -> list[Band]:
    """Return the bands of these widgets in reading order.

    Widgets whose rows of the grid overlap share a band. A long table has a band of its own.
    """
    found: list[Band] = []
    for group in _overlapping(parts):
        long = [one for one in group if _is_long(parts[one])]
        short = [one for one in group if one not in long]
        if short:
            columns = _columns(parts, short)
            is_high = any(len(one.parts) > 1 for one in columns)
            found.append(Band(columns, is_high or any(_is_wordy(parts[one]) for one in short)))
        found += [Band([Column(parts[one].position.width, [one])], True) for one in long]
    return found


def _is_long(part: Part) -> bool:
    is_table = part.widget_type == "table" and part.dataset is not None
    return is_table and part.dataset is not None and len(part.dataset.points) > LONG


def _is_wordy(part: Part) -> bool:
    return part.widget_type == "text" and len(part.display.text or "") > WORDY


def _overlapping(parts: Sequence[Part]) -> list[list[int]]:
    """Group widgets by rows of the grid, from top to bottom."""
    groups: list[list[int]] = []
    bottom = 0
    for number in sorted(range(len(parts)), key=lambda one: parts[one].position.y):
        place = parts[number].position
        if not groups or place.y >= bottom:
            groups.append([])
        groups[-1].append(number)
        bottom = max(bottom, place.y + place.height)
    return groups


def _columns(parts: Sequence[Part], group: Sequence[int]) -> list[Column]:
    """Group the widgets of a band by columns of the grid, from left to right."""
    columns: list[tuple[Position, list[int]]] = []
    for number in sorted(group, key=lambda one: parts[one].position.x):
        place = parts[number].position
        if columns and place.x < columns[-1][0].x + columns[-1][0].width:
            first, those = columns[-1]
            right = max(first.x + first.width, place.x + place.width)
            columns[-1] = (first.model_copy(update={"width": right - first.x}), those)
            those.append(number)
        else:
            columns.append((place, [number]))
    return [
        Column(place.width, sorted(those, key=lambda one: parts[one].position.y))
        for place, those in columns
    ]
