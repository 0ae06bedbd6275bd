"""A whole run from plan to report, for the command line and for Python."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import TypeAlias

from popcorn_bench.generators.llm.client import LiteLLMClient
from popcorn_bench.generators.llm.sharded import ShardedClient
from popcorn_bench.generators.protocol import TextClient
from popcorn_bench.harness.decide import Policy
from popcorn_bench.harness.executors.choose import executor_for
from popcorn_bench.harness.plan import RunPlan
from popcorn_bench.harness.progress import Display
from popcorn_bench.harness.run import Report, Runner
from popcorn_bench.results import index
from popcorn_bench.results.store import Store

_MANY_CALLS = 256  # fewer are done before another process has loaded what it needs
_MANY_AT_ONCE = 16  # fewer keep no process busy


Interrupt: TypeAlias = Callable[[], object]


def execute(
    plan: RunPlan,
    store: Store,
    display: Display,
    policy: Policy,
    interruptible: Callable[[Interrupt], object] = lambda _: None,
) -> Report:
    """Run a plan to its end and bring the index up to it.

    The first interrupt drains: nothing new begins and what is in flight is saved. The second
    stops at once; finished units are safe either way. In the main thread SIGINT and SIGTERM
    interrupt; `interruptible` is given what does so from any thread.

    Raises:
        StoreError: when the results folder cannot be written.
        KeyboardInterrupt: after the second interrupt.
    """
    try:
        return asyncio.run(_run(plan, store, display, policy, interruptible))
    except asyncio.CancelledError:
        raise KeyboardInterrupt from None
    finally:
        index.sync(store.folder)


async def _run(
    plan: RunPlan,
    store: Store,
    display: Display,
    policy: Policy,
    interruptible: Callable[[Interrupt], object],
) -> Report:
    client = text_client(plan)
    try:
        async with executor_for(plan, store.folder, display) as executor:
            runner = Runner(plan, store, client, executor, display=display, policy=policy)
            with _draining(runner, display, interruptible):
                return await runner.run()
    finally:
        await client.close()


def text_client(plan: RunPlan) -> TextClient:
    """One that may spread over processes where there are many calls, many of them at once."""
    calls = plan.n_briefs * len(plan.llms)
    at_once = min(plan.spec.max_connections, plan.n_briefs) * len(plan.llms)
    many = calls >= _MANY_CALLS and at_once >= _MANY_AT_ONCE
    return ShardedClient(plan.llms) if many else LiteLLMClient(plan.llms)


@contextmanager
def _draining(
    runner: Runner, display: Display, interruptible: Callable[[Interrupt], object]
) -> Iterator[None]:
    loop = asyncio.get_running_loop()
    task = asyncio.current_task()
    in_main = threading.current_thread() is threading.main_thread()
    signals = (signal.SIGINT, signal.SIGTERM) if in_main else ()

    asked = 0

    def interrupt() -> None:
        nonlocal asked
        asked += 1
        if asked > 1 and task is not None:
            task.cancel()
            return
        runner.stop()
        display.note("stopping: what is in flight will be saved; once more stops at once")

    interruptible(partial(loop.call_soon_threadsafe, interrupt))
    before = {number: signal.getsignal(number) for number in signals}
    for number in signals:
        loop.add_signal_handler(number, interrupt)
    try:
        yield
    finally:
        for number, handler in before.items():
            loop.remove_signal_handler(number)
            signal.signal(number, handler or signal.SIG_DFL)
