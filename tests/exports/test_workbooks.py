"""Excel workbooks: numbers are the API's to the last digit, text is text, charts are native."""

import io

import openpyxl
import pytest

from domain.charts.datasets import Measure
from domain.exports import sheets, workbooks
from domain.exports.scans import Table, TooManyRows
from tests.exports.exports import export, furnish, made
from tests.numbers.numbers import NUMBERS, chart, keep, put, week


async def test_a_dashboard_as_a_workbook(ask, do, board, report):
    await furnish(ask, board, report["id"])
    found = await made(ask, do, export("XLSX", dashboardId=board))
    book = openpyxl.load_workbook(io.BytesIO(found["content"]))
    titles = ["Cost by week", "Campaigns", "Cost", "Note", "Nobody"]
    assert book.sheetnames == [*titles, "About"]

    widgets = {one["title"]: one for one in (await ask(NUMBERS, id=board))["widgets"]}
    weeks = book["Cost by week"]
    shown = [row[1].value for row in weeks.iter_rows(min_row=5)]
    points = widgets["Cost by week"]["data"]["points"]
    assert shown == [one["cells"][0]["value"] and float(one["cells"][0]["value"]) for one in points]
    assert weeks["B5"].number_format == '"$"#,##0.00'
    assert weeks["C7"].value == "Cost: withheld by privacy"
    (drawn,) = weeks._charts
    assert drawn.series[0].val.numRef.f == "'Cost by week'!$B$5:$B$7"
    assert weeks.freeze_panes == "B5"

    table = [[cell.value for cell in row] for row in book["Campaigns"].iter_rows(min_row=4)]
    assert table[0][:3] == ["Campaign", "Cost", "ROAS"]
    assert [row[0] for row in table[1:]] == ["=1+1", "日本語 🎉", "(withheld by privacy)", "Total"]
    cells = [one["cells"] for one in widgets["Campaigns"]["data"]["points"]]
    cells += [one["cells"] for one in widgets["Campaigns"]["data"]["totals"]]
    assert [row[1:3] for row in table[1:]] == [
        [float(cell["value"]) for cell in row] for row in cells
    ]
    assert book["Campaigns"]["A5"].data_type == "s", "it is text, no formula"
    assert book["Nobody"]["A2"].value.startswith("No data of")
    about = [row[0].value for row in book["About"].iter_rows()]
    assert {"Board", "Days", "Numbers as of", "Not shown", "Campaigns of the week"} <= set(about)

    again = await made(ask, do, export("XLSX", dashboardId=board))
    assert again["checksum"] == found["checksum"]
    rows = await made(ask, do, export("XLSX", reportId=report["id"]))
    sheet = openpyxl.load_workbook(io.BytesIO(rows["content"]))["Rows"]
    assert [cell.value for cell in sheet[1]][:4] == ["level", "period", "first_day", "last_day"]
    assert sheet.max_row == 1 + 4 + 4 + 7, "a row for each metric of each week"


async def test_a_funnel_has_the_totals_of_the_page_and_a_chart(ask, do, board, report):
    for number in (10, 11):
        await keep(report["id"], week(number), {"impressions": "700", "clicks": f"{number}"})
    stages = {"metrics": ["impressions", "clicks"], "range": {"periods": 2}}
    await put(ask, board, chart(report["id"], "Stages", "FUNNEL", **stages))
    found = await made(ask, do, export("XLSX", dashboardId=board))
    sheet = openpyxl.load_workbook(io.BytesIO(found["content"]))["Stages"]
    widget = (await ask(NUMBERS, id=board))["widgets"][-1]
    totals = [float(one["value"]) for one in widget["data"]["totals"][0]["cells"]]
    rows = [[cell.value for cell in row[:2]] for row in sheet.iter_rows(min_row=4)]
    titles = [one["title"] for one in widget["data"]["measures"]]
    assert rows == [
        ["Stage", "Total"],
        *map(list, zip(titles, totals, strict=True)),
    ]
    assert totals == [1400, 21]
    (drawn,) = sheet._charts
    assert drawn.series[0].val.numRef.f == "Stages!$B$5:$B$6"
    assert (sheet.page_setup.orientation, sheet.page_setup.fitToHeight) == ("landscape", 0)


def test_rows_have_no_clock_and_no_formula(tmp_path):
    (tmp_path / "in").mkdir()
    path = tmp_path / "in" / "rows.csv"
    path.write_text('a,b,c\n"=1+1",9007199254740993,0.5\n,1,2\n')
    table = Table(f"read_csv('{path}')", path)
    for number in range(2):
        sheets.write(table, tmp_path / f"{number}.xlsx")
    assert (tmp_path / "0.xlsx").read_bytes() == (tmp_path / "1.xlsx").read_bytes()
    sheet = openpyxl.load_workbook(tmp_path / "0.xlsx")["Rows"]
    assert [[cell.value for cell in row] for row in sheet.iter_rows()] == [
        ["a", "b", "c"],
        ["=1+1", "9007199254740993", 0.5],
        [None, 1, 2],
    ]
    assert sheet["A2"].data_type in ("s", "inlineStr")


def test_a_sheet_has_an_end(tmp_path, monkeypatch):
    monkeypatch.setattr(sheets, "MOST_ROWS", 2)
    table = Table("range(3) t(i)", tmp_path / "none")
    with pytest.raises(TooManyRows, match="3 rows"):
        sheets.write(table, tmp_path / "many.xlsx")


def test_names_of_sheets_are_accepted_and_unique():
    titles = ["A/B: [c]*?\\", "Costs", "costs", "'", "About", "x" * 40, "x" * 41]
    assert workbooks._sheet_names(titles) == [
        *("A B c", "Costs", "costs 2", "Widget", "About 2", "x" * 31, "x" * 29 + " 2"),
    ]


@pytest.mark.parametrize(
    ("unit", "currency", "decimals", "expected"),
    [
        ("currency", "EUR", None, '"€"#,##0.00'),
        ("currency", None, None, "#,##0.00"),
        ("count", None, None, "#,##0"),
        ("count", None, 2, "#,##0.00"),
        ("percent", None, None, "0.00%"),
        ("percent", None, 1, "0.0%"),
        ("ratio", None, None, "#,##0.00"),
    ],
)
def test_numbers_have_the_format_of_their_unit(unit, currency, decimals, expected):
    measure = Measure("m", "M", unit, "additive", currency)
    assert workbooks.number_format(measure, decimals) == expected
