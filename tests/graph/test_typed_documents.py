"""The types of JSON documents have what the domain's models have, and no more."""

from datetime import date
from decimal import Decimal
from types import NoneType
from typing import Any, Literal, get_args, get_origin

import graphql
import pytest
from graphql import GraphQLEnumType, GraphQLList, GraphQLNonNull

from domain import documents
from domain.builder.steps import Parameters, Scheduled
from domain.charts.display import Display
from domain.collections.configs import Lookback, Segmentation
from domain.dashboards.configs import (
    DataSource,
    DimensionFilter,
    Position,
    Range,
    Selection,
    SourceRef,
    WidgetFilters,
)
from domain.documents import Config
from domain.schedules.data_windows import WindowRule
from domain.schedules.presets import ScheduleConfig
from domain.templates.metrics import Metric, ReportConfig, Whole, Widget
from domain.views.visualization import Benchmark, Visualization
from graph.schema import schema

BUILT = graphql.build_schema(schema.as_str())
INPUTS: dict[str, type[Config]] = {
    "PositionInput": Position,
    "DisplayInput": Display,
    "SourceInput": SourceRef,
    "RangeInput": Range,
    "WidgetFilterInput": DimensionFilter,
    "DataSourceInput": DataSource,
    "DashboardFiltersInput": WidgetFilters,
    "LookbackInput": Lookback,
    "SegmentationInput": Segmentation,
    "SchedulePresetInput": ScheduleConfig,
    "DataWindowInput": WindowRule,
    "MetricInput": Metric,
    "TemplateWidgetInput": Widget,
    "TemplateReportConfigInput": ReportConfig,
    "WholeRowsInput": Whole,
    "BenchmarkInput": Benchmark,
    "VisualizationInput": Visualization,
    "BuilderParametersInput": Parameters,
}
OUTPUTS: dict[str, type[Config]] = {
    "WidgetPosition": Position,
    "WidgetDisplay": Display,
    "SourceRef": SourceRef,
    "WidgetRange": Range,
    "DimensionFilter": DimensionFilter,
    "WidgetSelection": Selection,
    "WidgetDataSource": DataSource,
    "DashboardFilters": WidgetFilters,
    "Lookback": Lookback,
    "Segmentation": Segmentation,
    "SchedulePreset": ScheduleConfig,
    "DataWindow": WindowRule,
    "Metric": Metric,
    "TemplateWidget": Widget,
    "TemplateReportConfig": ReportConfig,
    "WholeRows": Whole,
    "Benchmark": Benchmark,
    "Visualization": Visualization,
    "BuilderParameters": Parameters,
    "BuilderSchedule": Scheduled,
}
SCALARS = {int: {"Int"}, bool: {"Boolean"}, date: {"Date"}, Decimal: {"Decimal"}}
EVERY = [(name, model) for pairs in (INPUTS, OUTPUTS) for name, model in pairs.items()]
of_each = pytest.mark.parametrize(("name", "model"), EVERY, ids=[name for name, _ in EVERY])


def fields(model: type[Config]) -> dict[str, Any]:
    """The fields of a model by the names that clients use."""
    return {one.alias or name: one for name, one in model.model_fields.items()}


def parts(annotation: Any) -> list[Any]:
    """What an annotation is made of, without lists, alternatives and constraints."""
    if get_origin(annotation) is Literal or annotation in (dict, dict[str, Any]):
        return [annotation]
    inner = [one for one in get_args(annotation) if isinstance(one, type) or get_origin(one)]
    return [part for one in inner for part in parts(one)] if inner else [annotation]


def allows_none(annotation: Any) -> bool:
    """Whether the value itself may be null, whatever is in it."""
    is_list = get_origin(annotation) is list
    return NoneType in get_args(annotation) and not is_list


@of_each
def test_a_type_has_the_fields_of_its_model(name, model):
    assert set(BUILT.type_map[name].fields) == set(fields(model))


@of_each
def test_a_field_is_null_or_left_out_where_the_model_allows_it(name, model):
    for field, one in fields(model).items():
        is_needed = isinstance(BUILT.type_map[name].fields[field].type, GraphQLNonNull)
        expected = one.is_required() if name in INPUTS else not allows_none(one.annotation)
        # A number that clients choose has a default of its own in the schema.
        has_default = name == "SegmentationInput" or (name, field) in (
            ("LookbackInput", "type"),
            ("WidgetFilterInput", "exclude"),
        )
        assert is_needed is (True if has_default else expected), field


@of_each
def test_a_field_has_the_type_that_the_model_has(name, model):
    pairs = INPUTS if name in INPUTS else OUTPUTS
    for field, one in fields(model).items():
        if (model, field) == (Segmentation, "maxAttempts"):
            continue  # stored as an object of one number
        type_ = graphql.get_nullable_type(BUILT.type_map[name].fields[field].type)
        named = graphql.get_named_type(type_)
        is_list = any(
            get_origin(part) is list for part in (one.annotation, *get_args(one.annotation))
        )
        assert isinstance(type_, GraphQLList) is is_list, field
        for part in set(parts(one.annotation)) - {NoneType}:
            if get_origin(part) is Literal:
                assert isinstance(named, GraphQLEnumType), field
                assert {word.upper() for word in get_args(part)} <= set(named.values), field
            elif isinstance(part, type) and issubclass(part, Config):
                assert pairs[named.name] is part, field
            elif part in SCALARS:
                assert named.name in SCALARS[part], field
            else:
                assert named.name in ({"String", "ID"} if part is str else {"JSON"}), field


def test_a_saved_schedule_has_what_a_schedule_has():
    given = set(BUILT.type_map["ScheduleInput"].fields)
    assert given == set(fields(Scheduled)) - {"once"}


def test_json_is_left_only_where_the_shape_is_open():
    """Each has its reason in docs/api.md; what is added here has to have one, too."""
    found = set()
    for type_ in BUILT.type_map.values():
        for name, field in getattr(type_, "fields", {}).items():
            if graphql.get_named_type(field.type).name == "JSON":
                found.add(name)
            for argument, given in getattr(field, "args", {}).items():
                if graphql.get_named_type(given.type).name == "JSON":
                    found.add(argument)
    values = {"parameters", "value", "rows", "firstRows", "before", "after"}
    formats = {"parameterDefinitions", "uiSchema", "chart", "spec"}
    assert found == values | formats


def test_what_was_stored_before_is_still_read():
    preset = {"frequency": "monthly", "time": "09:00", "dayOfMonth": "last", "timezone": "UTC"}
    read = documents.stored(ScheduleConfig, preset)
    assert read is not None
    assert (read.last_day_of_month, read.day_of_month) == (True, None)

    targets = documents.stored(Visualization, {"benchmarks": {"roas": "3.5"}, "top": 3})
    assert targets is not None
    assert targets.targets == {"roas": Decimal("3.5")}

    config = {"date_column": "day", "widgets": [{"widget_type": "text", "title": "A", "text": "B"}]}
    assert documents.stored(ReportConfig, config) is not None
    days = {"startDate": "2026-01-01", "endDate": "9999-12-31"}
    told = {"sources": [{"reportId": "rpt_1"}], "metrics": ["cost"], "range": days}
    assert documents.stored(DataSource, told) is None
