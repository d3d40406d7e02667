"""The events of a range of days. DuckDB computes them from hashes of seed, day and number.

`h` is the hash of an event and also its identity. `u(h, k)` is its k-th number in [0, 1).
DuckDB combines the hashes of two values by XOR only. Hashing the result once more makes them
independent. A conversion is made together with the traffic that it follows, so a later day adds
rows and changes none.
"""

# ruff: noqa: S608 - every name and number in this SQL is the program's own

import json
from collections.abc import Iterable
from datetime import date, timedelta

import duckdb

from sandbox.events.synthetic.calendar import Volume

ATTRIBUTION = timedelta(days=14)  # the longest time between an ad and a conversion that follows it
UNKNOWN = 0.05  # share of all events that have no user
# Share of a day's traffic in each hour in UTC. The shoppers live in America.
HOURS = (6, 6, 6, 5, 4, 3, 2, 2, 1, 1, 1, 2, 3, 3, 4, 4, 5, 5, 5, 5, 6, 6, 7, 8)

TABLES = """
CREATE TABLE impression (day DATE, ts TIMESTAMP, h UBIGINT, shopper INTEGER, line SMALLINT,
    creative UTINYINT, site UTINYINT, cost INTEGER, measurable BOOLEAN, viewed BOOLEAN,
    clicked TIMESTAMP);
CREATE TABLE sponsored (day DATE, ts TIMESTAMP, h UBIGINT, shopper INTEGER, line SMALLINT,
    term SMALLINT, placement UTINYINT, product SMALLINT, spend BIGINT, viewed BOOLEAN,
    clicked TIMESTAMP);
CREATE TABLE conversion (day DATE, ts TIMESTAMP, h UBIGINT, shopper INTEGER, line SMALLINT,
    brand UTINYINT, creative UTINYINT, site UTINYINT, term SMALLINT, placement UTINYINT,
    traffic_ts TIMESTAMP, traffic UBIGINT, clicked BOOLEAN, stage VARCHAR, product SMALLINT,
    halo BOOLEAN, new_to_brand BOOLEAN, units TINYINT, price DECIMAL(10, 2));
"""

MACROS = f"""
CREATE OR REPLACE TEMP MACRO mix(h, k) AS hash(xor(h, hash(k)));
CREATE OR REPLACE TEMP MACRO u(h, k) AS (mix(h, k) >> 11)::DOUBLE / 9007199254740992.0;
CREATE OR REPLACE TEMP MACRO moment(day, h) AS
    day::TIMESTAMP + to_microseconds(CAST(1000 * floor(1000 * (3600 * [
        {", ".join(str(hour) for hour, lots in enumerate(HOURS) for _ in range(lots))}
    ][1 + CAST(floor(u(h, 1) * {sum(HOURS)}) AS INTEGER)] + 3600 * u(h, 2))) AS BIGINT));
CREATE OR REPLACE TEMP MACRO that_day(ts, day) AS
    least(ts, (day + 1)::TIMESTAMP - to_microseconds(1000));
"""

# Impressions and clicks by campaign: who (rank 0 sees the most ads), when, and by which line.
DRAWN = """
CREATE OR REPLACE TEMP TABLE drawn AS
SELECT v.day, v.price AS dear, v.eagerness, k.*, e.h, moment(v.day, e.h) AS ts,
    CASE WHEN u(e.h, 3) < {unknown} THEN NULL ELSE 1 + CAST(floor(
        (k.pool_start + k.pool_size * pow(u(e.h, 4), 1.7)) * {shoppers}) AS BIGINT) % {shoppers}
    END::INTEGER AS shopper,
    (k.first_line + floor(u(e.h, 5) * k.lines))::SMALLINT AS line
FROM volume v JOIN campaign k USING (campaign),
    LATERAL (SELECT hash({seed}, v.day, v.campaign, i) AS h FROM range(v.events) r(i)) e
"""

IMPRESSIONS = """
CREATE OR REPLACE TEMP TABLE seen AS
SELECT day, ts, h, shopper, line, (u(h, 6) < 0.4)::UTINYINT AS creative,
    floor(pow(u(h, 7), 1.4) * 6)::UTINYINT AS site,
    round(price * dear * 100 * (0.7 + 0.6 * u(h, 8)))::INTEGER AS cost,
    u(h, 9) < 0.95 AS measurable, u(h, 9) < 0.72 AS viewed,
    CASE WHEN u(h, 10) < click_rate / dear
        THEN that_day(ts + to_microseconds((2000 + floor(u(h, 11) * 58000))::BIGINT * 1000), day)
    END AS clicked, brand, detail_rate / dear AS detail_rate, new_to_brand, eagerness
FROM drawn WHERE product = 'dsp' ORDER BY ts, h
"""

SPONSORED = """
CREATE OR REPLACE TEMP TABLE searched AS
SELECT day, ts, h, shopper, line,
    CASE WHEN product <> 'sponsored_display' AND u(h, 6) < 0.94
        THEN (brand * 12 + floor(pow(u(h, 7), 1.5) * 12))::SMALLINT END AS term,
    floor(pow(u(h, 8), 1.6) * 4)::UTINYINT AS placement,
    (brand * 8 + floor(pow(u(h, 9), 1.5) * 8))::SMALLINT AS product,
    round(price * 100000000 * (0.6 + 0.8 * u(h, 12)))::BIGINT AS spend, u(h, 13) < 0.8 AS viewed,
    CASE WHEN u(h, 10) < click_rate
        THEN that_day(ts + to_microseconds((1000 + floor(u(h, 11) * 30000))::BIGINT * 1000), day)
    END AS clicked, brand, detail_rate, new_to_brand, eagerness
FROM drawn WHERE product <> 'dsp' ORDER BY ts, h
"""

# A visit of the detail page and how far it goes. All stages of a funnel belong to one visit.
VISITS = """
CREATE OR REPLACE TEMP TABLE visit AS
SELECT t.*, mix(h, 29) AS v, clicked IS NOT NULL AS by_click,
    coalesce(clicked, ts) + to_microseconds(1000 * CAST(floor(1000 * CASE
        WHEN clicked IS NOT NULL AND u(h, 20) < 0.8 THEN 5 + 900 * u(h, 21)
        ELSE 60 + 1180000 * pow(u(h, 21), 3) END) AS BIGINT)) AS visited,
    u(h, 22) < 0.24 AS halo, u(h, 23) < new_to_brand AS first_time,
    (brand * 8 + floor(pow(u(h, 24), 1.6) * 8))::SMALLINT AS wants,
    u(h, 25) < 0.6 * least(eagerness, 1.3) AS carts, u(h, 26) < 0.64 * eagerness AS buys,
    u(h, 27) < 0.05 AS wishes, u(h, 28) < 0.07 AS browses
FROM (
    SELECT ts, h, shopper, line, brand, creative, site, NULL::SMALLINT AS term,
        NULL::UTINYINT AS placement, clicked, new_to_brand, eagerness
    FROM seen WHERE shopper IS NOT NULL AND u(h, 30) < CASE WHEN clicked IS NOT NULL THEN 0.86
        WHEN viewed THEN detail_rate * eagerness ELSE 0 END
    UNION ALL BY NAME
    SELECT ts, h, shopper, line, brand, term, placement, clicked, new_to_brand, eagerness
    FROM searched WHERE shopper IS NOT NULL AND u(h, 30) < CASE WHEN clicked IS NOT NULL THEN 0.88
        WHEN viewed THEN detail_rate * eagerness ELSE 0 END
    UNION ALL BY NAME
    SELECT moment(v.day, e.h) AS ts, e.h, 1 + (mix(e.h, 3) % {shoppers})::INTEGER AS shopper,
        (mix(e.h, 4) % 2)::SMALLINT AS brand, 0.3 AS new_to_brand, v.eagerness
    FROM volume v,
        LATERAL (SELECT hash({seed}, v.day, 'organic', i) AS h FROM range(v.events) r(i)) e
    WHERE v.campaign = -1
) t
"""

CONVERSIONS = """
INSERT INTO conversion
SELECT ts::DATE, * FROM (
    SELECT visited + to_microseconds(1000 * CAST(
            floor(1000 * s.after * (0.4 + 1.2 * u(v, s.code))) AS BIGINT)) AS ts,
        mix(v, s.code) AS h, shopper, line, t.brand, creative, site, term, placement,
        CASE WHEN line IS NOT NULL THEN coalesce(clicked, t.ts) END AS traffic_ts,
        CASE WHEN line IS NOT NULL THEN t.h END AS traffic, line IS NOT NULL AND by_click,
        s.stage, wants, halo, s.stage = 'order' AND first_time,
        CASE WHEN s.stage = 'order' THEN 1 + (u(v, 31) < 0.22)::TINYINT + (u(v, 32) < 0.06)::TINYINT
        END, CASE WHEN s.stage = 'order' THEN round(p.price * (0.88 + 0.12 * u(v, 33)), 2) END
    FROM visit t
    JOIN (VALUES ('detailPageView', 0, 40), ('shoppingCart', 150, 41), ('order', 600, 42),
        ('wishList', 90, 43), ('brandStorePageView', 60, 44)) s(stage, after, code)
        ON s.stage = 'detailPageView' OR (s.stage = 'shoppingCart' AND carts)
        OR (s.stage = 'order' AND carts AND buys) OR (s.stage = 'wishList' AND wishes)
        OR (s.stage = 'brandStorePageView' AND browses)
    JOIN product p ON p.product = wants
) WHERE ts >= {first} AND (traffic_ts IS NULL OR ts < traffic_ts + INTERVAL 14 DAY)
ORDER BY ts, h
"""

KEPT = {"impression": "seen", "sponsored": "searched"}


def make(
    connection: duckdb.DuckDBPyConnection,
    volumes: Iterable[Volume],
    *,
    first: date,
    until: date,
    shoppers: int,
    seed: int,
) -> None:
    """Add the events of these days up to `until` and drop those before `first`, in one transaction.

    Traffic before `first` counts only for the sales that follow it.
    """
    connection.execute(MACROS)
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE volume AS SELECT unnest($rows, recursive := true)",
        {"rows": [vars(one) for one in volumes]},
    )
    numbers = {"seed": int(seed), "shoppers": int(shoppers), "unknown": UNKNOWN}
    connection.begin()
    for statement in (DRAWN, IMPRESSIONS, SPONSORED, VISITS):
        connection.execute(statement.format(**numbers))
    for table, made in KEPT.items():
        columns = _columns(connection, table)
        connection.execute(
            f"INSERT INTO {table} SELECT {columns} FROM {made} WHERE day >= $first",
            {"first": first},
        )
    connection.execute(CONVERSIONS.format(first=f"DATE '{first.isoformat()}'"))
    for table in (*KEPT, "conversion"):
        connection.execute(f"DELETE FROM {table} WHERE day < $first", {"first": first})
    connection.execute(
        "UPDATE horizon SET first = $first, last = $until, days = $days",
        {"first": first, "until": until, "days": _snapshots(first, until)},
    )
    connection.commit()


def _columns(connection: duckdb.DuckDBPyConnection, table: str) -> str:
    rows = connection.execute(f"SELECT name FROM pragma_table_info({json.dumps(table)})").fetchall()
    return ", ".join(name for (name,) in rows)


def _snapshots(first: date, last: date) -> list[date]:
    """The first Thursdays of months, on which audience memberships are recorded."""
    days = (first + timedelta(days=offset) for offset in range((last - first).days + 1))
    return [day for day in days if day.weekday() == 3 and day.day <= 7]
