"""Ctrl-C during a run on a cluster of its own: it ends, and nothing of the cluster is left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from uuid import uuid4

import pytest

from tests.harness.ray.runs import records

_SECONDS = 120.0


@pytest.mark.parametrize("times", [1, 2])
def test_an_interrupt_leaves_nothing_behind(tmp_path: Path, times: int) -> None:
    mark = uuid4().hex  # Ray's processes inherit the environment
    command = [sys.executable, "-m", "popcorn_bench", "--executor", "ray", "--limit", "40"]
    process = subprocess.Popen(
        [*command, "--output-path", str(tmp_path), "--display", "plain"],
        env={**os.environ, "POPCORN_TEST_MARK": mark},
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    _until(lambda: any(r["t"] == "unit" for r in records(tmp_path)))
    for _ in range(times):
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to the whole group
        time.sleep(0.5)
    _, err = process.communicate(timeout=_SECONDS)

    assert process.returncode == 130, err
    assert "Traceback" not in err
    _until(lambda: not _marked(mark))


def _marked(mark: str) -> list[str]:
    found = []
    for environment in Path("/proc").glob("[0-9]*/environ"):
        try:
            if mark in environment.read_text(errors="replace"):
                found.append(environment.parent.name)
        except OSError:
            continue
    return found


def _until(true: object) -> None:
    assert callable(true)
    ends = time.monotonic() + _SECONDS
    while not true():
        assert time.monotonic() < ends, "waited too long"
        time.sleep(0.1)
