"""What AMC refuses, the local one refuses too: with a reason, and nothing of its inside."""

import re

import pytest

from tests.sandbox.amc_sql import Sql, moment

WINDOW = {"window_start": moment("2026-06-01"), "window_end": moment("2026-09-01")}


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
    ("SELECT COUNT(*) AS n FROM dsp_clicks WHERE 1 IN (SELECT FROM dsp_views)", "needs at least"),
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
    ("SELECT campaign, clicks FROM dsp_clicks", "level of single events or users"),
    ("SELECT SUM(clicks) AS n FROM dsp_clicks GROUP BY user_id", "level of single events"),
    (
        "WITH p AS (SELECT user_id AS u, SUM(clicks) AS n FROM dsp_clicks GROUP BY 1) "
        "SELECT n FROM p",
        "level of single events or users",
    ),
    ("SELECT DISTINCT clicks FROM (SELECT DISTINCT user_id, clicks FROM dsp_clicks) UNION ALL "
     "SELECT clicks FROM (SELECT DISTINCT user_id, clicks FROM dsp_clicks)", "single events"),
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
