"""Supervises the processes of one machine: starts, restarts and stops them."""

import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from local import children
from local.children import CannotStart

FIRST_PAUSE, LONGEST_PAUSE = 0.2, 15.0  # seconds before a dead process is restarted
WELL = 10.0  # seconds of life after which the next pause is short again
GRACE = 5.5  # seconds that programs have to end
MOST_LOG = 20_000_000  # bytes after which a log is put aside
SELDOM = 5.0  # seconds between two looks at the logs


class Server(Protocol):
    """A process that is started again after it has died."""

    process: subprocess.Popen[bytes] | None

    def launch(self) -> None:
        """Start it. It must not be running."""

    def stop(self) -> None:
        """Stop it within a few seconds."""


class Program:
    """One of our own programs, with its output in a log."""

    def __init__(self, command: Sequence[str], env: Mapping[str, str], log: Path) -> None:
        self.command, self.env, self.log = command, env, log
        self.process: subprocess.Popen[bytes] | None = None

    def launch(self) -> None:
        """Start it, after ending whatever the last run has left behind."""
        if self.process is not None:
            children.stop(self.process)
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            self.process = children.start(
                self.command, dies_by=signal.SIGTERM, output=log, env=self.env
            )

    def ask_to_end(self) -> None:
        """Ask it to end, without waiting for it."""
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()

    def stop(self) -> None:
        """Stop it, with everything that it has started."""
        if self.process is not None:
            children.stop(self.process, (signal.SIGTERM, GRACE))
            self.process = None


@dataclass
class Watched:
    """A server with the state that is needed to restart it at the right moment."""

    server: Server
    started: float = 0.0
    pause: float = FIRST_PAUSE
    again_at: float | None = None  # None while it is running


class Supervisor:
    """Keeps servers running, in the order in which they were added."""

    def __init__(self, folder: Path, say: Callable[[str], None]) -> None:
        self._note = folder / "processes.json"
        self._say = say
        self._watched: dict[str, Watched] = {}

    def end_leftovers(self) -> None:
        """End what an earlier run has left behind, where the kernel has not done so."""
        with suppress(FileNotFoundError, ValueError):
            for pid, command in json.loads(self._note.read_text()).values():
                if command:
                    children.end_leftover(pid, command, (signal.SIGTERM, 5.0))
        self._note.unlink(missing_ok=True)

    def add(self, name: str, server: Server) -> None:
        """Start a server, unless it is running, and keep it running."""
        if server.process is None:
            server.launch()
        self._watched[name] = Watched(server, started=time.monotonic())
        self._write_note()

    def watch(self) -> float:
        """Check every process once. Restart dead ones whose pause is over.

        Return the seconds until it has to be called again, if no process ends before.
        """
        for name, watched in self._watched.items():
            process = watched.server.process
            if watched.again_at is not None:
                if time.monotonic() >= watched.again_at:
                    self._start_again(name, watched)
            elif process is None or process.poll() is not None:
                self._plan(name, watched, _ending(process))
            if isinstance(watched.server, Program):
                _put_aside(watched.server.log)
        again = [one.again_at for one in self._watched.values() if one.again_at is not None]
        return max(0.0, min(again) - time.monotonic()) if again else SELDOM

    def _plan(self, name: str, watched: Watched, why: str) -> None:
        lived = time.monotonic() - watched.started
        watched.pause = FIRST_PAUSE if lived > WELL else min(watched.pause * 2, LONGEST_PAUSE)
        watched.again_at = time.monotonic() + watched.pause
        words = last_words(watched.server.log) if isinstance(watched.server, Program) else ""
        told = f"{name} {why}; starting it again in {watched.pause:.1f} s"
        self._say(f"{told}\n{words}" if words and lived < WELL else told)

    def _start_again(self, name: str, watched: Watched) -> None:
        watched.started = time.monotonic()
        watched.again_at = None
        try:
            watched.server.launch()
        except CannotStart as error:
            self._plan(name, watched, f"does not start: {error}")
        else:
            self._write_note()

    def stop(self) -> None:
        """Stop everything within ten seconds, the last added first."""
        programs = [w.server for w in self._watched.values() if isinstance(w.server, Program)]
        for program in programs:
            program.ask_to_end()
        until = time.monotonic() + GRACE
        for program in programs:
            with suppress(subprocess.TimeoutExpired):
                if program.process is not None:
                    program.process.wait(max(0.0, until - time.monotonic()))
        for program in programs:
            if program.process is not None:
                children.stop(program.process)  # what has not ended by now is killed
        for watched in reversed(self._watched.values()):
            watched.server.stop()
        self._watched.clear()
        self._note.unlink(missing_ok=True)

    def _write_note(self) -> None:
        """Write a file with process ids by name, for other commands and for tests."""
        note = {
            name: [process.pid, children.command_of(process.pid)]
            for name, watched in self._watched.items()
            if (process := watched.server.process) is not None
        }
        half = self._note.with_suffix(".new")
        half.write_text(json.dumps(note, indent=1))
        half.replace(self._note)


class Follower:
    """Reads new lines of the logs, with the name of the process before each."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._read = {log: log.stat().st_size for log in folder.glob("*.log")}

    def lines(self) -> Iterator[str]:
        """The new complete lines, log by log."""
        for log in sorted(self._folder.glob("*.log")):
            begin = min(self._read.get(log, 0), log.stat().st_size)
            with log.open("rb") as file:
                file.seek(begin)
                text = file.read()
            complete = text[: text.rfind(b"\n") + 1]
            self._read[log] = begin + len(complete)
            for line in complete.decode(errors="replace").splitlines():
                yield f"{log.stem:<8} | {line}"


def last_words(log: Path, lines: int = 3) -> str:
    """The end of a log."""
    with suppress(FileNotFoundError):
        text = log.read_text(errors="replace").rstrip()
        return "\n".join(text.splitlines()[-lines:])
    return ""


def _ending(process: subprocess.Popen[bytes] | None) -> str:
    if process is None or process.returncode is None:
        return "is gone"
    if process.returncode < 0:
        return f"was ended by {signal.Signals(-process.returncode).name}"
    return f"ended with status {process.returncode}"


def _put_aside(log: Path) -> None:
    """Copy a long log and truncate it. Its writer appends, and does not have to reopen it."""
    with suppress(FileNotFoundError):
        if log.stat().st_size > MOST_LOG:
            shutil.copyfile(log, log.with_suffix(".log.1"))
            os.truncate(log, 0)
