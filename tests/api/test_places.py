"""Where Python runs: scripts without a main guard, notebooks, event loops, and Ctrl-C in each."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from typing import Any

import pytest

import popcorn_bench as pb
from popcorn_bench.harness.progress import Silent, Step, Tally
from popcorn_bench.types import Stage
from tests.api.conftest import SMALL, script
from tests.loopback import ChatRequest, ChatServer, brief_json

_OPTIONS = {**SMALL, "llms": "openai/mock", "videos": "none", "limit": 6, "max_connections": 1}


class Slow:
    """A server that says when it was first asked, and takes its time."""

    def __init__(self) -> None:
        self.asked = threading.Event()
        self.server = ChatServer(self._answer, delay=0.2)

    def _answer(self, request: ChatRequest) -> str:
        self.asked.set()
        return brief_json(request.query)


@pytest.fixture
def options(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-for-the-mock")
    return {**_OPTIONS, "output_path": tmp_path / "results"}


def test_a_script_without_a_main_guard_runs_once(tmp_path: Path) -> None:
    said = script(
        f"""
        import popcorn_bench as pb

        print("begun")
        print(pb.run(**{SMALL!r}).ending.name)
        """,
        tmp_path,
    )
    assert said.split() == ["begun", "COMPLETE"]


def test_a_notebook_s_loop_may_be_running(tmp_path: Path) -> None:
    said = script(
        f"""
        import asyncio
        import popcorn_bench as pb

        async def cell():
            made = pb.run(**{SMALL!r})
            print(made.ending.name, made._repr_html_().count("<table"))
            return await pb.arun(**{SMALL!r})

        print(asyncio.run(cell()).report)
        """,
        tmp_path,
    )
    assert said.split() == ["COMPLETE", "1", "None"]


async def test_the_loop_goes_on_meanwhile(options: dict[str, Any]) -> None:
    slow = Slow()
    with slow.server as server:
        task = asyncio.create_task(pb.arun(**options, llm_args={"api_base": server.base_url}))
        while not slow.asked.is_set():  # only a loop that goes on comes to the end of this
            assert not task.done()
            await asyncio.sleep(0.01)
        made = await task
    assert made.complete, made.to_record()


async def test_cancelling_saves_what_is_in_flight_and_begins_nothing(
    options: dict[str, Any],
) -> None:
    slow = Slow()
    with slow.server as server:
        task = asyncio.create_task(pb.arun(**options, llm_args={"api_base": server.base_url}))
        assert await asyncio.to_thread(slow.asked.wait, 120)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        asked = server.count
        assert 1 <= asked < 6
        assert pb.load(options["output_path"]).briefs.height == asked
        made = await pb.arun(**options, llm_args={"api_base": server.base_url})
        assert made.complete
        assert server.count == 6, "nothing was asked twice"


_INTERRUPTED = """
    import asyncio, os, signal, sys, threading
    import popcorn_bench as pb
    from tests.loopback import ChatServer, brief_json

    asked = threading.Event()

    def answer(request):
        asked.set()
        return brief_json(request.query)

    def press():
        asked.wait()
        os.kill(os.getpid(), signal.SIGINT)

    os.environ["OPENAI_API_KEY"] = "sk-for-the-mock"
    options = {options!r}

    with ChatServer(answer, delay=0.3) as server:
        threading.Thread(target=press, daemon=True).start()
        args = {{"api_base": server.base_url}}

        def once():
            try:
                pb.run(**options, llm_args=args)
            except KeyboardInterrupt:
                asked_then = server.count
                kept = pb.load().briefs.height
                print("kept", kept, asked_then, asked_then < 6)

        async def cell():
            once()

        {call}
        print(pb.run(**options, llm_args=args).ending.name, server.count)
"""


@pytest.mark.parametrize(
    "call",
    [
        "once()",
        "asyncio.run(cell())",
        "loop = asyncio.new_event_loop(); loop.run_until_complete(cell()); loop.close()",
    ],
)
def test_ctrl_c_drains_in_a_script_and_in_a_notebook(call: str, tmp_path: Path) -> None:
    text = _INTERRUPTED.format(options=_OPTIONS, call=call)
    first, second = script(text, tmp_path).splitlines()
    word, kept, asked, fewer = first.split()
    assert (word, fewer) == ("kept", "True")
    assert kept == asked, "all that was in flight is there"
    assert second == "COMPLETE 6"


async def test_a_display_is_told_how_far_it_is(tmp_path: Path) -> None:
    class Seen(Silent):
        totals: dict[Stage, int]
        tally: Tally
        stopped = False

        def start(self, totals: dict[Stage, int], tally: Tally) -> None:
            self.totals, self.tally = totals, tally

        def step(self, step: Step) -> None:
            del step

        def stop(self) -> None:
            self.stopped = True

    seen = Seen()
    made = await pb.arun(**{**SMALL, "videos": "none"}, display=seen, output_path=tmp_path)
    assert seen.totals[Stage.BRIEF] == 4
    assert seen.tally is made.tally
    assert seen.stopped
