"""Everything the environment may change. Read once, never written.

A field says what a value must be, and NEEDS what each process does not start without.
"""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field, SecretStr, ValidationInfo, field_validator, model_validator
from pydantic_settings import (
    BaseSettings,
    DotEnvSettingsSource,
    EnvSettingsSource,
    SettingsConfigDict,
)

from domain.setting_types import (
    DatabaseUrl,
    Duration,
    EncryptionKeys,
    Host,
    HttpUrl,
    LongSecret,
    MailAddress,
    MailServer,
    Origins,
    RedisUrl,
    StorageUrl,
)

MAXIMA = ("amc_poll_max", "retry_max", "segment_retry_max", "view_retry_max", "notice_retry_max")
# What starts: the servers, and commands of operators by what they do.
Process = Literal["api", "worker", "clock", "operator", "secrets", "amc"]


class Settings(BaseSettings):
    """One field per environment variable, the name in capitals. `.env.example` lists them."""

    model_config = SettingsConfigDict(
        env_file=".env",
        frozen=True,
        extra="ignore",
        validate_default=False,
        hide_input_in_errors=True,  # values may be secrets
    )

    # Servers. The URLs of the three roles default to database_url.
    database_url: DatabaseUrl = ""
    database_owner_url: DatabaseUrl | None = None
    database_api_url: DatabaseUrl | None = None
    database_worker_url: DatabaseUrl | None = None
    # Of each process and role. All together must fit into max_connections of PostgreSQL.
    database_connections: int = Field(default=15, ge=2)
    database_timeout: Duration = timedelta(seconds=15)  # of a statement; then the server is lost
    redis_url: RedisUrl = ""
    storage_url: StorageUrl = ""
    public_url: HttpUrl = "http://127.0.0.1:8000"  # how browsers reach the API
    cors_origins: Origins = ()  # origins besides our own whose pages may use the API from a browser

    # Amazon. Empty URLs mean the hosts of the account's region.
    amc_api_url: HttpUrl | None = None
    amc_token_url: HttpUrl | None = None
    amc_client_id: str = ""
    amc_client_secret: SecretStr = SecretStr("")
    amc_request_timeout: Duration = timedelta(seconds=30)
    amc_adopt_after: Duration = timedelta(seconds=60)  # after the timeout, before asking again
    amc_poll_min: Duration = timedelta(seconds=15)
    amc_poll_max: Duration = timedelta(minutes=2)

    # Secrets. `kid:base64` of 32 bytes, comma separated; the first encrypts, all decrypt.
    encryption_keys: EncryptionKeys = SecretStr("")
    signing_secret: LongSecret = SecretStr("")  # signs our short-lived links

    metrics_token: LongSecret = SecretStr("")  # who has it may read /metrics; empty: nobody

    # Signing in.
    token_secret: LongSecret = SecretStr("")  # HS256: one machine
    token_jwks_url: HttpUrl | None = None  # RS256 or ES256: keys of an identity provider
    token_issuer: str = "amc-reports"
    token_audience: str = "amc-reports"
    auto_provision_users: bool = False
    demo_user: MailAddress | None = None  # e-mail; on loopback, our pages contain this user's token

    # What the processes listen on, and how many jobs a worker runs.
    host: Host = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65_535)  # 0: any that is free
    processes: int = Field(default=2, ge=1, le=64)
    threads: int = Field(default=8, ge=1, le=256)  # of each of them

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
    smtp_url: MailServer = SecretStr("")  # smtp://user:pass@host:port?tls=starttls|tls|none
    mail_from: MailAddress = ""
    webhook_allow_private: bool = False  # allows http, and addresses that are not public
    notice_retry_min: Duration = timedelta(minutes=1)
    notice_retry_max: Duration = timedelta(hours=1)
    mail_attachment_bytes: int = Field(default=5_000_000, ge=0)  # a larger export is a link
    notice_deadline: Duration = timedelta(hours=24)  # from the first attempt to the last

    # A language model that words answers of questions: any server with OpenAI's API for chats.
    ai_url: HttpUrl | None = None  # such as https://api.openai.com/v1; without it there is no model
    ai_key: SecretStr = SecretStr("")
    ai_model: str = ""
    ai_timeout: Duration = timedelta(seconds=20)  # for a whole answer
    ai_answers_per_day: int = Field(default=50, ge=0)  # of one person, counted as rows

    # Limits of collections. A collection takes AMC's time from everybody else's executions.
    collections_per_instance_and_day: int = Field(default=5, ge=1)
    collections_per_user: int = Field(default=2, ge=1)  # open at the same time

    # Limits of one person. They are counted as rows, exactly, over all processes; 0: no limit.
    executions_per_minute: int = Field(default=10, ge=0)  # that people start themselves
    reports_per_hour: int = Field(default=20, ge=0)
    questions_per_minute: int = Field(default=30, ge=0)

    # Exports. Workers make few at the same time, so that executions never wait for them.
    exports_per_person: int = Field(default=20, ge=0)  # that are not over; 0: no limit
    exports_at_once: int = Field(default=2, ge=1)  # over all workers
    export_files_kept: Duration = timedelta(days=30)

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
    connections_per_person: int = Field(default=6, ge=1)  # of DATABASE_CONNECTIONS

    # Limits of connections, in each process; 0: no limit.
    max_connections: int = Field(default=5000, ge=0)
    header_timeout: Duration = timedelta(seconds=10)  # until a request's headers are complete
    body_timeout: Duration = timedelta(seconds=30)  # and its body, from then on
    messages_per_second: int = Field(default=50, ge=0)  # of one socket; four times as many at once

    # Plans of operations. `only` logs an error for each operation that has none.
    planned_reads: Literal["on", "off", "only"] = "on"

    # The threads of each process that compute and read files; a person has half of them at most.
    pool_threads: int | None = Field(default=None, ge=2)  # as many as there are cores
    pool_waiting: int = Field(default=1000, ge=1)  # of one person, before more is refused

    # Retention: days after which something is removed; 0: it is kept for ever.
    views_kept_days: int = Field(default=90, ge=0)  # then in the object store, and still read
    insights_kept_days: int = Field(default=180, ge=0)
    ticks_kept_days: int = Field(default=400, ge=0)
    notices_kept_days: int = Field(default=180, ge=0)
    exports_kept_days: int = Field(default=365, ge=0)  # their rows; EXPORT_FILES_KEPT is of files
    audit_kept_days: int = Field(default=730, ge=0)
    superseded_kept_days: int = Field(default=90, ge=0)  # files of replaced results
    results_kept_days: int = Field(default=400, ge=0)  # of executions outside of collections

    # Limits of what one request may ask.
    max_page: int = Field(default=100, ge=1, le=1000)
    max_answer_bytes: int = Field(default=20_000_000, ge=1000)
    request_timeout: Duration = timedelta(seconds=30)  # of an operation, not of a subscription
    widget_files: int = Field(default=400, ge=1)  # results that a widget may read
    widget_bytes: int = Field(default=256_000_000, ge=1)  # of all these results together
    widget_timeout: Duration = timedelta(seconds=10)

    @model_validator(mode="before")
    @classmethod
    def _without_empty(cls, given: Any) -> Any:
        return {name: value for name, value in given.items() if value != ""}

    @field_validator("trusted_documents")
    @classmethod
    def _is_a_file(cls, path: Path) -> Path:
        if not os.path.isfile(path):  # False even for a name that is too long
            raise ValueError("must be the path of a file that exists")
        return path

    @field_validator("trusted_documents_only")
    @classmethod
    def _has_a_list(cls, only: bool, given: ValidationInfo) -> bool:
        if only and "trusted_documents" in given.data and not given.data["trusted_documents"]:
            raise ValueError("needs the list that TRUSTED_DOCUMENTS names")
        return only

    @field_validator("mail_from")
    @classmethod
    def _has_a_server(cls, sender: str, given: ValidationInfo) -> str:
        if sender and "smtp_url" in given.data and not given.data["smtp_url"].get_secret_value():
            raise ValueError("needs the mail server that SMTP_URL names")
        return sender

    @field_validator(*MAXIMA)
    @classmethod
    def _is_not_below(cls, longest: timedelta, given: ValidationInfo) -> timedelta:
        shortest_name = f"{str(given.field_name).removesuffix('_max')}_min"
        shortest = given.data.get(shortest_name)
        if shortest is not None and longest < shortest:
            raise ValueError(f"must not be less than {shortest_name.upper()}")
        return longest


@dataclass(frozen=True)
class Need:
    """A setting without which these processes do not start. One of the names is enough."""

    names: tuple[str, ...]
    by: frozenset[Process]
    why: str  # a sentence with an example

    def sentence(self) -> str:
        """Say what is not set, and what it is for."""
        return f"{' or '.join(map(str.upper, self.names))} is not set. {self.why}"


def _need(*names: str, by: str, why: str) -> Need:
    return Need(names, frozenset(by.split()), why)  # type: ignore[arg-type]


A_DATABASE = "It names the database: postgresql://user:password@host:5432/amc_reports."
NEEDS = (
    # A worker reads what it exports as the export's person, under the rights of the API.
    _need("database_url", "database_api_url", by="api worker", why=A_DATABASE),
    _need("database_url", "database_worker_url", by="worker clock", why=A_DATABASE),
    _need("database_url", "database_owner_url", by="operator secrets amc", why=A_DATABASE),
    _need("redis_url", by="api worker clock", why="It names Redis or Valkey: redis://host:6379/0."),
    _need(
        "storage_url",
        by="api worker",
        why="Results are stored there: s3://bucket/prefix or file:///path.",
    ),
    _need(
        "encryption_keys",
        by="api worker secrets amc",
        why="They encrypt secrets: k1:$(openssl rand -base64 32).",
    ),
    _need(
        "signing_secret", by="api worker", why="It signs download links: openssl rand -base64 32."
    ),
    _need("token_secret", "token_jwks_url", by="api", why="Without one, nobody can sign in."),
    _need("amc_client_id", by="worker amc", why="It is the id of your Amazon client."),
    _need("amc_client_secret", by="worker amc", why="It is the secret of your Amazon client."),
)


def given() -> Mapping[str, str]:
    """The settings that the environment or .env sets, by field. An empty one is not set."""
    sources = (DotEnvSettingsSource(Settings), EnvSettingsSource(Settings))
    found = {name: value for source in sources for name, value in source().items()}
    return {name: value for name, value in found.items() if value != ""}


def missing(process: Process) -> Iterator[str]:
    """A sentence for each setting that this process needs and that is not set."""
    there = given()
    for need in NEEDS:
        if process in need.by and not any(name in there for name in need.names):
            yield need.sentence()


if TYPE_CHECKING:
    settings: Settings
else:

    @cache
    def _settings() -> Settings:
        return Settings()

    def __getattr__(name: str) -> Settings:
        # Read when first imported, so that commands can say in words what is wrong with them.
        if name == "settings":
            return _settings()
        raise AttributeError(name)
