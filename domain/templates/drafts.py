"""A template before it is saved: whether it can work, and what it would make of values."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from domain import documents
from domain.errors import Invalid
from domain.problems import Problem, Problems, problems_of
from domain.queries import definitions, parameters, sql
from domain.templates import metrics

LONGEST_NAME = 200
LONGEST_DESCRIPTION = 5000
LONGEST_WORD = 100
DASHBOARD_TYPES = ("standard", "funnel", "comparison", "custom")


@dataclass(frozen=True)
class TemplateSpec:
    """All that a person decides about a template. Raises Problems with all that cannot work."""

    name: str
    sql_template: str
    parameter_definitions: dict[str, Any] = field(default_factory=dict)
    description: str | None = None
    category: str | None = None
    report_type: str | None = None
    report_config: dict[str, Any] = field(default_factory=dict)
    ui_schema: dict[str, Any] = field(default_factory=dict)
    default_dashboard_type: str | None = None
    is_public: bool = False

    def __post_init__(self) -> None:
        of_query = query_problems(self.sql_template, self.parameter_definitions)
        problems = [*self._of_words(), *of_query]
        if not of_query:
            columns = sql.output_columns(self.sql_template)
            problems += metrics.check(self.report_config, columns)
            problems += self._of_ui()
        if problems:
            raise Problems(problems)

    def _of_words(self) -> Iterator[Problem]:
        if not self.name.strip():
            yield Problem("name", "A template needs a name.")
        for place, word, most in (
            ("name", self.name, LONGEST_NAME),
            ("description", self.description, LONGEST_DESCRIPTION),
            ("category", self.category, LONGEST_WORD),
            ("reportType", self.report_type, LONGEST_WORD),
        ):
            if word is not None and not (len(word) <= most and documents.is_text(word)):
                yield Problem(place, f"This is text of at most {most:,} characters.")
        if self.default_dashboard_type not in (None, *DASHBOARD_TYPES):
            listed = ", ".join(DASHBOARD_TYPES)
            yield Problem("defaultDashboardType", f"It can be {listed}.")

    def _of_ui(self) -> Iterator[Problem]:
        yield from documents.check("uiSchema", self.ui_schema)
        for name in self.ui_schema:
            if name not in self.parameter_definitions.get("properties", {}):
                yield Problem(f"uiSchema.{name}", f"There is no parameter {name!r}.")


@dataclass(frozen=True)
class Preview:
    """The SQL that AMC would be asked to run, or every reason why it cannot be."""

    sql: str | None
    parameters: list[dict[str, Any]]
    errors: list[Problem]


def preview(sql_template: str, defined: dict[str, Any], values: dict[str, Any]) -> Preview:
    """What this SQL makes of these values, or everything that is wrong with either."""
    problems = query_problems(sql_template, defined)
    if any(problem.field.startswith(definitions.FIELD) for problem in problems):
        return Preview(None, [], problems)
    try:
        checked = parameters.check(defined, values)
        if not problems:
            rendered = sql.render(sql_template, defined, checked)
            return Preview(rendered.sql, rendered.parameters, [])
    except Invalid as invalid:
        problems += problems_of(invalid)
    return Preview(None, [], problems)


def query_problems(sql_template: str, defined: dict[str, Any]) -> list[Problem]:
    """Everything that is wrong with a query and with the definitions of its parameters."""
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
