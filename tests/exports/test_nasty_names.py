"""Names that attack paths, spreadsheets, documents and drawings do no harm in any format."""

import csv
import io
import re
import zipfile
from xml.etree import ElementTree

import duckdb
import openpyxl
import pypdf

from domain import storage
from domain.executions.spreadsheets import STARTS
from tests.dashboards.dashboards import CREATE as BOARD
from tests.exports.exports import NONE, column, export, fetched, made
from tests.numbers.numbers import chart, keep, put, week

NASTY = (
    "../../etc/passwd",
    "=cmd|' /C calc'!A0",
    "@SUM(1+1)*cmd",
    "＝1+1",
    "CON",
    "\u202egnp.exe \u200f\u2066",
    '<script>alert("1")</script></text>',
    '#import "x": y; #read("/etc/passwd")',
    "https://example.com/?q=1",
    "x" * 255,
)
WIDGETS = "query($id: ID!) { dashboard(id: $id) { widgets { id title } } }"
STORED = re.compile(r"exports/[0-9a-f]{2}/[0-9a-f]{64}-[0-9a-f]{8}\.[a-z]+")
NUMBER = re.compile(r"[+-]?[0-9.]+")


async def test_names_do_no_harm_in_any_format(ask, do, report, tmp_path):
    board = (await ask(BOARD, dashboard={"name": NASTY[0]}))["id"]
    by = {"campaign": {name: {"cost": str(n + 1)} for n, name in enumerate(NASTY)}}
    await keep(report["id"], week(10), {"cost": "55"}, by)
    days = {"range": {"startDate": "2026-03-02", "endDate": "2026-03-08"}, "dimension": "campaign"}
    charts = [chart(report["id"], name, **days) for name in NASTY[:-1]]
    table = chart(report["id"], NASTY[-1], **days) | {"type": "TABLE"} | NONE
    await put(ask, board, *charts, table)
    found = {
        kind: await made(ask, do, export(kind, dashboardId=board))
        for kind in ("PDF", "PNG", "XLSX", "CSV", "PARQUET")
    }
    keys = [one["id"] for one in (await ask(WIDGETS, id=board))["widgets"]]
    drawings = [await made(ask, do, export("SVG", widgetId=key)) for key in (keys[1], keys[6])]

    for one in (*found.values(), *drawings):
        assert not set(one["fileName"]) & set('\\/:*?"<>|\0\u202e\u2066'), one["fileName"]
        assert one["fileName"][0] not in "=.~ @"
        named = (await fetched(one["url"])).headers["content-disposition"]
        assert named.startswith("attachment; filename")
    assert all(STORED.fullmatch(one) for one in await column("file_url"))
    assert {one.key async for one in storage.files()} == set(await column("file_url"))

    rows = list(csv.reader(io.StringIO(found["CSV"]["content"].decode())))
    cells = [cell for row in rows for cell in row if cell and not NUMBER.fullmatch(cell)]
    assert not [cell for cell in cells if cell.startswith(STARTS)]
    raw = await made(ask, do, export("CSV", dashboardId=board, options={"raw": True}))
    plain = {row["value"] for row in csv.DictReader(io.StringIO(raw["content"].decode()))}
    assert plain - {""} == set(NASTY), "programs read the names as they are"
    (tmp_path / "e.parquet").write_bytes(found["PARQUET"]["content"])
    values = duckdb.sql(f"SELECT DISTINCT value FROM '{tmp_path}/e.parquet'").fetchall()
    assert {one for (one,) in values} - {None} == set(NASTY)

    check_workbook(found["XLSX"]["content"])
    document = pypdf.PdfReader(io.BytesIO(found["PDF"]["content"]))
    assert not re.search(rb"/(JavaScript|JS|Launch|URI|OpenAction)\b", found["PDF"]["content"])
    text = "".join("".join(page.extract_text() for page in document.pages).split())
    assert "".join(NASTY[1].split()) in text
    assert "".join(NASTY[7].split()) in text
    for one in drawings:
        names = {
            element.tag.rpartition("}")[2] for element in ElementTree.XML(one["content"]).iter()
        }
        assert not names & {"script", "foreignObject", "a", "image", "use"}


def check_workbook(content: bytes) -> None:
    """Nothing in the workbook is a formula or leads outside of it."""
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        for name in parts.namelist():
            assert "external" not in name.lower()
            part = parts.read(name)
            assert b'TargetMode="External"' not in part
            if name.startswith("xl/worksheets/sheet"):
                assert b"<f>" not in part
    book = openpyxl.load_workbook(io.BytesIO(content))
    assert len(book.sheetnames) == len(NASTY) + 1
    assert {one.value for one in book.worksheets[-2]["A"]} >= set(NASTY[1:])
