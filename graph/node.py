"""Anything by its id: the prefix tells the type, row-level security whether it is there."""

from typing import Any

import strawberry

from domain import db, ids, kinds, models
from domain.db import transaction
from domain.errors import NotFound
from domain.problems import Problem, Problems
from domain.sentences import has_at_most
from domain.settings import settings
from graph.fields.arguments import Id, Ids
from graph.fields.context import Info
from graph.fields.costs import ROOT, sliced, weighs
from graph.types.node import Node

MODELS: dict[str, type[Any]] = {
    "inst": models.Instance,
    "tmpl": models.Template,
    **kinds.MODELS,
    "col": models.Collection,
    "week": models.Week,
    "ntg": models.NoticeTarget,
    "ntc": models.Notice,
    "dash": models.Dashboard,
    "wgt": models.Widget,
    "conf": models.ReportConfiguration,
    "view": models.DashboardView,
}


def _decoded(public_id: str) -> tuple[str, Any] | None:
    prefix = public_id.partition("_")[0]
    try:
        return (prefix, ids.decode(prefix, public_id)) if prefix in MODELS else None
    except NotFound:
        return None


async def _found(info: Info, ids: list[strawberry.ID]) -> list[Any]:
    """The rows of these ids, in their order; None for what is not there."""
    if len(ids) > settings.max_page:
        too_many = has_at_most(settings.max_page, "value", len(ids))
        raise Problems([Problem.of("ids", too_many)])
    decoded = [_decoded(one) for one in ids]
    found: dict[Any, Any] = {}
    async with transaction(info.context.viewer) as session:
        for prefix, model in MODELS.items():
            wanted = {key for known in decoded if known for p, key in [known] if p == prefix}
            if wanted:
                found |= await db.by_id(session, model, wanted)
    return [found.get(known[1]) if known else None for known in decoded]


@strawberry.type
class NodeQuery:
    @strawberry.field(graphql_type=Node | None, description="Anything by its id.")
    async def node(self, info: Info, id: Id) -> Any:
        return (await _found(info, [id]))[0]

    @strawberry.field(
        graphql_type=list[Node | None],
        description="Things by their ids, in their order; null for what is not there.",
        directives=[weighs(ROOT), sliced("ids")],
    )
    async def nodes(self, info: Info, ids: Ids) -> list[Any]:
        return await _found(info, ids)
