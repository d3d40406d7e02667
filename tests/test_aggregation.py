"""What weeks, months and quarters come to, and what they do not say when they cannot."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain import aggregation
from domain.aggregation import Figures, Piece, aggregate
from domain.metrics import ReportConfig
from domain.periods import Period, touched

DAILY = {
    "day": "DATE",
    "campaign": "VARCHAR",
    "clicks": "BIGINT",
    "cost": "DECIMAL(38,10)",
    "reach": "BIGINT",
    "filtered": "BOOLEAN",
}
WITHOUT_DAYS = {name: type_ for name, type_ in DAILY.items() if name != "day"}
WEEK = Period("weekly", "2026-W10", date(2026, 3, 2), date(2026, 3, 9))
MARCH = Period("monthly", "2026-03", date(2026, 3, 1), date(2026, 4, 1))
NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
NUMBERS = count(1)
WRITER = duckdb.connect()


def config(*, day: str | None = "day", dimensions: Sequence[str] = ("campaign",)) -> ReportConfig:
    metrics: list[dict[str, Any]] = [
        {"name": "clicks", "kind": "additive"},
        {"name": "cost", "kind": "additive"},
        {"name": "reach", "kind": "distinct"},
        {"name": "cpc", "kind": "ratio", "numerator": "cost", "denominator": "clicks"},
        {"name": "frequency", "kind": "ratio", "numerator": "clicks", "denominator": "reach"},
    ]
    return ReportConfig.model_validate(
        {
            "date_column": day,
            "dimensions": list(dimensions),
            "metrics": [{"title": one["name"], "unit": "count", **one} for one in metrics],
        }
    )


def march(day: int) -> date:
    return date(2026, 2, 28) + timedelta(days=day)


def stored(folder: Path, columns: dict[str, str], rows: Sequence[tuple]) -> Path:
    path = folder / f"{next(NUMBERS)}.parquet"
    declared = ", ".join(f'"{name}" {type_}' for name, type_ in columns.items())
    WRITER.execute(f"CREATE OR REPLACE TABLE result ({declared})")
    for one in rows:
        WRITER.execute(f"INSERT INTO result VALUES ({', '.join('?' for _ in one)})", one)
    WRITER.execute(f"COPY result TO '{path}' (FORMAT parquet)")
    return path


def piece(
    folder: Path,
    start: date,
    end: date,
    rows: Sequence[tuple] = (),
    *,
    outcome: str | None = "DATA",
    columns: dict[str, str] = DAILY,
    provisional: bool = False,
    hours: int = 0,
) -> Piece:
    path = None if outcome is None else stored(folder, columns, rows)
    id_ = UUID(int=next(NUMBERS))
    return Piece(id_, start, end, outcome, path, provisional, NOON + timedelta(hours=hours))


def overall(
    pieces: Sequence[Piece], period: Period, folder: Path, zone: str = "UTC", **given: Any
) -> Figures:
    found = aggregate(config(**given), zone, pieces, [period], folder)
    return next(one for one in found if one.dimension is None)


def by_campaign(
    pieces: Sequence[Piece], period: Period, folder: Path, **given: Any
) -> dict[str | None, Figures]:
    found = aggregate(config(**given), "UTC", pieces, [period], folder)
    assert sum(one.dimension is None for one in found) == 1
    values = [one.value for one in found if one.dimension == "campaign"]
    assert len(values) == len(set(values))
    return {one.value: one for one in found if one.dimension == "campaign"}


def row(day: int | None, campaign: str | None, clicks: int | None, cost: str | None, **more: Any):
    """A result row of DAILY."""
    given = {"reach": None, "filtered": False} | more
    when = None if day is None else march(day)
    return (when, campaign, clicks, cost, given["reach"], given["filtered"])


def test_a_month_adds_up_its_weeks_to_the_last_digit(tmp_path):
    pieces = [
        piece(tmp_path, march(2), march(9), [row(2, "A", 2, "0.1"), row(3, "B", 1, "0.2")]),
        piece(tmp_path, march(9), march(16), [row(9, "A", 4, "12345678901234567.0000000001")]),
    ]
    found = overall(pieces, MARCH, tmp_path)
    assert found.metrics["clicks"] == "7"
    assert found.metrics["cost"] == "12345678901234567.3000000001"
    assert found.metrics["cpc"] == "1763668414462081.0428571429"
    assert (found.state, found.row_count, found.as_of) == ("DATA", 3, NOON)
    assert found.pieces == (pieces[0].id, pieces[1].id)
    assert (found.coverage["covered"], found.coverage["missing"]) == (14, 17)


def test_a_ratio_is_of_the_sums_and_not_a_mean_of_ratios(tmp_path):
    rows = [row(2, "A", 1, "10"), row(2, "B", 9, "10")]
    assert (
        overall([piece(tmp_path, march(2), march(9), rows)], WEEK, tmp_path).metrics["cpc"] == "2"
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
        [piece(tmp_path, march(2), march(9), [row(2, "A", clicks, cost)])], WEEK, tmp_path
    )
    assert found.metrics["cpc"] == shown


def test_zero_nothing_and_no_denominator_are_three_things(tmp_path):
    whole = march(2), march(9)
    zero = overall([piece(tmp_path, *whole, [row(2, "A", 0, "0")])], WEEK, tmp_path)
    assert (zero.metrics["clicks"], zero.metrics["cost"], zero.state) == ("0", "0", "DATA")
    assert (zero.metrics["cpc"], zero.states["cpc"]) == (None, "NO_DENOMINATOR")
    nothing = overall([piece(tmp_path, *whole, [row(2, "A", None, None)])], WEEK, tmp_path)
    assert nothing.metrics["clicks"] is None
    assert nothing.states == dict.fromkeys(
        ("clicks", "cost", "reach", "cpc", "frequency"), "NOTHING"
    )
    assert nothing.state == "DATA"


@pytest.mark.parametrize(
    ("outcome", "state", "day_counted"),
    [
        ("EMPTY", "EMPTY", "empty"),
        ("SUPPRESSED", "SUPPRESSED", "suppressed"),
        (None, "MISSING", ""),
    ],
)
def test_a_week_without_rows_says_why(tmp_path, outcome, state, day_counted):
    found = aggregate(
        config(), "UTC", [piece(tmp_path, march(2), march(9), outcome=outcome)], [WEEK], tmp_path
    )
    assert len(found) == 1
    assert found[0].state == state
    assert set(found[0].metrics.values()) == {None}
    assert set(found[0].states.values()) == {state}
    assert found[0].coverage.get(day_counted, 7) == 7
    assert found[0].coverage["missing"] == (7 if outcome is None else 0)


def test_a_period_without_any_piece_is_missing(tmp_path):
    found = aggregate(config(), "UTC", [], [WEEK, MARCH], tmp_path)
    assert [(one.period, one.state, one.coverage["missing"]) for one in found] == [
        (WEEK, "MISSING", 7),
        (MARCH, "MISSING", 31),
    ]
    assert (found[0].pieces, found[0].as_of, found[0].provisional) == ((), None, False)


def test_suppressed_rows_are_true_numbers_of_a_suppressed_week(tmp_path):
    rows = [row(None, None, 7, "3", filtered=True)]
    whole = piece(tmp_path, march(2), march(9), rows, outcome="SUPPRESSED")
    found = overall([whole], WEEK, tmp_path)
    assert (found.state, found.metrics["clicks"], found.suppressed_rows) == ("SUPPRESSED", "7", 1)
    assert by_campaign([whole], WEEK, tmp_path)[None].metrics["cost"] == "3"


def test_a_number_that_privacy_took_too_is_suppressed_and_not_nothing(tmp_path):
    rows = [row(None, None, 7, None, filtered=True)]
    whole = piece(tmp_path, march(2), march(9), rows, outcome="SUPPRESSED")
    assert overall([whole], WEEK, tmp_path).states["cost"] == "SUPPRESSED"


def test_rows_without_names_count_overall_and_are_a_group_of_their_own(tmp_path):
    rows = [
        row(2, "A", 1, "1"),
        row(None, None, 10, "1", filtered=True),
        row(2, None, 100, "1"),
        row(2, "null", 1000, "1"),
        row(2, "", 10000, "1"),
    ]
    pieces = [piece(tmp_path, march(2), march(9), rows)]
    assert overall(pieces, WEEK, tmp_path).metrics["clicks"] == "11111"
    groups = by_campaign(pieces, WEEK, tmp_path)
    clicks = {value: one.metrics["clicks"] for value, one in groups.items()}
    assert clicks == {"A": "1", None: "110", "null": "1000", "": "10000"}
    assert (groups[None].row_count, groups[None].suppressed_rows) == (2, 1)
    assert (groups[None].state, groups["A"].state) == ("DATA", "DATA")


@pytest.mark.parametrize(
    ("outcomes", "state"),
    [
        (["EMPTY", "SUPPRESSED"], "SUPPRESSED"),
        (["EMPTY", "DATA"], "DATA"),
        (["SUPPRESSED", "DATA_GAP"], "DATA"),
        (["EMPTY", None], "EMPTY"),
        (["EMPTY", "DATA_GAP without rows"], "EMPTY"),
    ],
)
def test_the_state_of_a_month_is_that_of_its_fullest_week(tmp_path, outcomes, state):
    pieces = []
    for number, told in enumerate(outcomes):
        outcome = told and told.split()[0]
        has = outcome in {"DATA", "DATA_GAP"} and told == outcome
        rows = [row(3 + 7 * number, "A", 1, "1")] if has else []
        start = march(2 + 7 * number)
        pieces.append(piece(tmp_path, start, start + timedelta(days=7), rows, outcome=outcome))
    found = overall(pieces, MARCH, tmp_path)
    assert found.state == state
    assert found.coverage["covered"] == 7 * sum(one is not None for one in outcomes)


def test_reach_is_not_added_up_nor_anything_made_of_it(tmp_path):
    pieces = [
        piece(tmp_path, march(2), march(9), [row(2, "A", 2, "1", reach=2)]),
        piece(tmp_path, march(9), march(16), [row(9, "A", 4, "1", reach=2)]),
    ]
    for figures in (overall(pieces, MARCH, tmp_path), by_campaign(pieces, MARCH, tmp_path)["A"]):
        assert (figures.metrics["reach"], figures.states["reach"]) == (None, "NOT_ADDITIVE")
        assert (figures.metrics["frequency"], figures.states["frequency"]) == (None, "NOT_ADDITIVE")
        assert figures.metrics["clicks"] == "6"


def test_one_week_is_no_months_reach(tmp_path):
    pieces = [piece(tmp_path, march(2), march(9), [row(2, "A", 2, "1", reach=2)])]
    assert overall(pieces, MARCH, tmp_path).states["reach"] == "NOT_ADDITIVE"


def test_a_piece_that_is_the_month_has_its_reach_where_it_stands_alone(tmp_path):
    rows = [
        row(2, "A", 4, "1", reach=2),
        row(2, "B", 1, "1", reach=1),
        row(3, "B", 1, "1", reach=1),
    ]
    pieces = [
        piece(tmp_path, march(2), march(9), [row(2, "A", 9, "9", reach=9)], hours=5),
        piece(tmp_path, MARCH.start, MARCH.end, rows),
    ]
    groups = by_campaign(pieces, MARCH, tmp_path)
    assert (groups["A"].metrics["reach"], groups["A"].metrics["frequency"]) == ("2", "2")
    assert groups["B"].states["reach"] == groups["B"].states["frequency"] == "NOT_ADDITIVE"
    whole = overall(pieces, MARCH, tmp_path)
    assert whole.states["reach"] == "NOT_ADDITIVE"
    assert (whole.metrics["clicks"], whole.pieces) == ("6", (pieces[1].id,))
    one = [piece(tmp_path, MARCH.start, MARCH.end, [row(2, "A", 4, "1", reach=2)])]
    assert overall(one, MARCH, tmp_path).metrics["reach"] == "2"


@pytest.mark.parametrize(
    ("first", "second", "taken"),
    [
        ({"hours": 1}, {"hours": 2}, 1),
        ({"hours": 1}, {"hours": 2, "provisional": True}, 0),
        ({"hours": 1, "provisional": True}, {"hours": 2, "provisional": True}, 1),
        ({"hours": 1}, {"hours": 2, "outcome": None}, 0),
    ],
)
def test_of_two_pieces_of_one_week_the_settled_and_then_the_newest_counts(
    tmp_path, first, second, taken
):
    pieces = [
        piece(tmp_path, march(2), march(9), [row(2, "A", clicks, "1")], **told)
        for clicks, told in ((1, first), (10, second))
    ]
    for period in (WEEK, MARCH):
        found = overall(pieces, period, tmp_path)
        assert found.metrics["clicks"] == ("1", "10")[taken]
        assert found.pieces == (pieces[taken].id,)
        assert found.provisional == pieces[taken].provisional
        assert found.as_of == pieces[taken].collected_at


def test_a_week_over_the_edge_is_split_by_its_days(tmp_path):
    rows = [row(0, "A", 1, "1"), row(1, "A", 10, "1"), row(2, "A", 100, "1")]
    pieces = [piece(tmp_path, march(-5), march(2), rows)]  # to Sunday, the first of March
    found = overall(pieces, MARCH, tmp_path)
    assert found.metrics["clicks"] == "110"  # the day after its last one is taken for the last
    assert (found.coverage["covered"], found.coverage["missing"]) == (1, 30)
    assert not found.by_utc_day
    assert overall(pieces, MARCH, tmp_path, zone="America/New_York").by_utc_day
    february = Period("monthly", "2026-02", date(2026, 2, 1), date(2026, 3, 1))
    assert overall(pieces, february, tmp_path).metrics["clicks"] == "1"


def test_a_whole_week_is_not_split_in_any_zone(tmp_path):
    pieces = [piece(tmp_path, march(2), march(9), [row(9, "A", 1, "1"), row(1, "A", 10, "1")])]
    for period in (WEEK, MARCH):
        found = overall(pieces, period, tmp_path, zone="Asia/Tokyo")
        assert (found.metrics["clicks"], found.by_utc_day) == ("11", False)


def test_rows_that_tell_no_day_are_counted_as_such_where_a_week_is_split(tmp_path):
    rows = [row(1, "A", 1, "1"), row(None, None, 10, "1", filtered=True)]
    pieces = [piece(tmp_path, march(-5), march(2), rows)]
    found = overall(pieces, MARCH, tmp_path)
    assert (found.metrics["clicks"], found.undated_rows) == ("1", 1)
    week = Period("weekly", "2026-W09", march(-5), march(2))
    found = overall(pieces, week, tmp_path)
    assert (found.metrics["clicks"], found.undated_rows) == ("11", 0)
    # Of which day the rest is, is not known: these days are not empty.
    february = Period("monthly", "2026-02", date(2026, 2, 1), date(2026, 3, 1))
    assert overall(pieces, february, tmp_path).state == "SUPPRESSED"


def test_without_days_a_week_over_the_edge_is_left_out_and_told(tmp_path):
    over = piece(
        tmp_path, march(-5), march(2), [("A", 5, "1", 1, False)], columns=WITHOUT_DAYS, hours=9
    )
    for day_column in ("day", None):
        found = overall([over], MARCH, tmp_path, day=day_column)
        assert (found.state, found.metrics["clicks"]) == ("MISSING", None)
        assert found.coverage["straddling"] == 1
        assert (found.coverage["covered"], found.coverage["missing"]) == (0, 30)
    day = piece(tmp_path, march(1), march(2), [row(1, "A", 3, "1")])
    found = overall([over, day], MARCH, tmp_path)
    assert (found.metrics["clicks"], found.coverage["straddling"]) == ("3", 0)


def test_an_overlapping_piece_without_days_is_used_whole_or_not_at_all(tmp_path):
    def of(start: int, end: int, clicks: int, **told: Any) -> Piece:
        rows = [("A", clicks, "1", 1, False)]
        return piece(tmp_path, march(start), march(end), rows, columns=WITHOUT_DAYS, **told)

    pieces = [of(2, 9, 1, hours=1), of(5, 12, 10, hours=2), of(12, 19, 100)]
    found = overall(pieces, MARCH, tmp_path)
    assert found.metrics["clicks"] == "110"
    assert found.coverage == {
        "days": 31,
        "covered": 14,
        "empty": 0,
        "suppressed": 0,
        "gap": 0,
        "straddling": 3,
        "missing": 14,
    }


def test_of_an_overlapping_piece_with_days_only_the_free_ones_count(tmp_path):
    pieces = [
        piece(tmp_path, march(2), march(9), [row(d, "A", 1, "1") for d in range(2, 9)]),
        piece(tmp_path, march(5), march(12), [row(d, "A", 10, "1") for d in range(5, 12)], hours=2),
    ]
    found = overall(pieces, MARCH, tmp_path)
    assert (found.metrics["clicks"], found.coverage["covered"]) == ("73", 10)


def test_two_weeks_may_have_the_same_file(tmp_path):
    one = piece(tmp_path, march(2), march(9), [("A", 5, "1", 1, False)], columns=WITHOUT_DAYS)
    other = Piece(UUID(int=7), march(9), march(16), "DATA", one.path, False, NOON)
    assert overall([one, other], MARCH, tmp_path).metrics["clicks"] == "10"


def test_a_column_that_no_file_has_is_missing_and_not_an_error(tmp_path):
    columns = {"campaign": "VARCHAR", "clicks": "BIGINT"}
    older = piece(tmp_path, march(2), march(9), [("A", 4)], columns=columns)
    newer = piece(tmp_path, march(9), march(16), [row(9, "A", 1, "8")])
    found = overall([older], WEEK, tmp_path)
    assert found.metrics["clicks"] == "4"
    assert {found.states[one] for one in ("cost", "reach", "cpc")} == {"MISSING"}
    both = overall([older, newer], MARCH, tmp_path)
    assert (both.metrics["clicks"], both.metrics["cost"]) == ("5", "8")
    assert both.states["cpc"] == "MISSING"  # the clicks are of two weeks, the cost is of one


def test_a_dimension_that_no_file_has_is_no_group(tmp_path):
    pieces = [piece(tmp_path, march(2), march(9), [row(2, "A", 4, "1")])]
    found = aggregate(config(dimensions=["brand", "campaign"]), "UTC", pieces, [WEEK], tmp_path)
    assert [one.dimension for one in found] == [None, "campaign"]


def test_types_that_change_with_the_week_change_no_number_and_no_name(tmp_path):
    shapes = [
        {"campaign": "DECIMAL(38,10)", "clicks": "DECIMAL(38,10)"},
        {"Campaign": "BIGINT", "Clicks": "BIGINT"},
        {"campaign": "VARCHAR", "clicks": "VARCHAR"},
    ]
    pieces = [
        piece(tmp_path, march(n), march(n + 1), [("30", "1.5" if n == 4 else "1")], columns=columns)
        for n, columns in enumerate(shapes, start=2)
    ]
    pieces.append(
        piece(
            tmp_path, march(9), march(16), columns=dict.fromkeys(DAILY, "VARCHAR"), outcome="EMPTY"
        )
    )
    groups = by_campaign(pieces, MARCH, tmp_path)
    assert {value: one.metrics["clicks"] for value, one in groups.items()} == {"30": "3.5"}


def test_what_is_no_number_is_not_added_up(tmp_path):
    columns = {"campaign": "VARCHAR", "clicks": "VARCHAR", "cost": "DATE"}
    rows = [("A", "7", "2026-01-01"), ("B", "many", None), ("A", None, None)]
    pieces = [piece(tmp_path, march(2), march(9), rows, columns=columns)]
    found = overall(pieces, WEEK, tmp_path)
    assert (found.states["clicks"], found.states["cost"]) == ("NOT_ADDITIVE", "NOT_ADDITIVE")
    assert by_campaign(pieces, WEEK, tmp_path)["A"].metrics["clicks"] == "7"


def test_the_largest_values_are_shown_and_the_rest_is_one(tmp_path):
    rows = [row(2, f"c{n:03}", 1000 - n, "0.5", reach=1) for n in range(510)]
    rows += [row(2, "(other)", 99999, "1"), row(None, None, 1, "1", filtered=True)]
    pieces = [piece(tmp_path, march(2), march(9), rows)]
    groups = by_campaign(pieces, WEEK, tmp_path)
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
    pieces = [piece(tmp_path, march(2), march(9), rows)]
    assert list(by_campaign(pieces, WEEK, tmp_path)) == ["A", "B", "C", "D"]


def test_a_report_without_metrics_or_dimensions_has_its_rows_counted(tmp_path):
    pieces = [piece(tmp_path, march(2), march(9), [row(2, "A", 4, "1")])]
    (found,) = aggregate(ReportConfig(), "UTC", pieces, [WEEK], tmp_path)
    assert (found.metrics, found.row_count, found.state) == ({}, 1, "DATA")


def test_names_and_folders_may_have_quotes(tmp_path):
    folder = tmp_path / "it's"
    folder.mkdir()
    path = tmp_path / "x.parquet"
    WRITER.execute(f"""COPY (SELECT 1 AS "a ""b'", 'x' AS filename, 'y' AS place) TO '{path}'""")
    path = path.rename(folder / "x.parquet")
    told = {"name": "a \"b'", "kind": "additive", "title": "A", "unit": "count"}
    odd = ReportConfig.model_validate({"metrics": [told], "dimensions": ["filename", "place"]})
    week = Piece(UUID(int=1), march(2), march(9), "DATA", path, False, None)
    found = aggregate(odd, "UTC", [week], [WEEK], folder)
    assert [(one.value, one.metrics["a \"b'"]) for one in found] == [
        (None, "1"),
        ("x", "1"),
        ("y", "1"),
    ]


def test_a_file_outside_the_folder_is_not_read(tmp_path):
    (tmp_path / "inside").mkdir()
    pieces = [piece(tmp_path, march(2), march(9), [row(2, "A", 4, "1")])]
    with pytest.raises(duckdb.PermissionException):
        aggregate(config(), "UTC", pieces, [WEEK], tmp_path / "inside")


COSTS = st.decimals(-(10**12), 10**12, places=10)


@settings(max_examples=25)
@given(st.lists(st.tuples(st.integers(0, 60), COSTS), min_size=1, max_size=25), st.data())
def test_any_mix_of_periods_is_the_direct_sum_of_its_days(days, data):
    start = date(2026, 2, 10)
    length = data.draw(st.sampled_from([1, 5, 7, 8]))
    zone_start = data.draw(st.sampled_from(["monday", "sunday"]))
    rows = [(start + timedelta(days=day), "A", 1, str(cost), 1, False) for day, cost in days]
    with TemporaryDirectory() as name:
        folder = Path(name)
        pieces = []
        for first in range(0, 61, length):
            window = start + timedelta(days=first), start + timedelta(days=first + length)
            own = [one for one in rows if window[0] <= one[0] < window[1]]
            pieces.append(piece(folder, *window, own, outcome="DATA" if own else "EMPTY"))
        periods = touched(start, pieces[-1].end, zone_start)
        found = aggregate(config(dimensions=[]), "UTC", pieces, periods, folder)
    assert [one.period for one in found] == periods
    for one in found:
        costs = [Decimal(r[3]) for r in rows if one.period.start <= r[0] < one.period.end]
        assert one.row_count == len(costs)
        assert Decimal(one.metrics["cost"] or 0) == sum(costs, Decimal(0))
        assert one.state == ("DATA" if costs else "EMPTY")
        assert one.coverage["straddling"] == 0


SPANS = st.lists(
    st.tuples(
        st.integers(-10, 40),
        st.integers(1, 40),
        st.sampled_from(["DATA", "EMPTY", "SUPPRESSED", "DATA_GAP", None]),
        st.booleans(),
        st.booleans(),
        st.integers(0, 5),
    ),
    max_size=12,
)


@given(SPANS, st.integers(1, 45), st.integers(1, 31))
@settings(max_examples=300)
def test_no_day_is_counted_twice_however_pieces_overlap(spans, first, length):
    pieces = [
        Piece(
            UUID(int=number),
            march(start),
            march(start + days),
            outcome,
            None if outcome is None else Path("dated" if has_days else f"{number}"),
            provisional,
            NOON + timedelta(hours=hours),
        )
        for number, (start, days, outcome, has_days, provisional, hours) in enumerate(spans)
    ]
    period = Period("monthly", "any", march(first), march(first + length))
    plan = aggregation._plan(period, [one for one in pieces if one.path], {Path("dated")})
    counted = Counter(day for share in plan.shares for day in share.days)
    assert set(counted.values()) <= {1}
    assert all(period.start <= day < period.end for day in counted)
    for share in plan.shares:
        own = {d for d in counted if share.piece.start <= d < share.piece.end}
        assert share.days <= own
        assert share.whole == (len(share.days) == (share.piece.end - share.piece.start).days)
        assert share.whole or share.piece.path == Path("dated")
    coverage = aggregation._coverage(plan)
    assert coverage["covered"] + coverage["straddling"] + coverage["missing"] == coverage["days"]
    assert min(coverage.values()) >= 0
    collected = {
        day
        for one in pieces
        if one.path
        for day in aggregation._days(one.start, one.end)
        if period.start <= day < period.end
    }
    assert coverage["missing"] == length - len(collected)
