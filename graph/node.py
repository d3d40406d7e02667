"""Root fields that find any object by its id. The prefix of the id says the type."""

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
    "acc": models.Account,
    "tmpl": models.Template,
    **kinds.MODELS,
    "col": models.Collection,
    "week": models.Week,
    "ntg": models.NoticeTarget,
    "ntc": models.Notice,
    "inb": models.InboxEntry,
    "dash": models.Dashboard,
    "wgt": models.Widget,
    "conf": models.ReportConfiguration,
    "view": models.DashboardView,
    "ans": models.AiInsight,
    "ins": models.DashboardInsight,
    "exp": models.ReportExport,
    "aud": models.AuditEntry,
}


def _decoded(public_id: str) -> tuple[str, Any] | None:
    prefix = public_id.partition("_")[0]
    try:
        return (prefix, ids.decode(prefix, public_id)) if prefix in MODELS else None
    except NotFound:
        return None


async def _found(info: Info, ids: list[strawberry.ID]) -> list[Any]:
    """The rows of these ids, in order. None for a row that does not exist or is not visible."""
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
    @strawberry.field(
        graphql_type=Node | None,
        description="The object with this id, of whatever type. Null if it does not exist or is "
        "not yours to see.",
    )
    async def node(self, info: Info, id: Id) -> Any:
        return (await _found(info, [id]))[0]

    @strawberry.field(
        graphql_type=list[Node | None],
        description="The objects with these ids, in the same order. An object that does not "
        "exist or is not yours to see is null.",
        directives=[weighs(ROOT), sliced("ids")],
    )
    async def nodes(self, info: Info, ids: Ids) -> list[Any]:
        return await _found(info, ids)
