"""The questions AMC is asked most, as analysts ask them; each number is worked out again."""

from decimal import Decimal

import pytest

from tests.sandbox.amc_sql import Sql, moment, parameter

SUMMER = {"window_start": moment("2026-06-01"), "window_end": moment("2026-09-01")}
IN_SUMMER = "BETWEEN DATE '2026-06-01' AND DATE '2026-08-31'"


@pytest.fixture(scope="module")
def sql(tmp_path_factory: pytest.TempPathFactory) -> Sql:
    return Sql.over_events(tmp_path_factory.mktemp("queries"), events=60_000)


def plain(sql: Sql, question: str) -> list[tuple]:
    """The same in DuckDB's own SQL, without any of AMC's rules."""
    return sql.warehouse.cursor().execute(question).fetchall()


def test_campaign_performance_over_dsp_and_sponsored_ads(sql: Sql):
    asked = """
        WITH traffic (campaign, impressions, clicks, cost) AS (
          SELECT campaign, SUM(impressions), 0, SUM(total_cost) / 100000
          FROM dsp_impressions GROUP BY 1
          UNION ALL SELECT campaign, 0, SUM(clicks), 0 FROM dsp_clicks GROUP BY 1
          UNION ALL SELECT campaign, SUM(impressions), SUM(clicks), SUM(spend) / 100000000
          FROM sponsored_ads_traffic GROUP BY 1),
        sales AS (SELECT campaign, SUM(total_product_sales) AS sales
          FROM amazon_attributed_events_by_traffic_time GROUP BY campaign)
        SELECT t.campaign, SUM(impressions) AS impressions, SUM(clicks) AS clicks,
               SUM(cost) AS cost, MAX(s.sales) AS sales, MAX(s.sales) / SUM(cost) AS roas
        FROM traffic t LEFT JOIN sales s ON s.campaign = t.campaign GROUP BY t.campaign"""
    rows = {row[0]: row[1:] for row in sql.rows(asked, **SUMMER)}
    expected = plain(
        sql,
        f"""SELECT campaign, sum(impressions), sum(clicks), sum(spend) / 1e8
        FROM sponsored_ads_traffic WHERE event_date_utc {IN_SUMMER} GROUP BY 1""",
    )
    assert len(rows) == 11  # the holidays' campaign rests
    for campaign, impressions, clicks, cost in expected:
        found = rows[campaign]
        assert found[:2] == (str(impressions), str(clicks))
        assert abs(Decimal(str(found[2])) - Decimal(str(cost))) < Decimal("0.0001")
        ratio = Decimal(str(found[3])) / Decimal(str(found[2]))
        assert abs(Decimal(str(found[4])) - ratio) < Decimal("0.001")


def test_roas_by_week_and_product(sql: Sql):
    asked = """
        SELECT CAST(DATE_TRUNC('week', day) AS DATE) AS week, product, SUM(cost) AS cost,
               SUM(sales) AS sales, CASE WHEN SUM(cost) > 0 THEN SUM(sales) / SUM(cost) END AS roas
        FROM (
          SELECT event_date_utc AS day, ad_product_type AS product, spend / 100000000 AS cost,
                 0 AS sales FROM sponsored_ads_traffic
          UNION ALL
          SELECT traffic_event_date_utc, ad_product_type, 0, total_product_sales
          FROM amazon_attributed_events_by_traffic_time WHERE ad_product_type IS NOT NULL)
        GROUP BY week, product HAVING cost > 0 ORDER BY week DESC, product"""
    rows = sql.rows(asked, **SUMMER)
    assert [row[0] for row in rows] == sorted((row[0] for row in rows), reverse=True)
    ((cost,),) = plain(
        sql,
        f"""SELECT round(sum(spend) / 1e8, 6) FROM sponsored_ads_traffic
        WHERE event_date_utc {IN_SUMMER}""",
    )
    shown = sum(Decimal(str(row[2])) for row in rows)
    assert Decimal("0.85") * Decimal(cost) < shown <= Decimal(cost) + Decimal("0.001")


def test_reach_and_frequency(sql: Sql):
    asked = """
        WITH people AS (SELECT user_id, SUM(impressions) AS seen FROM dsp_impressions
                        WHERE user_id IS NOT NULL GROUP BY user_id)
        SELECT CASE WHEN seen >= 4 THEN '4+' ELSE CAST(seen AS VARCHAR) END AS frequency,
               COUNT(DISTINCT user_id) AS reach, SUM(seen) AS impressions
        FROM people GROUP BY frequency"""
    rows = sql.rows(asked, **SUMMER)
    expected = plain(
        sql,
        f"""SELECT CASE WHEN n >= 4 THEN '4+' ELSE n::VARCHAR END f, count(*)::VARCHAR,
        sum(n)::VARCHAR FROM (SELECT user_id, count(*) n FROM dsp_impressions WHERE user_id IS NOT
        NULL AND impression_date_utc {IN_SUMMER} GROUP BY 1) GROUP BY 1 ORDER BY 1""",
    )
    assert rows == expected


def test_paths_to_conversion_as_rows_in_order(sql: Sql):
    asked = """
        WITH touches AS (
          SELECT user_id, campaign, MIN(impression_dt_utc) AS first_seen
          FROM dsp_impressions WHERE user_id IS NOT NULL GROUP BY 1, 2),
        ranked AS (
          SELECT NAMED_ROW('order', ROW_NUMBER() OVER (PARTITION BY user_id ORDER BY first_seen),
                           'campaign', campaign) AS step, user_id FROM touches),
        paths AS (SELECT ARRAY_SORT(COLLECT(DISTINCT step)) AS path, user_id
                  FROM ranked GROUP BY user_id)
        SELECT path, COUNT(DISTINCT user_id) AS users FROM paths GROUP BY path ORDER BY 2 DESC"""
    rows = sql.rows(asked, **SUMMER)
    paths = [row[0] or "" for row in rows]
    assert paths[0].startswith("[[1, ")
    assert any("], [2, " in path for path in paths)
    assert all(int(row[1] or 0) >= 2 for row in rows)


def test_first_and_last_touch_share_the_same_sales(sql: Sql):
    asked = """
        WITH touches AS (SELECT user_id, campaign, event_dt_utc AS at_ FROM sponsored_ads_traffic
                         WHERE user_id IS NOT NULL),
        ranked AS (SELECT t.campaign, t.user_id, c.conversion_id, c.total_product_sales,
            RANK() OVER w_first AS from_first,
            ROW_NUMBER() OVER (PARTITION BY c.conversion_id ORDER BY t.at_ DESC) AS from_last
          FROM touches t INNER JOIN conversions c ON c.user_id = t.user_id
          WHERE c.event_subtype = 'order' AND SECONDS_BETWEEN(t.at_, c.event_dt_utc)
            BETWEEN 0 AND 60*60*24*CUSTOM_PARAMETER('days')
          WINDOW w_first AS (PARTITION BY c.conversion_id ORDER BY t.at_))
        SELECT campaign, SUM(IF(from_first = 1, total_product_sales, 0)) AS first_touch,
               SUM(IF(from_last = 1, total_product_sales, 0)) AS last_touch
        FROM ranked GROUP BY campaign"""
    rows = sql.rows(
        asked,
        discriminator_column="f",
        declared=[parameter("days", "LONG", defaultValue=14)],
        **SUMMER,
    )
    first, last = (sum(Decimal(str(row[place])) for row in rows) for place in (1, 2))
    assert first == last > 100


def test_new_to_brand_share(sql: Sql):
    asked = """
        SELECT COALESCE(ad_product_type, 'dsp') AS product, SUM(total_purchases) AS purchases,
               SUM(new_to_brand_total_purchases) / SUM(total_purchases) AS share
        FROM amazon_attributed_events_by_traffic_time WHERE total_purchases > 0 GROUP BY product"""
    rows = sql.rows(asked, **SUMMER)
    assert [row[0] for row in rows] == [
        "dsp",
        "sponsored_brands",
        "sponsored_display",
        "sponsored_products",
    ]
    assert all(0 < Decimal(str(row[2])) < 1 for row in rows)


def test_overlap_of_dsp_and_sponsored_ads(sql: Sql):
    asked = """
        WITH both AS (
          SELECT user_id, 1 AS dsp, 0 AS sponsored FROM dsp_impressions
          UNION ALL SELECT user_id, 0, 1 FROM sponsored_ads_traffic),
        people AS (SELECT user_id, MAX(dsp) AS dsp, MAX(sponsored) AS sponsored FROM both
                   WHERE user_id IS NOT NULL GROUP BY user_id)
        SELECT dsp, sponsored, COUNT(DISTINCT p.user_id) AS reach,
               COUNT(DISTINCT c.user_id) AS buyers
        FROM people p LEFT JOIN (SELECT DISTINCT user_id FROM conversions
                                 WHERE event_subtype = 'order') c USING (user_id)
        GROUP BY 1, 2"""
    rows = {row[:2]: row[2:] for row in sql.rows(asked, **SUMMER)}
    expected = plain(
        sql,
        f"""SELECT count(*)::VARCHAR FROM (SELECT user_id FROM dsp_impressions
        WHERE impression_date_utc {IN_SUMMER} INTERSECT SELECT user_id FROM sponsored_ads_traffic
        WHERE event_date_utc {IN_SUMMER}) WHERE user_id IS NOT NULL""",
    )
    assert set(rows) == {("0", "1"), ("1", "0"), ("1", "1")}
    assert [(rows["1", "1"][0],)] == expected
    assert all(int(buyers or 0) < int(reach or 0) for reach, buyers in rows.values())


def test_time_of_day(sql: Sql):
    asked = """
        SELECT DAYOFWEEK(event_date) AS weekday, event_hour AS hour, SUM(clicks) AS clicks
        FROM sponsored_ads_traffic GROUP BY 1, 2"""
    rows = sql.rows(asked, **SUMMER)
    assert {row[0] for row in rows} == {str(day) for day in range(1, 8)}
    assert {int(row[1] or 0) for row in rows} >= set(range(10, 24))


def test_search_terms(sql: Sql):
    asked = """
        SELECT customer_search_term, match_type, SUM(clicks) AS clicks,
               SUM(clicks) / SUM(impressions) AS rate
        FROM sponsored_ads_traffic
        WHERE customer_search_term SIMILAR TO '(?i)coffee' AND match_type <> 'EXACT'
        GROUP BY customer_search_term, match_type HAVING SUM(impressions) >= 20"""
    rows = sql.rows(asked, **SUMMER)
    assert len(rows) > 5
    assert all("coffee" in (row[0] or "") for row in rows)


def test_windows_can_be_grouped_by(sql: Sql):
    asked = """
        SELECT CASE WHEN COUNT(a.conversion_id) OVER (PARTITION BY a.user_id) = 1
                    THEN 'once' ELSE 'more' END AS bought, a.event_subtype,
               COUNT(DISTINCT a.user_id) AS users
        FROM conversions a WHERE a.event_subtype = 'order' GROUP BY 1, 2"""
    rows = {row[0]: int(row[2] or 0) for row in sql.rows(asked, **SUMMER)}
    expected = plain(
        sql,
        f"""SELECT count(*) FILTER (n = 1), count(*) FILTER (n > 1) FROM (SELECT user_id, count(*) n
        FROM conversions WHERE event_subtype = 'order' AND event_date_utc {IN_SUMMER}
        GROUP BY 1)""",
    )
    assert [(rows["once"], rows.get("more", 0))] == expected


def test_ids_are_compared_as_text_whether_written_as_text_or_number(sql: Sql):
    counted = "SELECT SUM(impressions) AS n FROM dsp_impressions WHERE {}"
    number, words = (
        sql.rows(counted.format(f"campaign_id_string = {one}"))
        for one in ("571000000007919", "'571000000007919'")
    )
    listed = sql.rows(counted.format("campaign_id IN ('571000000007919', '1')"))
    values = sql.rows(
        "WITH c (id) AS (VALUES (571000000007919), (2)) "
        + counted.format("campaign_id_string IN (SELECT id FROM c)")
    )
    assert number == words == listed == values
    assert int(number[0][0] or 0) > 1000


def test_a_name_in_group_by_means_the_select_item_first(sql: Sql):
    asked = """
        SELECT CASE WHEN impression_hour_utc < 12 THEN 0 ELSE 12 END AS impression_hour_utc,
               COUNT(*) AS n FROM dsp_impressions GROUP BY impression_hour_utc"""
    assert [row[0] for row in sql.rows(asked)] == ["0", "12"]


def test_a_query_in_a_query_in_a_query(sql: Sql):
    asked = """
        WITH a AS (WITH b AS (SELECT campaign, SUM(clicks) AS n FROM dsp_clicks GROUP BY 1)
                   SELECT campaign, n FROM b WHERE n > (SELECT MIN(n) FROM b))
        SELECT COUNT(DISTINCT campaign) AS n FROM a
        WHERE EXISTS (SELECT 1 FROM dsp_impressions i WHERE i.campaign = a.campaign)"""
    assert sql.rows(asked) == [("4",)]
