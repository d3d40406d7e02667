"""What Prometheus reads."""

import httpx2
import pytest
from prometheus_client.parser import text_string_to_metric_families
from pydantic import SecretStr

from domain.people import tokens
from graph.app import app
from graph.http.telemetry import metrics

TOKEN = "a token of 32 characters or more"


@pytest.fixture
async def client(alice):
    headers = {"Authorization": f"Bearer {tokens.issue(alice.email, alice.email)}"}
    async with httpx2.AsyncClient(
        transport=httpx2.ASGITransport(app), base_url="http://testserver", headers=headers
    ) as one:
        yield one


@pytest.fixture
def with_token(monkeypatch):
    with_one = metrics.settings.model_copy(update={"metrics_token": SecretStr(TOKEN)})
    monkeypatch.setattr(metrics, "settings", with_one)


async def scraped(client):
    """All samples, by name and labels."""
    answer = await client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert answer.status_code == 200
    return {
        (one.name.removeprefix("amc_reports_"), *one.labels.values()): one.value
        for family in text_string_to_metric_families(answer.text)
        for one in family.samples
    }


async def test_operations_are_counted_by_how_they_were_executed(
    client, with_token, with_plans, report
):
    queries = {
        "{ reports { nodes { id } } }": ("operations_total", "query", "planned"),
        "{ __schema { types { name } } }": ("operations_total", "query", "planned"),
        '{ report(id: "rpt_0") { id } }': ("operation_errors_total", "NOT_FOUND"),
        "{ nothing }": ("operation_errors_total", "GRAPHQL_VALIDATION_FAILED"),
    }
    for query, name in queries.items():
        before = await scraped(client)
        await client.post("/graphql", json={"query": query})
        after = await scraped(client)
        assert after[name] == before.get(name, 0) + 1, query
        timed = ("operation_seconds_count", "query")
        assert after[timed] >= before.get(timed, 0)
    assert after["operation_points_total", "query"] > 0


async def test_it_says_what_answers_and_what_is_late(client, with_token):
    found = await scraped(client)
    assert found["server_answers", "database"] == found["server_answers", "redis"] == 1
    assert found["loop_late_seconds", "clock"] >= 0
    assert found["process_open_fds",] > 0


async def test_only_who_has_the_token_reads_it(client, with_token):
    for header in ("", "Bearer", "Bearer wrong", f"Basic {TOKEN}", f"Bearer {TOKEN} ", "Bearer é"):
        answer = await client.get("/metrics", headers={"Authorization": header.encode()})
        assert (answer.status_code, answer.text) == (401, ""), header


async def test_without_a_token_there_is_none(client):
    headers = {"Authorization": "Bearer "}
    assert (await client.get("/metrics", headers=headers)).status_code == 404
