"""Sends one signed request to Amazon and classifies its failure. It has no policy."""

import asyncio
import json
import math
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC
from email.utils import parsedate_to_datetime
from functools import cached_property
from typing import Any
from urllib.parse import quote, urlencode
from uuid import UUID

import httpx2

from domain import addresses, moments
from domain.amc import answers
from domain.amc.http import CONNECTING, KEPT, MOST, MOST_KEPT, Answer, Connections, Cut, Unsent
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
FORM = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
EARLY = 60  # an access token is replaced this many seconds before it expires
LONGEST_LINK = 16_000  # characters; the links of object stores carry long signatures
THROTTLE_DEFAULT = 10.0  # seconds, if a 429 does not give any
THROTTLE_MOST = 900.0  # seconds; AMC is asked again by then, whatever it says


class AmcError(Exception):
    """AMC did not do what was asked. `code` becomes the error code of the execution."""

    code = "AMC_ERROR"


class AmcUnavailable(AmcError):
    """There is no usable answer; try again later. Unless `unheard`, AMC may have acted."""

    code = "AMC_UNAVAILABLE"

    def __init__(self, message: str, *, unheard: bool = False) -> None:
        super().__init__(message)
        self.unheard = unheard


class AmcOdd(AmcUnavailable):
    """AMC's answer is not what its documentation says. The message shows what AMC sent."""

    def __init__(self, sent: str, *, unheard: bool = False) -> None:
        super().__init__(f"AMC sent {sent}.", unheard=unheard)


class AmcThrottled(AmcError):
    """Too many requests. The instance is left alone for `seconds`. `asked` is AMC's own word."""

    code = "AMC_THROTTLED"

    def __init__(self, seconds: float, asked: str | None = None) -> None:
        said = (
            "AMC asks to slow down" if asked is None else f"AMC asks to wait (Retry-After: {asked})"
        )
        super().__init__(f"{said}; the server asks again after {seconds:g} seconds.")
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
    token_version: int = 1  # counts the refresh tokens of the account


def throttled(response: Answer | httpx2.Response) -> AmcThrottled:
    """Return the error for a 429: wait as Retry-After says (RFC 9110, 10.2.3), within bounds."""
    asked = response.headers.get("retry-after")
    if asked is None:
        return AmcThrottled(THROTTLE_DEFAULT)
    return AmcThrottled(_seconds(asked), answers.plain(asked, 40))


def _seconds(asked: str) -> float:
    """Return the seconds that a Retry-After means: a number of seconds, or a date."""
    try:
        seconds = float(asked)
    except ValueError:
        try:
            until = parsedate_to_datetime(asked)
        except ValueError:
            return THROTTLE_DEFAULT
        seconds = (until.replace(tzinfo=until.tzinfo or UTC) - moments.now()).total_seconds()
    return min(max(1.0, seconds), THROTTLE_MOST) if not math.isnan(seconds) else THROTTLE_DEFAULT


def reason(response: Answer) -> str:
    """Return AMC's own reason. Its key differs between AMC's documentation and its answers."""
    try:
        body = answers.document(response.content)
    except answers.OddAnswer:
        return f"HTTP {response.status_code}"
    for key in ("details", "message", "statusReason", "error_description"):
        if body.get(key):
            return answers.plain(body[key])
    return f"HTTP {response.status_code}"


class Transport:
    """Sends signed requests to the hosts of an account's region, or to configured hosts."""

    def __init__(self, api_url: str | None = None, token_url: str | None = None) -> None:
        self.api_url = api_url or settings.amc_api_url
        self.token_url = token_url or settings.amc_token_url
        self.patience = settings.amc_request_timeout.total_seconds()
        self._connections = Connections(self.patience)
        self._tokens: dict[tuple[UUID, str], tuple[str, float]] = {}
        self._refreshing: dict[UUID, asyncio.Lock] = {}

    def prepare(self) -> None:
        """Do now what the first request and the first link would have to wait for."""
        self._connections.prepare()
        if self.api_url:
            _ = self.client

    @cached_property
    def client(self) -> httpx2.AsyncClient:
        """The client for links to results, which are read in pieces."""
        return httpx2.AsyncClient(
            timeout=httpx2.Timeout(self.patience, connect=CONNECTING),
            limits=httpx2.Limits(
                max_connections=MOST, max_keepalive_connections=MOST_KEPT, keepalive_expiry=KEPT
            ),
        )

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
            return answers.document(response.content)
        except answers.OddAnswer as odd:
            raise AmcOdd(str(odd)) from odd

    async def _signed(
        self,
        account: Credentials,
        method: str,
        path: str,
        params: Mapping[str, str] | None,
        body: Mapping[str, Any] | None,
        *,
        fresh: bool,
    ) -> Answer:
        token = await self._access_token(account, fresh=fresh)
        headers = {
            "Authorization": f"Bearer {token}",
            "Amazon-Advertising-API-ClientId": settings.amc_client_id,
            "Amazon-Advertising-API-AdvertiserId": account.amc_account_id,
            "Amazon-Advertising-API-MarketplaceId": account.marketplace_id,
            "Accept": "application/json",
        }
        url = (self.api_url or API_HOSTS[account.region]) + quote(path)
        if params:
            url += f"?{urlencode(params)}"
        if body is None:
            return await self.send(method, url, headers)
        headers["Content-Type"] = "application/json"
        return await self.send(method, url, headers, json.dumps(body).encode())

    async def send(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None = None
    ) -> Answer:
        """Return the answer, whatever its status. Raises AmcUnavailable if there is none."""
        try:
            return await self._connections.ask(method, url, headers, body)
        except Unsent as failed:
            raise AmcUnavailable("AMC cannot be reached.", unheard=True) from failed
        except Cut as failed:
            how = "AMC did not answer in time." if failed.late else "The connection to AMC was cut."
            raise AmcUnavailable(how) from failed

    @asynccontextmanager
    async def link(self, url: str) -> AsyncIterator[httpx2.Response]:
        """Open a link that AMC gave: to AMC itself as configured, or to the public internet.

        Raises AmcOdd if the link leads anywhere else. Nothing of what is there is shown.
        """
        try:
            parsed, places = await self._allowed(url)
        except addresses.Forbidden as refused:
            raise AmcOdd(f"a link to the result that is not followed ({refused})") from refused
        if places is None:
            connection = self.client.stream("GET", parsed)
        else:
            connection = addresses.opened(parsed, places, "GET", patience=self.patience)
        async with connection as response:
            yield response

    async def _allowed(self, url: str) -> tuple[httpx2.URL, list[str] | None]:
        """Return the link, and where to connect to if not as usual. Raises Forbidden."""
        if self.api_url:
            parsed = addresses.parse(url, "A link", ("https", "http"), LONGEST_LINK)
            if addresses.origin(parsed) == addresses.origin(httpx2.URL(self.api_url)):
                return parsed, None
        parsed = addresses.parse(url, "A link", ("https",), LONGEST_LINK)
        proxied = addresses.is_proxied(parsed)
        return parsed, None if proxied else await addresses.resolve(parsed)

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
            response = await self.send("POST", url, FORM, urlencode(form).encode())
        except AmcUnavailable as failed:
            raise AmcUnavailable("Login with Amazon cannot be reached.", unheard=True) from failed
        if response.status_code == 429:
            raise throttled(response)
        if response.status_code >= 500:
            raise AmcUnavailable("Login with Amazon has an internal error.", unheard=True)
        if response.status_code >= 400:
            raise AmcUnauthorised(
                "Login with Amazon does not accept this account's refresh token: "
                f"{reason(response)}."
            )
        try:
            token = answers.token(answers.document(response.content))
        except answers.OddAnswer as odd:
            message = "Login with Amazon answered without a token that can be used."
            raise AmcUnavailable(message, unheard=True) from odd
        return token.access_token, min(token.expires_in, answers.LONGEST_LIFE)

    async def close(self) -> None:
        """Close the connections."""
        await self._connections.close()
        if "client" in vars(self):
            await self.client.aclose()


def _raise_for(response: Answer) -> None:
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
            raise throttled(response)
        case status if status >= 500:
            raise AmcUnavailable(f"AMC has an internal error (HTTP {status}).")
        case _:
            raise AmcRefused(reason(response))
