"""The questions of the built-in templates, asked of the local AMC's raw events by DuckDB alone.

Nothing here is taken from the templates: each total is counted in a way of its own.
"""

from datetime import date, timedelta
from decimal import Decimal

from sandbox.events.warehouse import Warehouse

DSP = "dsp_impressions WHERE impression_dt_utc >= $start AND impression_dt_utc < $end"
DSP_CLICKS = "dsp_clicks WHERE click_dt_utc >= $start AND click_dt_utc < $end"
SPONSORED = "sponsored_ads_traffic WHERE event_dt_utc >= $start AND event_dt_utc < $end"
ATTRIBUTED = (
    "amazon_attributed_events_by_traffic_time "
    "WHERE traffic_event_dt_utc >= $start AND traffic_event_dt_utc < $end"
)
ORDERS = (
    "conversions WHERE event_subtype = 'order' AND user_id IS NOT NULL "
    "AND event_dt_utc >= $start AND event_dt_utc < $end"
)
# Who met which ad when, from $earlier on.
MET = """
    SELECT user_id, impression_dt_utc AS met_at, 1 AS dsp FROM dsp_impressions
    WHERE user_id IS NOT NULL AND impression_dt_utc >= $earlier AND impression_dt_utc < $end
    UNION ALL
    SELECT user_id, event_dt_utc, 0 FROM sponsored_ads_traffic
    WHERE user_id IS NOT NULL AND event_dt_utc >= $earlier AND event_dt_utc < $end
"""
FOLLOWED = f"""
    SELECT {{0}} FROM {ORDERS} AND EXISTS (
        SELECT 1 FROM ({MET}) met WHERE met.user_id = conversions.user_id
        AND met.met_at <= event_dt_utc AND met.met_at >= event_dt_utc - INTERVAL 14 DAY
    )
"""
# Whoever met an ad; of buyers only if it was before their first purchase.
ON_A_PATH = f"""
    SELECT count(DISTINCT met.user_id) FROM ({MET}) met LEFT JOIN (
        SELECT user_id, min(event_dt_utc) AS bought_at FROM {ORDERS} GROUP BY 1
    ) buyers USING (user_id) WHERE bought_at IS NULL OR met_at <= bought_at
"""
SEARCHED = f"{SPONSORED} AND customer_search_term IS NOT NULL"
TRAFFIC = {
    "impressions": (
        f"SELECT sum(impressions) FROM {DSP}",
        f"SELECT sum(impressions) FROM {SPONSORED}",
    ),
    "clicks": (f"SELECT sum(clicks) FROM {DSP_CLICKS}", f"SELECT sum(clicks) FROM {SPONSORED}"),
}
COST = {
    "cost": (
        f"SELECT sum(total_cost)::DECIMAL(38, 10) * 0.00001 FROM {DSP}",
        f"SELECT sum(spend)::DECIMAL(28, 0) * 0.00000001 FROM {SPONSORED}",
    )
}
BOUGHT = {
    "purchases": (f"SELECT sum(total_purchases) FROM {ATTRIBUTED}",),
    "sales": (f"SELECT sum(total_product_sales) FROM {ATTRIBUTED}",),
}
# By template and metric: statements whose results add up to the total.
TOTALS: dict[str, dict[str, tuple[str, ...]]] = {
    "campaign-performance": {**TRAFFIC, **COST, **BOUGHT},
    "dsp-and-sponsored-ads-overlap": {
        "reach": (f"SELECT count(DISTINCT user_id) FROM ({MET.replace('$earlier', '$start')})",)
    },
    "first-and-last-touch": {
        "first_touch_purchases": (FOLLOWED.format("sum(conversions)"),),
        "last_touch_purchases": (FOLLOWED.format("sum(conversions)"),),
        "last_touch_sales": (FOLLOWED.format("sum(total_product_sales)"),),
    },
    "new-to-brand": {
        **BOUGHT,
        "new_to_brand_purchases": (f"SELECT sum(new_to_brand_total_purchases) FROM {ATTRIBUTED}",),
    },
    "path-to-conversion": {"users": (ON_A_PATH,)},
    "reach-and-frequency": {
        "reach": (f"SELECT count(DISTINCT user_id) FROM {DSP} AND user_id IS NOT NULL",),
        "impressions": (f"SELECT count(*) FROM {DSP} AND user_id IS NOT NULL",),
    },
    "roas-by-week": {**COST, **BOUGHT},
    "search-terms": {
        "impressions": (f"SELECT sum(impressions) FROM {SEARCHED}",),
        "clicks": (f"SELECT sum(clicks) FROM {SEARCHED}",),
    },
    "time-of-day": {**TRAFFIC, **COST, **BOUGHT},
}
# Who was reached by two campaigns, by the names of both.
SHARED = f"""
    WITH met AS (
        SELECT DISTINCT campaign_id_string AS id, campaign, user_id FROM {DSP}
        AND user_id IS NOT NULL
    )
    SELECT one.campaign || ' + ' || other.campaign, count(*)
    FROM met one JOIN met other ON one.user_id = other.user_id AND one.id < other.id GROUP BY 1
"""


def total(house: Warehouse, template: str, metric: str, start: date, end: date) -> Decimal:
    """The total of a metric over the days `[start, end)`."""
    return sum(
        (
            Decimal(value or 0)
            for statement in TOTALS[template][metric]
            for (value,) in _asked(house, statement, start, end)
        ),
        Decimal(0),
    )


def shared_reach(house: Warehouse, start: date, end: date) -> dict[str, Decimal]:
    """How many people two campaigns reached in common, by both of their names."""
    return {pair: Decimal(number) for pair, number in _asked(house, SHARED, start, end)}


def _asked(house: Warehouse, statement: str, start: date, end: date) -> list[tuple[object, ...]]:
    days = {"start": start, "end": end, "earlier": start - timedelta(days=14)}
    named = {name: day for name, day in days.items() if f"${name}" in statement}
    return list(house.cursor().execute(statement, named).fetchall())
