"""Template SQL: what it asks for, and how values become literals in it and nothing else."""

import string
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from sqlglot import exp, parse

from domain.errors import Invalid
from domain.problems import Problems
from domain.queries import queries, sql

TEXT = {"type": "string"}
WHOLE = {"type": "integer"}
TEXTS = {"type": "array", "items": TEXT, "minItems": 1}
CLEAN = st.text().filter(lambda one: one.isprintable() and "\\" not in one)
NUMBERS = st.integers(-(2**63), 2**63 - 1) | st.floats(
    -1e17, 1e17, allow_nan=False, allow_infinity=False
)


def defined(**properties: Any) -> dict[str, Any]:
    """Definitions of parameters that are all required."""
    return {"type": "object", "properties": properties, "required": list(properties)}


def rendered(template: str, definition: dict[str, Any], value: Any) -> str:
    return sql.render(template, defined(x=definition), {"x": value}).sql


def read(text: str) -> exp.Expression:
    """The one statement that this is to the parser."""
    statements = parse(text, dialect=queries.AmcSql)
    assert len(statements) == 1
    return statements[0]


def first(text: str) -> exp.Expression:
    """What stands in the first column."""
    return read(text).selects[0].unalias()


@given(CLEAN)
@example("' OR 1=1 --")
@example("'; DROP TABLE t; --")
@example("*/ ' /*")
@example("{{x}}")
@example("''")
@example("")
def test_any_text_becomes_one_literal_that_reads_back_as_the_same_text(text):
    found = first(rendered("SELECT {{x}} AS a FROM t", TEXT, text))

    assert isinstance(found, exp.Literal)
    assert found.is_string
    assert found.this == text


@given(NUMBERS)
@example(-5)
@example(1e-7)
@example(-0.0)
def test_any_number_becomes_one_literal_that_reads_back_as_the_same_number(number):
    line = rendered("SELECT 1 -{{x}} AS a FROM t", {"type": "number"}, number)
    found = first(line)

    assert isinstance(found, exp.Sub)
    right = found.expression.unnest()
    negative = isinstance(right, exp.Neg)
    literal = right.this if negative else right
    assert isinstance(literal, exp.Literal)
    assert Decimal(literal.this) * (-1 if negative else 1) == Decimal(str(number))
    assert "e" not in line.split("-", 1)[1].split(" AS ")[0].lower()


@given(st.dates())
def test_any_date_becomes_a_date_literal(day):
    found = first(rendered("SELECT {{x}} AS a FROM t", {**TEXT, "format": "date"}, str(day)))

    assert isinstance(found, exp.Cast)
    assert found.to.is_type("DATE")
    assert date.fromisoformat(found.this.this) == day


@given(st.lists(CLEAN, min_size=1, max_size=30))
def test_any_list_becomes_as_many_literals_as_it_has_values(texts):
    for template in (
        "SELECT 1 AS a FROM t WHERE b IN {{x}}",
        "SELECT 1 AS a FROM t WHERE b IN ({{x}})",
    ):
        found = read(rendered(template, TEXTS, texts)).find(exp.In)

        assert [one.this for one in found.expressions] == texts
        assert all(isinstance(one, exp.Literal) for one in found.expressions)


@given(st.lists(CLEAN, min_size=1, max_size=30))
def test_a_list_after_values_becomes_rows(texts):
    template = "WITH c (id) AS (VALUES {{x}}) SELECT id, COUNT(1) AS n FROM c GROUP BY 1"
    rows = read(rendered(template, TEXTS, texts)).find(exp.Values).expressions

    assert [[cell.this for cell in row.expressions] for row in rows] == [[one] for one in texts]


@given(st.text(alphabet=string.printable, max_size=12), st.text(alphabet="ab'1 \n-", max_size=4))
def test_no_value_changes_how_the_rest_of_the_query_is_read(text, neighbour):
    template = f"SELECT 'k' AS a, {{{{x}}}} AS b, '{neighbour.replace(chr(39), '')}' AS c FROM t"
    try:
        tree = read(rendered(template, TEXT, text))
    except Problems:
        return
    tree.selects[1].this.replace(exp.Literal.number(0))

    assert tree == read(template.replace("{{x}}", "0"))


@pytest.mark.parametrize(("value", "literal"), [(True, "TRUE"), (False, "FALSE")])
def test_yes_and_no_become_true_and_false(value, literal):
    line = rendered("SELECT {{x}} AS a FROM t", {"type": "boolean"}, value)

    assert line == f"SELECT {literal} AS a FROM t"


@pytest.mark.parametrize("text", ["\\", "it\\'s", "a\nb", "a\tb", "a\0b", "\x1b[0m", "a\u2028b"])
def test_text_that_readers_of_sql_may_take_for_different_things_is_refused(text):
    with pytest.raises(Problems, match="'x' cannot have a backslash or a control") as refused:
        rendered("SELECT {{x}} AS a FROM t", TEXT, text)

    assert refused.value.field == "parameters.x"


def test_a_value_never_grows_together_with_its_neighbours():
    template = "SELECT CASE WHEN a={{x}}THEN{{y}}ELSE'c'END AS b FROM t"
    line = sql.render(template, defined(x=TEXT, y=TEXT), {"x": "1", "y": "2"}).sql

    assert line == "SELECT CASE WHEN a='1' THEN '2' ELSE'c'END AS b FROM t"


def test_a_number_below_zero_after_a_minus_begins_no_comment():
    assert rendered("SELECT a -{{x}} AS b FROM t", WHOLE, -5) == "SELECT a -(-5) AS b FROM t"


def test_every_value_that_cannot_be_a_literal_is_told_at_once():
    with pytest.raises(Problems) as refused:
        sql.render("SELECT {{a}} AS a, {{b}} AS b, {{c}} AS c FROM t", defined(a=TEXT), {"a": "\n"})

    assert [field for field, _ in refused.value.errors] == [
        "parameters.a",
        "parameters.b",
        "parameters.c",
    ]


def test_the_sql_is_one_line_without_comments_and_without_a_semicolon():
    template = """
    -- what it is for
    SELECT a, /* of all
    kinds */ COUNT(1) AS n,\t'-- kept  /* as it is */' AS b
    FROM t\u00a0GROUP BY 1;  -- the end
    """

    assert sql.render(template, {}, {}).sql == (
        "SELECT a, COUNT(1) AS n, '-- kept  /* as it is */' AS b FROM t GROUP BY 1"
    )


def test_custom_parameters_are_sent_beside_the_sql_with_their_types():
    template = """
    SELECT CUSTOM_PARAMETER('text') AS a, CUSTOM_PARAMETER('whole') AS b,
           CUSTOM_PARAMETER('part') AS c, CUSTOM_PARAMETER('yes') AS d,
           CUSTOM_PARAMETER('day') AS e, CUSTOM_PARAMETER('texts') AS f,
           CUSTOM_PARAMETER('wholes') AS g
    FROM t
    """
    definitions = defined(
        text=TEXT,
        whole=WHOLE,
        part={"type": "number"},
        yes={"type": "boolean"},
        day={**TEXT, "format": "date"},
        texts={"type": "array", "items": TEXT},
        wholes={"type": "array", "items": WHOLE},
    )
    values = {
        "text": "it's \\ anything\n",
        "whole": 7,
        "part": 0.5,
        "yes": True,
        "day": "2026-01-31",
        "wholes": [1, 2],
    }
    made = sql.render(template, definitions, values)

    assert "CUSTOM_PARAMETER('text')" in made.sql
    assert {one["name"]: (one["dataType"], one["value"]) for one in made.parameters} == {
        "text": ("STRING", "it's \\ anything\n"),
        "whole": ("LONG", 7),
        "part": ("DECIMAL", 0.5),
        "yes": ("BOOLEAN", True),
        "day": ("DATE", "2026-01-31"),
        "texts": ({"type": "ARRAY", "elementDataType": "STRING"}, []),
        "wholes": ({"type": "ARRAY", "elementDataType": "LONG"}, [1, 2]),
    }


def test_the_hash_follows_the_sql_and_the_values_but_not_the_comments():
    template = "SELECT CUSTOM_PARAMETER('x') AS a, {{x}} AS b FROM t"
    one = sql.render(template, defined(x=WHOLE), {"x": 1})
    same = sql.render(f"{template} -- a remark", defined(x=WHOLE), {"x": 1})
    other = sql.render(template, defined(x=WHOLE), {"x": 2})
    as_text = sql.render(
        "SELECT CUSTOM_PARAMETER('x') AS a, 1 AS b FROM t", defined(x=WHOLE), {"x": 2}
    )

    assert one.sql_hash == same.sql_hash
    assert len({one.sql_hash, other.sql_hash, as_text.sql_hash}) == 3
    assert sql.digest(template) == sql.digest(f"/* a remark */ {template};")


def test_65_536_characters_are_taken_after_rendering_and_not_one_more():
    template = "SELECT {{x}} AS a FROM t"
    room = 65_536 - len("SELECT '' AS a FROM t")

    assert len(rendered(template, TEXT, "a" * room)) == 65_536
    with pytest.raises(Invalid, match=r"65,537 characters.*65,536") as refused:
        rendered(template, TEXT, "a" * (room + 1))
    assert refused.value.field == "parameters"
