"""Statements of pages, kept by their form: building one can take longer than all else of a list.

Statements that differ in nothing but values have one form. It is built once, with a parameter in
the place of each value, and later statements of the form only give their values.
"""

from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any, TypeAlias

from sqlalchemy import BindParameter, ColumnElement, Select, bindparam
from sqlalchemy.sql.visitors import replacement_traverse
from sqlalchemy.util import LRUCache

from domain.snapshots.columns import CONSTANT

FORMS = 300  # that a process keeps
# The values of cursors by `after` and `before`. What stands for a null is an expression.
Marks: TypeAlias = Mapping[str, Sequence[Any]]
Build: TypeAlias = Callable[[Sequence[Select[Any]], Marks], Select[Any]]

_kept: Any = LRUCache(FORMS)


def statement(
    name: Hashable, selects: Sequence[Select[Any]], marks: Marks, build: Build
) -> tuple[Select[Any], dict[str, Any]]:
    """The statement that is built of these selects and marks, and its parameters.

    `name` has everything else that it is built of.
    """
    keys = [one._generate_cache_key() for one in selects]
    if any(key is None for key in keys):
        return build(selects, marks), {}
    binds = [bind for key in keys if key is not None for bind in key.bindparams]
    given = {f"value_{place}": bind.effective_value for place, bind in enumerate(binds)}
    for side, values in marks.items():
        given |= {f"{side}_{place}": one for place, one in enumerate(values) if not _is_sql(one)}
    options = [tuple(one.get_execution_options().items()) for one in selects]
    form = (name, *options, *(key and key.key for key in keys), tuple(given))
    kept = _kept.get(form)
    if kept is None:
        kept = _kept[form] = _built(selects, binds, marks, build)
    return kept, given


def _built(
    selects: Sequence[Select[Any]], binds: list[BindParameter[Any]], marks: Marks, build: Build
) -> Select[Any]:
    names = {bind: f"value_{place}" for place, bind in enumerate(binds)}

    def named(element: Any, **_: Any) -> BindParameter[Any] | None:
        if not isinstance(element, BindParameter) or (name := names.get(element)) is None:
            return None
        made = bindparam(name, element.effective_value, element.type, expanding=element.expanding)
        made.expand_op = element.expand_op
        return made

    chosen: list[Any] = [replacement_traverse(one, {}, named) for one in selects]
    made = build(
        chosen,
        {
            side: [
                one if _is_sql(one) else bindparam(f"{side}_{place}", one)
                for place, one in enumerate(values)
            ]
            for side, values in marks.items()
        },
    )
    # The text of a statement with lists of values depends on how many there are.
    is_constant = not any(bind.expanding for bind in binds)
    return made.execution_options(**{CONSTANT: is_constant})


def _is_sql(value: object) -> bool:
    return isinstance(value, ColumnElement)
