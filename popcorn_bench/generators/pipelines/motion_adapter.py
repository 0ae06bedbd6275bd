"""AnimateDiff in two parts: a motion adapter of its own beside any Stable Diffusion 1.5.

AnimateDiff-Lightning publishes nothing but tensors, one file per number of steps, for an adapter
of the usual shape. A folder with a configuration is loaded as such.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import diffusers
import torch
from safetensors.torch import load_file


def load(folder: Path, file: str, dtype: torch.dtype) -> Any:  # noqa: ANN401 - a MotionAdapter
    """The adapter in `folder`, or the tensors of `file` in it in an adapter of the usual shape.

    Raises:
        RuntimeError: where the tensors do not fit the shape.
        OSError: where there is no such file.
    """
    adapter: Any = diffusers.MotionAdapter
    if (folder / "config.json").is_file():
        return adapter.from_pretrained(str(folder), dtype=dtype, use_safetensors=True)
    with torch.device("meta"):
        made = adapter()
    made.load_state_dict(load_file(folder / file), assign=True)
    return made.to(dtype)
