"""The adapter `diffusers`: one class for every pipeline of the catalogs, clips and covers alike."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from queue import Full, Queue
from typing import TYPE_CHECKING, ClassVar, TypeAlias, cast

from popcorn_bench.devices import device_of
from popcorn_bench.errors import AdapterError
from popcorn_bench.generators.pipelines import resolve
from popcorn_bench.generators.pipelines.spec import from_hints
from popcorn_bench.generators.protocol import Made, MediaRequest
from popcorn_bench.generators.provenance import provenance
from popcorn_bench.types import Generator

if TYPE_CHECKING:
    from popcorn_bench.generators.pipelines.sampling import Sample

Sampled: TypeAlias = "Sample | AdapterError"

_POLL_S = 0.2


@dataclass(frozen=True, slots=True)
class _Raised:
    error: Exception


class Diffusers:
    """Loads a pipeline of the catalog and makes clips or covers with it.

    Sampling runs in a thread of its own, so that the next batch is sampled while a clip is
    encoded, hashed and recorded.
    """

    max_batch: ClassVar[int] = 16  # jobs handed over at a time; they are sampled `batch_size` each
    parallel: ClassVar[bool] = False
    overlaps: ClassVar[bool] = True
    missing = staticmethod(resolve.missing)
    setting_names = staticmethod(resolve.setting_names)
    resolved = staticmethod(resolve.resolved)

    def __init__(self, generator: Generator, device: str) -> None:
        """Load.

        Raises:
            AdapterError: kind `load` where weights, classes and settings do not fit together.
            UsageError: for a device that is not here.
        """
        import torch

        from popcorn_bench.generators.pipelines.load import load
        from popcorn_bench.generators.pipelines.memo import remember
        from popcorn_bench.generators.pipelines.sampling import Sampler

        torch.set_num_threads(int(cast("int", generator.hints["threads"])))  # decides the bytes
        where = device_of(device)
        if where.type == "cuda":
            torch.cuda.set_device(where)  # streams and caches belong to the current one
        pipe = load(generator, where)
        remember(pipe)
        self._generator = generator
        self._media = from_hints(generator.hints).media
        self.sampler = Sampler(pipe, generator, where)
        self._sampling = threading.Lock()
        self.on_step: Callable[[int, int, int], None] | None = None

    def generate(
        self, requests: Sequence[MediaRequest], folder: Path
    ) -> Iterator[Path | Made | AdapterError]:
        """Yield an MP4 or PNG per request, in order; files are named by their number."""
        room = self.sampler.batch_size  # a whole batch waits here while the next one is sampled
        samples = _ahead(lambda: self._one_by_one(requests), room)
        for place, (request, sample) in enumerate(zip(requests, samples, strict=False)):
            if isinstance(sample, AdapterError):
                yield sample
                continue
            try:
                path = self._write(sample, request, folder / f"{place:06d}")
            except AdapterError as error:
                yield error
            else:
                yield Made(path, cost_usd=0.0, seconds=sample.seconds, peak_gb=sample.peak_gb)

    def _one_by_one(self, requests: Sequence[MediaRequest]) -> Iterator[Sampled]:
        """Samples; never two of them at once, though the next call may begin before this ends."""
        samples = self.sampler.sample(requests, self.on_step)
        while True:
            with self._sampling:
                sample = next(samples, None)
            if sample is None:
                return
            yield sample

    def _write(self, sample: Sample, request: MediaRequest, stem: Path) -> Path:
        from popcorn_bench.generators.pipelines.export import write_clip, write_picture

        tags = provenance(self._generator, request)
        path = stem.with_suffix(".png" if self._media == "image" else ".mp4")
        if self._media == "image":
            write_picture(sample.levels, path, tags)
        else:
            write_clip(sample.levels, path, self._generator.settings, tags)
        return path


def _ahead(make: Callable[[], Iterator[Sampled]], room: int) -> Iterator[Sampled]:
    """Items of an iterator that runs in another thread, at most `room` finished ones ahead.

    What it raises is raised here, after the items before it. Leaving early stops it at the next
    item.
    """
    queue, left = Queue["Sampled | _Raised | None"](maxsize=room), threading.Event()
    work = (make, queue, left)
    thread = threading.Thread(target=_feed, args=work, name="sampling", daemon=True)
    thread.start()
    try:
        while (item := queue.get()) is not None:
            if isinstance(item, _Raised):
                raise item.error
            yield item
    finally:
        left.set()
        thread.join()


def _feed(
    make: Callable[[], Iterator[Sampled]],
    queue: Queue[Sampled | _Raised | None],
    left: threading.Event,
) -> None:
    try:
        for item in make():
            if not _put(item, queue, left):
                return
    except Exception as error:  # noqa: BLE001 - it is raised in the other thread
        _put(_Raised(error), queue, left)
    else:
        _put(None, queue, left)


def _put(
    item: Sampled | _Raised | None, queue: Queue[Sampled | _Raised | None], left: threading.Event
) -> bool:
    """Wait for room, as long as somebody listens; False when nobody does."""
    while not left.is_set():
        try:
            queue.put(item, timeout=_POLL_S)
        except Full:
            continue
        return True
    return False
