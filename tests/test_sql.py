"""Template SQL: what it asks for, and how values become literals in it and nothing else."""

import string
import time
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from sqlglot import exp, parse

from domain import queries, sql
from domain.errors import Invalid
from domain.problems import Problems

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


def said(template: str, definitions: dict[str, Any] | None = None) -> Problems | Invalid:
    with pytest.raises(Invalid) as refused:
        sql.check_template(template, definitions or {})
    return refused.value


# Literals


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


# Rendering


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


def test_a_template_longer_than_amcs_limit_is_refused_without_being_read():
    assert "65,536" in str(said("SELECT 1 AS a FROM t" + " " * 65_536))


# Placeholders


@pytest.mark.parametrize(
    "template",
    [
        "SELECT '{{x}}' AS a FROM t",
        "SELECT 'before {{ x }} after' AS a FROM t",
        'SELECT "{{x}}" FROM t',
        "SELECT 1 AS a -- {{x}}\nFROM t",
        "SELECT 1 AS a /* {{x}} */ FROM t",
        "SELECT 1 AS a FROM TABLE(EXTEND_TIME_WINDOW('t', 'P{{x}}D', 'P0D'))",
    ],
)
def test_a_placeholder_inside_quotes_or_a_comment_is_refused(template):
    refused = said(template, defined(x=WHOLE))

    assert "inside quotes or a comment" in str(refused)
    assert refused.field == "sqlTemplate"


@pytest.mark.parametrize(
    ("template", "place"),
    [
        ("SELECT {{a-b}} AS a FROM t", "Line 1, column 8"),
        ("SELECT 1 AS a\nFROM t WHERE b = {{1}}", "Line 2, column 18"),
        ("SELECT {{ }} AS a FROM t", "Line 1, column 8"),
        ("SELECT 1 AS a FROM t }}", "Line 1, column 22"),
        ("SELECT {% if x %} 1 AS a FROM t", "Line 1, column 8"),
        ("SELECT 1 {# none #} AS a FROM t", "Line 1, column 10"),
        ("SELECT 'a AS b FROM t", "Line 1, column 8: ' is opened and never closed"),
        ("SELECT 1 AS a\n/* FROM t", "Line 2, column 1: /\\* is opened"),
        ("SELECT 'it\\'s' AS a FROM t", "Line 1, column 8: a backslash before a quote"),
        ("SELECT :x AS a FROM t", "Line 1, column 8: write {{name}}"),
        ("SELECT a AS b,\n  ? AS c FROM t", "Line 2, column 3: write {{name}}"),
        ("SELECT @x AS a FROM t", "Line 1, column 8: write {{name}}"),
    ],
)
def test_what_is_no_placeholder_is_refused_with_its_line_and_column(template, place):
    with pytest.raises(Invalid, match=place) as refused:
        sql.check_template(template, defined())

    assert refused.value.field == "sqlTemplate"


def test_backslashes_that_read_the_same_to_everybody_are_kept():
    template = r"SELECT a AS b FROM t WHERE c SIMILAR TO '\d+\\' AND d = '\\'"

    assert sql.render(template, {}, {}).sql == template


def test_unknown_undefined_and_unused_parameters_are_all_told_at_once():
    template = "SELECT {{dyas}} AS a, CUSTOM_PARAMETER('campaign') AS b,\n {{zzz}} AS c FROM t"
    definitions = defined(days=WHOLE, campaigns={"type": "array", "items": TEXT})
    problems = dict.fromkeys(said(template, definitions).errors)

    assert [(field, message) for field, message in problems] == [
        ("sqlTemplate", "{{dyas}} at line 1, column 8 is not defined; did you mean 'days'?"),
        ("sqlTemplate", "{{zzz}} at line 2, column 2 is not defined."),
        ("sqlTemplate", "CUSTOM_PARAMETER('campaign') is not defined; did you mean 'campaigns'?"),
        ("parameterDefinitions.properties.days", "The SQL does not use 'days'."),
        ("parameterDefinitions.properties.campaigns", "The SQL does not use 'campaigns'."),
    ]


def test_names_of_parameters_are_told_apart_by_case():
    assert "did you mean 'days'" in str(said("SELECT {{Days}} AS a FROM t", defined(days=WHOLE)))


@pytest.mark.parametrize(
    ("template", "definition", "says"),
    [
        ("SELECT {{x}} AS a FROM t", WHOLE, "required or have a default"),
        ("SELECT CUSTOM_PARAMETER('x') AS a FROM t", WHOLE, "required or have a default"),
        ("SELECT 1 AS a FROM t WHERE b IN {{x}}", {"type": "array", "items": TEXT}, "minItems"),
        ("SELECT 1 AS a FROM t WHERE b IN {{x}}", TEXTS, "required or have a default"),
    ],
)
def test_a_parameter_the_sql_cannot_do_without_needs_a_value_at_all_times(
    template, definition, says
):
    refused = said(template, {"type": "object", "properties": {"x": definition}})

    assert says in str(refused)
    assert refused.field == "parameterDefinitions.properties.x"


def test_a_list_for_amc_may_be_left_out():
    definitions = {"type": "object", "properties": {"x": {"type": "array", "items": TEXT}}}

    sql.check_template("SELECT CARDINALITY(CUSTOM_PARAMETER('x')) AS a FROM t", definitions)


# Reading


@pytest.mark.parametrize(
    ("template", "columns"),
    [
        ("SELECT campaign, SUM(clicks) AS clicks FROM t GROUP BY 1", ["campaign", "clicks"]),
        ("SELECT t.campaign, a.b AS c FROM t", ["campaign", "c"]),
        ("SELECT 1 AS a FROM t UNION ALL SELECT 2 AS b FROM u", ["a"]),
        ("WITH x (p) AS (VALUES (1)) SELECT p, (SELECT 1) AS q FROM x", ["p", "q"]),
        ('SELECT COUNT(1) AS "Two words" FROM t', ["Two words"]),
        ("SELECT DISTINCT(campaign) FROM t", ["campaign"]),
        ("(SELECT 1 AS a FROM t)", ["a"]),
    ],
)
def test_the_columns_of_the_result_are_those_of_the_outer_select(template, columns):
    assert sql.output_columns(template) == columns


@pytest.mark.parametrize(
    ("template", "says"),
    [
        ("SELECT * FROM t", "no `\\*`"),
        ("SELECT t.* FROM t", "no `\\*`"),
        ("SELECT a, SUM(b) FROM t GROUP BY 1", "Column 2 .* needs a name"),
        ("SELECT CAST(a AS DATE) FROM t", "Column 1 .* needs a name"),
        ("SELECT a, b AS A FROM t", "'a' more than once"),
        ("SELECT a AS filtered FROM t", "AMC adds a column 'filtered'"),
    ],
)
def test_columns_without_a_name_of_their_own_are_refused(template, says):
    with pytest.raises(Invalid, match=says) as refused:
        sql.output_columns(template)

    assert refused.value.field == "sqlTemplate"


@pytest.mark.parametrize(
    ("template", "sources"),
    [
        ("SELECT 1 AS a", []),
        ("SELECT a FROM B, b JOIN c ON b.x = c.x", ["b", "c"]),
        ("WITH x AS (SELECT a FROM b) SELECT a FROM x", ["b"]),
        ("WITH x AS (SELECT a FROM b), y AS (SELECT a FROM X) SELECT a FROM y", ["b"]),
        ("WITH b AS (SELECT a FROM b) SELECT a FROM b", ["b"]),
        ("WITH y AS (SELECT a FROM x), x AS (SELECT a FROM b) SELECT a FROM y, x", ["b", "x"]),
        ("SELECT a FROM (WITH x AS (SELECT a FROM b) SELECT a FROM x) q, x", ["b", "x"]),
        ("SELECT a FROM sandbox.b", ["b"]),
        ("SELECT a FROM b WHERE c IN (SELECT c FROM d)", ["b", "d"]),
        ("SELECT a FROM TABLE(EXTEND_TIME_WINDOW('B', 'P28D', 'P0D')) x", ["b"]),
        ("SELECT a FROM EXTEND_TIME_WINDOW('b', {{d}}, 'P0D')", ["b"]),
        ("SELECT a FROM TABLE( -- why\n extend_time_window('b', 'P1D', 'P0D'))", ["b"]),
        ("SELECT a FROM b UNION ALL SELECT a FROM c", ["b", "c"]),
    ],
)
def test_the_tables_it_reads_are_known_and_what_it_defines_itself_is_none(template, sources):
    assert sql.data_sources(template) == sources


def test_a_table_whose_name_is_not_written_down_is_refused():
    assert "name of a table in quotes" in str(
        said("SELECT a FROM TABLE(EXTEND_TIME_WINDOW({{x}}, 'P1D', 'P0D'))", defined(x=TEXT))
    )


def test_a_custom_parameter_whose_name_is_not_written_down_is_refused():
    assert "one name in quotes" in str(said("SELECT CUSTOM_PARAMETER(a) AS b FROM t"))


@pytest.mark.parametrize(
    ("template", "says"),
    [
        ("", "Only a query"),
        ("-- nothing", "Only a query"),
        ("FROM t SELECT a", "Only a query"),
        ("TABLE t", "Only a query"),
        ("VALUES (1)", "Only a query"),
        ("INSERT INTO t SELECT 1 AS a", "Only a query"),
        ("DROP TABLE t", "Only a query"),
        ("SELECT a INTO b FROM t", "Only a query"),
        ("WITH x AS (DELETE FROM t) SELECT 1 AS a FROM x", "Only a query"),
        ("SELECT 1 AS a FROM t; SELECT 2 AS b FROM t", "this is 2"),
        ("SELECT 1 AS a FROM t; DROP TABLE t", "this is 2"),
        ("SELECT 1 AS a FROM t what ever", "line 1, column 27, near 'ever'"),
        ("SELECT a,\n  SUM(b AS c\nFROM t", "line 2, column 9, near 'AS'"),
        ("SELECT a FROM\nWHERE b", "line 2, column 1, near 'WHERE'. Expected table name."),
        ("SELECT " + "(" * 5000 + "1" + ")" * 5000 + " AS a", "nested too deeply"),
        ("SELECT a FROM t ORDER BY 1 LIMIT 3", "Line 1, column 28: AMC has no LIMIT"),
        ("SELECT a\n|| b AS c FROM t", "Line 2, column 1: AMC has no ||"),
        ("SELECT a FROM t RIGHT JOIN u ON 1=1", "no RIGHT JOIN"),
        ("SELECT a FROM t RIGHT OUTER JOIN u ON 1=1", "no RIGHT JOIN"),
        ("SELECT a FROM t WHERE b > c - INTERVAL '1' DAY", "column 31: AMC has no INTERVAL"),
    ],
)
def test_what_is_not_one_query_amc_could_run_says_why_and_where(template, says):
    refused = said(template)

    assert says in str(refused)
    assert refused.field == "sqlTemplate"
    assert "sqlglot" not in str(refused)


@pytest.mark.parametrize(
    "expression",
    [
        "RIGHT(a, 2)",
        "SUBSTRING(a FROM 1 FOR 2)",
        "TRIM(BOTH ' ' FROM a)",
        "POSITION('x' IN a)",
        "EXTRACT(DOW FROM a)",
        "CAST('today' AS DATE)",
        "CAST(a AS DECIMAL(38, 4))",
        "CONVERT_TIME_ZONE_FROM_UTC(a, 'America/New_York')",
        "SECONDS_BETWEEN(a, b)",
        "DATE_TRUNC('hour', a)",
        "a NOT SIMILAR TO '(?i)twitch'",
        "ARRAY_CONTAINS(ARRAY['a', 'b'], a)",
        "ARRAY_TO_STRING(ARRAY_SORT(COLLECT(DISTINCT a)), ',')",
        "ARRAY_SORT(COLLECT(DISTINCT NAMED_ROW('order', a, 'campaign', b)))",
        "PERCENTILE(a, 0.5)",
        "APPROX_PERCENTILE(a, 0.5)",
        "STDDEV_SAMP(a) + SKEWNESS(a) + MEDIAN(a)",
        "ROW_NUMBER() OVER (PARTITION BY a ORDER BY b DESC)",
        "SUM(a) OVER w",
        "IF(a > 1, b, c)",
        "NVL2(a, b, c)",
        "COALESCE(NULLIF(a, 0), IFNULL(b, c))",
        "CASE WHEN a = 1 THEN 'x' ELSE 'y' END",
        "BUILT_IN_PARAMETER('TIME_WINDOW_START')",
        "CONTAINED_IN(a, 'x', 'y')",
        "REGEXP_REPLACE(a, 'x', 'y')",
        "STR_TO_MAP(a)",
        "HASH64(a)",
        "UUID()",
        "JSON_EXTRACT(a, '$.b')",
        "LOG(2, a) + E() + TRUNC(a)",
        "COUNT(DISTINCT CASE WHEN a THEN b END)",
    ],
)
def test_what_amc_knows_can_be_read(expression):
    template = f"SELECT {expression} AS found FROM t WINDOW w AS (PARTITION BY a)"

    assert sql.output_columns(template) == ["found"]
    assert sql.data_sources(template) == ["t"]


@pytest.mark.parametrize("piece", ["/*", "'", '"', "{{", "\\", "{{a}}", "}}", "((", "a.", "CASE "])
def test_hostile_text_is_refused_before_anybody_waits(piece):
    template = "SELECT 1 AS a FROM t " + piece * (60_000 // len(piece)) + "x"
    began = time.monotonic()

    with pytest.raises(Invalid):
        sql.check_template(template, {})

    assert time.monotonic() - began < 5


def test_much_room_between_words_costs_nothing():
    for gap in (" ", "\n", "--\n", "/* */"):
        template = "SELECT 1 AS a" + gap * (60_000 // len(gap)) + " FROM t"
        began = time.monotonic()

        assert sql.render(template, {}, {}).sql == "SELECT 1 AS a FROM t"
        assert time.monotonic() - began < 5
