"""The executor of a Ray cluster: actors on its nodes, as many as there is room for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, cast

from popcorn_bench.errors import StoreError, UsageError
from popcorn_bench.evaluators.catalog import asks, evaluator_class
from popcorn_bench.evaluators.protocol import gpu_share
from popcorn_bench.generators.media_catalog import ADAPTERS, MediaEntry
from popcorn_bench.generators.protocol import MediaAdapter
from popcorn_bench.harness.executors.actor import ActorWorker, Need
from popcorn_bench.harness.executors.cluster import Nodes, connected, nodes
from popcorn_bench.harness.executors.disk import Disk, shown
from popcorn_bench.harness.executors.local import LocalPools
from popcorn_bench.harness.executors.places import Place, Places
from popcorn_bench.harness.executors.pooled import JudgePool, MediaPool, PooledExecutor
from popcorn_bench.harness.executors.protocol import Executor
from popcorn_bench.harness.gate import Open
from popcorn_bench.harness.plan import RunPlan
from popcorn_bench.harness.pool import Pool, Seat
from popcorn_bench.harness.progress import Display
from popcorn_bench.harness.worker import EvaluatorHost, GeneratorHost, Host
from popcorn_bench.types import EvaluatorCard

_LOOK = 1.0  # seconds between two looks at which nodes there are


@asynccontextmanager
async def ray_executor(plan: RunPlan, folder: Path, display: Display) -> AsyncIterator[Executor]:
    """Make media and scores on a cluster, for as long as the context lasts.

    Raises:
        UsageError: where no cluster can be had, or it has no GPU and one was asked for.
        StoreError: when the cluster is lost on the way.
    """
    with connected(plan.spec.ray_address), shown(folder) as disk:
        cluster = Cluster(plan.spec.device, nodes(), disk, display)
        made = PooledExecutor(plan, cluster.media, cluster.judges)
        async with _watched(cluster), made as executor:
            yield executor


@asynccontextmanager
async def _watched(cluster: Cluster) -> AsyncIterator[None]:
    """Follow the nodes. Where there is no cluster any more, nobody waits for it for ever."""
    body = cast("asyncio.Task[Any]", asyncio.current_task())
    watching = asyncio.create_task(_watch(cluster))
    watching.add_done_callback(lambda done: done.cancelled() or body.cancel())
    try:
        yield
    except asyncio.CancelledError:
        if not watching.done():
            raise
        body.uncancel()
        watching.result()  # raises what ended it
        raise
    finally:
        watching.cancel()


async def _watch(cluster: Cluster) -> None:
    while True:
        await asyncio.sleep(_LOOK)
        try:
            found = await asyncio.to_thread(nodes)
        except StoreError:
            raise
        except Exception:  # noqa: BLE001, S112 - a head that is started again is silent for a while
            continue
        cluster.resize(found)


@dataclass(slots=True)
class _Grown:
    """A pool whose seats follow the nodes."""

    pool: Pool[Any, Any]
    seat: Seat
    room: Callable[[Nodes], int]

    def follow(self, found: Nodes) -> None:
        """Add seats where there is room for more; those too many wait for a place."""
        more = self.room(found) - len(self.pool.seats)
        if more > 0:
            self.pool.widen([self.seat] * more)


class Cluster:
    """Pools of actors that share the CPUs and GPUs of a cluster.

    What only waits for an API stays on this machine, with its keys.
    """

    def __init__(self, device: str, found: Nodes, disk: Disk, display: Display) -> None:
        if device == "cuda" and not any(found.gpus):
            raise UsageError("--device cuda: no node of the cluster has a GPU")
        self._device = device
        self._on_gpu = device != "cpu" and any(found.gpus)
        self._disk, self._display = disk, display
        self._local = LocalPools("cpu", disk.folder, display.step)
        self._cpus, self._gpus = Places(), Places()
        self._found, self._grown = found, list[_Grown]()
        self.resize(found)

    def resize(self, found: Nodes) -> None:
        """Nodes have joined or left."""
        self._found = found
        self._cpus.resize(sum(found.cpus))
        self._gpus.resize(sum(found.gpus))
        for grown in self._grown:
            grown.follow(found)

    def media(self, entry: MediaEntry) -> MediaPool:
        """For one generator: by its share of GPUs, else one per CPU, else one per node."""
        if entry.paid:
            return self._local.media(entry)
        if entry.on_gpu and self._device != "cpu" and not self._on_gpu:
            lacks = "no node of the cluster has a GPU (--device cpu does without)"
            raise UsageError(f"{entry.generator.name}: {lacks}")
        generator = entry.generator
        adapter = cast("MediaAdapter", ADAPTERS.load(generator.adapter))
        need = self._need(entry.num_gpus if entry.on_gpu else 0.0, cpus=1.0)
        host = GeneratorHost(generator, _device(need), self._disk.folder)
        name = f"{generator.adapter} {generator.name}"
        return self._pool(name, host, need, adapter.max_batch, spread=adapter.parallel)

    def judges(self, card: EvaluatorCard) -> JudgePool:
        """For one evaluator: by its share of GPUs, else one per CPU, else a single one."""
        if asks(card) is not None:
            return self._local.judges(card)
        kind = evaluator_class(card.name)
        need = self._need(gpu_share(kind), cpus=1.0 if kind.parallel else 0.0)
        host = EvaluatorHost(card, _device(need), self._disk.folder)
        return self._pool(card.name, host, need, kind.max_batch, spread=kind.parallel)

    def _need(self, share: float, cpus: float) -> Need:
        return Need(num_gpus=share) if share and self._on_gpu else Need(num_cpus=cpus)

    def _pool(
        self, name: str, host: Host, need: Need, max_batch: int, *, spread: bool
    ) -> Pool[Any, Any]:
        start = partial(ActorWorker, need=need, disk=self._disk, note=self._display.note)
        seat = Seat(host, self._room(name, need))
        pool = Pool[Any, Any]([seat], max_batch, on_step=self._display.step, start=start)
        if need.num_cpus or need.num_gpus:
            grown = _Grown(pool, seat, partial(_room, need, spread=spread))
            grown.follow(self._found)
            self._grown.append(grown)
        return pool

    def _room(self, name: str, need: Need) -> Place | Open:
        if need.num_gpus:
            return Place(self._gpus, name, need.num_gpus)
        return Place(self._cpus, name, need.num_cpus) if need.num_cpus else Open()


def _room(need: Need, found: Nodes, *, spread: bool) -> int:
    """How many actors of a pool the nodes have room for."""
    fit = found.fit(need.num_cpus, need.num_gpus)
    return fit if spread or need.num_gpus else min(fit, sum(map(bool, found.cpus)))


def _device(need: Need) -> str:
    """Of its node an actor sees the GPUs that it was given, and no others."""
    return "cuda" if need.num_gpus else "cpu"
