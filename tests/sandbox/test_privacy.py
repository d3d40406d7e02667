"""Aggregation thresholds of the local AMC: who is counted, what is dropped, what is left."""

import random
from collections import defaultdict
from pathlib import Path

import pytest

from tests.sandbox.amc_sql import Sql, read

IMPRESSIONS = "device_type VARCHAR, postal_code VARCHAR, impressions BIGINT, user_id VARCHAR"
CLICKS = "device_type VARCHAR, postal_code VARCHAR, clicks BIGINT, user_id VARCHAR"
# device, postal code, impressions, clicks, users with impressions, users with clicks: the
# documentation's own example.
OFFICIAL = (
    ("iPhone", "11111", 1100, 300, 50, 13),
    ("Android", "22222", 200, 100, 30, 8),
    ("Android", "33333", 1300, 500, 133, 87),
    ("Android", "44444", 1700, 700, 108, 359),
)
BY_POSTAL_CODE = """
WITH events AS (
  SELECT device_type, postal_code, impressions, 0 AS clicks FROM dsp_impressions
  UNION ALL
  SELECT device_type, postal_code, 0, clicks FROM dsp_clicks
)
SELECT SUM(impressions) AS impressions, SUM(clicks) AS clicks, device_type, postal_code
FROM events GROUP BY 3, 4"""


def spread(device: str, postal: str, total: int, users: int) -> list[tuple]:
    """So many users who have so much together."""
    rest = total - (users - 1)
    return [
        (device, postal, rest if user == 1 else 1, f"{postal}-{user}", int(postal) * 1000 + user)
        for user in range(1, users + 1)
    ]


@pytest.fixture(scope="module")
def official(tmp_path_factory: pytest.TempPathFactory) -> Sql:
    shown, clicked = [], []
    for device, postal, impressions, clicks, viewers, clickers in OFFICIAL:
        shown += spread(device, postal, impressions, viewers)
        clicked += spread(device, postal, clicks, clickers)
    tables = {"dsp_impressions": (IMPRESSIONS, shown), "dsp_clicks": (CLICKS, clicked)}
    return Sql.over(tmp_path_factory.mktemp("official"), tables)


def test_rows_with_too_few_users_are_dropped(official: Sql):
    assert official.rows(BY_POSTAL_CODE) == [("1700", "700", "Android", "44444")]


def test_with_a_discriminator_sensitive_values_are_blanked_and_rows_added_up(official: Sql):
    result = official.result(BY_POSTAL_CODE, discriminator_column="filtered")
    assert read(result) == [
        ("impressions", "clicks", "device_type", "postal_code", "filtered"),
        ("1100", "300", "iPhone", None, "true"),
        ("1500", "600", "Android", None, "true"),
        ("1700", "700", "Android", "44444", "false"),
    ]
    kinds = [(column.name, column.data_type, column.column_type) for column in result.columns]
    assert kinds == [
        ("impressions", "LONG", "METRIC"),
        ("clicks", "LONG", "METRIC"),
        ("device_type", "STRING", "DIMENSION"),
        ("postal_code", "STRING", "DIMENSION"),
        ("filtered", "BOOLEAN", "DIMENSION"),
    ]


def test_remove_values_keeps_every_row(official: Sql):
    rows = official.rows(BY_POSTAL_CODE, privacy="REMOVE_VALUES")
    assert rows == [
        ("200", "100", "Android", None),
        ("1100", "300", "iPhone", None),
        ("1300", "500", "Android", None),
        ("1700", "700", "Android", "44444"),
    ]


def test_the_user_count_is_the_least_and_capped_and_the_reason_names_the_table(official: Sql):
    rows = official.rows(
        BY_POSTAL_CODE,
        privacy="REMOVE_VALUES",
        user_count_column="du_count",
        reason_column="reason",
    )
    assert [(row[0], *row[4:]) for row in rows] == [
        ("200", "8", "30 'dsp_impressions' users < 100 required"),
        ("1100", "13", "50 'dsp_impressions' users < 100 required"),
        ("1300", "87", "87 'dsp_clicks' users < 100 required"),
        ("1700", "100", None),
    ]


def test_two_users_are_enough_for_low_columns(official: Sql):
    sql = "SELECT device_type, SUM(impressions) AS n FROM dsp_impressions GROUP BY device_type"
    assert official.rows(sql, user_count_column="users") == [
        ("Android", "3200", "2"),
        ("iPhone", "1100", "2"),
    ]


def test_the_discriminator_is_there_when_nothing_was_filtered(official: Sql):
    sql = "SELECT device_type, COUNT(*) AS n FROM dsp_clicks GROUP BY 1"
    assert official.rows(sql, discriminator_column="filtered") == [
        ("Android", "454", "false"),
        ("iPhone", "13", "false"),
    ]


ROWS = [
    # campaign, impressions, user, number of the user (0 is unknown)
    ("one user", 5, "a", 1),
    ("one user", 7, "a", 1),
    ("two users", 1, "a", 1),
    ("two users", 1, "b", 2),
    ("nobody known", 9, None, 0),
    ("nobody known", 9, None, 0),
    ("known and unknown", 1, "a", 1),
    ("known and unknown", 1, None, 0),
]


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory) -> Sql:
    columns = "campaign VARCHAR, impressions BIGINT, user_id VARCHAR"
    tables = {
        "dsp_impressions": (columns, ROWS),
        "dsp_clicks": ("campaign VARCHAR, clicks BIGINT, user_id VARCHAR", [
            ("two users", 1, "a", 1), ("one user", 1, "b", 2), ("one user", 1, "c", 3),
        ]),
    }  # fmt: skip
    return Sql.over(tmp_path_factory.mktemp("few"), tables)


def test_unknown_users_count_for_nobody(few: Sql):
    sql = "SELECT campaign, SUM(impressions) AS n FROM dsp_impressions GROUP BY campaign"
    assert few.rows(sql) == [("two users", "2")]


def test_what_was_dropped_is_in_one_remainder_without_dimensions(few: Sql):
    sql = "SELECT campaign, SUM(impressions) AS n FROM dsp_impressions GROUP BY campaign"
    assert few.rows(sql, discriminator_column="filtered") == [
        ("two users", "2", "false"),
        (None, "14", "true"),  # of the two campaigns with one known user
    ]


def test_users_are_counted_for_each_table_and_metric(few: Sql):
    sql = """
        SELECT campaign, SUM(impressions) AS impressions, SUM(clicks) AS clicks FROM (
          SELECT campaign, impressions, 0 AS clicks FROM dsp_impressions UNION ALL
          SELECT campaign, 0, clicks FROM dsp_clicks) GROUP BY 1"""
    # "two users" has one who clicked; "one user" has two who clicked and one who saw.
    assert few.rows(sql) == []
    only_seen = sql.replace(", SUM(clicks) AS clicks", "").replace(
        "FROM dsp_clicks", "FROM dsp_clicks WHERE clicks > 1"
    )
    assert few.rows(only_seen) == [("two users", "2")]


def test_a_metric_that_is_zero_for_all_tells_nothing(few: Sql):
    sql = """
        SELECT campaign, SUM(impressions) AS n,
               SUM(CASE WHEN impressions > 5 THEN impressions ELSE 0 END) AS large
        FROM dsp_impressions GROUP BY 1"""
    assert few.rows(sql) == [("two users", "2", "0")]


@pytest.mark.parametrize(
    "sql",
    [
        # users are followed through a query of a WITH, its aggregates, and those of another
        """WITH people AS (SELECT campaign, user_id, SUM(impressions) AS n FROM dsp_impressions
             GROUP BY 1, 2), totals AS (SELECT campaign, SUM(n) AS n FROM people GROUP BY campaign)
           SELECT campaign, n FROM totals""",
        """WITH totals AS (SELECT campaign, SUM(impressions) AS n FROM dsp_impressions GROUP BY 1)
           SELECT campaign, MAX(n) AS n FROM totals GROUP BY campaign""",
        """SELECT t.campaign, SUM(t.impressions) AS n FROM dsp_impressions t
           INNER JOIN (SELECT DISTINCT campaign FROM dsp_impressions) c
             ON c.campaign = t.campaign GROUP BY 1""",
        """SELECT campaign, n FROM (SELECT campaign, SUM(impressions) AS n FROM dsp_impressions
             GROUP BY 1 UNION ALL SELECT campaign, SUM(clicks) FROM dsp_clicks
             WHERE clicks > 1 GROUP BY 1)""",
        """SELECT DISTINCT campaign, SUM(impressions) OVER (PARTITION BY campaign) AS n
           FROM dsp_impressions""",
    ],
)
def test_users_are_followed_through_every_kind_of_query(few: Sql, sql: str):
    assert few.rows(sql) == [("two users", "2")]


def test_the_users_behind_a_query_in_place_of_a_value_count_too(few: Sql):
    sql = """SELECT campaign, COUNT(*) AS n, ({}) AS other FROM dsp_impressions GROUP BY 1"""
    one = "SELECT SUM(impressions) FROM dsp_impressions WHERE campaign = 'one user'"
    many = "SELECT SUM(impressions) FROM dsp_impressions"
    assert few.rows(sql.format(many)) == [("two users", "2", "34")]
    assert few.rows(sql.format(one)) == []


def test_ways_to_one_table_are_numbered(few: Sql):
    sql = """
        SELECT campaign, SUM(n) AS n FROM (
          SELECT campaign, impressions AS n FROM dsp_impressions WHERE impressions = 1 UNION ALL
          SELECT campaign, impressions FROM dsp_impressions WHERE impressions > 1) GROUP BY 1"""
    rows = few.rows(sql, privacy="REMOVE_VALUES", reason_column="why")
    reasons = {row[2] for row in rows if row[2]}
    assert reasons == {
        "1 'dsp_impressions' (path 1 of 2) users < 2 required",
        "1 'dsp_impressions' (path 2 of 2) users < 2 required",
    }


def test_without_users_there_is_nothing_to_filter(few: Sql):
    sql = "WITH v (a, b) AS (VALUES ('x', 1), ('y', 2)) SELECT a, SUM(b) AS b FROM v GROUP BY a"
    given = {"user_count_column": "users", "discriminator_column": "filtered"}
    assert few.rows(sql, **given) == [("x", "1", "false", None), ("y", "2", "false", None)]


def test_a_window_without_events_has_no_rows(few: Sql):
    sql = "SELECT COUNT(*) AS n, SUM(impressions) AS s FROM dsp_impressions WHERE impressions > 99"
    assert few.rows(sql) == []


def by_hand(seen: list[tuple], clicked: list[tuple], required: int) -> set[tuple[str, ...]]:
    """The rows with enough users: name, impressions, clicks."""
    groups: dict[str, dict[str, set[int]]] = defaultdict(lambda: defaultdict(set))
    totals: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for place, rows in enumerate((seen, clicked)):
        for name, amount, _, who in rows:
            groups[name][f"all {place}"].add(who)
            totals[name][place] += amount
            if amount:
                groups[name][f"effective {place}"].add(who)
    return {
        (name, *map(str, totals[name]))
        for name, users in groups.items()
        if min(len(those - {0}) for those in users.values()) >= required
    }


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize(("level", "required"), [("LOW", 2), ("MEDIUM", 100)])
def test_thresholds_agree_with_counting_by_hand(
    tmp_path: Path, seed: int, level: str, required: int
):
    """Random events of two tables; the users of each row counted again in Python."""
    luck = random.Random(seed)
    people = 4 if level == "LOW" else 160
    size = 60 if level == "LOW" else 1500
    column = "campaign" if level == "LOW" else "city_name"
    seen, clicked = (
        [
            (luck.choice("ABCDE"[: luck.randint(1, 5)]), luck.choice([0, 1, 3]), str(who), who)
            for who in (luck.randint(0, people) for _ in range(size))
        ]
        for _ in range(2)
    )
    sql = Sql.over(
        tmp_path,
        {
            "dsp_impressions": (f"{column} VARCHAR, impressions BIGINT, user_id VARCHAR", seen),
            "dsp_clicks": (f"{column} VARCHAR, clicks BIGINT, user_id VARCHAR", clicked),
        },
    )
    expected = by_hand(seen, clicked, required)

    plain = f"""SELECT {column}, SUM(i) AS i, SUM(c) AS c FROM (
        SELECT {column}, impressions AS i, 0 AS c FROM dsp_impressions UNION ALL
        SELECT {column}, 0, clicks FROM dsp_clicks) GROUP BY 1"""
    through_people = f"""WITH p AS (
        SELECT {column}, user_id, SUM(impressions) AS i, 0 AS c FROM dsp_impressions GROUP BY 1, 2
        UNION ALL SELECT {column}, user_id, 0, SUM(clicks) FROM dsp_clicks GROUP BY 1, 2),
        q AS (SELECT {column}, SUM(i) AS i, SUM(c) AS c FROM p GROUP BY 1) SELECT * FROM q"""
    assert set(sql.rows(plain)) == expected
    assert set(sql.rows(through_people.replace("*", f"{column}, i, c"))) == expected
