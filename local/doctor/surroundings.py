"""Checks of this machine: Python, folders, disks, the port, settings, proxies."""

import os
import shutil
import socket
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

from local import environment, ports
from local import proxies as of_environment
from local.doctor.findings import SECONDS, Finding, Machine, nearest

OLDEST_PYTHON = (3, 11)
NEEDED_BYTES = 1_000_000_000  # for the events of the local AMC, a database and results
TEMPORARY_BYTES = 500_000_000  # for results on their way from AMC into the store
PACKAGES = ("alembic", "asyncpg", "dramatiq", "duckdb", "httpx2", "redis", "strawberry", "uvicorn")


def python(_: Machine) -> Finding:
    """Check that this Python is new enough."""
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info >= OLDEST_PYTHON:
        return Finding(True, f"Python {version}")
    return Finding(False, f"Python {version} is too old; 3.11 or newer is needed.", "make setup")


def packages(_: Machine) -> Finding:
    """Check that the packages are installed."""
    missing = [name for name in PACKAGES if find_spec(name) is None]
    if missing:
        return Finding(False, f"Packages are missing: {', '.join(missing)}.", "make setup")
    return Finding(True, "Packages are installed")


def folder(machine: Machine) -> Finding:
    """Check that the data folder can be written."""
    return _written(machine.folder, "name another one: AMC_REPORTS_FOLDER=/path")


def disk(machine: Machine) -> Finding:
    """Check that there is enough disk space."""
    mend = "remove files, or put the project on another disk"
    return _room(machine.folder, NEEDED_BYTES, mend) or Finding(
        True, f"{shutil.disk_usage(nearest(machine.folder)).free / 1e9:.0f} GB of disk are free"
    )


def temporary(machine: Machine) -> Finding:
    """Check that results have a place on their way, and that it is the one that TMPDIR names."""
    wanted = machine.env.get("TMPDIR")
    mend = "set TMPDIR to a folder with more room that can be written to"
    if wanted and not os.path.isdir(wanted):
        return Finding(False, f"TMPDIR names {wanted}, which is no folder.", mend)
    try:
        path = Path(wanted or tempfile.gettempdir())
    except FileNotFoundError:
        return Finding(
            False, "There is no folder for temporary files that can be written to.", mend
        )
    written = _written(path, mend)
    if not written.well:
        return written
    return _room(path, TEMPORARY_BYTES, mend) or Finding(True, f"{path} takes temporary files")


def results(machine: Machine) -> Finding:
    """Check that the folder of results can be written and has room. Buckets are not asked."""
    from domain.setting_types import folder_of

    try:
        path = folder_of(machine.setting("STORAGE_URL"))
    except ValueError:
        path = None  # the check of settings tells
    if path is None:
        return Finding(True, "Results are stored in a bucket, or with the other data")
    mend = "set STORAGE_URL to a place with more room that can be written to"
    written = _written(Path(path), mend)
    if not written.well:
        return written
    return _room(Path(path), TEMPORARY_BYTES, mend) or Finding(True, f"{path} takes results")


def _written(path: Path, instead: str) -> Finding:
    there = nearest(path)
    if os.statvfs(there).f_flag & os.ST_RDONLY:
        return Finding(False, f"{there} is on a disk that can only be read.", instead)
    if not os.access(there, os.W_OK | os.X_OK):
        owner, we = there.stat().st_uid, os.geteuid()
        what = f"{there} cannot be written to by user {we}; it belongs to user {owner}."
        return Finding(False, what, f"sudo chown -R {we} {there}")
    return Finding(True, f"{path} can be written to")


def _room(path: Path, needed: int, mend: str) -> Finding | None:
    there = nearest(path)
    free = shutil.disk_usage(there).free
    if free >= needed:
        return None
    what = f"{there} has {free / 1e9:.1f} GB free; {needed / 1e9:g} GB are needed."
    return Finding(False, what, mend)


def port(machine: Machine) -> Finding:
    """Check that the API can listen on its port, or does so already."""
    if machine.up:
        return Finding(True, f"It is running: {machine.up.address or 'about to be ready'}")
    if ports.refusal(machine.host, machine.port) is not None:
        what, _, mend = ports.advice(machine.host, machine.port).partition(". ")
        return Finding(False, f"{what}.", mend)
    return Finding(True, f"Port {machine.port} of {machine.host} is free")


def proxies(machine: Machine) -> Finding:
    """Check that the proxies of the environment answer. This machine itself is reached without."""
    found = of_environment.given(machine.env)
    for name, value in found.items():
        parts = of_environment.parsed(value)
        if parts is None or parts.hostname is None:
            continue  # the check of settings tells
        port = parts.port or (1080 if parts.scheme.startswith("socks") else 80)
        try:
            socket.create_connection((parts.hostname, port), timeout=SECONDS).close()
        except OSError as error:
            return Finding(
                False,
                f"The proxy {parts.hostname}:{port} of {name} does not answer: {error}.",
                f"correct {name}, or unset it (also {name.lower()})",
            )
    if not found:
        return Finding(True, "No proxy is used")
    return Finding(True, f"{' and '.join(found)} answer; this machine is reached without a proxy")


def settings(_: Machine) -> Finding:
    """Check that the settings can be read."""
    wrong = environment.wrong_settings()
    mend = "correct it, in the environment or in .env" if wrong else ""
    return Finding(not wrong, " ".join(wrong) or "Settings can be read", mend)


def secrets(machine: Machine) -> Finding:
    """Check that the secrets exist and can be used."""
    from domain.setting_types import encryption_keys

    path = machine.folder / "secrets.env"
    kept = environment.read_secrets(path) if os.access(path, os.R_OK) else {}
    if path.exists() and path.stat().st_mode & 0o077:
        return Finding(False, f"Others can read {path}.", f"chmod 600 {path}")
    keys = machine.env.get("ENCRYPTION_KEYS") or kept.get("ENCRYPTION_KEYS")
    if keys is None:
        return Finding(True, "The first start creates the secrets")
    try:
        encryption_keys(keys)
    except ValueError as wrong:
        return Finding(
            False,
            f"ENCRYPTION_KEYS {wrong}.",
            'echo "ENCRYPTION_KEYS=k1:$(head -c 32 /dev/urandom | base64)" >> .env',
        )
    return Finding(True, "The secrets exist")
