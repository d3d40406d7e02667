"""AMC SQL on the local AMC: what its functions, windows and parameters mean."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.sql import query
from sandbox.sql.dialect import duration
from sandbox.sql.query import Query
from tests.sandbox.amc_sql import Sql, moment, parameter

WINDOW = {"window_start": moment("2026-06-01"), "window_end": moment("2026-09-01")}
CAMPAIGNS = parameter("campaign_ids", "STRING", array=True)


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("1 / 2", "0.5"),
        ("7 / 0", None),
        ("SUM(x) / COUNT(x)", "2.5"),
        ("ROUND(5.5)", "6"),
        ("ROUND(1234.5678, 2)", "1234.57"),
        ("TRUNC(3.999, 1)", "3.9"),
        ("LOG(2, 8)", "3"),
        ("MOD(7, 4)", "3"),
        ("GREATEST(1, NULL, 3)", None),
        ("LEAST(4, 2, 3)", "2"),
        ("COALESCE(NULL, 5)", "5"),
        ("NVL2(NULL, 'a', 'b')", "b"),
        ("IF(1 > 2, 'a', 'b')", "b"),
        ("NULLIF(3, 3)", None),
        ("CASE 2 WHEN 1 THEN 'one' WHEN 2 THEN 'two' END", "two"),
        ("CONCAT('a', 1, 'b')", "a1b"),
        ("SUBSTRING('abcdef' FROM 2 FOR 3)", "bcd"),
        ("POSITION('c' IN 'abc')", "3"),
        ("CHARINDEX('b', 'abab', 3)", "4"),
        ("TRIM(BOTH 'x' FROM 'xxaxx')", "a"),
        ("LEFT('abc', 2)", "ab"),
        ("REGEXP_REPLACE('a1b22', '[0-9]+', '#')", "a#b#"),
        ("REGEXP_SUBSTR('order 66', '[0-9]+')", "66"),
        ("ARRAY_TO_STRING(REGEXP_SPLIT('a,b;c', '[,;]'), '|')", "a|b|c"),
        ("'Kitchen Kit' SIMILAR TO '^Kit'", "true"),
        ("'My Kitchen' SIMILAR TO 'Kit'", "true"),
        ("'Summer_STV_2' SIMILAR TO '_STV$'", "false"),
        ("'Watch TWITCH' SIMILAR TO '(?i)twitch'", "true"),
        ("'a' NOT SIMILAR TO 'b'", "true"),
        ("'%d' LIKE '!%d' ESCAPE '!'", "true"),
        (
            "DATE_TRUNC('hour', CAST('2023-08-01 04:13:14' AS TIMESTAMP))",
            "2023-08-01T04:00:00.000Z",
        ),
        ("CAST(DATE_TRUNC('week', DATE '2026-11-21') AS DATE)", "2026-11-16"),
        ("DAYOFWEEK(DATE '2026-11-22')", "1"),
        ("EXTRACT(DOW FROM DATE '2026-11-21')", "7"),
        ("EXTRACT(HOUR FROM DATE '2026-11-21')", "0"),
        ("HOUR(CAST('2026-11-21 13:30:00' AS TIMESTAMP))", "13"),
        ("EPOCH_TO_UTC_TIMESTAMP('1666735860')", "2022-10-25T22:11:00.000Z"),
        ("EPOCH_TO_UTC_TIMESTAMP(1666735860000)", "2022-10-25T22:11:00.000Z"),
        (
            "CONVERT_TIME_ZONE_FROM_UTC(CAST('2026-07-01 03:00:00' AS TIMESTAMP), "
            "'America/New_York')",
            "2026-06-30T23:00:00.000Z",
        ),
        ("SECONDS_BETWEEN(DATE '2026-01-01', CAST('2026-01-02 00:00:05' AS TIMESTAMP))", "86405"),
        ("SECONDS_BETWEEN(DATE '2026-01-02', DATE '2026-01-01')", "-86400"),
        ("ARRAY_SORT(ARRAY_UNION(ARRAY[3, 1], ARRAY[1, 2]))", "[1, 2, 3]"),
        ("ARRAY_COMPLEMENT(ARRAY['a', 'b'], ARRAY['b'])", "[a]"),
        ("ARRAY_REMOVE(ARRAY[1, 2, 1], 1)", "[2]"),
        ("ARRAY_DISTINCT(ARRAY['b', 'a', 'b'])", "[b, a]"),
        ("ARRAY_CONTAINS(ARRAY[1, NULL], 2)", "false"),
        ("CARDINALITY(ARRAY[1, 2])", "2"),
        ("CONTAINED_IN(2, 1, 2, 3)", "true"),
        ("NAMED_ROW('place', 1, 'campaign', 'SB Awareness')", "[1, SB Awareness]"),
        ("MD5('a')", "0cc175b9c0f1b6a831c399e269772661"),
        ("FROM_VARBINARY(TO_VARBINARY('4142', 'hex'), 'utf-8')", "AB"),
        ("JSON_EXTRACT('{\"a\": {\"b\": 7}}', '$.a.b')", "7"),
        ("CAST('12.5' AS DECIMAL(10, 1))", "12.5"),
        ("TRUE AND NOT FALSE", "true"),
        ("MEDIAN(x)", "2.5"),
        ("PERCENTILE(x, 0.5)", "2.5"),
        ("COUNT(DISTINCT x)", "4"),
        ("ARRAY_SORT(COLLECT(x))", "[1, 2, 3, 4]"),
    ],
)
def test_functions_mean_what_they_mean_in_amc(sql: Sql, expression: str, value: str | None):
    rows = sql.rows(
        f"WITH t (x) AS (VALUES (1), (2), (3), (4)) SELECT {expression} AS value FROM t"
        + ("" if re.search("COUNT|SUM|MEDIAN|PERC|COLLECT", expression) else " GROUP BY 1")
    )
    ((found,),) = rows
    number = found is not None and re.fullmatch(r"-?\d+\.\d+", found)
    assert (found.rstrip("0").rstrip(".") if number and found else found) == value


def test_spread_of_the_documentations_sample(sql: Sql):
    sample = "WITH t (x) AS (VALUES (20), (45), (30), (66), (50), (60), (85), (70)) "
    ((deviation, variance),) = sql.rows(f"{sample} SELECT STDDEV(x) AS s, VARIANCE(x) AS v FROM t")
    assert round(float(deviation), 5) == 21.45261
    assert round(float(variance), 5) == 460.21429


def test_now_and_today_are_words(sql: Sql):
    today = f"{datetime.now(UTC):%Y-%m-%d}"
    assert sql.value("CAST('today' AS DATE)") == today
    assert (sql.value("CAST('now' AS TIMESTAMP)") or "").startswith(today)
    assert sql.value("CURRENT_DATE") == today


def test_look_around_is_tried_on_the_columns_values(sql: Sql):
    counted = "SELECT campaign, COUNT(*) AS n FROM dsp_impressions WHERE {} GROUP BY 1"
    without = sql.rows(counted.format("campaign SIMILAR TO '^(?!Kestrel).*Display'"))
    assert [row[0] for row in without] == [
        "Maple & Finch | Display | Loyalty",
        "Maple & Finch | Display | Prospecting",
    ]
    assert sql.rows(counted.format("campaign SIMILAR TO '(?!)online video'")) == []


def test_a_window_is_half_open_and_additive(sql: Sql):
    count = "SELECT SUM(impressions) AS n FROM dsp_impressions"
    start, end = moment("2026-06-01"), moment("2026-06-15")
    ((whole,),) = sql.rows(count, window_start=start, window_end=end)
    parts = 0
    for days in range(14):
        day = start + timedelta(days=days)
        rows = sql.rows(count, window_start=day, window_end=day + timedelta(days=1))
        parts += int(rows[0][0] or 0) if rows else 0
    assert parts == int(whole or 0) > 100


def test_a_window_in_another_zone_is_cut_at_its_own_hours(sql: Sql):
    hours = """SELECT event_dt_hour_utc AS h, COUNT(*) AS n FROM sponsored_ads_traffic GROUP BY 1"""
    rows = sql.rows(
        hours,
        window_start=datetime.fromisoformat("2026-07-08T00:00:00-04:00"),
        window_end=datetime.fromisoformat("2026-07-12T00:00:00-04:00"),
    )
    moments = [row[0] or "" for row in rows]
    assert moments[0] >= "2026-07-08T04:00:00.000Z"
    assert moments[-1] < "2026-07-12T04:00:00.000Z"


def test_the_window_can_be_extended_and_dimension_tables_ignore_it(sql: Sql):
    both = """SELECT COUNT(DISTINCT request_tag) AS n FROM {}"""
    day = {"window_start": moment("2026-07-08"), "window_end": moment("2026-07-09")}
    alone = sql.rows(both.format("dsp_impressions"), **day)
    week = sql.rows(
        both.format("TABLE(/* a week */ EXTEND_TIME_WINDOW('dsp_impressions', 'P6D', 'PT0S')) t"),
        **day,
    )
    same = sql.rows(both.format("dsp_impressions"), **day | {"window_start": moment("2026-07-02")})
    assert week == same
    assert int(week[0][0] or 0) > 3 * int(alone[0][0] or 0)
    people = "SELECT COUNT(DISTINCT user_id) AS n FROM audience_segments_amer_inmarket"
    assert sql.rows(people, **day) == sql.rows(people)


def test_the_traffic_table_is_cut_by_traffic_and_its_twin_by_conversion(sql: Sql):
    spans = (
        "SELECT MIN({0}_date_utc) AS f, MAX({0}_date_utc) AS l FROM amazon_attributed_events_by_{1}"
    )
    for column, table in (
        ("traffic_event", "traffic_time"),
        ("conversion_event", "conversion_time"),
    ):
        ((first, last),) = sql.rows(spans.format(column, table), **WINDOW)
        assert "2026-06-01" <= (first or "") <= (last or "") <= "2026-08-31"
    ((_, last),) = sql.rows(spans.format("conversion_event", "traffic_time"), **WINDOW)
    assert (last or "") > "2026-08-31"


def test_built_in_parameters_are_the_window(sql: Sql):
    ends = (
        "SELECT BUILT_IN_PARAMETER('TIME_WINDOW_START') AS s, "
        "CAST(BUILT_IN_PARAMETER('TIME_WINDOW_END') AS DATE) AS e"
    )
    assert sql.rows(ends, **WINDOW) == [("2026-06-01T00:00:00.000Z", "2026-09-01")]


BY_CAMPAIGN = """
SELECT campaign_id_string, SUM(impressions) AS n FROM dsp_impressions
WHERE ARRAY_CONTAINS(CUSTOM_PARAMETER('campaign_ids'), campaign_id_string)
   OR CUSTOM_PARAMETER('campaign_ids') IS NULL OR CARDINALITY(CUSTOM_PARAMETER('campaign_ids')) = 0
GROUP BY 1"""


@pytest.mark.parametrize(
    ("values", "campaigns"),
    [
        (["571000000007919"], 1),
        (["571000000007919", "571000000015838", "unknown"], 2),
        ([], 5),
        (None, 5),
    ],
)
def test_a_list_of_campaigns_is_optional(sql: Sql, values: list[str] | None, campaigns: int):
    rows = sql.rows(BY_CAMPAIGN, declared=[CAMPAIGNS], parameters={"campaign_ids": values})
    assert len(rows) == campaigns


def test_parameters_have_types_defaults_and_no_way_into_the_sql(sql: Sql):
    asked = "CUSTOM_PARAMETER('days') * 24"
    assert sql.value(asked, declared=[parameter("days", "LONG", defaultValue=2)]) == "48"
    assert sql.value(asked, declared=[parameter("days", "LONG")], parameters={"days": "3"}) == "72"
    evil = "x'; DROP TABLE impression; --"
    given = {"declared": [parameter("name", "STRING")], "parameters": {"name": evil}}
    assert sql.value("CUSTOM_PARAMETER('name')", **given) == evil
    word = sql.refused("SELECT CUSTOM_PARAMETER('Days') AS d", declared=[parameter("days", "LONG")])
    assert word == "Filter operation filter_operation referenced an undeclared parameter Days."


@pytest.mark.parametrize(
    ("type_", "value"),
    [
        ("LONG", "many"), ("LONG", 1.5), ("INTEGER", True), ("DECIMAL", "NaN"),
        ("BOOLEAN", "maybe"), ("DATE", "soon"), ("TIMESTAMP", 5), ("STRING", ["a"]),
    ],
)  # fmt: skip
def test_a_value_of_another_type_is_refused(sql: Sql, type_: str, value: object):
    reason = sql.refused(
        "SELECT CUSTOM_PARAMETER('p') AS p",
        declared=[parameter("p", type_)],
        parameters={"p": value},
    )
    assert reason.endswith(f"The value of parameter 'p' is not of type {type_}.")


def test_compiling_needs_no_values_but_running_does(sql: Sql):
    asked = Query("SELECT CUSTOM_PARAMETER('p') + 1 AS p", declared=[parameter("p", "LONG")])
    (column,) = query.compile(asked, sql.warehouse)
    assert (column.name, column.data_type) == ("p", "LONG")
    reason = sql.refused(asked.sql, declared=asked.declared)
    assert reason.endswith("Parameter 'p' has no value and no default.")


def test_a_query_that_takes_too_long_is_stopped(sql: Sql):
    asked = """SELECT COUNT(*) AS n FROM dsp_impressions a
        JOIN dsp_impressions b ON a.user_id <> b.user_id
        JOIN dsp_impressions c ON a.user_id <> c.user_id"""
    began = datetime.now(UTC)
    with pytest.raises(TimeoutError):
        sql.result(asked, timeout=0.3)
    assert datetime.now(UTC) - began < timedelta(seconds=10)
    assert sql.rows("SELECT 1 AS a") == [("1",)]


@pytest.mark.parametrize(
    ("text_", "months", "seconds"),
    [("P28D", 0, 28 * 86400), ("p1w", 0, 7 * 86400), ("P1Y2M", 14, 0), ("PT36H30M1S", 0, 131401)],
)
def test_durations_are_iso_8601(text_: str, months: int, seconds: int):
    assert duration(text_) == (months, seconds)


@given(st.text(max_size=10).filter(lambda one: not one.strip().upper().startswith("P")))
def test_anything_else_is_no_duration(text_: str):
    with pytest.raises(ValueError, match="is not an ISO 8601 duration"):
        duration(text_)
