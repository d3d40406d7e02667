"""Valid examples of all configuration models, and every mistake that can be made in them.

Mistakes are generated from the JSON Schema that pydantic makes of a model. Each has a place, the
invalid document, and the expected message.
"""

from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from domain.builder.steps import Parameters, Review, Scheduled
from domain.charts.display import Display
from domain.collections.configs import Lookback, Segmentation
from domain.dashboards.configs import DataSource, Position, WidgetFilters
from domain.exports.options import Options
from domain.schedules.data_windows import WindowRule
from domain.schedules.presets import ScheduleConfig
from domain.templates.metrics import ReportConfig
from domain.views.visualization import Visualization
from domain.workflows.imports import AmcWorkflow

FILTER = {"dimension": "campaign", "values": ["A", "B"], "exclude": True}
DAYS = {"startDate": "2026-01-01", "endDate": "2026-01-31"}
LOOKBACK = {"type": "custom", **DAYS}
SEGMENTATION = {
    "type": "weekly",
    "parallelLimit": 5,
    "retryFailed": True,
    "maxAttempts": 3,
    "weekStart": "monday",
}
PRESET = {"frequency": "weekly", "time": "09:00", "timezone": "UTC", "daysOfWeek": [1, 5]}
# Valid documents, which together have every field of every model.
EXAMPLES: list[tuple[type[BaseModel], dict[str, Any]]] = [
    (Lookback, {"type": "relative", "value": 4, "unit": "weeks"}),
    (Lookback, LOOKBACK),
    (Segmentation, SEGMENTATION),
    (ScheduleConfig, PRESET),
    (ScheduleConfig, {"frequency": "monthly", "lastDayOfMonth": True}),
    (ScheduleConfig, {"frequency": "quarterly", "dayOfMonth": 31}),
    (WindowRule, {"type": "previous", "unit": "week"}),
    (WindowRule, {"type": "lookback", "days": 28}),
    (WidgetFilters, {"level": "weekly", "range": {"periods": 4}, "filters": [FILTER]}),
    (
        DataSource,
        {
            "sources": [{"reportId": "rpt_1"}, {"workflowId": "wf_1"}],
            "metrics": ["cost", "clicks"],
            "dimension": "campaign",
            "split": "ad_product_type",
            "overTime": False,
            "level": "monthly",
            "range": DAYS,
            "filters": [FILTER],
            "comparison": "previous_year",
            "top": 5,
            "sortBy": "cost",
            "ascending": True,
        },
    ),
    (
        Display,
        {
            "text": "A",
            "xTitle": "X",
            "yTitle": "Y",
            "stacked": True,
            "showLegend": False,
            "decimals": 2,
        },
    ),
    (
        Options,
        {
            "pageSize": "letter",
            "orientation": "portrait",
            "theme": "dark",
            "scale": 2,
            "withInsights": False,
            "timeZone": "Europe/Berlin",
            "raw": True,
            "byteOrderMark": True,
            "numberLanguage": "de-DE",
            "level": "weekly",
            "range": {"periods": 4},
            "filters": [FILTER],
            "dimension": "campaign",
        },
    ),
    (Position, {"x": 0, "y": 0, "width": 6, "height": 4}),
    (
        Visualization,
        {
            "metrics": ["cost"],
            "dimensions": ["campaign"],
            "funnelStages": ["impressions", "clicks"],
            "comparison": "previous_period",
            "benchmarks": [{"metric": "cost", "target": 2.5}],
            "lowerIsBetter": ["cost"],
            "top": 5,
        },
    ),
    (
        ReportConfig,
        {
            "defaultWindowDays": 7,
            "dateColumn": "event_date",
            "dimensions": ["campaign"],
            "metrics": [
                {
                    "name": "ctr",
                    "title": "CTR",
                    "kind": "ratio",
                    "unit": "percent",
                    "description": "Clicks of impressions.",
                    "numerator": "clicks",
                    "denominator": "impressions",
                },
                {
                    "name": "reach",
                    "title": "Reach",
                    "kind": "distinct",
                    "unit": "count",
                    "over": ["campaign"],
                },
            ],
            "whole": {"column": "campaign", "value": "(all)"},
            "widgets": [
                {
                    "widgetType": "chart",
                    "title": "CTR",
                    "chartType": "line",
                    "metrics": ["ctr"],
                    "dimension": "campaign",
                    "split": "event_date",
                },
                {"widgetType": "text", "title": "Note", "text": "A note."},
            ],
        },
    ),
    (
        Parameters,
        {
            "name": "Weekly",
            "templateId": "tmpl_1",
            "instanceId": "inst_1",
            "description": "What it is for.",
            "parameters": {},
            "timeZone": "UTC",
            "lookback": LOOKBACK,
            "segmentation": SEGMENTATION,
            "targetWeeks": 4,
            "dashboardId": "dash_1",
            "createDashboard": False,
        },
    ),
    (
        Scheduled,
        {
            "preset": PRESET,
            "timeZone": "UTC",
            "parameters": {},
            "dataWindow": {"type": "previous", "unit": "week"},
            "overlap": "skip",
            "catchUp": "latest",
            "catchUpSeconds": 60,
            "jitterSeconds": 60,
            "pauseAfterFailures": 5,
            "keepsHistory": False,
        },
    ),
    (Scheduled, {"once": False, "cron": "0 9 * * 1"}),
    (Review, {}),
    (
        AmcWorkflow,
        {
            "workflowId": "campaigns",
            "sqlQuery": "SELECT 1",
            "inputParameters": [
                {
                    "name": "least",
                    "dataType": "LONG",
                    "defaultValue": "2",
                    "displayName": "Least",
                    "description": "A number.",
                }
            ],
        },
    ),
]

Place = tuple[str | int, ...]

TIME = "must be a time from 00:00 to 23:59, such as 09:00, not {}."
WEEKDAY = "must be 1 (Monday) to 7 (Sunday), not {}."
DAY = "must be a day of the month from 1 to 31, not {}."
# Fields with a validator of ours: a wrong value, as it is shown, and the expected message.
OWN: dict[str, list[tuple[Any, str]]] = {
    "maxAttempts": [
        ("x", "must be a whole number, not 'x'."),
        (0, "must be 1 or more, not 0."),
        (11, "must be 10 or less, not 11."),
    ],
    "time": [("25:00", TIME.format("'25:00'")), (9, "must be text, not 9.")],
    "timezone": [("Mars", "must be a time zone such as America/New_York, not 'Mars'.")],
    "daysOfWeek": [(1, "must be a list, not 1."), (None, "")],
    "dayOfMonth": [
        (0, DAY.format(0)),
        (32, DAY.format(32)),
        ("first", DAY.format("'first'")),
        (1.5, DAY.format(1.5)),
    ],
}
OWN_ITEMS: dict[str, list[tuple[Any, str]]] = {
    "daysOfWeek": [(8, WEEKDAY.format(8)), ("Monday", WEEKDAY.format("'Monday'"))],
}
# A value of the wrong type for each type, and the name of the type in messages.
OF_TYPE: dict[str, tuple[Any, str]] = {
    "string": (5, "must be text, not 5."),
    "integer": ("many", "must be a whole number, not 'many'."),
    "number": ("many", "must be a number, not 'many'."),
    "boolean": ("perhaps", "must be true or false, not 'perhaps'."),
    "array": ({"a": 1}, 'must be a list, not {"a": 1}.'),
    "object": ([1, 2], "must be an object of names and values, not [1, 2]."),
    "date": ("tomorrow", "must be a date such as 2026-01-31, not 'tomorrow'."),
}


TOO_LONG = [
    (1.5e30, "must be a number of at most 28 digits, not 1.5e+30."),
    (
        "0.00000000001",
        "must be a number of at most 10 digits after the point, not '0.00000000001'.",
    ),
]


@dataclass(frozen=True)
class Mistake:
    """A wrong value at a place of a document, and the end of the expected message."""

    place: Place
    value: Any
    told: str
    is_left_out: bool = False

    def made_in(self, document: Any) -> Any:
        """The document with this mistake."""
        if not self.place:
            return self.value
        changed = deepcopy(document)
        inner = changed
        for part in self.place[:-1]:
            inner = inner[part]
        if self.is_left_out:
            del inner[self.place[-1]]
        else:
            inner[self.place[-1]] = self.value
        return changed


def mistakes(model: type[BaseModel], document: dict[str, Any]) -> list[Mistake]:
    """Every kind of mistake at every place of a valid document."""
    schema = model.model_json_schema(by_alias=True)
    return list(_mistakes(schema, schema.get("$defs", {}), document, ()))


def _mistakes(
    schema: dict[str, Any], known: dict[str, Any], value: Any, place: Place
) -> Iterator[Mistake]:
    name = next((part for part in reversed(place) if isinstance(part, str)), "")
    own = OWN.get(name) if place and place[-1] == name else OWN_ITEMS.get(name)
    if own is not None:
        yield from (Mistake(place, wrong, told) for wrong, told in own if told)
        if isinstance(value, list):
            yield from _mistakes({"type": "integer"}, known, value[0], (*place, 0))
        return
    schema, nullable = _plain(schema, known)
    kind = "date" if schema.get("format") == "date" else schema.get("type")
    if kind is None:
        return  # any value is allowed here
    if "enum" in schema:
        listed = ", ".join(map(repr, schema["enum"]))
        yield Mistake(place, "nonsense", f"must be one of {listed}, not 'nonsense'.")
        yield Mistake(place, 5, f"must be one of {listed}, not 5.")
        return
    wrong, told = OF_TYPE[kind]
    yield Mistake(place, wrong, told)
    if not nullable:
        yield Mistake(place, None, f"{told.rpartition(', not ')[0]}, not null.")
    if kind == "object":
        yield from _of_object(schema, known, value, place)
    elif kind == "array":
        yield from _of_list(schema, known, value, place)
    elif kind in OF_VALUE:
        yield from OF_VALUE[kind](schema, place)


def _plain(schema: dict[str, Any], known: dict[str, Any]) -> tuple[dict[str, Any], bool]:
    """The schema without references and alternatives, and whether null is an alternative."""
    if "anyOf" in schema:
        branches = [one for one in schema["anyOf"] if one.get("type") != "null"]
        return _plain(branches[0], known)[0], len(branches) < len(schema["anyOf"])
    if "$ref" in schema:
        return known[schema["$ref"].rpartition("/")[2]], False
    return schema, False


def _of_object(
    schema: dict[str, Any], known: dict[str, Any], value: dict[str, Any], place: Place
) -> Iterator[Mistake]:
    fields = schema.get("properties")
    if fields is not None and schema.get("additionalProperties") is False:
        there = [f"there are {', '.join(map(repr, fields))}."] if len(fields) > 1 else []
        only = [f"there is only {name!r}." for name in fields] or ["there are none."]
        yield Mistake((*place, "qqqq"), 1, f"There is no field 'qqqq'; {(there or only)[0]}")
    for name in schema.get("required", ()):
        yield Mistake((*place, name), None, "is missing.", is_left_out=True)
    inner = schema.get("additionalProperties")
    for name, one in value.items():
        found = (fields or {}).get(name, inner if isinstance(inner, dict) else None)
        if found is not None:
            yield from _mistakes(found, known, one, (*place, name))
    if most := schema.get("propertyNames", {}).get("maxLength"):
        long = "k" * (most + 1)
        told = f"must have at most {most} characters, not {most + 1}."
        yield Mistake((*place, long), 1, told)
    if most := schema.get("maxProperties"):
        many = {f"k{number}": 1 for number in range(most + 1)}
        yield Mistake(place, many, f"must have at most {most} values, not {most + 1}.")


def _of_list(
    schema: dict[str, Any], known: dict[str, Any], value: list[Any], place: Place
) -> Iterator[Mistake]:
    if least := schema.get("minItems"):
        yield Mistake(place, [], f"must have at least {least} value, not 0.")
    if most := schema.get("maxItems"):
        many = [value[0]] * (most + 1)
        yield Mistake(place, many, f"must have at most {most} values, not {most + 1}.")
    for number, one in enumerate(value):
        yield from _mistakes(schema["items"], known, one, (*place, number))


def _of_number(schema: dict[str, Any], place: Place) -> Iterator[Mistake]:
    yield Mistake(place, 1.5, "must be a whole number, not 1.5.")
    yield Mistake(place, True, "must be a whole number, not true.")
    if "minimum" in schema:
        least = schema["minimum"]
        yield Mistake(place, least - 1, f"must be {least} or more, not {least - 1}.")
    if "maximum" in schema:
        most = schema["maximum"]
        yield Mistake(place, most + 1, f"must be {most} or less, not {most + 1}.")
    if "exclusiveMaximum" in schema:
        most = schema["exclusiveMaximum"]
        yield Mistake(place, most, f"must be less than {most}, not {most}.")


def _of_text(schema: dict[str, Any], place: Place) -> Iterator[Mistake]:
    yield Mistake(place, "a\0", "has a character that cannot be stored, such as U+0000.")
    yield Mistake(place, "a\ud800", "has a character that cannot be stored, such as U+0000.")
    if least := schema.get("minLength"):
        yield Mistake(place, "", f"must have at least {least} character, not 0.")
    if most := schema.get("maxLength"):
        long = "x" * (most + 1)
        yield Mistake(place, long, f"must have at most {most:,} characters, not {most + 1:,}.")


def _of_decimal(_: dict[str, Any], place: Place) -> Iterator[Mistake]:
    yield from (Mistake(place, number, told) for number, told in TOO_LONG)


OF_VALUE: dict[str, Callable[[dict[str, Any], Place], Iterator[Mistake]]] = {
    "string": _of_text,
    "integer": _of_number,
    "number": _of_decimal,
}
