"""Fixtures of the tests of what runs on one machine."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that every user can enter, like PostgreSQL's if root starts it."""
    made = Path(tempfile.mkdtemp(prefix="machine-"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made, ignore_errors=True)
