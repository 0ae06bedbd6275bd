"""A cluster that is lost under a run: nobody waits for it for ever, and nothing done is lost."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest

from popcorn_bench.harness.executors.cluster import QUIET
from tests.harness.ray.runs import records

if TYPE_CHECKING:
    from ray.cluster_utils import Cluster

_SECONDS = 240.0


@pytest.fixture
def doomed() -> Iterator[Cluster]:
    """A cluster of its own with a node for the driver and one for the work."""
    os.environ.update(QUIET)
    from ray.cluster_utils import Cluster

    cluster = Cluster(
        initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False}
    )
    cluster.add_node(num_cpus=2)
    yield cluster
    cast("Any", cluster).shutdown()


def test_a_driver_whose_own_node_dies_ends_and_says_why(doomed: Cluster, tmp_path: Path) -> None:
    asked = ["--executor", "ray", "--ray-address", str(doomed.address), "--videos", "storyboard"]
    process = subprocess.Popen(
        [sys.executable, "-m", "popcorn_bench", *asked, "--output-path", str(tmp_path)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        ends = time.monotonic() + _SECONDS
        while not any(r.get("stage") == "video" for r in records(tmp_path)):
            assert process.poll() is None, process.communicate()[1]
            assert time.monotonic() < ends, "nothing was made"
            time.sleep(0.1)
        cast("Any", doomed.head_node).all_processes["raylet"][0].process.kill()
        _, err = process.communicate(timeout=_SECONDS)
    finally:
        process.kill()

    assert process.returncode == 1, err
    assert "the Ray cluster is lost" in err
    assert "Traceback" not in err
    last = records(tmp_path)[-1]
    assert (last["t"], last["status"]) == ("end", "broken off")
    assert not any(record["t"] == "failure" for record in records(tmp_path))
