"""Settings of the local AMC. Each is an environment variable that begins with SANDBOX_."""

from pathlib import Path
from typing import Any

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

AMC_LIKE = (60.0, 420.0)  # seconds an execution takes at Amazon, as observed


class Settings(BaseSettings):
    """One field per environment variable. `POST /sandbox/settings` changes some of them."""

    model_config = SettingsConfigDict(env_prefix="SANDBOX_", extra="ignore")

    folder: Path = Path(".amc-reports") / "sandbox"
    host: str = "127.0.0.1"
    port: int = Field(default=8001, ge=0, le=65_535)
    public_url: str = ""  # the base of download links; by default the address of the request
    events: int = Field(default=2_000_000, ge=0, le=100_000_000)
    seed: int = 7
    speed: str = "demo"  # or "amc-like"
    min_seconds: float = Field(default=2.0, ge=0)  # range of an execution's duration in seconds
    max_seconds: float = Field(default=5.0, ge=0)
    max_running: int = Field(default=10, ge=1)  # per instance; the rest is PENDING
    # instance id: account id, account name, instance name
    instances: dict[str, tuple[str, str, str]] = {
        "amcacme001": ("ENTITYLOCAL1", "Acme Advertising", "Acme US"),
        "amcacme002": ("ENTITYLOCAL1", "Acme Advertising", "Acme Outlet"),
        "amcborealis": ("ENTITYLOCAL2", "Borealis Media", "Borealis"),
    }
    # A query is computed once. Later executions get the same result, whatever their window.
    computed_once: bool = False
    event_level: bool = False  # withhold no rows for privacy
    wrapped: bool = False  # wrap single objects in an envelope, as in the OpenAPI document
    rate: float = Field(default=0.0, ge=0)  # requests per second and instance; 0 for no throttling
    burst: int = 20
    link_seconds: float = 600.0
    token_seconds: float = 3600.0
    client_id: str = "amzn1.application-oa2-client.local"
    client_secret: str = "of-the-local-amc"
    refresh_token: str = "Atzr|of-the-local-amc"

    def model_post_init(self, context: Any) -> None:
        """Applies AMC's durations if the speed is amc-like."""
        if self.speed == "amc-like":
            self.min_seconds, self.max_seconds = AMC_LIKE
