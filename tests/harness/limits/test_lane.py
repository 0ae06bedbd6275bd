"""The way of a call, with all its limits, against calls that fail as told."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from popcorn_bench.errors import AdapterError
from popcorn_bench.generators.llm.catalog import LLMCatalog
from popcorn_bench.harness.limits.lane import Lane, lanes
from popcorn_bench.harness.limits.leaving import LeftOutError, NotSentError

_A, _B = "http://127.0.0.1:8/v1", "http://127.0.0.1:9/v1"


class Bench:
    """Three LLMs at two endpoints, and the notes that people see."""

    def __init__(self) -> None:
        names = ["openai/one", "openai/two", "openai/three"]
        args = [(name, {"api_base": url}) for name, url in zip(names, (_A, _A, _B), strict=True)]
        self.notes: list[str] = []
        self.sent = 0
        entries = LLMCatalog().resolve(names, args)
        self.lanes = lanes(entries, 8, asyncio.Event(), self.notes.append)

    def __getitem__(self, name: str) -> Lane:
        return self.lanes[f"openai/{name}"]

    async def call(self, name: str, *errors: AdapterError) -> str:
        coming: Iterator[AdapterError] = iter(errors)

        async def send() -> str:
            self.sent += 1
            if (error := next(coming, None)) is not None:
                raise error
            return "done"

        return await self[name].call(send, 10)


async def test_llms_at_one_endpoint_share_window_and_breaker() -> None:
    bench = Bench()
    assert bench["one"].window is bench["two"].window
    assert bench["one"].breaker is bench["two"].breaker
    assert bench["one"].window is not bench["three"].window
    for _ in range(8):
        with pytest.raises(AdapterError):
            await bench.call("one", AdapterError("rate_limit", "", retriable=True))
    assert bench["two"].window.size == 4
    assert bench["three"].window.size == 8


async def test_a_refused_key_stops_its_llm_only_and_is_told_once() -> None:
    bench = Bench()
    refused = AdapterError("authentication", "check OPENAI_API_KEY")
    for _ in range(3):
        with pytest.raises(AdapterError, match="check OPENAI_API_KEY") as raised:
            await bench.call("one", refused)
    assert isinstance(raised.value, NotSentError)
    assert raised.value.kind == "authentication"
    assert bench.sent == 1
    assert len(bench.notes) == 1
    assert await bench.call("two") == "done"


async def test_an_answer_that_cannot_be_used_is_no_sign_of_load() -> None:
    bench = Bench()
    for kind in ("malformed_answer", "refusal", "bad_request"):
        with pytest.raises(AdapterError):
            await bench.call("one", AdapterError(kind, ""))
    assert bench["one"].window.size == 8


async def test_a_wait_that_was_asked_for_holds_all_calls_of_the_llm() -> None:
    """Once a second one is refused: one alone may be chance, as those beside it show."""
    bench = Bench()
    error = AdapterError("rate_limit", "", retriable=True, retry_after=40)
    for _ in range(2):
        with pytest.raises(AdapterError):
            await bench.call("one", error)
        assert await bench.call("one") == "done"
    for _ in range(2):
        with pytest.raises(AdapterError):
            await bench.call("one", error)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.1):
            await bench.call("one")
    assert bench.notes == ["openai/one: asked to wait 40 s"]
    assert await bench.call("two") == "done"


async def test_a_call_that_is_left_out_frees_the_try_of_an_endpoint() -> None:
    bench = Bench()
    bench["one"].breaker.after, bench["one"].breaker.seconds = 1, 0.0
    bench["one"].breaker.pause_s = 0.0
    with pytest.raises(AdapterError):
        await bench.call("one", AdapterError("connection", "", retriable=True))

    async def leave() -> str:
        raise LeftOutError("stop")

    with pytest.raises(LeftOutError):
        await bench["one"].call(leave, 1)
    assert await bench.call("two") == "done"


@pytest.mark.parametrize("kind", ["connection", "timeout"])
async def test_an_endpoint_that_never_answers_is_left_alone(kind: str) -> None:
    bench = Bench()
    bench["one"].breaker.after, bench["one"].breaker.seconds = 2, 0.0
    for _ in range(2):
        with pytest.raises(AdapterError):
            await bench.call("one", AdapterError(kind, "", retriable=True))
    with pytest.raises(AdapterError) as refused:
        await bench.call("two")
    assert refused.value.kind == "endpoint_down"


async def test_calls_that_wait_at_the_endpoint_are_held_too() -> None:
    """They had passed the pace before one of those inside was told to wait."""
    bench = Bench()
    bench["one"].window.size = 1.0
    inside = asyncio.Event()

    async def told_to_wait() -> str:
        inside.set()
        await asyncio.sleep(0.05)
        raise AdapterError("rate_limit", "", retriable=True, retry_after=600)

    bench["one"].requests.refused(0)
    first = asyncio.create_task(bench["one"].call(told_to_wait, 1))
    await inside.wait()
    second = asyncio.create_task(bench.call("one"))
    with pytest.raises(AdapterError):
        await first
    await asyncio.sleep(0.05)
    assert bench.sent == 0
    assert not second.done()
    assert await bench.call("two") == "done", "the held call takes no room"
    second.cancel()


async def test_a_wait_of_an_hour_is_left_to_a_later_run() -> None:
    bench = Bench()
    error = AdapterError("rate_limit", "", retriable=True, retry_after=3600)
    for _ in range(2):
        with pytest.raises(AdapterError):
            await bench.call("one", error)
    with pytest.raises(NotSentError, match="60 more minutes") as raised:
        await bench.call("one")
    assert (raised.value.kind, raised.value.retriable) == ("rate_limit", True)
    assert bench.sent == 2
    assert await bench.call("two") == "done"
