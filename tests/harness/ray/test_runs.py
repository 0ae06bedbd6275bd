"""Whole runs on a cluster: the store is that of a local run, whatever dies on the way."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from popcorn_bench.errors import UsageError
from popcorn_bench.generators.protocol import MediaRequest
from popcorn_bench.harness.executors import disk
from popcorn_bench.harness.executors.choose import executor_for
from popcorn_bench.harness.progress import Outcome, Silent
from popcorn_bench.harness.resolve import resolve
from popcorn_bench.harness.spec import RunSpec
from popcorn_bench.results.artifacts.place import ArtefactPlace, remember
from popcorn_bench.types import Artefact, Stage
from tests.harness.ray.conftest import Hands
from tests.harness.ray.runs import actors, artefacts, content, made_once, records, run
from tests.s3 import S3, forget_clients

# What diffusers calls in its own dependencies is not ours to mend.
pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
]
TINY = {"width": "64", "height": "32", "num_inference_steps": "2", "num_frames": "9"}
SPEC = RunSpec(
    llms=("echo", "template"), videos=("storyboard",), tasks=("popcorn_concrete",), limit=4,
    device="cpu", retry_on_error=5,
)  # fmt: skip


@pytest.fixture(scope="session")
def ltx(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from tests import tiny

    return tiny.save("ltx", tmp_path_factory.mktemp("tiny") / "ltx")


@pytest.fixture(scope="session")
def local(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a run on this machine leaves."""
    folder = tmp_path_factory.mktemp("local")
    run(replace(SPEC, output_path=folder))
    return folder


def on(hands: Hands, folder: Path, spec: RunSpec = SPEC) -> RunSpec:
    return replace(spec, executor="ray", ray_address=hands.address, output_path=folder)


def test_pipelines_on_two_nodes_make_what_they_make_here(
    hands: Hands, tmp_path: Path, ltx: Path
) -> None:
    hands.add(cpus=2)
    hands.add(cpus=2)
    spec = replace(
        SPEC, llms=("echo",), videos=("ltx",), video_args=(("ltx", {"model": str(ltx), **TINY}),)
    )

    run(replace(spec, output_path=tmp_path / "here"))
    report = run(on(hands, tmp_path / "there", spec))

    assert report.tally.of(Outcome.DONE, Stage.VIDEO) == 4
    assert content(tmp_path / "there") == content(tmp_path / "here")
    assert artefacts(tmp_path / "there") == artefacts(tmp_path / "here")


def test_a_killed_actor_and_a_killed_node_change_nothing(
    hands: Hands, tmp_path: Path, local: Path
) -> None:
    stays, goes = hands.add(cpus=2), hands.add(cpus=2)
    killed: list[str] = []

    def strike() -> None:
        _until(lambda: _done(tmp_path) >= 2 and bool(actors(stays)))
        os.kill(actors(stays)[0], signal.SIGKILL)
        killed.append("actor")
        _until(lambda: bool(actors(goes)))
        hands.kill(goes)
        killed.append("node")

    striking = threading.Thread(target=strike)
    striking.start()
    report = run(on(hands, tmp_path))
    striking.join()

    assert killed == ["actor", "node"]
    assert report.tally.of(Outcome.FAILED) == 0
    assert content(tmp_path) == content(local)
    assert made_once(tmp_path)
    assert artefacts(tmp_path) == artefacts(local)


def test_a_node_that_does_not_see_the_folder_sends_its_clips(
    hands: Hands, tmp_path: Path, local: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nodes here share one disk, so the mark by which they know the folder is taken away."""
    hands.add(cpus=3)
    monkeypatch.setattr("popcorn_bench.harness.executors.on_ray.shown", _unseen)
    scratch = Path("/tmp")  # where nodes make their stand-ins
    before = set(scratch.glob("popcorn-node-*"))

    report = run(on(hands, tmp_path))

    assert report.tally.of(Outcome.FAILED) == 0
    assert content(tmp_path) == content(local)
    assert artefacts(tmp_path) == artefacts(local)
    _until(lambda: set(scratch.glob("popcorn-node-*")) <= before)


def test_with_artefacts_at_a_url_such_a_node_puts_them_there(
    hands: Hands, tmp_path: Path, local: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("popcorn_bench.harness.executors.on_ray.shown", _unseen)
    with S3() as s3:
        for name, value in s3.env.items():  # what a node is started with, its actors have
            monkeypatch.setenv(name, value)
        forget_clients()
        hands.add(cpus=2)
        url = s3.bucket()
        remember(tmp_path, ArtefactPlace(url))

        report = run(on(hands, tmp_path))

        put = {key.rpartition("/")[2] for key in s3.objects(url)}
    forget_clients()
    assert report.tally.of(Outcome.FAILED) == 0
    assert content(tmp_path) == content(local)
    assert put == artefacts(local)
    assert not artefacts(tmp_path), "the driver had nothing to do with their bytes"


@contextmanager
def _unseen(folder: Path) -> Iterator[disk.Disk]:
    """A results folder whose mark no node finds."""
    with disk.shown(folder) as found:
        yield replace(found, token=found.token.with_name("nowhere"))


async def test_more_actors_come_with_more_nodes(hands: Hands, tmp_path: Path) -> None:
    hands.add()
    plan = resolve(on(hands, tmp_path))
    (entry,) = plan.videos
    async with executor_for(plan, tmp_path, Silent()) as executor:
        made = [
            asyncio.create_task(executor.make(entry.generator, MediaRequest("a cat", seed)))
            for seed in range(200)
        ]
        await made[0]
        new = hands.add()
        while not actors(new):
            assert not all(task.done() for task in made), "the node that joined did nothing"
            await asyncio.sleep(0.1)
        executor.drop_waiting()
        found = await asyncio.gather(*made, return_exceptions=True)

    assert {type(one) for one in found} <= {Artefact, asyncio.CancelledError}


def test_no_gpu_where_one_is_needed_is_said_at_once(
    hands: Hands, tmp_path: Path, ltx: Path
) -> None:
    hands.add()
    spec = replace(SPEC, videos=("ltx",), video_args=(("ltx", {"model": str(ltx), **TINY}),))

    with pytest.raises(UsageError, match=r"ltx: no node of the cluster has a GPU"):
        run(on(hands, tmp_path / "a", replace(spec, device="auto")))
    with pytest.raises(UsageError, match=r"--device cuda: no node of the cluster has a GPU"):
        run(on(hands, tmp_path / "b", replace(SPEC, device="cuda")))


def _done(results: Path) -> int:
    """Clips that the journal holds."""
    return sum(1 for r in records(results) if r["t"] == "unit" and r["stage"] == "video")


def _until(true: Callable[[], bool], seconds: float = 90.0) -> None:
    ends = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < ends, "waited too long"
        time.sleep(0.05)
