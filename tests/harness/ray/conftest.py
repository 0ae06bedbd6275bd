"""A real cluster of several raylets on this machine."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, cast

import pytest

from popcorn_bench.harness.executors.cluster import QUIET, connected

if TYPE_CHECKING:
    from ray.cluster_utils import Cluster

pytest.importorskip("ray", reason="needs the extra 'ray'")


@pytest.fixture(scope="session")
def head() -> Iterator[Cluster]:
    """A cluster of a head that takes no work: a test adds the nodes that it needs."""
    os.environ.update(QUIET)
    from ray.cluster_utils import Cluster

    cluster = Cluster(
        initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False}
    )
    yield cluster
    cast("Any", cluster).shutdown()


class Hands:
    """Adds nodes to a cluster and takes them away again."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self.nodes: list[Any] = []

    def add(self, cpus: int = 1, gpus: int = 0) -> Any:
        """A node with so many CPUs and GPUs; nobody looks whether the latter are there."""
        node = self.cluster.add_node(num_cpus=cpus, num_gpus=gpus)
        self.nodes.append(node)
        return node

    def kill(self, node: Any) -> None:
        """Take a node away without a warning; the cluster needs a while to notice."""
        self.nodes.remove(node)
        self.cluster.remove_node(node, allow_graceful=False)

    def close(self) -> None:
        """Take all nodes away in good order."""
        while self.nodes:
            self.cluster.remove_node(self.nodes.pop(), allow_graceful=True)

    @property
    def address(self) -> str:
        """Where the cluster is."""
        return str(self.cluster.address)


@pytest.fixture
def hands(head: Cluster) -> Iterator[Hands]:
    """The cluster without nodes."""
    hands = Hands(head)
    yield hands
    hands.close()


@pytest.fixture
def driver(hands: Hands) -> Iterator[Hands]:
    """The cluster, with this process as a driver."""
    with connected(hands.address):
        yield hands
