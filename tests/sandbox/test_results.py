"""The local AMC's result files: every value comes back as it was, in AMC's way of writing."""

import re
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sandbox.sql import query
from sandbox.sql.query import Query
from tests.sandbox.amc_sql import Sql, parameter, read, text

HARD = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=12)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(value=HARD, alias=HARD.filter(lambda one: "\r" not in one and one.strip()))
def test_any_text_comes_back_as_it_was(sql: Sql, value: str, alias: str):
    result = sql.result(f"SELECT '{value.replace(chr(39), chr(39) * 2)}' AS a")
    content = text(result).removeprefix("a\n")
    assert _unquoted(content) == value
    given = {"declared": [parameter(alias, "STRING")], "parameters": {alias: value}}
    asked = alias.replace("'", "''")
    assert (
        _unquoted(text(sql.result(f"SELECT CUSTOM_PARAMETER('{asked}') AS a", **given))[2:])
        == value
    )


def _unquoted(line: str) -> str:
    field = line.removesuffix("\n")
    if field.startswith('"') and field.endswith('"') and len(field) > 1:
        return re.sub(r"\\(.)", r"\1", field[1:-1], flags=re.DOTALL)
    return field


def test_fields_are_written_as_amc_writes_them(sql: Sql):
    asked = r"""SELECT NULL AS n, '' AS e, 'a,b' AS c, 'say "hi"' AS q, 'back\slash' AS b,
        TRUE AS t, DATE '2026-01-02' AS d, CAST('2023-08-01 04:00:00' AS TIMESTAMP) AS ts,
        ARRAY['x', NULL] AS a, 0.5 AS f"""
    assert text(sql.result(asked)) == (
        "n,e,c,q,b,t,d,ts,a,f\n"
        r',"","a,b","say \"hi\"","back\\slash",true,2026-01-02,2023-08-01T04:00:00.000Z,'
        '"[x, null]",0.5\n'
    )
    tabs = text(sql.result("SELECT 'a,b' AS x, 'c' AS y", separator="\t", quote="'"))
    assert tabs == "x\ty\na,b\tc\n"


def test_a_result_can_be_split_and_every_part_has_the_header(sql: Sql, tmp_path: Path):
    asked = "SELECT campaign, COUNT(*) AS n FROM dsp_impressions GROUP BY 1"
    result = query.run(Query(asked), sql.warehouse, tmp_path / "r.csv", timeout=60, split_rows=2)
    assert [path.name for path in result.paths] == ["r.csv", "r-2.csv", "r-3.csv"]
    assert [path.read_text().splitlines()[0] for path in result.paths] == ["campaign,n"] * 3
    assert result.row_count == 5
    assert read(result) == read(sql.result(asked))
    empty = query.run(
        Query(asked + " HAVING COUNT(*) < 0"),
        sql.warehouse,
        tmp_path / "e",
        timeout=60,
        split_rows=2,
    )
    assert (text(empty), empty.row_count, len(empty.paths)) == ("campaign,n\n", 0, 1)
