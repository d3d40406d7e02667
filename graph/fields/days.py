"""Fields for a range of days: the first day, and either the last day or the day after it."""

from datetime import date
from typing import Any

import strawberry


def first_day(description: str = "The first day.") -> Any:
    """A field with the first day of the object's `days`."""

    def resolve(root: Any) -> date:
        first: date = root.days.start
        return first

    return strawberry.field(resolver=resolve, description=description)


def last_day() -> Any:
    """A field with the last day of the object's `days`."""

    def resolve(root: Any) -> date:
        last: date = root.days.last
        return last

    return strawberry.field(resolver=resolve, description="The last day, included in the range.")


def end_of_days(description: str) -> Any:
    """A field with the day after the last one of the object's `days`."""

    def resolve(root: Any) -> date:
        end: date = root.days.end
        return end

    return strawberry.field(resolver=resolve, description=description)
