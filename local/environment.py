"""The environment of the processes on one machine: given, generated or kept in a file."""

import base64
import os
import secrets
import sys
from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from local import ports, proxies
from local.children import CannotStart

if TYPE_CHECKING:
    from pydantic_settings import BaseSettings

    from domain.settings import Process

CLI = str(Path(__file__).parent.parent / "cli.py")
# The credentials between the server and the local AMC. They protect only synthetic events.
CLIENT_ID = "amzn1.application-oa2-client.local"
CLIENT_SECRET = "of-the-local-amc"
REFRESH_TOKEN = "Atzr|of-the-local-amc"
KEY_BYTES = 32
OPTIONS = ("host", "port", "processes", "threads")  # of commands, in place of settings


def given() -> dict[str, str]:
    """The environment, over the variables of a `.env` file in the current folder.

    An empty variable counts as not set, except AMC_API_URL, where it means Amazon's own hosts.
    Raises CannotStart.
    """
    from dotenv import dotenv_values

    try:
        lines = dotenv_values(".env")
    except (OSError, UnicodeDecodeError) as unreadable:
        raise CannotStart(f"The file .env cannot be read: {unreadable}.") from unreadable
    from_file = {name: value for name, value in lines.items() if value is not None}
    every = from_file | dict(os.environ)
    return {name: value for name, value in every.items() if value or name == "AMC_API_URL"}


def wrong_settings(process: "Process | None" = None) -> list[str]:
    """A sentence for each setting that cannot be used, or that this process needs and lacks.

    No sentence contains a value.
    """
    from domain import settings
    from sandbox.engine.settings import Settings as OfSandbox

    try:
        lacking = settings.missing(process) if process else ()
        values = [*_wrong(settings.Settings, ""), *_wrong(OfSandbox, "SANDBOX_")]
        return [*lacking, *values, *proxies.wrong(os.environ)]
    except (OSError, UnicodeDecodeError) as unreadable:
        return [f"The file .env cannot be read: {unreadable}."]


def _wrong(model: "type[BaseSettings]", prefix: str) -> Iterator[str]:
    from pydantic import ValidationError

    from domain.documents import predicate
    from domain.sentences import HIDDEN

    try:
        model()
    except ValidationError as wrong:
        for error in wrong.errors(include_input=False, include_url=False):
            name, *items = map(str, error["loc"])
            item = f": entry {int(items[0]) + 1}" if items and items[0].isdecimal() else ""
            said = predicate(error["type"], error.get("ctx", {}), HIDDEN)
            yield f"{prefix}{name.upper()}{item} {said}."


def settle(args: Namespace, process: "Process | None") -> list[str]:
    """Take options as settings, and settings as options. Returns what is wrong with the settings.

    If something is wrong, options that are not given get the defaults.
    """
    for name in OPTIONS:
        if getattr(args, name, None) is not None:
            os.environ[name.upper()] = str(getattr(args, name))
    proxies.spare_this_machine(os.environ, getattr(args, "host", None))
    wrong = wrong_settings(process)
    from domain.settings import Settings

    read = Settings.model_construct() if wrong else Settings()
    for name in OPTIONS:
        if name in args and not (wrong and getattr(args, name)):
            setattr(args, name, getattr(read, name))
    return wrong


def command(*arguments: str) -> list[str]:
    """The command line of `amc-reports` with these arguments, run by this Python."""
    return [sys.executable, CLI, *arguments]


def kept_secrets(folder: Path) -> dict[str, str]:
    """The secrets of this folder, generated once. Only their owner can read the file."""
    path = folder / "secrets.env"
    try:
        return read_secrets(path)
    except FileNotFoundError:
        pass
    made = {
        "ENCRYPTION_KEYS": f"k1:{base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()}",
        "SIGNING_SECRET": secrets.token_urlsafe(KEY_BYTES),
        "TOKEN_SECRET": secrets.token_urlsafe(KEY_BYTES),
    }
    half = path.with_suffix(".new")
    half.unlink(missing_ok=True)
    with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write("# Without ENCRYPTION_KEYS the refresh tokens in the database are lost.\n")
        file.writelines(f"{name}={value}\n" for name, value in made.items())
    half.replace(path)
    return made


def read_secrets(path: Path) -> dict[str, str]:
    """Read the secrets. Raises CannotStart, naming the line that is not NAME=value."""
    found: dict[str, str] = {}
    for number, line in enumerate(path.read_text().splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        name, equals, value = line.partition("=")
        if not (equals and name.isidentifier() and value.strip()):
            raise CannotStart(
                f"{path}, line {number}, is not NAME=value. Restore the file from a copy. "
                "Without it a new one is created, and refresh tokens in the database are lost."
            )
        found[name] = value.strip()
    for name in ("ENCRYPTION_KEYS", "SIGNING_SECRET", "TOKEN_SECRET"):
        if name not in found:
            raise CannotStart(
                f"{path} has no {name}. Restore the file from a copy, or remove it "
                "to get a new one; the refresh tokens in the database are lost then."
            )
    return found


def of_local_amc(folder: Path, host: str, port: int) -> dict[str, str]:
    """Settings by which the server reaches the local AMC like Amazon: by URL and OAuth."""
    address = f"http://{ports.place(host, port)}"
    return {
        "AMC_API_URL": address,
        "AMC_TOKEN_URL": f"{address}/auth/o2/token",
        "AMC_CLIENT_ID": CLIENT_ID,
        "AMC_CLIENT_SECRET": CLIENT_SECRET,
        "AMC_POLL_MIN": "0.5",  # executions of the local AMC take seconds, not minutes
        "AMC_POLL_MAX": "5",
        "SANDBOX_CLIENT_ID": CLIENT_ID,
        "SANDBOX_CLIENT_SECRET": CLIENT_SECRET,
        "SANDBOX_REFRESH_TOKEN": REFRESH_TOKEN,
        "SANDBOX_FOLDER": str(folder / "sandbox"),
        "SANDBOX_HOST": host,
        "SANDBOX_PORT": str(port),
        "SANDBOX_PUBLIC_URL": address,
    }


def of_mailbox(host: str, smtp_port: int) -> dict[str, str]:
    """Settings by which the server sends mail to the mailbox of this machine."""
    return {
        "SMTP_URL": f"smtp://{ports.place(host, smtp_port)}?tls=none",
        "MAIL_FROM": "AMC reports <reports@example.com>",
    }


def of_server(folder: Path, host: str, port: int) -> dict[str, str]:
    """Settings of the API, the worker and the clock, besides the URLs of their servers."""
    return {
        **kept_secrets(folder),
        "STORAGE_URL": f"file://{folder / 'storage'}",
        "PUBLIC_URL": f"http://{ports.place(host, port)}",
        "HOST": host,
        "PORT": str(port),
        "PYTHONUNBUFFERED": "1",
    }
