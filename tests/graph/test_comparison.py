"""Two schemas compared: what breaks clients, what was deprecated first, what is only dangerous."""

from pathlib import Path

import pytest

import cli
from graph.comparison import Comparison, compare
from tests.local.command_line import amc_reports

OLD = """
type Query {
  report(id: ID, name: String @deprecated(reason: "Use id.")): Report
  workflow: Workflow @deprecated(reason: "Use report.")
  find(which: Which): [Report!]!
}
type Report { id: ID! title: String title2: String @deprecated(reason: "Use title.") state: State }
type Workflow { id: ID! }
enum State { OPEN CLOSED GONE @deprecated(reason: "Never given.") }
input Which { id: ID name: String order: String = "asc" }
"""
SDL = Path(__file__).parents[2] / "schema.graphql"


def changed(*changes: tuple[str, str]) -> Comparison:
    """What is told of the old schema with these texts replaced."""
    new = OLD
    for text, other in changes:
        assert text in new
        new = new.replace(text, other)
    return compare(OLD, new)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("title: String ", ""), "Field Report.title was removed."),
        (("title: String ", "title: Int "), "Field Report.title changed type from String to Int."),
        (("report(id: ID, ", "report(id: ID!, "), "Argument Query.report(id:) has changed type"),
        (("report(id: ID, ", "report("), "Argument Query.report(id:) was removed."),
        (("OPEN ", ""), "Enum value State.OPEN was removed."),
        (("id: ID name", "id: ID day: String! name"), "A required field Which.day was added."),
        (("input Which {", "input Which @oneOf {"), "Which takes exactly one of its fields now."),
        ((" name: String order", " order"), "Field Which.name was removed."),
    ],
)
def test_a_breaking_change_is_told_in_words(change, told):
    new = OLD.replace(*change)
    if "@oneOf" in new:
        new += "directive @oneOf on INPUT_OBJECT"
    found = compare(OLD, new)
    assert [one[: len(told)] for one in found.unannounced] == [told]
    assert not found.announced


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        (
            [(' title2: String @deprecated(reason: "Use title.")', "")],
            ["Field Report.title2 was removed."],
        ),
        (
            [(', name: String @deprecated(reason: "Use id.")', "")],
            ["Argument Query.report(name:) was removed."],
        ),
        (
            [(' GONE @deprecated(reason: "Never given.")', "")],
            ["Enum value State.GONE was removed."],
        ),
        (
            [
                ('  workflow: Workflow @deprecated(reason: "Use report.")\n', ""),
                ("type Workflow { id: ID! }\n", ""),
            ],
            ["Field Query.workflow was removed.", "Workflow was removed."],
        ),
    ],
)
def test_what_was_deprecated_first_may_go(changes, told):
    found = changed(*changes)
    assert (found.unannounced, sorted(found.announced)) == ([], told)


def test_a_new_value_or_another_default_is_only_dangerous():
    found = changed(("OPEN ", "OPEN SHUT "), ('"asc"', '"desc"'))
    assert (found.unannounced, found.announced) == ([], [])
    assert len(found.dangerous) == 2
    assert "SHUT" in found.report()


def test_what_only_adds_is_no_change_for_clients():
    assert changed(("id: ID! title", "id: ID! more: Int title")) == Comparison([], [], [])


def command(path: Path) -> int:
    """The exit status of the command, run in this process: starting one takes seconds."""
    told = cli.parser().parse_args(["schema", "--compare", str(path)])
    return int(told.does(told))


def test_the_command_compares_with_the_schema_as_it_is(tmp_path, capsys):
    same = amc_reports("schema", "--compare", SDL)
    assert (same.returncode, same.stdout) == (0, "No client would notice a change.\n")

    old = tmp_path / "old.graphql"
    old.write_text(
        SDL.read_text().replace("type Viewer {", 'type Viewer {\n  """x"""\n  age: Int\n')
    )
    assert command(old) == 1
    assert "Field Viewer.age was removed." in capsys.readouterr().out

    old.write_text(old.read_text().replace("  age: Int\n", '  age: Int @deprecated(reason: "x")\n'))
    assert command(old) == 0
    assert "deprecated before (1)" in capsys.readouterr().out

    old.write_text("no schema")
    assert command(old) == 2
