"""A whole run from plan to report, for the command line and for Python."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterator
from contextlib import contextmanager

from popcorn_bench.generators.llm.client import LiteLLMClient
from popcorn_bench.harness.decide import Policy
from popcorn_bench.harness.executor import LocalExecutor
from popcorn_bench.harness.plan import RunPlan
from popcorn_bench.harness.progress import Display
from popcorn_bench.harness.run import Report, Runner
from popcorn_bench.results import index
from popcorn_bench.results.store import Store


def execute(plan: RunPlan, store: Store, display: Display, policy: Policy) -> Report:
    """Run a plan to its end and bring the index up to it.

    The first interrupt drains: nothing new begins and what is in flight is saved. The second
    stops at once; finished units are safe either way.

    Raises:
        StoreError: when the results folder cannot be written.
        KeyboardInterrupt: after the second interrupt.
    """
    try:
        return asyncio.run(_run(plan, store, display, policy))
    except asyncio.CancelledError:
        raise KeyboardInterrupt from None
    finally:
        index.sync(store.folder)


async def _run(plan: RunPlan, store: Store, display: Display, policy: Policy) -> Report:
    client = LiteLLMClient(plan.llms)
    try:
        async with LocalExecutor(plan, store.folder, display.step) as executor:
            runner = Runner(plan, store, client, executor, display=display, policy=policy)
            with _draining(runner, display):
                return await runner.run()
    finally:
        await client.close()


@contextmanager
def _draining(runner: Runner, display: Display) -> Iterator[None]:
    loop = asyncio.get_running_loop()
    task = asyncio.current_task()
    signals = (signal.SIGINT, signal.SIGTERM)

    asked = 0

    def interrupt() -> None:
        nonlocal asked
        asked += 1
        if asked > 1 and task is not None:
            task.cancel()
            return
        runner.stop()
        display.note("stopping: what is in flight will be saved; once more stops at once")

    for number in signals:
        loop.add_signal_handler(number, interrupt)
    try:
        yield
    finally:
        for number in signals:
            loop.remove_signal_handler(number)
