"""ariadne-codegen: a typed client, generated from schema.graphql and queries.graphql."""

import asyncio
import os
import sys
from typing import TYPE_CHECKING

sys.path.insert(0, os.environ["GENERATED"])

if TYPE_CHECKING:
    from typing import Any

    Client: Any
    ReportInput: Any
    GraphQLClientGraphQLMultiError: Any
else:
    from reports_client import Client, GraphQLClientGraphQLMultiError, ReportInput

API = os.environ["API"]
AUTHORIZATION = {"Authorization": f"Bearer {os.environ['TOKEN']}"}


async def main() -> None:
    async with Client(
        url=API,
        headers=AUTHORIZATION,
        ws_url=API.replace("http", "ws", 1),
        ws_connection_init_payload=AUTHORIZATION,
    ) as client:
        lists = await client.lists()
        template = next(one for one in lists.templates.nodes if one.slug == "campaign-performance")
        print("list")
        report = ReportInput(
            name="Made by a generated client",
            template_id=template.id,
            instance_id=lists.instances.nodes[0].id,
            parameters={},
        )
        made = (await client.create(report=report)).report_create
        print("create")
        run = (await client.run(id=made.id)).report_run
        print("run")
        seen = [one.execution async for one in client.watch(id=run.id)]
        assert seen[-1].status == "COMPLETED"
        rows = (await client.rows(id=run.id)).execution.rows
        assert rows.total_count == seen[-1].row_count
        print("watch")
        shown = (await client.dashboard(id=lists.dashboards.nodes[0].id)).dashboard
        assert shown.widgets
        print("dashboard")
        try:
            await client.missing()
        except GraphQLClientGraphQLMultiError as refused:
            if refused.errors[0].extensions["code"] == "NOT_FOUND":
                print("error")


asyncio.run(main())
