"""Fit a pipeline into memory: precision of its weights, where they wait, how it decodes."""

from __future__ import annotations

import warnings
from typing import Any

import diffusers
import torch

from popcorn_bench.errors import AdapterError
from popcorn_bench.generators.pipelines.spec import Pipeline, from_hints
from popcorn_bench.types import Generator


def quantization(spec: Pipeline, wanted: str, dtype: torch.dtype) -> Any:  # noqa: ANN401
    """What `from_pretrained` takes to load the named parts in 8 or 4 bits; None otherwise."""
    if wanted not in {"8bit", "4bit"}:
        return None
    kwargs: dict[str, Any] = {"load_in_8bit": True}
    if wanted == "4bit":
        kwargs = {
            "load_in_4bit": True,
            "bnb_4bit_quant_type": "nf4",
            "bnb_4bit_compute_dtype": dtype,
        }
    return diffusers.PipelineQuantizationConfig(
        quant_backend=f"bitsandbytes_{wanted}",
        quant_kwargs=kwargs,
        components_to_quantize=list(spec.quantize),
    )


def place(pipe: Any, generator: Generator, device: torch.device) -> None:  # noqa: ANN401
    """Decode in tiles or slices, keep weights in fp8, and bring them to the device when needed.

    Raises:
        AdapterError: kind `load` where the pipeline has no such way.
    """
    settings = generator.settings
    for name in ("tiling", "slicing"):
        if settings[f"vae_{name}"]:
            _enable(pipe.vae, f"enable_{name}")
    if settings["quantization"] == "fp8":
        for name in from_hints(generator.hints).quantize:
            _keep_small(getattr(pipe, name))
    if device.type != "cpu":
        _offload(pipe, str(generator.hints["offload"]), device)


def _keep_small(module: Any) -> None:  # noqa: ANN401 - a diffusers model
    """Weights wait in 8-bit floats and are widened layer by layer, which needs no other library."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        module.enable_layerwise_casting(
            storage_dtype=torch.float8_e4m3fn, compute_dtype=module.dtype
        )


def _offload(pipe: Any, how: str, device: torch.device) -> None:  # noqa: ANN401
    if how == "model":
        pipe.enable_model_cpu_offload(device=device)
    elif how == "sequential":
        pipe.enable_sequential_cpu_offload(device=device)
    elif how == "group":
        pipe.enable_group_offload(
            onload_device=device, offload_type="leaf_level", use_stream=device.type == "cuda"
        )
    else:
        pipe.to(device)


def _enable(vae: Any, name: str) -> None:  # noqa: ANN401 - one of many autoencoders
    if not hasattr(vae, name):
        raise AdapterError("load", f"{type(vae).__name__} cannot {name}")
    getattr(vae, name)()
