"""Numbers are written as each language writes them, by text and on axes."""

import json
import subprocess
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from domain.charts.datasets import Cell, Measure
from domain.charts.formats import value_of
from domain.charts.numerals import NUMERALS

NUMBERS = ("0.5", "7", "999.5", "1234.5", "9999.99", "12345.6", "1234567.89", "9876543210.1")
INTL = """
const [languages, numbers] = JSON.parse(process.argv[1]);
const kinds = {
  EUR: { style: "currency", currency: "EUR", currencyDisplay: "narrowSymbol" },
  CHF: { style: "currency", currency: "CHF", currencyDisplay: "code" },
  percent: { style: "percent", minimumFractionDigits: 2 },
  count: { maximumFractionDigits: 0 },
};
const told = languages.map((language) => Object.values(kinds).map((kind) => {
  const format = new Intl.NumberFormat(language, kind);
  return numbers.map((one) => format.format(Number(one)));
}));
console.log(JSON.stringify(told));
"""
MEASURES = (
    Measure("m", "M", "currency", "additive", "EUR"),
    Measure("m", "M", "currency", "additive", "CHF"),
    Measure("m", "M", "percent", "ratio"),
    Measure("m", "M", "count", "additive"),
)


@pytest.mark.clients
def test_each_language_writes_numbers_as_unicode_says():
    given = json.dumps([list(NUMERALS), NUMBERS])
    said = subprocess.run(["node", "-e", INTL, given], check=True, capture_output=True, text=True)
    ours: list[Any] = [
        [
            [value_of(Cell(Decimal(n)), replace(one, numerals=NUMERALS[name])) for n in NUMBERS]
            for one in MEASURES
        ]
        for name in NUMERALS
    ]
    assert dict(zip(NUMERALS, ours, strict=True)) == dict(
        zip(NUMERALS, json.loads(said.stdout), strict=True)
    )
