"""What a template's SQL asks for, and what is refused of it, with line and column."""

import time
from typing import Any

import pytest

from domain.errors import Invalid
from domain.problems import Problems
from domain.queries import sql

TEXT = {"type": "string"}
WHOLE = {"type": "integer"}
TEXTS = {"type": "array", "items": TEXT, "minItems": 1}


def defined(**properties: Any) -> dict[str, Any]:
    """Definitions of parameters that are all required."""
    return {"type": "object", "properties": properties, "required": list(properties)}


def said(template: str, definitions: dict[str, Any] | None = None) -> Problems | Invalid:
    with pytest.raises(Invalid) as refused:
        sql.check_template(template, definitions or {})
    return refused.value


def test_a_template_longer_than_amcs_limit_is_refused_without_being_read():
    assert "65,536" in str(said("SELECT 1 AS a FROM t" + " " * 65_536))


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
    began = time.process_time()

    with pytest.raises(Invalid):
        sql.check_template(template, {})

    assert time.process_time() - began < 5


def test_much_room_between_words_costs_nothing():
    for gap in (" ", "\n", "--\n", "/* */"):
        template = "SELECT 1 AS a" + gap * (60_000 // len(gap)) + " FROM t"
        began = time.process_time()

        assert sql.render(template, {}, {}).sql == "SELECT 1 AS a FROM t"
        assert time.process_time() - began < 5
