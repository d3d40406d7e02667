"""Fields that were written of values that never change, kept in this process.

A type says what its values are made of (`made_of`): a frozen object that lives as long as it may be
shown, such as a dataset that is kept. Fields that only read such a value are written once for each
object and selection, and not again until the object is gone. Rights are no concern of this:
whoever has no right to the object does not get it in the first place.
"""

import weakref
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any, TypeAlias

from graph.planning.shapes import Selection

MOST_POINTS = 500_000  # of all together: about 60 MB

# The object that a value is made of and whatever else of it is shown, or None: nothing is kept.
MadeOf: TypeAlias = Callable[[Any], tuple[object, Hashable] | None]
_Name: TypeAlias = tuple[int, int, Hashable]


@dataclass(frozen=True)
class Written:
    """Fields as they are in the answer, by their keys, and what they count as."""

    fields: dict[str, Any]
    points: int
    bytes: int


@dataclass(frozen=True)
class _Kept:
    written: Written
    selection: Selection  # it is held, so that nothing else gets its id
    made_of: "weakref.ref[Any]"


class KeptFields:
    """What is kept in a process, within MOST_POINTS."""

    def __init__(self) -> None:
        self._kept: OrderedDict[_Name, _Kept] = OrderedDict()  # used longest ago first
        self.points = 0

    def find(self, selection: Selection, object_: object, more: Hashable) -> Written | None:
        """Return what is kept of this object."""
        name = (id(object_), id(selection), more)
        found = self._kept.get(name)
        if found is None or found.made_of() is not object_:
            return None
        self._kept.move_to_end(name)
        return found.written

    def keep(self, selection: Selection, object_: object, more: Hashable, written: Written) -> None:
        """Keep what was written until its object is gone, or others need its place."""
        name = (id(object_), id(selection), more)
        self._drop(name)
        made_of = weakref.ref(object_, lambda _: self._drop(name))
        self._kept[name] = _Kept(written, selection, made_of)
        self.points += written.points
        while self.points > MOST_POINTS and self._kept:
            self._drop(next(iter(self._kept)))

    def forget(self) -> None:
        """Drop everything."""
        self._kept.clear()
        self.points = 0

    def _drop(self, name: _Name) -> None:
        if (dropped := self._kept.pop(name, None)) is not None:
            self.points -= dropped.written.points


kept_fields = KeptFields()
