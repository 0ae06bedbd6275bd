"""The GPU benchmark goes its whole way on a CPU, and without a GPU it measures nothing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.tinyruns import ENV

CHECKOUT = Path(__file__).resolve().parents[2]


def benchmark(*args: str | Path, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "benchmarks.gpu", *map(str, args)],
        cwd=CHECKOUT, env={**os.environ, **ENV, **env}, capture_output=True, text=True,
        timeout=200, check=False,
    )  # fmt: skip


def test_the_whole_way_with_a_tiny_pipeline(tmp_path: Path) -> None:
    pytest.importorskip("diffusers", reason="needs the extra 'diffusers'")

    done = benchmark("--tiny", "--device=cpu", "--clips=3", "--batches=2", "--out", tmp_path)

    assert done.returncode == 0, done.stderr
    assert "says nothing of speed" in done.stdout
    kept = json.loads((tmp_path / "gpu.json").read_text())
    assert (kept["device"], kept["tiny"]) == ("CPU", True)
    assert kept["settings"]["frame_rate"] == 25, "the paper's settings"
    rows = {(row["way"], row["batch"]): row for row in kept["rows"]}
    assert {("plain", 2), ("harness", 2)} < set(rows)
    assert {"attention _native_math", "compile eager"} < {way for way, _ in rows}
    for row in rows.values():
        assert not row["error"], row
        assert row["clips_per_hour"] == pytest.approx(3600 * row["clips"] / row["seconds"])
        assert row["busy"] is row["peak_gb"] is None, "nobody looked at a GPU"
    assert rows["compile eager", 1]["levels_off"] <= 1
    assert "| harness | 2 |" in (tmp_path / "gpu.md").read_text()


@pytest.mark.parametrize("args", [(), ("--device=cpu",)])
def test_without_a_gpu_nothing_is_measured(args: tuple[str, ...], tmp_path: Path) -> None:
    done = benchmark(*args, "--out", tmp_path / "out", PATH=str(tmp_path))

    assert done.returncode == 2
    assert "nothing was measured" in done.stderr
    assert not done.stdout
    assert not (tmp_path / "out").exists()
