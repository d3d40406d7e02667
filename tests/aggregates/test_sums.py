"""Sums, ratios and groups: no digit is lost, and what cannot be told is not made up."""

import os
from uuid import UUID

import duckdb
import pytest

from domain import duck
from domain.aggregates.rollups import SegmentResult, aggregate
from domain.calendar.days import Days
from domain.templates.metrics import ReportConfig
from tests.aggregates.stored_results import (
    DAILY,
    MARCH,
    WEEK,
    WRITER,
    by_campaign,
    config,
    march,
    overall,
    row,
    segment,
)


def test_a_ratio_is_of_the_sums_and_not_a_mean_of_ratios(tmp_path):
    rows = [row(2, "A", 1, "10"), row(2, "B", 9, "10")]
    assert (
        overall([segment(tmp_path, march(2), march(9), rows)], WEEK, tmp_path).metrics["cpc"] == "2"
    )


@pytest.mark.parametrize(
    ("cost", "clicks", "shown"),
    [
        ("1", 3, "0.3333333333"),
        ("2", 3, "0.6666666667"),
        ("0.0000000001", 2, "0"),  # a half goes to the even neighbour
        ("0.0000000003", 2, "0.0000000002"),
        ("-0.0000000001", 3, "0"),
        ("9999999999999999999999999999.9999999999", 1, "9999999999999999999999999999.9999999999"),
        ("0", 5, "0"),
    ],
)
def test_a_ratio_is_rounded_half_even_to_ten_places(tmp_path, cost, clicks, shown):
    found = overall(
        [segment(tmp_path, march(2), march(9), [row(2, "A", clicks, cost)])], WEEK, tmp_path
    )
    assert found.metrics["cpc"] == shown


def test_zero_nothing_and_no_denominator_are_three_things(tmp_path):
    whole = march(2), march(9)
    zero = overall([segment(tmp_path, *whole, [row(2, "A", 0, "0")])], WEEK, tmp_path)
    assert (zero.metrics["clicks"], zero.metrics["cost"], zero.state) == ("0", "0", "DATA")
    assert (zero.metrics["cpc"], zero.states["cpc"]) == (None, "NO_DENOMINATOR")
    nothing = overall([segment(tmp_path, *whole, [row(2, "A", None, None)])], WEEK, tmp_path)
    assert nothing.metrics["clicks"] is None
    assert nothing.states == dict.fromkeys(
        ("clicks", "cost", "reach", "cpc", "frequency"), "NOTHING"
    )
    assert nothing.state == "DATA"


def test_a_suppressed_week_has_no_numbers(tmp_path):
    rows = [row(None, None, 7, "3", filtered=True)]
    whole = segment(tmp_path, march(2), march(9), rows, outcome="SUPPRESSED")
    found = overall([whole], WEEK, tmp_path)
    assert (found.state, found.metrics["clicks"], found.suppressed_rows) == ("SUPPRESSED", None, 1)
    assert by_campaign([whole], WEEK, tmp_path)[None].metrics["cost"] is None


def test_a_number_that_privacy_took_too_is_suppressed_and_not_nothing(tmp_path):
    rows = [row(None, None, 7, None, filtered=True)]
    whole = segment(tmp_path, march(2), march(9), rows, outcome="SUPPRESSED")
    assert overall([whole], WEEK, tmp_path).states["cost"] == "SUPPRESSED"


def test_rows_without_names_count_overall_and_are_a_group_of_their_own(tmp_path):
    rows = [
        row(2, "A", 1, "1"),
        row(None, None, 10, "1", filtered=True),
        row(2, None, 100, "1"),
        row(2, "null", 1000, "1"),
        row(2, "", 10000, "1"),
    ]
    segments = [segment(tmp_path, march(2), march(9), rows)]
    assert overall(segments, WEEK, tmp_path).metrics["clicks"] == "11111"
    groups = by_campaign(segments, WEEK, tmp_path)
    clicks = {value: one.metrics["clicks"] for value, one in groups.items()}
    assert clicks == {"A": "1", None: "110", "null": "1000", "": "10000"}
    assert (groups[None].row_count, groups[None].suppressed_rows) == (2, 1)
    assert (groups[None].state, groups["A"].state) == ("DATA", "DATA")


def test_a_column_that_no_file_has_is_missing_and_not_an_error(tmp_path):
    columns = {"campaign": "VARCHAR", "clicks": "BIGINT"}
    older = segment(tmp_path, march(2), march(9), [("A", 4)], columns=columns)
    newer = segment(tmp_path, march(9), march(16), [row(9, "A", 1, "8")])
    found = overall([older], WEEK, tmp_path)
    assert found.metrics["clicks"] == "4"
    assert {found.states[one] for one in ("cost", "reach", "cpc")} == {"MISSING"}
    both = overall([older, newer], MARCH, tmp_path)
    assert (both.metrics["clicks"], both.metrics["cost"]) == ("5", "8")
    assert both.states["cpc"] == "MISSING"  # the clicks are of two weeks, the cost is of one


def test_a_dimension_that_no_file_has_is_no_group(tmp_path):
    segments = [segment(tmp_path, march(2), march(9), [row(2, "A", 4, "1")])]
    found = aggregate(config(dimensions=["brand", "campaign"]), "UTC", segments, [WEEK], tmp_path)
    assert [one.dimension for one in found] == [None, "campaign"]


def test_types_that_change_with_the_week_change_no_number_and_no_name(tmp_path):
    shapes = [
        {"campaign": "DECIMAL(38,10)", "clicks": "DECIMAL(38,10)"},
        {"Campaign": "BIGINT", "Clicks": "BIGINT"},
        {"campaign": "VARCHAR", "clicks": "VARCHAR"},
    ]
    segments = [
        segment(
            tmp_path, march(n), march(n + 1), [("30", "1.5" if n == 4 else "1")], columns=columns
        )
        for n, columns in enumerate(shapes, start=2)
    ]
    segments.append(
        segment(
            tmp_path, march(9), march(16), columns=dict.fromkeys(DAILY, "VARCHAR"), outcome="EMPTY"
        )
    )
    groups = by_campaign(segments, MARCH, tmp_path)
    assert {value: one.metrics["clicks"] for value, one in groups.items()} == {"30": "3.5"}


def test_what_is_no_number_is_not_added_up(tmp_path):
    columns = {"campaign": "VARCHAR", "clicks": "VARCHAR", "cost": "DATE"}
    rows = [("A", "7", "2026-01-01"), ("B", "many", None), ("A", None, None)]
    segments = [segment(tmp_path, march(2), march(9), rows, columns=columns)]
    found = overall(segments, WEEK, tmp_path)
    assert (found.states["clicks"], found.states["cost"]) == ("NOT_ADDITIVE", "NOT_ADDITIVE")
    assert by_campaign(segments, WEEK, tmp_path)["A"].metrics["clicks"] == "7"


def test_the_largest_values_are_shown_and_the_rest_is_one(tmp_path):
    rows = [row(2, f"c{n:03}", 1000 - n, "0.5", reach=1) for n in range(510)]
    rows += [row(2, "(other)", 99999, "1"), row(None, None, 1, "1", filtered=True)]
    segments = [segment(tmp_path, march(2), march(9), rows)]
    groups = by_campaign(segments, WEEK, tmp_path)
    assert len(groups) == 502
    assert list(groups)[:2] == ["c000", "c001"]
    assert list(groups)[-2:] == ["(other)", None]
    assert groups["(other)"].metrics["clicks"] == str(sum(range(491, 501)) + 99999)
    assert groups["(other)"].row_count == 11
    assert groups["(other)"].states["reach"] == "NOT_ADDITIVE"
    assert groups["c000"].metrics["reach"] == "1"
    assert groups[None].metrics["clicks"] == "1"


def test_values_that_are_as_large_are_in_the_order_of_their_names(tmp_path):
    rows = [row(2, name, 5, "1") for name in ("B", "C", "A")] + [row(2, "D", None, "1")]
    segments = [segment(tmp_path, march(2), march(9), rows)]
    assert list(by_campaign(segments, WEEK, tmp_path)) == ["A", "B", "C", "D"]


def test_a_report_without_metrics_or_dimensions_has_its_rows_counted(tmp_path):
    segments = [segment(tmp_path, march(2), march(9), [row(2, "A", 4, "1")])]
    (found,) = aggregate(ReportConfig(), "UTC", segments, [WEEK], tmp_path)
    assert (found.metrics, found.row_count, found.state) == ({}, 1, "DATA")


def test_names_and_folders_may_have_quotes(tmp_path):
    folder = tmp_path / "it's"
    folder.mkdir()
    path = tmp_path / "x.parquet"
    WRITER.execute(f"""COPY (SELECT 1 AS "a ""b'", 'x' AS filename, 'y' AS place) TO '{path}'""")
    path = path.rename(folder / "x.parquet")
    told = {"name": "a \"b'", "kind": "additive", "title": "A", "unit": "count"}
    odd = ReportConfig.model_validate({"metrics": [told], "dimensions": ["filename", "place"]})
    week = SegmentResult(UUID(int=1), Days(march(2), march(9)), "DATA", path, False, None)
    found = aggregate(odd, "UTC", [week], [WEEK], folder)
    assert [(one.value, one.metrics["a \"b'"]) for one in found] == [
        (None, "1"),
        ("x", "1"),
        ("y", "1"),
    ]


def test_a_file_that_is_neither_temporary_nor_a_result_is_not_read(tmp_path):
    with duck.over(tmp_path) as connection, pytest.raises(duckdb.PermissionException):
        connection.execute(f"SELECT * FROM read_text('{os.__file__}')")


def test_no_use_of_duckdb_sees_what_another_made(tmp_path):
    with duck.over(tmp_path) as one, duck.over(tmp_path) as other:
        one.execute("CREATE TEMP TABLE mine AS SELECT 1 AS a")
        other.execute("CREATE TEMP TABLE mine AS SELECT 2 AS a")
        assert one.execute("SELECT a FROM mine").fetchall() == [(1,)]
    with duck.over(tmp_path) as later, pytest.raises(duckdb.CatalogException):
        later.execute("SELECT a FROM mine")


def test_reach_is_not_added_up_nor_anything_made_of_it(tmp_path):
    segments = [
        segment(tmp_path, march(2), march(9), [row(2, "A", 2, "1", reach=2)]),
        segment(tmp_path, march(9), march(16), [row(9, "A", 4, "1", reach=2)]),
    ]
    for rollup in (
        overall(segments, MARCH, tmp_path),
        by_campaign(segments, MARCH, tmp_path)["A"],
    ):
        assert (rollup.metrics["reach"], rollup.states["reach"]) == (None, "NOT_ADDITIVE")
        assert (rollup.metrics["frequency"], rollup.states["frequency"]) == (None, "NOT_ADDITIVE")
        assert rollup.metrics["clicks"] == "6"


def test_one_week_is_no_months_reach(tmp_path):
    segments = [segment(tmp_path, march(2), march(9), [row(2, "A", 2, "1", reach=2)])]
    assert overall(segments, MARCH, tmp_path).states["reach"] == "NOT_ADDITIVE"


def test_a_piece_that_is_the_month_has_its_reach_where_it_stands_alone(tmp_path):
    rows = [
        row(2, "A", 4, "1", reach=2),
        row(2, "B", 1, "1", reach=1),
        row(3, "B", 1, "1", reach=1),
    ]
    segments = [
        segment(tmp_path, march(2), march(9), [row(2, "A", 9, "9", reach=9)], hours=5),
        segment(tmp_path, MARCH.start, MARCH.end, rows),
    ]
    groups = by_campaign(segments, MARCH, tmp_path)
    assert (groups["A"].metrics["reach"], groups["A"].metrics["frequency"]) == ("2", "2")
    assert groups["B"].states["reach"] == groups["B"].states["frequency"] == "NOT_ADDITIVE"
    whole = overall(segments, MARCH, tmp_path)
    assert whole.states["reach"] == "NOT_ADDITIVE"
    assert (whole.metrics["clicks"], whole.segment_ids) == ("6", (segments[1].id,))
    one = [segment(tmp_path, MARCH.start, MARCH.end, [row(2, "A", 4, "1", reach=2)])]
    assert overall(one, MARCH, tmp_path).metrics["reach"] == "2"


def test_the_rest_has_no_reach_even_where_it_is_one_value(tmp_path):
    rows = [row(2, f"c{n:03}", 1000 - n, "1", reach=1) for n in range(501)]
    rest = by_campaign([segment(tmp_path, march(2), march(9), rows)], WEEK, tmp_path)["(other)"]
    assert (rest.row_count, rest.metrics["clicks"]) == (1, "500")
    assert rest.states["reach"] == "NOT_ADDITIVE"


def test_each_period_has_its_own_largest_values(tmp_path):
    segments = [
        segment(tmp_path, march(2), march(9), [row(2, "A", 1, "1"), row(2, "B", 2, "1")]),
        segment(tmp_path, march(9), march(16), [row(9, "A", 30, "1"), row(9, "C", 20, "1")]),
    ]
    found = aggregate(config(), "UTC", segments, [MARCH, WEEK], tmp_path)
    clicks = [(one.period.key, one.value, one.metrics["clicks"]) for one in found if one.dimension]
    assert clicks == [
        ("2026-03", "A", "31"),
        ("2026-03", "C", "20"),
        ("2026-03", "B", "2"),
        ("2026-W10", "B", "2"),
        ("2026-W10", "A", "1"),
    ]
