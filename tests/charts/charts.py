"""Datasets to draw, and what is found in the picture."""

import re
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import vl_convert

from domain.calendar import units
from domain.calendar.days import Days
from domain.charts import charts
from domain.charts.datasets import Cell, Coverage, Dataset, Measure, Point
from domain.charts.display import Display

UNITS = {
    "count": Measure("clicks", "Clicks", "count", "additive"),
    "currency": Measure("cost", "Cost", "currency", "additive", "USD"),
    "percent": Measure("click_rate", "Click rate", "percent", "ratio"),
    "ratio": Measure("roas", "ROAS", "ratio", "ratio"),
    "users": Measure("reach", "Reach", "users", "distinct"),
    "seconds": Measure("delay", "Delay", "seconds", "none"),
}
SALES = Measure("sales", "Sales", "currency", "additive", "USD")
START = date(2026, 1, 5)  # a Monday
WHOLE = Coverage(7, 7)


def cells(*values: str | int | None) -> tuple[Cell, ...]:
    """A cell for each value. None stands for a withheld value."""
    return tuple(
        Cell(None, "SUPPRESSED") if one is None else Cell(Decimal(str(one))) for one in values
    )


def week(number: int, *values: Any, **more: Any) -> Point:
    """The point of a week. Week 0 starts on 5 January 2026."""
    start = START + timedelta(days=7 * number)
    period = units.period("weekly", start)
    more = {"source": 0, "coverage": WHOLE, **more}
    return Point(days=period.days, key=period.key, cells=cells(*values), **more)


def weeks(*rows: Any, measures: tuple[Measure, ...] = (UNITS["count"],), **more: Any) -> Dataset:
    """Consecutive weeks: each a tuple of values, a point, or None for no point."""
    points = [
        one if isinstance(one, Point) else week(number, *one)
        for number, one in enumerate(rows)
        if one is not None
    ]
    end = START + timedelta(days=7 * len(rows))
    more = {"sources": ("Weekly clicks",), "over_time": True, **more}
    return Dataset(
        measures=measures, level="weekly", points=tuple(points), days=Days(START, end), **more
    )


def campaigns(*rows: Point, measures: tuple[Measure, ...] = (SALES,), **more: Any) -> Dataset:
    """Values of a dimension over January."""
    more = {"sources": ("Campaigns",), "dimension": "campaign", **more}
    january = Days(date(2026, 1, 1), date(2026, 2, 1))
    return Dataset(measures=measures, level="monthly", points=rows, days=january, **more)


def campaign(name: str | None, *values: Any, **more: Any) -> Point:
    """A point of one value of the dimension."""
    more = {"source": 0, "coverage": Coverage(31, 31), **more}
    january = Days(date(2026, 1, 1), date(2026, 2, 1))
    return Point(days=january, key=None, cells=cells(*values), value=name, **more)


def drawn(
    dataset: Dataset, kind: str | None, title: str = "A title", **display: Any
) -> dict[str, Any]:
    """The Vega-Lite specification."""
    theme = display.pop("theme", "light")
    return charts.draw(dataset, "chart", kind, title, Display.model_validate(display), theme)


def compiled(spec: dict[str, Any]) -> dict[str, Any]:
    """The Vega specification that the browser draws."""
    return vl_convert.vegalite_to_vega(spec, vl_version="6.4")


def picture(spec: dict[str, Any]) -> str:
    """The SVG. Checks that every mark has a position and that it is a number."""
    sized = spec if "vconcat" in spec else {**spec, "width": 640}
    svg = vl_convert.vegalite_to_svg(sized, vl_version="6.4")
    for wrong in ("NaN", "undefined", "Infinity", ">null<"):
        assert wrong not in svg
    return svg


def texts(svg: str) -> list[str]:
    """The texts of a picture."""
    return re.findall(r"<text[^>]*>([^<]*)</text>", svg)


def marks(svg: str, kind: str) -> list[str]:
    """The marks of one kind outside of legends: symbol, rect, line, area, arc, text."""
    groups = re.findall(rf'<g class="mark-{kind} role-mark[^>]*>(.*?)</g>', svg, re.S)
    return [one for group in groups for one in re.findall(r"<path[^>]*>|<text[^>]*>", group)]


def bars(svg: str) -> list[str]:
    """The bars of a picture, by their descriptions."""
    return [one for one in marks(svg, "rect") if 'aria-roledescription="bar"' in one]


def contrast(one: str, other: str) -> float:
    """The contrast of two colours as WCAG 2 defines it, 1 to 21."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: str) -> float:
    parts = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (
        one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
