"""Bars, pies, funnels and scatters: what is beside, on and after each other."""

import re
from dataclasses import replace
from typing import Any

import pytest

from domain.charts.datasets import Dataset, Measure, Point
from domain.charts.themes import COLOURS
from tests.charts.charts import (
    SALES,
    UNITS,
    bars,
    campaign,
    campaigns,
    cells,
    drawn,
    marks,
    picture,
    texts,
    week,
    weeks,
)

REACH = UNITS["users"]
CLICKS, COST, ROAS = (UNITS[one] for one in ("count", "currency", "ratio"))


def test_the_rest_comes_last_and_grey_and_what_privacy_took_is_named():
    rest = campaign(None, 9, is_other=True)
    rows = [rest, campaign("(other)", 5), campaign(None, 4), campaign("", 3)]
    spec = drawn(campaigns(*rows), "bar")
    svg = picture(spec)
    names = ["(other)", "withheld by privacy", "(empty)", "(other) (2)"]
    assert [one for one in texts(svg) if one in names] == names
    own, withheld, empty, other = bars(svg)
    light = COLOURS["light"]
    assert light.series[0] in own
    assert light.series[0] in empty
    assert light.withheld in withheld
    assert light.other in other


def test_a_bar_that_cannot_be_drawn_says_why():
    svg = picture(drawn(campaigns(campaign("A", 3), campaign("B", None)), "bar"))
    assert len(bars(svg)) == 1
    assert "withheld by privacy" in texts(svg)


def test_bars_are_stacked_only_where_they_add_up():
    def dataset(last, measure=SALES):
        rows = [week(0, 1, value="A"), week(0, last, value="B")]
        made = weeks(measures=(measure,), dimension="campaign")
        return replace(made, points=tuple(rows), days=rows[0].days)

    stacked, missing, negative, reach = (
        picture(drawn(one, "bar", stacked=True))
        for one in (dataset(2), dataset(None), dataset(-1), dataset(2, REACH))
    )
    assert "Not stacked" not in " ".join(texts(stacked))
    assert "×: no value." in " ".join(texts(missing))
    assert "Not stacked: some values are negative." in " ".join(texts(negative))
    assert "Not stacked: the values cannot be added up." in " ".join(texts(reach))


def test_areas_stack_what_is_there_and_mark_what_is_missing():
    """Of A all weeks are known, of B every other one: B is three points on top of A."""
    rows = [week(n, 10, value="A") for n in range(5)]
    rows += [week(n, None if n % 2 else 4, value="B") for n in range(5)]
    made = weeks((1,), (1,), (1,), (1,), (1,), measures=(SALES,), dimension="campaign")
    svg = picture(drawn(replace(made, points=tuple(rows)), "area", stacked=True))
    assert "×: no value." in texts(svg)
    assert "Not stacked" not in " ".join(texts(svg))
    seen = [one for one in marks(svg, "symbol") if 'opacity="1"' in one]
    assert ["Value: $4.00" in one for one in seen] == [True, True, True, False, False]
    assert all("series: B" in one for one in seen)


def test_a_pie_has_a_slice_for_each_value_with_its_share():
    rows = [campaign("A", 60), campaign("B", 30), campaign(None, 10, is_other=True)]
    svg = picture(drawn(campaigns(*rows), "pie"))
    assert len(marks(svg, "arc")) == 3
    assert {"60.0%", "30.0%", "10.0%", "A", "B", "(other)"} <= set(texts(svg))


@pytest.mark.parametrize(
    ("kind", "dataset", "why"),
    [
        (
            "pie",
            campaigns(campaign("A", -1), campaign("B", 2)),
            "a pie cannot show negative values",
        ),
        (
            "pie",
            campaigns(campaign("A", 1), measures=(REACH,)),
            "the values are not parts of a whole",
        ),
        (
            "pie",
            campaigns(campaign("A", 1), measures=(ROAS,)),
            "the values are not parts of a whole",
        ),
        (
            "pie",
            campaigns(*[campaign(str(n), 1) for n in range(13)]),
            "a pie shows at most 12 slices",
        ),
        ("pie", campaigns(campaign("A", 0)), "all values are zero"),
        ("pie", weeks((1,), (2,)), "a pie needs a dimension and no periods"),
        ("funnel", weeks((1, 2), measures=(CLICKS, COST)), "the stages of a funnel must be counts"),
        ("funnel", weeks((1,)), "a funnel needs at least two stages"),
        ("scatter", weeks((1,)), "a scatter chart needs two metrics"),
        ("line", campaigns(campaign("A", 1)), "a line needs periods"),
    ],
)
def test_a_shape_that_would_mislead_is_drawn_as_bars_and_says_so(kind, dataset, why):
    svg = picture(drawn(dataset, kind))
    assert bars(svg)
    assert any(why in one for one in texts(svg))
    assert not marks(svg, "arc")


def test_a_funnel_tells_what_is_lost_from_stage_to_stage():
    titles = ["Impressions", "Clicks", "Views", "Purchases"]
    measures = tuple(Measure(one.lower(), one, "count", "additive") for one in titles)
    totals = (cells(1_000_000, 10_000, None, 25),)
    dataset = weeks((1, 1, 1, 1), (1, 1, 1, 1), measures=measures, totals=totals)
    svg = picture(drawn(dataset, "funnel"))
    said = ["1,000,000", "10,000 · −99.0%", "withheld by privacy", "25"]
    assert [one for one in texts(svg) if one in said] == said
    assert len(bars(svg)) == 4


def test_a_scatter_has_a_point_where_both_metrics_have_a_value():
    rows = [campaign("A", 1, 10), campaign("B", 2, None), campaign("C", 3, 30, is_provisional=True)]
    svg = picture(drawn(campaigns(*rows, measures=(COST, SALES)), "scatter"))
    points = marks(svg, "symbol")
    assert ["Across: Cost: $3.00; Up: Sales: $30.00" in one for one in points] == [False, True]
    assert "Not drawn: 1 without a value." in " ".join(texts(svg))


def test_a_value_has_one_colour_in_charts_that_are_ordered_by_different_metrics():
    first = [campaign("A", 60), campaign("B", 30), campaign(None, 5), campaign("C", 10)]
    pies = [drawn(campaigns(*rows), "pie") for rows in (first, first[::-1])]
    line = [week(n, 5, value=name) for n in (0, 1) for name in ("C", None, "A", "B")]
    over_time = drawn(over_weeks(line), "line")
    found = [_tints(spec) for spec in (*pies, over_time)]
    assert found[0] == found[1] == found[2]
    assert len(set(found[0].values())) == 4


def test_colours_that_are_used_again_are_lines_of_another_pattern():
    names = [f"{n:02}" for n in range(12)]
    points = [week(n, 5, value=name) for name in names[::-1] for n in (0, 1)]
    svg = picture(drawn(over_weeks(points), "line"))
    looks = {
        tuple(re.findall(r'stroke(?:-dasharray)?="([^"]*)"', one)) for one in marks(svg, "line")
    }
    assert len(looks) == 12


def over_weeks(points: list[Point]) -> Dataset:
    """Two weeks by campaign."""
    return replace(weeks(None, None), dimension="campaign", points=tuple(points))


def _tints(spec: dict[str, Any]) -> dict[str, str]:
    """The colour of each value."""
    (scale, *_) = (
        layer["encoding"]["color"]["scale"]
        for layer in spec["layer"]
        if "mark" in layer and "scale" in layer["encoding"].get("color", {})
    )
    return dict(zip(scale["domain"], scale["range"], strict=True))
