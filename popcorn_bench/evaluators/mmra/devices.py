"""Which device torch computes on."""

from __future__ import annotations

import torch

from popcorn_bench.errors import UsageError


def device_of(name: str) -> torch.device:
    """The device of a name: `auto`, `cpu`, `cuda`, `cuda:N` or `mps`.

    Raises:
        UsageError: for a name that is not known, or a device that is not here.
    """
    if name == "auto":
        return torch.device(_best())
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise UsageError(f"--device: unknown device {name!r}") from error
    if device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count():
        raise UsageError(f"--device: {name}: no such GPU here")
    if device.type == "mps" and not torch.backends.mps.is_available():
        raise UsageError(f"--device: {name}: not available here")
    return device


def _best() -> str:
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"
