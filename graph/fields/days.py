"""The days of an object, as clients see them: the first day and the last, both included."""

from datetime import date
from typing import Any

import strawberry


def first_day() -> Any:
    """A field with the first day of the object's `days`."""

    def resolve(root: Any) -> date:
        first: date = root.days.start
        return first

    return strawberry.field(resolver=resolve, description="The first day.")


def last_day() -> Any:
    """A field with the last day of the object's `days`."""

    def resolve(root: Any) -> date:
        last: date = root.days.last
        return last

    return strawberry.field(resolver=resolve, description="The last day, included.")
