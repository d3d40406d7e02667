"""Access tokens, as Login with Amazon issues them."""

import hmac
import secrets
import time
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sandbox.http import odd
from sandbox.http.requests import amc_of


async def token(request: Request) -> Response:
    """POST /auth/o2/token: Login with Amazon, refresh token grant (RFC 6749, 6)."""
    amc = amc_of(request)
    amc.state.requests["token"] += 1
    fault = amc.faults.take("status", "token")
    if fault is not None:
        return JSONResponse({"error": "server_error"}, status_code=int(fault["status"]))
    if (strange := odd.token(request)) is not None:
        return strange
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
