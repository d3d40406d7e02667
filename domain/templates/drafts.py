"""A template before it is saved: whether it can work, and a preview with values."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from domain import documents
from domain.errors import Invalid
from domain.problems import Problem, check_name, check_one_of, check_text, problems_of, refuse
from domain.queries import definitions, parameters, sql
from domain.sentences import unknown
from domain.templates import metrics

LONGEST_NAME = 200
LONGEST_DESCRIPTION = 5000
LONGEST_WORD = 100
MOST_TOLD = 200  # problems of one template
DASHBOARD_TYPES = ("standard", "funnel", "comparison", "custom")


@dataclass(frozen=True)
class TemplateSpec:
    """What a person decides about a template. Raises Problems with all that cannot work."""

    name: str
    sql_template: str
    parameter_definitions: Any = field(default_factory=dict)
    description: str | None = None
    category: str | None = None
    report_type: str | None = None
    report_config: Any = field(default_factory=dict)
    ui_schema: Any = field(default_factory=dict)
    default_dashboard_type: str | None = None
    is_public: bool = False

    def __post_init__(self) -> None:
        of_query = query_problems(self.sql_template, self.parameter_definitions)
        columns = None if of_query else sql.output_columns(self.sql_template)
        of_config = metrics.check(self.report_config, columns)
        refuse(chain(self._of_words(), of_query, of_config, self._of_ui(defined=not of_query)))

    def _of_words(self) -> Iterator[Problem]:
        yield from check_name("name", self.name, LONGEST_NAME)
        for place, word, most in (
            ("description", self.description, LONGEST_DESCRIPTION),
            ("category", self.category, LONGEST_WORD),
            ("reportType", self.report_type, LONGEST_WORD),
        ):
            yield from check_text(place, word, 0, most)
        if (kind := self.default_dashboard_type) is not None:
            yield from check_one_of("defaultDashboardType", kind, DASHBOARD_TYPES)

    def _of_ui(self, *, defined: bool) -> Iterator[Problem]:
        if not isinstance(self.ui_schema, dict):
            yield documents.not_an_object(self.ui_schema, "uiSchema")
            return
        yield from documents.check("uiSchema", self.ui_schema)
        known = list(self.parameter_definitions.get("properties", {})) if defined else []
        for name in self.ui_schema:
            if defined and name not in known:
                yield Problem(f"uiSchema.{name}", unknown("parameter", name, known))


@dataclass(frozen=True)
class Preview:
    """The SQL that AMC would run, or every reason why there is none."""

    sql: str | None
    parameters: list[dict[str, Any]]
    errors: list[Problem]


def preview(sql_template: str, defined: Any, values: dict[str, Any]) -> Preview:
    """What this SQL makes of these values, or what is wrong with either: the first 200 problems."""
    problems = query_problems(sql_template, defined)
    if any(problem.field.startswith(definitions.FIELD) for problem in problems):
        return Preview(None, [], problems[:MOST_TOLD])
    try:
        checked = parameters.check(defined, values)
        if not problems:
            rendered = sql.render(sql_template, defined, checked)
            return Preview(rendered.sql, rendered.parameters, [])
    except Invalid as invalid:
        problems += problems_of(invalid)
    return Preview(None, [], problems[:MOST_TOLD])


def query_problems(sql_template: str, defined: Any) -> list[Problem]:
    """Return every problem in a query and in the definitions of its parameters."""
    problems: list[Problem] = []
    try:
        definitions.check(defined)
    except Invalid as invalid:
        problems += problems_of(invalid)
    try:
        if problems:
            sql.output_columns(sql_template)
        else:
            sql.check_template(sql_template, defined)
    except Invalid as invalid:
        problems += problems_of(invalid)
    return problems
