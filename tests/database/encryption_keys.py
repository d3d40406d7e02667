"""Encryption keys for tests."""

import base64

import pytest
from pydantic import SecretStr

from domain import secrets
from domain.settings import settings


def key(fill: int) -> str:
    return base64.b64encode(bytes([fill]) * 32).decode()


def use_keys(monkeypatch: pytest.MonkeyPatch, *listed: str) -> None:
    changed = settings.model_copy(update={"encryption_keys": SecretStr(",".join(listed))})
    monkeypatch.setattr(secrets, "settings", changed)
