"""Answers are kept: conversations, lists, feedback, rights."""

from decimal import Decimal
from typing import Any

import pytest

from domain.people import allowances
from tests.dashboards.dashboards import CREATE, SHARE, UNSHARE
from tests.graph.front_door import execute
from tests.numbers.numbers import chart, put
from tests.questions.asked import APRIL, MARCH, MAY
from tests.questions.ground import ASK, total

ANSWER = "query($id: ID!) { insightAnswer(id: $id) { id answer } }"
LIST = """
query($filter: InsightAnswerFilter) {
  insightAnswers(filter: $filter, first: 50) { nodes { question } }
}
"""
FEEDBACK = """
mutation($id: ID!, $feedback: AnswerFeedback) {
  insightFeedback(id: $id, feedback: $feedback) { id feedback version }
}
"""
PRECISION = "{ insightPrecision { kind claimed judged right wrong precision } }"
DELETE = "mutation($id: ID!) { insightAnswerDelete(id: $id) }"


@pytest.fixture
async def board(ask: Any, report: Any) -> str:
    """A dashboard of Alice's that shows the report."""
    made = await ask(CREATE, dashboard={"name": "Board"})
    await put(ask, made["id"], chart(report["id"]))
    return str(made["id"])


async def test_a_conversation_knows_what_came_before(asked, refused, report):
    first = await asked("How much did Brand Exact cost in March?")
    follow = [
        ("and in May?", "total", total("cost", MAY, "Brand Exact")),
        ("and for Brand Broad?", "total", total("cost", MAY, "Brand Broad")),
        ("what about clicks?", "total", total("clicks", MAY, "Brand Broad")),
        ("by campaign?", "total", total("clicks", MAY, "Brand Exact")),
        ("and in April?", "total", total("clicks", APRIL, "Brand Exact")),
        ("why?", "change", total("clicks", APRIL) - total("clicks", MARCH)),
    ]
    for question, name, expected in follow:
        answer = await asked(question, conversation=first["conversationId"])
        assert answer["conversationId"] == first["conversationId"]
        values = [Decimal(one["value"]) for one in answer["numbers"] if one["name"] == name]
        assert expected in values, (question, answer)

    alone = await asked("What were sales in May?", conversation=first["conversationId"])
    assert Decimal(alone["numbers"][0]["value"]) == total("sales", MAY)

    # A question that has to be asked back is answered by a choice, or by what was missing.
    unclear = await asked("How much did Brand cost in March?")
    assert unclear["outcome"] == "ASKS_BACK"
    assert [one["label"] for one in unclear["choices"]] == ["Brand Broad", "Brand Exact"]
    chosen = await asked(unclear["choices"][1]["question"])
    assert Decimal(chosen["numbers"][0]["value"]) == total("cost", MARCH, "Brand Exact")
    no_metric = await asked("How much in March?")
    said = await asked("sales", conversation=no_metric["conversationId"])
    assert Decimal(said["numbers"][0]["value"]) == total("sales", MARCH)

    strange = {"question": "why?", "report": report["id"], "conversation": "conv_" + "0" * 32}
    assert (await refused(ASK, **strange))["code"] == "NOT_FOUND"


async def test_answers_are_listed_searched_judged_and_deleted_by_their_owner(
    ask, asked, bob, report, refused
):
    march = await asked("Sales in March?", key="k")
    again = await asked("Sales in March?", key="k")
    odd = await asked("What is odd?")
    assert again["id"] == march["id"]

    async def listed(**filter: Any) -> list[str]:
        return [one["question"] for one in (await ask(LIST, filter=filter))["nodes"]]

    assert await listed() == ["What is odd?", "Sales in March?"]
    assert await listed(text="march") == ["Sales in March?"]
    assert await listed(kinds=["ODD"], reportId=report["id"]) == ["What is odd?"]
    assert await listed(conversationId=march["conversationId"]) == ["Sales in March?"]

    assert (await ask(FEEDBACK, id=march["id"], feedback="WRONG"))["version"] == 2
    assert (await ask(FEEDBACK, id=march["id"], feedback="RIGHT"))["version"] == 3
    assert (await ask(FEEDBACK, id=march["id"], feedback="RIGHT"))["version"] == 3
    await ask(FEEDBACK, id=odd["id"], feedback="WRONG")
    assert await listed(feedback=["RIGHT"]) == ["Sales in March?"]
    counted = {one["kind"]: one for one in await ask(PRECISION, by=bob)}
    assert counted["HOW_MUCH"]["precision"] == "1"
    assert (counted["ODD"]["wrong"], counted["ODD"]["precision"]) == (1, "0")
    assert Decimal(counted["ODD"]["claimed"]) == Decimal(odd["confidence"])

    for operation in (ANSWER, FEEDBACK, DELETE):  # Bob is a member too, and the answer is not his
        assert (await refused(operation, by=bob, id=odd["id"]))["code"] == "NOT_FOUND"
    assert (await ask(LIST, by=bob))["nodes"] == []
    await ask(DELETE, id=odd["id"])
    assert await listed() == ["Sales in March?"]
    assert (await refused(DELETE, id=odd["id"]))["code"] == "NOT_FOUND"


async def test_an_answer_is_seen_as_long_as_what_it_is_about(ask, asked, charlie, board, refused):
    theirs = {"by": charlie, "question": "Sales in March?", "dashboard": board}
    assert (await refused(ASK, **theirs))["code"] == "NOT_FOUND"
    await ask(SHARE, id=board, email=charlie.email, permission="VIEW")

    answer = await ask(ASK, **theirs)
    assert Decimal(answer["numbers"][0]["value"]) == total("sales", MARCH)
    assert (await ask(ANSWER, by=charlie, id=answer["id"]))["id"] == answer["id"]
    mine = await asked("Sales in March?", dashboard=board)
    assert mine["numbers"] == answer["numbers"]

    await ask(UNSHARE, id=board, email=charlie.email)
    assert (await refused(ANSWER, by=charlie, id=answer["id"]))["code"] == "NOT_FOUND"
    assert (await ask(LIST, by=charlie))["nodes"] == []


async def test_questions_have_a_limit_and_bad_ones_a_reason(
    asked, refused, report, monkeypatch, alice
):
    limited = allowances.settings.model_copy(update={"questions_per_minute": 1})
    monkeypatch.setattr(allowances, "settings", limited)
    await asked("Sales in March?")
    error = await refused(ASK, question="Sales in May?", report=report["id"])
    assert error["code"] == "RATE_LIMITED"
    assert "1 question within a minute" in error["message"]
    monkeypatch.undo()
    for given, field in (
        ({"question": " ", "report": report["id"]}, "question"),
        ({"question": "x" * 501, "report": report["id"]}, "question"),
        ({"question": "Sales?"}, "reportId"),
        ({"question": "Sales?", "report": report["id"], "dashboard": "dash_1"}, "reportId"),
    ):
        error = await refused(ASK, **given)
        assert (error["code"], error["field"]) == ("BAD_USER_INPUT", field)
    nonsense = (await execute(alice, ASK, question="\"'%_\\ 🦊 ;--", report=report["id"])).data
    assert nonsense["insightAsk"]["reason"] == "NOT_UNDERSTOOD"
