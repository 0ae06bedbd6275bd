"""What this machine has for a local model: extras, GPU memory, downloaded weights.

Found without importing torch or huggingface_hub, so that listing generators stays quick.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path

_EXTRAS = {"diffusers": ("torch", "diffusers", "transformers")}
_DRIVER = Path("/proc/driver/nvidia/gpus")
_MIB_PER_GB = 1e9 / 2**20
_UNDERSTATED = 0.93  # a card sold as 24 GB reports a little less
_PATIENCE = 10.0  # seconds for nvidia-smi, which may hang on a broken driver


def missing_extra(extra: str) -> str:
    """What to install for an extra of this package; empty where it is there."""
    absent = [name for name in _EXTRAS.get(extra, ()) if find_spec(name) is None]
    if not absent:
        return ""
    return f"extra {extra!r} not installed (pip install 'popcorn-bench[{extra}]')"


def gpu_memory() -> float | None:
    """Memory of the largest GPU in GB: None without a GPU, 0.0 where its size is not told."""
    program = shutil.which("nvidia-smi")
    sizes = _reported(program) if program else []
    if sizes:
        return max(sizes)
    return 0.0 if _DRIVER.is_dir() and any(_DRIVER.iterdir()) else None


def missing_gpu(found: float | None, gpu_gb: float | None) -> str:
    """What the GPU `found` lacks for a model that takes `gpu_gb`; empty where it will do."""
    if found is None:
        return f"no GPU found (needs {gpu_gb:g} GB)" if gpu_gb else "no GPU found"
    if found and gpu_gb and found < gpu_gb * _UNDERSTATED:
        return f"GPU memory too small ({found:.0f} GB, needs {gpu_gb:g} GB)"
    return ""


def missing_weights(repo: str) -> str:
    """What to download of a Hugging Face repository; empty where a snapshot lies in the cache."""
    snapshots = _hub_cache() / f"models--{repo.replace('/', '--')}" / "snapshots"
    try:
        if any(any(snapshot.iterdir()) for snapshot in snapshots.iterdir()):
            return ""
    except OSError:
        pass
    return f"weights not downloaded ({repo})"


def _reported(program: str) -> list[float]:
    query = [program, "--query-gpu=memory.total", "--format=csv,noheader,nounits"]
    try:
        done = subprocess.run(  # noqa: S603 - a fixed command, found by name on the PATH
            query, capture_output=True, text=True, timeout=_PATIENCE, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return []
    lines = [line.strip() for line in done.stdout.splitlines()]
    return [float(line) / _MIB_PER_GB for line in lines if line.isdigit()]


def _hub_cache() -> Path:
    """The cache folder, by the same variables that huggingface_hub looks at."""
    hub = os.environ.get("HF_HUB_CACHE") or os.environ.get("HUGGINGFACE_HUB_CACHE")
    if hub:
        return Path(hub).expanduser()
    home = os.environ.get("HF_HOME")
    if home:
        return Path(home).expanduser() / "hub"
    base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(base).expanduser() / "huggingface" / "hub"
