"""Sample clips or pictures in batches that fit.

Every request has a generator of random numbers of its own, seeded on the CPU, so that what it gives
depends neither on its batch mates nor on the order. A batch that does not fit is halved, and the
size that fitted is remembered.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence, Sized
from dataclasses import dataclass
from itertools import repeat
from types import TracebackType
from typing import Any, Self, cast

import numpy as np
import torch
from numpy.typing import NDArray

from popcorn_bench.errors import AdapterError
from popcorn_bench.generators.pipelines.pixels import to_levels
from popcorn_bench.generators.pipelines.spec import from_hints
from popcorn_bench.generators.protocol import MediaRequest
from popcorn_bench.types import JSON, Generator

OnStep = Callable[[int, int, int], None]

_GUIDER = "guider."
NOT_CALLED = frozenset(
    {
        "pipeline", "model", "variant", "components", "dtype", "quantization", "vae_tiling",
        "vae_slicing", "scheduler", "fps", "export_fps", "export_seconds", "prompt_suffix",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sample:
    """What came out for one request: bytes of shape (frames, height, width, 3), RGB.

    A picture has one frame. `seconds` is its share of the batch's time, `peak_gb` the most memory
    that the batch took of the GPU; None without one.
    """

    levels: NDArray[np.uint8]
    seconds: float
    peak_gb: float | None


class Sampler:
    """Runs a loaded pipeline over requests."""

    def __init__(self, pipe: Any, generator: Generator, device: torch.device) -> None:  # noqa: ANN401
        spec = from_hints(generator.hints)
        self._pipe, self._device = pipe, device
        self._field = "frames" if spec.frames else "images"
        self._suffix = str(generator.settings.get("prompt_suffix", ""))
        self._call = _call_settings(pipe, generator)
        self.batch_size = int(cast("int", generator.hints["batch_size"]))

    def sample(
        self, requests: Sequence[MediaRequest], on_step: OnStep | None = None
    ) -> Iterator[Sample | AdapterError]:
        """Yield a sample or an error for each request, in order."""
        done = 0
        while done < len(requests):
            batch = requests[done : done + self.batch_size]
            samples = self._fitting(batch, on_step)
            if samples is None and len(batch) > 1:
                self.batch_size = len(batch) // 2
                continue
            done += len(batch)
            yield from samples or [AdapterError("out_of_memory", _too_large(self._device))]

    def _fitting(
        self, batch: Sequence[MediaRequest], on_step: OnStep | None
    ) -> list[Sample | AdapterError] | None:
        """The samples of a batch; None where memory does not suffice for it."""
        try:
            return self._batch(batch, on_step)
        except torch.OutOfMemoryError:
            pass  # only once this block is left is the memory of its frames free
        self._pipe.maybe_free_model_hooks()
        if self._device.type == "cuda":
            torch.cuda.empty_cache()
        return None

    def _batch(
        self, batch: Sequence[MediaRequest], on_step: OnStep | None
    ) -> list[Sample | AdapterError]:
        self._pipe.progress_bar = _steps(on_step, len(batch))
        on_gpu, began = self._device.type == "cuda", time.perf_counter()
        if on_gpu:
            torch.cuda.reset_peak_memory_stats(self._device)
        seeded = [torch.Generator("cpu").manual_seed(request.seed) for request in batch]
        output = self._pipe(
            prompt=[_readable(request.prompt) + self._suffix for request in batch],
            generator=seeded if len(seeded) > 1 else seeded[0],  # not every pipeline takes a list
            output_type="pt",
            **self._call,
        )
        levels = self._levels(output)  # on the CPU, so all work on the GPU has ended
        seconds = (time.perf_counter() - began) / len(batch)
        peak = torch.cuda.max_memory_allocated(self._device) / 1e9 if on_gpu else None
        return [
            one if isinstance(one, AdapterError) else Sample(one, seconds, peak) for one in levels
        ]

    def _levels(self, output: Any) -> list[NDArray[np.uint8] | AdapterError]:  # noqa: ANN401
        """The pictures of a pipeline's output, or what is wrong with them."""
        refused = getattr(output, "nsfw_content_detected", None) or repeat(False)
        pixels = getattr(output, self._field)
        return [
            _refused() if blanked else _checked(one)
            for one, blanked in zip(pixels, refused, strict=False)
        ]


def _call_settings(pipe: Any, generator: Generator) -> dict[str, JSON]:  # noqa: ANN401
    """Settings under the names of the pipeline's own arguments; those of a guider are set there."""
    spec, call = from_hints(generator.hints), dict[str, JSON]()
    for name, value in generator.settings.items():
        own = spec.arguments.get(name, name)
        if own.startswith(_GUIDER):
            pipe.guider = pipe.guider.new(**{own.removeprefix(_GUIDER): value})
        elif name not in NOT_CALLED | set(spec.scheduler.options) | set(spec.sources):
            call[own] = value
    return call


def _readable(prompt: str) -> str:
    """Without lone surrogates, which JSON can hold and tokenizers refuse."""
    return prompt.encode("utf-8", "replace").decode()


def _checked(pixels: torch.Tensor) -> NDArray[np.uint8] | AdapterError:
    frames = pixels if pixels.ndim == 4 else pixels[None]  # noqa: PLR2004 - frames, or a picture
    try:
        return to_levels(frames)
    except AdapterError as error:
        return error


def _refused() -> AdapterError:
    return AdapterError("refusal", "the model's own safety checker blanked the picture")


def _too_large(device: torch.device) -> str:
    return f"one clip alone does not fit into the memory of {device} (see offload, quantization)"


def _steps(on_step: OnStep | None, requests: int) -> Callable[..., _Steps]:
    """In place of a pipeline's progress bar, which all of them have and which counts all steps."""

    def bar(iterable: Iterable[Any] | None = None, total: int | None = None) -> _Steps:
        return _Steps(iterable, total, on_step, requests)

    return bar


class _Steps:
    """Counts denoising steps; stands where tqdm would."""

    def __init__(
        self, iterable: Iterable[Any] | None, total: int | None, on_step: OnStep | None, n: int
    ) -> None:
        known = len(iterable) if isinstance(iterable, Sized) else 0
        self._iterable, self._total = iterable, total or known
        self._on_step, self._requests, self._done = on_step, n, 0

    def update(self, steps: int = 1) -> None:
        """Count a step and tell it."""
        self._done += steps
        if self._on_step:
            self._on_step(self._done, self._total, self._requests)

    def close(self) -> None:
        """Nothing to close."""

    def set_postfix(self, *args: object, **kwargs: object) -> None:
        """Nothing to show."""

    def set_description(self, *args: object, **kwargs: object) -> None:
        """Nothing to show."""

    def __iter__(self) -> Iterator[Any]:
        for item in self._iterable or ():
            yield item
            self.update()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Nothing to end."""
