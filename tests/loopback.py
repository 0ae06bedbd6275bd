"""An OpenAI-compatible chat server on loopback, for tests of the real client path.

    with ChatServer() as server:
        ...  # api_base = server.base_url
    assert server.count == 3

It answers every request with a valid brief about the request's query unless `answer` says
otherwise. `answer` receives each request and returns a text (the assistant's content), a `Reply`,
or a dictionary (the whole JSON body). It runs in its own thread, so that commands in other
processes can use it.
"""

from __future__ import annotations

import asyncio
import json
import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Self, TypeAlias

from aiohttp import web

_QUERY = re.compile(r"<query>\s*(.*?)\s*</query>", re.DOTALL)
_TITLE_MAX = 50
_START_SECONDS = 10


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """One request as it arrived; `index` counts from 0."""

    index: int
    path: str
    headers: Mapping[str, str]
    body: Mapping[str, Any]

    @property
    def model(self) -> str:
        return str(self.body.get("model", ""))

    @property
    def query(self) -> str:
        """The text between the query tags of the last user message, or all of that message."""
        said = [m["content"] for m in self.body.get("messages", []) if m.get("role") == "user"]
        last = str(said[-1]) if said else ""
        tagged = _QUERY.findall(last)
        return tagged[-1] if tagged else last


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What to answer.

    `raw` replaces the whole body; a `status` other than 200 makes an error body with `content`
    as its message. `hang_up` closes the connection without an answer. `message` adds to or
    overrides fields of the assistant's message.
    """

    content: str | None = ""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    delay: float = 0.0
    finish_reason: str = "stop"
    message: Mapping[str, Any] = field(default_factory=dict)
    usage: Mapping[str, Any] | None = None
    error_code: str | None = None
    raw: bytes | None = None
    hang_up: bool = False


Answer: TypeAlias = Callable[[ChatRequest], "str | Reply | Mapping[str, Any]"]


def brief_json(query: str, **changes: object) -> str:
    """A well-formed brief about `query`, as JSON."""
    brief = {
        "title": f"{query[: _TITLE_MAX - 14].strip()} in 3 seconds",
        "cover_prompt": f"A bright close-up cover picture of {query}",
        "video_prompt": f"A lively three-second clip of {query}, slow zoom, warm light",
    }
    return json.dumps(brief | changes)


def default_answer(request: ChatRequest) -> str:
    """A well-formed brief."""
    return brief_json(request.query)


class ChatServer:
    """Serves `/v1/chat/completions` on a free port of 127.0.0.1 from a thread.

    Args:
        answer: what to reply to each request; by default a well-formed brief.
        delay: seconds that every answer takes.
    """

    def __init__(self, answer: Answer | None = None, *, delay: float = 0.0) -> None:
        self.answer: Answer = answer or default_answer
        self.delay = delay
        self.requests: list[ChatRequest] = []
        self.most_at_once = 0
        self._at_once = 0
        self._lock = threading.Lock()
        self._ready = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._port = 0
        self._stop: asyncio.Event | None = None
        self._thread = threading.Thread(target=self._main, name="chat-server", daemon=True)

    @property
    def base_url(self) -> str:
        """What goes into `api_base`."""
        return f"http://127.0.0.1:{self._port}/v1"

    @property
    def count(self) -> int:
        """Requests received so far."""
        return len(self.requests)

    def __enter__(self) -> Self:
        self._thread.start()
        if not self._ready.wait(_START_SECONDS):
            raise RuntimeError("the chat server did not start")
        return self

    def __exit__(self, *_: object) -> None:
        if self._loop is not None and self._stop is not None:
            self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(_START_SECONDS)

    def _main(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        app = web.Application(client_max_size=16 * 2**20)
        app.router.add_post("/{tail:.*}", self._handle)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        self._port = runner.addresses[0][1]
        self._ready.set()
        await self._stop.wait()
        await runner.cleanup()

    async def _handle(self, http: web.Request) -> web.StreamResponse:
        body = await http.json()
        with self._lock:
            request = ChatRequest(len(self.requests), http.path, dict(http.headers), body)
            self.requests.append(request)
        self._at_once += 1
        self.most_at_once = max(self.most_at_once, self._at_once)
        try:
            return await self._respond(http, request)
        finally:
            self._at_once -= 1

    async def _respond(self, http: web.Request, request: ChatRequest) -> web.StreamResponse:
        answer = self.answer(request)
        reply = Reply(content=answer) if isinstance(answer, str) else answer
        if isinstance(reply, Mapping):
            return web.json_response(dict(reply))
        await asyncio.sleep(self.delay + reply.delay)
        if reply.hang_up and http.transport is not None:
            http.transport.abort()
        if reply.raw is not None:
            return web.Response(body=reply.raw, status=reply.status, headers=reply.headers)
        shown = _completion(request, reply) if reply.status == 200 else _error(reply)
        return web.json_response(shown, status=reply.status, headers=reply.headers)


def _error(reply: Reply) -> dict[str, Any]:
    return {"error": {"message": reply.content, "type": "error", "code": reply.error_code}}


def _completion(request: ChatRequest, reply: Reply) -> dict[str, Any]:
    asked = sum(len(str(m.get("content", "")).split()) for m in request.body.get("messages", []))
    told = len((reply.content or "").split())
    usage = {"prompt_tokens": asked, "completion_tokens": told, "total_tokens": asked + told}
    message = {"role": "assistant", "content": reply.content} | dict(reply.message)
    return {
        "id": f"chatcmpl-{request.index}",
        "object": "chat.completion",
        "created": 1_700_000_000,
        "model": request.model,
        "choices": [{"index": 0, "message": message, "finish_reason": reply.finish_reason}],
        "usage": dict(reply.usage) if reply.usage is not None else usage,
    }
