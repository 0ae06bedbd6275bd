"""Limits as a user gives them."""

from __future__ import annotations

import json
import os
import signal
import time
from pathlib import Path

import pytest

from tests.faults.zygote import Zygote
from tests.loopback import ChatServer, Reply

_PLAIN = (
    *("--videos=none", "--covers=none", "--evaluators=popularity", "--tasks=popcorn_concrete"),
    *("--limit=20", "--llms=openai/mock", "--display=plain"),
)


def _args(server: ChatServer, *more: str) -> tuple[str, ...]:
    return (*_PLAIN, f"--llm-args=api_base={server.base_url},max_tokens=200", *more)


def test_a_budget_stops_the_run_and_a_higher_one_goes_on(zygote: Zygote, tmp_path: Path) -> None:
    price = "--price=openai/mock=100,1000"
    with ChatServer(delay=0.01) as server:
        code, out, err = zygote.run(*_args(server, price, "--budget=$1", "--json"), cwd=tmp_path)
        report = json.loads(out)
        assert code == 3, err
        assert "note: about $" in err
        assert "the budget is reached" in report["stopped"]
        assert (report["status"], report["units"]["brief"]["failed"]) == ("incomplete", 0)
        cost = report["cost"]
        assert 0 < cost["usd"] <= cost["budget_usd"] == 1.0
        (brief, score) = cost["by"]
        assert (brief["stage"], brief["who"], score["usd"]) == ("brief", "openai/mock", 0)
        assert brief["units"] == report["units"]["brief"]["done"] < 20

        code, out, err = zygote.run(*_args(server, price, "--budget=90usd"), cwd=tmp_path)
        assert code == 0, err
        assert "of $90.00" in err
        assert server.count == 20


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--budget=1",), "the price of openai/mock is not known"),
        (("--budget=20eur",), "no amount of US dollars"),
        (("--fail-on-error=often",), "--fail-on-error"),
        (("--price=openai/mock",), "NAME=IN,OUT"),
        (("--price=openai/mok=1,2",), "did you mean 'openai/mock'"),
    ],
)
def test_limits_that_cannot_be_kept_are_refused(
    zygote: Zygote, tmp_path: Path, more: tuple[str, ...], said: str
) -> None:
    with ChatServer() as server:
        code, _, err = zygote.run(*_args(server, *more), cwd=tmp_path)
        assert server.count == 0
    assert code == 2
    assert said in err
    assert "Traceback" not in err


def test_a_dry_run_warns_of_the_budget(zygote: Zygote, tmp_path: Path) -> None:
    with ChatServer() as server:
        args = _args(server, "--price=openai/mock=100,1000", "--budget=1", "--dry-run", "--json")
        code, out, _ = zygote.run(*args, cwd=tmp_path)
    assert code == 0
    plan = json.loads(out)
    assert plan["estimated_usd"] > plan["budget_usd"] == 1.0
    assert "more than the budget of $1.00" in plan["warnings"][0]


def test_requests_per_minute_are_kept(zygote: Zygote, tmp_path: Path) -> None:
    with ChatServer(lambda _: Reply(status=400, content="no")) as server:
        args = (*_args(server), "--llm-args=openai/mock:rpm=300", "--limit=10")
        began = time.monotonic()
        zygote.run(*args, cwd=tmp_path)
    assert server.count == 10
    assert time.monotonic() - began >= 9 * 60 / 300


def test_too_many_failures_stop_the_run(zygote: Zygote, tmp_path: Path) -> None:
    with ChatServer(lambda _: Reply(status=400, content="no")) as server:
        args = (*_args(server, "--fail-on-error=25%"), "--max-connections=2", "--json")
        code, out, err = zygote.run(*args, cwd=tmp_path)
    assert code == 3
    assert "--fail-on-error 25%" in json.loads(out)["stopped"]
    assert "--fail-on-error 25%" in err
    assert 5 <= server.count <= 7


@pytest.mark.parametrize("limit", ["wait", "pace", "budget"])
def test_an_interrupt_ends_all_waiting(zygote: Zygote, tmp_path: Path, limit: str) -> None:
    slow = Reply(status=429, content="slow", headers={"Retry-After": "600"})

    def answer(_: object) -> Reply:
        return slow if limit == "wait" else Reply(content="{}", delay=2)

    more = {
        "wait": (),
        "pace": ("--llm-args=openai/mock:rpm=1",),
        "budget": ("--price=openai/mock=100,1000", "--budget=0.6"),
    }
    with ChatServer(answer) as server:
        process = zygote.start(*_args(server, *more[limit]), cwd=tmp_path)
        while not server.count:
            time.sleep(0.02)
        time.sleep(0.3)
        os.kill(process.pid, signal.SIGINT)
        began = time.monotonic()
        code = zygote.wait(process)
    assert code == 130, process.err.read_text()
    assert time.monotonic() - began < 10
    assert "Traceback" not in process.err.read_text()
