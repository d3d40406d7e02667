"""Questions get the right number, or the reason why there is none."""

import time
from decimal import Decimal
from typing import Any

from tests.questions.asked import ESTIMATED, REFUSED, RIGHT


def told(answer: Any, name: str, of: str | None) -> list[Decimal]:
    """The numbers of this name in an answer."""
    return [
        Decimal(one["value"]) for one in answer["numbers"] if (one["name"], one["of"]) == (name, of)
    ]


async def test_sixty_questions_are_answered_with_the_right_number(asked):
    wrong = []
    assert len(RIGHT) >= 60
    for question, kind, name, expected, of in RIGHT:
        answer = await asked(question)
        values = told(answer, name, of)
        is_right = any(abs(one - expected) <= Decimal("1e-8") for one in values)
        if (answer["outcome"], answer["kind"], is_right) != ("ANSWERED", kind, True):
            wrong.append((question, name, expected, answer))
    assert not wrong, "\n\n".join(map(str, wrong))


async def test_what_cannot_be_answered_says_why_and_estimates_how_sure_they_are(asked):
    wrong = []
    assert len(REFUSED) >= 20
    for question, reason in REFUSED:
        answer = await asked(question)
        if answer["reason"] != reason or answer["numbers"] or not answer["answer"]:
            wrong.append((question, reason, answer))
    assert not wrong, "\n\n".join(map(str, wrong))
    for question, kind, name, near in ESTIMATED:
        answer = await asked(question)
        (value,) = told(answer, name, None)
        (low,), (high,) = told(answer, "low", None), told(answer, "high", None)
        assert answer["kind"] == kind
        assert low < value < high
        assert abs(value - near) < near / 5, answer
        assert Decimal(answer["confidence"]) == Decimal("0.8")


async def test_an_answer_takes_less_than_300_ms_and_as_many_statements_whatever_is_asked(
    asked, count_statements
):
    await asked("sales in March")
    seen = []
    for question in ("sales in March", "Why did sales rise in April?", "What should I look at?"):
        began = time.process_time()
        with count_statements() as statements:
            await asked(question)
        seen.append((len(statements), time.process_time() - began))
    assert max(number for number, _ in seen) <= 13, seen
    assert max(spent for _, spent in seen) < 0.3, seen
