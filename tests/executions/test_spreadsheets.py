"""CSV files that people open in a spreadsheet: no cell runs, and no character is lost."""

import csv
import tempfile
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import httpx2
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from domain.executions import spreadsheets
from domain.executions.spreadsheets import CsvForm
from graph.app import app
from tests.executions.executions import RUN
from tests.views.views import files

STARTS = "=+-@\t\r\n＝＋－＠"
RAW = CsvForm(raw=True)
PLAIN = CsvForm()
# What shoppers type: words, signs that start a formula, quotes, separators and any other character.
SIGNS = st.sampled_from(
    [*STARTS, "'", '"', ",", ";", " ", "|", "#", "5", "é", "\N{LEFT-TO-RIGHT MARK}"]
)
WORDS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=8)
TERMS = st.lists(st.one_of(SIGNS, WORDS), max_size=6).map("".join)
DOWNLOAD = """
query($id: ID!, $raw: Boolean! = false, $mark: Boolean! = false) {
  execution(id: $id) { download(format: CSV, raw: $raw, byteOrderMark: $mark) { url } }
}
"""


def store(path: Path, rows: Sequence[tuple[str | None, Decimal | None]]) -> None:
    """Store search terms with their cost as a result."""
    with duckdb.connect() as connection:
        connection.execute("CREATE TABLE r (customer_search_term VARCHAR, cost DECIMAL(38,10))")
        connection.executemany("INSERT INTO r VALUES (?, ?)", [list(one) for one in rows])
        connection.execute(f"COPY r TO '{path}' (FORMAT parquet)")


def opened(path: Path, encoding: str = "utf-8") -> list[list[str]]:
    """The rows of a CSV file, without its header."""
    with path.open(newline="", encoding=encoding) as file:
        return list(csv.reader(file))[1:]


def written(rows: Sequence[tuple[str | None, Any]], form: CsvForm) -> list[list[str]]:
    with tempfile.TemporaryDirectory() as name:
        source, target = Path(name, "result.parquet"), Path(name, "result.csv")
        store(source, rows)
        spreadsheets.write(source, target, form)
        return opened(target, "utf-8-sig" if form.byte_order_mark else "utf-8")


@given(st.lists(TERMS, min_size=1, max_size=30), st.booleans())
@example(['=HYPERLINK("http://x.example","free")', "@SUM(1)", "\t=1", "\r=1", "+a", "-b"], True)
@settings(max_examples=60)
def test_no_search_term_runs_and_none_changes_otherwise(terms, marked):
    rows = [(term, Decimal(-number)) for number, term in enumerate(terms)]
    shown = written(rows, CsvForm(byte_order_mark=marked))
    assert [Decimal(cost) for _, cost in shown] == [cost for _, cost in rows]
    for term, (cell, _) in zip(terms, shown, strict=True):
        assert cell.removeprefix("'") == term.removeprefix("'")
        if cell != term:
            assert cell == f"'{term}"
            assert term[0] in STARTS
        if cell.startswith(tuple(STARTS)):
            assert Decimal(cell).is_finite(), "only a number may begin with a sign"

    raw = written(rows, CsvForm(raw=True, byte_order_mark=marked))
    assert [cell for cell, _ in raw] == terms


@pytest.mark.parametrize("number", ["-5", "+5", "-0.25", "+007"])
def test_a_number_in_a_column_of_text_stays(number):
    assert written([(number, None)], PLAIN) == [[number, ""]]


@pytest.mark.parametrize("formula", ["-5+5", "+49 30 1", "-1e5", "--5", "-5\n=1", "-"])
def test_what_only_begins_like_a_number_does_not_run(formula):
    assert written([(formula, None)], PLAIN) == [[f"'{formula}", ""]]


def test_a_header_does_not_run_either(tmp_path):
    source, target = tmp_path / "a.parquet", tmp_path / "a.csv"
    duckdb.sql('SELECT 1 AS "=1+1", \'x\' AS "@x"').write_parquet(str(source))
    spreadsheets.write(source, target, PLAIN)
    assert target.read_text() == "'=1+1,'@x\n1,x\n"
    spreadsheets.write(source, target, RAW)
    assert target.read_text() == "=1+1,@x\n1,x\n"


async def test_a_link_gives_the_form_that_was_asked_for(ask, report, work_until_done, tmp_path):
    run = (await ask(RUN, id=report["id"]))["id"]
    await work_until_done()
    (stored,) = await files([run])
    store(stored, [("=1+1", Decimal("-2.5")), ("größe", None)])

    async def content(**form: bool) -> bytes:
        path = (await ask(DOWNLOAD, id=run, **form))["download"]["url"].split("/files/")[1]
        transport = httpx2.ASGITransport(app=app)
        async with httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            answer = await client.get(f"/files/{path}")
        assert answer.status_code == 200
        return bytes(answer.content)

    text = "customer_search_term,cost\n'=1+1,-2.5000000000\ngröße,\n"
    assert (await content()).decode() == text
    assert (await content(raw=True)).decode() == text.replace("'", "")
    marked = await content(mark=True)
    assert marked.startswith(b"\xef\xbb\xbf")
    assert marked.decode("utf-8-sig") == text
