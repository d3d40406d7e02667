"""The Amazon Marketing Cloud client, over HTTP. It has no policy and uses no database.

It follows the AMC Reporting API 3.0: success is 200, a single object comes flat or wrapped, and
lists are wrapped and paged by `nextToken`.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
import structlog

from domain.amc import answers
from domain.amc.transport import (
    AmcError,
    AmcGone,
    AmcOdd,
    AmcRefused,
    AmcThrottled,
    AmcUnauthorised,
    AmcUnavailable,
    Credentials,
    Transport,
    throttled,
)

__all__ = [
    "Amc",
    "AmcError",
    "AmcExecution",
    "AmcGone",
    "AmcOdd",
    "AmcRefused",
    "AmcThrottled",
    "AmcUnauthorised",
    "AmcUnavailable",
    "Credentials",
    "LinkExpired",
    "TruncatedDownload",
]

log = structlog.get_logger()

PAGE = "100"  # AMC's largest page
MOST_PAGES = 50
CHUNK = 1 << 20


class LinkExpired(AmcUnavailable):
    """The download link has expired: a link lives ten minutes. Ask for a new one."""


class TruncatedDownload(AmcUnavailable):
    """The download has fewer bytes than announced."""


@dataclass(frozen=True)
class AmcExecution:
    """An execution as AMC shows it. `status` is AMC's word, which we may not know."""

    amc_execution_id: str
    workflow_id: str
    status: str
    reason: str | None = None
    data_gaps: tuple[Any, ...] = ()
    columns: tuple[Mapping[str, Any], ...] = ()  # name and dataType, if AMC declares them


@dataclass(frozen=True)
class AmcInstance:
    """An instance as AMC shows it."""

    instance_id: str
    instance_name: str
    instance_type: str
    entities: tuple[str, ...] = field(default=())


def _execution(item: object) -> AmcExecution:
    """Return an execution as AMC shows it. Raises AmcOdd."""
    try:
        seen = answers.execution(item)
    except answers.OddAnswer as odd:
        raise AmcOdd(str(odd)) from odd
    return AmcExecution(
        amc_execution_id=seen.id,
        workflow_id=seen.workflow_id,
        status=seen.status,
        reason=seen.reason,
        data_gaps=tuple(one.model_dump() for one in seen.data_gaps),
        columns=tuple(one.model_dump(by_alias=True) for one in seen.columns),
    )


def _instance(item: object) -> AmcInstance:
    try:
        seen = answers.instance(item)
    except answers.OddAnswer as odd:
        raise AmcOdd(str(odd)) from odd
    return AmcInstance(
        instance_id=seen.id,
        instance_name=seen.name or seen.id,
        instance_type=seen.type or "STANDARD",
        entities=tuple(seen.entities),
    )


class Amc:
    """AMC, for any account. A process has one; it keeps access tokens and connections."""

    def __init__(self, transport: Transport | None = None) -> None:
        self.transport = transport or Transport()

    async def instances(self, account: Credentials) -> list[AmcInstance]:
        """Return every instance of the account. Raises AmcOdd if one of them cannot be read."""
        found = self._pages(account, "/amc/instances", "instances", {})
        return [_instance(item) async for item in found]

    async def workflows(self, account: Credentials, instance_id: str) -> list[Any]:
        """Return every query saved on the instance, as AMC shows it."""
        path = _path(instance_id, "workflows")
        return [one async for one in self._pages(account, path, "workflows", {"limit": PAGE})]

    async def save_workflow(
        self,
        account: Credentials,
        instance_id: str,
        workflow_id: str,
        sql: str,
        parameters: Sequence[Mapping[str, Any]],
    ) -> None:
        """Save the query under this id. A query that is there already is left as it is.

        Raises AmcRefused if the query does not compile.
        """
        body = {
            "workflowId": workflow_id,
            "sqlQuery": sql,
            "filteredMetricsDiscriminatorColumn": "filtered",
            "inputParameters": [
                {"name": one["name"], "dataType": one["dataType"], "columnType": "DIMENSION"}
                for one in parameters
            ],
        }
        try:
            await self.transport.call(account, "POST", _path(instance_id, "workflows"), body=body)
        except AmcRefused as refused:
            if "already exists" not in str(refused):
                raise

    async def remove_workflow(
        self, account: Credentials, instance_id: str, workflow_id: str
    ) -> None:
        """Remove a saved query, if it still exists."""
        path = _path(instance_id, f"workflows/{workflow_id}")
        with suppress(AmcGone):
            await self.transport.call(account, "DELETE", path)

    async def run(
        self,
        account: Credentials,
        instance_id: str,
        workflow_id: str,
        window: Mapping[str, str],
        parameters: Sequence[Mapping[str, Any]],
        timeout_seconds: int,
    ) -> AmcExecution:
        """Start the saved query.

        After an AmcUnavailable that is not `unheard`, it may be running.
        """
        body = {
            "workflowId": workflow_id,
            "parameterValues": {one["name"]: one["value"] for one in parameters},
            "workflowExecutionTimeoutSeconds": timeout_seconds,
            **window,
        }
        path = _path(instance_id, "workflowExecutions")
        answer = await self.transport.call(account, "POST", path, body=body)
        return _execution(answers.unwrapped(answer, "workflowExecution"))

    async def executions(
        self,
        account: Credentials,
        instance_id: str,
        *,
        workflow_id: str | None = None,
        since: datetime | None = None,
        wanted: set[str] | None = None,
    ) -> list[AmcExecution]:
        """Return the executions of one workflow, or of the instance since then, newest first.

        Cancelled ones are included. Reading stops once all `wanted` ones have been seen. An item of
        an instance that cannot be read is left out, so that it does not hide the others. One of a
        workflow raises AmcOdd: it may be the one that is looked for.
        """
        params = {"includeCancelled": "true", "limit": PAGE}
        if workflow_id is not None:
            params["workflowId"] = workflow_id
        if since is not None:
            params["minCreationTime"] = since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")
        path = _path(instance_id, "workflowExecutions")
        missing, found = set(wanted or ()), []
        async for item in self._pages(account, path, "executions", params):
            try:
                found.append(_execution(item))
            except AmcOdd as odd:
                if workflow_id is not None:
                    raise
                log.warning("amc.odd_item", instance=instance_id, odd=str(odd))
                continue
            missing.discard(found[-1].amc_execution_id)
            if wanted and not missing:
                break
        return found

    async def execution(
        self, account: Credentials, instance_id: str, amc_execution_id: str
    ) -> AmcExecution:
        """Return one execution. Raises AmcGone if AMC does not know it, AmcOdd for another one."""
        path = _path(instance_id, f"workflowExecutions/{amc_execution_id}")
        answer = await self.transport.call(account, "GET", path)
        seen = _execution(answers.unwrapped(answer, "workflowExecution"))
        if seen.amc_execution_id != amc_execution_id:
            raise AmcOdd(f"execution {seen.amc_execution_id} instead of {amc_execution_id}")
        return seen

    async def cancel(self, account: Credentials, instance_id: str, amc_execution_id: str) -> None:
        """Ask AMC to stop the execution. Raises AmcRefused if it has ended already."""
        path = _path(instance_id, f"workflowExecutions/{amc_execution_id}")
        await self.transport.call(account, "PUT", path, body={"status": "CANCELLED"})

    async def download_urls(
        self, account: Credentials, instance_id: str, amc_execution_id: str
    ) -> list[str]:
        """Return links to the parts of the result. They live ten minutes."""
        path = _path(instance_id, f"workflowExecutions/{amc_execution_id}/downloadUrls")
        try:
            urls = [item async for item in self._pages(account, path, "downloadUrls", {})]
        except (AmcRefused, AmcGone) as refused:
            # For a result that is not ready yet, AMC answers this with varying statuses.
            if "unavailable for download" not in str(refused):
                raise
            raise AmcUnavailable(str(refused)) from refused
        if not urls:
            raise AmcUnavailable("AMC gives no link to the result yet.")
        if not all(isinstance(one, str) for one in urls):
            raise AmcOdd("a link to the result that is no text")
        return urls

    async def download(self, url: str, destination: Path) -> None:
        """Download one part and check its length. Raises TruncatedDownload if it is too short."""
        try:
            async with self._stream(url) as response:
                await _write(response, destination)
        except httpx2.RemoteProtocolError as cut:
            raise TruncatedDownload("The download ended early.") from cut
        except httpx2.HTTPError as failed:
            raise AmcUnavailable("The result cannot be downloaded at the moment.") from failed

    @asynccontextmanager
    async def _stream(self, url: str) -> AsyncIterator[httpx2.Response]:
        # Our headers are left out: object stores refuse a second kind of authorisation.
        async with self.transport.link(url) as response:
            match response.status_code:
                case 200:
                    yield response
                case 403 | 404 | 410:
                    raise LinkExpired("The link to the result has expired.")
                case 429:
                    raise throttled(response)
                case status:
                    raise AmcUnavailable(f"The result cannot be downloaded (HTTP {status}).")

    async def _pages(
        self, account: Credentials, path: str, key: str, params: Mapping[str, str]
    ) -> AsyncIterator[Any]:
        token: str | None = None
        for _ in range(MOST_PAGES):
            asked = {**params, "nextToken": token} if token else dict(params)
            answer = await self.transport.call(account, "GET", path, params=asked)
            try:
                items, token = answers.page(answer, key)
            except answers.OddAnswer as odd:
                raise AmcOdd(str(odd)) from odd
            for item in items:
                yield item
            if not token:
                return
        raise AmcUnavailable(f"AMC's list does not end after {MOST_PAGES} pages.")

    async def close(self) -> None:
        """Close the connections."""
        await self.transport.close()


def _path(instance_id: str, rest: str) -> str:
    return f"/amc/reporting/{instance_id}/{rest}"


def _put(destination: Path, chunk: bytes, mode: str) -> int:
    with destination.open(mode) as file:
        return int(file.write(chunk))


async def _write(response: httpx2.Response, destination: Path) -> None:
    expected = response.headers.get("Content-Length")
    size = 0
    async for chunk in response.aiter_raw(CHUNK):
        # Most results are one chunk: opened, written and closed by one trip to a thread.
        size += await asyncio.to_thread(_put, destination, chunk, "ab" if size else "wb")
    if not size:
        await asyncio.to_thread(_put, destination, b"", "wb")
    if expected is not None and expected.isdecimal() and size != int(expected):
        raise TruncatedDownload(f"The download has {size} bytes; {expected} were announced.")
