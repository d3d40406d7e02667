"""Fixtures of the tests of the report builder."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from tests.builder.builder import SAVE, WEEKLY

Build = Callable[..., Awaitable[str]]


@pytest.fixture
def parameters(report_input: dict[str, Any]) -> dict[str, Any]:
    """The step PARAMETERS: a report with four weeks of its past and a new dashboard."""
    return {**report_input, "targetWeeks": 4, "createDashboard": True}


@pytest.fixture
def build(ask: Any, parameters: dict[str, Any]) -> Build:
    """Save the steps before submit, and return the session's id."""

    async def saved(schedule: dict[str, Any] | None = WEEKLY, **more: Any) -> str:
        begun = await ask(SAVE, configuration={"parameters": {**parameters, **more}})
        session = str(begun["id"])
        await ask(
            SAVE,
            session=session,
            configuration={"schedule": schedule} if schedule else {"once": True},
        )
        await ask(SAVE, session=session, configuration={"review": True})
        return session

    return saved
