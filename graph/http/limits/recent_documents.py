"""What was made of recent documents, within a bounded memory.

What is made of a text takes memory in proportion to its length: up to 300 bytes for each character.
So the lengths of all texts together are limited, and not their number.
"""

from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

MOST = 300_000  # characters of all texts of which something is kept
OWN = 200  # characters that each text counts besides its own

Kept = TypeVar("Kept")


class Recent(Generic[Kept]):
    """Keeps what was made of the texts that were used last."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Hashable, tuple[int, Kept]] = OrderedDict()  # oldest use first
        self._length = 0

    def find(self, name: Hashable) -> Kept | None:
        """What was kept by this name, if it still is."""
        found = self._kept.get(name)
        if found is None:
            return None
        self._kept.move_to_end(name)
        return found[1]

    def keep(self, name: Hashable, length: int, made: Kept) -> Kept:
        """Keep what was made of a text of this length, in place of what was not used for longest.

        A text that is longer than all may be is kept until the next one comes.
        """
        weight = OWN + length
        self._length += weight - self._kept.pop(name, (0, made))[0]
        self._kept[name] = (weight, made)
        while self._length > MOST and len(self._kept) > 1:
            _, (gone, _) = self._kept.popitem(last=False)
            self._length -= gone
        return made
