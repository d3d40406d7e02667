"""Refusals in AMC's form: a status and `{"code", "details"}`."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response


class Refusal(Exception):
    """A request that AMC refuses. Routes raise it."""

    def __init__(self, status: int, details: str, *, headers: dict[str, str] | None = None) -> None:
        super().__init__(details)
        self.status, self.details, self.headers = status, details, headers


async def answer(request: Request, refusal: Exception) -> Response:
    """The response to a refused request."""
    assert isinstance(refusal, Refusal)
    body = {"code": str(refusal.status), "details": refusal.details}
    return JSONResponse(body, status_code=refusal.status, headers=refusal.headers)
