"""A finished run is recognised in a moment, and by nothing less than all of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from popcorn_bench.errors import AdapterError
from popcorn_bench.harness.decide import Policy
from popcorn_bench.harness.plan import RunPlan
from popcorn_bench.harness.progress import Silent
from popcorn_bench.harness.resolve import resolve
from popcorn_bench.harness.run import Runner
from popcorn_bench.harness.spec import RunSpec
from popcorn_bench.harness.survey import planned_units, survey
from popcorn_bench.results import index
from popcorn_bench.results.artifacts import ArtefactStore
from popcorn_bench.results.journal import journal_files
from popcorn_bench.results.store import Store
from popcorn_bench.types import Stage
from tests.instant import Fault, InstantClient, InstantExecutor, no_fault

_SPEC = RunSpec(limit=4, tasks=("popcorn_concrete",))


def _plan(folder: Path, **changes: object) -> RunPlan:
    return resolve(replace(_SPEC, output_path=folder, **changes))  # type: ignore[arg-type]


def _run(plan: RunPlan, fault: Fault = no_fault) -> None:
    folder = plan.spec.output_path
    metrics = {c.name: tuple(m.name for m in c.metrics) for c in plan.evaluators}

    async def go() -> None:
        with Store(folder) as store:
            executor = InstantExecutor(ArtefactStore(folder), metrics, fault)
            client = InstantClient(fault)
            runner = Runner(plan, store, client, executor, display=Silent(), policy=Policy())
            await runner.run()

    asyncio.run(go())
    index.sync(folder)


def _is_sealed(plan: RunPlan) -> bool:
    with Store(plan.spec.output_path) as store:
        return store.is_sealed(plan.identity, {job.unit.key for job in plan.first_briefs()})


def test_a_seal_says_what_a_look_at_every_unit_says(tmp_path: Path) -> None:
    plan = _plan(tmp_path)
    assert not _is_sealed(plan)
    _run(plan)
    assert _is_sealed(plan)
    with Store(tmp_path) as store:
        quick = survey(plan, store, Policy())
    (tmp_path / index.FILE).unlink()
    assert not _is_sealed(plan)
    with Store(tmp_path) as store:
        assert survey(plan, store, Policy()) == quick
    assert quick.complete
    assert quick.present == planned_units(plan)


def test_a_second_run_of_what_was_there_is_sealed_too(tmp_path: Path) -> None:
    _run(_plan(tmp_path))
    _run(_plan(tmp_path, seed=1))
    assert not _is_sealed(_plan(tmp_path))
    _run(_plan(tmp_path))
    assert _is_sealed(_plan(tmp_path))
    assert not _is_sealed(_plan(tmp_path, seed=1))


def test_a_run_with_a_failure_is_not_sealed(tmp_path: Path) -> None:
    def fault(stage: Stage, _: str) -> AdapterError | None:
        return AdapterError("refusal", "no") if stage is Stage.VIDEO else None

    _run(_plan(tmp_path), fault)
    assert not _is_sealed(_plan(tmp_path))
    with Store(tmp_path) as store:
        assert survey(_plan(tmp_path), store, Policy()).failed[Stage.VIDEO]


def _lose_a_clip(folder: Path) -> None:
    next((folder / "artifacts").rglob("*.mp4")).unlink()


def _shorten_a_clip(folder: Path) -> None:
    next((folder / "artifacts").rglob("*.mp4")).write_bytes(b"")


def _add_a_file(folder: Path) -> None:
    (folder / "journal" / "0-of-another-machine.jsonl").write_text('{"t":"other"}\n')


def _go_on(folder: Path) -> None:
    with journal_files(folder)[-1].open("a") as file:
        file.write('{"t":"other"}\n')


def _tear(folder: Path) -> None:
    path = journal_files(folder)[-1]
    path.write_bytes(path.read_bytes()[:-1])


def _damage(folder: Path) -> None:
    path = journal_files(folder)[-1]
    lines = path.read_bytes().splitlines(keepends=True)
    lines[-2] = b"#" * (len(lines[-2]) - 1) + b"\n"
    path.write_bytes(b"".join(lines))
    (folder / index.FILE).unlink()
    index.sync(folder)


@pytest.mark.parametrize(
    "change", [_lose_a_clip, _shorten_a_clip, _add_a_file, _go_on, _tear, _damage]
)
def test_whatever_happens_afterwards_breaks_the_seal(
    tmp_path: Path, change: Callable[[Path], None]
) -> None:
    plan = _plan(tmp_path)
    _run(plan)
    change(tmp_path)
    assert not _is_sealed(plan)
    if change not in {_tear, _lose_a_clip, _shorten_a_clip, _damage}:
        index.sync(tmp_path)
        assert not _is_sealed(plan)


def test_keys_that_are_made_otherwise_break_the_seal(tmp_path: Path) -> None:
    plan = _plan(tmp_path)
    _run(plan)
    with Store(tmp_path) as store:
        assert not store.is_sealed(plan.identity, {"f" * 64})


@pytest.mark.parametrize(
    "changes",
    [
        {"seed": 1},
        {"repeats": 2},
        {"limit": 5},
        {"limit": 3},
        {"llms": ("echo",)},
        {"videos": ("still",)},
        {"evaluators": ("quality",)},
        {"covers": ("none",)},
        {"video_args": (("still", {"width": "64", "height": "64"}),)},
    ],
)
def test_another_plan_has_another_identity(tmp_path: Path, changes: dict[str, object]) -> None:
    assert _plan(tmp_path).identity == _plan(tmp_path).identity
    assert _plan(tmp_path, **changes).identity != _plan(tmp_path).identity
