"""The inside of an actor, without a cluster: what its node lacks is told to the driver."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from popcorn_bench.errors import AdapterError
from popcorn_bench.generators.protocol import MediaRequest
from popcorn_bench.harness.executors.desk import Desk
from popcorn_bench.harness.executors.disk import Disk, shown
from popcorn_bench.harness.serving import THREAD_VARIABLES
from popcorn_bench.harness.worker import GeneratorHost
from popcorn_bench.plugins import VARIABLE
from popcorn_bench.types import Generator

JOBS = [MediaRequest("a cat", 1), MediaRequest("a dog", 2)]


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """A desk sets variables of its process."""
    for name in (VARIABLE, *THREAD_VARIABLES):
        monkeypatch.setenv(name, "")


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    with shown(tmp_path) as disk:
        yield disk


def test_a_plugin_that_a_node_lacks_is_named(disk: Disk) -> None:
    generator = Generator(name="mine", adapter="mine", revision="1")
    host = GeneratorHost(generator, "cpu", disk.folder)

    results = list(Desk(host, disk, "/nowhere/mine.py").serve(JOBS, {}))

    assert len(results) == len(JOBS)
    for result in results:
        assert isinstance(result, AdapterError)
        assert (result.kind, result.retriable) == ("unusable", False)
        assert "/nowhere/mine.py" in result.message


def test_a_node_without_room_for_what_comes_says_so(
    disk: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: Disk) -> Path:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Disk, "stand_in", full)
    host = GeneratorHost(Generator(name="s", adapter="storyboard", revision="1"), "cpu", Path())
    disk.token.unlink()  # as on a node that does not see the folder
    desk = Desk(host, disk, "")

    with pytest.raises(OSError, match="No space left"):
        list(desk.serve(JOBS, {}))
