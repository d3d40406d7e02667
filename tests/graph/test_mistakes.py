"""What is wrong with a configuration is told with its place, in plain words, and all at once."""

import re
from itertools import combinations
from typing import Any, get_args

import pytest
from pydantic import BaseModel, ValidationError
from pydantic_core.core_schema import ErrorType

from domain import documents, sentences
from domain.documents import Config
from domain.errors import ErrorCode
from domain.problems import Problem, Problems
from domain.templates.metrics import Part
from domain.workflows.imports import AmcWorkflow
from tests.graph.mistakes import EXAMPLES, Mistake, Place, mistakes

ROOT = "change.add.0.config"
NAMES = [f"{model.__name__}-{number}" for number, (model, _) in enumerate(EXAMPLES)]
of_each = pytest.mark.parametrize(("model", "document"), EXAMPLES, ids=NAMES)


def every_model(base: type[BaseModel]) -> set[type[BaseModel]]:
    return {base}.union(*(every_model(one) for one in base.__subclasses__()))


MODELS = {one for one in every_model(Config) if one.__module__.startswith("domain.")}
# Words of pydantic and of Python, and the names of our classes, which nobody outside knows.
INSIDE = re.compile(
    r"Input should|Value error|Extra input|Field required|[Vv]alid (string|integer|dict|list)|"
    r"\b(str|dict|int|float|bool|tuple|NoneType|None|True|False|Decimal|validation|parse|parsing|"
    + "|".join(one.__name__ for one in MODELS if one.__name__ not in {"Filter", "Range"})
    + r")\b"
)


def refused(model: type[Any], given: Any) -> list[Problem]:
    """What is told of a document. A file of AMC's is larger than what people write."""
    if model is AmcWorkflow:
        with pytest.raises(ValidationError) as invalid:
            model.model_validate(given)
        return documents.problems_in(invalid.value, model, given, ROOT)
    with pytest.raises(Problems) as told:
        documents.read(model, given, ROOT)
    assert told.value.code is ErrorCode.BAD_USER_INPUT
    assert told.value.extensions["errors"] == [one._asdict() for one in told.value.errors]
    return told.value.errors


def field_of(place: Place) -> str:
    return ".".join([ROOT, *map(str, place)])


def subject_of(place: Place) -> str:
    items = [part for part in place if isinstance(part, int)] if place else []
    name = next((part for part in reversed(place) if isinstance(part, str)), "config")
    if len(name) > 60:
        name = name[:56] + "..."
        return f"'{name}"
    return f"Item {items[-1] + 1} of {name!r}" if place and place[-1] in items else repr(name)


def applies(mistake: Mistake, model: type[Any]) -> bool:
    """A file of AMC's is read as it is; what it has in its texts is looked at later."""
    return not (model is AmcWorkflow and mistake.value in ("a\0", "a\ud800"))


def test_every_model_has_an_example_with_every_field():
    found: dict[str, set[str]] = {}

    def look(schema: dict[str, Any], known: dict[str, Any], value: Any) -> None:
        for one in schema.get("anyOf", ()):
            look(one, known, value)
        if "$ref" in schema:
            schema = known[schema["$ref"].rpartition("/")[2]]
        if "properties" in schema and isinstance(value, dict):
            found.setdefault(schema["title"], set()).update(value)
            for name, one in value.items():
                look(schema["properties"].get(name, {}), known, one)
        for one in value if isinstance(value, list) else ():
            look(schema.get("items", {}), known, one)

    for model, document in EXAMPLES:
        model.model_validate(document)
        schema = model.model_json_schema(by_alias=True)
        look(schema, schema.get("$defs", {}), document)
        found.setdefault(model.__name__, set())
    # A Retry is stored so; clients write a number in its place, maxAttempts.
    found["Retry"] = {"max_attempts"}
    fields = {
        model.__name__: {one.alias or name for name, one in model.model_fields.items()}
        for model in MODELS - {Config, Part}
    }
    assert found == fields


@of_each
def test_each_mistake_is_told_in_its_place_and_in_these_words(model, document):
    for mistake in mistakes(model, document):
        if not applies(mistake, model):
            continue
        told = refused(model, mistake.made_in(document))
        is_whole = mistake.told.startswith("There is no field")
        words = mistake.told if is_whole else f"{subject_of(mistake.place)} {mistake.told}"
        assert told == [(field_of(mistake.place), words)], mistake


@of_each
def test_no_message_has_words_of_the_inside(model, document):
    for mistake in mistakes(model, document):
        if applies(mistake, model):
            for _, message in refused(model, mistake.made_in(document)):
                assert message.endswith("."), message
                assert not INSIDE.search(message), message


@of_each
def test_two_mistakes_are_told_at_once(model, document):
    by_place = {one.place: one for one in mistakes(model, document) if applies(one, model)}
    for one, other in combinations(by_place.values(), 2):
        if is_within(one.place, other.place) or is_within(other.place, one.place):
            continue
        both = sorted([one, other], key=lambda each: each.is_left_out)
        wrong = document
        for mistake in both:
            wrong = mistake.made_in(wrong)
        fields = {field for field, _ in refused(model, wrong)}
        assert fields == {field_of(one.place), field_of(other.place)}, (one, other)


def is_within(inner: Place, outer: Place) -> bool:
    return inner[: len(outer)] == outer


# What is right by itself and not together: a document, and where and how that is told.
MISFITS: list[tuple[str, dict[str, Any], list[tuple[str, str]]]] = [
    (
        "Lookback",
        {"type": "custom"},
        [
            ("startDate", "A lookback of type 'custom' needs a startDate and an endDate, "),
            ("endDate", "A lookback of type 'custom' needs a startDate and an endDate, "),
        ],
    ),
    (
        "Lookback",
        {"type": "last_quarter", "value": 1, "endDate": "2026-01-31"},
        [
            ("endDate", "A lookback of type 'last_quarter' takes no endDate."),
            ("value", "A lookback of type 'last_quarter' takes no value."),
        ],
    ),
    ("Lookback", {"unit": "weeks"}, [("value", "A lookback with a value or a unit")]),
    ("SourceRef", {}, [("", "Give a reportId or a workflowId, not both.")]),
    (
        "SourceRef",
        {"reportId": "rpt_1", "workflowId": "wf_1"},
        [("", "Give a reportId or a workflowId, not both.")],
    ),
    ("Range", {}, [("", "Give periods, or a startDate and an endDate, not both.")]),
    (
        "Range",
        {"startDate": "2026-02-01", "endDate": "2026-01-01"},
        [("endDate", "The endDate must not be before the startDate.")],
    ),
    (
        "DataSource",
        {"sources": [{"reportId": "rpt_1"}], "metrics": ["a", "a"], "sortBy": "b"},
        [
            ("metrics", "'metrics' has 'a' more than once."),
            ("sortBy", "'sortBy' must be one of 'a', 'a', not 'b'."),
        ],
    ),
    (
        "Position",
        {"x": 8, "y": 0, "width": 5, "height": 1},
        [("", "x plus width must be 12 or less, the columns of the grid.")],
    ),
    (
        "WindowRule",
        {"type": "previous", "days": 7},
        [
            ("unit", "A data window of type 'previous' needs unit."),
            ("days", "A data window of type 'previous' takes no days."),
        ],
    ),
    (
        "ScheduleConfig",
        {"frequency": "daily", "daysOfWeek": [1], "dayOfMonth": 1},
        [
            ("daysOfWeek", "A daily schedule takes no daysOfWeek."),
            ("dayOfMonth", "A daily schedule takes no dayOfMonth."),
        ],
    ),
    (
        "ScheduleConfig",
        {"frequency": "weekly", "daysOfWeek": [0, 7]},
        [("daysOfWeek", "'daysOfWeek' has 7 more than once. 0 and 7 are both Sunday.")],
    ),
    ("ScheduleConfig", {"frequency": "weekly"}, [("daysOfWeek", "A weekly schedule needs")]),
    ("ScheduleConfig", {"frequency": "monthly"}, [("dayOfMonth", "A monthly schedule needs")]),
    (
        "ScheduleConfig",
        {"frequency": "monthly", "dayOfMonth": 30},
        [("dayOfMonth", "Not every month has a day 30; dayOfMonth can be 1 to 28, or 'last'")],
    ),
    (
        "Visualization",
        {"metrics": ["a", "a"], "dimensions": ["b", "b"], "funnelStages": ["c", "c"]},
        [
            ("metrics", "'metrics' has 'a' more than once."),
            ("dimensions", "'dimensions' has 'b' more than once."),
            ("funnelStages", "'funnelStages' has 'c' more than once."),
        ],
    ),
    (
        "Metric",
        {"name": "a", "title": "A", "kind": "ratio", "unit": "count"},
        [
            ("numerator", "A metric of kind 'ratio' needs a numerator."),
            ("denominator", "A metric of kind 'ratio' needs a denominator."),
        ],
    ),
    (
        "Widget",
        {"widget_type": "table", "title": "A", "chart_type": "bar", "text": "B"},
        [
            ("chart_type", "A widget of type 'table' takes no chart_type."),
            ("text", "A widget of type 'table' takes no text."),
            ("metrics", "A widget of type 'table' needs at least one metric."),
        ],
    ),
    (
        "Scheduled",
        {"once": True, "cron": "0 9 * * 1"},
        [("", "A report that runs once has no schedule; omit the other fields.")],
    ),
    (
        "Parameters",
        {
            "name": "A",
            "templateId": "tmpl_1",
            "instanceId": "inst_1",
            "segmentation": {},
            "dashboardId": "dash_1",
            "createDashboard": True,
        },
        [
            ("segmentation", "A segmentation needs a lookback or targetWeeks."),
            ("dashboardId", "Give a dashboardId or createDashboard, not both."),
        ],
    ),
]


@pytest.mark.parametrize(("name", "document", "expected"), MISFITS)
def test_what_does_not_fit_together_is_told_in_its_place(name, document, expected):
    (model,) = [one for one in MODELS if one.__name__ == name]
    told = refused(model, document)
    fields = [f"{ROOT}.{field}".removesuffix(".") for field, _ in expected]
    assert [field for field, _ in told] == fields
    for (_, message), (_, words) in zip(told, expected, strict=True):
        assert message.startswith(words)
        assert message.endswith(".")
        assert not INSIDE.search(message)


def test_the_table_of_words_names_types_of_errors_that_pydantic_has():
    assert set(documents.PREDICATES) <= set(get_args(ErrorType))


def test_names_are_told_as_the_client_wrote_them():
    (model,) = [one for one in MODELS if one.__name__ == "Display"]
    assert refused(model, {"x_title": 1})[0].field == f"{ROOT}.x_title"
    assert refused(model, {"xTitel": "A"}) == [
        (f"{ROOT}.xTitel", "There is no field 'xTitel'; did you mean 'xTitle'?")
    ]


def test_a_document_of_many_mistakes_is_told_of_a_hundred():
    (model,) = [one for one in MODELS if one.__name__ == "DataSource"]
    filters = [{"dimension": "a", "values": [1] * 100}] * 3
    told = refused(model, {"sources": [1], "metrics": ["a"], "filters": filters})
    assert len(told) == 100
    assert told[-1].message == f"'config' has {301 - 99} more mistakes."


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("it's", '"it\'s"'),
        ("x" * 100, "'" + "x" * 56 + "..."),
        (None, "null"),
        (True, "true"),
        (float("nan"), "NaN"),
        (float("-inf"), "-Infinity"),
        ({"ü": [None, "\0\ud800"]}, '{"ü": [null, "\\u0000\\ud800"]}'),
        ([1] * 100, "[" + "1, " * 18 + "1,..."),
    ],
)
def test_values_are_shown_as_json_and_cut_where_they_are_long(value, shown):
    assert sentences.shown(value) == shown
    assert len(shown) <= sentences.LONGEST
