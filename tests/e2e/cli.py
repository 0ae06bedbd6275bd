"""The command as a user types it, in a process of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_SECONDS = 280


@dataclass(frozen=True, slots=True)
class Done:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


def popcorn(*args: str | Path, cwd: Path, env: Mapping[str, str] | None = None) -> Done:
    """Run popcorn-bench with warnings as errors; keys of the outer environment are left out."""
    process = start(*args, cwd=cwd, env=env)
    try:
        out, err = process.communicate(timeout=_SECONDS)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGABRT)  # prints where every thread stands
        raise AssertionError(process.communicate()[1]) from None
    finally:
        process.kill()
    return Done(process.returncode, out, err)


def start(
    *args: str | Path, cwd: Path, env: Mapping[str, str] | None = None
) -> subprocess.Popen[str]:
    """The same, not waited for."""
    clean = {k: v for k, v in os.environ.items() if "KEY" not in k and "TOKEN" not in k}
    return subprocess.Popen(
        [
            sys.executable,
            "-X",
            "faulthandler",
            "-W",
            "error",
            "-m",
            "popcorn_bench",
            *map(str, args),
        ],
        cwd=cwd,
        env={**clean, "COLUMNS": "100", **(env or {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
