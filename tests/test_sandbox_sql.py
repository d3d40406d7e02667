"""AMC SQL on the local AMC: what runs, what it means, and what is refused."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sandbox import query
from sandbox.dialect import duration
from sandbox.query import Query
from tests.amc_sql import Sql, moment, parameter, read, text

WINDOW = {"window_start": moment("2026-06-01"), "window_end": moment("2026-09-01")}
CAMPAIGNS = parameter("campaign_ids", "STRING", array=True)


@pytest.fixture(scope="module")
def sql(tmp_path_factory: pytest.TempPathFactory) -> Sql:
    return Sql.over_events(tmp_path_factory.mktemp("sql"))


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


REFUSED = [
    ("SELECT campaign, COUNT(*) AS n FROM dsp_impressions GROUP BY 1 LIMIT 5", "LIMIT"),
    ("SELECT * FROM dsp_impressions", "SELECT * is not supported"),
    ("SELECT i.* FROM dsp_impressions i", "SELECT * is not supported"),
    (
        "SELECT COUNT(*) AS n FROM dsp_clicks c RIGHT JOIN dsp_views v ON c.user_id = v.user_id",
        "RIGHT JOIN is not supported",
    ),
    ("SELECT 'a' || 'b' AS x", "Unsupported scalar operation type ||"),
    ("SELECT CURRENT_DATE - INTERVAL '1' DAY AS x", "interval data types are not enabled"),
    ("SELECT DATE_ADD(CURRENT_DATE, 1) AS x", "interval data types are not enabled"),
    ("SELECT DATEDIFF('day', CURRENT_DATE, CURRENT_DATE) AS x", "interval data types"),
    ("SELECT GETDATE() AS x", "No match found for function signature GETDATE()"),
    ("SELECT NTILE(4) OVER (ORDER BY campaign) AS x FROM dsp_clicks", "NTILE"),
    ("SELECT COUNT(*) OVER () AS x FROM dsp_clicks", "COUNT(*) OVER"),
    ("DELETE FROM dsp_impressions", "Only SELECT queries"),
    ("WITH x AS (DELETE FROM dsp_clicks RETURNING 1) SELECT COUNT(*) AS n FROM x", "Only SELECT"),
    ("DROP TABLE dsp_impressions", "Only SELECT queries"),
    ("SELECT 1 AS a; SELECT 2 AS b", "Exactly one query"),
    ("SELECT COUNT(*) AS n FROM read_csv('/etc/passwd')", "not found"),
    ("SELECT COUNT(*) AS n FROM '/etc/passwd'", "not found"),
    ("SELECT COUNT(*) AS n FROM impression", "Object 'impression' not found"),
    ("SELECT COUNT(*) AS n FROM shopper", "Object 'shopper' not found"),
    ("SELECT COUNT(*) AS n FROM information_schema.tables", "not found"),
    ("SELECT COUNT(*) AS n FROM main.dsp_clicks", "Object 'main' not found"),
    ("SELECT COUNT(*) AS n FROM dsp_clicks_for_audiences", "not found"),
    ("SELECT SUM(\"__user\") AS n FROM dsp_clicks", "Column '__user' not found in any table"),
    ("SELECT read_text('/etc/passwd') AS x", "No match found for function signature"),
    ("SELECT campaign, clicks FROM dsp_clicks", "level of single events"),
    ("SELECT user_id, COUNT(*) AS n FROM dsp_clicks GROUP BY 1", "Column 'user_id' can't be in"),
    ("SELECT MAX(user_id) AS u FROM dsp_clicks", "Column 'user_id' can't be in the output"),
    (
        "WITH a AS (SELECT user_id AS x FROM dsp_clicks) SELECT CONCAT(x, '') AS y, COUNT(*) AS n "
        "FROM a GROUP BY 1",
        "Column 'user_id' can't be in the output",
    ),
    ("SELECT COLLECT(request_tag) AS r FROM dsp_clicks", "Column 'request_tag' can't be"),
    ("SELECT COUNT(*) AS n FROM dsp_clicks WHERE user_id = '1'", "can't be compared"),
    ("SELECT COUNT(*) AS n FROM dsp_clicks WHERE postal_code IN ('10001')", "can't be compared"),
    ("SELECT COUNT(*) AS n FROM dsp_clicks WHERE city_name LIKE 'New%'", "can't be compared"),
    (
        "WITH v (u) AS (VALUES ('1')) SELECT COUNT(*) AS n FROM dsp_clicks c "
        "JOIN v ON v.u = c.user_id",
        "Column 'user_id' can't be compared",
    ),
    ("SELECT COUNT(*) AS n FROM dsp_clicks WHERE COUNT(*) > 1", "illegal in WHERE"),
    ("SELECT SUM(COUNT(*)) AS n FROM dsp_clicks", "cannot be nested"),
    ("SELECT advertiser, COUNT(*) AS n FROM dsp_clicks GROUP BY campaign", "not being grouped"),
    ("SELECT COUNT(*) AS n FROM dsp_clicks c, dsp_clicks c", "Duplicate relation name 'c'"),
    ("SELECT SUM(campaign) AS n FROM dsp_clicks", "Cannot apply 'sum'"),
    ("SELECT COUNT(*) AS n FROM dsp_clicks WHERE campaign = ", "Encountered"),
    ("SELECT 'open AS x", "not closed"),
    ("SELECT 1 AS a UNION ALL SELECT 1, 2", "Column count mismatch in UNION ALL"),
    ("SELECT 1 AS a INTERSECT SELECT 1", "Only UNION is supported"),
    ("SELECT CAST('x' AS INTEGER) AS n", "Value 'x' can't be converted to INT32"),
    ("SELECT 'a' SIMILAR TO '(' AS x", "Invalid regular expression '('"),
    ("SELECT COUNT(*) AS n FROM TABLE(EXTEND_TIME_WINDOW('dsp_clicks', '3 days', 'P0D'))", "8601"),
]  # fmt: skip


@pytest.mark.parametrize(("asked", "reason"), REFUSED, ids=[one[0][:60] for one in REFUSED])
def test_what_amc_refuses_is_refused_with_a_reason(sql: Sql, asked: str, reason: str):
    told = sql.refused(asked)
    assert reason in told
    assert not re.search(
        r"duckdb|sqlglot|__|/tmp|Binder|Catalog|TokenType", told.replace("'__user'", "")
    )


def test_a_refusal_says_where(sql: Sql):
    asked = "SELECT campaign,\n  COUNT(nothing) AS n\nFROM dsp_clicks GROUP BY 1"
    assert sql.refused(asked) == (
        "The SQL query was invalid. From line 2, column 9 to line 2, column 15: "
        "Column 'nothing' not found in any table"
    )
    assert "From line 1, column 22 to line 1, column 24: Object 'foo' not found" in sql.refused(
        "SELECT COUNT(*) FROM foo"
    )


def test_single_events_are_given_out_only_where_controls_are_off(sql: Sql):
    asked = "SELECT user_id, campaign, clicks FROM dsp_clicks WHERE user_id IS NOT NULL"
    rows = sql.rows(asked, event_level=True, **WINDOW)
    assert len(rows) > 10
    assert re.fullmatch("[0-9a-f]{32}", rows[0][0] or "")


def test_a_query_that_takes_too_long_is_stopped(sql: Sql):
    asked = """SELECT COUNT(*) AS n FROM dsp_impressions a
        JOIN dsp_impressions b ON a.user_id <> b.user_id
        JOIN dsp_impressions c ON a.user_id <> c.user_id"""
    began = datetime.now(UTC)
    with pytest.raises(TimeoutError):
        sql.result(asked, timeout=0.3)
    assert datetime.now(UTC) - began < timedelta(seconds=10)
    assert sql.rows("SELECT 1 AS a") == [("1",)]


HARD = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=12)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(value=HARD, alias=HARD.filter(lambda one: "\r" not in one and one.strip()))
def test_any_text_comes_back_as_it_was(sql: Sql, value: str, alias: str):
    result = sql.result(f"SELECT '{value.replace(chr(39), chr(39) * 2)}' AS a")
    content = text(result).removeprefix("a\n")
    assert _unquoted(content) == value
    given = {"declared": [parameter(alias, "STRING")], "parameters": {alias: value}}
    asked = alias.replace("'", "''")
    assert (
        _unquoted(text(sql.result(f"SELECT CUSTOM_PARAMETER('{asked}') AS a", **given))[2:])
        == value
    )


def _unquoted(line: str) -> str:
    field = line.removesuffix("\n")
    if field.startswith('"') and field.endswith('"') and len(field) > 1:
        return re.sub(r"\\(.)", r"\1", field[1:-1], flags=re.DOTALL)
    return field


def test_fields_are_written_as_amc_writes_them(sql: Sql):
    asked = r"""SELECT NULL AS n, '' AS e, 'a,b' AS c, 'say "hi"' AS q, 'back\slash' AS b,
        TRUE AS t, DATE '2026-01-02' AS d, CAST('2023-08-01 04:00:00' AS TIMESTAMP) AS ts,
        ARRAY['x', NULL] AS a, 0.5 AS f"""
    assert text(sql.result(asked)) == (
        "n,e,c,q,b,t,d,ts,a,f\n"
        r',"","a,b","say \"hi\"","back\\slash",true,2026-01-02,2023-08-01T04:00:00.000Z,'
        '"[x, null]",0.5\n'
    )
    tabs = text(sql.result("SELECT 'a,b' AS x, 'c' AS y", separator="\t", quote="'"))
    assert tabs == "x\ty\na,b\tc\n"


def test_a_result_can_be_split_and_every_part_has_the_header(sql: Sql, tmp_path: Path):
    asked = "SELECT campaign, COUNT(*) AS n FROM dsp_impressions GROUP BY 1"
    result = query.run(Query(asked), sql.warehouse, tmp_path / "r.csv", timeout=60, split_rows=2)
    assert [path.name for path in result.paths] == ["r.csv", "r-2.csv", "r-3.csv"]
    assert [path.read_text().splitlines()[0] for path in result.paths] == ["campaign,n"] * 3
    assert result.row_count == 5
    assert read(result) == read(sql.result(asked))
    empty = query.run(
        Query(asked + " HAVING COUNT(*) < 0"),
        sql.warehouse,
        tmp_path / "e",
        timeout=60,
        split_rows=2,
    )
    assert (text(empty), empty.row_count, len(empty.paths)) == ("campaign,n\n", 0, 1)


@pytest.mark.parametrize(
    ("text_", "months", "seconds"),
    [("P28D", 0, 28 * 86400), ("p1w", 0, 7 * 86400), ("P1Y2M", 14, 0), ("PT36H30M1S", 0, 131401)],
)
def test_durations_are_iso_8601(text_: str, months: int, seconds: int):
    assert duration(text_) == (months, seconds)


@given(st.text(max_size=10).filter(lambda one: not one.strip().upper().startswith("P")))
def test_anything_else_is_no_duration(text_: str):
    with pytest.raises(ValueError, match=re.escape(text_)):
        duration(text_)
