"""The local AMC as one thing: what it remembers, who may come in, what goes wrong on purpose."""

import hmac
import secrets
import time
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sandbox.engine.faults import Faults
from sandbox.engine.refusals import Refusal
from sandbox.engine.settings import Settings
from sandbox.engine.state import State
from sandbox.engine.throttle import Throttle
from sandbox.events.warehouse import Warehouse

CLIENT = "Amazon-Advertising-API-ClientId"
ADVERTISER = "Amazon-Advertising-API-AdvertiserId"
MARKETPLACE = "Amazon-Advertising-API-MarketplaceId"


class Amc:
    """Shared by all routes."""

    def __init__(self, settings: Settings, warehouse: Warehouse) -> None:
        self.settings, self.warehouse = settings, warehouse
        self.state = State(settings.folder)
        self.faults = Faults(settings.seed)
        self.throttle = Throttle()
        self.tokens: dict[str, float] = {}  # access token -> when it ends
        self.compiled: set[str] = set()  # workflows that are known to compile
        self.links: dict[str, tuple[str, float]] = {}  # link -> file, when it ends

    def enter(self, request: Request, route: str, *, account: bool = True) -> str:
        """Let a request in; the account it acts for. Raises Refusal."""
        self.state.requests[route] += 1
        fault = self.faults.take("status", route)
        if fault is not None:
            wait = {"Retry-After": str(fault["retry_after"])} if "retry_after" in fault else None
            raise Refusal(int(fault["status"]), "A fault on purpose.", headers=wait)
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme != "Bearer" or self.tokens.get(token, 0.0) < time.time():
            raise Refusal(
                401, "Not authorized to access resource: the token is expired or invalid."
            )
        if request.headers.get(CLIENT, "") != self.settings.client_id:
            raise Refusal(401, f"Invalid {CLIENT}.")
        if not account:
            return ""
        for header in (ADVERTISER, MARKETPLACE):
            if not request.headers.get(header):
                raise Refusal(400, f"Missing required header {header}.")
        return request.headers[ADVERTISER]

    def enter_instance(self, request: Request, route: str) -> str:
        """Let a request for an instance in; the instance's id. Raises Refusal."""
        account = self.enter(request, route)
        instance_id: str = request.path_params["instance_id"]
        place = self.settings.instances.get(instance_id)
        if place is None or place[0] != account:
            raise Refusal(403, f"Account {account} has no access to instance {instance_id}.")
        self.throttle.spend(instance_id, self.settings.rate, self.settings.burst)
        return instance_id

    def link(self, file: str) -> str:
        """A way to a file that ends after a while."""
        token = secrets.token_urlsafe(24)
        self.links[token] = (file, time.time() + self.settings.link_seconds)
        return token

    def reset(self) -> None:
        """As on the first day; who is signed in stays so."""
        self.state.reset()
        self.faults.clear()
        self.links.clear()


async def token(request: Request) -> Response:
    """POST /auth/o2/token: Login with Amazon, refresh token grant (RFC 6749, 6)."""
    amc: Amc = request.app.state.amc
    amc.state.requests["token"] += 1
    fault = amc.faults.take("status", "token")
    if fault is not None:
        return JSONResponse({"error": "server_error"}, status_code=int(fault["status"]))
    form = dict(parse_qsl((await request.body()).decode("utf-8", "replace")))
    if form.get("grant_type") != "refresh_token":
        return _refused("unsupported_grant_type", "The grant type is not supported.")
    known = (amc.settings.client_id, amc.settings.client_secret)
    given = (form.get("client_id", ""), form.get("client_secret", ""))
    if not all(hmac.compare_digest(one, two) for one, two in zip(known, given, strict=True)):
        return _refused("invalid_client", "Client authentication failed.", 401)
    revoked = amc.faults.take("revoke_refresh_token") is not None
    if revoked or form.get("refresh_token") != amc.settings.refresh_token:
        amc.tokens.clear()
        return _refused(
            "invalid_grant", "The request has an invalid grant parameter: refresh_token"
        )
    access = "Atza|" + secrets.token_urlsafe(32)
    amc.tokens[access] = time.time() + amc.settings.token_seconds
    return JSONResponse(
        {
            "access_token": access,
            "refresh_token": amc.settings.refresh_token,
            "token_type": "bearer",
            "expires_in": int(amc.settings.token_seconds),
        }
    )


def _refused(error: str, description: str, status: int = 400) -> Response:
    return JSONResponse({"error": error, "error_description": description}, status_code=status)


def moment(seconds: float) -> str:
    """A time as AMC writes it."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


async def body_of(request: Request) -> dict[str, Any]:
    """The JSON object of a request. Raises Refusal."""
    try:
        found = await request.json()
    except ValueError as broken:
        raise Refusal(400, "The request body is not valid JSON.") from broken
    if not isinstance(found, dict):
        raise Refusal(400, "The request body must be an object.")
    return found
