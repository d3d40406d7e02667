"""A local AMC in a thread of the test process, over real HTTP."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
import uvicorn

from sandbox.engine.settings import Settings
from sandbox.http.app import create_app
from tests.sandbox.events import warehouse
from tests.sandbox.remembered import Remembered

MARKETPLACE = "ATVPDKIKX0DER"
REFRESH_TOKEN = "Atzr|a-refresh-token-for-tests"
INSTANCES = {
    "amcacme": ("ENTITYACME", "Acme", "Acme"),
    "amcelsewhere": ("ENTITYELSEWHERE", "Elsewhere", "Elsewhere"),
}
PATIENCE = 60.0


class SandboxServer:
    """A running local AMC and its controls."""

    def __init__(self, server: uvicorn.Server, thread: threading.Thread) -> None:
        self._server, self._thread = server, thread
        port = server.servers[0].sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        self.http = httpx2.Client(base_url=self.url, timeout=30)

    @classmethod
    def start(cls, folder: Path, **given: Any) -> "SandboxServer":
        """Serve the events that all processes of the test run share."""
        given = {"min_seconds": 0, "max_seconds": 0, "client_id": "", "client_secret": ""} | given
        given = {"refresh_token": REFRESH_TOKEN, "instances": INSTANCES, "folder": folder} | given
        app = create_app(Settings(**given), warehouse(), Remembered(folder / "remembered").run)
        config = uvicorn.Config(app, host="127.0.0.1", port=0, log_level="warning")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        until = time.monotonic() + PATIENCE
        while not server.started:
            assert thread.is_alive(), "the local AMC does not start"
            assert time.monotonic() < until, "the local AMC does not come up"
            time.sleep(0.005)
        return cls(server, thread)

    def stop(self) -> None:
        """Stop the server, like Ctrl-C."""
        self.http.close()
        self._server.should_exit = True
        self._thread.join(10)

    def _post(self, path: str, **body: Any) -> None:
        answer = self.http.post(path, json=body)
        assert answer.status_code == 200, answer.text

    def stats(self) -> dict[str, Any]:
        """The counts of the local AMC."""
        return dict(self.http.get("/sandbox/stats").json())

    def fault(self, **fault: Any) -> None:
        """Make a fault happen from now on."""
        self._post("/sandbox/faults", **fault)

    def faults(self) -> list[dict[str, Any]]:
        """The faults that may still happen."""
        return list(self.http.get("/sandbox/faults").json()["faults"])

    def be_well(self) -> None:
        """Let no fault happen any more. What was accepted stays."""
        assert self.http.delete("/sandbox/faults").status_code == 200

    def settings(self, **changes: Any) -> None:
        """Change settings until the next reset."""
        self._post("/sandbox/settings", **changes)

    def reset(self) -> None:
        """Restore the initial state."""
        self._post("/sandbox/reset")


@pytest.fixture(scope="session")
def served_amc(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxServer]:
    """The local AMC over real HTTP, one for each test process."""
    server = SandboxServer.start(tmp_path_factory.mktemp("amc"))
    yield server
    server.stop()


@pytest.fixture
def amc_server(served_amc: SandboxServer) -> SandboxServer:
    """The local AMC in its initial state."""
    served_amc.reset()
    return served_amc
