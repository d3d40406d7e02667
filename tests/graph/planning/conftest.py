"""Plans are used in all tests of this folder."""

import pytest


@pytest.fixture(autouse=True)
def always(with_plans: None) -> None:
    pass
