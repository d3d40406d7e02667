"""Fixtures of the tests of views."""

import pytest

from jobs import clock
from tests.views.views import later, pending


@pytest.fixture
def draw(sent, do, work_until_done, pass_time):
    """Run the engine until everything is drawn."""

    async def until_drawn() -> None:
        await work_until_done()
        for _ in range(40):
            if not await pending():
                return
            await later()
            await clock.tick(tidy=False)
            await do()
        raise AssertionError("something was never drawn")

    return until_drawn
