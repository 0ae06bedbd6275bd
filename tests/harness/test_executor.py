"""Where models run: a seat for each GPU that there is, and one model at a time on each."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest

from popcorn_bench.fingerprint import generator_id
from popcorn_bench.generators.machine import devices, gpu_memory, missing_device
from popcorn_bench.generators.protocol import MediaRequest
from popcorn_bench.harness import pool as pools
from popcorn_bench.harness.executors.local import LocalExecutor
from popcorn_bench.harness.gate import Gate
from popcorn_bench.harness.plan import RunPlan
from popcorn_bench.harness.pool import Pool, Seat
from popcorn_bench.harness.resolve import resolve
from popcorn_bench.harness.spec import RunSpec
from popcorn_bench.harness.worker import GeneratorHost
from popcorn_bench.types import Artefact
from tests.harness.hosts import Occupying

MODELS = ("ltx", "hunyuan")
TWO = "0, GPU-aaaa, 81559\n1, GPU-bbbb, 24564\n"


def machine(
    monkeypatch: pytest.MonkeyPatch, folder: Path, listing: str, visible: str | None = None
) -> None:
    """A machine whose nvidia-smi says `listing`."""
    folder.mkdir(exist_ok=True)
    program = folder / "nvidia-smi"
    program.write_text(f"#!/bin/sh\ncat <<'END'\n{listing}END\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    if visible is not None:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)


@pytest.fixture
def pipelines(tmp_path: Path) -> Path:
    """Two folders that look like pipelines; nothing is loaded from them here."""
    for name in MODELS:
        (tmp_path / name).mkdir()
        (tmp_path / name / "model_index.json").write_text("{}")
    return tmp_path


def planned(pipelines: Path, device: str) -> RunPlan:
    models = tuple((name, {"model": str(pipelines / name)}) for name in MODELS)
    results = pipelines / "results"
    return resolve(
        RunSpec(videos=(*MODELS, "still"), video_args=models, device=device, output_path=results)
    )


def seats(pipelines: Path, device: str) -> dict[str, Sequence[Seat]]:
    plan = planned(pipelines, device)
    media = LocalExecutor(plan, pipelines / "results").media
    return {e.generator.name: media[generator_id(e.generator)].seats for e in plan.videos}


@pytest.mark.parametrize(
    ("visible", "expected", "memory"),
    [
        (None, ["cuda:0", "cuda:1"], 85.5),
        ("1", ["cuda:0"], 25.8),
        ("GPU-bbbb", ["cuda:0"], 25.8),
        ("GPU-b", ["cuda:0"], 25.8),
        ("1, 0", ["cuda:0", "cuda:1"], 85.5),
        ("1,7,0", ["cuda:0"], 25.8),
        ("MIG-1234", ["cuda:0"], 0.0),
        ("0,-1,1", ["cuda:0"], 85.5),
        ("", [], None),
        ("-1", [], None),
        ("2", [], None),
    ],
)
def test_the_gpus_are_those_that_torch_will_see(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    visible: str | None,
    expected: list[str],
    memory: float | None,
) -> None:
    machine(monkeypatch, tmp_path / "bin", TWO, visible)

    assert devices("auto") == devices("cuda") == expected
    assert gpu_memory() == (None if memory is None else pytest.approx(memory, abs=0.05))


def test_a_device_by_name_is_that_one(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    machine(monkeypatch, tmp_path / "bin", TWO)

    assert devices("cuda:1") == ["cuda:1"]
    assert devices("cpu") == []


@pytest.mark.parametrize(
    ("listing", "expected"),
    [
        ("0, GPU-a, [N/A]\n", ["cuda:0"]),
        ("0, GPU-a, [N/A]\n1, GPU-b, 81559\n", ["cuda:0", "cuda:1"]),
        ("No devices were found\n", []),
        ("", []),
    ],
)
def test_a_gpu_that_keeps_its_memory_to_itself_counts(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, listing: str, expected: list[str]
) -> None:
    machine(monkeypatch, tmp_path / "bin", listing)

    assert devices("auto") == expected


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ("auto", ""),
        ("cpu", ""),
        ("mps", ""),
        ("cuda", ""),
        ("cuda:1", ""),
        ("cuda:2", "no GPU 'cuda:2' here (found: cuda:0, cuda:1)"),
        ("cuda:x", "device 'cuda:x' is none of auto, cpu, cuda, cuda:N, mps"),
        ("gpu", "device 'gpu' is none of auto, cpu, cuda, cuda:N, mps"),
    ],
)
def test_a_device_that_cannot_be_had(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, asked: str, message: str
) -> None:
    machine(monkeypatch, tmp_path / "bin", TWO)

    assert missing_device(asked) == message


def test_two_gpus_are_two_seats_that_generators_share(
    monkeypatch: pytest.MonkeyPatch, pipelines: Path
) -> None:
    machine(monkeypatch, pipelines / "bin", TWO)

    found = seats(pipelines, "auto")

    for name in MODELS:
        assert [_gate(seat) for seat in found[name]] == ["cuda:0", "cuda:1"]
        assert [_device(seat) for seat in found[name]] == ["cuda:0", "cuda:1"]
    gates = [[seat.gate for seat in found[name]] for name in MODELS]
    assert all(a is b for a, b in zip(*gates, strict=True)), "one gate for each GPU"
    assert all(_gate(seat) is None for seat in found["still"]), "what needs no GPU waits for none"


def test_one_gpu_asked_for_is_one_seat(monkeypatch: pytest.MonkeyPatch, pipelines: Path) -> None:
    machine(monkeypatch, pipelines / "bin", TWO)

    (seat,) = seats(pipelines, "cuda:1")["ltx"]

    assert (_device(seat), _gate(seat)) == ("cuda:1", "cuda:1")


def test_on_the_cpu_a_pipeline_has_one_process_and_no_gate(
    monkeypatch: pytest.MonkeyPatch, pipelines: Path
) -> None:
    machine(monkeypatch, pipelines / "bin", TWO)

    found = seats(pipelines, "cpu")

    assert [(_device(seat), _gate(seat)) for seat in found["ltx"]] == [("cpu", None)]
    assert found["hunyuan"][0].host is not found["ltx"][0].host


async def test_two_models_take_turns_on_two_gpus(
    monkeypatch: pytest.MonkeyPatch, pipelines: Path
) -> None:
    """Through the executor: each process holds its GPU, a file, from its first job to its end."""
    monkeypatch.setattr(pools, "_IDLE_SECONDS", 0.2)
    machine(monkeypatch, pipelines / "bin", TWO)
    plan = planned(pipelines, "auto")
    executor = LocalExecutor(plan, pipelines / "results")
    for pool in executor.media.values():
        _occupy(pool, pipelines)
    models = [entry.generator for entry in plan.videos if entry.generator.name in MODELS]

    async with executor:
        requests = [MediaRequest(str(n), n) for n in range(8)]
        jobs = [executor.make(model, request) for request in requests for model in models]
        made: list[object] = [*await asyncio.wait_for(asyncio.gather(*jobs), 60)]

    assert made == [*MODELS] * 8
    assert _held(pipelines) == {"cuda:0", "cuda:1"}


def _device(seat: Seat) -> str:
    assert isinstance(seat.host, GeneratorHost)
    return seat.host.device


def _gate(seat: Seat) -> str | None:
    return seat.gate.device if isinstance(seat.gate, Gate) else None


def _occupy(pool: Pool[MediaRequest, Artefact], folder: Path) -> None:
    """Let each seat's process hold a file in place of the GPU."""
    pool.seats = [
        Seat(Occupying(seat.host.generator.name, folder / seat.host.device), seat.gate)
        for seat in pool.seats
        if isinstance(seat.host, GeneratorHost)
    ]


def _held(folder: Path) -> set[str]:
    return {path.name for path in folder.glob("cuda:*")}
