"""What each setting of a pipeline may be: its type, its range and its default."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from popcorn_bench.generators.pipelines.spec import Pipeline, Rung
from popcorn_bench.settings import (
    Rule,
    Scalar,
    Settings,
    choice,
    flag,
    multiple,
    number,
    text,
    whole,
)

RUNNING: Final = Settings(
    offload=choice("", "none", "model", "sequential", "group"),
    batch_size=whole(0, 1, 64),
    threads=whole(1, 1, 256),
)
"""How it runs; none of these changes an artefact beyond rounding."""

_LARGEST: Final = 4096  # pixels a side
_KNOWN: Final[Mapping[str, Rule]] = {
    "num_inference_steps": whole(50, 1, 1000),
    "guidance_scale": number(0, 0, 100),
    "guidance_scale_2": number(0, 0, 100),
    "true_cfg_scale": number(0, 0, 100),
    "fps": number(24, 1, 120),
    "frame_rate": number(24, 1, 120),
    "max_sequence_length": whole(256, 8, 4096),
}
_EXPORT: Final[Mapping[str, Rule]] = {
    "export_fps": number(0, 0, 120),  # 0: as sampled
    "export_seconds": number(0, 0, 600),  # 0: all of it
}


def rules(
    pipeline: Pipeline, defaults: Mapping[str, Scalar], rung: Rung, *, on_gpu: bool
) -> Settings:
    """The settings of `pipeline` at `defaults`, which the catalog gives for a profile.

    Without a GPU everything is computed in 32 bits.
    """
    dtype = pipeline.dtype if on_gpu else "float32"
    every: dict[str, Rule] = {
        "dtype": choice(dtype, "float32", "float16", "bfloat16"),
        "quantization": choice(rung.quantization, "none", "fp8", "8bit", "4bit"),
        "vae_tiling": flag(rung.vae_tiling),
        "vae_slicing": flag(rung.vae_slicing),
        "scheduler": text(pipeline.scheduler.class_ or "", 80),
        **(_EXPORT if pipeline.frames else {}),
    }
    for name, value in {**pipeline.scheduler.options, **defaults}.items():
        if name not in RUNNING.names:
            _, read = every.get(name) or _rule(pipeline, name, value)
            every[name] = value, read
    return Settings(**every)


def _rule(pipeline: Pipeline, name: str, value: Scalar) -> Rule:
    """The rule of a known name; any other keeps the type that the catalog's value has."""
    if name in {"width", "height"}:
        return multiple(0, pipeline.side, 0, pipeline.side, _LARGEST)
    if name == "num_frames" and pipeline.frames:
        frames = pipeline.frames
        return multiple(0, frames.step, frames.offset, max(1, frames.offset), frames.most)
    if name in _KNOWN:
        return _KNOWN[name]
    if isinstance(value, bool):
        return flag(value)
    if isinstance(value, int):
        return whole(value, -(10**9), 10**9)
    return text(value) if isinstance(value, str) else number(value, -1e9, 1e9)
