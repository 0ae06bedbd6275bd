"""The adapter `litellm-video`: clips from services, through LiteLLM's video endpoints."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import ClassVar

from popcorn_bench.errors import AdapterError, StoreError
from popcorn_bench.fingerprint import media_key
from popcorn_bench.generators.protocol import Made, MediaRequest
from popcorn_bench.generators.remote_media import lacks
from popcorn_bench.generators.remote_media.batch import in_order
from popcorn_bench.generators.remote_media.settings import VideoSettings, names, read, resolved
from popcorn_bench.types import Generator, Stage

# The providers whose video endpoints LiteLLM 1.106 has.
PROVIDERS = frozenset(
    {"openai", "azure", "gemini", "vertex_ai", "runwayml", "fal_ai", "hosted_vllm", "edenai"}
)


class LiteLLMVideo:
    """Submits each prompt as a job, asks until it is done, downloads the clip.

    `state` must be set to the results folder before `generate` is called: what was submitted is
    noted there, so that a job that was paid for is never submitted twice.

    Settings: see `VideoSettings`.
    """

    max_batch: ClassVar[int] = 16
    parallel: ClassVar[bool] = False  # one process asks for many jobs at once

    def __init__(self, generator: Generator, device: str) -> None:
        """Load; `device` does not matter.

        Raises:
            UsageError: for a setting that is unknown or out of range.
        """
        del device
        self.state: Path | None = None
        self._generator = generator
        self._settings = read(VideoSettings, generator)

    @staticmethod
    def missing(generator: Generator) -> list[str]:
        """Say which key or endpoint is not set, and whether the provider has ended the model."""
        return lacks.missing(read(VideoSettings, generator), PROVIDERS)

    @staticmethod
    def remarks(generator: Generator) -> list[str]:
        """Say what a user should know before paying: when the provider will end the model."""
        return lacks.remarks(read(VideoSettings, generator))

    @staticmethod
    def setting_names(generator: Generator) -> frozenset[str]:
        """Name the settings that may be changed."""
        return names(VideoSettings, generator)

    @staticmethod
    def resolved(generator: Generator) -> Generator:
        """The generator with all settings, in range.

        Raises:
            UsageError: for a setting that is unknown or out of range.
        """
        return resolved(VideoSettings, generator)

    @staticmethod
    def usd_per_clip(generator: Generator) -> float | None:
        """USD of one clip where price and length are known beforehand."""
        from popcorn_bench.generators.remote_media.job import clip_usd

        told = read(VideoSettings, generator)
        return clip_usd(told, told.seconds or 0.0)

    def generate(
        self, requests: Sequence[MediaRequest], folder: Path
    ) -> Iterator[Made | AdapterError]:
        """Yield, for each request in order, its clip with its cost, or the error.

        Raises:
            AdapterError: where its jobs cannot be noted; nothing is submitted then.
        """
        from popcorn_bench.generators.remote_media.job import Clip
        from popcorn_bench.generators.remote_media.ledger import Ledger
        from popcorn_bench.generators.remote_media.line import Line
        from popcorn_bench.generators.remote_media.service import ANSWER_SECONDS, Service
        from popcorn_bench.remote import runtime

        if self.state is None:
            raise AdapterError("bug", "litellm-video was not told where to note its jobs (`state`)")
        told = self._settings
        try:
            ledger = Ledger(self.state)
        except StoreError as error:
            raise AdapterError("ledger", str(error)) from error
        turns: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

        async def make(place: int, request: MediaRequest) -> Made:
            key = media_key(Stage.VIDEO, request.prompt, self._generator, request.seed)
            litellm = await runtime.load()
            async with turns[key], Line(told.max_bytes, ANSWER_SECONDS) as line:
                clip = Clip(Service(litellm, told, line), ledger, key, request)
                return await clip.made(folder / f"{place:06d}")

        yield from in_order(make, requests, told.connections)
