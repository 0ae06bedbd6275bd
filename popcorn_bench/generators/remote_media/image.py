"""The adapter `litellm-image`: covers from services, through LiteLLM's image endpoint.

A picture comes with the answer to its request: there is no job to go on with. As with a language
model, a request whose answer was lost is made again, and may be paid for again.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, ClassVar

from popcorn_bench.errors import AdapterError
from popcorn_bench.generators.protocol import Made, MediaRequest
from popcorn_bench.generators.remote_media import lacks
from popcorn_bench.generators.remote_media.batch import in_order
from popcorn_bench.generators.remote_media.settings import ImageSettings, names, read, resolved
from popcorn_bench.types import Generator

if TYPE_CHECKING:
    from popcorn_bench.generators.remote_media.line import Line

_BY_OPENAI = frozenset({"openai", "litellm_proxy"})
_BY_HANDLER = frozenset(
    {"aiml", "black_forest_labs", "dashscope", "edenai", "fal_ai", "gemini", "openrouter"}
    | {"recraft", "runwayml", "stability", "vertex_ai"}
)


class LiteLLMImage:
    """Asks for one picture per prompt and stores it, whether it came as base64 or as a URL.

    Settings: see `ImageSettings`.
    """

    max_batch: ClassVar[int] = 32
    parallel: ClassVar[bool] = False

    def __init__(self, generator: Generator, device: str) -> None:
        """Load; `device` does not matter.

        Raises:
            UsageError: for a setting that is unknown or out of range.
        """
        del device
        self._settings = read(ImageSettings, generator)

    @staticmethod
    def missing(generator: Generator) -> list[str]:
        """Say which key or endpoint is not set, and whether the provider has ended the model."""
        return lacks.missing(read(ImageSettings, generator))

    @staticmethod
    def remarks(generator: Generator) -> list[str]:
        """Say what a user should know before paying: when the provider will end the model."""
        return lacks.remarks(read(ImageSettings, generator))

    @staticmethod
    def usd_per_clip(generator: Generator) -> float | None:
        """USD of one picture where it is known beforehand."""
        return _usd(read(ImageSettings, generator), (0, 0))

    @staticmethod
    def setting_names(generator: Generator) -> frozenset[str]:
        """Name the settings that may be changed."""
        return names(ImageSettings, generator)

    @staticmethod
    def resolved(generator: Generator) -> Generator:
        """The generator with all settings, in range.

        Raises:
            UsageError: for a setting that is unknown or out of range.
        """
        return resolved(ImageSettings, generator)

    def generate(
        self, requests: Sequence[MediaRequest], folder: Path
    ) -> Iterator[Made | AdapterError]:
        """Yield, for each request in order, its picture with its cost, or the error."""
        from popcorn_bench.generators.remote_media.line import Line
        from popcorn_bench.remote import runtime

        told = self._settings

        async def make(place: int, request: MediaRequest) -> Made:
            litellm = await runtime.load()
            try:
                async with (
                    asyncio.timeout(told.timeout),
                    Line(told.max_bytes, told.timeout) as line,
                ):
                    answer = await _asked(litellm, told, line, request)
                    return await _stored(answer, told, line, folder / f"{place:06d}")
            except TimeoutError as error:
                message = f"no picture in {told.timeout:g} s"
                raise AdapterError("timeout", message, retriable=True) from error

        yield from in_order(make, requests, told.connections)


async def _asked(
    litellm: ModuleType, told: ImageSettings, line: Line, request: MediaRequest
) -> Any:  # noqa: ANN401 - LiteLLM's own type
    from popcorn_bench.generators.remote_media import verdicts
    from popcorn_bench.generators.remote_media.service import access

    chosen = {"size": told.size, "quality": told.quality}
    try:
        return await litellm.aimage_generation(
            model=told.model,
            prompt=request.prompt,
            n=1,
            timeout=told.timeout,
            max_retries=0,
            num_retries=0,
            **{name: value for name, value in chosen.items() if value},
            **told.body(request.seed),
            **access(told),
            **_client(litellm, told, line),
        )
    except Exception as error:
        raise verdicts.of_call(error, told.model) from error


def _client(litellm: ModuleType, told: ImageSettings, line: Line) -> dict[str, object]:
    """The bounded client in the shape that LiteLLM hands on to the provider's code."""
    from popcorn_bench.generators.remote_media.line import handler
    from popcorn_bench.generators.remote_media.once import Once
    from popcorn_bench.generators.remote_media.service import NO_KEY

    if told.provider in _BY_HANDLER:
        return {"client": handler(line)}
    if told.provider not in {*_BY_OPENAI, *litellm.openai_compatible_providers}:
        return {}  # LiteLLM calls the others with clients of its own
    _, _, key, base = litellm.get_llm_provider(model=told.model, api_base=told.api_base or None)
    key = key or os.environ.get(f"{told.provider.upper()}_API_KEY") or NO_KEY
    return {"client": Once(line, key, base)}


async def _stored(answer: Any, told: ImageSettings, line: Line, path: Path) -> Made:  # noqa: ANN401 - LiteLLM's own type
    """The picture of an answer; an error carries what the answer cost."""
    cost = _cost(answer, told)
    try:
        file = await _file(answer, told, line, path)
        _check(file)
    except AdapterError as error:
        error.cost_usd = cost
        raise
    return Made(file, cost)


def _check(file: Path) -> None:
    from popcorn_bench.media import probe

    if probe(file).frames:
        raise AdapterError("broken_media", "the service gave a clip for a picture")


async def _file(answer: Any, told: ImageSettings, line: Line, path: Path) -> Path:  # noqa: ANN401 - LiteLLM's own type
    import httpx

    from popcorn_bench.generators.remote_media import verdicts
    from popcorn_bench.generators.remote_media.download import fetch, save

    picture = answer.data[0] if answer.data else None
    held, url = getattr(picture, "b64_json", None), getattr(picture, "url", None)
    if held:
        return save(held, path)
    if not url:
        raise AdapterError("no_media", "the answer holds no picture")
    if url.startswith("data:"):
        return save(url, path)
    try:
        return await fetch(line, url, path, {}, {})
    except (httpx.HTTPError, httpx.InvalidURL, verdicts.AnswerError) as error:
        raise verdicts.of_call(error, told.model) from error


def _cost(answer: Any, told: ImageSettings) -> float | None:  # noqa: ANN401 - LiteLLM's own type
    """USD of a picture that was made."""
    usage = getattr(answer, "usage", None)
    tokens = [_count(getattr(usage, name, 0)) for name in ("input_tokens", "output_tokens")]
    return _usd(told, (tokens[0], tokens[1]))


def _usd(told: ImageSettings, tokens: tuple[int, int]) -> float | None:
    """The stated price, or LiteLLM's table for the provider's own endpoint."""
    from popcorn_bench.remote.media_prices import image_usd

    if told.price_per_image is not None:
        return told.price_per_image
    if told.is_elsewhere:
        return None
    return image_usd(told.model, told.size, told.quality, tokens)


def _count(value: object) -> int:
    return max(value, 0) if isinstance(value, int) else 0
