"""Which executor a run asked for, and what that means for its plan."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import TYPE_CHECKING

from popcorn_bench.errors import UsageError
from popcorn_bench.generators.machine import missing_device, missing_extra
from popcorn_bench.harness.spec import RunSpec

if TYPE_CHECKING:
    from popcorn_bench.harness.executors.protocol import Executor
    from popcorn_bench.harness.plan import RunPlan
    from popcorn_bench.harness.progress import Display

_DEVICES = ("auto", "cpu", "cuda")


def is_elsewhere(spec: RunSpec) -> bool:
    """Whether models run on other machines than this one."""
    return spec.executor == "ray"


def planned_device(spec: RunSpec) -> str:
    """The device that models are looked up for; whether a cluster has one, it must say itself."""
    return "auto" if is_elsewhere(spec) and spec.device == "cuda" else spec.device


def check_place(spec: RunSpec) -> None:
    """Make sure that the executor and the device go together and can be had.

    Raises:
        UsageError: with the option that is wrong.
    """
    if not is_elsewhere(spec):
        if spec.ray_address:
            raise UsageError("--ray-address goes with --executor ray")
        if lacks := missing_device(spec.device):
            raise UsageError(f"--device: {lacks}")
        return
    if lacks := missing_extra("ray"):
        raise UsageError(f"--executor ray: {lacks}")
    if spec.device not in _DEVICES:
        known = ", ".join(_DEVICES)
        raise UsageError(f"--device: {spec.device!r} is none of {known}, which go with a cluster")


def executor_for(
    plan: RunPlan, folder: Path, display: Display
) -> AbstractAsyncContextManager[Executor]:
    """Makes the media and scores of a plan, for as long as the context lasts."""
    if is_elsewhere(plan.spec):
        from popcorn_bench.harness.executors.on_ray import ray_executor

        return ray_executor(plan, folder, display)
    from popcorn_bench.harness.executors.local import LocalExecutor

    return LocalExecutor(plan, folder, display.step)
