"""The local AMC as one object: its state, access checks, faults and download links."""

import secrets
import time

from starlette.requests import Request

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
    """One local AMC. All routes share it."""

    def __init__(self, settings: Settings, warehouse: Warehouse) -> None:
        self.settings, self.warehouse = settings, warehouse
        self.state = State(settings.folder)
        self.faults = Faults(settings.seed)
        self.throttle = Throttle()
        self.tokens: dict[str, float] = {}  # access token: when it expires
        self.compiled: set[str] = set()  # workflows that have compiled before
        self.links: dict[str, tuple[str, float]] = {}  # link: file, and when it expires

    def enter(self, request: Request, route: str, *, account: bool = True) -> str:
        """Checks a request's faults, token and headers. Returns the account. Raises Refusal."""
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
        """Checks a request for an instance, and its rate. Returns the id. Raises Refusal."""
        account = self.enter(request, route)
        instance_id: str = request.path_params["instance_id"]
        place = self.settings.instances.get(instance_id)
        if place is None or place[0] != account:
            raise Refusal(403, f"Account {account} has no access to instance {instance_id}.")
        self.throttle.spend(instance_id, self.settings.rate, self.settings.burst)
        return instance_id

    def link(self, file: str) -> str:
        """Makes a token that gives access to a file for `link_seconds`."""
        token = secrets.token_urlsafe(24)
        self.links[token] = (file, time.time() + self.settings.link_seconds)
        return token

    def reset(self) -> None:
        """Forgets workflows, executions, faults and links. Access tokens stay valid."""
        self.state.reset()
        self.faults.clear()
        self.links.clear()
