"""What is drawn of a dataset: every value where it is, and nothing that is not known."""

import re
from dataclasses import replace
from decimal import Decimal
from itertools import product

import orjson
import pytest

from domain.calendar.days import Days
from domain.charts.datasets import Cell, Coverage, Measure
from domain.charts.themes import COLOURS
from tests.charts.charts import (
    SALES,
    UNITS,
    bars,
    campaign,
    campaigns,
    cells,
    contrast,
    drawn,
    marks,
    picture,
    texts,
    week,
    weeks,
)

KINDS = ("line", "bar", "pie", "scatter", "area", "funnel", None)
REACH = UNITS["users"]
CLICKS, COST, RATE, ROAS = (UNITS[one] for one in ("count", "currency", "percent", "ratio"))


@pytest.mark.parametrize(
    ("kind", "unit", "theme"), [*product(KINDS, UNITS, ["light"]), ("line", "count", "dark")]
)
def test_every_kind_of_chart_is_drawn_in_every_unit(kind, unit, theme):
    other = week(4, 5, value=None, is_other=True)
    before = cells("0.5")
    rows = [(1,), None, (None,), week(3, 2, previous=before, is_provisional=True), other]
    measures = (UNITS[unit],)
    svg = picture(drawn(weeks(*rows, measures=measures), kind, theme=theme))
    assert "A title" in texts(svg)


@pytest.mark.parametrize(
    ("unit", "value", "label"),
    [
        ("count", 12400, "12K"),
        ("count", 1_240_000, "1.2M"),
        ("count", 3_000_000_000, "3B"),
        ("currency", 12400, "$12K"),
        ("currency", "0.04", "$0.04"),
        ("currency", -3000, "−$3K"),
        ("percent", "0.031", "3%"),
        ("ratio", 4, "4"),
        ("users", 20000, "20K"),
        ("seconds", 90, "80 s"),
    ],
)
def test_an_axis_is_labelled_in_the_unit_of_its_metric(unit, value, label):
    svg = picture(drawn(weeks((value,), (value,), measures=(UNITS[unit],)), "line"))
    assert label in texts(svg)


@pytest.mark.parametrize(
    ("measure", "value", "text"),
    [
        (CLICKS, "12431", "12,431"),
        (CLICKS, "-3", "−3"),
        (COST, "12345678901234567.891", "$12,345,678,901,234,567.89"),
        (COST, "3", "$3.00"),
        (RATE, "0.0123456789", "1.23%"),
        (RATE, "0.0000123456", "0.0012%"),
        (ROAS, "8", "8.00"),
        (ROAS, "3.3333333333", "3.33"),
        (UNITS["seconds"], "61.5", "61.5 s"),
        (Measure("c", "C", "currency", "additive", "JPY"), "1200", "¥1,200"),
        (Measure("c", "C", "currency", "additive", "SEK"), "1200", "SEK\u00a01,200.00"),
        (Measure("c", "C", "currency", "additive", "');"), "1200", "1,200.00"),
    ],
)
def test_a_tooltip_has_the_digits_of_its_unit(measure, value, text):
    spec = drawn(weeks((value,), measures=(measure,)), "line")
    assert f"Value: {text};" in picture(spec)
    assert spec["data"]["values"][0]["digits"] == value


def test_decimals_are_rounded_as_the_widget_says():
    svg = picture(drawn(weeks(("0.012345",), measures=(RATE,)), "line", decimals=1))
    assert "Value: 1.2%;" in svg


def test_the_same_dataset_gives_the_same_bytes():
    def bytes_of():
        rows = [campaign(name, 3) for name in ("A", "B", None)]
        spec = drawn(campaigns(*rows), "bar")
        return orjson.dumps(spec, option=orjson.OPT_SORT_KEYS)

    assert bytes_of() == bytes_of()


def test_a_line_is_not_drawn_over_a_period_that_is_not_known():
    svg = picture(drawn(weeks((1,), (2,), None, (4,), (None,), (6,), (7,)), "line"))
    (line,) = marks(svg, "line")
    path = re.search(r' d="([^"]*)"', line)
    assert path.group(1).count("M") == 3  # weeks 1 and 2; 4; 6 and 7
    assert len([one for one in marks(svg, "symbol") if "Value:" in one]) == 5
    assert len(marks(svg, "rect")) == 2  # the shades of weeks 3 and 5
    assert "Days known: 0 of 7; Status: not collected" in svg
    assert "Status: withheld by privacy" in svg
    assert "Shaded: no data." in texts(svg)


def test_nothing_is_zero_only_where_the_value_is_zero():
    empty = week(1, 0)
    empty = replace(empty, cells=(Cell(None, "EMPTY"),))
    spec = drawn(weeks((0,), empty, (2,)), "bar")
    svg = picture(spec)
    assert ["Value: 0;" in one for one in bars(svg)] == [True, False]
    assert "Status: no rows" in svg


def test_what_may_still_change_or_lacks_days_is_hollow_and_said():
    partial = Coverage(7, 5, missing=2)
    rows = [(1,), week(1, 2, coverage=partial), week(2, 3, is_provisional=True)]
    svg = picture(drawn(weeks(*rows), "line"))
    points = [one for one in marks(svg, "symbol") if "Value:" in one]
    assert ['fill="#ffffff"' in one for one in points] == [False, True, True]
    assert "Hollow: provisional or incomplete." in texts(svg)
    assert "Days known: 5 of 7, 2 not collected; Status: final" in svg
    assert "Status: provisional" in svg


@pytest.mark.parametrize("kind", ["line", "bar"])
def test_the_period_before_is_dashed_and_said(kind):
    rows = [week(one, one + 1, previous=cells(2)) for one in range(3)]
    svg = picture(drawn(weeks(*rows, comparison="previous_year"), kind))
    dashed = [one for one in marks(svg, "line") + marks(svg, "rect") if "stroke-dasharray" in one]
    assert len(dashed) == (1 if kind == "line" else 3)
    assert "Dashed: the year before." in texts(svg)
    assert "Before: 2;" in svg


@pytest.mark.parametrize(
    ("level", "labels"),
    [
        ("weekly", ["5 Jan", "12 Jan", "19 Jan"]),
        ("monthly", ["Jan 2026", "Feb 2026", "Mar 2026"]),
        ("quarterly", ["Q1 2026"]),
    ],
)
def test_periods_are_words_that_no_time_zone_moves(level, labels):
    dataset = replace(weeks(*[(one,) for one in range(10)]), level=level)
    points = dataset.points if level == "weekly" else ()
    spec = drawn(replace(dataset, points=points), "line", xTitle="Days")
    assert [one for one in texts(picture(spec)) if one in labels] == labels
    assert b"temporal" not in orjson.dumps(spec)


def test_weeks_of_two_years_say_the_year():
    dataset = weeks(*[(one,) for one in range(60)])
    assert {"2026", "2027", "5 Jan"} <= set(
        re.findall(r">([^<]+)</t", picture(drawn(dataset, "line")))
    )


@pytest.mark.parametrize(
    ("measures", "axes", "panels"),
    [((COST, SALES), 1, 0), ((COST, RATE), 2, 0), ((COST, RATE, ROAS), 3, 3)],
)
def test_each_unit_has_an_axis_of_its_own(measures, axes, panels):
    values = tuple(range(1, len(measures) + 1))
    spec = drawn(weeks(values, values, measures=measures), "line")
    svg = picture(spec)
    assert len(spec.get("vconcat", [])) == panels
    assert len(re.findall(r'aria-label="Y-axis', svg)) == axes
    assert len(marks(svg, "line")) == len(measures)
    assert all(one.title in "".join(texts(svg)) for one in measures)


def test_each_source_and_metric_is_a_series_with_a_colour():
    rows = [week(0, 1, 2), week(0, 3, 4, source=1), week(1, 1, 2), week(1, 3, 4, source=1)]
    dataset = weeks(measures=(COST, SALES))
    dataset = replace(dataset, points=tuple(rows), sources=("DE", "FR"))
    dataset = replace(dataset, days=Days(dataset.days.start, rows[-1].days.end))
    svg = picture(drawn(dataset, "line"))
    lines = marks(svg, "line")
    assert len({re.search(r'stroke="(#\w+)"', one).group(1) for one in lines}) == 4
    assert {"DE · Cost", "DE · Sales", "FR · Cost", "FR · Sales"} <= set(texts(svg))
    assert "DE · Cost" not in texts(picture(drawn(dataset, "line", showLegend=False)))


def test_a_single_series_has_no_legend():
    assert "role-legend" not in picture(drawn(weeks((1,), (2,)), "line"))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("dataset", [weeks(None, None), campaigns()])
def test_a_dataset_without_points_has_axes_and_says_so(kind, dataset):
    svg = picture(drawn(dataset, kind))
    assert "No data yet" in texts(svg)
    assert "role-axis" in svg


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_colour_can_be_told_from_what_is_behind_it(theme):
    colours = COLOURS[theme]
    behind = (colours.background, colours.shade)
    for one in (colours.text, colours.muted):
        assert all(contrast(one, other) >= 4.5 for other in behind), one
    for one in (*colours.series, colours.other, colours.withheld):
        assert contrast(one, colours.background) >= 3, one
    assert len(set(colours.series)) == len(colours.series)


def test_a_number_too_long_for_a_float_keeps_its_digits():
    digits = "9999999999999999999999999999.9999999999"
    row = drawn(weeks((digits,)), "bar")["data"]["values"][0]
    assert Decimal(row["digits"]) == Decimal(digits)
    assert isinstance(row["y"], float)
