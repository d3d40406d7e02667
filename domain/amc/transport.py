"""Sends one signed request to Amazon and classifies its failure. It has no policy."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import httpx2

from domain.settings import settings

API_HOSTS = {
    "NA": "https://advertising-api.amazon.com",
    "EU": "https://advertising-api-eu.amazon.com",
    "FE": "https://advertising-api-fe.amazon.com",
}
TOKEN_URLS = {
    "NA": "https://api.amazon.com/auth/o2/token",
    "EU": "https://api.amazon.co.uk/auth/o2/token",
    "FE": "https://api.amazon.co.jp/auth/o2/token",
}
EARLY = 60  # an access token is replaced this many seconds before it expires
LONGEST_REASON = 2000  # characters kept of AMC's reason
THROTTLE_DEFAULT = 10.0  # seconds, if a 429 does not give any


class AmcError(Exception):
    """AMC did not do what was asked. `code` becomes the error code of the execution."""

    code = "AMC_ERROR"


class AmcUnavailable(AmcError):
    """There is no usable answer; try again later. Unless `unheard`, AMC may have acted."""

    code = "AMC_UNAVAILABLE"

    def __init__(self, message: str, *, unheard: bool = False) -> None:
        super().__init__(message)
        self.unheard = unheard


class AmcThrottled(AmcError):
    """Too many requests. The instance is left alone for `seconds`."""

    code = "AMC_THROTTLED"

    def __init__(self, seconds: float) -> None:
        super().__init__(f"AMC asks to wait {seconds:g} seconds.")
        self.seconds = seconds


class AmcRefused(AmcError):
    """AMC refuses the request, and repeating it would not help. The message is AMC's reason."""

    code = "AMC_REFUSED"


class AmcUnauthorised(AmcError):
    """AMC does not accept the account's authorisation. Somebody has to renew it."""

    code = "AMC_UNAUTHORISED"


class AmcGone(AmcError):
    """AMC does not know what was asked for, or no longer."""

    code = "AMC_GONE"


@dataclass(frozen=True)
class Credentials:
    """What signs a request: an AMC account with its refresh token in plain text."""

    id: UUID
    amc_account_id: str
    marketplace_id: str
    region: str
    refresh_token: str = field(repr=False)


def retry_after(response: httpx2.Response) -> float:
    """Return the seconds to wait by Retry-After (RFC 9110, 10.2.3). AMC sends no dates there."""
    try:
        return max(1.0, float(response.headers.get("Retry-After", THROTTLE_DEFAULT)))
    except ValueError:
        return THROTTLE_DEFAULT


def reason(response: httpx2.Response) -> str:
    """Return AMC's own reason. Its key differs between AMC's documentation and its answers."""
    try:
        body = response.json()
    except ValueError:
        return f"HTTP {response.status_code}"
    if isinstance(body, dict):
        for key in ("details", "message", "statusReason", "error_description"):
            if body.get(key):
                return str(body[key])[:LONGEST_REASON]
    return f"HTTP {response.status_code}"


class Transport:
    """Sends signed requests to the hosts of an account's region, or to configured hosts."""

    def __init__(self, api_url: str | None = None, token_url: str | None = None) -> None:
        self.api_url = api_url or settings.amc_api_url
        self.token_url = token_url or settings.amc_token_url
        self.client = httpx2.AsyncClient(
            timeout=httpx2.Timeout(settings.amc_request_timeout.total_seconds(), connect=5),
            # Shorter than servers keep a connection. If a server closes it while a request is being
            # sent, we cannot know whether the request was received.
            limits=httpx2.Limits(
                max_connections=50, max_keepalive_connections=20, keepalive_expiry=3
            ),
        )
        self._tokens: dict[tuple[UUID, str], tuple[str, float]] = {}
        self._refreshing: dict[UUID, asyncio.Lock] = {}

    async def call(
        self,
        account: Credentials,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """Send a signed request and return the JSON of the answer.

        Raises the subclass of AmcError that decides what to do next.
        """
        response = await self._signed(account, method, path, params, body, fresh=False)
        if response.status_code == 401:  # the access token may have expired early
            response = await self._signed(account, method, path, params, body, fresh=True)
        _raise_for(response)
        try:
            answer = response.json()
        except ValueError as broken:
            raise AmcUnavailable("AMC's answer is not JSON.") from broken
        if not isinstance(answer, dict):
            raise AmcUnavailable("AMC's answer is not an object.")
        return answer

    async def _signed(
        self,
        account: Credentials,
        method: str,
        path: str,
        params: Mapping[str, str] | None,
        body: Mapping[str, Any] | None,
        *,
        fresh: bool,
    ) -> httpx2.Response:
        token = await self._access_token(account, fresh=fresh)
        headers = {
            "Authorization": f"Bearer {token}",
            "Amazon-Advertising-API-ClientId": settings.amc_client_id,
            "Amazon-Advertising-API-AdvertiserId": account.amc_account_id,
            "Amazon-Advertising-API-MarketplaceId": account.marketplace_id,
            "Accept": "application/json",
        }
        base = self.api_url or API_HOSTS[account.region]
        return await self.send(method, base + path, headers=headers, params=params, json=body)

    async def send(self, method: str, url: str, **rest: Any) -> httpx2.Response:
        """Return the response, whatever its status. Raises AmcUnavailable if there is none."""
        try:
            return await self.client.request(method, url, **rest)
        except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout) as failed:
            raise AmcUnavailable("AMC cannot be reached.", unheard=True) from failed
        except httpx2.TimeoutException as failed:
            raise AmcUnavailable("AMC did not answer in time.") from failed
        except httpx2.HTTPError as failed:
            raise AmcUnavailable("The connection to AMC was cut.") from failed

    async def _access_token(self, account: Credentials, *, fresh: bool) -> str:
        key = (account.id, account.refresh_token)
        async with self._refreshing.setdefault(account.id, asyncio.Lock()):
            token, ends = self._tokens.get(key, ("", 0.0))
            if token and not fresh and time.monotonic() < ends:
                return token
            token, seconds = await self._refresh(account)
            self._tokens[key] = (token, time.monotonic() + seconds - min(EARLY, seconds / 2))
            return token

    async def _refresh(self, account: Credentials) -> tuple[str, float]:
        """Fetch an access token: Login with Amazon, refresh token grant (RFC 6749, 6)."""
        form = {
            "grant_type": "refresh_token",
            "refresh_token": account.refresh_token,
            "client_id": settings.amc_client_id,
            "client_secret": settings.amc_client_secret.get_secret_value(),
        }
        url = self.token_url or TOKEN_URLS[account.region]
        try:
            response = await self.send("POST", url, data=form)
        except AmcUnavailable as failed:
            raise AmcUnavailable("Login with Amazon cannot be reached.", unheard=True) from failed
        if response.status_code == 429:
            raise AmcThrottled(retry_after(response))
        if response.status_code >= 500:
            raise AmcUnavailable("Login with Amazon has an internal error.", unheard=True)
        if response.status_code >= 400:
            raise AmcUnauthorised(
                "Login with Amazon does not accept this account's refresh token: "
                f"{reason(response)}."
            )
        try:
            answer = response.json()
            return str(answer["access_token"]), float(answer.get("expires_in", 3600))
        except (ValueError, KeyError, TypeError) as broken:
            message = "Login with Amazon answered without a token."
            raise AmcUnavailable(message, unheard=True) from broken

    async def close(self) -> None:
        """Close the connections."""
        await self.client.aclose()


def _raise_for(response: httpx2.Response) -> None:
    match response.status_code:
        case 200 | 201 | 202 | 204:
            return
        case 401:
            raise AmcUnauthorised(f"AMC does not accept this account ({reason(response)}).")
        case 404 | 410:
            raise AmcGone(reason(response))
        case 408:
            raise AmcUnavailable("AMC did not answer in time.")
        case 429:
            raise AmcThrottled(retry_after(response))
        case status if status >= 500:
            raise AmcUnavailable(f"AMC has an internal error (HTTP {status}).")
        case _:
            raise AmcRefused(reason(response))
