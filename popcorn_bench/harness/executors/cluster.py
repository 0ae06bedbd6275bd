"""Connecting to a Ray cluster, or starting one on this machine; and what its nodes have."""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import floor
from typing import Any, cast

from popcorn_bench.errors import StoreError, UsageError

_PATIENCE = 10.0  # seconds
QUIET = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ENABLE_UV_RUN_RUNTIME_ENV": "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
}


@dataclass(frozen=True, slots=True)
class Nodes:
    """CPUs and GPUs of each node that is alive."""

    cpus: tuple[float, ...]
    gpus: tuple[float, ...]

    def fit(self, num_cpus: float, num_gpus: float) -> int:
        """How many that take so much find room at once; fractions of GPUs never span two."""
        if num_gpus:
            per_gpu = floor(1 / num_gpus) if num_gpus <= 1 else 1 / num_gpus
            return sum(floor(floor(gpus) * per_gpu) for gpus in self.gpus)
        return sum(floor(cpus / num_cpus) for cpus in self.cpus)


@contextmanager
def connected(address: str | None) -> Iterator[None]:
    """A connection to the cluster at `address`, or to one of this machine for as long as it lasts.

    `auto` is the cluster that this machine is a node of. A cluster that was there stays; the
    actors end with the connection either way.

    Raises:
        UsageError: where no cluster can be had.
    """
    for name, value in QUIET.items():
        os.environ.setdefault(name, value)
    import ray

    flag = f"--ray-address {address}" if address else "--executor ray"
    if address and address.startswith("ray://"):
        raise UsageError(
            f"{flag}: results cannot come through a Ray client; run this on a node of the cluster "
            "(--ray-address auto) or give the cluster's own address, such as HOST:6379"
        )
    if address and address != "auto":
        _knock(address, flag)
    try:
        ray.init(address or "local", log_to_driver=False, logging_level=logging.ERROR)
    except (ConnectionError, RuntimeError, ValueError, OSError, AssertionError) as error:
        reason = next(iter(str(error).splitlines()), "") or type(error).__name__
        raise UsageError(f"{flag}: no cluster there: {reason}") from error
    try:
        yield
    finally:
        ray.shutdown()


def _knock(address: str, flag: str) -> None:
    """Ray itself tries for minutes where nobody listens."""
    host, _, port = address.rpartition(":")
    if not host or not port.isdecimal():
        raise UsageError(f"{flag}: is neither auto nor HOST:PORT")
    try:
        socket.create_connection((host.strip("[]"), int(port)), _PATIENCE).close()
    except (OSError, OverflowError) as error:
        raise UsageError(f"{flag}: no cluster there: {error}") from error


def nodes() -> Nodes:
    """What the cluster has now.

    Raises:
        StoreError: where this machine is no living node of it: no actor can be had any more.
    """
    import ray

    here = ray.get_runtime_context().get_node_id()
    listed: list[dict[str, Any]] = cast("Any", ray).nodes()  # it has no types
    if not any(node["Alive"] and node["NodeID"] == here for node in listed):
        raise StoreError(
            "the Ray cluster is lost: its node on this machine has died; what was finished is "
            "saved, and the same command goes on once the cluster is there again"
        )
    alive = [node["Resources"] for node in listed if node["Alive"]]
    cpus, gpus = (tuple(float(n.get(name, 0)) for n in alive) for name in ("CPU", "GPU"))
    return Nodes(cpus, gpus)
