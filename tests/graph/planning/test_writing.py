"""A column of values is written exactly as the schema's functions write each of them."""

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from graphql import Undefined
from hypothesis import given
from hypothesis import strategies as st

from graph.planning.writing import leaf_of
from graph.schema import schema

SCALARS = ("String", "ID", "Int", "BigInt", "Float", "Boolean", "Date", "DateTime", "Decimal")
ZONES = st.sampled_from([UTC, timezone(timedelta(hours=2)), ZoneInfo("Europe/Paris"), None])
VALUES = st.one_of(
    st.text(),
    st.booleans(),
    st.integers(),
    st.integers(-(2**31) - 2, 2**31 + 1),
    st.floats(),
    st.dates(),
    st.datetimes(timezones=ZONES),
    st.datetimes(timezones=st.just(UTC)),
    st.decimals(allow_nan=False),
)
# Mostly all of one kind, as in a column.
COLUMNS = st.one_of(
    st.lists(VALUES),
    *(
        st.lists(one, min_size=1)
        for one in (
            st.text(),
            st.integers(-(2**31) - 2, 2**31 + 1),
            st.dates(),
            st.datetimes(timezones=st.just(UTC)),
            st.datetimes(timezones=ZONES),
        )
    ),
)


def one_by_one(coerce, values):
    """What the schema writes, or None where it refuses."""
    found = []
    for value in values:
        try:
            found.append(coerce(value))
        except Exception:
            return None
    return None if any(one is None or one is Undefined for one in found) else found


def column(leaf, values):
    try:
        return leaf.write(values)
    except Exception:
        return None


@pytest.mark.parametrize("name", SCALARS)
@given(values=COLUMNS)
def test_a_column_is_written_as_its_values_are(name, values):
    type_ = schema._schema.type_map[name]
    expected = one_by_one(type_.coerce_output_value, values)
    written = column(leaf_of(type_), values)
    assert repr(written) == repr(expected)  # 1, 1.0 and True are not the same


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("DateTime", [datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, 59, tzinfo=UTC)]),
        ("DateTime", [datetime(2026, 1, 1, microsecond=1, tzinfo=UTC)]),
        ("Date", [date(1, 1, 1), date(9999, 12, 31)]),
        ("Int", [2**31 - 1, -(2**31)]),
        ("Decimal", [Decimal("1.10"), Decimal("1E+3")]),
    ],
)
def test_the_edges(name, values):
    type_ = schema._schema.type_map[name]
    assert leaf_of(type_).write(values) == [type_.coerce_output_value(one) for one in values]
