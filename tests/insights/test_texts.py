"""Texts of insights: each number in them is one that they rest on, and codes have their names."""

import re
from dataclasses import replace
from datetime import date
from decimal import Decimal
from uuid import uuid4

import pytest

from domain.calendar.days import Days
from domain.dashboards.sources import WidgetSource
from domain.facts import run
from domain.facts.facts import Fact, Number, Subject
from domain.insights import phrases, texts
from domain.templates.metrics import ReportConfig
from tests.facts.simulated import Simulated, dashboard

NUMERAL = re.compile(r"(?<![A-Za-z\d])\d+(?:,\d{3})*(?:\.\d+)?")
NOVEMBER = Days(date(2026, 11, 2), date(2026, 11, 30))


def source(metrics: list[dict[str, str]]) -> WidgetSource:
    config = ReportConfig.model_validate({"metrics": metrics, "dimensions": ["ad_product_type"]})
    return WidgetSource(("rpt", uuid4()), "Ads", config, "UTC", uuid4(), "ATVPDKIKX0DER")


def source_of(simulated: Simulated) -> WidgetSource:
    """A source that declares the metrics of a simulated dashboard, but for two of its wholes."""
    measures = {one.measure.name: one.measure for one in simulated.board.series}
    parts = {"numerator": "revenue", "denominator": "spend"}
    return source(
        [
            {"name": name, "title": one.title, "kind": one.kind, "unit": one.unit}
            | (parts if one.kind == "ratio" else {})
            for name, one in measures.items()
            if name not in ("metric6", "metric7")
        ]
    )


def numerals(text: str) -> set[str]:
    return set(NUMERAL.findall(text))


@pytest.mark.parametrize("seed", range(1, 13))
def test_each_number_of_a_text_is_one_of_the_facts(seed):
    simulated = dashboard(seed)
    made = source_of(simulated)
    measures = [one.measure for one in simulated.board.series]
    percent = replace(measures[0], unit="percent", currency=None)
    for fact in run.run(simulated.board).facts:
        if fact.subject.metric in ("metric6", "metric7"):
            continue
        known = [fact.effect, *(one.value for one in fact.numbers)]
        known += [fact.interval.low, fact.interval.high] if fact.interval else []
        told = {phrases.share(one) for one in known}
        told |= {phrases.amount(one, measure) for one in known for measure in (*measures, percent)}
        told |= {phrases.about(one, measure) for one in known for measure in measures}
        told |= {phrases.span(fact.period, None), str(fact.n), str(fact.reach)}
        told |= {phrases.day(fact.period.start, None)}
        text = texts.text(fact, made, "weekly")
        assert numerals(text) <= numerals(" ".join(told)), text


def test_values_are_called_as_people_call_them():
    sales = {"name": "sales", "title": "Sales", "kind": "additive", "unit": "currency"}
    made = source([sales])
    subject = Subject("sales")
    comparison = Fact(
        kind="comparison",
        subject=subject,
        period=NOVEMBER,
        effect=Decimal("-0.2"),
        n=52,
        method="t test against the periods before",
        reach=4,
        by="ad_product_type",
        numbers=(
            Number("now", Decimal(8000)),
            Number("before", Decimal(10000)),
            Number("change", Decimal(-2000)),
            Number("contribution", Decimal(-1500), "sponsored_display"),
        ),
    )
    assert texts.text(comparison, made, "weekly", 2026) == (
        "Sales fell 20 % in the newest 4 weeks (2 November to 29 November), to 8,000 USD from "
        "10,000 USD in the 4 weeks before. Sponsored Display (−1,500 USD) made most of the "
        "difference."
    )
    shares = Number("share", Decimal("0.6"), "dsp"), Number("share", Decimal("0.25"), "none")
    concentration = Fact(
        kind="concentration",
        subject=Subject("sales", "ad_product_type"),
        period=NOVEMBER,
        effect=Decimal("0.85"),
        n=52,
        method="counted",
        numbers=(Number("values", Decimal(6)), *shares),
    )
    assert texts.text(concentration, made, "weekly", 2026) == (
        "By ad product, 85 % of Sales in the newest 52 weeks came from 2 of 6: DSP 60 % and none "
        "25 %."
    )
