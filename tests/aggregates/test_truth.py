"""Aggregates of results of the local AMC, beside sums of its raw events by DuckDB alone.

AMC's privacy thresholds keep events of too few people from a result, so where sums are to be
equal the queries run at the level of events, where nothing is withheld. A last test has the
thresholds on: there the sums are those of the rows that AMC gave, and less than the truth.
"""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import duckdb
import pytest

from domain.aggregates.rollups import Rollup
from domain.calendar.days import Days
from domain.calendar.units import Period, touched
from tests.aggregates.local_amc_results import LEFT_OUT, NEW_YORK, START, WEEKS, Collected
from tests.sandbox.raw_events import ADDITIVE, truth, with_ratios

OCTOBER = Period("monthly", "2026-10", Days(date(2026, 10, 1), date(2026, 11, 1)))


def shown(rollup: Rollup) -> dict[str, Decimal | None]:
    return {
        name: None if value is None else Decimal(value) for name, value in rollup.metrics.items()
    }


@pytest.mark.parametrize("zone", ["UTC", NEW_YORK])
def test_every_metric_of_every_period_is_that_of_the_raw_events(warehouse, tmp_path, zone):
    collected = Collected(warehouse, tmp_path, "campaign-performance", zone)
    segments = collected.weeks()
    periods = touched(Days(START, START + timedelta(weeks=WEEKS)), "monday")
    assert len(periods) == WEEKS + 3 + 2
    rollups = collected.rollups(segments, periods)
    compared = 0
    for period in periods:
        direct = truth(warehouse, zone, [one.days for one in segments], period)
        own = [one for one in rollups if one.period == period]
        by_product = [one for one in own if one.dimension == "ad_product_type"]
        if period.start == LEFT_OUT:
            assert [one.state for one in own] == ["MISSING"]
            continue
        assert {one.value for one in by_product} == set(direct) - {None}
        for one in [own[0], *by_product]:
            assert shown(one) == with_ratios(direct[one.value]), (period.key, one.value)
            compared += len(one.metrics)
    assert compared > 13 * 4 * len(periods)


@pytest.mark.parametrize(("zone", "by_utc_day"), [("UTC", False), (NEW_YORK, True)])
def test_a_month_of_weeks_tells_its_missing_days_and_how_it_was_split(
    warehouse, tmp_path, zone, by_utc_day
):
    collected = Collected(warehouse, tmp_path, "campaign-performance", zone)
    month = collected.rollups(collected.weeks(), [OCTOBER])[0]
    assert month.coverage == {
        "days": 31,
        "covered": 24,
        "empty": 0,
        "suppressed": 0,
        "gap": 0,
        "straddling": 0,
        "missing": 7,
    }
    assert (month.state, month.by_utc_day, month.undated_rows) == ("DATA", by_utc_day, 0)
    assert len(month.segment_ids) == 4


def test_sunday_weeks_are_added_up_from_days_to_the_same_truth(warehouse, tmp_path):
    collected = Collected(warehouse, tmp_path, "campaign-performance", "UTC")
    segments = [
        collected.segment(day, day + timedelta(days=1))
        for day in (date(2026, 9, 27) + timedelta(days=number) for number in range(14))
    ]
    periods = touched(Days.spanning(one.days for one in segments), "sunday")
    for rollup in collected.rollups(segments, periods):
        if rollup.dimension is None:
            direct = truth(warehouse, "UTC", [one.days for one in segments], rollup.period)
            assert shown(rollup) == with_ratios(direct[None])
    # A second collection of the same days, as weeks, changes nothing.
    starts = [one.days.start for one in segments[::7]]
    again = [collected.segment(start, start + timedelta(weeks=1)) for start in starts]
    one, other = (collected.rollups(given, periods) for given in (segments, [*segments, *again]))
    assert [(f.value, f.metrics) for f in one] == [(f.value, f.metrics) for f in other]


def test_the_reach_of_a_month_is_no_sum_of_weeks_but_that_of_the_month(warehouse, tmp_path):
    collected = Collected(warehouse, tmp_path, "reach-and-frequency", "UTC")
    row = warehouse.cursor().execute(
        "SELECT id_string FROM impression JOIN line USING (line) GROUP BY 1 ORDER BY count(*) DESC"
    )
    campaign = row.fetchone()[0]
    weeks = collected.weeks(campaign_ids=[campaign])
    summed = collected.rollups(weeks, [OCTOBER])
    assert len(summed) > 3
    assert {one.states["reach"] for one in summed} == {"NOT_ADDITIVE"}
    # It has no days, so the weeks over the month's edges cannot be split.
    coverage = summed[0].coverage
    assert [coverage[name] for name in ("covered", "straddling", "missing")] == [14, 10, 7]

    month = collected.segment(OCTOBER.start, OCTOBER.end, campaign_ids=[campaign])
    rollups = collected.rollups([*weeks, month], [OCTOBER])
    direct = warehouse.cursor().execute(
        """
        SELECT least(n, 10)::VARCHAR, count(*)::VARCHAR FROM (
            SELECT shopper, count(*) AS n FROM impression JOIN line USING (line)
            WHERE id_string = $campaign AND shopper IS NOT NULL AND ts >= $start AND ts < $end
            GROUP BY shopper
        ) GROUP BY 1
        """,
        {"campaign": campaign, "start": OCTOBER.start, "end": OCTOBER.end},
    )
    reached = {f.value: f.metrics["reach"] for f in rollups if f.dimension == "frequency"}
    assert reached == dict(direct.fetchall())
    assert len(reached) > 2
    # Nobody has two frequencies, so all of them together are the reach of the month.
    assert rollups[0].metrics["reach"] == str(sum(int(one or 0) for one in reached.values()))


def test_under_privacy_the_sums_are_those_of_the_rows_that_amc_gave(warehouse, tmp_path):
    collected = Collected(warehouse, tmp_path, "campaign-performance", "UTC")
    segments = collected.weeks(event_level=False)
    weeks = [Period("weekly", str(one.days.start), one.days) for one in segments]
    rollups = collected.rollups(segments, [*weeks, OCTOBER])
    for segment, week in zip(segments, weeks, strict=True):
        own = [one for one in rollups if one.period == week]
        sums = ", ".join(f"sum({name})::DECIMAL(38, 10)" for name in ADDITIVE)
        (kept,) = duckdb.sql(f"SELECT {sums} FROM '{segment.path}'").fetchall()
        whole = shown(own[0])
        assert {name: whole[name] for name in ADDITIVE} == dict(zip(ADDITIVE, kept, strict=True))
        direct = truth(warehouse, "UTC", [segment.days], week)[None]
        assert all(0 < whole[name] <= direct[name] for name in ("impressions", "cost", "clicks"))
        campaigns = [one for one in own if one.dimension == "campaign"]
        for name in ADDITIVE:
            assert sum(shown(one)[name] for one in campaigns) == whole[name]
        (nameless,) = [one for one in campaigns if one.value is None]
        assert (nameless.state, nameless.row_count) == ("DATA", nameless.suppressed_rows)
        assert own[0].suppressed_rows == nameless.row_count > 0
    # Of the rows whose day privacy took, nobody knows on which side of the month's edge they are.
    month = next(one for one in rollups if one.period == OCTOBER)
    assert month.undated_rows > 0
    sides = [segments[2], segments[-2]]
    assert [one.days.start for one in sides] == [date(2026, 9, 28), date(2026, 10, 26)]
    alone = collected.rollups([replace(one) for one in sides], [OCTOBER])[0]
    assert alone.undated_rows == month.undated_rows
