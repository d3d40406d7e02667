"""Reading what people hand in takes time in proportion to its length, whatever is in it."""

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest

from domain import sentences
from domain.errors import Invalid
from domain.problems import MOST_TOLD, problems_of
from domain.queries import definitions, parameters, queries, sql
from domain.templates import drafts

LIST = {"type": "array", "items": {"type": "string"}, "minItems": 1}


def joined(by: str, made: Callable[[int], str], number: int) -> str:
    return by.join(made(n) for n in range(number))


TEXTS: dict[str, Callable[[int], str]] = {
    "names in WITH": lambda n: (
        f"WITH {joined(', ', lambda i: f't{i} AS (SELECT a FROM t{max(0, i - 1)})', n)} "
        f"SELECT a AS a FROM t{n - 1}"
    ),
    "one WITH, many tables": lambda n: (
        "WITH t AS (SELECT a FROM u) SELECT a AS a FROM t "
        + joined(" ", lambda i: f"JOIN t AS t{i} ON t.a = t{i}.a", n)
    ),
    "unions": lambda n: joined(" UNION ALL ", lambda i: f"SELECT a AS a FROM t{i}", n),
    "columns": lambda n: f"SELECT {joined(', ', lambda i: f'a AS a{i}', n)} FROM t",
    "columns of one name": lambda n: f"SELECT {joined(', ', lambda i: 'a AS a', n)} FROM t",
    "conditions": lambda n: f"SELECT a AS a FROM t WHERE {joined(' OR ', lambda i: f'a = {i}', n)}",
    "values": lambda n: f"SELECT a AS a FROM t WHERE a IN ({joined(', ', str, n)})",
    "placeholders": lambda n: f"SELECT {joined(', ', lambda i: f'{{{{p{i}}}}} AS a{i}', n)} FROM t",
    "parameters of AMC": lambda n: (
        f"SELECT {joined(', ', lambda i: f'CUSTOM_PARAMETER({chr(39)}p{i}{chr(39)}) AS a{i}', n)}"
    ),
    "open braces": lambda n: "SELECT 1 AS a " + "{{ " * n,
    "open comments": lambda n: "SELECT 1 AS a " + "/* " * n,
    "quotes": lambda n: "SELECT 1 AS a " + "' " * n,
    "comments": lambda n: "SELECT 1 AS a " + "-- x\n" * n,
    "backslashes": lambda n: f"SELECT '{chr(92) * n}' AS a FROM t",
    "brackets": lambda n: f"SELECT {'(' * n}1{')' * n} AS a",
    "limits": lambda n: "SELECT 1 AS a FROM t" + " LIMIT 1" * n,
}


def steps(work: Callable[[], object]) -> int:
    """How many lines of Python the work takes."""
    count = 0

    def note(frame: FrameType, event: str, _: object) -> Any:
        nonlocal count
        count += event == "line"
        return note

    before = sys.gettrace()
    sys.settrace(note)
    try:
        work()
    except Invalid:
        pass
    finally:
        sys.settrace(before)
    return count


def grows_as_its_input(work: Callable[[int], object], size: int) -> bool:
    """Whether twice the size takes at most twice the steps, and a tenth for good measure."""
    queries.shape.cache_clear()
    steps(lambda: work(size))  # what is made once for all
    queries.shape.cache_clear()
    once = steps(lambda: work(size))
    queries.shape.cache_clear()
    twice = steps(lambda: work(2 * size))
    print(f"{once} steps for {size}, {twice} for {2 * size}")
    return twice <= 2.2 * once + 1000


@pytest.mark.parametrize("text", TEXTS)
def test_reading_a_template(text):
    assert grows_as_its_input(lambda n: sql.check_template(TEXTS[text](n), {}), 60)


@pytest.mark.parametrize("text", TEXTS)
def test_previewing_a_template(text):
    known = {"properties": {f"p_{n}": {"type": "string"} for n in range(100)}}
    assert grows_as_its_input(lambda n: drafts.preview(TEXTS[text](n), known, {}), 60)


def test_joins_that_could_be_read_in_many_ways():
    few = "SELECT a AS a FROM t JOIN u JOIN v ON u.a = v.a ON t.a = u.a"
    assert sql.data_sources(few) == ["t", "u", "v"]
    for number in (25, 100):
        with pytest.raises(Invalid, match="Give each JOIN its ON"):
            sql.check_template("SELECT a AS a FROM t" + " JOIN t" * number, {})


def test_values_that_nobody_has_defined():
    known = {"properties": {f"parameter_{n}": {"type": "string"} for n in range(100)}}
    assert grows_as_its_input(
        lambda n: parameters.check(known, {f"paramter_{i}": 1 for i in range(n)}), 200
    )


def test_required_names_that_nobody_has_defined():
    assert grows_as_its_input(
        lambda n: definitions.check(
            {
                "properties": {f"p_{i}": {"type": "string"} for i in range(100)},
                "required": [f"q_{i}" for i in range(n)],
            }
        ),
        200,
    )


@pytest.mark.parametrize("item", [str, lambda n: n if n % 2 else str(n), lambda n: 1])
def test_values_that_have_to_differ(item):
    one = {"type": "array", "items": {"type": ["string", "integer"]}, "uniqueItems": True}
    assert grows_as_its_input(
        lambda n: parameters.problems_of("p", "p", one, [item(i) for i in range(n)]), 200
    )


@pytest.mark.parametrize(
    ("values", "repeats"),
    [
        ([1, True], False),
        ([0, False, None, "0", ""], False),
        ([1, 1.0], True),
        (["a", "b", "a"], True),
        ([[1, 2], [1, 2]], True),
        ([{"a": 1, "b": 2}, {"b": 2, "a": 1}], True),
        ([[1, 2], [2, 1]], False),
    ],
)
def test_values_differ_as_json_schema_has_it(values, repeats):
    one = {"type": "array", "uniqueItems": True}
    assert bool(parameters.problems_of("p", "p", one, values)) == repeats


def test_a_long_list_in_many_places_is_not_written_out_beyond_what_amc_takes():
    template = f"SELECT a AS a FROM t WHERE {' OR '.join(['a IN {{x}}'] * 1000)}"
    known = {"properties": {"x": LIST}, "required": ["x"]}
    values = {"x": ["y" * 900] * 1000}
    written = sum(len(one) for one in (template, *values["x"]))
    assert grows_as_its_input(
        lambda n: sql.render(
            f"SELECT a AS a FROM t WHERE {' OR '.join(['a IN {{x}}'] * n)}", known, values
        ),
        100,
    )
    with pytest.raises(Invalid, match=r"The SQL has 90\d,\d{3},\d{3} characters") as refused:
        sql.render(template, known, values)
    assert len(str(refused.value)) < 200 < written


def test_no_more_is_told_than_somebody_reads():
    with pytest.raises(Invalid) as refused:
        parameters.check({}, {f"p{n}": 1 for n in range(5000)})
    assert len(problems_of(refused.value)) == MOST_TOLD


@pytest.mark.parametrize(
    ("name", "known", "meant"),
    [
        ("dais", ["days", "weeks"], "days"),
        ("dyas", ["days", "weeks"], "days"),
        ("day", ["days"], "days"),
        ("dayss", ["days"], "days"),
        ("DAYS", ["days"], "days"),
        ("days", ["Days", "dayz"], "Days"),
        ("ab", ["ac"], None),
        ("months", ["days", "weeks"], None),
        ("x" * 1000, ["x" * 1000], None),
        ("days", [], None),
    ],
)
def test_a_name_that_was_likely_meant_is_near(name, known, meant):
    assert sentences.near(name, known) == meant
