"""Folders for files of the moment are removed, whoever is killed."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile

import pytest

from domain import scratch

HOLDS = """
import sys, time
from domain import scratch
with scratch.folder() as folder:
    (folder / "a result").write_text("rows")
    print(folder, flush=True)
    sys.stdin.readline()
"""


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


@pytest.fixture
def other(place):
    """Another process that uses a folder, and the folder."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDS],
        env=os.environ | {"TMPDIR": str(place)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    yield process, process.stdout.readline().strip()
    process.kill()
    process.wait()


def test_a_folder_is_gone_after_its_use(place):
    with scratch.folder() as first, scratch.folder() as second:
        assert first != second
        assert list(first.iterdir()) == []
    assert list(scratch.root().iterdir()) == []


def test_what_a_killed_process_left_is_removed_by_the_next(place, other):
    process, folder = other
    with scratch.folder():
        assert os.path.exists(folder), "it is in use"
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert os.path.exists(folder)
    scratch.sweep()
    assert list(place.iterdir()) == [scratch.root()]


def test_a_process_that_ends_leaves_nothing(place, other):
    process, _ = other
    process.communicate("\n")
    assert list(place.iterdir()) == []


def test_a_folder_that_somebody_removed_is_made_again(place):
    shutil.rmtree(scratch.root())
    with scratch.folder() as folder:
        assert folder.is_dir()
