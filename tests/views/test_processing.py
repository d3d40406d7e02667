"""What a view is made of, without database or network: periods, funnels, targets, and bytes."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import orjson
import pytest

from domain.calendar.days import Days
from domain.charts.datasets import Cell, Measure
from domain.views import drawing, metrics, periods
from domain.views.drawing import TooLarge, draw
from domain.views.inputs import ViewInputs
from domain.views.visualization import Benchmark, Visualization
from tests.aggregates.stored_results import WITHOUT_DAYS, config, march, row, segment

CLICKS = Measure("clicks", "Clicks", "count", "additive")
FOUR = [Measure(name, name, "count", "additive") for name in "abcd"]


def rows_of(week: int) -> list[tuple]:
    first = 2 + 7 * week
    return [
        row(first + day, campaign, 10 * (week + 1) + day, f"{day}.25", reach=5)
        for day in range(7)
        for campaign in ("A", "B", "C")
    ]


def inputs(folder: Path, **given: Any) -> ViewInputs:
    """Two weeks of March by day and campaign."""
    results = [
        segment(folder, march(2 + 7 * week), march(9 + 7 * week), rows_of(week)) for week in (0, 1)
    ]
    whole = {
        "dashboard_type": "standard",
        "visualization": Visualization(top=2),
        "config": config(),
        "source": "Campaigns",
        "zone": "UTC",
        "days": Days(march(2), march(16)),
        "results": results,
    }
    return ViewInputs(**{**whole, **given})


def written(one: ViewInputs, folder: Path) -> bytes:
    return orjson.dumps(draw(one, folder).__dict__)


def test_the_order_of_files_and_a_second_time_change_no_byte(tmp_path):
    one = inputs(tmp_path)
    turned = replace(one, results=list(reversed(one.results)))

    assert written(one, tmp_path) == written(one, tmp_path) == written(turned, tmp_path)


def test_no_number_of_the_processed_data_is_a_float(tmp_path):
    def floats(value: Any) -> bool:
        if isinstance(value, dict):
            return any(map(floats, value.values()))
        return any(map(floats, value)) if isinstance(value, list) else isinstance(value, float)

    for kind in ("standard", "funnel", "comparison", "custom"):
        visualization = Visualization(
            benchmarks=[Benchmark(metric="cpc", target=Decimal("0.5"))],
            funnelStages=["clicks", "cost"],
        )
        made = draw(inputs(tmp_path, dashboard_type=kind, visualization=visualization), tmp_path)
        assert not floats(made.processed_data)
        assert not floats(made.metrics_summary)


def test_a_reach_is_never_added_up_and_a_ratio_is_of_the_sums(tmp_path):
    data = draw(inputs(tmp_path), tmp_path).processed_data

    assert data["totals"]["reach"] == {"value": None, "state": "NOT_ADDITIVE"}
    clicks = sum(one[2] for week in (0, 1) for one in rows_of(week))
    assert data["totals"]["clicks"] == {"value": str(clicks), "state": "VALUE"}
    assert Decimal(data["totals"]["cpc"]["value"]) == round(Decimal("136.5") / clicks, 10)


def test_the_rest_of_a_dimension_is_one_value_and_all_of_it_is_the_total(tmp_path):
    data = draw(inputs(tmp_path), tmp_path).processed_data
    (campaigns,) = data["distributions"]

    assert [one["value"] for one in campaigns["points"]] == ["A", "B", "(other)"]
    assert [one["isOther"] for one in campaigns["points"]] == [False, False, True]
    parts = [int(one["values"]["clicks"]["value"]) for one in campaigns["points"]]
    assert sum(parts) == int(data["totals"]["clicks"]["value"])
    assert campaigns["points"][2]["values"]["reach"]["state"] == "NOT_ADDITIVE"


def test_days_that_nobody_collected_are_missing_and_not_zero(tmp_path):
    one = inputs(tmp_path, days=Days(march(2), march(23)))

    data = draw(one, tmp_path).processed_data

    assert data["coverage"]["missing"] == 7
    assert [point["state"] for point in data["trend"]["points"]] == ["DATA"] * 14 + ["MISSING"] * 7
    assert data["trend"]["points"][-1]["values"]["clicks"] == {"value": None, "state": "MISSING"}


def test_weeks_without_days_are_a_trend_of_weeks_in_which_reach_may_be_told(tmp_path):
    results = [
        segment(
            tmp_path,
            march(2 + 7 * week),
            march(9 + 7 * week),
            [row(2, "A", 7, "1", reach=40 + week)[1:]],
            columns=WITHOUT_DAYS,
        )
        for week in (0, 1)
    ]
    one = inputs(tmp_path, results=results, config=config(day=None))

    trend = draw(one, tmp_path).processed_data["trend"]

    assert trend["unit"] == "week"
    assert [point["values"]["reach"]["value"] for point in trend["points"]] == ["40", "41"]


def test_what_is_too_large_shows_fewer_values_and_at_last_is_refused(tmp_path, monkeypatch):
    one = inputs(tmp_path, visualization=Visualization(top=3))
    whole = draw(one, tmp_path)
    monkeypatch.setattr(drawing, "LARGEST", whole.size - 1)

    smaller = draw(one, tmp_path)

    assert smaller.size < whole.size
    (campaigns,) = smaller.processed_data["distributions"]
    assert [point["value"] for point in campaigns["points"]] == ["A", "(other)"]
    monkeypatch.setattr(drawing, "LARGEST", 100)
    with pytest.raises(TooLarge):
        draw(one, tmp_path)


@pytest.mark.parametrize(
    ("start", "end", "has_days", "segments", "unit", "count"),
    [
        (date(2026, 3, 2), date(2026, 3, 9), True, [], "day", 7),
        (date(2026, 3, 2), date(2026, 6, 2), True, [], "day", 92),
        (date(2026, 3, 2), date(2026, 6, 3), True, [], "week", 14),
        (date(2025, 3, 3), date(2026, 3, 2), True, [], "week", 52),
        (
            *(date(2026, 3, 2), date(2026, 3, 16), False),
            *(
                [(date(2026, 3, 2), date(2026, 3, 9)), (date(2026, 3, 9), date(2026, 3, 16))],
                "week",
                2,
            ),
        ),
        (
            *(date(2026, 3, 1), date(2026, 5, 1), False),
            *(
                [(date(2026, 3, 1), date(2026, 4, 1)), (date(2026, 4, 1), date(2026, 5, 1))],
                "month",
                2,
            ),
        ),
    ],
)
def test_a_trend_has_the_shortest_periods_that_are_not_too_many(
    start, end, has_days, segments, unit, count
):
    found = periods.trend(
        Days(start, end), [Days(*one) for one in segments], "monday", has_days=has_days
    )

    assert found is not None
    assert (found.unit, len(found.periods)) == (unit, count)
    assert (found.periods[0].start, found.periods[-1].end) == (start, end)


def test_one_result_that_tells_no_days_has_no_trend():
    month = Days(date(2026, 3, 5), date(2026, 4, 2))
    assert periods.trend(month, [month], "monday", has_days=False) is None


@pytest.mark.parametrize(
    ("start", "end", "comparison", "before"),
    [
        (date(2026, 3, 2), date(2026, 3, 9), "previous_period", date(2026, 2, 23)),
        (date(2026, 3, 2), date(2026, 3, 9), "previous_year", date(2025, 3, 2)),
        (date(2024, 2, 29), date(2024, 3, 3), "previous_year", date(2023, 2, 28)),
    ],
)
def test_it_is_compared_with_as_many_days(start, end, comparison, before):
    found = periods.before(Days(start, end), comparison)
    assert found == Days(before, before + (end - start))


@pytest.mark.parametrize("now", [0, 5, 7, 14])
@pytest.mark.parametrize("before", [0, 1, 5, 7, 14])
def test_days_that_are_known_in_another_share_are_not_compared(tmp_path, now, before):
    days = Days(march(2), march(16))
    earlier = periods.before(days, "previous_period")
    results, compared = (
        [segment(tmp_path, one.end - timedelta(days=known), one.end, [row(1, "A", 7, "2")])]
        if known
        else []
        for one, known in ((days, now), (earlier, before))
    )
    made = draw(
        inputs(tmp_path, dashboard_type="comparison", results=results, earlier=compared), tmp_path
    )

    told, summary = made.processed_data["comparison"], made.metrics_summary
    clicks = told["metrics"]["clicks"]
    why = f"{before} of 14 days before are known, and {now} of 14 now"
    if now == before:
        why = None
    assert told["notComparable"] == summary["notComparable"] == why
    assert summary["previousCoverage"]["covered"] == before
    state = "VALUE" if now == before else "NOT_COMPARABLE"
    if not (now and before):
        state = "MISSING"
    assert [clicks[one]["state"] for one in ("change", "share")] == [state] * 2
    assert {one["state"] for one in (clicks["change"], summary["metrics"][0]["change"])} == {state}
    if state == "NOT_COMPARABLE":
        for one in made.charts_config["charts"]:
            assert f"Not comparable: {why}." in one["spec"]["title"]["subtitle"]


def test_a_funnel_tells_what_is_left_and_what_dropped_off():
    values = {name: Cell(Decimal(n)) for name, n in zip("abcd", (200, 50, 0, 3), strict=True)}
    first, second, third, last = metrics.funnel(FOUR, values)

    assert "ofPrevious" not in first
    assert second["dropOff"]["value"] == "150"
    assert (second["ofPrevious"]["value"], second["dropOffShare"]["value"]) == ("0.25", "0.75")
    assert third["dropOffShare"]["value"] == "1"
    assert last["ofPrevious"] == {"value": None, "state": "NO_DENOMINATOR"}
    assert last["ofFirst"]["value"] == "0.015"


def test_a_stage_without_a_value_says_why_and_so_does_what_hangs_on_it():
    values = {name: Cell(Decimal(4)) for name in "acd"} | {"b": Cell(None, "SUPPRESSED")}
    _, second, third, last = metrics.funnel(FOUR, values)

    assert second["dropOff"] == {"value": None, "state": "SUPPRESSED"}
    assert third["ofPrevious"] == {"value": None, "state": "SUPPRESSED"}
    assert last["ofPrevious"]["value"] == "1"


@pytest.mark.parametrize(
    ("value", "target", "lower", "is_met", "gap"),
    [
        ("5", "4", False, True, "1"),
        ("4", "4", False, True, "0"),
        ("3.5", "4", False, False, "-0.5"),
        ("3.5", "4", True, True, "-0.5"),
        ("4.5", "4", True, False, "0.5"),
        (None, "4", False, None, None),
    ],
)
def test_a_target_is_met_or_missed_by_so_much(value, target, lower, is_met, gap):
    cell = Cell(None, "SUPPRESSED") if value is None else Cell(Decimal(value))
    told = metrics.benchmark(CLICKS, cell, Decimal(target), lower=lower)

    assert (told["isMet"], told["gap"]["value"]) == (is_met, gap)


@pytest.mark.parametrize(
    ("now", "before", "change", "share"),
    [("30", "20", "10", "0.5"), ("10", "20", "-10", "-0.5"), ("5", "0", "5", None)],
)
def test_a_change_is_by_so_much_and_by_such_a_share(now, before, change, share):
    told = metrics.change(Cell(Decimal(now)), Cell(Decimal(before)))
    assert (told["change"]["value"], told["share"]["value"]) == (change, share)
