"""Which columns a statement reads in place of rows, and which of rows that they point to.

A row that others point to may be read in their statement, by an outer join.
"""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeAlias

from sqlalchemy import FromClause, UnaryExpression, literal_column, select, true
from sqlalchemy import inspect as inspection
from sqlalchemy.orm import aliased, outerjoin
from sqlalchemy.sql.elements import _label_reference

# An option of statements that read rows for an edge or a list. They may leave out columns, but not
# those that the option names.
NARROW = "narrow"
CONSTANT = "constant"  # an option of statements that are built once and take parameters
# An option of statements whose best plan depends on the values that they are given, such as lists
# with filters: PostgreSQL plans those for the values. Of others it keeps one plan.
BY_VALUES = "by_values"
# An option of statements that read deferred columns, with the names of these.
UNDEFERRED = "undeferred"
KEPT = 5000  # lists of columns that a process keeps
Columns: TypeAlias = Mapping[type[Any], frozenset[str]]


@dataclass(frozen=True)
class Join:
    """Rows that are read in the statement of those that point to them, or None where there is none.

    `attribute` of the one equals `key` of the other, of which there is one at most. Of a view
    (`is_view`) each row is looked up by itself: PostgreSQL would compute the view for all rows.
    """

    name: Hashable
    attribute: str
    model: type[Any]
    key: str
    is_view: bool = False


@dataclass(frozen=True)
class Needed:
    """What a plan needs of the rows of a model: these columns, and these rows beside each.

    Of models that are not named, all columns are needed.
    """

    columns: Columns
    joins: Mapping[type[Any], tuple[Join, ...]]


class Unreadable(Exception):
    """A session of a snapshot was asked for what only an ordinary one can do."""


@dataclass(frozen=True)
class Span:
    """Consecutive columns of a result: a row of a model by these names, or one value."""

    key: str
    model: type[Any] | None = None
    names: tuple[str, ...] = ()
    join: Join | None = None  # if the row is read beside the first one


def spread(statement: Any, needed: Needed, tracked: bool) -> tuple[Any, list[Span]]:
    """The statement with the columns of each row in place of the row. Raises Unreadable."""
    options = statement.get_execution_options()
    undeferred = tuple(options.get(UNDEFERRED, ()))
    locks = statement._for_update_arg is not None
    if (statement._with_options and not undeferred) or (locks and not tracked):
        raise Unreadable("options of a statement")
    more = options.get(NARROW)
    described = statement.column_descriptions
    if not any(_is_row(one) for one in described):
        return statement, [Span(one["name"]) for one in described]
    spans, chosen = [], []
    for one, element in zip(described, statement._raw_columns, strict=True):
        if not _is_row(one):
            spans.append(Span(one["name"]))
            chosen.append(element)
            continue
        model = inspection(one["entity"]).mapper.class_
        wanted = needed.columns.get(model) if more is not None else None
        names = _names(model, wanted if wanted is None else wanted | {*more}, undeferred)
        spans.append(Span(one["name"], model, names))
        chosen += [getattr(one["expr"], name) for name in names]
    joins = needed.joins.get(spans[0].model, ()) if spans[0].model is not None else ()
    if joins and more is not None and options.get(CONSTANT) and _may_be_joined(statement):
        return _joined(statement, chosen, spans, joins, needed.columns)
    return statement.with_only_columns(*chosen), spans


def _may_be_joined(statement: Any) -> bool:
    return not (statement._distinct or statement._group_by_clauses)


def _joined(
    statement: Any,
    chosen: Sequence[Any],
    spans: list[Span],
    joins: Sequence[Join],
    columns: Columns,
) -> tuple[Any, list[Span]]:
    """The statement as the inner one of a statement with outer joins.

    So the joins have no part in how a page is found: PostgreSQL joins the few rows of the page.
    """
    sorts = [_sort(one) for one in statement._order_by_clauses]
    labelled = [one.label(f"c{place}") for place, one in enumerate(chosen)]
    labelled += [one.label(f"s{place}") for place, (one, _) in enumerate(sorts)]
    inner = statement.with_only_columns(*labelled)
    if statement._limit_clause is None and statement._offset_clause is None:
        inner = inner.order_by(None)
    rows = inner.subquery("rows")
    source: Any = rows
    read = [rows.c[f"c{place}"] for place in range(len(chosen))]
    for join in joins:
        model: Any = join.model
        names = _names(model, columns[model] | {join.key}, ())
        on = rows.c[f"c{spans[0].names.index(join.attribute)}"]
        source, found = _beside(source, join, on, names)
        read += found
        spans.append(Span("", join.model, names, join))
    order = [make(rows.c[f"s{place}"]) for place, (_, make) in enumerate(sorts)]
    return select(*read).select_from(source).order_by(*order), spans


def _beside(source: Any, join: Join, on: Any, names: Sequence[str]) -> tuple[Any, list[Any]]:
    """The source with the rows of a join beside its own, and the columns of these rows."""
    target: Any = aliased(join.model)
    columns = [getattr(target, name) for name in names]
    is_it = getattr(target, join.key) == on
    if not join.is_view:
        return outerjoin(source, target, is_it), columns
    one = select(*columns).where(is_it).offset(literal_column("0")).lateral()
    return outerjoin(source, one, true()), [one.c[column.key] for column in columns]


def _sort(clause: Any) -> tuple[Any, Callable[[Any], Any]]:
    """What a clause of ORDER BY sorts by, and how another column is sorted as it is."""
    ways: list[Any] = []
    while True:
        if isinstance(clause, UnaryExpression) and clause.modifier is not None:
            ways.append(clause.modifier)
        elif not isinstance(clause, _label_reference):
            break
        clause = clause.element

    def sorted_(column: Any) -> Any:
        for way in reversed(ways):
            column = UnaryExpression(column, modifier=way)
        return column

    return clause, sorted_


def returned(statement: Any, columns: Columns) -> tuple[Any, list[Span]]:
    """A change with the columns of each row that it returns in place of the row."""
    if not any(isinstance(one, FromClause) for one in statement._returning):
        return statement, [Span(one.key) for one in statement._returning]
    spans, chosen = [], []
    for one in statement._returning:
        if not isinstance(one, FromClause):
            spans.append(Span(one.key))
            chosen.append(one)
            continue
        model = one._annotations["parententity"].class_
        names = _names(model, columns.get(model), ())
        spans.append(Span(model.__name__, model, names))
        chosen += [getattr(model, name) for name in names]
    bare = statement._clone()
    bare._returning = ()
    return bare.returning(*chosen), spans


def _is_row(described: Any) -> bool:
    entity = described.get("entity")  # statements of tables alone have none
    return entity is not None and described["expr"] is entity


@lru_cache(KEPT)
def _names(
    model: type[Any], wanted: frozenset[str] | None, undeferred: tuple[str, ...]
) -> tuple[str, ...]:
    """The attributes that are read of a model: those that are wanted, and its key."""
    mapper: Any = inspection(model)
    if mapper.polymorphic_on is not None or mapper.relationships:
        raise Unreadable(f"{model.__name__} is more than its columns")
    return tuple(
        one.key
        for one in mapper.column_attrs
        if one.key in undeferred
        or one.columns[0].primary_key
        or ((wanted is None or one.key in wanted) and not one.deferred)
    )
