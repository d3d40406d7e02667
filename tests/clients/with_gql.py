"""gql: queries over HTTP with aiohttp or httpx, subscriptions over a websocket."""

import asyncio
import os
from pathlib import Path

from gql import Client, GraphQLRequest
from gql.transport.exceptions import TransportQueryError
from gql.transport.httpx import HTTPXAsyncTransport
from gql.transport.websockets import WebsocketsTransport

API = os.environ["API"]
AUTHORIZATION = {"Authorization": f"Bearer {os.environ['TOKEN']}"}
QUERIES = Path(__file__).with_name("queries.graphql").read_text()


def request(operation: str, **variables: object) -> GraphQLRequest:
    """One of the operations of queries.graphql."""
    return GraphQLRequest(QUERIES, variable_values=variables, operation_name=operation)


async def main() -> None:
    http = HTTPXAsyncTransport(url=API, headers=AUTHORIZATION)
    socket = WebsocketsTransport(
        url=API.replace("http", "ws", 1),
        init_payload=AUTHORIZATION,
        subprotocols=[WebsocketsTransport.GRAPHQLWS_SUBPROTOCOL],
    )
    async with (
        Client(transport=http, fetch_schema_from_transport=True) as api,
        Client(transport=socket) as live,
    ):
        lists = await api.execute(request("Lists"))
        template = next(
            one for one in lists["templates"]["nodes"] if one["slug"] == "campaign-performance"
        )
        print("list")
        report = {
            "name": "Made by gql",
            "templateId": template["id"],
            "instanceId": lists["instances"]["nodes"][0]["id"],
            "parameters": {},
        }
        made = (await api.execute(request("Create", report=report)))["reportCreate"]
        print("create")
        run = (await api.execute(request("Run", id=made["id"])))["reportRun"]
        print("run")
        seen = [one["execution"] async for one in live.subscribe(request("Watch", id=run["id"]))]
        assert seen[-1]["status"] == "COMPLETED"
        rows = (await api.execute(request("Rows", id=run["id"])))["execution"]["rows"]
        assert rows["totalCount"] == seen[-1]["rowCount"]
        print("watch")
        dashboard = lists["dashboards"]["nodes"][0]
        shown = (await api.execute(request("Dashboard", id=dashboard["id"])))["dashboard"]
        assert shown["widgets"]
        print("dashboard")
        try:
            await api.execute(request("Missing"))
        except TransportQueryError as refused:
            if refused.errors[0]["extensions"]["code"] == "NOT_FOUND":
                print("error")


asyncio.run(main())
