"""AMC's columns as expressions over the narrow tables.

`e` is the event, `l` its line, `p` the shopper, `i` the product, `g` an audience segment.
"""

import re
from collections.abc import Mapping

from sandbox.events.synthetic.dimensions import PLACEMENTS, SITES
from sandbox.tables import TABLES

ZONE = "America/New_York"  # the same for both advertisers
USER = "coalesce(e.shopper, 0)"

Columns = Mapping[str, str]

LINE: Columns = {
    "advertiser": "l.advertiser",
    "advertiser_id": "l.advertiser_id",
    "advertiser_timezone": f"'{ZONE}'",
    "campaign": "l.campaign_name",
    "campaign_id": "l.campaign_id",
    "campaign_id_string": "l.id_string",
    "campaign_start_date": "l.starts",
    "campaign_start_date_utc": "l.starts",
    "campaign_start_dt": "l.starts",
    "campaign_start_dt_utc": "l.starts",
    "campaign_end_date": "l.ends",
    "campaign_end_date_utc": "l.ends",
    "campaign_end_dt": "l.ends",
    "campaign_end_dt_utc": "l.ends",
    "campaign_status": "'ENABLED'",
    "entity_id": "l.entity_id",
    "line_item": "l.name",
    "line_item_id": "l.line_item_id",
    "line_item_status": "'ENABLED'",
    "line_item_start_date": "l.starts",
    "line_item_start_date_utc": "l.starts",
    "creative_type": "l.creative_type",
    "currency_iso_code": "'USD'",
    "currency_name": "'US Dollar'",
    "no_3p_trackers": "FALSE",
}
SHOPPER: Columns = {
    "user_id": "p.user_id",
    "user_id_type": "p.user_id_type",
    "__user": USER,
}
PLACE: Columns = {
    "device_type": "p.device_type",
    "device_make": "p.device_make",
    "operating_system": "p.operating_system",
    "browser_family": "p.browser",
    "environment_type": "p.environment",
    "city_name": "p.city",
    "postal_code": "p.postal",
    "dma_code": "p.dma",
    "iso_country_code": "'US'",
    "iso_state_province_code": "'US-' || p.state",
    "user_behavior_segment_ids": "p.segments",
    "matched_behavior_segment_ids": "p.segments",
}
DSP: Columns = {
    "request_tag": "printf('%016x', e.h)",
    "impression_id": "printf('%016x', e.h)",
    "line_item_type": "l.kind",
    "campaign_country": "'US'",
    "campaign_source": "'Amazon DSP'",
    "campaign_primary_goal": "'Return on ad spend'",
    "line_item_price_type": "'CPM'",
    "creative": "l.campaign_name || ' creative ' || (e.creative + 1)",
    "creative_id": "7300000 + 2 * l.line + e.creative",
    "creative_size": "CASE WHEN l.kind = 'VIDEO' THEN '1920x1080' ELSE '300x250' END",
    "ad_slot_size": "CASE WHEN l.kind = 'VIDEO' THEN '1920x1080' ELSE '300x250' END",
    "creative_duration": "CASE WHEN l.kind = 'VIDEO' THEN 15 END",
    "site": f"{list(SITES)}[e.site + 1]",
    "supply_source": "CASE WHEN e.site < 5 THEN 'Amazon' ELSE 'Third party exchange' END",
    "is_amazon_owned": "e.site < 5",
    "page_type": "'Detail'",
}
SPONSORED: Columns = {
    "event_id": "printf('%016x', e.h)",
    "ad_product_type": "l.product",
    "ad_group": "l.name || ' group'",
    "ad_group_status": "'ENABLED'",
    "campaign_budget_type": "'DAILY_BUDGET'",
    "creative_asin": "(SELECT asin FROM product WHERE product = e.product)",
    "customer_search_term": "(SELECT text FROM term WHERE term = e.term)",
    "line_item_price_type": "'CPC'",
    "line_item_type": "'KEYWORD'",
    "marketplace_name": "'AMAZON.COM'",
    "match_type": "l.kind",
    "operating_system": "p.operating_system",
    "placement_type": f"{list(PLACEMENTS)}[e.placement + 1]",
    "portfolio_id": "88000 + l.brand",
    "portfolio_name": "l.advertiser || ' portfolio'",
    "targeting": "l.name",
    "five_sec_views": "0",
    "video_complete_views": "0",
    "video_first_quartile_views": "0",
    "video_midpoint_views": "0",
    "video_third_quartile_views": "0",
    "video_unmutes": "0",
    "unmeasurable_viewable_impressions": "0",
}
CONVERSION: Columns = {
    "conversions": "1",
    "purchase_currency": "CASE WHEN e.stage = 'order' THEN 'USD' END",
    "purchase_unit_price": "e.price",
    "new_to_brand": "e.new_to_brand",
    "tracked_asin": "CASE WHEN e.stage = 'order' THEN i.asin END",
    "tracked_item": "CASE WHEN e.stage = 'brandStorePageView' THEN 'store-' || e.brand "
    "ELSE i.asin END",
    "total_product_sales": "coalesce(e.price * e.units, 0)",
    "combined_sales": "coalesce(e.price * e.units, 0)",
    "total_units_sold": "coalesce(e.units, 0)",
    "off_amazon_product_sales": "0",
    "off_amazon_conversion_value": "0",
    "no_3p_trackers": "FALSE",
}
EVENT_OF_CONVERSION: Columns = {
    "category": "CASE WHEN e.stage = 'order' THEN 'purchase' ELSE 'website' END",
    "subtype": "e.stage",
    "type": "'CONVERSION'",
    "type_class": "'conversion'",
    "type_description": "e.stage",
}
METRIC = re.compile(
    r"(?P<first>new_to_brand_)?(?P<of>total_|brand_halo_|)"
    r"(?P<what>purchases|product_sales|units_sold|add_to_cart|detail_page_view)"
    r"(?P<by>_clicks|_views)?"
)
WORTH = {
    "purchases": ("order", "1"),
    "product_sales": ("order", "e.price * e.units"),
    "units_sold": ("order", "e.units"),
    "add_to_cart": ("shoppingCart", "1"),
    "detail_page_view": ("detailPageView", "1"),
}


def moment(prefix: str, at: str) -> dict[str, str]:
    """The columns of a time, in all forms that AMC has: in UTC and in the advertiser's zone."""
    forms: dict[str, str] = {}
    local = f"(({at}) AT TIME ZONE 'UTC' AT TIME ZONE '{ZONE}')"
    for ending, when in (("_utc", at), ("", local)):
        forms |= {
            f"{prefix}_dt{ending}": when,
            f"{prefix}_date{ending}": f"CAST({when} AS DATE)",
            f"{prefix}_day{ending}": f"day({when})",
            f"{prefix}_dt_hour{ending}": f"date_trunc('hour', {when})",
            f"{prefix}_hour{ending}": f"hour({when})",
        }
    return forms


def costs() -> Columns:
    """The columns of a cost: millicents where AMC has millicents, microcents elsewhere."""
    return {
        "impressions": "1",
        "impression_cost": "e.cost",
        "total_cost": "round(e.cost * 1.12)",
        "winning_bid_cost": "e.cost",
        "bid_price": "e.cost * 1100",
        "supply_cost": "e.cost * 900",
        "audience_fee": "e.cost * 60",
        "platform_fee": "e.cost * 60",
        "third_party_fees": "0",
        "managed_service_fee": "0",
        "ocm_fee": "0",
    }


def video() -> Columns:
    """How much of a video was watched, decided by the event's random number."""
    steps = {
        "video_impression": 100,
        "video_creative_view": 100,
        "video_start": 97,
        "video_first_quartile": 88,
        "video_midpoint": 81,
        "video_third_quartile": 76,
        "video_complete": 72,
        "video_mute": 6,
        "video_unmute": 4,
        "video_pause": 3,
    }
    names = (column.name for column in TABLES["dsp_video_events_feed"].columns)
    unseen = {name: "0" for name in names if name.startswith("video_")}
    return {**unseen, **{name: f"(e.h % 100 < {share})::INTEGER" for name, share in steps.items()}}


def attributed() -> Columns:
    """The columns of a conversion beside the impression or click that it followed.

    The traffic event is one of the two, and only the times of that one are known.
    """
    dsp = "l.product = 'dsp'"
    of_dsp = {name: f"CASE WHEN {dsp} THEN {value} END" for name, value in DSP.items()}
    of_sponsored = ("match_type", "placement_type", "targeting", "customer_search_term")
    columns: dict[str, str] = {**LINE, **of_dsp, **PLACE, **CONVERSION, **SHOPPER}
    columns |= {name: f"CASE WHEN NOT {dsp} THEN {SPONSORED[name]} END" for name in of_sponsored}
    columns |= {f"conversion_event_{name}": value for name, value in EVENT_OF_CONVERSION.items()}
    columns |= moment("conversion_event", "e.ts") | moment("traffic_event", "e.traffic_ts")
    columns |= moment("impression", "CASE WHEN NOT e.clicked THEN e.traffic_ts END")
    columns |= moment("click", "CASE WHEN e.clicked THEN e.traffic_ts END")
    columns |= {
        "advertiser_id": f"CASE WHEN {dsp} THEN l.advertiser_id END",
        "request_tag": f"CASE WHEN {dsp} THEN printf('%016x', e.traffic) END",
        "traffic_event_id": "printf('%016x', xor(e.traffic, "
        f"(CASE WHEN NOT {dsp} AND e.clicked THEN 1 ELSE 0 END)::UBIGINT))",
        "traffic_event_type": "'TRAFFIC'",
        "traffic_event_subtype": "CASE WHEN e.clicked THEN 'AD_CLICK' ELSE 'AD_IMP' END",
        "traffic_event_marketplace_name": "'AMAZON.COM'",
        "conversion_event_marketplace_name": "'AMAZON.COM'",
        "ad_product_type": f"CASE WHEN NOT {dsp} THEN l.product END",
        "impressions": "(NOT e.clicked)::INTEGER",
        "clicks": "e.clicked::INTEGER",
    }
    for column in TABLES["amazon_attributed_events_by_conversion_time"].columns:
        if column.kind == "METRIC" and (metric := METRIC.fullmatch(column.name)):
            columns[column.name] = _metric(metric)
        elif column.name.startswith("digital_"):
            columns[column.name] = "0"
    return columns


def _metric(metric: re.Match[str]) -> str:
    stage, worth = WORTH[metric["what"]]
    conditions = [f"e.stage = '{stage}'"]
    if metric["first"]:
        conditions.append("e.new_to_brand")
    if metric["of"] != "total_":
        conditions.append("e.halo" if metric["of"] else "NOT e.halo")
    if metric["by"]:
        conditions.append("e.clicked" if metric["by"] == "_clicks" else "NOT e.clicked")
    return f"CASE WHEN {' AND '.join(conditions)} THEN {worth} ELSE 0 END"
