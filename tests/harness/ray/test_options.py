"""`--executor` and `--ray-address`: what is wrong is said in one line, before anything runs."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
from click.testing import CliRunner

from popcorn_bench.errors import UsageError
from popcorn_bench.generators import machine
from popcorn_bench.harness.cli.run import command
from popcorn_bench.harness.executors.choose import check_place
from popcorn_bench.harness.executors.cluster import Nodes, connected
from popcorn_bench.harness.spec import RunSpec


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        (RunSpec(ray_address="h:1"), "--ray-address goes with --executor ray"),
        (RunSpec(executor="ray", device="cuda:1"), "'cuda:1' is none of auto, cpu, cuda"),
    ],
)
def test_options_that_do_not_go_together(spec: RunSpec, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        check_place(spec)


def test_a_missing_package_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "find_spec", lambda _: None)

    with pytest.raises(UsageError) as error:
        check_place(RunSpec(executor="ray"))
    assert str(error.value) == (
        "--executor ray: extra 'ray' not installed (pip install 'popcorn-bench[ray]')"
    )


def test_the_options_reach_the_spec_and_a_plan_needs_no_cluster(tmp_path: Path) -> None:
    asked = ["--executor", "ray", "--ray-address", "nobody.invalid:1", "--limit", "1", "--dry-run"]
    done = CliRunner().invoke(command, [*asked, "--json", "--output-path", str(tmp_path / "r")])

    assert done.exit_code == 0, done.output
    wrong = CliRunner().invoke(command, ["--executor", "slurm"])
    assert wrong.exit_code == 2


@pytest.mark.parametrize("address", ["nonsense", "host:port", ":6379"])
def test_an_address_that_is_none(address: str) -> None:
    with pytest.raises(UsageError, match="is neither auto nor HOST:PORT"), connected(address):
        pass


def test_a_client_address_is_refused() -> None:
    with pytest.raises(UsageError, match="run this on a node"), connected("ray://h:10001"):
        pass


def test_no_cluster_at_the_address() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, but nobody listens
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(UsageError, match="no cluster there"), connected(address):
            pass


@pytest.mark.parametrize(
    ("cpus", "gpus", "fit"), [(1, 0, 5), (2, 0, 2), (0, 1, 3), (0, 0.5, 6), (0, 0.3, 9)]
)
def test_what_the_nodes_have_room_for(cpus: float, gpus: float, fit: int) -> None:
    assert Nodes(cpus=(2.0, 3.0, 0.0), gpus=(1.0, 0.0, 2.0)).fit(cpus, gpus) == fit
