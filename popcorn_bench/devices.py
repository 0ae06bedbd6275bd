"""Which device torch computes on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from popcorn_bench.errors import UsageError

if TYPE_CHECKING:
    import torch

_KINDS = ("cpu", "cuda", "mps")
_UNKNOWN = "none of auto, cpu, cuda, cuda:N, mps"


def device_of(name: str) -> torch.device:
    """The device of a name: `auto`, `cpu`, `cuda`, `cuda:N` or `mps`.

    `auto` is a GPU where there is one. Nothing is put on the device to find out.

    Raises:
        UsageError: for a name that is not known, or a device that is not here.
    """
    import torch

    if name == "auto":
        return torch.device(_best())
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise UsageError(f"--device: {name!r} is {_UNKNOWN}") from error
    if device.type not in _KINDS:
        raise UsageError(f"--device: {name!r} is {_UNKNOWN}")
    if device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count():
        raise UsageError(f"--device: {name}: no such GPU here")
    if device.type == "mps" and not torch.backends.mps.is_available():
        raise UsageError(f"--device: {name}: not available here")
    return device


def _best() -> str:
    import torch

    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"
