"""Relations over relations: WITH, UNION ALL, DISTINCT, and the origin of a column."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from sandbox.sql.relations import (
    EVERYTHING,
    NUMBERS,
    Ref,
    Relation,
    Select,
    Source,
    Table,
    Users,
    mark,
    name,
)
from sandbox.sql.rules import Facts, Value
from sandbox.sql.users import Counting


@dataclass(eq=False)
class Union:
    """UNION ALL. Each branch is a path of its own to the users."""

    branches: list[Relation]
    outputs: Mapping[str, tuple[str, Facts]]
    hidden: dict[tuple[int, str], str] = field(default_factory=dict)

    @property
    def aggregated(self) -> bool:
        """True if all branches are."""
        return all(branch.aggregated for branch in self.branches)

    def users(self, column: str, counting: Counting) -> list[Users]:
        """The users of each branch. They are NULL in the rows of the other branches."""
        place = list(self.outputs).index(column) if column != EVERYTHING else None
        found = []
        for number, branch in enumerate(self.branches):
            key = EVERYTHING if place is None else list(branch.outputs)[place]
            for users in branch.users(key, counting):
                parts = tuple(self._of_branch(number, part) for part in users.parts)
                found.append(Users(users.table, (number, *users.path), parts))
        return found

    def _of_branch(self, number: int, part: str) -> str:
        if (number, part) not in self.hidden:
            self.hidden[number, part] = f"__u{next(NUMBERS)}"
        return self.hidden[number, part]

    def add(self, sql: str) -> str:
        """Add the same hidden column to every branch."""
        alias = f"__u{next(NUMBERS)}"
        for number, branch in enumerate(self.branches):
            self.hidden[number, branch.add(sql)] = alias
        return alias

    def sql(self) -> str:
        """The branches, each with its columns renamed to those of the union."""
        aliases = list(dict.fromkeys(self.hidden.values()))
        texts = []
        for number, branch in enumerate(self.branches):
            own = {alias: part for (of, part), alias in self.hidden.items() if of == number}
            shown = [
                f"{name(theirs)} AS {name(ours)}"
                for (theirs, _), (ours, _) in zip(
                    branch.outputs.values(), self.outputs.values(), strict=True
                )
            ]
            shown += [
                f"{name(own[alias]) if alias in own else 'NULL'} AS {name(alias)}"
                for alias in aliases
            ]
            texts.append(f"SELECT {', '.join(shown)} FROM ({branch.sql()})")  # noqa: S608
        return " UNION ALL ".join(texts)


@dataclass(eq=False)
class Named:
    """A reference to a query of the WITH clause."""

    label: str
    relation: Relation

    @property
    def outputs(self) -> Mapping[str, tuple[str, Facts]]:
        """The columns."""
        return self.relation.outputs

    @property
    def aggregated(self) -> bool:
        """True if a row stands for more than one event or user."""
        return self.relation.aggregated

    def users(self, column: str, counting: Counting) -> list[Users]:
        """The users behind a column."""
        return self.relation.users(column, counting)

    def add(self, sql: str) -> str:
        """Add a hidden column."""
        return self.relation.add(sql)

    def sql(self) -> str:
        """The reference. The query itself is in the WITH clause."""
        return f"SELECT * FROM {name(self.label)}"  # noqa: S608


def grouped_by_all(relation: Relation) -> Select:
    """DISTINCT: one row for each combination of values."""
    source = Source(f"d{next(NUMBERS)}", relation)
    items = {}
    groups = []
    for key, (written, facts) in relation.outputs.items():
        sql = f"{name(source.alias)}.{name(written)}"
        items[key] = (written, Value(sql, facts, (Ref(source, key),)))
        groups.append(sql)
    personal = any(facts.secret for _, facts in relation.outputs.values())
    return Select(items, [source], mark(source), groups=groups, personal=personal)


def origin(ref: Ref) -> tuple[str, str] | None:
    """The table and column that a column comes from, unchanged. None if it was computed."""
    relation, column = ref.source.relation, ref.column
    while True:
        if isinstance(relation, Named):
            relation = relation.relation
        elif isinstance(relation, Select):
            value = relation.items[column][1]
            if len(value.refs) != 1 or value.counts or value.windows:
                return None
            (below,) = value.refs
            written = below.source.relation.outputs[below.column][0]
            if value.sql != f"{name(below.source.alias)}.{name(written)}":
                return None
            relation, column = below.source.relation, below.column
        else:
            return (relation.table, column) if isinstance(relation, Table) else None
