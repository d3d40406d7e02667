"""Runs a plan breadth first: a field of all rows at once, and then the fields of what it found.

A row that many rows point to is shaped once and counted as often as it is in the answer. Nothing
is repaired here: an error, or a null where none may be, ends the run, and the operation is
executed normally.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from itertools import islice, repeat
from operator import mul
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from graphql.execution.values import get_argument_values
from graphql.pyutils import Path

from domain import ids
from domain.db import transaction
from domain.snapshots import snapshots
from graph.fields import turns
from graph.fields.declared import Column, Each, Fetch, Key, Many, One
from graph.fields.documents import read
from graph.http import wire
from graph.planning.kept_fields import Written, kept_fields
from graph.planning.shapes import Leaf, Objects, Selected, Selection, Shape

if TYPE_CHECKING:
    from graph.planning.executor import Planned

Rows: TypeAlias = Sequence[Any]
Times: TypeAlias = Sequence[int]  # how often each of them is in the answer
MANY = 500  # rows, after which the turn may be over


class Unrepaired(Exception):
    """Raised where only normal execution knows the answer, with a word that says why."""


class Run:
    """One run of a plan, with what it has counted."""

    def __init__(self, executor: "Planned") -> None:
        self.points = self.bytes = 0
        self.at = ""  # the field that is read
        self._executor = executor
        self._context = executor.context_value
        self._known = snapshots.beside()  # rows by their keys, by batch
        self._turns = turns.of_this_loop()

    async def value(self, shape: Shape, value: Any) -> Any:
        """One value, as it is in the answer."""
        return (await self._values(shape, [value], [1]))[0]

    async def _values(self, shape: Shape, values: Rows, times: Times) -> list[Any]:
        """These values, as they are in the answer. Raises Unrepaired."""
        if None not in values:
            return await self._there(shape, values, times)
        if shape.required:
            raise Unrepaired("null")
        there = [at for at, value in enumerate(values) if value is not None]
        done: list[Any] = [None] * len(values)
        if there:
            found = await self._there(
                shape, [values[at] for at in there], [times[at] for at in there]
            )
            for at, value in zip(there, found, strict=True):
                done[at] = value
        return done

    async def _there(self, shape: Shape, values: Rows, times: Times) -> list[Any]:
        if shape.leaf is not None:
            return await self._written(shape.leaf, values, times)
        if shape.item is not None:
            return await self._lists(shape.item, shape.points, values, times)
        assert shape.objects is not None
        return await self._unique(shape.objects, values, times)

    def _few(self, leaf: Leaf, required: bool, values: Rows, times: Times) -> list[Any]:
        """Values of leaves of few rows, as they are in the answer. Raises Unrepaired."""
        if None not in values:
            return self._measured(leaf, leaf.write(values), times)
        if required:
            raise Unrepaired("null")
        there = [value for value in values if value is not None]
        often = [n for value, n in zip(values, times, strict=True) if value is not None]
        left = iter(self._measured(leaf, leaf.write(there), often))
        return [None if value is None else next(left) for value in values]

    async def _written(self, leaf: Leaf, values: Rows, times: Times) -> list[Any]:
        done: list[Any] = []
        for begin in range(0, len(values), MANY):
            done += leaf.write(values[begin : begin + MANY])
            if self._turns.is_over():
                await self._turns.wait()
        return self._measured(leaf, done, times)

    def _measured(self, leaf: Leaf, done: list[Any], times: Times) -> list[Any]:
        """What was written, after it was counted."""
        if leaf.is_text:
            self.bytes += _all_of(map(len, done), times)
        elif leaf.is_document:
            self.bytes += _all_of(map(_size, done), times)
        return done

    async def _lists(self, item: Shape, points: int, values: Rows, times: Times) -> list[Any]:
        flat: list[Any] = []
        each: list[int] = []
        for value, n in zip(values, times, strict=True):
            if not isinstance(value, list | tuple):
                raise Unrepaired("list")
            flat += value
            each += repeat(n, len(value))
        self._count(points * sum(each))
        done = await self._values(item, flat, each) if flat else []
        lists, at = [], 0
        for value in values:
            lists.append(done[at : at + len(value)])
            at += len(value)
        return lists

    async def _unique(self, objects: Objects, values: Rows, times: Times) -> list[Any]:
        """Each object once, however often it is there."""
        names = [*map(id, values)]
        unique = dict(zip(names, values, strict=True))
        if len(unique) == len(values):
            return await self._objects(objects, values, times)
        often = dict.fromkeys(unique, 0)
        for name, n in zip(names, times, strict=True):
            often[name] += n
        done = await self._objects(objects, [*unique.values()], [*often.values()])
        found = dict(zip(unique, done, strict=True))
        return [found[name] for name in names]

    async def _objects(self, objects: Objects, rows: Rows, times: Times) -> list[Any]:
        if len({*map(type, rows)}) == 1:
            selection = objects.by_type[self._type(objects, rows[0])]
            return await self._selected(selection, rows, times)
        by_class: dict[type[Any], list[int]] = {}
        for at, row in enumerate(rows):
            by_class.setdefault(row.__class__, []).append(at)
        chosen: dict[str, list[int]] = {}
        for found in by_class.values():
            chosen.setdefault(self._type(objects, rows[found[0]]), []).extend(found)
        if len(chosen) == 1:
            return await self._selected(objects.by_type[next(iter(chosen))], rows, times)
        done: list[Any] = [None] * len(rows)
        for name, found in chosen.items():
            part = await self._selected(
                objects.by_type[name], [rows[at] for at in found], [times[at] for at in found]
            )
            for at, one in zip(found, part, strict=True):
                done[at] = one
        return done

    def _type(self, objects: Objects, row: Any) -> str:
        """The type of a row. Rows of one class have one type."""
        info = cast("Any", None)
        for name, selection in objects.by_type.items():
            is_of = selection.type.is_type_of
            if is_of is None:
                if not objects.is_abstract:
                    return name
            elif is_of(row, info):
                return name
        raise Unrepaired("type")

    async def _selected(self, selection: Selection, rows: Rows, times: Times) -> list[Any]:
        self._count(selection.points * sum(times))
        columns: dict[str, Sequence[Any]] = {
            key: [selection.type.name] * len(rows) for key in selection.typenames
        }
        self.bytes += len(selection.typenames) * len(selection.type.name) * sum(times)
        fields = selection.fields
        if selection.made_of is not None and (pure := [one for one in fields if one.is_pure]):
            made = [
                await self._kept(selection, pure, row, n)
                for row, n in zip(rows, times, strict=True)
            ]
            columns |= {one.key: [each[one.key] for each in made] for one in pure}
            fields = [one for one in fields if not one.is_pure]
        columns |= await self._columns(selection, fields, rows, times)
        if not selection.keys:
            return [{} for _ in rows]
        objects: list[Any] = []
        ordered = zip(*(columns[key] for key in selection.keys), strict=True)
        while part := list(islice(ordered, MANY)):
            objects += [dict(zip(selection.keys, one, strict=True)) for one in part]
            if self._turns.is_over():
                await self._turns.wait()
        return objects

    async def _kept(
        self, selection: Selection, pure: Sequence[Selected], row: Any, times: int
    ) -> Mapping[str, Any]:
        """The pure fields of a row, as they are kept, or written and kept."""
        assert selection.made_of is not None
        name = selection.made_of(row)
        kept = None if name is None else kept_fields.find(selection, *name)
        if kept is not None:
            self.bytes += kept.bytes * times
            self._count(kept.points * times)
            return kept.fields
        apart = Run(self._executor)  # counts what they count as
        columns = await apart._columns(selection, pure, [row], [1])
        fields = {key: values[0] for key, values in columns.items()}
        kept = Written(fields, apart.points, apart.bytes)
        self.bytes += kept.bytes * times
        self._count(kept.points * times)
        if name is not None:
            object_, more = name
            kept_fields.keep(selection, object_, more, kept)
        return fields

    async def _columns(
        self, selection: Selection, fields: Sequence[Selected], rows: Rows, times: Times
    ) -> dict[str, Sequence[Any]]:
        """The values of these fields of all rows, by the keys of the fields."""
        columns: dict[str, Sequence[Any]] = {}
        asked: dict[Fetch, Rows] = {}  # several fields, one call
        resolved = await self._resolved(selection, fields, rows)
        together: list[tuple[Selected, Rows]] = []
        for field in fields:
            self.at = f"{selection.type.name}.{field.name}"
            values = resolved.get(field.key)
            if values is None:
                values = await self._read(field, rows, asked)
            if field.resolves_within:
                together.append((field, values))
                continue
            if (leaf := field.shape.leaf) is not None and len(values) <= MANY:
                columns[field.key] = self._few(leaf, field.shape.required, values, times)
                continue
            columns[field.key] = await self._values(field.shape, values, times)
            if self._turns.is_over():
                await self._turns.wait()
        if together:
            # At the same moment, so that what resolvers within read is read at once.
            found = await _all(
                [self._values(field.shape, values, times) for field, values in together],
                self._executor.is_awaitable,
            )
            columns |= {
                field.key: values for (field, _), values in zip(together, found, strict=True)
            }
        return columns

    async def _read(self, field: Selected, rows: Rows, asked: dict[Fetch, Rows]) -> Rows:
        """The field's value of each row."""
        if field.function is not None:
            return [field.function(row) for row in rows]
        match field.declared:
            case Key(prefix):
                return ids.encode_all(prefix, _attributes(rows, "id"))
            case Column(name):
                return _attributes(rows, name)
            case One() as one:
                return await self._pointed(one, rows)
            case Many(fetch):
                found = await self._fetch(fetch, [row.id for row in rows])
                return [found.get(row.id) or [] for row in rows]
            case Each() as each:
                if each.fetch not in asked:
                    asked[each.fetch] = await self._found(each.fetch, rows)
                return _of_each(each, asked[each.fetch])
        raise Unrepaired("declaration")

    async def _pointed(self, one: One, rows: Rows) -> Rows:
        """The rows that foreign keys point to. A row that is known by now is not read again."""
        if one.of_some:
            keys = [getattr(row, one.foreign_key, None) for row in rows]
        else:
            keys = _attributes(rows, one.foreign_key)
        known = self._known.setdefault(one.name, {})
        new = [key for key in dict.fromkeys(keys) if key is not None and key not in known]
        if new:
            found = await self._fetch(one.fetch, new)
            known.update((key, found.get(key)) for key in new)
        return [*map(known.get, keys)]

    async def _found(self, fetch: Fetch, rows: Rows) -> Rows:
        """What a batch function finds for each row. It may have been read with the rows."""
        keys = _attributes(rows, "id")
        found: Mapping[Any, Any] = self._known.get(fetch, {})
        if not found.keys() >= {*keys}:
            found = await self._fetch(fetch, list(rows))
        return [*map(found.get, keys)]

    async def _fetch(self, fetch: Fetch, keys: list[Any]) -> Mapping[Any, Any]:
        async with transaction(self._context.viewer) as session:
            return await fetch(session, keys)

    async def _resolved(
        self, selection: Selection, fields: Sequence[Selected], rows: Rows
    ) -> dict[str, Rows]:
        """What fields that have to be resolved return for each row: all at the same moment.

        So what several of them read is read once (graph/fields/batches.py).
        """
        found: list[Any] = []
        keys: list[str] = []
        try:
            for field in fields:
                if field.is_resolved:
                    keys.append(field.key)
                    found += self._asked(field, selection, rows)
        except BaseException:
            for one in filter(asyncio.iscoroutine, found):
                one.close()  # nobody awaits it
            raise
        if any(map(self._executor.is_awaitable, found)):
            found = await _all(found, self._executor.is_awaitable)
        if any(isinstance(one, Exception) for one in found):
            raise Unrepaired("error")
        count = len(rows)
        return {key: found[at * count : (at + 1) * count] for at, key in enumerate(keys)}

    def _asked(self, field: Selected, selection: Selection, rows: Rows) -> list[Any]:
        """What the field's own resolver returns for each row, to be awaited or not."""
        executor = self._executor
        node = field.details[0].node
        given: dict[str, Any] = {}
        if field.field.args or node.arguments:
            given = get_argument_values(
                field.field, node, executor.variable_values, None, executor.hide_suggestions
            )
        path = Path(None, field.key, selection.type.name)
        info = executor.build_resolve_info(field.field, field.nodes, selection.type, path)
        resolve = cast("Callable[..., Any]", field.field.resolve)
        return [resolve(row, info, **given) for row in rows]

    def _count(self, points: int) -> None:
        self.points += points
        self.check()

    def check(self) -> None:
        """Raise Unrepaired if the operation has become too much."""
        if not self._executor.is_within(self.points, self.bytes):
            raise Unrepaired("cost")


async def _all(found: list[Any], is_awaitable: Callable[[Any], bool]) -> list[Any]:
    """Await what can be awaited. After an error nothing goes on."""

    async def value(of: Awaitable[Any]) -> Any:
        return await of

    tasks = [asyncio.ensure_future(value(one)) if is_awaitable(one) else None for one in found]
    waiting = [one for one in tasks if one is not None]
    try:
        await asyncio.gather(*waiting)
    except BaseException:
        for task in waiting:
            task.cancel()
        await asyncio.wait(waiting)
        for one in filter(asyncio.iscoroutine, found):
            one.close()  # that of a task which was cancelled before it began
        raise
    return [
        value if task is None else task.result() for value, task in zip(found, tasks, strict=True)
    ]


def _attributes(rows: Rows, name: str) -> list[Any]:
    """What a field without a resolver has of each row."""
    try:
        return [row.__dict__[name] for row in rows]
    except (KeyError, AttributeError):
        return [read(row, name) for row in rows]


def _of_each(each: Each, found: Rows) -> Rows:
    """The field's value of each row, of what was found for it."""
    if None not in found:
        values = found if each.attribute is None else _attributes(found, each.attribute)
    else:
        there = [one for one in found if one is not None]
        left = iter(there if each.attribute is None else _attributes(there, each.attribute))
        values = [each.empty if one is None else next(left) for one in found]
    if each.at_most is None:
        return values
    return [value if value is None else value[: each.at_most] for value in values]


def _all_of(sizes: Iterable[int], times: Times) -> int:
    """The sum of these sizes, each as often as it is in the answer."""
    return sum(sizes) if sum(times) == len(times) else sum(map(mul, sizes, times))


def _size(value: Any) -> int:
    """The bytes that a value counts as, as normal execution measures it."""
    if isinstance(value, str):
        return len(value)
    return len(wire.encode(value)) if isinstance(value, dict | list) else 0
