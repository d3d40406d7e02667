"""The types of settings: each reads the text of an environment variable, or says what is wrong.

No message contains the value, as it may be a secret.
"""

import base64
import binascii
import ipaddress
import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Annotated
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from pydantic import AfterValidator, BeforeValidator, SecretStr
from pydantic_settings import NoDecode

LONGEST = timedelta(days=3650)
KEY_BYTES = 32
MOST_ID_BYTES = 255
SHORTEST_SECRET = 32  # bytes: as long as what HS256 makes of them
MAIL_TLS = ("starttls", "tls", "none")
STORES = ("file", "s3", "s3a", "gs", "az", "azure", "adl", "abfs", "abfss")
HOST_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?")


def _seconds(value: object) -> object:
    """Convert a string of the environment: a plain number means seconds."""
    try:
        return float(value) if isinstance(value, str) else value
    except ValueError:
        return value


def _lasting(value: timedelta) -> timedelta:
    if not timedelta(0) < value <= LONGEST:
        raise ValueError(
            f"must be a number of seconds, more than 0 and at most {LONGEST.total_seconds():,.0f}"
        )
    return value


def _parts(value: object) -> object:
    """Convert a string of the environment: commas separate the parts of a list."""
    if not isinstance(value, str):
        return value
    return [part.strip() for part in value.split(",") if part.strip()]


def _split(value: str, form: str) -> SplitResult:
    """Split a URL. Raises ValueError, with an example, if it is none."""
    try:
        parts = urlsplit(value)
        fits = parts.port != 0  # reading the port checks it
    except ValueError:
        fits = False
    if not fits or any(one.isspace() or not one.isprintable() for one in value):
        raise ValueError(f"must be a URL such as {form}")
    return parts


def _origin(value: str) -> str:
    """Return an origin as browsers send it: without a path, and without a default port."""
    if "*" in value:
        raise ValueError("must not be *: every page could act for whoever is signed in")
    form = "https://app.example.com"
    parts = _split(value.rstrip("/"), form)
    if not (parts.scheme and parts.hostname) or parts.path or parts.query or parts.username:
        raise ValueError(f"must be an origin such as {form}")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    own_port = {"http": 80, "https": 443}.get(parts.scheme)
    port = "" if parts.port in (None, own_port) else f":{parts.port}"
    return f"{parts.scheme}://{host}{port}"


def _url(form: str, *schemes: str) -> Callable[[str], str]:
    """A check for URLs with one of these schemes and a host."""

    def check(value: str) -> str:
        parts = _split(value, form)
        if parts.scheme not in schemes or not parts.hostname:
            raise ValueError(f"must be a URL such as {form}")
        return value

    return check


def _database(value: str) -> str:
    form = "postgresql://user:password@host:5432/name"
    parts = _split(value, form)
    if parts.scheme.partition("+")[0] not in ("postgresql", "postgres") or not parts.path.strip(
        "/"
    ):
        raise ValueError(f"must be a URL such as {form}")
    return value


def _redis(value: str) -> str:
    form = "redis://host:6379/0"
    parts = _split(value, form)
    number = parts.path.strip("/")
    is_socket = parts.scheme == "unix" and bool(number)
    is_server = parts.scheme in ("redis", "rediss") and (not number or number.isdecimal())
    if not (is_socket or is_server):
        raise ValueError(f"must be a URL such as {form}")
    return value


def _store(value: str) -> str:
    form = "s3://bucket/prefix or file:///path"
    parts = _split(value, form)
    is_folder = parts.scheme == "file" and not parts.netloc and len(parts.path) > 1
    is_bucket = parts.scheme in STORES and parts.scheme != "file" and bool(parts.netloc)
    if not (is_folder or is_bucket):
        raise ValueError(f"must be a URL such as {form}")
    return value


def _mail_server(value: SecretStr) -> SecretStr:
    form = "smtp://user:password@host:587?tls=starttls"
    parts = _split(value.get_secret_value(), form)
    if parts.scheme != "smtp" or not parts.hostname:
        raise ValueError(f"must be a URL such as {form}")
    if parse_qs(parts.query).get("tls", [MAIL_TLS[0]])[-1] not in MAIL_TLS:
        raise ValueError(f"must have tls={', tls='.join(MAIL_TLS[:-1])} or tls={MAIL_TLS[-1]}")
    return value


def _address(value: str) -> str:
    if value.count("@") != 1 or not all(value.rstrip(">").split("@")):
        raise ValueError("must be a mail address, such as reports@example.com")
    return value


def _host(value: str) -> str:
    """Return a host to listen on, an IPv6 address without brackets."""
    bare = value[1:-1] if value.startswith("[") and value.endswith("]") else value
    try:
        ipaddress.ip_address(bare)
    except ValueError:
        if ":" in bare or not HOST_NAME.fullmatch(bare):
            raise ValueError(
                "must be a host name or an address, such as 127.0.0.1 or ::1"
            ) from None
    return bare


def _long_secret(value: SecretStr) -> SecretStr:
    size = len(value.get_secret_value().encode())
    if size < SHORTEST_SECRET:
        raise ValueError(
            f"has {size} bytes; it takes {SHORTEST_SECRET} or more, such as "
            "`openssl rand -base64 32` prints"
        )
    return value


def encryption_keys(listed: str) -> Mapping[str, bytes]:
    """Parse `id:base64, ...`: the keys by id, in order. Raises ValueError without their values."""
    found: dict[str, bytes] = {}
    for number, entry in enumerate(filter(None, map(str.strip, listed.split(","))), start=1):
        key_id, colon, encoded = entry.partition(":")
        try:
            key = base64.b64decode(encoded, validate=True)
        except (binascii.Error, ValueError):
            key = b""
        if not (colon and 1 <= len(key_id.encode()) <= MOST_ID_BYTES and len(key) == KEY_BYTES):
            raise ValueError(
                f"has an entry {number} that is not an id, a colon and the base64 of "
                f"{KEY_BYTES} bytes"
            )
        if key_id in found:
            raise ValueError(f"has the id of its entry {number} twice")
        found[key_id] = key
    if not found:
        raise ValueError("has no key")
    return found


def _keys(value: SecretStr) -> SecretStr:
    encryption_keys(value.get_secret_value())
    return value


def folder_of(store: str) -> str | None:
    """The folder of a STORAGE_URL. None if it is not a folder on this machine."""
    parts = urlsplit(store)
    return unquote(parts.path) if parts.scheme == "file" else None


Duration = Annotated[timedelta, BeforeValidator(_seconds), AfterValidator(_lasting)]
Origins = Annotated[
    tuple[Annotated[str, AfterValidator(_origin)], ...], NoDecode, BeforeValidator(_parts)
]
HttpUrl = Annotated[str, AfterValidator(_url("https://host", "https", "http"))]
DatabaseUrl = Annotated[str, AfterValidator(_database)]
RedisUrl = Annotated[str, AfterValidator(_redis)]
StorageUrl = Annotated[str, AfterValidator(_store)]
MailServer = Annotated[SecretStr, AfterValidator(_mail_server)]
MailAddress = Annotated[str, AfterValidator(_address)]
Host = Annotated[str, AfterValidator(_host)]
LongSecret = Annotated[SecretStr, AfterValidator(_long_secret)]
EncryptionKeys = Annotated[SecretStr, AfterValidator(_keys)]
