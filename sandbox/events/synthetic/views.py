"""AMC's tables as views over the narrow tables. A column that is not modelled is NULL.

Each view also has `__user`: NULL in tables without users, 0 for an unknown user.
"""

# ruff: noqa: S608 - every name and number in this SQL is the program's own

from collections.abc import Mapping

import duckdb

from sandbox.events.synthetic.columns import (
    CONVERSION,
    DSP,
    EVENT_OF_CONVERSION,
    LINE,
    PLACE,
    SHOPPER,
    SPONSORED,
    attributed,
    costs,
    moment,
    video,
)
from sandbox.tables import TABLES, Table

Columns = Mapping[str, str]
TYPES = {"STRING": "VARCHAR", "LONG": "BIGINT"}


def create(connection: duckdb.DuckDBPyConnection) -> None:
    """Create a view for each of AMC's tables."""
    for name, selects in _selects().items():
        branches = [_select(TABLES[name], columns, rest) for columns, rest in selects]
        sql = " UNION ALL ".join(branches)
        connection.execute(f"CREATE OR REPLACE VIEW {name} AS {sql}")


def _select(table: Table, columns: Columns, rest: str) -> str:
    items = []
    for column in table.columns:
        type_ = duck_type(column.type)
        value = columns.get(column.name, "NULL")
        items.append(f'CAST({value} AS {type_}) AS "{column.name}"')
    items.append(f'CAST({columns.get("__user", "NULL")} AS BIGINT) AS "__user"')
    return f"SELECT {', '.join(items)} FROM {rest}"


def duck_type(type_: str) -> str:
    """DuckDB's type for a type of AMC."""
    if type_.startswith("ARRAY["):
        return f"{duck_type(type_[6:-1])}[]"
    return TYPES.get(type_, type_)


def _selects() -> dict[str, list[tuple[Columns, str]]]:
    """The SELECTs of each table, whose union it is: its columns and where they come from."""
    of_line = "JOIN line l ON l.line = e.line LEFT JOIN shopper p ON p.shopper = e.shopper"
    impressions = f"impression e {of_line}"
    in_segment = f"{impressions}, segment g WHERE list_contains(p.segments, g.segment)"
    dsp = {**LINE, **DSP, **SHOPPER, **PLACE}
    impression = {**dsp, **moment("impression", "e.ts"), **costs()}
    segment = {
        "behavior_segment_id": "g.segment",
        "behavior_segment_name": "g.name",
        "behavior_segment_description": "'Shoppers of ' || g.name",
        "behavior_segment_matched": "1",
    }
    click = {**impression, **moment("click", "e.clicked"), "clicks": "1", "click_cost": "0"}
    return {
        "dsp_impressions": [(impression, impressions)],
        "dsp_impressions_by_user_segments": [({**impression, **segment}, in_segment)],
        "dsp_impressions_by_matched_segments": [
            ({**impression, **segment}, f"{in_segment} AND g.segment % 2 = l.brand")
        ],
        "dsp_video_events_feed": [
            ({**impression, **video()}, f"{impressions} WHERE l.kind = 'VIDEO'")
        ],
        "dsp_clicks": [(click, f"{impressions} WHERE e.clicked IS NOT NULL")],
        "dsp_views": _views(dsp, impressions),
        "sponsored_ads_traffic": _sponsored(f"sponsored e {of_line}"),
        **_conversions(),
        **_audiences(),
    }


def _views(dsp: Columns, impressions: str) -> list[tuple[Columns, str]]:
    """An impression with its measurability, and another row if it was viewed."""
    common = {
        **dsp,
        **moment("event", "e.ts"),
        "events": "1",
        "view_definition": "'MRC'",
        "measurable_impressions": "0",
        "viewable_impressions": "0",
        "unmeasurable_viewable_impressions": "0",
    }
    measured = {
        **common,
        "event_type": "CASE WHEN e.measurable THEN 'MEASURABLE_IMP' ELSE 'UNMEASURABLE_IMP' END",
        "measurable_impressions": "e.measurable::INTEGER",
    }
    seen = {**common, "event_type": "'VIEW'", "viewable_impressions": "1"}
    return [(measured, impressions), (seen, f"{impressions} WHERE e.viewed")]


def _sponsored(rows: str) -> list[tuple[Columns, str]]:
    """An impression, and another row with its cost if it was clicked."""
    common = {**LINE, **SPONSORED, **SHOPPER}
    shown = {
        **common,
        **moment("event", "e.ts"),
        "impressions": "1",
        "clicks": "0",
        "spend": "0",
        "viewable_impressions": "e.viewed::INTEGER",
    }
    clicked = {
        **common,
        **moment("event", "e.clicked"),
        "event_id": "printf('%016x', xor(e.h, 1))",
        "impressions": "0",
        "clicks": "1",
        "spend": "e.spend",
        "viewable_impressions": "0",
    }
    return [(shown, rows), (clicked, f"{rows} WHERE e.clicked IS NOT NULL")]


def _conversions() -> dict[str, list[tuple[Columns, str]]]:
    known = "e.day <= (SELECT last FROM horizon)"
    people = "LEFT JOIN shopper p ON p.shopper = e.shopper"
    rows = f"conversion e JOIN product i ON i.product = e.product {people}"
    event = {
        **CONVERSION,
        **SHOPPER,
        **moment("event", "e.ts"),
        **{f"event_{name}": value for name, value in EVENT_OF_CONVERSION.items()},
        "conversion_id": "printf('%016x', e.h)",
        "marketplace_name": "'AMAZON.COM'",
    }
    exposed = f"{rows} WHERE {known} AND e.line IS NOT NULL"
    scope = "CASE WHEN l.campaign = o.campaign AND NOT e.halo THEN 'PROMOTED' ELSE 'BRAND_HALO' END"
    relevant = {
        **LINE,
        **event,
        "engagement_scope": scope,
        "halo_code": "CASE WHEN e.halo THEN 'BRAND_MARKETPLACE' ELSE 'TRACKED_ASIN' END",
    }
    # A conversion belongs to the campaign that it follows, and to the brand's first campaign.
    relevance = f"""{rows} JOIN line o ON o.line = e.line JOIN line l
        ON l.place_in_campaign = 0 AND l.brand = e.brand
        AND (l.campaign = o.campaign OR (e.stage = 'order' AND l.product = 'sponsored_brands'))
        WHERE {known}"""
    follows = f"{rows} JOIN line l ON l.line = e.line WHERE {known}"
    exposure = "CASE WHEN e.line IS NULL THEN 'non-ad-exposed' ELSE 'ad-exposed' END"
    return {
        "amazon_attributed_events_by_conversion_time": [(attributed(), follows)],
        "amazon_attributed_events_by_traffic_time": [(attributed(), follows)],
        "conversions": [(event, exposed)],
        "conversions_with_relevance": [(relevant, relevance)],
        "conversions_all": [({**event, "exposure_type": exposure}, f"{rows} WHERE {known}")],
    }


def _audiences() -> dict[str, list[tuple[Columns, str]]]:
    member = {
        "user_id": "p.user_id",
        "user_id_type": "p.user_id_type",
        "__user": "p.shopper",
        "segment_id": "g.segment",
        "segment_name": "g.name",
        "segment_marketplace_id": "1",
        "no_3p_trackers": "FALSE",
    }
    tables: dict[str, list[tuple[Columns, str]]] = {}
    for family in ("inmarket", "lifestyle"):
        rows = (
            f"shopper p, segment g WHERE g.family = '{family}' "
            "AND list_contains(p.segments, g.segment)"
        )
        tables[f"audience_segments_amer_{family}"] = [(member, rows)]
        # The first Thursday of each month.
        snapshot = f"(SELECT unnest(days) AS day FROM horizon) s, {rows}"
        tables[f"audience_segments_amer_{family}_snapshot"] = [
            ({**member, "snapshot_datetime": "s.day"}, snapshot)
        ]
    metadata = {
        "segment_id": "g.segment",
        "segment_name": "g.name",
        "segment_description": "'Shoppers of ' || g.name",
        "segment_marketplace_id": "1",
        "category_level_1": "g.level",
        "category_level_2": "g.name",
        "category_path": "g.level || '/' || g.name",
        "no_3p_trackers": "FALSE",
    }
    tables["segment_metadata"] = [(metadata, "segment g")]
    return tables
