"""What a run ran on: versions, machine, code. No variable of the environment is recorded."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from functools import cache
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

from popcorn_bench import plugins

_SECONDS = 5


def environment() -> dict[str, Any]:
    """Describe this machine, this installation and the plugins in use as plain data."""
    return {**_unchanging(), "plugins": plugins.described()}


@cache
def _unchanging() -> dict[str, Any]:
    return {
        "python": sys.version.split()[0],
        "implementation": platform.python_implementation(),
        "platform": platform.platform(),
        "machine": platform.machine(),
        "cpus": os.cpu_count(),
        "gpus": _gpus(),
        "git": _git(Path(__file__).resolve().parents[2]),
        "packages": _packages(),
    }


def _packages() -> dict[str, str]:
    found = {d.metadata["Name"]: d.version for d in distributions() if d.metadata["Name"]}
    return dict(sorted(found.items(), key=lambda item: item[0].lower()))


def _gpus() -> list[dict[str, str]]:
    fields = "name,memory.total,driver_version"
    out = _output("nvidia-smi", f"--query-gpu={fields}", "--format=csv,noheader")
    names = ("name", "memory", "driver")
    return [
        dict(zip(names, map(str.strip, line.split(",")), strict=False)) for line in out.splitlines()
    ]


def _git(checkout: Path) -> dict[str, str | bool] | None:
    """Commit of the harness's own code, where it runs from a checkout."""
    if not (checkout / ".git").exists():
        return None
    git = ("git", "-C", str(checkout))
    return {
        "commit": _output(*git, "rev-parse", "HEAD"),
        "dirty": bool(_output(*git, "status", "--porcelain", "--untracked-files=no")),
    }


def _output(*command: str) -> str:
    try:
        done = subprocess.run(  # noqa: S603 - fixed commands, no shell
            command, capture_output=True, text=True, timeout=_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
