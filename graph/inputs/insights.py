"""Arguments of the lists of insights."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated

import strawberry

from domain.insights.lists import InsightFilter
from graph.enums.insights import InsightType
from graph.fields.enums import word

OfTypes = Annotated[
    list[InsightType] | None,
    strawberry.argument(description="Only insights of these types. All types by default."),
]
LeastConfidence = Annotated[
    Decimal | None,
    strawberry.argument(description="Only insights that are at least this sure, from 0 to 1."),
]
Since = Annotated[
    datetime | None,
    strawberry.argument(description="Only insights that were first found then or later."),
]


def insight_filter(
    types: list[InsightType] | None, least_confidence: Decimal | None, since: datetime | None
) -> InsightFilter:
    """Convert the arguments to the domain's filter. Raises Invalid."""
    words = None if types is None else tuple(sorted({word(one) for one in types}))
    return InsightFilter(words, least_confidence, since)
