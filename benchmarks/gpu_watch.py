"""What was measured of one way to make clips, and a look at the GPU meanwhile."""

from __future__ import annotations

import os
import shutil
import subprocess
import threading
import time
from dataclasses import dataclass, field
from typing import Self

_EVERY_MS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One way at one batch size.

    `seconds` is the wall time from the first request to the last finished file, models loaded and
    one batch made before. `busy` (0..1) is the mean utilisation of the GPU between the first and
    the last denoising step. `levels_off` is the largest difference to the plain loop's clip, of
    255. Where `error` is set nothing was measured.
    """

    way: str
    batch: int
    clips: int = 0
    seconds: float = 0.0
    warm_s: float = 0.0
    busy: float | None = None
    peak_gb: float | None = None
    levels_off: int | None = None
    error: str = ""

    @property
    def per_hour(self) -> float:
        """Clips an hour."""
        return 3600 * self.clips / self.seconds if self.seconds else 0.0


@dataclass(slots=True)
class Watch:
    """Reads the GPU's utilisation five times a second, as nvidia-smi tells it; nothing on a CPU."""

    device: str
    _read: list[tuple[float, float]] = field(default_factory=list)
    _process: subprocess.Popen[str] | None = None
    _thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        program = shutil.which("nvidia-smi")
        if program and self.device.startswith("cuda"):
            self._process = subprocess.Popen(
                [
                    program, "-i", _physical(self.device), "--query-gpu=utilization.gpu",
                    "--format=csv,noheader,nounits", "-lms", str(_EVERY_MS),
                ],
                stdout=subprocess.PIPE, text=True,
            )  # fmt: skip
            self._thread = threading.Thread(target=self._listen, daemon=True)
            self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        if self._process and self._thread:
            self._process.terminate()
            self._thread.join()
            self._process.wait()

    def busy(self, first: float, last: float) -> float | None:
        """Mean utilisation (0..1) between two moments of `time.perf_counter`."""
        read = [value for at, value in self._read if first <= at <= last]
        return sum(read) / len(read) / 100 if read else None

    def _listen(self) -> None:
        assert self._process
        for line in self._process.stdout or ():
            if line.strip().isdigit():
                self._read.append((time.perf_counter(), float(line)))


def gpu_name(device: str) -> str:
    """The GPU and its driver, as nvidia-smi names them; `CPU` without one."""
    program = shutil.which("nvidia-smi")
    if not program or not device.startswith("cuda"):
        return "CPU"
    query = ["-i", _physical(device), "--query-gpu=name,driver_version", "--format=csv,noheader"]
    done = subprocess.run([program, *query], capture_output=True, text=True, check=True)
    name, _, driver = done.stdout.strip().partition(", ")
    return f"{name} (driver {driver})"


def _physical(device: str) -> str:
    """What nvidia-smi calls a device that torch numbers among the visible ones."""
    number = int(device.partition(":")[2] or 0)
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    return visible.split(",")[number].strip() if visible else str(number)
