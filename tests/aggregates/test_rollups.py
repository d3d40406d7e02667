"""Which segments make a week, a month or a quarter, and what is told of the days without any."""

from collections import Counter
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.aggregates import rollups
from domain.aggregates.rollups import SegmentResult, aggregate
from domain.calendar.days import Days
from domain.calendar.units import Period, touched
from tests.aggregates.stored_results import (
    MARCH,
    NOON,
    WEEK,
    WITHOUT_DAYS,
    config,
    march,
    overall,
    row,
    segment,
)


def test_a_month_adds_up_its_weeks_to_the_last_digit(tmp_path):
    segments = [
        segment(tmp_path, march(2), march(9), [row(2, "A", 2, "0.1"), row(3, "B", 1, "0.2")]),
        segment(tmp_path, march(9), march(16), [row(9, "A", 4, "12345678901234567.0000000001")]),
    ]
    found = overall(segments, MARCH, tmp_path)
    assert found.metrics["clicks"] == "7"
    assert found.metrics["cost"] == "12345678901234567.3000000001"
    assert found.metrics["cpc"] == "1763668414462081.0428571429"
    assert (found.state, found.row_count, found.as_of) == ("DATA", 3, NOON)
    assert found.segment_ids == (segments[0].id, segments[1].id)
    assert (found.coverage["covered"], found.coverage["missing"]) == (14, 17)


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
        config(), "UTC", [segment(tmp_path, march(2), march(9), outcome=outcome)], [WEEK], tmp_path
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
    assert (found[0].segment_ids, found[0].as_of, found[0].is_provisional) == ((), None, False)


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
    segments = []
    for number, told in enumerate(outcomes):
        outcome = told and told.split()[0]
        has = outcome in {"DATA", "DATA_GAP"} and told == outcome
        rows = [row(3 + 7 * number, "A", 1, "1")] if has else []
        start = march(2 + 7 * number)
        segments.append(segment(tmp_path, start, start + timedelta(days=7), rows, outcome=outcome))
    found = overall(segments, MARCH, tmp_path)
    assert found.state == state
    assert found.coverage["covered"] == 7 * sum(one is not None for one in outcomes)


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
    segments = [
        segment(tmp_path, march(2), march(9), [row(2, "A", clicks, "1")], **told)
        for clicks, told in ((1, first), (10, second))
    ]
    for period in (WEEK, MARCH):
        found = overall(segments, period, tmp_path)
        assert found.metrics["clicks"] == ("1", "10")[taken]
        assert found.segment_ids == (segments[taken].id,)
        assert found.is_provisional == segments[taken].is_provisional
        assert found.as_of == segments[taken].collected_at


def test_a_week_over_the_edge_is_split_by_its_days(tmp_path):
    rows = [row(0, "A", 1, "1"), row(1, "A", 10, "1"), row(2, "A", 100, "1")]
    segments = [segment(tmp_path, march(-5), march(2), rows)]  # to Sunday, the first of March
    found = overall(segments, MARCH, tmp_path)
    assert found.metrics["clicks"] == "110"  # the day after its last one is taken for the last
    assert (found.coverage["covered"], found.coverage["missing"]) == (1, 30)
    assert not found.by_utc_day
    assert overall(segments, MARCH, tmp_path, zone="America/New_York").by_utc_day
    february = Period("monthly", "2026-02", Days(date(2026, 2, 1), date(2026, 3, 1)))
    assert overall(segments, february, tmp_path).metrics["clicks"] == "1"


def test_a_whole_week_is_not_split_in_any_zone(tmp_path):
    segments = [segment(tmp_path, march(2), march(9), [row(9, "A", 1, "1"), row(1, "A", 10, "1")])]
    for period in (WEEK, MARCH):
        found = overall(segments, period, tmp_path, zone="Asia/Tokyo")
        assert (found.metrics["clicks"], found.by_utc_day) == ("11", False)


def test_rows_that_tell_no_day_are_counted_as_such_where_a_week_is_split(tmp_path):
    rows = [row(1, "A", 1, "1"), row(None, None, 10, "1", filtered=True)]
    segments = [segment(tmp_path, march(-5), march(2), rows)]
    found = overall(segments, MARCH, tmp_path)
    assert (found.metrics["clicks"], found.undated_rows) == ("1", 1)
    week = Period("weekly", "2026-W09", Days(march(-5), march(2)))
    found = overall(segments, week, tmp_path)
    assert (found.metrics["clicks"], found.undated_rows) == ("11", 0)
    # Of which day the rest is, is not known: these days are not empty.
    february = Period("monthly", "2026-02", Days(date(2026, 2, 1), date(2026, 3, 1)))
    assert overall(segments, february, tmp_path).state == "SUPPRESSED"


def test_without_days_a_week_over_the_edge_is_left_out_and_told(tmp_path):
    over = segment(
        tmp_path, march(-5), march(2), [("A", 5, "1", 1, False)], columns=WITHOUT_DAYS, hours=9
    )
    for day_column in ("day", None):
        found = overall([over], MARCH, tmp_path, day=day_column)
        assert (found.state, found.metrics["clicks"]) == ("MISSING", None)
        assert found.coverage["straddling"] == 1
        assert (found.coverage["covered"], found.coverage["missing"]) == (0, 30)
    day = segment(tmp_path, march(1), march(2), [row(1, "A", 3, "1")])
    found = overall([over, day], MARCH, tmp_path)
    assert (found.metrics["clicks"], found.coverage["straddling"]) == ("3", 0)


def test_an_overlapping_piece_without_days_is_used_whole_or_not_at_all(tmp_path):
    def of(start: int, end: int, clicks: int, **told: Any) -> SegmentResult:
        rows = [("A", clicks, "1", 1, False)]
        return segment(tmp_path, march(start), march(end), rows, columns=WITHOUT_DAYS, **told)

    segments = [of(2, 9, 1, hours=1), of(5, 12, 10, hours=2), of(12, 19, 100)]
    found = overall(segments, MARCH, tmp_path)
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
    segments = [
        segment(tmp_path, march(2), march(9), [row(d, "A", 1, "1") for d in range(2, 9)]),
        segment(
            tmp_path, march(5), march(12), [row(d, "A", 10, "1") for d in range(5, 12)], hours=2
        ),
    ]
    found = overall(segments, MARCH, tmp_path)
    assert (found.metrics["clicks"], found.coverage["covered"]) == ("73", 10)


def test_a_piece_within_the_month_comes_before_a_newer_one_over_its_edge(tmp_path):
    within = segment(tmp_path, march(1), march(3), [row(1, "A", 1, "1"), row(2, "A", 1, "1")])
    days = [row(day, "A", 10, "1") for day in range(-4, 3)]
    over = segment(tmp_path, march(-4), march(3), days, hours=9)
    assert overall([over, within], MARCH, tmp_path).segment_ids == (within.id,)
    late = segment(tmp_path, march(1), march(3), [row(1, "A", 1, "1")], provisional=True)
    assert overall([over, late], MARCH, tmp_path).metrics["clicks"] == "1"


def test_two_weeks_may_have_the_same_file(tmp_path):
    one = segment(tmp_path, march(2), march(9), [("A", 5, "1", 1, False)], columns=WITHOUT_DAYS)
    other = SegmentResult(UUID(int=7), Days(march(9), march(16)), "DATA", one.path, False, NOON)
    assert overall([one, other], MARCH, tmp_path).metrics["clicks"] == "10"


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
        segments = []
        for first in range(0, 61, length):
            window = start + timedelta(days=first), start + timedelta(days=first + length)
            own = [one for one in rows if window[0] <= one[0] < window[1]]
            segments.append(segment(folder, *window, own, outcome="DATA" if own else "EMPTY"))
        periods = touched(Days(start, segments[-1].days.end), zone_start)
        found = aggregate(config(dimensions=[]), "UTC", segments, periods, folder)
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
    segments = [
        SegmentResult(
            UUID(int=number),
            Days(march(start), march(start + days)),
            outcome,
            None if outcome is None else Path("dated" if has_days else f"{number}"),
            provisional,
            NOON + timedelta(hours=hours),
        )
        for number, (start, days, outcome, has_days, provisional, hours) in enumerate(spans)
    ]
    period = Period("monthly", "any", Days(march(first), march(first + length)))
    plan = rollups._plan(period, [one for one in segments if one.path], {Path("dated")})
    counted = Counter(day for share in plan.shares for day in share.days)
    assert set(counted.values()) <= {1}
    assert all(period.start <= day < period.end for day in counted)
    for share in plan.shares:
        own = {d for d in counted if share.segment.days.start <= d < share.segment.days.end}
        assert share.days <= own
        assert share.is_whole == (len(share.days) == share.segment.days.length)
        assert share.is_whole or share.segment.path == Path("dated")
    coverage = rollups._coverage(plan)
    assert coverage["covered"] + coverage["straddling"] + coverage["missing"] == coverage["days"]
    assert min(coverage.values()) >= 0
    collected = {
        day for one in segments if one.path for day in one.days if period.start <= day < period.end
    }
    assert coverage["missing"] == length - len(collected)
