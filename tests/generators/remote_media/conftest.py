from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from popcorn_bench.errors import AdapterError
from popcorn_bench.generators.protocol import Made, MediaRequest
from popcorn_bench.generators.remote_media.image import LiteLLMImage
from popcorn_bench.generators.remote_media.video import LiteLLMVideo
from popcorn_bench.types import JSON, Generator
from tests.generators.remote_media.service import MediaService, clip


@dataclass
class Studio:
    """A results folder, a service, and the adapters between them."""

    folder: Path
    service: MediaService

    def generator(self, adapter: str = "litellm-video", /, **settings: JSON) -> Generator:
        quick: dict[str, JSON] = {"poll_seconds": 0.02, "timeout": 20}
        told: dict[str, JSON] = {
            "model": "openai/clips-1",
            "api_base": self.service.base_url,
        }
        told |= (quick if adapter == "litellm-video" else {}) | settings
        plain = Generator(name="clips", adapter=adapter, revision="", settings=told)
        kind = LiteLLMVideo if adapter == "litellm-video" else LiteLLMImage
        return kind.resolved(plain)

    def video(self, **settings: JSON) -> LiteLLMVideo:
        adapter = LiteLLMVideo(self.generator(**settings), "cpu")
        adapter.state = self.folder
        return adapter

    def clips(
        self, prompts: Sequence[str] = ("a cat",), /, **settings: JSON
    ) -> list[Made | AdapterError]:
        """Make clips as a new process would: nothing is remembered but the folder."""
        scratch = self.scratch()
        requests = [MediaRequest(prompt, 7) for prompt in prompts]
        return list(self.video(**settings).generate(requests, scratch))

    def pictures(
        self, prompts: Sequence[str] = ("a cat",), /, **settings: JSON
    ) -> list[Made | AdapterError]:
        adapter = LiteLLMImage(self.generator("litellm-image", **settings), "cpu")
        requests = [MediaRequest(prompt, 7) for prompt in prompts]
        return list(adapter.generate(requests, self.scratch()))

    def scratch(self) -> Path:
        path = self.folder / f"scratch{len(list(self.folder.glob('scratch*')))}"
        path.mkdir()
        return path

    def ledger(self) -> str:
        files = sorted((self.folder / "remote_jobs").glob("*.jsonl"))
        return "".join(file.read_text() for file in files)


@pytest.fixture(scope="session")
def media(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return clip(tmp_path_factory.mktemp("media"))


@pytest.fixture
def studio(tmp_path: Path, media: bytes) -> Iterator[Studio]:
    with MediaService(media) as service:
        yield Studio(tmp_path, service)


@pytest.fixture(autouse=True)
def _no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys and endpoints of the machine that runs the tests play no part."""
    for name in list(os.environ):
        if name.endswith(("_API_KEY", "_API_BASE", "_BASE_URL", "_API_SECRET", "_TOKEN")):
            monkeypatch.delenv(name)
    for name in ("VERTEXAI_PROJECT", "VERTEX_PROJECT", "GOOGLE_APPLICATION_CREDENTIALS"):
        monkeypatch.delenv(name, raising=False)
