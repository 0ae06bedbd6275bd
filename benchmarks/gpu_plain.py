"""The loop that one would write with diffusers alone: sample a batch, write its files, go on.

Then the same loop with other ways to compute attention, and compiled.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.gpu_model import ensure, generator
from benchmarks.gpu_watch import Measured, Watch
from popcorn_bench.generators.protocol import MediaRequest
from popcorn_bench.media import write_mp4

Levels = NDArray[np.uint8]
_FEW = 2  # clips of a variant
_CALL = (
    "width", "height", "num_frames", "num_inference_steps", "guidance_scale", "frame_rate",
    "negative_prompt",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Job:
    """What to make, where, and which variants to try; travels to a process of its own."""

    model: Path
    folder: Path
    device: str
    batches: Sequence[int]
    requests: Sequence[MediaRequest]
    tiny: bool
    attention: Sequence[str] = ()
    compiler: str = ""


@dataclass(slots=True)
class _Loop:
    job: Job
    settings: Mapping[str, Any]
    pipe: Any
    stamps: list[float] = field(default_factory=list)

    def measure(self, way: str, batch: int) -> Measured:
        """One batch to warm up, then all clips."""
        began = time.perf_counter()
        self._make(self.job.requests[:batch], batch)
        warm_s = time.perf_counter() - began
        return replace(self.timed(way, batch, self.job.requests), warm_s=warm_s)

    def timed(self, way: str, batch: int, requests: Sequence[MediaRequest]) -> Measured:
        """The clips, from the first request to the last file."""
        self._forget_peak()
        self.stamps.clear()
        with Watch(self.job.device) as watch:
            began = time.perf_counter()
            self._make(requests, batch)
            seconds = time.perf_counter() - began
        busy = watch.busy(self.stamps[0], self.stamps[-1])
        return Measured(
            way=way, batch=batch, clips=len(requests), seconds=seconds, busy=busy,
            peak_gb=self._peak(),
        )  # fmt: skip

    def first(self) -> Levels:
        """The first clip, alone."""
        first: Levels = self._sampled(self.job.requests[:1])[0]
        return first

    def _make(self, requests: Sequence[MediaRequest], batch: int) -> None:
        for start in range(0, len(requests), batch):
            for place, levels in enumerate(self._sampled(requests[start : start + batch])):
                path = self.job.folder / f"plain-{start + place}.mp4"
                write_mp4(iter(levels), path, float(self.settings["fps"]))

    def _sampled(self, batch: Sequence[MediaRequest]) -> Levels:
        import torch

        output = self.pipe(
            prompt=[request.prompt for request in batch],
            generator=[torch.Generator("cpu").manual_seed(request.seed) for request in batch],
            output_type="np",
            callback_on_step_end=self._stamp,
            **{name: self.settings[name] for name in _CALL},
        )
        return np.asarray((output.frames * 255).round(), np.uint8)

    def _stamp(
        self, _pipe: object, _step: int, _time: object, kept: dict[str, Any]
    ) -> dict[str, Any]:
        self.stamps.append(time.perf_counter())
        return kept

    def _forget_peak(self) -> None:
        import torch

        if self.job.device.startswith("cuda"):
            torch.cuda.reset_peak_memory_stats(self.job.device)

    def _peak(self) -> float | None:
        import torch

        on_gpu = self.job.device.startswith("cuda")
        return torch.cuda.max_memory_allocated(self.job.device) / 1e9 if on_gpu else None


def plain(job: Job) -> list[Measured]:
    """The loop at each batch size, then its variants with one clip at a time.

    Its weights are made first where there are none.
    """
    ensure(job.model, job.device, tiny=job.tiny)
    settings = generator(job.model, job.device, 1, tiny=job.tiny).settings
    loop = _Loop(job, settings, _loaded(job, str(settings["dtype"])))
    rows = [_tried("plain", size, partial(loop.measure, "plain", size)) for size in job.batches]
    if not (job.attention or job.compiler):
        return rows
    reference = loop.first()
    rows += [
        _variant(loop, f"attention {name}", _attention(loop, name), reference)
        for name in job.attention
    ]
    if job.compiler:
        rows.append(_variant(loop, f"compile {job.compiler}", _compiled(loop), reference))
    return rows


def _loaded(job: Job, dtype: str) -> Any:  # noqa: ANN401 - of a library without types
    import diffusers
    import torch

    if job.device == "cpu":
        torch.set_num_threads(1)
    pipe: Any = diffusers.LTXPipeline.from_pretrained(str(job.model), dtype=getattr(torch, dtype))
    pipe.set_progress_bar_config(disable=True)
    return pipe.to(job.device)


def _variant(loop: _Loop, way: str, change: Callable[[], None], reference: Levels) -> Measured:
    def run() -> Measured:
        began = time.perf_counter()
        change()
        off = int(np.abs(loop.first().astype(int) - reference).max())
        warm_s = time.perf_counter() - began  # compiling, for one
        few = loop.timed(way, 1, loop.job.requests[:_FEW])
        return replace(few, levels_off=off, warm_s=warm_s)

    return _tried(way, 1, run)


def _attention(loop: _Loop, name: str) -> Callable[[], None]:
    return lambda: loop.pipe.transformer.set_attention_backend(name)


def _compiled(loop: _Loop) -> Callable[[], None]:
    def change() -> None:
        loop.pipe.transformer.set_attention_backend("native")
        loop.pipe.transformer.compile_repeated_blocks(backend=loop.job.compiler)

    return change


def _tried(way: str, batch: int, run: Callable[[], Measured]) -> Measured:
    """What cannot be done is a result, too: not every backend takes a mask, or is installed."""
    try:
        return run()
    except (RuntimeError, ValueError, ImportError, NotImplementedError, TypeError) as error:
        message = " ".join(f"{type(error).__name__}: {error}".split())[:200]
        return Measured(way=way, batch=batch, error=message)
