"""Exports that people look at: pages and pictures with the numbers of the page and no clock."""

import io
from datetime import date
from decimal import Decimal
from typing import Any

import openpyxl
import pypdf
import pytest

from domain import db, ids, models
from domain.calendar import units
from domain.charts.datasets import Cell, Coverage, Dataset, Measure, Point
from domain.charts.display import Display
from domain.charts.formats import value_of
from domain.dashboards.configs import Position
from domain.exports import documents, drawing_process, pictures
from domain.exports.contents import Content, Part
from domain.exports.layout import bands
from domain.exports.options import Options
from tests.exports.exports import CREATE, LINK, READ, export, fetched, furnish, made, set_all

WIDGETS = "query($id: ID!) { dashboard(id: $id) { widgets { id title } } }"


async def test_a_dashboard_as_a_document_and_pictures(ask, do, board, report):
    await furnish(ask, board, report["id"])
    async with db.owner_transaction() as session:
        of = {
            "dashboard_id": ids.decode("dash", board),
            "report_id": ids.decode("rpt", report["id"]),
        }
        told = models.DashboardInsight(
            insight_type="trend", insight_text="Cost *fell* by 12 %.", **of
        )
        session.add(told)
    pdf = await made(ask, do, export("PDF", dashboardId=board))
    document = pypdf.PdfReader(io.BytesIO(pdf["content"]))
    text = "\n".join(page.extract_text() for page in document.pages)
    for shown in (
        *("Board", "2 – 22 Mar 2026"),
        *("Cost by week", "Shaded: no data.", "$250.50", "=1+1", "日本語", "🎉", "3.99"),
        *("withheld by privacy", "Read *this* #first", "14 of 21 days known", "No data yet"),
        *("Insights", "Cost *fell* by 12 %."),
        *("1 Nov 2026, 06:30 UTC", "Where these numbers come from", "Campaigns of the week"),
    ):
        assert shown in text
    assert "Cost by week" in {one.title for one in document.outline[1] if not isinstance(one, list)}
    assert document.metadata is not None
    assert (document.metadata.title, document.metadata.creation_date) == ("Board", None)
    assert "/StructTreeRoot" in document.trailer["/Root"], "it is tagged"
    again = await made(ask, do, export("PDF", dashboardId=board))
    assert again["checksum"] == pdf["checksum"]

    keys = {one["title"]: one["id"] for one in (await ask(WIDGETS, id=board))["widgets"]}
    svg = await made(ask, do, export("SVG", widgetId=keys["Cost by week"]))
    assert b">Cost by week</text>" in svg["content"]
    assert svg["fileName"] == "Cost by week 2026-03-02 to 2026-03-22.svg"
    asked = export("PNG", widgetId=keys["Cost by week"], options={"scale": 2})
    picture = (await made(ask, do, asked))["content"]
    assert int.from_bytes(picture[16:20], "big") == 2 * pictures.WIDTH
    empty = await made(ask, do, export("SVG", widgetId=keys["Nobody"]))
    assert len(empty["missingParts"]) == 1

    drawing_process._painter(False)._process.kill()
    asked = export("PNG", dashboardId=board, options={"theme": "DARK"})
    key = (await ask(CREATE, export=asked))["id"]
    await do()
    await set_all("lease_until = NULL")
    await do()
    assert (await ask(READ, id=key))["state"] == "COMPLETED", "another process draws it"
    link = (await ask(LINK, id=key))["download"]["url"]
    assert (await fetched(link)).content.startswith(b"\x89PNG")


async def test_numbers_are_written_as_the_language_writes_them(ask, do, board, report):
    await furnish(ask, board, report["id"])
    german = {"numberLanguage": "DE_DE"}
    pdf = await made(ask, do, export("PDF", dashboardId=board, options=german))
    pages = pypdf.PdfReader(io.BytesIO(pdf["content"])).pages
    text = "\n".join(one.extract_text() for one in pages).replace("\u00a0", " ")
    assert "250,50 $" in text, "the card"
    assert "3,99" in text, "a ratio in the table"
    assert "$250" not in text
    again = await made(ask, do, export("PDF", dashboardId=board, options=german))
    assert again["checksum"] == pdf["checksum"]

    keys = {one["title"]: one["id"] for one in (await ask(WIDGETS, id=board))["widgets"]}
    svg = await made(ask, do, export("SVG", widgetId=keys["Cost by week"], options=german))
    assert ">150\u00a0$</text>" in svg["content"].decode(), "the axis"
    book = await made(ask, do, export("XLSX", dashboardId=board, options=german))
    sheet = openpyxl.load_workbook(io.BytesIO(book["content"]))["Cost by week"]
    assert (sheet["B5"].value, sheet["B5"].number_format) == (100.25, '#,##0.00"\u00a0$"')
    files = [
        await made(ask, do, export("CSV", dashboardId=board, options=one)) for one in ({}, german)
    ]
    assert files[0]["checksum"] == files[1]["checksum"], "files for programs have no language"


@pytest.mark.parametrize(
    ("value", "unit", "decimals", "expected"),
    [
        ("1234.5", "currency", None, "$1,234.50"),
        ("-5", "currency", None, "−$5.00"),
        ("1234.5", "count", None, "1,235"),
        ("3.9909297052", "ratio", None, "3.99"),
        ("4.0000000000", "ratio", None, "4.00"),
        ("0.12345", "percent", None, "12.35%"),
        ("0.5", "percent", 1, "50.0%"),
        ("12", "seconds", None, "12.0 s"),
    ],
)
def test_values_are_shown_as_the_page_shows_them(value, unit, decimals, expected):
    measure = Measure("m", "M", unit, "additive", "USD" if unit == "currency" else None)
    assert value_of(Cell(Decimal(value)), measure, decimals) == expected


@pytest.mark.parametrize("orientation", ["landscape", "portrait"])
def test_what_is_higher_than_a_page_is_not_cut_off(tmp_path, orientation):
    days = units.period("weekly", date(2026, 3, 2), "monday").days
    known = Coverage(7, 7)
    cells = (Cell(Decimal(10)), Cell(Decimal("0.5")))
    points = (Point(0, days, None, cells, known, value=f"Campaign {n}") for n in range(60))
    measures = (
        Measure("cost", "Cost", "currency", "additive"),
        Measure("rate", "Rate", "percent", "ratio"),
    )
    bars = Dataset(measures, ("R",), "weekly", tuple(points), days, dimension="campaign")
    words = "\n".join(f"Line {n} of a text that goes on and on" for n in range(130))
    parts = [
        Part("Bars", "chart", "bar", Display(), Position(x=0, y=0, width=12, height=4), bars),
        Part("Text", "text", None, Display(text=words), Position(x=0, y=4, width=3, height=4)),
    ]
    options = Options.model_validate({"orientation": orientation})
    documents.write(Content("Board", parts=parts), options, tmp_path / "export.pdf")
    pages = pypdf.PdfReader(tmp_path / "export.pdf").pages
    text = "".join(one.extract_text() for one in pages)
    assert all(f"Line {n} of" in text for n in range(130))
    told, heights = zip(*texts(pages[0]), strict=True)
    for number in range(60):
        assert "".join(told).count(f"Campaign{number}") >= 2, "once for each metric, on page one"
    assert min(heights) > 20
    assert max(heights) < pages[0].mediabox.height - 36


def texts(page: Any) -> list[tuple[str, float]]:
    """The texts of a page, each with its height above the lower edge."""
    found: list[tuple[str, float]] = []

    def note(text: str, matrix: Any, own: Any, *rest: Any) -> None:
        if text.strip():
            found.append((text.strip(), matrix[5] + matrix[3] * own[5]))

    page.extract_text(visitor_text=note)
    return found


def test_widgets_stand_as_on_the_grid():
    def part(x: int, y: int, width: int, height: int) -> Part:
        place = Position(x=x, y=y, width=width, height=height)
        return Part("", "text", None, Display(), place)

    placed = bands([part(0, 0, 6, 4), part(6, 0, 6, 2), part(6, 2, 6, 2), part(0, 4, 12, 2)])
    assert [[column.parts for column in one.columns] for one in placed] == [[[0], [1, 2]], [[3]]]
    assert [column.width for column in placed[0].columns] == [6, 6]
