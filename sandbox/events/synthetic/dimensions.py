"""The small tables that events refer to: campaign lines, products, terms, places, shoppers."""

# ruff: noqa: S608 - every name and number in this SQL is the program's own

from collections.abc import Iterable, Iterator, Sequence
from datetime import date

import duckdb

from sandbox.events.synthetic.brands import BRANDS, CAMPAIGNS, Campaign, Season

SEASONS: dict[Season, tuple[date | None, date | None]] = {
    "always": (date(2024, 1, 8), None),
    "summer": (date(2026, 6, 1), date(2026, 8, 31)),
    "holidays": (date(2026, 11, 1), date(2026, 12, 31)),
}
SITES = ("amazon.com", "imdb.com", "twitch.tv", "Prime Video", "Fire TV", "freshnews.example")
PLACEMENTS = (
    "Top of Search on-Amazon",
    "Detail Page on-Amazon",
    "Homepage on-Amazon",
    "Off Amazon",
)
# type, make, operating system, browser, environment, and the percentage of shoppers
DEVICES = (
    ("Phone", "Apple", "iOS", "Safari", "App", 34),
    ("Phone", "Samsung", "Android", "Chrome", "App", 24),
    ("PC", "Unknown", "Windows", "Chrome", "Web", 18),
    ("Tablet", "Amazon", "Fire OS", "Silk", "App", 8),
    ("TV", "Amazon", "Fire OS", "Unknown", "App", 10),
    ("ConnectedDevice", "Roku", "Roku OS", "Unknown", "App", 4),
    ("Unknown", "Unknown", "Unknown", "Unknown", "Web", 2),
)
CITIES = (
    ("New York", "NY", "501", "10001", 20),
    ("Los Angeles", "CA", "803", "90012", 16),
    ("Chicago", "IL", "602", "60607", 11),
    ("Houston", "TX", "618", "77002", 10),
    ("Philadelphia", "PA", "504", "19103", 8),
    ("Phoenix", "AZ", "753", "85004", 8),
    ("Atlanta", "GA", "524", "30303", 7),
    ("Seattle", "WA", "819", "98101", 6),
    ("Denver", "CO", "751", "80202", 5),
    ("Boston", "MA", "506", "02108", 5),
    ("Boise", "ID", "757", "83702", 3),
    ("Burlington", "VT", "523", "05401", 1),
)
SEGMENTS = (
    ("IM - Coffee", "In-market", "inmarket"),
    ("IM - Breakfast and Cereal", "In-market", "inmarket"),
    ("IM - Kitchen Appliances", "In-market", "inmarket"),
    ("IM - Baby Products", "In-market", "inmarket"),
    ("LS - Healthy Living", "Lifestyle", "lifestyle"),
    ("LS - Home Cooks", "Lifestyle", "lifestyle"),
    ("LS - Gamers", "Lifestyle", "lifestyle"),
    ("LS - Runners", "Lifestyle", "lifestyle"),
)
FIRST_SEGMENT = 371101

TABLES = """
CREATE TABLE line (
    line SMALLINT, campaign SMALLINT, place_in_campaign SMALLINT, name VARCHAR, kind VARCHAR,
    line_item_id BIGINT, creative_type VARCHAR, product VARCHAR, campaign_name VARCHAR,
    id_string VARCHAR, campaign_id BIGINT, advertiser VARCHAR, advertiser_id BIGINT,
    entity_id VARCHAR, brand SMALLINT, starts DATE, ends DATE);
CREATE TABLE campaign (
    campaign SMALLINT, product VARCHAR, brand SMALLINT, first_line SMALLINT, lines SMALLINT,
    click_rate DOUBLE, detail_rate DOUBLE, price DOUBLE, pool_start DOUBLE, pool_size DOUBLE,
    new_to_brand DOUBLE);
CREATE TABLE product (product SMALLINT, brand SMALLINT, place SMALLINT, asin VARCHAR,
    price DECIMAL(10, 2));
CREATE TABLE term (term SMALLINT, brand SMALLINT, place SMALLINT, text VARCHAR);
CREATE TABLE device (device SMALLINT, type VARCHAR, make VARCHAR, system VARCHAR, browser VARCHAR,
    environment VARCHAR, lot SMALLINT);
CREATE TABLE city (city SMALLINT, name VARCHAR, state VARCHAR, dma VARCHAR, postal VARCHAR,
    lot SMALLINT);
CREATE TABLE segment (segment INTEGER, name VARCHAR, level VARCHAR, family VARCHAR);
"""


def create(connection: duckdb.DuckDBPyConnection, shoppers: int, seed: int) -> None:
    """Create and fill the small tables, with this many shoppers."""
    connection.execute(TABLES)
    _insert(connection, "line", _lines())
    _insert(connection, "campaign", _campaigns())
    _insert(connection, "product", _products())
    _insert(connection, "term", _terms())
    _insert(connection, "device", _lots(DEVICES))
    _insert(connection, "city", _lots(CITIES))
    _insert(connection, "segment", ([FIRST_SEGMENT + n, *row] for n, row in enumerate(SEGMENTS)))
    _shoppers(connection, shoppers, seed)


def _insert(
    connection: duckdb.DuckDBPyConnection, table: str, rows: Iterable[Sequence[object]]
) -> None:
    named = [{f"c{place}": one for place, one in enumerate(row)} for row in rows]
    connection.execute(
        f"INSERT INTO {table} SELECT unnest($rows, recursive := true)", {"rows": named}
    )


def _campaigns() -> Iterator[list[object]]:
    first_line = 0
    for number, campaign in enumerate(CAMPAIGNS):
        yield [
            number,
            campaign.product,
            campaign.brand,
            first_line,
            len(campaign.lines),
            campaign.click_rate,
            campaign.detail_rate,
            campaign.price,
            *campaign.pool,
            campaign.new_to_brand,
        ]
        first_line += len(campaign.lines)


def _lines() -> Iterator[list[object]]:
    line = 0
    for number, campaign in enumerate(CAMPAIGNS):
        for place in range(len(campaign.lines)):
            yield _line(line, number, place, campaign)
            line += 1


def _line(line: int, number: int, place: int, campaign: Campaign) -> list[object]:
    dsp = campaign.product == "dsp"
    name, kind = campaign.lines[place]
    campaign_id = 571_000_000_000_000 + 7919 * (number + 1) if dsp else 230_000_000 + 101 * number
    id_string = str(campaign_id) if dsp else f"A0{4_418_211_000 + 48_611 * number}K{number:02}"
    video = kind == "VIDEO" or "Video" in campaign.name
    return [
        line,
        number,
        place,
        name,
        kind,
        590_000_000_000 + 3571 * (line + 1),
        "VIDEO" if video else "IMAGE",
        campaign.product,
        campaign.name,
        id_string,
        campaign_id,
        BRANDS[campaign.brand].advertiser,
        4_810_000_000 + 977 * campaign.brand,
        f"ENTITY{campaign.brand + 1}SANDBOX",
        campaign.brand,
        *SEASONS[campaign.season],
    ]


def _products() -> Iterator[list[object]]:
    for brand, its in enumerate(BRANDS):
        for place, (asin, price) in enumerate(its.products):
            yield [brand * len(its.products) + place, brand, place, asin, price]


def _terms() -> Iterator[list[object]]:
    for brand, its in enumerate(BRANDS):
        for place, text in enumerate(its.terms):
            yield [brand * len(its.terms) + place, brand, place, text]


def _lots(rows: Sequence[tuple[object, ...]]) -> Iterator[list[object]]:
    """One row for each of a hundred lots, so that a shopper finds one by number."""
    lot = 0
    for number, (*columns, share) in enumerate(rows):
        for _ in range(int(str(share))):
            yield [number, *columns, lot]
            lot += 1


def _shoppers(connection: duckdb.DuckDBPyConnection, shoppers: int, seed: int) -> None:
    """Shopper n is the same in every warehouse of this seed, however many shoppers there are."""
    connection.execute(
        f"""
        CREATE TABLE shopper AS
        SELECT n AS shopper, printf('%016x%016x', h, hash(xor(h, 1))) AS user_id,
            CASE WHEN h % 100 < 91 THEN 'adUserId' WHEN h % 100 < 97 THEN 'sisDeviceId'
                 ELSE 'adBrowserId' END AS user_id_type,
            d.type AS device_type, d.make AS device_make, d.system AS operating_system,
            d.browser, d.environment, c.name AS city, c.state, c.dma, c.postal,
            list_filter(
                [{", ".join(str(FIRST_SEGMENT + at) for at in range(len(SEGMENTS)))}]::INTEGER[],
                lambda s: hash(xor(h, hash(s))) % 100 < 22
            ) AS segments
        FROM (SELECT n::INTEGER AS n, hash(hash({int(seed)}, 'shopper', n)) AS h
              FROM range(1, {int(shoppers) + 1}) r(n)) s
        JOIN device d ON d.lot = hash(xor(h, 2)) % 100
        JOIN city c ON c.lot = hash(xor(h, 3)) % 100
        ORDER BY n
        """
    )
