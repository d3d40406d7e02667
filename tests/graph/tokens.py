"""Valid and invalid tokens, and the real API to try them on."""

import base64
import json
import time
from collections.abc import Callable
from typing import Any

import httpx2
from joserfc import jws
from joserfc.jwk import OctKey

from domain.people import tokens

VIEWER = "{ viewer { email } }"
NOW = int(time.time())

Change = Callable[..., None]  # other settings for one test


async def ask(api: httpx2.AsyncClient, authorization: str | None) -> httpx2.Response:
    headers = {} if authorization is None else {"Authorization": authorization}
    return await api.post("/graphql", json={"query": VIEWER}, headers=headers)


def claims(**changes: Any) -> dict[str, Any]:
    """Valid claims of Alice with these changes. None removes a claim."""
    now = int(time.time())
    good = {
        "iss": tokens.settings.token_issuer,
        "aud": tokens.settings.token_audience,
        "sub": "alice@example.com",
        "email": "alice@example.com",
        "iat": now,
        "exp": now + 600,
    } | changes
    return {name: value for name, value in good.items() if value is not None}


def signed(said: dict[str, Any], secret: str | None = None, **header: Any) -> str:
    key = OctKey.import_key(secret or tokens.settings.token_secret.get_secret_value())
    # As JSON with escapes, which can name characters that there are not.
    return jws.serialize_compact({"alg": "HS256", **header}, json.dumps(said).encode(), key)


def in_base64(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def packed(value: Any) -> str:
    return in_base64(json.dumps(value).encode())
