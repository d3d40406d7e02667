"""Fixtures of the tests of retention."""

from tests.database.conftest import made
from tests.views.conftest import draw

__all__ = ["draw", "made"]
