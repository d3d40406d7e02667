"""Campaigns and ASINs of an instance, collected from its results for pickers."""

import re
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import duckdb
import orjson
from sqlalchemy import Text, Uuid, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession

from domain import db, duck

MOST = 10_000  # per result
LONGEST = 200  # characters of an id or a name; a longer id is no campaign's
CAMPAIGN_IDS = ("campaign_id_string", "campaign_id")
ASINS = ("tracked_asin", "asin", "tracked_item")
ASIN = re.compile("[A-Z0-9]{10}")


def campaigns_in(
    connection: duckdb.DuckDBPyConnection, names: Sequence[str]
) -> list[dict[str, Any]]:
    """Return the campaigns of a result that has campaign ids."""
    key = next((one for one in CAMPAIGN_IDS if one in names), None)
    if key is None:
        return []
    shown = "campaign" if "campaign" in names else key
    product = "ad_product_type" if "ad_product_type" in names else "NULL"
    found = connection.execute(
        f"""
        SELECT {duck.name(key)}::VARCHAR, any_value(left({duck.name(shown)}::VARCHAR, {LONGEST})),
               any_value({product}::VARCHAR)
        FROM result WHERE length({duck.name(key)}::VARCHAR) <= {LONGEST}
        GROUP BY 1 ORDER BY 1 LIMIT {MOST}
        """
    ).fetchall()
    return [
        {"campaign_id": id_, "campaign": name or id_, "ad_product_type": product_type}
        for id_, name, product_type in found
    ]


def asins_in(connection: duckdb.DuckDBPyConnection, names: Sequence[str]) -> list[str]:
    """Return the ASINs of a result: ten capital letters and digits in a column made for them."""
    key = next((one for one in ASINS if one in names), None)
    if key is None:
        return []
    found = connection.execute(
        f"""
        SELECT DISTINCT {duck.name(key)}::VARCHAR AS asin FROM result
        WHERE regexp_full_match(asin, '{ASIN.pattern}') ORDER BY asin LIMIT {MOST}
        """
    ).fetchall()
    return [asin for (asin,) in found]


def campaigns_of(columns: Mapping[str, Sequence[str | None]]) -> list[dict[str, Any]]:
    """Return the same as `campaigns_in`, from all values of each column as text."""
    key = next((one for one in CAMPAIGN_IDS if one in columns), None)
    if key is None:
        return []
    nothing: Sequence[str | None] = [None] * len(columns[key])
    shown = columns["campaign" if "campaign" in columns else key]
    names: dict[str, str | None] = {}
    products: dict[str, str | None] = {}
    products_shown = columns.get("ad_product_type", nothing)
    for id_, name, product in zip(columns[key], shown, products_shown, strict=True):
        if id_ is not None and len(id_) <= LONGEST:
            names[id_] = names.get(id_) if names.get(id_) is not None else name
            products[id_] = products.get(id_) if products.get(id_) is not None else product
    return [
        {
            "campaign_id": id_,
            "campaign": (names[id_] or "")[:LONGEST] or id_,
            "ad_product_type": products[id_],
        }
        for id_ in sorted(names)[:MOST]
    ]


def asins_of(columns: Mapping[str, Sequence[str | None]]) -> list[str]:
    """Return the same as `asins_in`, from all values of each column as text."""
    key = next((one for one in ASINS if one in columns), None)
    values = columns[key] if key is not None else ()
    return sorted({one for one in values if one is not None and ASIN.fullmatch(one)})[:MOST]


# Only what is new or has changed is written: results of one instance show mostly the same, and
# would wait for each other's locks.
CAMPAIGNS = db.constant(
    """
    INSERT INTO campaigns AS known (instance_id, campaign_id, campaign, ad_product_type)
    SELECT :instance, seen.campaign_id, seen.campaign, seen.ad_product_type
    FROM jsonb_to_recordset(CAST(:seen AS jsonb))
        AS seen (campaign_id text, campaign text, ad_product_type text)
    LEFT JOIN campaigns k ON k.instance_id = :instance AND k.campaign_id = seen.campaign_id
    WHERE k.campaign_id IS NULL OR k.campaign IS DISTINCT FROM seen.campaign
        OR k.ad_product_type IS DISTINCT FROM coalesce(seen.ad_product_type, k.ad_product_type)
        OR k.last_seen < now() - interval '1 day'
    ORDER BY seen.campaign_id
    ON CONFLICT (instance_id, campaign_id) DO UPDATE SET
        campaign = excluded.campaign,
        ad_product_type = coalesce(excluded.ad_product_type, known.ad_product_type),
        last_seen = now()
    """,
    bindparam("instance", type_=Uuid()),
)
SEEN_ASINS = text(
    """
    INSERT INTO asins (instance_id, asin)
    SELECT :instance, seen.asin FROM unnest(:seen) AS seen (asin)
    LEFT JOIN asins k ON k.instance_id = :instance AND k.asin = seen.asin
    WHERE k.asin IS NULL OR k.last_seen < now() - interval '1 day'
    ORDER BY seen.asin
    ON CONFLICT (instance_id, asin) DO UPDATE SET last_seen = now()
    """
).bindparams(bindparam("instance", type_=Uuid()), bindparam("seen", type_=ARRAY(Text())))


async def remember(
    session: AsyncSession, instance_id: UUID, campaigns: list[dict[str, Any]], asins: list[str]
) -> None:
    """Store what a result showed. A renamed campaign gets its newest name.

    When they were last seen is exact to a day.
    """
    if campaigns:
        seen = orjson.dumps(campaigns).decode()
        await session.execute(CAMPAIGNS, {"instance": instance_id, "seen": seen})
    if asins:
        await session.execute(SEEN_ASINS, {"instance": instance_id, "seen": asins})
