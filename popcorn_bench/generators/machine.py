"""What this machine has for a local model: extras, GPU memory, downloaded weights.

Found without importing torch or huggingface_hub, so that listing generators stays quick.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from itertools import takewhile
from pathlib import Path

_EXTRAS = {
    "diffusers": ("torch", "diffusers", "transformers", "accelerate"),
    "ray": ("ray",),
}
_DRIVER = Path("/proc/driver/nvidia/gpus")
_MIB_PER_GB = 1e9 / 2**20
_UNDERSTATED = 0.93  # a card sold as 24 GB reports a little less
_PATIENCE = 10.0  # seconds for nvidia-smi, which may hang on a broken driver
_COLUMNS = 3  # of what nvidia-smi is asked for
_DEVICE = re.compile(r"auto|cpu|mps|cuda(:(?P<number>\d+))?")


def missing_extra(extra: str) -> str:
    """What to install for an extra of this package; empty where it is there."""
    absent = [name for name in _EXTRAS.get(extra, ()) if find_spec(name) is None]
    if not absent:
        return ""
    return f"extra {extra!r} not installed (pip install 'popcorn-bench[{extra}]')"


def gpu_memory() -> float | None:
    """Memory of the largest GPU in GB: None without a GPU, 0.0 where its size is not told."""
    sizes = _gpus()
    if sizes:
        return max(sizes)
    uncounted = not _listed() and _visible() != [] and _DRIVER.is_dir()
    return 0.0 if uncounted and any(_DRIVER.iterdir()) else None


def devices(asked: str) -> list[str]:
    """The GPUs that `--device` means, as torch names them; none for the CPU.

    `auto` and `cuda` mean all that there are and that `CUDA_VISIBLE_DEVICES` leaves.
    """
    if asked in {"auto", "cuda"}:
        return [f"cuda:{number}" for number in range(len(_gpus()))]
    return [asked] if asked.startswith(("cuda:", "mps")) else []


def missing_device(asked: str) -> str:
    """Why `--device` cannot be used on this machine; empty where it can."""
    known = _DEVICE.fullmatch(asked)
    if known is None:
        return f"device {asked!r} is none of auto, cpu, cuda, cuda:N, mps"
    if not asked.startswith("cuda"):
        return ""
    found = len(_gpus())
    uncounted = not found and gpu_memory() is not None
    if uncounted or int(known["number"] or 0) < found:
        return ""
    return f"no GPU {asked!r} here (found: {', '.join(devices('cuda')) or 'none'})"


def missing_gpu(found: float | None, gpu_gb: float | None) -> str:
    """What the GPU `found` lacks for a model that takes `gpu_gb`; empty where it will do."""
    if found is None:
        return f"no GPU found (needs {gpu_gb:g} GB)" if gpu_gb else "no GPU found"
    if found and gpu_gb and found < gpu_gb * _UNDERSTATED:
        return f"GPU memory too small ({found:.0f} GB, needs {gpu_gb:g} GB)"
    return ""


def missing_weights(repo: str) -> str:
    """What to download of a Hugging Face repository; empty where a snapshot lies in the cache."""
    try:
        if any(any(snapshot.iterdir()) for snapshot in (cached(repo) / "snapshots").iterdir()):
            return ""
    except OSError:
        pass
    return f"weights not downloaded ({repo})"


def missing_packages(names: Iterable[str]) -> list[str]:
    """Modules that a model's own code needs and that are not installed."""
    return [f"package {name!r} not installed" for name in names if find_spec(name) is None]


def cached(repo: str) -> Path:
    """Where huggingface_hub keeps a repository's files."""
    return hub_cache() / f"models--{repo.replace('/', '--')}"


@dataclass(frozen=True, slots=True)
class _Gpu:
    """One line of nvidia-smi; memory in GB, 0.0 where it is not told."""

    index: str
    uuid: str
    memory: float

    def is_meant(self, name: str) -> bool:
        """Whether `CUDA_VISIBLE_DEVICES` means it: by number, or by the start of its UUID."""
        return name == self.index or (name.startswith("GPU-") and self.uuid.startswith(name))


def _gpus() -> list[float]:
    """Memory in GB of each GPU that torch will see, in its order; 0.0 where that is not told."""
    listed, visible = _listed(), _visible()
    if visible is None:
        return [gpu.memory for gpu in listed]
    sizes: list[float] = []
    for name in visible:
        meant = [gpu.memory for gpu in listed if gpu.is_meant(name)]
        if not meant and not (listed and name.startswith("MIG-")):
            break  # as CUDA does: those behind an unknown one are not seen either
        sizes += meant[:1] or [0.0]
    return sizes


def _visible() -> list[str] | None:
    """What `CUDA_VISIBLE_DEVICES` names; None where it is not set."""
    names = os.environ.get("CUDA_VISIBLE_DEVICES")
    if names is None:
        return None
    stripped = (name.strip() for name in names.split(","))
    return list(takewhile(lambda name: name not in {"", "-1"}, stripped))


def _listed() -> tuple[_Gpu, ...]:
    program = shutil.which("nvidia-smi")
    return _reported(program) if program else ()


@cache
def _reported(program: str) -> tuple[_Gpu, ...]:
    """What nvidia-smi lists; asked once, because it may take seconds."""
    query = [program, "--query-gpu=index,uuid,memory.total", "--format=csv,noheader,nounits"]
    try:
        done = subprocess.run(  # noqa: S603 - a fixed command, found by name on the PATH
            query, capture_output=True, text=True, timeout=_PATIENCE, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return ()
    rows = [[cell.strip() for cell in line.split(",")] for line in done.stdout.splitlines()]
    return tuple(_gpu(*row) for row in rows if len(row) == _COLUMNS and row[0].isdigit())


def _gpu(index: str, uuid: str, memory: str) -> _Gpu:
    return _Gpu(index, uuid, float(memory) / _MIB_PER_GB if memory.isdigit() else 0.0)


def hub_cache() -> Path:
    """The cache folder, by the same variables that huggingface_hub looks at."""
    hub = os.environ.get("HF_HUB_CACHE") or os.environ.get("HUGGINGFACE_HUB_CACHE")
    if hub:
        return Path(hub).expanduser()
    home = os.environ.get("HF_HOME")
    if home:
        return Path(home).expanduser() / "hub"
    base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(base).expanduser() / "huggingface" / "hub"
