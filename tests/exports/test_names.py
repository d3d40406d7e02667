"""The names of exported files, whatever a title has."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.exports.names import file_name

DAY = date(2026, 3, 2)


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("Sales", "Sales 2026-03-02.csv"),
        ("../../etc/passwd", "etc passwd 2026-03-02.csv"),
        ("=cmd|' /C calc'!A0", "cmd ' C calc'!A0 2026-03-02.csv"),
        ("CON", "CON export 2026-03-02.csv"),
        ("\u202egnp.exe", "gnp.exe 2026-03-02.csv"),
        ("日本 🎉", "日本 🎉 2026-03-02.csv"),
        (" \u200b\n", "Export 2026-03-02.csv"),
        ("x" * 300, f"{'x' * 80} 2026-03-02.csv"),
    ],
)
def test_a_title_becomes_a_harmless_name(title, expected):
    assert file_name(title, DAY, DAY, "csv") == expected


@given(st.text(max_size=400))
def test_no_title_makes_a_path(title):
    name = file_name(title, None, None, "pdf")
    assert len(name.encode()) <= 200
    assert not set(name) & set('\\/:*?"<>|\0')
    assert name[0] not in "=.~ "
    assert name.endswith(".pdf")
