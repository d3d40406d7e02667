"""Expected numbers of campaigns: sums of the local AMC's raw events, computed by DuckDB alone."""

from collections.abc import Sequence
from datetime import UTC, date, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Literal, Protocol

from domain.calendar import windows
from sandbox.events.warehouse import Warehouse

ADDITIVE = (
    *("impressions", "clicks", "cost", "detail_page_views", "add_to_carts", "purchases"),
    *("units_sold", "sales", "new_to_brand_purchases", "new_to_brand_sales"),
)
RATIOS = {
    "roas": ("sales", "cost"),
    "click_rate": ("clicks", "impressions"),
    "cost_per_purchase": ("cost", "purchases"),
}
# One row per event: its time, its product and campaign, and the metrics of campaign-performance.
EVENTS = f"""
WITH event (ts, line, {", ".join(ADDITIVE)}) AS (
    SELECT ts, line, 1, 0, round(cost * 1.12)::DECIMAL(18, 0) * 0.00001, 0, 0, 0, 0, 0, 0, 0
    FROM impression
    UNION ALL
    SELECT clicked, line, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0 FROM impression WHERE clicked IS NOT NULL
    UNION ALL
    SELECT ts, line, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0 FROM sponsored
    UNION ALL
    SELECT clicked, line, 0, 1, spend::DECIMAL(18, 0) * 0.00000001, 0, 0, 0, 0, 0, 0, 0
    FROM sponsored WHERE clicked IS NOT NULL
    UNION ALL
    SELECT traffic_ts, line, 0, 0, 0, (stage = 'detailPageView')::INTEGER,
        (stage = 'shoppingCart')::INTEGER, (stage = 'order')::INTEGER,
        CASE WHEN stage = 'order' THEN units ELSE 0 END,
        CASE WHEN stage = 'order' THEN price * units ELSE 0 END,
        (stage = 'order' AND new_to_brand)::INTEGER,
        CASE WHEN stage = 'order' AND new_to_brand THEN price * units ELSE 0 END
    FROM conversion
)
"""
COLUMNS = {"ad_product_type": "product", "campaign": "campaign_name"}


class Days(Protocol):
    """The days `[start, end)`."""

    @property
    def start(self) -> date: ...
    @property
    def end(self) -> date: ...


def truth(
    warehouse: Warehouse,
    zone: str,
    pieces: Sequence[Days],
    period: Days,
    dimension: Literal["ad_product_type", "campaign"] = "ad_product_type",
) -> dict[str | None, dict[str, Decimal]]:
    """The sums of the raw events of a period by a dimension, None for all of them.

    A value without events is left out. An event belongs to the window that contains its time, and
    to its day in UTC. If that day is outside of the window, the event belongs to the nearest day
    inside.
    """
    column = COLUMNS[dimension]
    sums = ", ".join(f"sum({name})::DECIMAL(38, 10)" for name in ADDITIVE)
    moments = [[windows.first_moment(day, zone) for day in (p.start, p.end)] for p in pieces]
    found = warehouse.cursor().execute(
        f"""
        {EVENTS}, piece AS (
            SELECT unnest($days::DATE[]) AS day, unnest($starts::TIMESTAMP[]) AS starts,
                unnest($ends::TIMESTAMP[]) AS ends, unnest($lasts::DATE[]) AS last
        )
        SELECT {column}, {sums} FROM event JOIN line USING (line)
        JOIN piece ON event.ts >= piece.starts AND event.ts < piece.ends
        WHERE greatest(day, least(last, ts::DATE)) >= $start
            AND greatest(day, least(last, ts::DATE)) < $end
        GROUP BY GROUPING SETS ((), ({column}))
        """,
        {
            "days": [one.start for one in pieces],
            "lasts": [one.end - timedelta(days=1) for one in pieces],
            "starts": [one.astimezone(UTC).replace(tzinfo=None) for one, _ in moments],
            "ends": [one.astimezone(UTC).replace(tzinfo=None) for _, one in moments],
            "start": period.start,
            "end": period.end,
        },
    )
    rows = [(value, dict(zip(ADDITIVE, row, strict=True))) for value, *row in found.fetchall()]
    return {value: sums for value, sums in rows if sums["impressions"] is not None}


def with_ratios(sums: dict[str, Decimal]) -> dict[str, Decimal | None]:
    """The sums with their ratios to ten places, except ratios without a denominator."""
    ratios = {
        name: (sums[above] / sums[below]).quantize(Decimal("1e-10"), ROUND_HALF_EVEN)
        if sums[below]
        else None
        for name, (above, below) in RATIOS.items()
    }
    return {**sums, **ratios}
