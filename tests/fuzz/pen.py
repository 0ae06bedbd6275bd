"""Runs a case in a process of its own, with bounded memory and time, and tells how it ended.

The pen has loaded everything and forks for each case, so that a case costs milliseconds and can
harm nobody: what it allocates, breaks or caches dies with it. A case is a command line, or a
function of `tests.fuzz.inside`.
"""

from __future__ import annotations

import gc
import json
import os
import resource
import select
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from importlib import import_module
from itertools import count
from pathlib import Path
from pkgutil import walk_packages
from typing import Any, Self

_ROOT = Path(__file__).resolve().parents[2]
_LOADED = (
    *("duckdb", "pyarrow.parquet", "polars", "av", "cv2", "json_repair", "PIL.ImageDraw"),
    # What those import when they are first used: it would be imported anew for every case.
    *("pandas", "scipy.special", "numpy.testing", "lightgbm", "huggingface_hub.file_download"),
    *("sqlite3", "tqdm.auto", "dateutil.parser", "encodings.utf_8_sig", "rich._emoji_codes"),
    "tests.fuzz.inside",
)
_UNLOADED = ("__main__", ".alignment.", ".pipelines.")  # what runs, or loads torch
HANG_SECONDS = 90  # a case takes a fraction of a second; this is a hang on any machine
STOP_AFTER = "TEST_STOP_AFTER"  # environment of a case: Ctrl-C after so many seconds, and on
SPACE_BYTES = 6 << 30  # address space beyond that of the pen: stops a bomb before the machine does


@dataclass(frozen=True, slots=True)
class Ended:
    """How a case ended: `code` is an exit code, minus a signal, or None for one that hung.

    `peak_mb` is the memory that was resident at most, with the program itself (some 500 MB, of
    which a case touches a part).
    """

    code: int | None
    out: str
    err: str
    peak_mb: float
    seconds: float


@dataclass(slots=True)
class Pen:
    """Use as a context manager; `folder` holds what cases need while they run."""

    folder: Path
    env: Mapping[str, str] = field(default_factory=dict)
    _process: subprocess.Popen[str] | None = None
    _numbers: Iterator[int] = field(default_factory=count)

    def __enter__(self) -> Self:
        clean = {k: v for k, v in os.environ.items() if "KEY" not in k and "TOKEN" not in k}
        offline = {"HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1", "COLUMNS": "100"}
        threads = dict.fromkeys(("OMP_NUM_THREADS", "POLARS_MAX_THREADS"), "1")
        self._process = subprocess.Popen(
            [sys.executable, "-X", "faulthandler", "-m", "tests.fuzz.pen"],
            cwd=_ROOT,
            env={**clean, **offline, **threads, **self.env},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is not None:
            self._process.communicate(timeout=60)

    @contextmanager
    def place(self) -> Iterator[Path]:
        """An empty folder for one case."""
        folder = self.folder / f"{next(self._numbers):06d}"
        folder.mkdir(parents=True)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def run(self, *args: str | Path, cwd: Path, env: Mapping[str, str] | None = None) -> Ended:
        """A command line of popcorn-bench."""
        return self._case({"args": [str(arg) for arg in args], "env": dict(env or {})}, cwd)

    def call(self, name: str, *args: str | Path, cwd: Path) -> Ended:
        """A function of `tests.fuzz.inside`; what it gives is printed as JSON."""
        return self._case({"call": name, "args": [str(arg) for arg in args], "env": {}}, cwd)

    def _case(self, case: Mapping[str, Any], cwd: Path) -> Ended:
        assert self._process is not None
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        number = next(self._numbers)
        out, err = (self.folder / f"{number:06d}.{name}" for name in ("out", "err"))
        asked = {**case, "cwd": str(cwd), "out": str(out), "err": str(err)}
        self._process.stdin.write(json.dumps(asked) + "\n")
        self._process.stdin.flush()
        ended = json.loads(self._process.stdout.readline())
        said, told = (path.read_text(errors="backslashreplace") for path in (out, err))
        for path in (out, err):
            path.unlink()
        return Ended(ended["code"], said, told, ended["peak_mb"], ended["seconds"])


def _main() -> None:
    _load()
    space = _kilobytes("VmSize") * 1024 + SPACE_BYTES
    for line in sys.stdin:
        started = time.monotonic()
        child = os.fork()
        if child == 0:
            _become(json.loads(line), space)
        code, peak = _awaited(child)
        ended = {"code": code, "peak_mb": peak, "seconds": time.monotonic() - started}
        sys.stdout.write(f"{json.dumps(ended)}\n")
        sys.stdout.flush()
    os._exit(0)  # libraries with threads have much to say about an end


def _load() -> None:
    import asyncio

    import popcorn_bench
    from popcorn_bench.remote import runtime

    asyncio.run(runtime.load())
    ours = (found.name for found in walk_packages(popcorn_bench.__path__, "popcorn_bench."))
    for name in (*_LOADED, *(n for n in ours if not any(part in n for part in _UNLOADED))):
        import_module(name)
    gc.collect()
    gc.freeze()  # a child that collects garbage would touch, and so copy, every page


def _awaited(child: int) -> tuple[int | None, float]:
    """The exit code of a child, None for one that hung and was ended, and its peak in MB.

    A descriptor of the process is waited for and no signal: a thread of a library that blocks none
    takes the signal of a child that ends early, and the wait for it then looks like a hang.
    """
    hung = not _ends(child, HANG_SECONDS)
    if hung:
        os.kill(child, signal.SIGABRT)  # it tells where it stands, and ends
        _ends(child, 5)
    _end(child)
    _, status, usage = os.wait4(child, 0)
    code = None if hung else os.waitstatus_to_exitcode(status)
    return code, usage.ru_maxrss / 1024


def _ends(child: int, seconds: float) -> bool:
    """Whether a child ends within some time."""
    descriptor = os.pidfd_open(child)
    try:
        return bool(select.select([descriptor], [], [], seconds)[0])
    finally:
        os.close(descriptor)


def _end(child: int) -> None:
    """End what is left of a case, with the processes that it started: it has its own session."""
    with suppress(ProcessLookupError):
        os.killpg(child, signal.SIGKILL)


def _become(case: Mapping[str, Any], space: int) -> None:
    """Be the case; never returns."""
    code: object = 70
    try:
        _settle(case, space)
        code = _called(case) if "call" in case else _commanded(case["args"])
    except SystemExit as end:
        code = end.code
    except BaseException:  # noqa: BLE001 - whatever it is, it is what the campaign looks for
        import traceback

        traceback.print_exc()
    finally:
        with suppress(OSError, ValueError):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code if isinstance(code, int) else 0)


def _called(case: Mapping[str, Any]) -> int:
    found = vars(import_module("tests.fuzz.inside"))[case["call"]](*case["args"])
    sys.stdout.write(json.dumps(found))
    return 0


def _commanded(args: Sequence[str]) -> int:
    from popcorn_bench.harness.cli import main

    sys.argv = ["popcorn-bench", *args]
    main()
    return 0


def _settle(case: Mapping[str, Any], space: int) -> None:
    os.setsid()
    os.chdir(case["cwd"])
    os.environ.update(case["env"])
    if seconds := os.environ.pop(STOP_AFTER, None):
        signal.signal(signal.SIGALRM, lambda *_: os.kill(os.getpid(), signal.SIGINT))
        signal.setitimer(signal.ITIMER_REAL, float(seconds), 1)
    written = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    names = (os.devnull, case["out"], case["err"])
    for handle, name, flags in zip((0, 1, 2), names, (os.O_RDONLY, written, written), strict=True):
        opened = os.open(name, flags, 0o600)
        os.dup2(opened, handle)
        os.close(opened)
    resource.setrlimit(resource.RLIMIT_AS, (space, space))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _kilobytes(name: str) -> int:
    status = Path("/proc/self/status").read_text(encoding="ascii")
    line = next(line for line in status.splitlines() if line.startswith(f"{name}:"))
    return int(line.split()[1])


if __name__ == "__main__":
    _main()
