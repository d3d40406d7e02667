"""Renders HTML pages with their scripts, their security policy and a session for the demo."""

import base64
import hashlib
import json
from collections.abc import Mapping
from datetime import timedelta
from string import Template

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from domain.people import tokens
from domain.settings import settings
from graph.http import hosts

DEMO_SESSION = timedelta(hours=12)
STRICT = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "connect-src": "'self'",
    "frame-ancestors": "'none'",
    "base-uri": "'none'",
    "form-action": "'none'",
}


class Page:
    """An HTML page. The text of its template says where `$head` goes.

    `scripts` run in order, then `module`. `imports` is the import map of modules.
    """

    def __init__(
        self,
        template: str,
        *,
        styles: list[str],
        module: str,
        imports: Mapping[str, str],
        scripts: list[str] | None = None,
        policy: Mapping[str, str] | None = None,
    ) -> None:
        self._template = Template(template)
        found = json.dumps({"imports": dict(imports)})
        digest = base64.b64encode(hashlib.sha256(found.encode()).digest()).decode()
        allowed = {**STRICT, **(policy or {}), "script-src": f"'self' 'sha256-{digest}'"}
        self._policy = "; ".join(f"{name} {value}" for name, value in allowed.items())
        self._links = [
            *(f'<link rel="stylesheet" href="{url}">' for url in styles),
            f'<script type="importmap">{found}</script>',
            *(f'<script src="{url}" defer></script>' for url in scripts or []),
            f'<script type="module" src="{module}"></script>',
        ]

    def answer(self, request: Request, **given: object) -> Response:
        """Render the page. It is signed in if this is the demo on its own machine."""
        said = _in_html({"session": _demo_session(request), **given})
        about = f'<script type="application/json" id="settings">{said}</script>'
        headers = {"Content-Security-Policy": self._policy, "Cache-Control": "no-store"}
        return HTMLResponse(
            self._template.substitute(head="\n".join([about, *self._links])), headers=headers
        )


def _demo_session(request: Request) -> dict[str, str] | None:
    """A token for the demo's user, if the request comes from the demo's own machine."""
    user = settings.demo_user
    if not user or not hosts.is_local(request):
        return None
    return {"user": user, "token": tokens.issue(user.lower(), user, lifetime=DEMO_SESSION)}


def _in_html(value: object) -> str:
    """Encode a value as JSON that cannot end the element it is put into."""
    return json.dumps(value).replace("<", "\\u003c").replace("&", "\\u0026")
