"""Fixtures of the tests of questions: a report whose numbers are known, and how it is asked."""

from typing import Any

import pytest

from tests.questions.ground import ASK, known_report


@pytest.fixture
async def report(ask: Any, own_template: Any, report_input: Any, sent: Any) -> Any:
    """A report of Alice's whose numbers are known."""
    return await known_report(ask, own_template, report_input)


@pytest.fixture
def asked(ask: Any, report: Any) -> Any:
    """The answer of a question about Alice's report."""

    async def of(question: str, **more: Any) -> Any:
        about = {"report": report["id"]} if "dashboard" not in more else {}
        return await ask(ASK, question=question, **about, **more)

    return of
