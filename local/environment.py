"""What the processes of one machine are told: made here, given by the environment, or kept."""

import base64
import os
import secrets
import sys
from collections.abc import Mapping
from pathlib import Path

from local.children import CannotStart

CLI = str(Path(__file__).parent.parent / "cli.py")
LOOPBACK = ("127.0.0.1", "localhost", "::1")
KEY_BYTES = 32


def given() -> dict[str, str]:
    """The environment, over what a `.env` file in the present folder says."""
    from dotenv import dotenv_values

    from_file = {name: value for name, value in dotenv_values(".env").items() if value is not None}
    return from_file | dict(os.environ)


def command(*arguments: str) -> list[str]:
    """`amc-reports` with these arguments, run by this Python."""
    return [sys.executable, CLI, *arguments]


def kept_secrets(folder: Path) -> dict[str, str]:
    """The secrets of this folder, made once. Only their owner can read them."""
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
    """What the file says. Raises CannotStart, naming the line that is no NAME=value."""
    found: dict[str, str] = {}
    for number, line in enumerate(path.read_text().splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        name, equals, value = line.partition("=")
        if not (equals and name.isidentifier() and value.strip()):
            raise CannotStart(
                f"{path}, line {number}, is not NAME=value. Bring the file back from a copy; "
                "without it a new one is made, and refresh tokens in the database are lost."
            )
        found[name] = value.strip()
    for name in ("ENCRYPTION_KEYS", "SIGNING_SECRET", "TOKEN_SECRET"):
        if name not in found:
            raise CannotStart(
                f"{path} has no {name}. Bring the file back from a copy, or remove it "
                "to have a new one made; refresh tokens in the database are lost then."
            )
    return found


def compose(
    folder: Path, env: Mapping[str, str], host: str, port: int, servers: Mapping[str, str]
) -> dict[str, str]:
    """Everything a process of ours is told. What the environment gives wins over what we make."""
    shown = f"[{host}]" if ":" in host else host
    made = {
        **kept_secrets(folder),
        "STORAGE_URL": f"file://{folder / 'storage'}",
        "PUBLIC_URL": f"http://{shown}:{port}",
        "HOST": host,
        "PORT": str(port),
        "PYTHONUNBUFFERED": "1",
        **servers,
    }
    return made | dict(env)
