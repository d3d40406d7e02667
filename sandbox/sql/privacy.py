"""Aggregation thresholds: which rows of a result are shown, and what happens to the others.

The number of users of a row is the smallest number over all tables, and over all ways by which its
columns reach them. The standard count takes all users of the row. The effective count takes, for
each metric with a total, the users who add to it. A table without users is left out. A row whose
users are all unknown has no count.

Where users cannot be counted exactly, the count is too low, never too high. Behind a window
function only the users of the row itself count. Users who only decide which rows exist (in WHERE,
ON, IN or EXISTS) do not count. AMC's third way of counting, the equivalent one, is not modelled.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sandbox.sql import rules
from sandbox.sql.relations import Ref, Relation, Select, Source, Users, mark, name
from sandbox.sql.rules import Facts
from sandbox.sql.users import Counting, Few, Many


@dataclass(frozen=True)
class Wanted:
    """What the workflow asks for in place of dropped rows."""

    discriminator: str | None = None
    behaviour: rules.Behaviour = "REMOVE_ROWS"
    user_count: str | None = None
    reason: str | None = None


@dataclass(frozen=True)
class Counted:
    """A query whose rows have their number of users."""

    sql: str
    outputs: Mapping[str, tuple[str, Facts]]
    people: bool  # whether the query has users at all


USERS = "__users"
REASON = "__reason"


def count_users(relation: Relation) -> Counted:
    """Add hidden columns: the number of users, and the reason if it is too low."""
    required = max((facts.users for _, facts in relation.outputs.values()), default=1)
    counting: Counting = Many() if required > 2 else Few()
    if not isinstance(relation, Select) or relation.groups is None:
        relation = _over(relation)
    counted = relation.counted(counting)
    numbers = [(relation.add(counting.number(users.parts)), users, eff) for users, eff in counted]
    sql = relation.sql()
    if not numbers:
        return Counted(sql, relation.outputs, False)
    least = f"coalesce(least({', '.join(name(column) for column, _, _ in numbers)}), 0)"
    shown = ", ".join(name(written) for written, _ in relation.outputs.values())
    reasons = _reasons(numbers, max(required, 1))
    return Counted(
        f"SELECT {shown}, {least} AS {USERS}, {reasons} AS {REASON} FROM ({sql})",  # noqa: S608
        relation.outputs,
        True,
    )


def _over(relation: Relation) -> Select:
    """Wrap the rows into another SELECT, which can use the hidden columns."""
    source = Source("result", relation)
    items = {
        key: (written, rules.Value(f"result.{name(written)}", facts, (Ref(source, key),)))
        for key, (written, facts) in relation.outputs.items()
    }
    return Select(items, [source], mark(source))


def _reasons(numbers: Sequence[tuple[str, Users, bool]], required: int) -> str:
    """The first count that is too low, in AMC's words. The standard count comes first."""
    ways: dict[str, list[tuple[int, ...]]] = {}
    for _, users, _ in numbers:
        paths = ways.setdefault(users.table, [])
        if users.path not in paths:
            paths.append(users.path)
    cases = []
    for column, users, effective in sorted(numbers, key=lambda one: one[2]):
        paths = ways[users.table]
        path = f" (path {paths.index(users.path) + 1} of {len(paths)})" if len(paths) > 1 else ""
        kind = " effective users" if effective else " users"
        text = f"'{users.table}'{path}{kind} < {required} required".replace("'", "''")
        cases.append(f"WHEN {name(column)} < {required} THEN {name(column)} || ' {text}'")
    return f"CASE {' '.join(cases)} END"


def filtered(counted: Counted, wanted: Wanted) -> str:
    """The result as it may be shown, with the columns that were asked for."""
    if not counted.people:
        return _unfiltered(counted, wanted)
    required = max(facts.users for _, facts in counted.outputs.values())
    enough = f"{USERS} >= {required}"
    if wanted.discriminator is None and wanted.behaviour == "REMOVE_ROWS":
        columns = ", ".join(name(written) for written, _ in counted.outputs.values())
        extra = _extra(wanted, "FALSE", USERS, "CAST(NULL AS VARCHAR)")
        return f"SELECT {columns}{extra} FROM ({counted.sql}) WHERE {enough}"  # noqa: S608
    shown = []
    for written, facts in counted.outputs.values():
        column = name(written)
        if facts.users > 1:
            column = f"CASE WHEN {USERS} >= {facts.users} THEN {column} END"
        shown.append(f"{column} AS {name(written)}")
    blanked = (
        f"SELECT {', '.join(shown)}, NOT ({enough}) AS __filtered, {USERS}, "  # noqa: S608
        f"CASE WHEN {enough} THEN NULL ELSE {REASON} END AS {REASON} "
        f"FROM ({counted.sql}) WHERE {USERS} >= 1"
    )
    if wanted.behaviour == "REMOVE_VALUES":
        columns = ", ".join(name(written) for written, _ in counted.outputs.values())
        return f"SELECT {columns}{_extra(wanted)} FROM ({blanked})"  # noqa: S608
    return _summed(counted, wanted, blanked)


def _summed(counted: Counted, wanted: Wanted, blanked: str) -> str:
    """Merge filtered rows that now have the same dimensions, and add up their metrics."""
    columns, groups = [], ["__filtered"]
    for written, facts in counted.outputs.values():
        column = name(written)
        if facts.metric:
            columns.append(f"sum({column}) AS {column}")
        else:
            columns.append(column)
            groups.append(column)
    extra = _extra(wanted, "__filtered", f"min({USERS})", f"min({REASON})")
    untouched = ", ".join(name(written) for written, _ in counted.outputs.values())
    return (
        f"SELECT {untouched}{_extra(wanted)} FROM ({blanked}) "  # noqa: S608
        f"WHERE NOT __filtered UNION ALL SELECT {', '.join(columns)}{extra} FROM ({blanked}) "
        f"WHERE __filtered GROUP BY {', '.join(groups)}"
    )


def _extra(
    wanted: Wanted,
    filtered: str = "__filtered",
    users: str = USERS,
    reason: str = REASON,
) -> str:
    """The hidden columns behind the select list."""
    columns = {
        wanted.discriminator: filtered,
        wanted.user_count: f"CAST({users} AS BIGINT)",
        wanted.reason: reason,
    }
    return "".join(f", {sql} AS {name(written)}" for written, sql in columns.items() if written)


def _unfiltered(counted: Counted, wanted: Wanted) -> str:
    columns = ", ".join(name(written) for written, _ in counted.outputs.values())
    extra = _extra(wanted, "FALSE", "CAST(NULL AS BIGINT)", "CAST(NULL AS VARCHAR)")
    return f"SELECT {columns}{extra} FROM ({counted.sql})"  # noqa: S608
