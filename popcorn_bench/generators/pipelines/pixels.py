"""From sampled floats to bytes, refusing what shows nothing."""

from __future__ import annotations

from typing import cast

import numpy as np
import torch
from numpy.typing import NDArray

from popcorn_bench.errors import AdapterError

FLAT = 1.0  # of 255 levels; a clip whose pixels spread less shows nothing
_CHUNK = 16  # frames at a time: floats take twelve bytes a pixel


def to_levels(frames: torch.Tensor) -> NDArray[np.uint8]:
    """Floats in [0, 1] of shape (f, 3, h, w) as bytes of shape (f, h, w, 3), sides made even.

    Raises:
        AdapterError: kind `degenerate` for NaN or infinity anywhere, and for one flat colour
            (black, for one) throughout: a standard deviation below one level in every channel.
    """
    height, width = (side // 2 * 2 for side in frames.shape[-2:])
    starts = range(0, len(frames), _CHUNK)
    parts = [_levels(frames[start : start + _CHUNK, :, :height, :width]) for start in starts]
    _refuse_flat(parts)
    return np.concatenate([cast("NDArray[np.uint8]", part.cpu().numpy()) for part in parts])


def _levels(part: torch.Tensor) -> torch.Tensor:
    floats = part.float()
    if not bool(torch.isfinite(floats).all()):
        raise AdapterError("degenerate", "the model gave NaN or infinite pixels")
    levels = floats.clamp(0, 1).mul(255).round().to(torch.uint8)
    return levels.permute(0, 2, 3, 1).contiguous()


def _refuse_flat(parts: list[torch.Tensor]) -> None:
    """By the spread of each channel over all frames."""
    pixels = sum(part[..., 0].numel() for part in parts)
    mean = torch.stack([_flat(part).sum(0) for part in parts]).sum(0) / pixels
    squares = [(_flat(part) - mean).square_().sum(0) for part in parts]
    spread = torch.stack(squares).sum(0) / pixels
    if float(spread.max()) < FLAT**2:
        colour = ", ".join(f"{value:.0f}" for value in mean.tolist())
        raise AdapterError("degenerate", f"the whole picture is one flat colour (RGB {colour})")


def _flat(part: torch.Tensor) -> torch.Tensor:
    return part.reshape(-1, 3).float()
