"""The synthetic events: the same every day, plausible, coherent, and safe to make anywhere."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from sandbox.events.synthetic.calendar import is_event
from sandbox.events.warehouse import Warehouse
from sandbox.tables import TABLES

TODAY = date(2026, 11, 21)
EVENTS = 20_000
PHYSICAL = ("impression", "sponsored", "conversion")


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    made = Warehouse.open(tmp_path_factory.mktemp("events"), events=EVENTS, today=TODAY)
    yield made
    made.close()


@pytest.fixture
def ask(small: Warehouse):
    def rows(sql: str) -> list[tuple]:
        return small.cursor().execute(sql).fetchall()

    return rows


def one(house: Warehouse, sql: str) -> tuple:
    row = house.cursor().execute(sql).fetchone()
    assert row is not None
    return row


def test_thirteen_months_up_to_yesterday(ask):
    for table in ("dsp_impressions", "sponsored_ads_traffic", "conversions"):
        column = TABLES[table].window
        ((first, last),) = ask(f"SELECT min({column}), max({column}) FROM {table}")
        assert first.date() - date(2025, 10, 21) < timedelta(days=4)
        assert timedelta() <= date(2026, 11, 20) - last.date() < timedelta(days=3)


def test_every_table_has_all_of_its_columns_with_their_types(small: Warehouse):
    words = {"STRING": "VARCHAR", "LONG": "BIGINT"}
    for name, table in TABLES.items():
        rows = small.cursor().execute(f"DESCRIBE {name}").fetchall()
        found = {row[0]: row[1] for row in rows}
        found.pop("__user")
        wanted = {}
        for column in table.columns:
            array = column.type.startswith("ARRAY[")
            inner = column.type[6:-1] if array else column.type
            wanted[column.name] = words.get(inner, inner) + ("[]" if array else "")
        assert found == wanted, name


def test_no_offered_table_is_empty(ask):
    empty = [name for name in TABLES if ask(f"SELECT count(*) FROM {name}") == [(0,)]]
    assert empty == []


@pytest.mark.parametrize("table", PHYSICAL)
def test_tomorrow_changes_no_row_of_the_past(tmp_path: Path, small: Warehouse, table: str):
    tomorrow = Warehouse.open(tmp_path, events=EVENTS, today=TODAY + timedelta(days=1))
    # A row is of the day it happened on; what had not happened yet is not compared.
    shared = "WHERE day BETWEEN DATE '2025-10-22' AND DATE '2026-11-20' ORDER BY ALL"
    sql = f"SELECT * FROM {table} {shared}"

    before = small.cursor().execute(sql).fetchall()

    assert len(before) > 400
    assert tomorrow.cursor().execute(sql).fetchall() == before
    tomorrow.close()


def test_conversions_arrive_late_for_traffic_that_is_already_there(tmp_path: Path, ask):
    later = Warehouse.open(tmp_path, events=EVENTS, today=TODAY + timedelta(days=14))
    sql = """SELECT count(*) FROM amazon_attributed_events_by_traffic_time
        WHERE traffic_event_date_utc BETWEEN DATE '2026-11-10' AND DATE '2026-11-20'"""

    ((before,),) = ask(sql)

    assert one(later, sql)[0] > before
    settled = sql.replace("2026-11-10", "2025-11-05").replace("2026-11-20", "2026-11-06")
    assert [one(later, settled)] == ask(settled)
    later.close()


def test_another_seed_makes_other_events_of_the_same_kind(tmp_path: Path, ask):
    other = Warehouse.open(tmp_path, events=EVENTS, seed=8, today=TODAY)
    ids = "SELECT user_id FROM dsp_impressions WHERE user_id IS NOT NULL"

    common = set(other.cursor().execute(ids).fetchall()) & set(ask(ids))
    ((here,),) = ask("SELECT count(*) FROM dsp_impressions")

    assert common == set()
    assert 0.9 < one(other, "SELECT count(*) FROM dsp_impressions")[0] / here < 1.1
    other.close()


def test_both_attributed_tables_hold_the_same_rows(ask):
    sql = """(SELECT * FROM amazon_attributed_events_by_traffic_time EXCEPT ALL
        SELECT * FROM amazon_attributed_events_by_conversion_time)"""
    assert ask(f"SELECT count(*) FROM {sql}") == [(0,)]


def test_a_conversion_follows_an_ad_of_the_same_user_within_fourteen_days(ask):
    sql = """SELECT count(*), count(t.event_id),
            bool_and(c.conversion_event_dt_utc BETWEEN c.traffic_event_dt_utc
                AND c.traffic_event_dt_utc + INTERVAL 14 DAY), bool_and(t.user_id = c.user_id)
        FROM amazon_attributed_events_by_conversion_time c
        LEFT JOIN sponsored_ads_traffic t ON t.event_id = c.traffic_event_id
        WHERE c.ad_product_type IS NOT NULL AND c.traffic_event_date_utc >= DATE '2025-10-21'"""
    ((rows, found, in_time, same),) = ask(sql)
    assert rows == found > 300
    assert in_time is True
    assert same is True


def test_dsp_conversions_follow_impressions_that_are_there(ask):
    sql = """SELECT count(*), count(i.request_tag), bool_and(i.user_id = c.user_id)
        FROM amazon_attributed_events_by_conversion_time c
        LEFT JOIN dsp_impressions i ON i.request_tag = c.request_tag
        WHERE c.ad_product_type IS NULL AND c.traffic_event_date_utc >= DATE '2025-10-21'"""
    ((rows, found, same),) = ask(sql)
    assert rows == found > 300
    assert same is True


def test_the_funnel_narrows(ask):
    sql = """SELECT sum(total_detail_page_view), sum(total_add_to_cart), sum(total_purchases),
        sum(new_to_brand_total_purchases) FROM amazon_attributed_events_by_traffic_time"""
    ((views, carts, purchases, new),) = ask(sql)
    assert views > carts > purchases > new > 20
    ((shown, seen, clicked),) = ask(
        """SELECT sum(measurable_impressions), sum(viewable_impressions),
        (SELECT sum(clicks) FROM dsp_clicks) FROM dsp_views"""
    )
    assert shown > seen > clicked > 50


def test_promoted_and_halo_purchases_add_up_and_so_do_clicks_and_views(ask):
    sql = """SELECT count(*) FROM amazon_attributed_events_by_traffic_time WHERE
        purchases + brand_halo_purchases <> total_purchases
        OR total_product_sales_clicks + total_product_sales_views <> total_product_sales
        OR product_sales + brand_halo_product_sales <> total_product_sales
        OR new_to_brand_total_purchases > total_purchases OR impressions + clicks <> 1"""
    assert ask(sql) == [(0,)]


def test_money_is_in_the_units_of_each_table(ask):
    ((a_thousand,),) = ask("SELECT avg(total_cost) / 100000 * 1000 FROM dsp_impressions")
    ((a_click,),) = ask("SELECT sum(spend) / 100000000 / sum(clicks) FROM sponsored_ads_traffic")
    ((an_order,),) = ask(
        "SELECT avg(total_product_sales) FROM conversions WHERE event_subtype = 'order'"
    )
    assert 10 < a_thousand < 80  # dollars
    assert 0.3 < a_click < 2
    assert 5 < an_order < 60


def test_campaigns_have_names_and_products_and_dsp_is_null_where_attributed(ask):
    dsp = ask("SELECT DISTINCT campaign FROM dsp_impressions")
    sponsored = ask("SELECT DISTINCT campaign, ad_product_type FROM sponsored_ads_traffic")
    assert len(dsp) + len(sponsored) == 12
    assert {kind for _, kind in sponsored} == {
        "sponsored_products",
        "sponsored_brands",
        "sponsored_display",
    }
    ((nulls, others),) = ask(
        """SELECT count(*) FILTER (ad_product_type IS NULL AND campaign NOT LIKE '%|%'),
        count(DISTINCT ad_product_type) FROM amazon_attributed_events_by_traffic_time"""
    )
    assert (nulls, others) == (0, 3)


def test_some_users_meet_both_dsp_and_sponsored_ads_and_some_are_unknown(ask):
    ((both,),) = ask(
        """SELECT count(*) FROM (SELECT user_id FROM dsp_impressions INTERSECT
        SELECT user_id FROM sponsored_ads_traffic) WHERE user_id IS NOT NULL"""
    )
    ((unknown,),) = ask("SELECT avg((user_id IS NULL)::INTEGER) FROM dsp_impressions")
    assert both > 100
    assert 0.02 < unknown < 0.09


def test_sales_days_weekdays_and_hours_show(tmp_path: Path):
    house = Warehouse.open(tmp_path, events=100_000, today=TODAY)
    days = dict(
        house.cursor()
        .execute("SELECT event_date_utc, count(*) FROM sponsored_ads_traffic GROUP BY 1")
        .fetchall()
    )
    sale = [count for day, count in days.items() if is_event(day)]
    usual = [count for day, count in days.items() if not is_event(day)]
    assert sum(sale) / len(sale) > 1.6 * sum(usual) / len(usual)
    hours = dict(
        house.cursor()
        .execute("SELECT event_hour_utc, count(*) FROM sponsored_ads_traffic GROUP BY 1")
        .fetchall()
    )
    assert hours[1] > 3 * hours[9]  # evening against night in America
    odd = one(
        house,
        """SELECT count(*) FILTER (impression_date_utc = DATE '2026-04-09'),
        count(*) / count(DISTINCT impression_date_utc) FROM dsp_impressions
        WHERE campaign = 'Maple & Finch | Display | Prospecting'""",
    )
    assert odd[0] > 2 * odd[1]  # the anomaly
    house.close()


def test_local_times_are_of_the_advertisers_zone(ask):
    sql = """SELECT DISTINCT date_diff('hour', event_dt, event_dt_utc)
        FROM sponsored_ads_traffic WHERE event_date_utc BETWEEN DATE '{}' AND DATE '{}'"""
    assert ask(sql.format("2026-07-01", "2026-07-31")) == [(4,)]
    assert ask(sql.format("2026-01-01", "2026-01-31")) == [(5,)]


@pytest.mark.parametrize("table", ["conversion_time", "traffic_time"])
def test_an_attributed_event_has_the_times_of_the_traffic_that_it_follows(ask, table):
    subtypes = (("AD_IMP", "impression", "click"), ("AD_CLICK", "click", "impression"))
    for subtype, own, other in subtypes:
        kinds = [
            f"{{}}_{name}{zone}"
            for name in ("dt", "date", "day", "dt_hour", "hour")
            for zone in ("", "_utc")
        ]
        # `day` of the traffic event is no column of AMC.
        alike = [one for one in kinds if not one.startswith("{}_day")]
        same = " AND ".join(f"{one.format(own)} = {one.format('traffic_event')}" for one in alike)
        there = " AND ".join(f"{one.format(own)} IS NOT NULL" for one in kinds)
        absent = " AND ".join(f"{one.format(other)} IS NULL" for one in kinds)
        ((events, right),) = ask(
            f"SELECT count(*), count(*) FILTER ({same} AND {there} AND {absent}) "
            f"FROM amazon_attributed_events_by_{table} WHERE traffic_event_subtype = '{subtype}'"
        )
        assert events == right > 0


def test_advertiser_id_of_an_attributed_event_is_of_the_dsp_only(ask):
    found = ask(
        "SELECT DISTINCT ad_product_type IS NULL, advertiser_id IS NOT NULL "
        "FROM amazon_attributed_events_by_traffic_time"
    )
    assert sorted(found) == [(False, False), (True, True)]
