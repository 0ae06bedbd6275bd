"""One job's dealings with a service, through LiteLLM's video endpoints: submit, ask, find.

A call that fails raises `AdapterError`; what it means for the job is for the caller to say.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from types import ModuleType
from typing import Any

from popcorn_bench.generators.protocol import MediaRequest
from popcorn_bench.generators.remote_media import verdicts
from popcorn_bench.generators.remote_media.line import Line, handler
from popcorn_bench.generators.remote_media.settings import Common, VideoSettings
from popcorn_bench.remote import providers

SUBMIT_SECONDS = 120.0  # how long a service may think before it says that it took a job
ANSWER_SECONDS = 60.0
NO_KEY = "none"  # a server of one's own asks for no key, but its client wants one
# These speak OpenAI's protocol, whose clients send the header; a service that knows it takes the
# same job once.
_IDEMPOTENT = frozenset({"openai", "azure", "hosted_vllm", "edenai"})


@dataclass(frozen=True, slots=True)
class Status:
    """What a service says of a job. `seconds` is None where it does not tell the clip's length."""

    id: str
    status: str
    error: object = None
    seconds: float | None = None
    cost_usd: float | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Where the file of a finished job is fetched: an HTTP request."""

    url: str
    headers: Mapping[str, str]
    body: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Service:
    """A service as one job sees it."""

    litellm: ModuleType
    settings: VideoSettings
    line: Line

    async def submit(self, request: MediaRequest, idempotency: str) -> Status:
        """Ask for a clip; the service answers with the id of a job.

        Raises:
            AdapterError: the line then tells whether the request may have been taken.
        """
        told = self.settings
        header = {"Idempotency-Key": idempotency} if told.provider in _IDEMPOTENT else None
        self.line.reset()
        try:
            video = await self.litellm.avideo_generation(
                model=told.model,
                prompt=request.prompt,
                seconds=None if told.seconds is None else f"{told.seconds:g}",
                size=told.size or None,
                extra_body=told.body(request.seed),
                extra_headers=header,
                timeout=SUBMIT_SECONDS,
                **self._common(),
            )
        except Exception as error:
            raise verdicts.of_call(error, told.model) from error
        return _status(video)

    async def ask(self, remote_id: str) -> Status:
        """How a job stands.

        Raises:
            AdapterError: for a call that failed.
        """
        self.line.reset()
        try:
            video = await self.litellm.avideo_status(
                video_id=remote_id, timeout=ANSWER_SECONDS, **self._common()
            )
        except Exception as error:
            raise verdicts.of_call(error, self.settings.model) from error
        return _status(video)

    async def place(self, remote_id: str) -> Place:
        """Where the file of a finished job is; some services have to be asked for a token first.

        Raises:
            AdapterError: where endpoint or key are not as they should be.
        """
        try:
            return await asyncio.to_thread(self._place, remote_id)
        except Exception as error:
            raise verdicts.of_call(error, self.settings.model) from error

    def _place(self, remote_id: str) -> Place:
        utils = import_module("litellm.utils")
        params = import_module("litellm.types.router").GenericLiteLLMParams(**access(self.settings))
        provider = self.litellm.LlmProviders(self.settings.provider)
        config = utils.ProviderConfigManager.get_provider_video_config(
            model=None, provider=provider
        )
        headers = config.validate_environment(headers={}, model="", litellm_params=params)
        base = config.get_complete_url(
            model="", api_base=params.api_base, litellm_params=dict(params)
        )
        # Gemini's own step downloads with a client that waits for hours; the job names the file.
        find = config.transform_video_content_request
        if provider == self.litellm.LlmProviders.GEMINI:
            find = config.transform_video_status_retrieve_request
        url, body = find(video_id=remote_id, api_base=base, litellm_params=params, headers=headers)
        return Place(url, headers, body or {})

    def _common(self) -> dict[str, Any]:
        return {
            "custom_llm_provider": self.settings.provider,
            "client": handler(self.line),
            "max_retries": 0,
            "num_retries": 0,
            **access(self.settings),
        }


def access(told: Common) -> dict[str, str]:
    """Endpoint and key, where LiteLLM would not find them by itself."""
    if not told.api_base:
        return {}
    keyless = not providers.has_key(told.model, os.environ)
    return {"api_base": told.api_base, **({"api_key": NO_KEY} if keyless else {})}


def _status(video: Any) -> Status:  # noqa: ANN401 - LiteLLM's own type
    usage = video.usage if isinstance(getattr(video, "usage", None), Mapping) else {}
    return Status(
        id=str(video.id or ""),
        status=str(video.status or ""),
        error=video.error,
        seconds=_number(usage.get("duration_seconds")),
        cost_usd=_number(usage.get("provider_reported_cost_usd")),
    )


def _number(value: object) -> float | None:
    known = isinstance(value, int | float) and not isinstance(value, bool) and value > 0
    return float(value) if known and isinstance(value, int | float) else None
