"""Every built-in template, run on the local AMC: whether its numbers agree with each other."""

import csv
from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from domain.queries import parameters, sql
from domain.templates.builtin_templates import load
from sandbox.events.warehouse import Warehouse
from sandbox.sql import query
from tests.sandbox import events

BUILTINS = load()
START, END = datetime(2026, 10, 5, tzinfo=UTC), datetime(2026, 11, 2, tzinfo=UTC)  # four weeks

Row = dict[str, Any]
Run = Callable[..., list[Row]]


@pytest.fixture(scope="module")
def warehouse() -> Warehouse:
    """Enough events for ten templates to agree with each other."""
    return events.warehouse(200_000, date(2026, 11, 21))


@pytest.fixture(scope="module")
def run(warehouse: Warehouse, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The rows of a template over four weeks; those that privacy touched have `filtered` set."""
    folder, numbers = tmp_path_factory.mktemp("results"), count()

    def rows(slug: str, start: datetime = START, end: datetime = END, **values: Any) -> list[Row]:
        spec = BUILTINS[slug]
        checked = parameters.check(spec.parameter_definitions, values)
        made = sql.render(spec.sql_template, spec.parameter_definitions, checked)
        asked = query.Query(
            sql=made.sql,
            window_start=start,
            window_end=end,
            parameters={one["name"]: one["value"] for one in made.parameters},
            declared=made.parameters,
            discriminator_column="filtered",
        )
        result = query.run(asked, warehouse, folder / f"{next(numbers)}.csv", timeout=120)
        names = [column.name for column in result.columns]
        assert names == [*sql.output_columns(spec.sql_template), "filtered"]
        return [row for path in result.paths for row in read(path, slug)]

    return rows


def read(path: Path, slug: str) -> Iterable[Row]:
    """Rows with numbers as decimals, dimensions as text, nothing as None."""
    metrics = {one["name"] for one in BUILTINS[slug].report_config["metrics"]}
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, escapechar="\\", doublequote=False):
            yield {
                name: None if value == "" else Decimal(value) if name in metrics else value
                for name, value in row.items()
            }


def total(rows: Iterable[Row], metric: str) -> Decimal:
    return sum((row[metric] or Decimal(0) for row in rows), Decimal(0))


def whole(rows: Iterable[Row]) -> list[Row]:
    """Rows that privacy did not touch."""
    return [row for row in rows if row["filtered"] == "false"]


def close(one: Decimal, other: Decimal) -> bool:
    """Equal but for what privacy withheld and for the last digits of a float."""
    return abs(one - other) <= max(abs(one), abs(other)) * Decimal("0.02")


@pytest.fixture(scope="module")
def campaigns(warehouse: Warehouse) -> dict[str, str]:
    """The name of each campaign, by id; DSP's come first."""
    found = warehouse.cursor().execute(
        """
        SELECT campaign_id_string, campaign FROM dsp_impressions
        UNION SELECT campaign_id_string, campaign FROM sponsored_ads_traffic ORDER BY 1
        """
    )
    return dict(found.fetchall())


@pytest.mark.parametrize("slug", sorted(BUILTINS))
def test_it_has_rows_with_numbers_and_less_of_them_for_some_campaigns(run, campaigns, slug):
    everything = run(slug)
    ids = list(campaigns)
    some = run(slug, campaign_ids=ids[::2])
    none = run(slug, campaign_ids=["no-such-campaign"])

    metrics = [m["name"] for m in BUILTINS[slug].report_config["metrics"] if m["kind"] != "ratio"]
    assert whole(everything)
    for metric in metrics:
        assert total(everything, metric) > 0
        assert all(row[metric] is None or row[metric] >= 0 for row in everything)
        assert total(some, metric) <= total(everything, metric)
    assert 0 < total(some, metrics[0]) < total(everything, metrics[0])
    assert none == []


def test_only_the_chosen_campaigns_are_shown(run, campaigns):
    chosen = list(campaigns)[:2]
    shown = {row["campaign_id_string"] for row in run("campaign-performance", campaign_ids=chosen)}

    assert shown - {None} == set(chosen)


def test_a_funnel_grows_narrower_towards_its_end(run):
    rows = run("campaign-performance")
    steps = ["impressions", "clicks", "add_to_carts", "purchases"]
    totals = [total(rows, step) for step in steps]

    assert totals == sorted(totals, reverse=True)
    assert total(rows, "purchases") <= total(rows, "units_sold")
    for metric in ("purchases", "sales"):
        assert all(row[f"new_to_brand_{metric}"] <= row[metric] for row in rows)
    assert {row["ad_product_type"] for row in whole(rows)} >= {"dsp", "sponsored_products"}


def test_days_lie_in_the_window(run):
    days = {row["event_date"] for row in whole(run("campaign-performance"))}

    assert min(days) >= "2026-10-05"
    assert max(days) <= "2026-11-01"
    assert len(days) > 20  # privacy keeps the rest


def test_two_windows_side_by_side_add_up_to_the_whole(run):
    middle = datetime(2026, 10, 19, tzinfo=UTC)
    halves = [
        *run("roas-by-week", START, middle),
        *run("roas-by-week", middle, END),
    ]
    rows = run("roas-by-week")

    for metric in ("cost", "purchases", "sales"):
        assert close(total(halves, metric), total(rows, metric))


def test_purchases_by_touch_add_up_over_windows_because_the_lookback_is_the_purchases_own(run):
    middle = datetime(2026, 10, 19, tzinfo=UTC)
    halves = [
        *run("first-and-last-touch", START, middle),
        *run("first-and-last-touch", middle, END),
    ]
    rows = run("first-and-last-touch")

    for metric in ("first_touch_purchases", "last_touch_sales"):
        assert close(total(halves, metric), total(rows, metric))


def test_roas_is_sales_by_cost_of_weeks_that_begin_on_monday(run):
    rows = whole(run("roas-by-week"))

    for row in rows:
        assert close(row["roas"], row["sales"] / row["cost"])
        assert date.fromisoformat(row["week_start"]).isoweekday() == 1
    assert len({row["week_start"] for row in rows}) == 4


def test_templates_over_the_same_events_agree_on_their_totals(run):
    by_day, by_week, by_hour = map(run, ("campaign-performance", "roas-by-week", "time-of-day"))

    for metric in ("cost", "purchases", "sales"):
        assert close(total(by_day, metric), total(by_week, metric))
        assert close(total(by_day, metric), total(by_hour, metric))
    assert close(total(by_day, "impressions"), total(by_hour, "impressions"))
    new = run("new-to-brand")
    for metric in ("purchases", "new_to_brand_sales"):
        assert close(total(new, metric), total(by_day, metric))


def test_hours_and_weekdays_are_those_of_a_week(run):
    rows = whole(run("time-of-day"))

    assert {int(row["weekday"]) for row in rows} == set(range(1, 8))
    assert {int(row["hour_of_day"]) for row in rows} <= set(range(24))


def test_frequency_times_reach_is_impressions(run):
    rows = whole(run("reach-and-frequency", most=5))

    assert {int(row["frequency"]) for row in rows} <= set(range(1, 6))
    for row in rows:
        seen = int(row["frequency"]) * row["reach"]
        assert row["impressions"] == seen or (int(row["frequency"]) == 5 < row["impressions"])


def test_the_overlap_of_two_campaigns_is_no_larger_than_the_reach_of_either(run):
    rows = whole(run("audience-overlap"))
    reach: dict[str, Decimal] = defaultdict(Decimal)
    for row in run("reach-and-frequency"):
        reach[row["campaign_id_string"]] += row["reach"]

    assert len({row["pair"] for row in rows}) == len(rows) > 0
    for row in rows:
        assert row["campaign_id_string"] < row["other_campaign_id_string"]
        both = (row["campaign_id_string"], row["other_campaign_id_string"])
        assert row["shared_reach"] <= min(reach[one] for one in both)


def test_all_campaigns_together_reach_everybody_once(run, warehouse):
    everybody = [row for row in run("reach-and-frequency") if row["scope"] == "all campaigns"]
    ((people,),) = (
        warehouse.cursor()
        .execute(
            "SELECT count(DISTINCT user_id) FROM dsp_impressions "
            "WHERE impression_dt_utc >= ? AND impression_dt_utc < ?",
            [START.replace(tzinfo=None), END.replace(tzinfo=None)],
        )
        .fetchall()
    )
    assert total(everybody, "reach") == people


def test_everybody_met_dsp_or_sponsored_ads_or_both(run):
    rows = {row["exposure"]: row for row in run("dsp-and-sponsored-ads-overlap")}

    assert set(rows) == {"DSP only", "Sponsored ads only", "DSP and sponsored ads"}
    assert all(row["buyers"] <= row["reach"] for row in rows.values())
    assert all(row["buyers"] <= row["purchases"] for row in rows.values())
    both = rows["DSP and sponsored ads"]
    assert both["buyers"] / both["reach"] > rows["DSP only"]["buyers"] / rows["DSP only"]["reach"]


def test_every_purchase_has_one_first_and_one_last_touch(run):
    rows = run("first-and-last-touch")

    assert total(rows, "first_touch_purchases") == total(rows, "last_touch_purchases")
    assert total(rows, "first_touch_sales") == total(rows, "last_touch_sales")
    week = run("first-and-last-touch", lookback_days=1)
    assert total(week, "first_touch_purchases") < total(rows, "first_touch_purchases")


def test_a_path_names_its_campaigns_in_order_and_no_more_of_them_than_asked_for(run, campaigns):
    rows = whole(run("path-to-conversion", steps=2))

    for row in rows:
        steps = row["path"].split(" > ")
        assert [step.split(". ", 1)[0] for step in steps] == ["1", "2"][: len(steps)]
        assert {step.split(". ", 1)[1] for step in steps} <= set(campaigns.values())
        assert row["buyers"] <= row["users"]
        assert row["buyers"] <= row["purchases"]
    assert {len(row["path"].split(" > ")) for row in rows} == {1, 2}


def test_new_to_brand_can_be_asked_of_some_products_only(run, warehouse):
    found = warehouse.cursor().execute(
        "SELECT tracked_asin FROM amazon_attributed_events_by_traffic_time "
        "WHERE total_purchases > 0 GROUP BY 1 ORDER BY count(*) DESC LIMIT 3"
    )
    asins = [asin for (asin,) in found.fetchall()]
    some, everything = run("new-to-brand", asins=asins), run("new-to-brand")

    assert 0 < total(some, "purchases") < total(everything, "purchases")
    assert run("new-to-brand", asins=["B000000000"]) == []


def test_searches_with_few_impressions_can_be_left_out(run):
    rows = run("search-terms", least_impressions=50)
    by_term: dict[Any, Decimal] = defaultdict(Decimal)
    for row in whole(rows):
        by_term[row["search_term"]] += row["clicks"]
        assert row["impressions"] >= 50
        assert row["clicks"] <= row["impressions"]

    assert len(by_term) > 3
    assert len(rows) < len(run("search-terms"))
