"""A service of clips and pictures on loopback, as OpenAI's `/v1/videos` and `/v1/images` are.

It runs in its own thread, so that commands in other processes can use it. What it does with each
job is decided by the job's prompt or by `plan`; it counts what it is asked.
"""

from __future__ import annotations

import asyncio
import base64
import io
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import numpy as np
from aiohttp import web
from PIL import Image

from popcorn_bench.media import write_mp4

_START_SECONDS = 10


def clip(folder: Path, shade: int = 90) -> bytes:
    """A real MP4 of half a second."""
    frames = [np.full((64, 96, 3), shade + i, np.uint8) for i in range(6)]
    for i, frame in enumerate(frames):
        frame[10:30, 5 * i : 5 * i + 20] = 250
    write_mp4(frames, folder / "clip.mp4", 12)
    return (folder / "clip.mp4").read_bytes()


def picture(shade: int = 90) -> bytes:
    """A real PNG."""
    buffer = io.BytesIO()
    Image.new("RGB", (96, 64), (shade, 20, 200)).save(buffer, "PNG")
    return buffer.getvalue()


@dataclass
class Plan:
    """What the service does with a job; answers are used up one by one, then all goes well."""

    polls: int = 1  # how often it is still at work
    create: list[web.Response | str] = field(default_factory=list)  # "hang", "hang_up" or answers
    poll: list[web.Response | str] = field(default_factory=list)
    content: list[web.Response | str] = field(default_factory=list)
    end: Mapping[str, Any] | None = None  # the error of a job that fails
    media: bytes = b""
    kind: str = "video/mp4"
    endless: bool = False


@dataclass
class RemoteJob:
    """One job as the service keeps it."""

    id: str
    plan: Plan
    polled: int = 0


def refusing(status: int, message: str, **headers: str) -> web.Response:
    """An error answer."""
    body = {"error": {"message": message, "type": "error", "code": None}}
    return web.json_response(body, status=status, headers=headers)


class MediaService:
    """Serves on a free port of 127.0.0.1 from a thread.

    Args:
        media: the bytes of its clips.
        plan: what to do with a prompt; by default all goes well.
    """

    def __init__(self, media: bytes = b"", plan: Callable[[str], Plan] | None = None) -> None:
        self.media, self.plan = media, plan or (lambda _: Plan())
        self.jobs: dict[str, RemoteJob] = {}
        self.asked: Counter[str] = Counter()
        self.creates: list[dict[str, str]] = []
        self.headers: list[dict[str, str]] = []
        self.image_answer: Callable[[Mapping[str, Any]], web.Response | None] = lambda _: None
        self.image_delay = 0.0
        self.bodies: Any = None
        self.image_bodies: list[Mapping[str, Any]] = []
        self.most_at_once = self._at_once = 0
        self._plans: dict[str, Plan] = {}
        self._ready, self._port = threading.Event(), 0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True)

    @property
    def root(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    @property
    def base_url(self) -> str:
        """What goes into `api_base`."""
        return f"{self.root}/v1"

    def __enter__(self) -> Self:
        self._thread.start()
        if not self._ready.wait(_START_SECONDS):
            raise RuntimeError("the media service did not start")
        return self

    def __exit__(self, *_: object) -> None:
        if self._loop is not None and self._stop is not None:
            self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(_START_SECONDS)

    def add_routes(self, app: web.Application) -> None:
        """For services that speak more."""

    def forget(self) -> None:
        """Plan anew for prompts that were seen."""
        self._plans.clear()

    def finish(self) -> None:
        """Let every job be done and its file be had."""
        for job in self.jobs.values():
            job.plan.polls, job.plan.poll, job.plan.content = 0, [], []

    async def _serve(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        app = web.Application()
        app.router.add_post("/v1/videos", self._create)
        app.router.add_get("/v1/videos/{id}", self._status)
        app.router.add_get("/v1/videos/{id}/content", self._content)
        app.router.add_post("/v1/images/generations", self._image)
        app.router.add_get("/file", self._file)
        app.router.add_get("/elsewhere", self._elsewhere)
        self.add_routes(app)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self._port = runner.addresses[0][1]
        self._ready.set()
        await self._stop.wait()
        await runner.cleanup()

    async def _create(self, http: web.Request) -> web.StreamResponse:
        form = {name: str(value) for name, value in (await http.post()).items()}
        self.asked["create"] += 1
        self.headers.append(dict(http.headers))
        plan = self._plans.setdefault(form["prompt"], self.plan(form["prompt"]))
        job = RemoteJob(f"video_{len(self.jobs)}", plan)
        answer = await _told(http, plan.create)
        if isinstance(answer, web.Response) and answer.status != 200:
            return answer
        self.jobs[job.id] = job
        self.creates.append(form)
        self._at_once += 1
        self.most_at_once = max(self.most_at_once, self._at_once)
        return answer or web.json_response(_shown(job, "queued"))

    async def _status(self, http: web.Request) -> web.StreamResponse:
        self.asked["status"] += 1
        job = self.jobs.get(http.match_info["id"])
        if job is None:
            return refusing(404, "no such video")
        if answer := await _told(http, job.plan.poll):
            return answer
        job.polled += 1
        if job.polled <= job.plan.polls:
            return web.json_response(_shown(job, "in_progress"))
        self._at_once -= job.polled == job.plan.polls + 1
        if job.plan.end is not None:
            return web.json_response({**_shown(job, "failed"), "error": dict(job.plan.end)})
        return web.json_response(_shown(job, "completed"))

    async def _content(self, http: web.Request) -> web.StreamResponse:
        self.asked["content"] += 1
        job = self.jobs[http.match_info["id"]]
        if answer := await _told(http, job.plan.content):
            return answer
        if job.plan.endless:
            return await _endless(http)
        return web.Response(body=job.plan.media or self.media, content_type=job.plan.kind)

    async def _image(self, http: web.Request) -> web.StreamResponse:
        self.asked["image"] += 1
        body = await http.json()
        self.image_bodies.append(body)
        await asyncio.sleep(self.image_delay)
        held = {"b64_json": base64.b64encode(picture()).decode()}
        return self.image_answer(body) or web.json_response({"created": 1, "data": [held]})

    async def _file(self, http: web.Request) -> web.StreamResponse:
        self.asked["file"] += 1
        self.headers.append(dict(http.headers))
        return web.Response(body=self.media or picture(), content_type="application/octet-stream")

    async def _elsewhere(self, http: web.Request) -> web.StreamResponse:
        raise web.HTTPFound(http.query["to"])


async def _told(http: web.Request, answers: list[web.Response | str]) -> web.Response | None:
    answer = answers.pop(0) if answers else None
    if answer == "hang":
        await asyncio.sleep(30)
    if answer == "hang_up":
        assert http.transport is not None
        http.transport.abort()
        await asyncio.sleep(0.01)
    if not isinstance(answer, web.Response):
        return None
    return web.Response(body=answer.body, status=answer.status, headers=answer.headers)


async def _endless(http: web.Request) -> web.StreamResponse:
    answer = web.StreamResponse(headers={"content-type": "video/mp4"})
    await answer.prepare(http)
    while http.transport is not None and not http.transport.is_closing():
        await answer.write(b"\0" * 2**18)
    return answer


def _shown(job: RemoteJob, status: str) -> dict[str, Any]:
    return {
        "id": job.id,
        "object": "video",
        "status": status,
        "created_at": 1_700_000_000,
        "model": "clips-1",
        "progress": min(100, 30 * job.polled),
        "seconds": "4",
    }
