"""Routes of AMC's administration API: accounts, instances, advertisers and data sources."""

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sandbox.engine.local_amc import Amc
from sandbox.engine.refusals import Refusal
from sandbox.http.requests import amc_of

MARKETPLACE = "ATVPDKIKX0DER"


async def accounts(request: Request) -> Response:
    """GET /amc/accounts."""
    amc = amc_of(request)
    amc.enter(request, "accounts", account=False)
    named = {account: name for account, name, _ in amc.settings.instances.values()}
    found = [
        {"accountId": account, "accountName": name, "marketplaceId": MARKETPLACE}
        for account, name in sorted(named.items())
    ]
    return JSONResponse({"amcAccounts": found, "nextToken": None})


async def instances(request: Request) -> Response:
    """GET /amc/instances."""
    amc = amc_of(request)
    account = amc.enter(request, "instances")
    mine = [one for one, place in amc.settings.instances.items() if place[0] == account]
    found = [_shown(amc, one) for one in mine]
    return JSONResponse({"instances": found, "nextToken": None})


async def instance(request: Request) -> Response:
    """GET /amc/instances/{instance_id}."""
    amc, instance_id = amc_of(request), request.path_params["instance_id"]
    account = amc.enter(request, "instances")
    if amc.settings.instances.get(instance_id, ("",))[0] != account:
        raise Refusal(404, f"Instance {instance_id} not found.")
    return JSONResponse({"instance": _shown(amc, instance_id)})


async def advertisers(request: Request) -> Response:
    """GET /amc/instances/{instance_id}/advertisers."""
    amc = amc_of(request)
    amc.enter_instance(request, "advertisers")
    kinds = (("DISPLAY", "571000000000001"), ("SPONSORED_ADS", "A1LOCAL00000001"))
    found = [{"id": id_, "type": kind, "marketplaceId": MARKETPLACE} for kind, id_ in kinds]
    return JSONResponse({"advertisers": found, "nextToken": None})


async def data_sources(request: Request) -> Response:
    """GET dataSources, and one of them by its id."""
    amc = amc_of(request)
    amc.enter_instance(request, "dataSources")
    tables = amc.warehouse.tables
    name = request.path_params.get("data_source_id")
    if name is None:
        shown = [_data_source(table) for table in tables.values()]
        return JSONResponse({"dataSources": shown, "nextToken": None})
    if name not in tables:
        raise Refusal(404, f"Data source {name} does not exist.")
    return JSONResponse(_data_source(tables[name]))


def _data_source(table: Any) -> dict[str, Any]:
    columns = [
        {
            "name": column.name,
            "dataType": column.type,
            "columnType": column.kind,
            "sensitivity": column.threshold,
        }
        for column in table.columns
    ]
    return {
        "dataSourceId": table.name,
        "name": table.name,
        "dataSetType": table.dataset_type,
        "isPremium": False,
        "columns": columns,
    }


def _shown(amc: Amc, instance_id: str) -> dict[str, Any]:
    name = amc.settings.instances[instance_id][2]
    return {
        "instanceId": instance_id,
        "instanceName": name,
        "instanceType": "STANDARD",
        "customerCanonicalName": name.lower().replace(" ", "-"),
        "creationStatus": "COMPLETED",
        "creationDatetime": "2024-01-15T00:00:00Z",
        "s3BucketName": "",
        "s3BucketRegion": "us-east-1",
        "entities": ["NA"],
        "optionalDatasets": [],
        "advertiserTypes": ["SPONSORED_ADS", "DISPLAY"],
    }
