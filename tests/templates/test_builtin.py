"""The templates that come with the product: what they ask for, what they say, how they get in."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlglot import exp, parse_one
from sqlglot.optimizer.qualify import qualify

from domain import db, models
from domain.queries import parameters, sql
from domain.queries.queries import AmcSql
from domain.templates import templates
from domain.templates.builtin_templates import load
from domain.templates.drafts import TemplateSpec
from domain.templates.metrics import ReportConfig
from sandbox.tables import TABLES
from tests.templates.templates import READ, count

BUILTINS = load()
WANTED = {
    "campaign-performance",
    "roas-by-week",
    "reach-and-frequency",
    "path-to-conversion",
    "first-and-last-touch",
    "new-to-brand",
    "audience-overlap",
    "dsp-and-sponsored-ads-overlap",
    "time-of-day",
    "search-terms",
}
each = pytest.mark.parametrize("slug", sorted(BUILTINS))


def query(spec: TemplateSpec) -> exp.Expression:
    """What AMC would be asked, with tables in place of EXTEND_TIME_WINDOW."""
    values = parameters.check(spec.parameter_definitions, {})
    line = sql.render(spec.sql_template, spec.parameter_definitions, values).sql
    tree = parse_one(line, dialect=AmcSql)
    for call in list(tree.find_all(exp.Anonymous)):
        if call.name.upper() == "EXTEND_TIME_WINDOW":
            read = call.find_ancestor(exp.Table)
            assert read is not None
            read.set("this", exp.to_identifier(call.expressions[0].name))
    return tree


def shown(tree: exp.Expression) -> Iterator[exp.Expression]:
    """Columns of the outer select that are seen as they are, not counted."""
    for column in tree.find(exp.Select).selects:
        for used in column.find_all(exp.Column):
            if used.find_ancestor(exp.Count) is None:
                yield used


def test_the_questions_asked_most_have_a_template():
    assert set(BUILTINS) >= WANTED


@each
def test_it_reads_only_columns_that_amc_has(slug):
    schema = {
        name: {column.name: column.type.split("(")[0] for column in table.columns}
        for name, table in TABLES.items()
    }
    read = qualify(query(BUILTINS[slug]), schema=schema, dialect=AmcSql)

    assert set(sql.data_sources(BUILTINS[slug].sql_template)) <= set(TABLES)
    assert list(read.find_all(exp.Column))


@each
def test_it_shows_nothing_that_amc_never_shows(slug):
    hidden = {
        column.name
        for name in sql.data_sources(BUILTINS[slug].sql_template)
        for column in TABLES[name].columns
        if column.threshold in ("HIGH", "VERY_HIGH", "INTERNAL")
    }

    assert {column.name for column in shown(query(BUILTINS[slug]))}.isdisjoint(hidden)
    assert hidden >= {"user_id"}


@each
def test_it_uses_nothing_that_amc_does_not_know(slug):
    tree = query(BUILTINS[slug])

    for call in tree.find_all(exp.Anonymous):
        if call.name.upper() == "COLLECT":
            (collected,) = call.expressions
            assert all(isinstance(one, exp.Column) for one in collected.expressions)
    assert not list(tree.find_all(exp.Star))
    assert all(order.find_ancestor(exp.Window) for order in tree.find_all(exp.Order))
    assert not [join for join in tree.find_all(exp.Join) if join.side == "RIGHT"]


@each
def test_everything_it_shows_is_described(slug):
    spec = BUILTINS[slug]
    config = ReportConfig.model_validate(spec.report_config)
    described = {metric.name for metric in config.metrics} | {*config.dimensions}
    described |= {config.whole.column} if config.whole else set()

    assert set(sql.output_columns(spec.sql_template)) <= described | {config.date_column}
    assert config.widgets
    assert spec.description
    assert spec.category
    assert spec.default_dashboard_type
    assert set(spec.ui_schema) <= set(spec.parameter_definitions["properties"])


@each
def test_people_are_never_added_up(slug):
    spec = BUILTINS[slug]
    kinds = {metric["name"]: metric["kind"] for metric in spec.report_config["metrics"]}

    for column in query(spec).find(exp.Select).selects:
        counted = column.find(exp.Count)
        if counted is not None:
            assert isinstance(counted.this, exp.Distinct)
            assert kinds[column.alias] == "distinct"


@each
def test_it_runs_with_its_defaults_and_for_chosen_campaigns(slug):
    spec = BUILTINS[slug]
    defined = spec.parameter_definitions
    assert "campaign_ids" in defined["properties"]
    values = parameters.check(defined, {"campaign_ids": ["A1", "O'Neill"]})
    made = sql.render(spec.sql_template, defined, values)

    assert "{{" not in made.sql
    assert "\n" not in made.sql
    chosen: dict[str, Any] = {one["name"]: one for one in made.parameters}
    assert chosen["campaign_ids"]["value"] == ["A1", "O'Neill"]


def test_money_is_brought_to_the_currency_where_it_is_read():
    for slug, spec in BUILTINS.items():
        for column in query(spec).find_all(exp.Column):
            unit = {"total_cost": "100000", "spend": "100000000"}.get(column.name)
            if unit:
                divided = column.find_ancestor(exp.Div)
                assert divided is not None, slug
                assert divided.expression.this == unit, slug


async def test_installing_again_changes_nothing(clean_database):
    before = await count(models.TemplateVersion)
    async with db.owner_transaction() as session:
        await templates.install_builtins(session)

    assert await count(models.TemplateVersion) == before


async def test_a_built_in_template_that_changed_gets_a_new_version_and_one_that_left_is_archived(
    clean_database, ask, monkeypatch
):
    shipped = templates.builtin_templates.load()
    changed = dict(shipped)
    spec = changed.pop("time-of-day")
    changed["search-terms"] = templates.TemplateSpec(
        **{
            **vars(shipped["search-terms"]),
            "sql_template": spec.sql_template,
            "parameter_definitions": spec.parameter_definitions,
            "report_config": spec.report_config,
            "ui_schema": spec.ui_schema,
        }
    )
    monkeypatch.setattr(templates.builtin_templates, "load", lambda: changed)
    async with db.owner_transaction() as session:
        await templates.install_builtins(session)
    searches = await ask(READ, id="search-terms")
    hours = await ask(READ, id="time-of-day")
    monkeypatch.undo()
    async with db.owner_transaction() as session:
        await templates.install_builtins(session)

    assert searches["version"] == 2
    assert searches["currentVersion"]["sqlTemplate"] == spec.sql_template
    assert hours["archivedAt"] is not None
    assert (await ask(READ, id="time-of-day"))["archivedAt"] is None
