"""What the harness leaves of a GPU: LTX-Video in full size, beside a plain diffusers loop.

    python -m benchmarks.gpu [--device cuda:0] [--clips 8] [--batches 1,2,4] [--out DIR]
    python -m benchmarks.gpu --tiny --device cpu

Builds LTX-Video from its configuration with random weights (14 GB; nothing is downloaded), then
makes the same clips at the settings of the LLMPopcorn paper through the harness's own worker
process and through a loop that one would write by hand, at each batch size, and tries other ways to
compute attention and torch.compile in that loop. Prints a Markdown table and writes it with the
figures as JSON to `--out`. Wants a GPU of 24 GB or more; without one it says so and exits 2.
`--tiny --device cpu` goes the same way with a tiny pipeline: what it prints says nothing of speed.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from importlib.metadata import version
from multiprocessing import get_context
from pathlib import Path
from typing import Any, TypeVar

from benchmarks.gpu_model import generator
from benchmarks.gpu_plain import Job, plain
from benchmarks.gpu_watch import Measured, Watch, gpu_name
from popcorn_bench.errors import AdapterError
from popcorn_bench.generators.machine import devices
from popcorn_bench.generators.pipelines.adapter import Diffusers
from popcorn_bench.generators.protocol import MediaRequest
from popcorn_bench.harness.pool import Pool, Seat
from popcorn_bench.harness.worker import GeneratorHost
from popcorn_bench.types import Artefact, Generator

R = TypeVar("R")

_ATTENTION = ("_native_flash", "_native_efficient", "_native_cudnn", "flash", "sage")
_PACKAGES = ("torch", "diffusers", "transformers", "popcorn-bench")
_BUSY = 0.95


async def harness(
    made_by: Generator, device: str, batch: int, requests: Sequence[MediaRequest]
) -> Measured:
    """The clips through a worker process, from requests to files in the store."""
    stamps: list[float] = []
    with tempfile.TemporaryDirectory() as store:
        seat = Seat(GeneratorHost(made_by, device, Path(store)))
        pool = Pool[MediaRequest, Artefact](
            [seat], Diffusers.max_batch, on_step=lambda _: stamps.append(time.perf_counter())
        )
        async with pool:
            began = time.perf_counter()
            await _all(pool, requests[:batch])
            warm_s = time.perf_counter() - began
            stamps.clear()
            with Watch(device) as watch:
                began = time.perf_counter()
                made = await _all(pool, requests)
                seconds = time.perf_counter() - began
    errors = [str(one) for one in made if not isinstance(one, Artefact)]
    if errors:
        return Measured(way="harness", batch=batch, error=errors[0])
    peaks = [one.peak_gb for one in made if isinstance(one, Artefact) and one.peak_gb]
    return Measured(
        way="harness", batch=batch, clips=len(made), seconds=seconds, warm_s=warm_s,
        busy=watch.busy(stamps[0], stamps[-1]), peak_gb=max(peaks, default=None),
    )  # fmt: skip


async def _all(
    pool: Pool[MediaRequest, Artefact], requests: Sequence[MediaRequest]
) -> list[Artefact | AdapterError]:
    found = await asyncio.gather(*map(pool.submit, requests), return_exceptions=True)
    for one in found:
        if isinstance(one, BaseException) and not isinstance(one, AdapterError):
            raise one
    return [one for one in found if isinstance(one, (Artefact, AdapterError))]


def apart(work: Callable[..., R], *args: object) -> R:
    """Do it in a process of its own, whose end frees the GPU."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(work, *args).result()


def measure(options: argparse.Namespace, folder: Path) -> tuple[list[Measured], dict[str, Any]]:
    """All rows of the table, and the settings of the clips."""
    model, device, tiny = options.model or folder / "model", options.device, options.tiny
    requests = [MediaRequest(f"a city at night, part {n}", n) for n in range(options.clips)]
    job = Job(
        model=model, folder=folder, device=device, batches=options.batches, requests=requests,
        tiny=tiny, attention=("_native_math",) if tiny else _ATTENTION,
        compiler="eager" if tiny else "inductor",
    )  # fmt: skip
    rows = apart(plain, job)
    made_by = {batch: generator(model, device, batch, tiny=tiny) for batch in options.batches}
    rows += [asyncio.run(harness(made_by[n], device, n, requests)) for n in made_by]
    return rows, dict(made_by[options.batches[0]].settings)


def table(rows: Sequence[Measured]) -> str:
    """Markdown; `x plain` compares clips an hour at the same batch size."""
    plain_rate = {row.batch: row.per_hour for row in rows if row.way == "plain"}
    head = "| way | batch | s/clip | clips/h | x plain | GPU busy | peak GB | warm-up s | remark |"
    return "\n".join(
        [
            head,
            "|---|---:|---:|---:|---:|---:|---:|---:|---|",
            *(_line(r, plain_rate) for r in rows),
        ]
    )


def _line(row: Measured, plain_rate: dict[int, float]) -> str:
    if row.error:
        return f"| {row.way} | {row.batch} | - | - | - | - | - | - | {row.error} |"
    base = plain_rate.get(row.batch)
    cells = [
        f"{row.seconds / row.clips:.2f}",
        f"{row.per_hour:,.1f}",
        f"{row.per_hour / base:.3f}" if base else "-",
        "-" if row.busy is None else f"{100 * row.busy:.1f} %",
        "-" if row.peak_gb is None else f"{row.peak_gb:.1f}",
        f"{row.warm_s:.1f}",
        "" if row.levels_off is None else f"first clip off by up to {row.levels_off} of 255",
    ]
    return f"| {row.way} | {row.batch} | {' | '.join(cells)} |"


def verdict(rows: Sequence[Measured]) -> list[str]:
    """Whether the harness is as fast as the plain loop and keeps the GPU busy."""
    plain_rate = {row.batch: row.per_hour for row in rows if row.way == "plain"}
    told = []
    for row in rows:
        if row.way == "harness" and not row.error and plain_rate.get(row.batch):
            faster = "yes" if row.per_hour >= plain_rate[row.batch] else "no"
            busy = "unknown" if row.busy is None else "yes" if row.busy >= _BUSY else "no"
            told.append(
                f"Batch {row.batch}: at least as fast as the plain loop: {faster}; "
                f"GPU busy at least {100 * _BUSY:.0f} %: {busy}."
            )
    return told


def headline(device: str, settings: Mapping[str, Any], *, clips: int, tiny: bool) -> str:
    """What was measured, where."""
    what = "a tiny pipeline, which says nothing of speed" if tiny else "LTX-Video in full size"
    size = "{width}x{height}, {num_frames} frames, {num_inference_steps} steps".format(**settings)
    return f"{device}: {what}, random weights; {size}; {clips} clips."


def keep(folder: Path, text: str, device: str, rows: Sequence[Measured], **more: object) -> None:
    """Write the text, and the figures as JSON."""
    folder.mkdir(parents=True, exist_ok=True)
    versions = {package: version(package) for package in _PACKAGES}
    figures = [{**asdict(row), "clips_per_hour": row.per_hour} for row in rows]
    record = {"device": device, "versions": versions, **more, "rows": figures}
    (folder / "gpu.json").write_text(json.dumps(record, indent=2) + "\n")
    (folder / "gpu.md").write_text(text + "\n")


def read_options() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--device", default="cuda:0")
    parser.add_argument("--clips", type=int, default=8)
    parser.add_argument("--batches", type=_numbers, default=[1, 2, 4])
    parser.add_argument("--model", type=Path, help="keep the weights here and use them again")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--tiny", action="store_true")
    return parser.parse_args()


def _numbers(text: str) -> list[int]:
    return [int(number) for number in text.split(",")]


def main() -> int:
    """Measure and print."""
    options = read_options()
    if options.device not in (["cpu"] if options.tiny else []) + devices("cuda"):
        print(f"no GPU {options.device!r} here: nothing was measured", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as folder:
        rows, settings = measure(options, Path(folder))
    device = gpu_name(options.device)
    head = headline(device, settings, clips=options.clips, tiny=options.tiny)
    text = "\n".join([head, "", table(rows), "", *([] if options.tiny else verdict(rows))])
    if options.out:
        keep(options.out, text, device, rows, settings=settings, tiny=options.tiny)
    print(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
