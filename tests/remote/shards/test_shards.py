"""Shards as their callers see them; each test loads LiteLLM once, in the process they come from."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from popcorn_bench.errors import AdapterError
from popcorn_bench.remote.shards.shards import Shards
from popcorn_bench.remote.shards.wire import Service
from tests.remote.shards.services import Failing, Telling

_PATIENCE_S = 60
_ROOT = Path(__file__).resolve().parents[3]
_ENDLESS = """
import asyncio, os
from popcorn_bench.remote.shards.shards import Shards
from tests.remote.shards.services import Telling

async def main():
    shards = Shards(Telling, most=2)
    pids = {await shards.call(0.0)}
    pids |= set(await asyncio.gather(*(shards.call(0.2) for _ in range(400))))
    print(*pids, shards._nursery._process.pid, flush=True)
    await shards.call(3600.0)

asyncio.run(main())
"""


@asynccontextmanager
async def opened(build: Callable[[], Service], most: int = 2) -> AsyncIterator[Shards]:
    shards = Shards(build, most)
    try:
        yield shards
    finally:
        await shards.close()


def lives(pid: int) -> bool:
    """Whether a process is there and no mere entry that its parent has not read yet."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state not in "ZX"


async def until_gone(*pids: int) -> None:
    deadline = time.monotonic() + _PATIENCE_S
    while any(map(lives, pids)):
        assert time.monotonic() < deadline, f"{pids} still live"
        await asyncio.sleep(0.05)


async def test_one_process_until_the_rate_asks_for_more_and_none_afterwards() -> None:
    async with opened(Telling) as shards:
        assert shards.processes == 0
        first = await shards.call(0.0)
        assert first != os.getpid()
        assert {await shards.call(0.01) for _ in range(5)} == {first}
        assert shards.processes == 1
        pids = set(await asyncio.gather(*(shards.call(0.2) for _ in range(400))))
        assert len(pids) == shards.processes == 2
        nursery = shards._nursery
        assert nursery is not None
    await until_gone(*pids, nursery._process.pid)


async def test_a_killed_shard_fails_its_calls_and_another_takes_its_place() -> None:
    async with opened(Telling, most=1) as shards:
        pid = await shards.call(0.0)
        calls = [asyncio.create_task(shards.call(3600.0)) for _ in range(3)]
        await asyncio.sleep(0.2)
        os.kill(pid, signal.SIGKILL)
        for call in calls:
            with pytest.raises(AdapterError, match="lost") as caught:
                await asyncio.wait_for(call, _PATIENCE_S)
            assert (caught.value.kind, caught.value.retriable) == ("worker_died", True)
        assert await asyncio.wait_for(shards.call(0.0), _PATIENCE_S) != pid


async def test_where_all_come_from_may_be_killed_too() -> None:
    async with opened(Telling, most=1) as shards:
        pid = await shards.call(0.0)
        nursery = shards._nursery
        assert nursery is not None
        os.killpg(nursery._process.pid, signal.SIGKILL)
        await until_gone(pid)
        with suppress(AdapterError):  # it may be sent before the loss is seen
            await asyncio.wait_for(shards.call(0.0), _PATIENCE_S)
        assert await asyncio.wait_for(shards.call(0.0), _PATIENCE_S) != pid


async def test_what_nobody_waits_for_any_more_is_cancelled(tmp_path: Path) -> None:
    mark = tmp_path / "cancelled"
    async with opened(Telling, most=1) as shards:
        await shards.call(0.0)
        call = asyncio.create_task(shards.call(3600.0, str(mark)))
        await asyncio.sleep(0.2)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        deadline = time.monotonic() + _PATIENCE_S
        while not mark.exists() and time.monotonic() < deadline:
            await shards.call(0.02)
        assert mark.exists()


async def test_an_error_comes_back_with_all_that_it_knew() -> None:
    async with opened(Failing) as shards:
        with pytest.raises(AdapterError) as caught:
            await shards.call("rate_limit")
        error = caught.value
        known = (error.kind, error.message, error.retriable, error.retry_after, error.cost_usd)
        assert known == ("rate_limit", "no", True, 7.5, 0.25)
        assert error.answer == "what the model said"
        with pytest.raises(AdapterError, match="ZeroDivisionError") as caught:
            await shards.call("bug")
        assert caught.value.kind == "bug"


async def test_closing_ends_a_call_that_is_under_way(tmp_path: Path) -> None:
    async with opened(Telling, most=1) as shards:
        pid = await shards.call(0.0)
        call = asyncio.create_task(shards.call(3600.0, str(tmp_path / "left")))
        await asyncio.sleep(0.2)
    with pytest.raises(AdapterError, match="lost"):
        await call
    await until_gone(pid)


def test_nothing_outlives_a_killed_main_process() -> None:
    command = [sys.executable, "-c", _ENDLESS]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=_ROOT) as process:
        assert process.stdout is not None
        pids = [int(word) for word in process.stdout.readline().split()]
        assert len(pids) == 3
        assert all(map(lives, pids))
        process.kill()
    asyncio.run(until_gone(*pids))
