"""The client of a language model: any server with OpenAI's HTTP API for chats. Off by default.

It sends one conversation and reads one message. Whatever goes wrong is a `NoAnswer` with a reason
for people that reveals nothing of the server or its network.
"""

from typing import Any

import httpx2
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from domain.settings import settings

LARGEST = 256 * 1024  # bytes of an answer
MOST_CALLS = 4  # of tools, in one message


class NoAnswer(Exception):
    """Raised if the model gives no answer that can be used. The message is the reason."""


class _Loose(BaseModel):
    model_config = ConfigDict(extra="ignore")


class Function(_Loose):
    """The tool that a model calls, with its arguments as JSON."""

    name: str = Field(max_length=100)
    arguments: str = Field(max_length=10_000)


class Call(_Loose):
    """A call of a tool."""

    id: str = Field(max_length=200)
    function: Function


class Message(_Loose):
    """What a model says: text, or calls of tools."""

    content: str | None = Field(default=None, max_length=20_000)
    tool_calls: list[Call] | None = Field(default=None, max_length=MOST_CALLS)


class _Choice(_Loose):
    message: Message


class _Answer(_Loose):
    choices: list[_Choice] = Field(min_length=1)


def is_on() -> bool:
    """Whether a model is set."""
    return bool(settings.ai_url and settings.ai_model)


async def say(messages: list[dict[str, Any]], tools: list[dict[str, Any]]) -> Message:
    """Send a conversation and return the model's message. Raises NoAnswer."""
    body = {
        "model": settings.ai_model,
        "messages": messages,
        "tools": tools,
        "temperature": 0,
        "max_tokens": 600,
    }
    headers = {"Authorization": f"Bearer {settings.ai_key.get_secret_value()}"}
    url = f"{(settings.ai_url or '').rstrip('/')}/chat/completions"
    patience = settings.ai_timeout.total_seconds()
    try:
        async with (
            httpx2.AsyncClient(timeout=patience, follow_redirects=False) as client,
            client.stream("POST", url, json=body, headers=headers) as answer,
        ):
            if answer.status_code != 200:
                raise NoAnswer(f"The language model answered HTTP {answer.status_code}.")
            return _read(await _limited(answer))
    except (httpx2.TimeoutException, TimeoutError) as slow:
        raise NoAnswer("The language model did not answer in time.") from slow
    except (httpx2.HTTPError, httpx2.InvalidURL, OSError) as failed:
        raise NoAnswer("The language model cannot be reached.") from failed


async def _limited(answer: httpx2.Response) -> bytes:
    """The body of an answer. Raises NoAnswer if it is too large."""
    body = b""
    async for part in answer.aiter_bytes():
        body += part
        if len(body) > LARGEST:
            raise NoAnswer("The answer of the language model was too large.")
    return body


def _read(body: bytes) -> Message:
    try:
        return _Answer.model_validate_json(body).choices[0].message
    except ValidationError as broken:
        raise NoAnswer("The answer of the language model could not be read.") from broken
