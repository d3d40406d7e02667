"""What people have written is text in a chart, whatever it looks like; and a chart in words."""

import re
from dataclasses import replace
from html import unescape

import orjson
import pytest

from domain.charts import charts
from domain.charts.datasets import Coverage, Measure
from tests.charts.charts import (
    SALES,
    UNITS,
    campaign,
    campaigns,
    cells,
    compiled,
    drawn,
    picture,
    texts,
    week,
    weeks,
)

MARK = "EVIL"
HOSTILE = [
    "EVIL\"'\\</script><img onerror=EVIL>",
    "datum['EVIL'];a.EVIL[0]'+EVIL+'",
    '{"expr":"EVIL"}',
]
KINDS = ("line", "bar", "pie", "scatter", "area", "funnel")
READ = (
    "expr",
    "signal",
    "test",
    "labelExpr",
    "calculate",
    "filter",
    "update",
    "init",
    "url",
    "href",
)


def _datasets(name: str):
    measure = Measure(name, name, "count", "additive")
    other = Measure(f"{name} b", f"{name} b", "count", "additive")
    pair = {"measures": (measure, other), "sources": (name, f"{name} 2")}
    yield campaigns(campaign(name, 3, 4), campaign("B", None, 2), dimension=name, **pair)
    yield campaigns(campaign(name, 3), campaign("B", 1), measures=(measure,), dimension=name)
    rows = [week(0, 1, 2, value=name), week(1, 1, None, value=name, previous=cells(1, 2))]
    yield weeks(*rows, dimension=name, **pair)
    split = [week(0, 1, 2, value=name), week(0, 1, 2, value="B"), week(0, 3, 4, source=1)]
    yield replace(weeks((1, 2), dimension=name, **pair), points=tuple(split))


def _read(value, key=""):
    """Every string that Vega would read as more than text."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _read(inner, name)
    elif isinstance(value, list):
        for inner in value:
            yield from _read(inner, key)
    elif isinstance(value, str) and key in READ:
        yield value


@pytest.mark.parametrize("hostile", HOSTILE)
@pytest.mark.parametrize("kind", KINDS)
def test_a_name_is_never_read_as_an_expression(kind, hostile):
    for dataset in _datasets(hostile):
        spec = drawn(dataset, kind, hostile, xTitle=hostile, yTitle=hostile, stacked=True)
        for form in (spec, compiled(spec)):
            assert not [one for one in _read(form) if MARK in one]
    assert hostile in [unescape(one) for one in texts(picture(spec))]


@pytest.mark.parametrize("kind", KINDS)
def test_a_chart_names_no_address_and_no_key_of_its_tooltips(kind):
    for dataset in _datasets("image"):
        spec = drawn(dataset, kind, "A title")
        assert re.findall(rb"https?:|data:", orjson.dumps(spec)) == [b"https:"]  # the schema's name
        titles = set(re.findall(r'"title":\s*"([^"]*)"', orjson.dumps(_tooltips(spec)).decode()))
        assert titles
        assert not titles & {"image", "title"}


def _tooltips(value):
    if isinstance(value, dict):
        own = [value["tooltip"]] if "tooltip" in value else []
        return own + [one for inner in value.values() for one in _tooltips(inner)]
    return [one for inner in value for one in _tooltips(inner)] if isinstance(value, list) else []


def test_a_long_title_is_wrapped_and_loses_no_word():
    title = "Sales of the campaigns of all brands in Germany, Austria and Switzerland by week"
    spec = drawn(weeks((1,)), "line", title)
    assert " ".join(spec["title"]["text"]) == title
    assert all(len(one) <= 46 for one in spec["title"]["text"])


@pytest.mark.parametrize(
    ("dataset", "kind", "text"),
    [
        (weeks(None), "line", "T: line chart, 5 – 11 Jan 2026. No data yet."),
        (
            weeks((10,), (30,), (20,)),
            "line",
            "T: line chart, 5 – 25 Jan 2026. Clicks: latest 20 (19 – 25 Jan 2026), highest 30 "
            "(12 – 18 Jan 2026), lowest 10 (5 – 11 Jan 2026); up 100.0% since the first period.",
        ),
        (
            weeks((10, 5), (30, 5), measures=(UNITS["count"], UNITS["users"])),
            "line",
            "T: line chart, 5 – 18 Jan 2026. Clicks: latest 30 (12 – 18 Jan 2026), highest 30 "
            "(12 – 18 Jan 2026), lowest 10 (5 – 11 Jan 2026); up 200.0% since the first period. "
            "Reach: latest 5 (12 – 18 Jan 2026), highest 5 (5 – 11 Jan 2026), lowest 5 (5 – 11 Jan "
            "2026); unchanged since the first period.",
        ),
        (
            weeks(
                week(0, 1, value="sponsored_display"),
                week(0, 2, value="dsp"),
                dimension="ad_product_type",
            ),
            "line",
            "T: line chart, 5 – 18 Jan 2026. Clicks of Sponsored Display: latest 1 (5 – 11 Jan "
            "2026). Clicks of DSP: latest 2 (5 – 11 Jan 2026).",
        ),
        (
            weeks(
                (None,), week(1, 5, is_provisional=True), coverage=Coverage(14, 14, suppressed=7)
            ),
            "area",
            "T: area chart, 5 – 18 Jan 2026. Clicks: latest 5 (12 – 18 Jan 2026). 7 of 14 days "
            "have no data. Some values are missing: withheld by privacy. Some values are "
            "provisional.",
        ),
        (
            campaigns(campaign("A", 5), campaign("B", 3), campaign(None, 9, is_other=True)),
            "pie",
            "T: pie chart, 1 – 31 Jan 2026. Sales: highest $5.00 (A), lowest $3.00 (B).",
        ),
        (
            campaigns(campaign("A", -1), measures=(SALES,)),
            "pie",
            "T: bar chart, 1 – 31 Jan 2026. Sales: highest −$1.00 (A).",
        ),
        (
            weeks((1, 1), measures=(UNITS["count"], UNITS["users"]), totals=(cells(200, 50),)),
            "funnel",
            "T: funnel chart, 5 – 11 Jan 2026. Clicks 200, then Reach 50 (−75.0%).",
        ),
    ],
)
def test_a_chart_is_told_in_words(dataset, kind, text):
    assert charts.alt_text(dataset, "chart", kind, "T.") == text
    assert drawn(dataset, kind, "T")["description"] == text


def test_a_title_names_the_periods_that_are_shown():
    by_month = replace(weeks((1,)), level="monthly")
    assert drawn(by_month, "line", "Sales by week")["title"]["text"] == "Sales by month"
    assert charts.alt_text(by_month, "chart", "line", "Sales by week").startswith("Sales by month:")
    by_campaign = campaigns(campaign("A", 5))
    assert drawn(by_campaign, "bar", "Sales by week")["title"]["text"] == "Sales by week"
