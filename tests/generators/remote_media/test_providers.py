"""Services with protocols of their own, as LiteLLM speaks them: fal, Runway, Gemini."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from aiohttp import web

from popcorn_bench.generators.protocol import Made
from popcorn_bench.types import JSON
from tests.generators.remote_media.conftest import Studio
from tests.generators.remote_media.service import MediaService, picture
from tests.generators.remote_media.test_video import failed


class Foreign(MediaService):
    """The same clips behind three other protocols; a job is done at its second poll."""

    refused = False
    files = ""  # the host that keeps the files
    other: MediaService

    def add_routes(self, app: web.Application) -> None:
        app.router.add_post("/fal-ai/ltx-2/text-to-video", self._fal)
        app.router.add_get("/fal-ai/ltx-2/requests/r1/status", self._fal_status)
        app.router.add_get("/fal-ai/ltx-2/requests/r1", self._fal_result)
        app.router.add_post("/fal-ai/flux/schnell", self._fal_picture)
        app.router.add_post("/text_to_video", self._runway)
        app.router.add_get("/tasks/t1", self._runway_task)
        app.router.add_post("/v1beta/models/veo:predictLongRunning", self._veo)
        app.router.add_get("/v1beta/models/veo/operations/o1", self._veo_operation)

    async def _noted(self, http: web.Request) -> None:
        self.asked["create"] += 1
        self.bodies = await http.json()

    def _is_done(self) -> bool:
        self.asked["status"] += 1
        return self.asked["status"] > 1

    async def _fal(self, http: web.Request) -> web.Response:
        await self._noted(http)
        return web.json_response({"request_id": "r1", "status": "IN_QUEUE"})

    async def _fal_status(self, _: web.Request) -> web.Response:
        done = self._is_done()
        return web.json_response({"status": "COMPLETED" if done else "IN_PROGRESS"})

    async def _fal_result(self, _: web.Request) -> web.Response:
        if self.refused:
            detail = [{"loc": ["body", "prompt"], "msg": "flagged as content_policy_violation"}]
            return web.json_response({"detail": detail}, status=422)
        return web.json_response({"video": {"url": f"{self.files}/file"}, "seed": 7})

    async def _fal_picture(self, http: web.Request) -> web.Response:
        await self._noted(http)
        return web.json_response({"images": [{"url": f"{self.files}/file"}], "seed": 7})

    async def _runway(self, http: web.Request) -> web.Response:
        await self._noted(http)
        return web.json_response({"id": "t1"})

    async def _runway_task(self, _: web.Request) -> web.Response:
        if not self._is_done():
            return web.json_response({"id": "t1", "status": "RUNNING", "progress": 0.4})
        if self.refused:
            failure = {"failureCode": "SAFETY.INPUT.TEXT", "failure": "not allowed"}
            return web.json_response({"id": "t1", "status": "FAILED", **failure})
        output = [f"{self.files}/file"]
        return web.json_response({"id": "t1", "status": "SUCCEEDED", "output": output})

    async def _veo(self, http: web.Request) -> web.Response:
        await self._noted(http)
        return web.json_response({"name": "models/veo/operations/o1"})

    async def _veo_operation(self, _: web.Request) -> web.Response:
        name = {"name": "models/veo/operations/o1"}
        if not self._is_done():
            return web.json_response({**name, "done": False})
        if self.refused:
            said = {"code": 3, "message": "The prompt violates Google's Responsible AI practices"}
            return web.json_response({**name, "done": True, "error": said})
        sample = {"video": {"uri": f"{self.root}/file?alt=media"}}
        answer = {"generateVideoResponse": {"generatedSamples": [sample]}}
        return web.json_response({**name, "done": True, "response": answer})


@pytest.fixture
def foreign(
    tmp_path: Path, media: bytes, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Studio, Foreign]]:
    for name in ("FAL_AI_API_KEY", "RUNWAYML_API_SECRET", "GEMINI_API_KEY"):
        monkeypatch.setenv(name, "sk-very-secret-indeed-123")
    with Foreign(media) as service, MediaService(media) as other:
        service.files, service.other = other.root, other
        yield Studio(tmp_path, service), service


_MODELS = ["fal_ai/fal-ai/ltx-2/text-to-video", "runwayml/gen4.5", "gemini/veo"]


@pytest.mark.parametrize("model", _MODELS)
def test_a_clip_is_made(model: str, foreign: tuple[Studio, Foreign], media: bytes) -> None:
    studio, service = foreign
    (made,) = studio.clips(model=model, api_base=service.root, size="720x1280", seconds=4)
    assert isinstance(made, Made), made
    assert made.path.read_bytes() == media
    assert service.asked["create"] == 1
    keyed = any("secret" in str(headers) for headers in service.headers)
    assert keyed == model.startswith("gemini")  # it keeps its files itself
    assert "secret" not in str(service.other.headers)


@pytest.mark.parametrize("model", _MODELS)
def test_a_refusal_is_known(model: str, foreign: tuple[Studio, Foreign]) -> None:
    studio, service = foreign
    service.refused = True
    error = failed(studio.clips(model=model, api_base=service.root)[0])
    assert (error.kind, error.retriable) == ("refusal", False), error.message


@pytest.mark.parametrize("model", _MODELS)
def test_a_job_is_gone_on_with_by_its_id(model: str, foreign: tuple[Studio, Foreign]) -> None:
    studio, service = foreign
    for _ in range(2):
        (made,) = studio.clips(model=model, api_base=service.root)
        assert isinstance(made, Made), made
    assert service.asked["create"] == 1
    assert "secret" not in studio.ledger()


def test_fal_is_told_what_the_catalog_says(foreign: tuple[Studio, Foreign]) -> None:
    studio, service = foreign
    extra: dict[str, JSON] = {"extra_body.duration": 6, "extra_body.resolution": "1080p"}
    studio.clips(model=_MODELS[0], api_base=service.root, **extra)
    assert service.bodies == {"prompt": "a cat", "duration": 6, "resolution": "1080p", "seed": 7}


def test_fal_makes_a_picture(foreign: tuple[Studio, Foreign]) -> None:
    studio, service = foreign
    service.other.media = picture()
    (made,) = studio.pictures(model="fal_ai/fal-ai/flux/schnell", api_base=service.root)
    assert isinstance(made, Made), made
    assert made.path.read_bytes() == picture()
    assert (service.bodies["prompt"], service.bodies["seed"]) == ("a cat", 7)
    assert "secret" not in str(service.other.headers)
