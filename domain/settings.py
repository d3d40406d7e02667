"""Everything the environment may change. Read once at import, never written."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    SecretStr,
    ValidationInfo,
    field_validator,
)
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict


def _seconds(value: object) -> object:
    """Convert a string of the environment: a plain number means seconds."""
    try:
        return float(value) if isinstance(value, str) else value
    except ValueError:
        return value


def _parts(value: object) -> object:
    """Convert a string of the environment: commas separate the parts of a list."""
    if not isinstance(value, str):
        return value
    return [part.strip() for part in value.split(",") if part.strip()]


def _origin(value: str) -> str:
    """Return an origin as browsers send it: without a path, and without a default port."""
    if "*" in value:
        raise ValueError("must not be *: every page could act for whoever is signed in")
    parts = urlsplit(value.rstrip("/"))
    if not (parts.scheme and parts.hostname) or parts.path or parts.query or parts.username:
        raise ValueError("must be an origin such as https://app.example.com")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    own_port = {"http": 80, "https": 443}.get(parts.scheme)
    port = "" if parts.port in (None, own_port) else f":{parts.port}"
    return f"{parts.scheme}://{host}{port}"


Origins = Annotated[
    tuple[Annotated[str, AfterValidator(_origin)], ...], NoDecode, BeforeValidator(_parts)
]
Duration = Annotated[timedelta, BeforeValidator(_seconds)]


class Settings(BaseSettings):
    """One field per environment variable, the name in capitals. `.env.example` lists them."""

    model_config = SettingsConfigDict(env_file=".env", frozen=True, extra="ignore")

    # Servers. The URLs of the three roles default to database_url.
    database_url: str = "postgresql://localhost/amc_reports"
    database_owner_url: str | None = None
    database_api_url: str | None = None
    database_worker_url: str | None = None
    redis_url: str = "redis://localhost:6379/0"
    storage_url: str = f"file://{Path.cwd() / '.amc-reports' / 'storage'}"
    public_url: str = "http://127.0.0.1:8000"  # how browsers reach the API
    cors_origins: Origins = ()  # origins besides our own whose pages may use the API from a browser

    # Amazon. Empty URLs mean the hosts of the account's region.
    amc_api_url: str | None = None
    amc_token_url: str | None = None
    amc_client_id: str = ""
    amc_client_secret: SecretStr = SecretStr("")
    amc_request_timeout: Duration = timedelta(seconds=30)
    amc_adopt_after: Duration = timedelta(seconds=60)  # after the timeout, before asking again
    amc_poll_min: Duration = timedelta(seconds=15)
    amc_poll_max: Duration = timedelta(minutes=2)

    # Secrets. `kid:base64` of 32 bytes, comma separated; the first encrypts, all decrypt.
    encryption_keys: SecretStr = SecretStr("")
    signing_secret: SecretStr = SecretStr("")  # signs our short-lived links

    # Signing in.
    token_secret: SecretStr = SecretStr("")  # HS256: one machine
    token_jwks_url: str | None = None  # RS256 or ES256: keys of an identity provider
    token_issuer: str = "amc-reports"
    token_audience: str = "amc-reports"
    auto_provision_users: bool = False
    demo_user: str | None = None  # e-mail; on loopback, our pages contain this user's token

    # Documents that clients name by their hash. `amc-reports documents` writes the file.
    trusted_documents: Path | None = None
    trusted_documents_only: bool = False  # refuse every document that is not in the file

    # Times of the engine.
    clock_interval: Duration = timedelta(seconds=1)
    lease: Duration = timedelta(seconds=120)  # how long a claim lasts without being renewed
    retry_min: Duration = timedelta(seconds=2)
    retry_max: Duration = timedelta(minutes=5)
    heartbeat: Duration = timedelta(seconds=15)
    waiting_deadline: Duration = timedelta(days=7)
    step_deadline: Duration = timedelta(hours=2)  # submitting or ingesting
    execution_timeout: Duration = timedelta(hours=6)  # at AMC; AMC allows 15 min to 24 h

    # Pauses before a segment of a collection is tried again.
    segment_retry_min: Duration = timedelta(minutes=1)
    segment_retry_max: Duration = timedelta(hours=1)

    # Pauses before a view is tried again.
    view_retry_min: Duration = timedelta(minutes=1)
    view_retry_max: Duration = timedelta(hours=1)

    # Notices. Without a mail server, nobody can subscribe by mail.
    smtp_url: SecretStr = SecretStr("")  # smtp://user:pass@host:port?tls=starttls|tls|none
    mail_from: str = ""
    webhook_allow_private: bool = False  # allows http, and addresses that are not public
    notice_retry_min: Duration = timedelta(minutes=1)
    notice_retry_max: Duration = timedelta(hours=1)
    notice_deadline: Duration = timedelta(hours=24)  # from the first attempt to the last

    # Limits of collections. A collection takes AMC's time from everybody else's executions.
    collections_per_instance_and_day: int = Field(default=5, ge=1)
    collections_per_user: int = Field(default=2, ge=1)  # open at the same time

    # Limits of one person. They are counted as rows, exactly, over all processes; 0: no limit.
    executions_per_minute: int = Field(default=10, ge=0)  # that people start themselves
    reports_per_hour: int = Field(default=20, ge=0)
    questions_per_minute: int = Field(default=30, ge=0)

    # The budget of one person, in points of cost, over all processes; 0: no limit.
    budget_maximum: int = Field(default=1_000_000, ge=0)
    budget_restore_rate: int = Field(default=20_000, ge=1)  # a second

    # What one person may have under way at the same time, in each process; 0: no limit.
    sockets_per_person: int = Field(default=50, ge=0)
    operations_per_socket: int = Field(default=100, ge=0)  # not answered yet, or watched
    operations_per_person: int = Field(default=500, ge=0)  # the same over sockets and streams
    running_per_person: int = Field(default=4, ge=1)  # queries and mutations; others wait
    waiting_per_person: int = Field(default=100, ge=0)  # for their turn; more are refused
    waiting_timeout: Duration = timedelta(seconds=10)
    connections_per_person: int = Field(default=6, ge=1)  # of the 30 to the database

    # Limits of connections, in each process; 0: no limit.
    max_connections: int = Field(default=5000, ge=0)
    header_timeout: Duration = timedelta(seconds=10)  # until a request's headers are complete
    body_timeout: Duration = timedelta(seconds=30)  # and its body, from then on
    messages_per_second: int = Field(default=50, ge=0)  # of one socket; four times as many at once

    # The threads of each process that compute and read files; a person has half of them at most.
    pool_threads: int | None = Field(default=None, ge=2)  # as many as there are cores
    pool_waiting: int = Field(default=1000, ge=1)  # of one person, before more is refused

    # Limits of what one request may ask.
    max_page: int = Field(default=100, ge=1, le=1000)
    max_answer_bytes: int = Field(default=20_000_000, ge=1000)
    request_timeout: Duration = timedelta(seconds=30)  # of an operation, not of a subscription
    widget_files: int = Field(default=400, ge=1)  # results that a widget may read
    widget_bytes: int = Field(default=256_000_000, ge=1)  # of all these results together
    widget_timeout: Duration = timedelta(seconds=10)

    @field_validator("trusted_documents_only")
    @classmethod
    def _has_a_list(cls, only: bool, given: ValidationInfo) -> bool:
        if only and given.data.get("trusted_documents") is None:
            raise ValueError("needs the list that TRUSTED_DOCUMENTS names")
        return only


settings = Settings()
