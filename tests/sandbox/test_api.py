"""The local AMC's HTTP API, as Amazon's documents and its clients describe AMC's."""

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest

from tests.sandbox.sandbox import MARKETPLACE, REFRESH_TOKEN, SandboxServer

SQL = "SELECT campaign, SUM(impressions) AS impressions FROM dsp_impressions GROUP BY campaign"
PATIENCE = 30.0
BASE = "/amc/reporting/amcacme"
GRANT = {
    "grant_type": "refresh_token",
    "refresh_token": REFRESH_TOKEN,
    "client_id": "",
    "client_secret": "",
}


class Client:
    """A client of AMC that is signed in."""

    def __init__(self, server: SandboxServer) -> None:
        self.server = server
        token = server.http.post("/auth/o2/token", data=GRANT).json()["access_token"]
        self.headers = {
            "Authorization": f"Bearer {token}",
            "Amazon-Advertising-API-ClientId": "",
            "Amazon-Advertising-API-AdvertiserId": "ENTITYACME",
            "Amazon-Advertising-API-MarketplaceId": MARKETPLACE,
        }

    def ask(self, method: str, path: str, **rest: Any) -> httpx2.Response:
        return self.server.http.request(method, BASE + path, headers=self.headers, **rest)

    def good(self, method: str, path: str, **rest: Any) -> Any:
        answer = self.ask(method, path, **rest)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def refused(self, method: str, path: str, **rest: Any) -> tuple[int, str]:
        answer = self.ask(method, path, **rest)
        assert answer.json()["code"] == str(answer.status_code)
        return answer.status_code, answer.json()["details"]

    def save(self, workflow_id: str = "mine", sql: str = SQL) -> None:
        assert (
            self.good("POST", "/workflows", json={"workflowId": workflow_id, "sqlQuery": sql}) == {}
        )

    def run(self, **asked: Any) -> dict[str, Any]:
        body = {"timeWindowType": "MOST_RECENT_WEEK", **asked}
        return dict(self.good("POST", "/workflowExecutions", json=body))

    def until_over(self, execution: dict[str, Any]) -> dict[str, Any]:
        until = time.monotonic() + PATIENCE
        while True:
            seen = self.good("GET", f"/workflowExecutions/{execution['workflowExecutionId']}")
            if seen["status"] not in ("PENDING", "RUNNING"):
                return dict(seen)
            assert time.monotonic() < until


@pytest.fixture
def client(amc_server: SandboxServer) -> Client:
    return Client(amc_server)


def test_a_saved_query_is_run_and_its_result_fetched(client):
    client.save()
    started = client.run(workflowId="mine")
    assert started["status"] in ("PENDING", "RUNNING")
    ended = client.until_over(started)
    assert (ended["status"], ended["workflowId"]) == ("SUCCEEDED", "mine")
    assert [column["name"] for column in ended["outputColumns"]] == ["campaign", "impressions"]

    path = f"/workflowExecutions/{ended['workflowExecutionId']}/downloadUrls"
    (url,) = client.good("GET", path)["downloadUrls"]
    answer = client.server.http.get(url)
    assert int(answer.headers["Content-Length"]) == len(answer.content)
    header, *rows = answer.text.splitlines()
    assert header == "campaign,impressions"
    assert rows
    signed = client.server.http.get(url, headers=client.headers)
    assert signed.status_code == 403


def test_an_ad_hoc_query_gets_an_id_that_nobody_can_guess(client):
    started = client.run(workflow={"sqlQuery": SQL})
    assert started["workflowId"].startswith("transient_")
    assert client.until_over(started)["status"] == "SUCCEEDED"


def test_a_window_is_shown_in_utc_and_as_it_was_asked_for(client):
    client.save()
    started = client.run(
        workflowId="mine",
        timeWindowType="EXPLICIT",
        timeWindowStart="2026-09-01T00:00:00",
        timeWindowEnd="2026-09-08T00:00:00",
        timeWindowTimeZone="America/New_York",
    )
    assert started["timeWindowStart"] == "2026-09-01T04:00:00Z"
    assert started["timeWindowStartOriginal"] == "2026-09-01T00:00:00"


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({}, "Exactly one of workflowId and workflow"),
        ({"workflowId": "a", "workflow": {"sqlQuery": SQL}}, "Exactly one"),
        ({"workflow": {"sqlQuery": SQL}, "timeWindowType": "EXPLICIT"}, "timeWindowStart"),
        (
            {
                "workflow": {"sqlQuery": SQL},
                "timeWindowType": "EXPLICIT",
                "timeWindowStart": "2026-09-01",
                "timeWindowEnd": "2026-09-02",
            },
            "yyyy-MM-dd",
        ),
        ({"workflow": {"sqlQuery": SQL}, "timeWindowTimeZone": "Mars"}, "time zone"),
        ({"workflow": {"sqlQuery": SQL}, "workflowExecutionTimeoutSeconds": 5}, "900"),
    ],
)
def test_what_cannot_be_run_is_refused_at_once(client, asked, says):
    status, details = client.refused("POST", "/workflowExecutions", json=asked)
    assert status == 400
    assert says in details


def test_a_bad_query_is_accepted_and_rejected_later(client):
    bad = "SELECT nosuch, COUNT(1) AS n FROM dsp_impressions GROUP BY nosuch"
    ended = client.until_over(client.run(workflow={"sqlQuery": bad}))
    assert ended["status"] == "REJECTED"
    assert "nosuch" in ended["statusReason"]


def test_saving_a_bad_query_is_refused_at_once(client):
    body = {"workflowId": "bad", "sqlQuery": "SELECT * FROM nowhere"}
    status, details = client.refused("POST", "/workflows", json=body)
    assert status == 400
    assert details.startswith("Was unable to compile workflow bad because")


def test_workflows_are_saved_read_replaced_and_deleted(client):
    client.save()
    twice = client.refused("POST", "/workflows", json={"workflowId": "mine", "sqlQuery": SQL})
    assert twice == (400, "Workflow with ID mine already exists.")
    other = SQL.replace("campaign", "advertiser")
    assert (
        client.good("PUT", "/workflows/mine", json={"workflowId": "mine", "sqlQuery": other}) == {}
    )
    assert client.good("GET", "/workflows/mine")["sqlQuery"] == other
    listed = client.good("GET", "/workflows")["workflows"]
    assert [one["workflowId"] for one in listed] == ["mine"]
    assert client.good("DELETE", "/workflows/mine") == {}
    assert client.refused("GET", "/workflows/mine")[0] == 404
    assert client.refused("POST", "/workflowExecutions", json={"workflowId": "mine"})[0] == 404


def test_ten_run_and_the_rest_waits_in_line(client):
    client.server.settings(min_seconds=60, max_seconds=60)
    client.save()
    started = [client.run(workflowId="mine") for _ in range(12)]
    listed = client.good("GET", "/workflowExecutions", params={"workflowId": "mine"})["executions"]
    assert [one["status"] for one in listed] == ["PENDING"] * 2 + ["RUNNING"] * 10
    first = started[0]["workflowExecutionId"]
    assert client.good("PUT", f"/workflowExecutions/{first}", json={"status": "CANCELLED"}) == {}
    next_one = started[10]["workflowExecutionId"]
    assert client.good("GET", f"/workflowExecutions/{next_one}")["status"] == "RUNNING"
    over = client.refused("PUT", f"/workflowExecutions/{first}", json={"status": "CANCELLED"})
    assert over[0] == 400


def test_lists_are_paged_and_hide_what_was_cancelled(client):
    client.server.settings(min_seconds=60, max_seconds=60)
    client.save()
    ids = [client.run(workflowId="mine")["workflowExecutionId"] for _ in range(5)]
    client.good("PUT", f"/workflowExecutions/{ids[0]}", json={"status": "CANCELLED"})

    def listed(**params: str) -> tuple[list[str], str | None]:
        answer = client.good("GET", "/workflowExecutions", params=params)
        return [one["workflowExecutionId"] for one in answer["executions"]], answer["nextToken"]

    page, token = listed(workflowId="mine", limit="3")
    assert page == ids[:1:-1]
    assert token is not None
    assert listed(workflowId="mine", limit="3", nextToken=token) == (ids[1:2], None)
    assert ids[0] in listed(workflowId="mine", includeCancelled="true")[0]
    later = (datetime.now(UTC) + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%S")
    assert listed(minCreationTime=later) == ([], None)
    for wrong in ({}, {"workflowId": "mine", "limit": "0"}, {"minCreationTime": "yesterday"}):
        assert client.refused("GET", "/workflowExecutions", params=wrong)[0] == 400


def test_a_result_that_is_not_there_yet_says_so(client):
    client.server.settings(min_seconds=60, max_seconds=60)
    started = client.run(workflow={"sqlQuery": SQL})["workflowExecutionId"]
    status, details = client.refused("GET", f"/workflowExecutions/{started}/downloadUrls")
    assert status == 400
    assert details == f"Execution with ID {started} is unavailable for download."


@pytest.mark.parametrize(
    ("without", "status"),
    [
        ("Authorization", 401),
        ("Amazon-Advertising-API-AdvertiserId", 400),
        ("Amazon-Advertising-API-MarketplaceId", 400),
    ],
)
def test_headers_that_are_missing_are_asked_for(client, without, status):
    del client.headers[without]
    assert client.refused("GET", "/workflows")[0] == status


def test_another_account_has_no_access(client):
    client.headers["Amazon-Advertising-API-AdvertiserId"] = "ENTITYELSEWHERE"
    assert client.refused("GET", "/workflows")[0] == 403


@pytest.mark.parametrize(
    ("change", "status", "error"),
    [
        ({"refresh_token": "no"}, 400, "invalid_grant"),
        ({"client_secret": "no"}, 401, "invalid_client"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
    ],
)
def test_login_with_amazon_refuses_in_its_own_words(amc_server, change, status, error):
    answer = amc_server.http.post("/auth/o2/token", data=GRANT | change)
    assert (answer.status_code, answer.json()["error"]) == (status, error)


def test_who_asks_too_often_is_told_to_wait(client):
    client.server.settings(rate=0.5, burst=2)
    answers = [client.ask("GET", "/workflows") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert int(answers[2].headers["Retry-After"]) >= 1


def test_accounts_instances_and_data_sources_can_be_found(client):
    http = client.server.http
    accounts = http.get("/amc/accounts", headers=client.headers).json()["amcAccounts"]
    assert {one["accountId"] for one in accounts} == {"ENTITYACME", "ENTITYELSEWHERE"}
    instances = http.get("/amc/instances", headers=client.headers).json()["instances"]
    assert [one["instanceId"] for one in instances] == ["amcacme"]
    sources = client.good("GET", "/dataSources")["dataSources"]
    assert "dsp_impressions" in [one["dataSourceId"] for one in sources]
    one = client.good("GET", "/dataSources/dsp_impressions")
    assert {"name", "dataType", "columnType", "sensitivity"} <= set(one["columns"][0])


def test_what_was_accepted_survives_the_end_of_the_process(tmp_path):
    first = SandboxServer.start(tmp_path, min_seconds=60, max_seconds=60)
    client = Client(first)
    client.save()
    running = client.run(workflowId="mine")
    first.stop()

    second = SandboxServer.start(tmp_path)
    try:
        again = Client(second)
        assert again.until_over(running)["status"] == "SUCCEEDED"
        assert second.stats()["executions_created"] == 1
    finally:
        second.stop()
