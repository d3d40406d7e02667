"""Every place of the schema that takes a value, and values at the edge of what it may take.

Places are found by walking the schema, so an argument that is added later is tried by itself. What
a document needs around a place is made of example values: ids of things that are there, and texts
that are right for an argument of that name.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias
from uuid import uuid4

from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    get_nullable_type,
    is_leaf_type,
    is_list_type,
    is_required_argument,
    is_required_input_field,
)

from domain import ids

Slots: TypeAlias = Mapping[str, GraphQLArgument] | Mapping[str, GraphQLInputField]

LONG = "x" * 900_000  # as long as a body lets through
TEXTS = [
    "",
    " \t\n",
    "\0",
    "a\0b",
    "\u200b",  # nobody sees these
    "\u0301\u0301",
    "\u202e\u2066",
    "\ufeff",
    "\U0010ffff",
    "e\u0301",
    "%_\\%",
    "'; SELECT 1; --",
    "{{x}} CUSTOM_PARAMETER('x')",
    "9999-12-31",
    "Mars/Olympus",
    "localtime",
    "Factory",
    "../../etc/passwd",
    "W10=",
    "null",
    "\r\nX-Header: 1",
    "x" * 201,
    LONG,
]
NUMBERS = [-(2**31), -1, 0, 1, 1_000_000, 2**31 - 1]
DAYS = [
    *("0001-01-01", "1969-12-31", "1970-01-01", "1999-12-31", "2099-12-31"),
    *("2200-12-31", "2201-01-01", "9999-12-31"),
]
MOMENTS = [
    "0001-01-01T00:00:00+14:00",
    "1970-01-01T00:00:00Z",
    "2026-01-01T00:00:00",
    "2200-12-31T23:59:59-12:00",
    "9999-12-31T23:59:59-12:00",
]


def nested(deep: int) -> Any:
    """A list in a list, so many levels deep."""
    found: Any = 1
    for _ in range(deep):
        found = [found]
    return found


DOCUMENTS = [
    *({}, [], 0, -1, True, "x", "\0", 1e308, -0.0, 1.5, 10**18, 2**63, 2**64 - 1),
    {"a\0": 1},
    {"a": ["b", {"c": "\0"}]},
    {"": {"": ""}},
    {"type": "object", "properties": {"a": {"type": "array", "items": {"type": "string"}}}},
    {"properties": [], "required": 1, "type": None},
    {"startDate": "9999-12-31", "endDate": "0001-01-01", "range": {"periods": 10**9}},
    {"x": -1, "y": 2**40, "width": 1e300, "height": "1"},
    {"frequency": "daily", "time": "24:00", "timezone": "localtime"},
    {"name": "\u200b", "templateId": "\0", "instanceId": "inst_1", "targetWeeks": 10**9},
    nested(13),
    nested(400),
    list(range(2000)),
    {f"k{n}": n for n in range(2000)},
    LONG,
]
CURSORS = [
    *("WyIwMDAxLTAxLTAxVDAwOjAwOjAwKzE0OjAwIiwieCJd", "W10", "bnVsbA==", "WzFd"),
]


@dataclass(frozen=True)
class Place:
    """Where a value can stand: a field, and the path to an argument or to a field of an input."""

    owner: str  # the type that has the field
    field: str
    path: tuple[str, ...]
    kind: str  # the name of the value's type

    def __str__(self) -> str:
        return f"{self.owner}.{self.field}({'.'.join(self.path)})"


class Walk:
    """The places of one schema, for documents about things of these ids, by their prefix."""

    def __init__(self, schema: GraphQLSchema, known: Mapping[str, str]) -> None:
        self.schema, self.known = schema, known

    def places(self, owner: str) -> Iterator[Place]:
        """Every place in the fields of a type."""
        type_ = self.schema.type_map[owner]
        assert isinstance(type_, GraphQLObjectType)
        for name, field in type_.fields.items():
            for path, kind in _paths(field.args, ()):
                yield Place(owner, name, path, kind)

    def owners(self) -> list[str]:
        """The types other than roots whose fields take arguments."""
        roots = {"Query", "Mutation", "Subscription"}
        return [
            type_.name
            for type_ in self.schema.type_map.values()
            if isinstance(type_, GraphQLObjectType)
            and type_.name not in roots
            and not type_.name.startswith("__")
            and any(field.args for field in type_.fields.values())
        ]

    def values(self, place: Place) -> Iterator[Any]:
        """What is tried there."""
        kind = self.schema.type_map[place.kind]
        if isinstance(kind, GraphQLEnumType):
            yield from kind.values
        elif place.kind == "ID":
            yield from (text for text in TEXTS if len(text) < 5 or len(text) > 200)
            yield from self._wrong_ids(place)
        else:
            cursors = CURSORS if place.path[-1] in ("after", "before") else []
            yield from cursors
            yield from {
                "Int": NUMBERS,
                "Boolean": [True, False],
                "Date": DAYS,
                "DateTime": MOMENTS,
                "JSON": DOCUMENTS,
                "BigInt": NUMBERS,
                "Float": NUMBERS,
                "Decimal": ["1e400", "NaN", "-Infinity", "1" * 200],
            }.get(place.kind, TEXTS)

    def _wrong_ids(self, place: Place) -> Iterator[str]:
        right = self._prefix(place.field, place.path[-1], place.path)
        yield from (one for prefix, one in self.known.items() if prefix != right)
        yield ids.encode(right, uuid4())
        yield f"{right}_{'g' * 32}"
        yield f"{right}_{'٣' * 32}"
        yield f"{right}_{uuid4().hex.upper()}"
        yield uuid4().hex

    def written(self, place: Place, variable: str) -> str:
        """The field with its arguments, as the value of a root field."""
        type_ = self.schema.type_map[place.owner]
        assert isinstance(type_, GraphQLObjectType)
        field = type_.fields[place.field]
        text = f"{place.field}({self._arguments(place, field.args, place.path, variable)})"
        text += "" if is_leaf_type(get_named_type(field.type)) else " { __typename }"
        if place.owner in ("Query", "Mutation", "Subscription"):
            return text
        owner, within = PARTS.get(place.owner, (place.owner, None))
        of = next(one for one, noun in OWNERS.items() if noun == owner)
        text = f"{within} {{ {text} }}" if within else text
        # Of some kinds nothing is there. Then the arguments are validated, and the node is null.
        one = self.known.get(of) or ids.encode(of, uuid4())
        return f'node(id: "{one}") {{ ... on {owner} {{ {text} }} }}'

    def _arguments(self, place: Place, slots: Slots, path: tuple[str, ...], variable: str) -> str:
        parts = []
        around = _helpful(slots, path[0] if path else "")
        for name, slot in slots.items():
            kind = get_named_type(slot.type)
            if path and name == path[0]:
                value = variable
                if len(path) > 1:
                    assert isinstance(kind, GraphQLInputObjectType)
                    value = f"{{{self._arguments(place, kind.fields, path[1:], variable)}}}"
            elif name in around or _is_required(slot):
                value = self._example(place, name, slot)
            else:
                continue
            in_list = is_list_type(get_nullable_type(slot.type))
            parts.append(f"{name}: {f'[{value}]' if in_list else value}")
        return ", ".join(parts)

    def _example(self, place: Place, name: str, slot: GraphQLArgument | GraphQLInputField) -> str:
        kind = get_named_type(slot.type)
        if isinstance(kind, GraphQLInputObjectType):
            return f"{{{self._arguments(place, kind.fields, (), '')}}}"
        if isinstance(kind, GraphQLEnumType):
            return "CUSTOM" if "CUSTOM" in kind.values else next(iter(kind.values))
        if kind.name == "ID":
            prefix = self._prefix(place.field, name, place.path)
            return json.dumps(self.known.get(prefix, self.known["rpt"]))
        examples = {"Int": "1", "Boolean": "true", "Float": "1", "JSON": "{}", "Date": DAY}
        return EXAMPLES.get(name) or examples.get(kind.name, '"a"')

    def _prefix(self, field: str, name: str, path: tuple[str, ...]) -> str:
        """The prefix of the ids that fit there, by the names of the argument and of the field."""
        if name in ("id", "ids", "remove"):
            if path[:1] == ("change",) and path[1:2] in (("change",), ("move",), ("remove",)):
                return "wgt"
            fitting = [noun for noun in NOUNS if field.startswith(noun)]
            return NOUNS[max(fitting, key=len)] if fitting else "rpt"
        return NOUNS.get(name.removesuffix("Id"), "rpt")


NOUNS = {
    "report": "rpt",
    "template": "tmpl",
    "instance": "inst",
    "execution": "exec",
    "collection": "col",
    "week": "week",
    "schedule": "sch",
    "noticeTarget": "ntg",
    "target": "ntg",
    "builder": "bld",
    "session": "bld",
    "workflow": "wf",
    "workflowExecution": "wexec",
    "dashboard": "dash",
    "view": "view",
}
OWNERS = {
    "rpt": "Report",
    "exec": "Execution",
    "wf": "Workflow",
    "wexec": "WorkflowExecution",
    "dash": "Dashboard",
    "wgt": "Widget",
    "col": "Collection",
    "tmpl": "Template",
    "inst": "Instance",
    "view": "View",
    "ins": "Insight",
}
# And the field of their owner.
PARTS = {"WidgetData": ("Widget", "data"), "InsightReasons": ("Insight", "why")}
DAY = '"2026-03-02"'
EXAMPLES = {
    "timeZone": '"UTC"',
    "cron": '"0 9 * * *"',
    "email": '"bob@example.com"',
    "address": '"https://93.184.216.34/"',
    "sqlTemplate": '"SELECT campaign FROM dsp_impressions GROUP BY campaign"',
    "sqlQuery": '"SELECT campaign FROM dsp_impressions GROUP BY campaign"',
    "position": "{x: 0, y: 0, width: 3, height: 2}",
    "template": '"performance-overview"',
}
# Of two that exclude each other, the one that is given where neither is tried.
EITHER = {"reportId": {"reportId", "workflowId"}, "cron": {"cron", "preset"}}


def _helpful(slots: Slots, tried: str) -> set[str]:
    """Arguments that may be left out, without which the one that is tried is not looked at."""
    found = {name for name, both in EITHER.items() if name in slots and tried not in both}
    if tried in slots and get_named_type(slots[tried].type).name == "Date":
        found |= {
            name
            for name, one in slots.items()
            if get_named_type(one.type).name == "Date" or name == "type"
        }
    return found - {tried}


def _is_required(slot: GraphQLArgument | GraphQLInputField) -> bool:
    if isinstance(slot, GraphQLArgument):
        return is_required_argument(slot)
    return is_required_input_field(slot)


def _paths(slots: Slots, before: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    for name, slot in slots.items():
        kind = get_named_type(slot.type)
        if isinstance(kind, GraphQLInputObjectType):
            if before.count(name) == 0:
                yield from _paths(kind.fields, (*before, name))
        else:
            yield (*before, name), kind.name


class Written(str):
    """A value as GraphQL has it, to stand in the document itself."""


IN_THE_DOCUMENT: dict[str, list[str]] = {
    "String": [r'"\u0000"', r'"""\u0000"""', r'"\u{10FFFF}"', r'"\ud83e\udd8a"', "7", "null"],
    "ID": [r'"rpt_\u0000"', "7", "-1", "9" * 30, "9" * 5000, "null"],
    "Int": ["9" * 30, "9" * 5000, "-2147483649", "1.0", "1e1", '"1"', "null"],
    "Date": [r'"\u0000"', '"9999-12-31"', '"10000-01-01"', '"2026-02-30"', "20260101", '""'],
    "DateTime": [r'"\u0000"', '"9999-12-31T24:00:00-12:00"', '"2026-01-01T00:00:00+99:99"', "1"],
    "JSON": [
        *(r'"\u0000"', r'{a: ["\u0000"]}', "9" * 30, "9" * 5000, "1e999", "-1e999", "1E-999"),
        *("[" * 500 + "]" * 500, "{a: {a: A}}", "{a: 1, a: 2}"),
    ],
    "Boolean": ["null", '"true"', "1"],
}
# In a variable of a kind, what it cannot be.
OF_ANOTHER_KIND: list[Any] = [
    7,
    1.5,
    True,
    "2026-13-45",
    "x",
    [],
    {},
    {"a": 1},
    2**31,
    2**63,
    1e308,
]


@dataclass(frozen=True)
class Case:
    """A value in a place."""

    place: Place
    value: Any

    @property
    def key(self) -> tuple[str, str]:
        """Equal for those that can share a variable."""
        return self.place.kind, json.dumps(self.value)


def document(walk: Walk, root: str, cases: Iterable[Case]) -> tuple[str, dict[str, Any]]:
    """One operation with an alias for each case, and its variables. A query asks the viewer too."""
    names: dict[tuple[str, str], str] = {}
    given: dict[str, Any] = {}
    aliases, declared = [], []
    for number, case in enumerate(cases):
        if isinstance(case.value, Written):
            aliases.append(f"a{number}: {walk.written(case.place, case.value)}")
            continue
        if (name := names.get(case.key)) is None:
            name = names[case.key] = f"v{len(names)}"
            given[name] = case.value
            declared.append(f"${name}: {case.place.kind}!")
        aliases.append(f"a{number}: {walk.written(case.place, f'${name}')}")
    viewer = "viewer { id }" if root == "query" else ""
    variables = f"({', '.join(declared)})" if declared else ""
    return f"{root}{variables} {{ {viewer} {' '.join(aliases)} }}", given
