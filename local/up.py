"""`amc-reports up`: starts the whole system on one machine."""

import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2

from local import children, environment, places, ports, postgres, processes, proxies, valkey
from local.bars import say
from local.children import CannotStart
from local.doctor import surroundings
from local.doctor.findings import Machine
from local.running import Running

HEALTHY_WITHIN = 90.0  # seconds
FOLLOWING = 0.2  # seconds between two looks at logs that are printed
DEMO_USER = "demo@example.com"
QUERY = '{"query": "{ reports(first: 5) { nodes { id name newestStatus } } }"}'


class Stopped(Exception):
    """Raised if somebody asked to stop."""


@dataclass(frozen=True)
class Options:
    """The options of the command."""

    folder: Path
    host: str
    port: int
    demo: bool = True
    verbose: bool = False
    brief: bool = False  # nobody reads hints in a log


class Signals:
    """Wakes up whoever waits, when a signal arrives that has a handler."""

    def __init__(self) -> None:
        self._here, there = socket.socketpair()
        there.setblocking(False)
        self._there = there
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(there.fileno())

    def wait(self, seconds: float) -> None:
        """Wait for a signal, for so long at most: a process has ended, or somebody asks to stop."""
        if select.select([self._here], [], [], seconds)[0]:
            self._here.recv(4096)


class Up:
    """One run of the system."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.folder = options.folder.absolute()
        self.logs = self.folder / "logs"
        self.given = environment.given()
        self.local_amc = "AMC_API_URL" not in self.given
        self.env: dict[str, str] = {}
        self.mailbox: tuple[str, ...] = ()  # arguments of the mailbox, if mail goes there
        self.mail_page = ""
        self.stopping = threading.Event()
        self._signals = Signals()
        self.supervisor = processes.Supervisor(self.folder, say)
        self.demo: subprocess.Popen[bytes] | None = None

    def run(self) -> int:
        """Start everything, serve until told to stop, and stop everything."""
        self._refuse_hopeless()
        self.folder.mkdir(parents=True, exist_ok=True)
        lock = places.Lock(self.folder / "lock")
        self._heed_signals()
        began = time.monotonic()
        try:
            running = self._start()
            running.write(self.folder)
            say(f"\nReady after {time.monotonic() - began:.1f} s: {running.address}\n")
            if not self.options.brief:
                announce(running, self)
            self._serve(running)
        except Stopped:
            pass
        finally:
            began = time.monotonic()
            if self.demo is not None:
                children.stop(self.demo, (signal.SIGTERM, 0.5))
            self.supervisor.stop()
            (self.folder / "running.json").unlink(missing_ok=True)
            lock.release()
            say(f"Stopped in {time.monotonic() - began:.1f} s. The data is kept in {self.folder}")
        return 0

    def _refuse_hopeless(self) -> None:
        """Refuse early what the doctor finds wrong with folders and disks."""
        machine = Machine(self.folder, self.given, self.options.host, self.options.port, None)
        for look in (surroundings.folder, surroundings.disk, surroundings.temporary):
            found = look(machine)
            if not found.well:
                raise CannotStart(f"{found.what} To fix it: {found.mend}")

    def _heed_signals(self) -> None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            # Under nohup, SIGHUP is ignored and stays so.
            if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
                signal.signal(number, lambda *_: self.stopping.set())

    def _start(self) -> Running:
        options = self.options
        self.supervisor.end_leftovers()  # first, as a leftover may hold the port
        if not ports.is_free(options.host, options.port):
            raise CannotStart(ports.advice(options.host, options.port))
        made = environment.of_server(self.folder, options.host, options.port)
        if self.local_amc:
            amc_host = ports.loopback()
            amc_port = ports.free_port(amc_host, options.port + 1)
            made |= environment.of_local_amc(self.folder, amc_host, amc_port)
            if options.host in proxies.LOOPBACK:
                made["DEMO_USER"] = DEMO_USER
        if "SMTP_URL" not in self.given:
            made |= self._catch_mail()
        self.env = made | self._servers() | self.given
        self._prepare()
        if self.mailbox:
            self._keep_running("mailbox", *self.mailbox)
        signed_in = self._start_amc() if self.local_amc else {}
        for name in ("api", "worker", "clock"):
            self._keep_running(name)
        with self._step("API, worker, clock"):
            self._until_healthy(f"http://{ports.place(options.host, options.port)}/ready", "api")
        settings = made | {name: self.env[name] for name in ("DATABASE_URL", "REDIS_URL")}
        return Running(os.getpid(), self.env["PUBLIC_URL"], settings=settings, **signed_in)

    def _servers(self) -> dict[str, str]:
        """Start the embedded servers that the environment does not replace."""
        urls = {}
        if "DATABASE_URL" not in self.given:
            with self._step("PostgreSQL"):
                database = postgres.start(self.folder / "postgres", durable=True)
            self.supervisor.add("postgres", database)
            urls["DATABASE_URL"] = database.url
        if "REDIS_URL" not in self.given:
            with self._step("Valkey"):
                cache = valkey.start(self.folder / "valkey", durable=True)
            self.supervisor.add("valkey", cache)
            urls["REDIS_URL"] = cache.url
        return urls

    def _prepare(self) -> None:
        """Migrate the database and, at the same time, create the local AMC's events."""
        what = "Database, made-up events" if self.local_amc else "Database"
        with tempfile.TemporaryFile() as told, self._step(what):
            migrating = self._begin("migrate", output=told.fileno())
            if self.local_amc:
                self._finish(self._begin("sandbox", "--prepare", output=None))
            self._finish(migrating, told)

    def _start_amc(self) -> dict[str, Any]:
        """Start the local AMC and add its account to the database. Returns the demo's user."""
        self._keep_running("sandbox")
        with self._step("Local AMC"):
            self._until_healthy(f"{self.env['AMC_API_URL']}/sandbox/stats", "sandbox")
        with self._step("Account, instances, people"), tempfile.TemporaryFile() as told:
            self._finish(self._begin("furnish", output=told.fileno()), told)
            told.seek(0)
            signed_in: dict[str, Any] = json.loads(told.read().splitlines()[-1])
            return signed_in

    def _serve(self, running: Running) -> None:
        """Keep everything running, and run the demo job at the same time."""
        follower = processes.Follower(self.logs)
        if self.options.demo and running.token:
            self.env["AMC_REPORTS_TOKEN"] = running.token  # `ps` would show an argument
            self.demo = self._begin("demo", "--at", running.address, "--reuse", output=None)
        while not self.stopping.is_set():
            pause = self.supervisor.watch()
            for line in follower.lines() if self.options.verbose else ():
                say(line)
            self._signals.wait(FOLLOWING if self.options.verbose else pause)

    def _catch_mail(self) -> dict[str, str]:
        """Choose the ports of the mailbox, and return the settings that have mail sent there."""
        host = ports.loopback()
        page = ports.free_port(host, self.options.port + 2)
        smtp = ports.free_port(host, self.options.port + 3)
        self.mail_page = f"http://{ports.place(host, page)}/"
        where = ("--folder", str(self.folder), "--at", host)
        self.mailbox = (*where, "--page-port", str(page), "--smtp-port", str(smtp))
        return environment.of_mailbox(host, smtp)

    def _keep_running(self, name: str, *arguments: str) -> None:
        command = environment.command(name, *arguments)
        self.supervisor.add(name, processes.Program(command, self.env, self.logs / f"{name}.log"))

    def _begin(self, *arguments: str, output: int | None) -> subprocess.Popen[bytes]:
        return children.start(
            environment.command(*arguments), dies_by=signal.SIGTERM, output=output, env=self.env
        )

    def _finish(self, process: subprocess.Popen[bytes], told: Any = None) -> None:
        """Wait for a command, or until told to stop. Raises CannotStart with its output."""
        while process.poll() is None:
            if self.stopping.wait(0.02):
                children.stop(process, (signal.SIGTERM, 2.0))
                raise Stopped
        if process.returncode:
            words = ""
            if told is not None:
                told.seek(0)
                words = told.read().decode(errors="replace").strip()
            raise CannotStart(words or f"It ended with status {process.returncode}.")

    def _until_healthy(self, url: str, name: str) -> None:
        until = time.monotonic() + HEALTHY_WITHIN
        with httpx2.Client(timeout=5, trust_env=False) as client:  # one, as creating it is slow
            while time.monotonic() < until:
                try:
                    if client.get(url).is_success:
                        return
                except httpx2.HTTPError:
                    pass  # the API does not answer yet
                if self.stopping.wait(0.1):
                    raise Stopped
                self.supervisor.watch()
        words = processes.last_words(self.logs / f"{name}.log", 10)
        raise CannotStart(
            f"{name} is not ready after {HEALTHY_WITHIN:.0f} s. Its log ends:\n{words}"
        )

    @contextmanager
    def _step(self, name: str) -> Iterator[None]:
        began = time.monotonic()
        try:
            yield
        except CannotStart as error:
            raise CannotStart(f"{name}: {error}") from error
        say(f"  {name:<28}{time.monotonic() - began:6.1f} s")


def announce(running: Running, up: Up) -> None:
    """Print the URL, and what to do first."""
    at, us = running.address, Path(sys.executable).with_name("amc-reports")
    lines = [
        f"  Pages      {at}/",
        f"  Explorer   {at}/explorer",
        f"  GraphQL    {at}/graphql  (subscriptions too: graphql-transport-ws)",
    ]
    if up.local_amc:
        lines.append(f"  Local AMC  {up.env['AMC_API_URL']}")
    if up.mail_page:
        lines.append(f"  Mail       {up.mail_page}  (what would have been sent)")
    lines.append(f"  Logs       {up.logs}")
    if running.token:
        lines += [
            f"  Signed in  {running.user}, by this token:\n\n{running.token}\n",
            "The first query to try:\n",
            f"  curl -s {at}/graphql -H 'content-type: application/json' \\",
            f'    -H "authorization: Bearer $({us} token --folder {up.folder})" \\',
            f"    -d '{QUERY}'\n",
        ]
    say("\n".join([*lines, "Ctrl-C stops everything and keeps the data.\n"]))


def run(options: Options) -> int:
    """Start everything, or say that it is running already."""
    try:
        return Up(options).run()
    except places.InUse as already:
        from local import running

        known = running.find(options.folder)
        where = known.address if known and known.address else "about to be ready"
        say(f"The system is running already: {where} (process {already.holder}). Stop: make down")
    except CannotStart as error:
        say(f"\n{error}\n\nTo find out more: make doctor")
    return 1
