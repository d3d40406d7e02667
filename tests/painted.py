"""What the API says of a dashboard with every type of widget, made up."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, Literal

from domain import charts
from domain.frames import Cell, Coverage, Frame, Measure, Point
from domain.widget_configs import Display

START = date(2026, 8, 3)
WEEKS = 12
COST = Measure("cost", "Cost", "currency", "additive", "USD")
CLICKS = Measure("clicks", "Clicks", "count", "additive")
REACH = Measure("reach", "Reach", "users", "distinct")
AS_OF = datetime(2026, 11, 1, 6, 30, tzinfo=UTC)


def frame(*measures: Measure, dimension: str | None = None, over_time: bool = True) -> Frame:
    """Twelve weeks, or five campaigns; the newest week is provisional and one is missing."""
    week = timedelta(days=7)
    points = []
    for n in range(WEEKS if dimension is None else 5):
        start = START + (week * n if dimension is None else timedelta(0))
        cells = tuple(
            Cell(None, "MISSING")
            if n == 3 and dimension is None
            else Cell(Decimal(1000 + 137 * n * (1 + at) - 40 * (n % 3)))
            for at, _ in enumerate(measures)
        )
        points.append(
            Point(
                source=0,
                start=start,
                end=start + (week if dimension is None else week * WEEKS),
                key=f"{start:%G-W%V}" if dimension is None else None,
                cells=cells,
                coverage=Coverage(7, 7) if n != 3 else Coverage(7, 0, missing=7),
                value=None if dimension is None else f"Campaign <b>{n + 1}</b>",
                is_provisional=n == WEEKS - 1,
            )
        )
    return Frame(
        measures=measures,
        sources=("Campaigns of the week",),
        level="weekly",
        points=tuple(points),
        start=START,
        end=START + week * WEEKS,
        dimension=dimension,
        over_time=over_time,
        totals=(tuple(Cell(Decimal("18423.5") * (at + 1)) for at, _ in enumerate(measures)),),
        coverage=Coverage(84, 77, missing=7),
        is_provisional=True,
        suppressed_share=Decimal("0.042"),
        as_of=AS_OF,
    )


def data(
    made: Frame,
    title: str = "",
    chart_type: str | None = None,
    theme: Literal["light", "dark"] = "light",
    previous: list[Any] | None = None,
) -> dict[str, Any]:
    """The frame, as the graph has it."""
    chart = None
    if chart_type:
        chart = charts.draw(made, "chart", chart_type, title, Display(), theme)

    def cells(given: tuple[Cell, ...]) -> list[dict[str, Any]]:
        return [
            {"value": None if one.value is None else str(one.value), "state": one.state}
            for one in given
        ]

    return {
        "measures": [
            {
                "name": one.name,
                "title": one.title,
                "unit": one.unit,
                "kind": one.kind,
                "currency": one.currency,
            }
            for one in made.measures
        ],
        "sources": list(made.sources),
        "level": made.level.upper(),
        "start": made.start.isoformat(),
        "end": made.end.isoformat(),
        "dimension": made.dimension,
        "comparison": "PREVIOUS_PERIOD" if previous else None,
        "points": [
            {
                "source": one.source,
                "key": one.key,
                "start": one.start.isoformat(),
                "end": one.end.isoformat(),
                "value": one.value,
                "isOther": one.is_other,
                "cells": cells(one.cells),
            }
            for one in made.points
        ],
        "totals": [{"cells": cells(one), "previous": previous} for one in made.totals],
        "coverage": {"days": 84, "covered": 77, "suppressed": 0, "gap": 0},
        "isProvisional": made.is_provisional,
        "suppressedShare": str(made.suppressed_share),
        "asOf": AS_OF.isoformat(),
        "unserved": None,
        "chart": chart,
        "altText": charts.alt_text(made, "chart", chart_type, title) if chart_type else None,
    }


def unserved(code: str, message: str) -> dict[str, Any]:
    """A widget without numbers."""
    return {"unserved": {"code": code, "message": message}}


def dashboard(theme: Literal["light", "dark"] = "light") -> dict[str, Any]:
    """All of it."""

    def at(x: int, y: int, width: int, height: int) -> dict[str, int]:
        return {"x": x, "y": y, "width": width, "height": height}

    def widget(type: str, title: str, position: dict[str, int], data: Any, **display: Any) -> Any:
        return {
            "id": f"wgt_{position['x']:02}{position['y']:02}",
            "type": type,
            "title": title,
            "position": position,
            "display": display,
            "data": data,
        }

    def card(title: str, x: int, measure: Measure, before: str | None) -> Any:
        previous = [{"value": before, "state": "VALUE"}] if before else None
        return widget("METRIC_CARD", title, at(x, 1, 3, 2), data(frame(measure), previous=previous))

    def chart(title: str, position: dict[str, int], kind: str, made: Frame) -> Any:
        return widget("CHART", title, position, data(made, title, kind, theme))

    return {
        "name": "Campaign performance",
        "description": "What the campaigns cost, and what they brought.",
        "widgets": [
            widget(
                "TEXT",
                "How to read this",
                at(0, 0, 12, 1),
                unserved("NO_DATA", "A text has no numbers."),
                text="Weeks are whole weeks from Monday.\nThe newest one may <i>still</i> change.",
            ),
            card("Cost", 0, COST, "16000.25"),
            card("Clicks", 3, CLICKS, "20000"),
            card("Reach", 6, REACH, None),
            widget(
                "METRIC_CARD",
                "Sales",
                at(9, 1, 3, 2),
                unserved("NO_DATA", "Nothing of this report has been collected in these weeks."),
            ),
            chart("Cost and clicks", at(0, 3, 8, 4), "line", frame(COST, CLICKS)),
            chart(
                "Clicks by campaign",
                at(8, 3, 4, 4),
                "bar",
                frame(CLICKS, dimension="campaign", over_time=False),
            ),
            widget("TABLE", "Weeks", at(0, 7, 6, 6), data(frame(COST, CLICKS))),
            chart(
                "Share of clicks",
                at(6, 7, 6, 4),
                "pie",
                frame(CLICKS, dimension="campaign", over_time=False),
            ),
            widget(
                "CHART",
                "Somebody else's report",
                at(6, 11, 6, 2),
                unserved("NOT_SHARED", "The report it shows is not shared with you."),
            ),
        ],
    }
