"""A real run made from Python, which most tests only look at."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

import popcorn_bench as pb
from popcorn_bench.harness.api.running import Finished

SMALL: dict[str, Any] = {
    "tasks": "popcorn_concrete",
    "limit": 2,
    "videos": ["still"],
    "covers": "none",
    "evaluators": "popularity",
}
_SECONDS = 280


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Finished:
    """Two baselines, two queries, one generator."""
    return pb.run(**SMALL, output_path=tmp_path_factory.mktemp("made") / "results")


@pytest.fixture(scope="session")
def folder(finished: Finished) -> Path:
    return finished.folder


def script(text: str, cwd: Path, env: Mapping[str, str] | None = None) -> str:
    """Run a script in a process of its own, warnings as errors; give what it printed."""
    path = cwd / "script.py"
    path.write_text(dedent(text))
    done = subprocess.run(
        [sys.executable, "-W", "error", "-X", "faulthandler", str(path)],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(Path(pb.__file__).parents[1]), **(env or {})},
        capture_output=True,
        text=True,
        timeout=_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
