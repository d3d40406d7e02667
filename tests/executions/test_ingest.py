"""What becomes of AMC's CSV: types, a checksum, a summary, and no lies."""

import gzip
import tempfile
from decimal import Decimal
from pathlib import Path
from string import ascii_lowercase
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.executions import ingest, parts
from domain.executions.ingest import Ingested
from domain.executions.parts import Unreadable

HEADER = "campaign_id,campaign,cost,filtered"


def convert(folder: Path, *texts: str, **amc: Any) -> Ingested | Unreadable:
    """What the parts become, for a query of campaign_id, campaign and cost."""
    paths = []
    for number, text in enumerate(texts):
        path = folder / f"part-{number:04}.csv"
        path.write_text(text)
        paths.append(path)
    told = {"data_gaps": [], "amc_columns": []} | amc
    try:
        return ingest.convert(paths, folder, HEADER.split(",")[:3], told, ("cost",))
    except Unreadable as unreadable:
        return unreadable


def good(folder: Path, *texts: str, **amc: Any) -> Ingested:
    found = convert(folder, *texts, **amc)
    assert isinstance(found, Ingested), found
    return found


def types(found: Ingested) -> dict[str, str]:
    return {column["name"]: column["type"] for column in found.summary["columns"]}


def test_a_result_has_types_totals_and_first_rows(tmp_path):
    found = good(tmp_path, f"{HEADER}\n007,Spring,12.50,false\n8,Summer,3,false\n")
    assert types(found) == {
        "campaign_id": "VARCHAR",
        "campaign": "VARCHAR",
        "cost": "DECIMAL(38,10)",
        "filtered": "BOOLEAN",
    }
    assert found.summary["totals"] == {"cost": "15.5"}
    assert found.summary["first_rows"][0] == ["007", "Spring", "12.5", False]
    assert (found.row_count, found.outcome) == (2, "DATA")
    assert found.campaigns[0] == {
        "campaign_id": "007",
        "campaign": "Spring",
        "ad_product_type": None,
    }


def test_the_order_of_rows_does_not_matter_to_the_checksum(tmp_path):
    one = good(tmp_path, f"{HEADER}\n1,A,1,false\n2,B,2,false\n")
    two = good(tmp_path, f"{HEADER}\n2,B,2,false\n1,A,1,false\n")
    other = good(tmp_path, f"{HEADER}\n2,B,2,false\n1,A,1.01,false\n")
    assert one.checksum == two.checksum != other.checksum


def test_a_row_more_is_another_checksum_even_if_it_is_the_same_row(tmp_path):
    one = good(tmp_path, f"{HEADER}\n1,A,1,false\n")
    two = good(tmp_path, f"{HEADER}\n1,A,1,false\n1,A,1,false\n")
    assert one.checksum != two.checksum


def test_nothing_and_an_empty_text_are_two_things(tmp_path):
    found = good(tmp_path, f'{HEADER}\n1,"",1,false\n2,,1,false\n')
    assert [row[1] for row in found.summary["first_rows"]] == ["", None]


def test_quotes_commas_and_line_ends_come_through(tmp_path):
    found = good(tmp_path, f'{HEADER}\n1,"a \\"b\\", c\nd",1,false\n')
    assert found.summary["first_rows"] == [["1", 'a "b", c\nd', "1", False]]


@pytest.mark.parametrize(
    ("rows", "outcome"),
    [
        ("", "EMPTY"),
        (",,5,true\n", "SUPPRESSED"),
        (",,5,true\n1,A,5,false\n", "DATA"),
        ("1,A,0,false\n", "DATA"),
    ],
)
def test_empty_suppressed_and_zero_are_three_things(tmp_path, rows, outcome):
    assert good(tmp_path, f"{HEADER}\n{rows}").outcome == outcome


def test_gaps_in_amcs_data_are_told(tmp_path):
    gaps = [{"table": "dsp_clicks"}]
    found = good(tmp_path, f"{HEADER}\n1,A,1,false\n", data_gaps=gaps)
    assert found.outcome == "DATA_GAP"
    assert found.summary["data_gaps"] == gaps


def test_parts_are_one_result(tmp_path):
    whole = good(tmp_path, f"{HEADER}\n1,A,1,false\n2,B,2,false\n")
    parts = good(tmp_path, f"{HEADER}\n2,B,2,false\n", f"{HEADER}\n1,A,1,false\n")
    assert parts.checksum == whole.checksum


def test_a_packed_part_is_known_by_its_first_bytes(tmp_path):
    path = tmp_path / "part-0000.csv"
    path.write_bytes(gzip.compress(f"{HEADER}\n1,A,1,false\n".encode()))
    part = parts.read(path)
    assert part.path.suffix == ".gz"
    assert (part.header, part.records) == (HEADER.split(","), 1)


@pytest.mark.parametrize(
    "header", ["campaign_id,name,cost,filtered", "campaign_id,campaign,filtered", ""]
)
def test_another_header_is_no_result(tmp_path, header):
    found = convert(tmp_path, f"{header}\n")
    assert isinstance(found, Unreadable)
    assert found.code == "RESULT_HEADER_CHANGED"
    assert "campaign_id, campaign, cost" in str(found)


def test_parts_with_different_headers_are_no_result(tmp_path):
    found = convert(tmp_path, f"{HEADER}\n", "campaign_id,campaign,price,filtered\n")
    assert isinstance(found, Unreadable)


def test_amcs_own_types_come_first(tmp_path):
    declared = [{"name": "campaign", "dataType": "STRING"}, {"name": "cost", "dataType": "LONG"}]
    found = good(tmp_path, f"{HEADER}\n1,2026,5,false\n", amc_columns=declared)
    assert types(found)["campaign"] == "VARCHAR"
    assert types(found)["cost"] == "BIGINT"


def test_a_value_that_is_not_of_its_type_costs_no_result(tmp_path):
    declared = [{"name": "cost", "dataType": "LONG"}]
    found = good(tmp_path, f"{HEADER}\n1,A,much,false\n2,B,7,false\n", amc_columns=declared)
    assert types(found)["cost"] == "VARCHAR"
    assert [row[2] for row in found.summary["first_rows"]] == ["much", "7"]
    (warning,) = found.summary["warnings"]
    assert (warning["column"], warning["count"], warning["example"]) == ("cost", 1, "much")


@pytest.mark.parametrize(
    ("data_type", "value", "type_"),
    [
        *(("LONG", "9007199254740991", "BIGINT"), ("LONG", "9007199254740992", "DECIMAL(38,10)")),
        *(("LONG", "18446744073709551616", "DECIMAL(38,10)"), ("LONG", "12.5", "DECIMAL(38,10)")),
        *(
            ("DOUBLE", "0.12345678901234567", "DECIMAL(38,17)"),
            ("DOUBLE", "1.5E-20", "DECIMAL(38,21)"),
        ),
        *(("DOUBLE", "1E400", "VARCHAR"), ("DECIMAL", "1" * 39, "VARCHAR")),
        *((None, "0.12345678901234567", "DECIMAL(38,17)"), (None, "1" * 39, "VARCHAR")),
    ],
)
def test_a_number_keeps_every_digit_that_amc_sent(tmp_path, data_type, value, type_):
    declared = [{"name": "cost", "dataType": data_type}] if data_type else []
    found = good(tmp_path, f"{HEADER}\n1,A,{value},false\n", amc_columns=declared)
    shown = found.summary["first_rows"][0][2]
    assert types(found)["cost"] == type_
    assert Decimal(shown) == Decimal(value)
    assert isinstance(shown, str) or abs(shown) < 2**53


def test_a_day_that_does_not_exist_costs_no_result(tmp_path):
    declared = [{"name": "campaign", "dataType": "DATE"}]
    found = good(tmp_path, f"{HEADER}\n1,2026-02-30,1,false\n", amc_columns=declared)
    assert types(found)["campaign"] == "VARCHAR"
    assert found.summary["warnings"][0]["example"] == "2026-02-30"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (f"{HEADER}\n1,A,1,false\n2,B\n", ("line 3", "campaign", "'B'")),
        (f"{HEADER}\n1,A,1,false,more\n", ("line 2", "filtered", "'false'")),
        (f'{HEADER}\n1,A,1,false\n2,"B,1,false\n', ("line 3", "campaign_id", '2,"B,1,false')),
        (f'{HEADER}\n1,"A"B,1,false\n', ("line 2", "campaign_id", '"A"B')),
        (f'{HEADER}\n1,"A""B",1,false\n', ("line 2", "campaign_id", '"A""B"')),
    ],
)
def test_what_is_no_csv_is_told_with_line_column_and_value(tmp_path, text, told):
    found = convert(tmp_path, text)
    assert isinstance(found, Unreadable)
    assert all(one in str(found) for one in told), str(found)


def test_bytes_that_are_no_text_are_told_with_their_line(tmp_path):
    path = tmp_path / "part-0000.csv"
    path.write_bytes(f"{HEADER}\n1,A,1,false\n2,".encode() + b"\xff,1,false\n")
    with pytest.raises(Unreadable, match="line 3, about column 2, the bytes ff is not utf-8"):
        parts.read(path)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-8-sig"])
def test_other_encodings_are_read(tmp_path, encoding):
    path = tmp_path / "part-0000.csv"
    path.write_bytes(f"{HEADER}\n1,Fr\u00fchling,1,false\n".encode(encoding))
    found = ingest.convert([path], tmp_path, HEADER.split(",")[:3], {}, ("cost",))
    assert found.summary["first_rows"] == [["1", "Fr\u00fchling", "1", False]]


def test_a_character_that_no_database_keeps_is_replaced_and_told(tmp_path):
    found = good(tmp_path, f"{HEADER}\n1,A\0B,1,false\n")
    assert found.summary["first_rows"][0][1] == "A\ufffdB"
    assert found.summary["warnings"][0]["count"] == 1


def test_a_very_long_line_late_in_a_large_file_is_stored(tmp_path):
    many, long = 300_000, "z" * 3_000_000
    row = "1,spring-campaign-of-the-year,1,false\n"
    found = good(tmp_path, f'{HEADER}\n{row * many}2,"{long}",1,false\n{row * 10}')
    assert found.row_count == many + 11
    assert found.summary["totals"] == {"cost": str(many + 11)}


def test_money_keeps_every_digit(tmp_path):
    found = good(tmp_path, f"{HEADER}\n1,A,12345678901234567.0123456789,false\n")
    assert found.summary["totals"] == {"cost": "12345678901234567.0123456789"}


def column(name: str, *values: str) -> Ingested:
    """A result of one column, of whose type AMC says nothing."""
    with tempfile.TemporaryDirectory() as folder:
        part = Path(folder) / "part-0000.csv"
        part.write_text("\n".join([name, *values, ""]))
        found = ingest.convert([part], Path(folder), [name.lower()], {}, (name,))
    assert isinstance(found, Ingested), found
    return found


WORDS = st.text(ascii_lowercase, min_size=1, max_size=8)


@pytest.mark.parametrize(
    "name", ["bid", "amount_paid", "valid", "PAID", "Bid", "max_bid", "amountPaid", "video_mid"]
)
def test_a_number_whose_name_ends_in_id_has_totals(name):
    assert column(name, "1.5", "2").summary["totals"] == {name: "3.5"}


@settings(max_examples=50)
@given(st.lists(WORDS, max_size=2), WORDS)
def test_a_number_named_like_any_word_that_ends_in_id_has_totals(before, word):
    name = "_".join([*before, f"{word}id"])
    assert column(name, "1.5", "2").summary["totals"] == {name: "3.5"}


@pytest.mark.parametrize(
    "name",
    [
        *("id", "ID", "campaign_id", "CAMPAIGN_ID", "matched_behavior_segment_ids", "campaignId"),
        *("adID", "campaign_id_string", "asin", "tracked_asin", "asins", "postal_code", "name"),
    ],
)
def test_ids_are_text_even_if_they_are_all_digits(name):
    found = column(name, "7", "8")
    assert types(found) == {name: "VARCHAR"}
    assert found.summary["totals"] == {}
