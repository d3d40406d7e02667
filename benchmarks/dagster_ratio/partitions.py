"""Weeks of a query as partitions of a Dagster asset. Runs where Dagster is installed."""

import os
import time
from datetime import date, timedelta
from pathlib import Path

import dagster
import httpx2

AMC, FOLDER = os.environ["AMC_API_URL"], Path(os.environ["DAGSTER_HOME"]) / "results"
INSTANCE, SQL = os.environ["RATIO_INSTANCE"], os.environ["RATIO_SQL"]
GRANT = {
    "grant_type": "refresh_token",
    "client_id": os.environ["SANDBOX_CLIENT_ID"],
    "client_secret": os.environ["SANDBOX_CLIENT_SECRET"],
    "refresh_token": os.environ["SANDBOX_REFRESH_TOKEN"],
}
LOOKS = 0.5  # seconds between two looks, as AMC_POLL_MIN of the same system
NUMBER = int(os.environ["RATIO_PARTITIONS"])
WEEKS = [str(date(2024, 1, 1) + timedelta(weeks=n)) for n in range(NUMBER)]


@dagster.asset(partitions_def=dagster.StaticPartitionsDefinition(WEEKS))  # type: ignore[untyped-decorator]
def segment(context: dagster.AssetExecutionContext) -> None:
    """Save the query, run it for the partition's week, wait for it, and store it as Parquet."""
    import duckdb

    week = context.partition_key
    with httpx2.Client(base_url=AMC, timeout=30) as client:
        token = client.post("/auth/o2/token", data=GRANT).json()["access_token"]
        client.headers |= {
            "Authorization": f"Bearer {token}",
            "Amazon-Advertising-API-ClientId": GRANT["client_id"],
            "Amazon-Advertising-API-MarketplaceId": "ATVPDKIKX0DER",
            "Amazon-Advertising-API-AdvertiserId": "ENTITYLOCAL1",
        }
        base = f"/amc/reporting/{INSTANCE}"
        saved = {"workflowId": f"dagster-{week}", "sqlQuery": SQL}
        client.post(f"{base}/workflows", json=saved).raise_for_status()
        last = date.fromisoformat(week) + timedelta(weeks=1)
        asked = {
            "workflowId": saved["workflowId"],
            "timeWindowType": "EXPLICIT",
            "timeWindowStart": f"{week}T00:00:00",
            "timeWindowEnd": f"{last}T00:00:00",
        }
        answer = client.post(f"{base}/workflowExecutions", json=asked).raise_for_status().json()
        run = f"{base}/workflowExecutions/{answer['workflowExecutionId']}"
        while (status := client.get(run).json()["status"]) in ("PENDING", "RUNNING"):
            time.sleep(LOOKS)
        if status != "SUCCEEDED":
            raise RuntimeError(status)
        FOLDER.mkdir(exist_ok=True)
        for number, url in enumerate(client.get(f"{run}/downloadUrls").json()["downloadUrls"]):
            target = FOLDER / f"{week}-{number}.csv"
            target.write_bytes(httpx2.get(url).content)
            duckdb.sql(f"COPY (FROM read_csv('{target}')) TO '{target}.parquet'")
        client.delete(f"{base}/workflows/{saved['workflowId']}")


# The executor that takes least: a process for each run, and none for its step.
weeks = dagster.define_asset_job(
    "weeks", selection=[segment], executor_def=dagster.in_process_executor
)
definitions = dagster.Definitions(assets=[segment], jobs=[weeks])
