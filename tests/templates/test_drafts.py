"""What is said of a template and of values before anything is saved or run."""

import pytest

from domain import models
from tests.templates.templates import CREATE, DEFINITIONS, PREVIEW, SQL, count

VALIDATE = """
query($sql: String!, $definitions: JSON, $values: JSON) {
  templateValidate(sqlTemplate: $sql, parameterDefinitions: $definitions, parameters: $values) {
    sql parameters { name dataType isList value } errors { field message }
  }
}
"""


async def test_all_that_is_wrong_with_a_template_is_told_at_once_and_nothing_is_kept(
    refused, draft, alice
):
    before = await count(models.Template)
    refusal = await refused(
        CREATE,
        template={
            **draft,
            "name": " ",
            "sqlTemplate": SQL.replace("{{days}}", "{{dyas}}"),
        },
    )

    assert refusal["code"] == "BAD_USER_INPUT"
    assert refusal["field"] == "template.name"
    assert [one["field"] for one in refusal["errors"]] == [
        "template.name",
        "template.sqlTemplate",
        "template.parameterDefinitions.properties.days",
    ]
    assert "line 4, column 67" in refusal["message"]
    assert "did you mean 'days'" in refusal["message"]
    assert await count(models.Template) == before


METRIC = {"name": "impressions", "title": "Impressions", "kind": "ADDITIVE", "unit": "COUNT"}
CHART = {"widgetType": "CHART", "chartType": "BAR", "title": "A", "metrics": ["impressions"]}


@pytest.mark.parametrize(
    ("changed", "field", "says"),
    [
        ({"parameterDefinitions": []}, "parameterDefinitions", "an object"),
        ({"parameterDefinitions": {"$ref": "https://x"}}, "parameterDefinitions.$ref", "cannot"),
        ({"reportConfig": {"dimensions": ["city"]}}, "reportConfig.dimensions.0", "no column"),
        ({"reportConfig": {"dateColumn": "day"}}, "reportConfig.dateColumn", "no column"),
        (
            {"reportConfig": {"defaultWindowDays": 366}},
            "reportConfig.defaultWindowDays",
            "must be 365 or less",
        ),
        (
            {"reportConfig": {"metrics": [{**METRIC, "kind": "RATIO"}]}},
            "reportConfig.metrics.0.numerator",
            "numerator",
        ),
        (
            {"reportConfig": {"metrics": [METRIC, METRIC]}},
            "reportConfig.metrics",
            "more than once",
        ),
        (
            {"reportConfig": {"metrics": [METRIC], "widgets": [{**CHART, "metrics": ["reach"]}]}},
            "reportConfig.widgets.0.metrics.0",
            "no metric 'reach'",
        ),
        (
            {"reportConfig": {"metrics": [METRIC], "widgets": [{**CHART, "dimension": "city"}]}},
            "reportConfig.widgets.0.dimension",
            "no dimension 'city'",
        ),
        (
            {"reportConfig": {"metrics": [METRIC], "widgets": [{**CHART, "chartType": None}]}},
            "reportConfig.widgets.0.chartType",
            "chartType",
        ),
        ({"uiSchema": {"brnad": {}}}, "uiSchema.brnad", "no parameter 'brnad'"),
        ({"uiSchema": {"brand": {"help": "\0"}}}, "uiSchema.brand.help", "cannot be stored"),
        ({"name": "n" * 201}, "name", "at most 200"),
        ({"name": "a\0"}, "name", "cannot be stored"),
        ({"description": "d" * 5001}, "description", "at most 5,000"),
        ({"category": "c" * 101}, "category", "at most 100"),
    ],
)
async def test_a_template_that_cannot_work_says_why_and_where(refused, draft, changed, field, says):
    refusal = await refused(CREATE, template={**draft, **changed})

    assert refusal["code"] == "BAD_USER_INPUT"
    assert refusal["field"] == f"template.{field}"
    assert says in refusal["message"]


async def test_a_preview_shows_the_sql_that_would_run(ask, draft):
    made = await ask(CREATE, template=draft)
    preview = await ask(PREVIEW, id=made["id"], values={"brand": "O'Neill", "days": 7})

    assert preview == {
        "sql": "SELECT campaign, COUNT(1) AS impressions FROM dsp_impressions WHERE advertiser = "
        "CUSTOM_PARAMETER('brand') AND impression_day < 7 GROUP BY 1",
        "parameters": [
            {"name": "brand", "dataType": "STRING", "isList": False, "value": "O'Neill"}
        ],
        "errors": [],
    }


async def test_a_preview_of_wrong_values_tells_each_with_its_field(ask):
    preview = await ask(
        PREVIEW,
        id="search-terms",
        values={"campaign_ids": ["A"] * 101, "least_impressions": 0, "brand": "Acme"},
    )

    assert preview["sql"] is None
    assert [one["field"] for one in preview["errors"]] == [
        "parameters.brand",
        "parameters.campaign_ids",
        "parameters.least_impressions",
    ]


async def test_a_template_can_be_tried_out_before_it_is_saved(ask, draft):
    before = await count(models.Template)
    good = await ask(VALIDATE, sql=SQL, definitions=DEFINITIONS, values={"brand": "Acme"})
    bad = await ask(
        VALIDATE,
        sql="SELECT campaign,\n  COUNT(1) FROM dsp_impressions GROUP BY {{x}}",
        definitions=DEFINITIONS,
        values={"days": "x"},
    )
    broken = await ask(VALIDATE, sql="SELECT (", definitions={"properties": []})

    assert good["errors"] == []
    assert "impression_day < 28" in good["sql"]
    assert bad["sql"] is None
    assert [one["field"] for one in bad["errors"]] == [
        "sqlTemplate",
        "parameters.days",
        "parameters.brand",
    ]
    assert [one["field"] for one in broken["errors"]] == [
        "parameterDefinitions.properties",
        "sqlTemplate",
    ]
    assert await count(models.Template) == before
