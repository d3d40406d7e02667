"""What can be set about the local AMC: SANDBOX_ and the name, in the environment."""

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

AMC_LIKE = (60.0, 420.0)  # seconds an execution takes at Amazon, as observed
Seconds = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class Settings(BaseSettings):
    """One field per environment variable. `POST /sandbox/settings` changes a running one."""

    model_config = SettingsConfigDict(
        env_prefix="SANDBOX_", extra="ignore", validate_assignment=True
    )

    folder: Path = Path(".amc-reports") / "sandbox"
    port: int = Field(default=8001, ge=0, le=65_535)
    public_url: str = ""  # how download links begin; the request's own address if not given
    events: int = Field(default=2_000_000, ge=1_000)
    seed: int = 7
    speed: Literal["demo", "amc-like"] = "demo"
    min_seconds: Seconds = 2.0  # an execution takes between these two
    max_seconds: Seconds = 5.0
    max_running: int = Field(default=10, ge=1)  # per instance; the rest is PENDING
    # Instance id: account id, account name, instance name.
    instances: dict[str, tuple[str, str, str]] = {
        "amcacme001": ("ENTITYLOCAL1", "Acme Advertising", "Acme US"),
        "amcacme002": ("ENTITYLOCAL1", "Acme Advertising", "Acme Outlet"),
        "amcacme003": ("ENTITYLOCAL1", "Acme Advertising", "Acme Home"),
        "amcborealis": ("ENTITYLOCAL2", "Borealis Media", "Borealis"),
    }
    marketplace_id: str = "ATVPDKIKX0DER"
    rate: Seconds = 0.0  # requests a second and instance; 0: no throttling
    burst: int = Field(default=20, ge=1)
    link_seconds: Seconds = 600.0
    token_seconds: Seconds = 3600.0
    kept_seconds: Seconds = 90 * 86_400.0  # how long executions are listed, from their creation
    ahead_seconds: float = 0.0  # how far its clock is ahead, so that nobody has to wait
    client_id: str = "amzn1.application-oa2-client.local"
    client_secret: str = "of-the-local-amc"
    refresh_token: str = "Atzr|of-the-local-amc"

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        if self.speed == "amc-like":
            self.min_seconds, self.max_seconds = AMC_LIKE

    def changed(self, changes: dict[str, Any]) -> "Settings":
        """These settings with some others. Raises ValueError where one cannot be."""
        if not set(changes) <= CHANGEABLE:
            raise ValueError(f"What can be changed: {', '.join(sorted(CHANGEABLE))}.")
        copy = self.model_copy()
        for name, value in changes.items():
            setattr(copy, name, value)
        return copy


CHANGEABLE = {
    "min_seconds",
    "max_seconds",
    "max_running",
    "rate",
    "burst",
    "link_seconds",
    "token_seconds",
    "kept_seconds",
    "ahead_seconds",
}
