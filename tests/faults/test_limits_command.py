"""Limits as a user gives them."""

from __future__ import annotations

import json
import os
import signal
import time
from pathlib import Path

import pytest

from popcorn_bench.results.journal import journal_files
from tests.faults.zygote import Zygote
from tests.loopback import ChatRequest, ChatServer, Reply, brief_json

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


def test_what_runs_cost_is_told_by_a_command(zygote: Zygote, tmp_path: Path) -> None:
    """As the runs told it at their ends: by model and stage, and what was in vain."""

    def answer(request: ChatRequest) -> str:
        first = len(request.body["messages"]) <= 2
        return "no idea" if first and request.index % 4 == 0 else brief_json(request.query)

    with ChatServer(answer) as server:
        price = "--price=openai/mock=100,1000"
        ends = []
        for limit in (6, 20):
            args = (*_args(server, price, "--json"), f"--limit={limit}")
            code, out, err = zygote.run(*args, cwd=tmp_path)
            assert code == 0, err
            ends.append(json.loads(out)["cost"])
        unpriced = (*_args(server, "--json"), "--llms=openai/other", "--limit=3")
        code, out, err = zygote.run(*unpriced, cwd=tmp_path)
        ends.append(json.loads(out)["cost"])

    _, out, _ = zygote.run("costs", "results", "--json", cwd=tmp_path)
    told = json.loads(out)
    runs = [{k: v for k, v in run.items() if k != "run_id"} for run in told["runs"]]
    for run, end in zip(runs, ends, strict=True):
        (of_run,) = (bill for bill in run["by"] if bill["stage"] == "brief")
        (of_end,) = (bill for bill in end["by"] if bill["stage"] == "brief")
        assert _numbers(of_run) == pytest.approx(_numbers(of_end), rel=1e-4)
        assert of_run["who"] == of_end["who"]
    assert told["wasted_usd"] > 0
    assert told["usd"] == pytest.approx(sum(end["usd"] for end in ends), rel=1e-4)
    assert told["unknown_calls"] == 3
    _, out, _ = zygote.run("costs", "results", cwd=tmp_path)
    assert "unknown for 3 briefs by openai/other" in out
    assert "without a result" in out


def test_costs_of_a_folder_without_results_are_one_line(zygote: Zygote, tmp_path: Path) -> None:
    code, _, err = zygote.run("costs", "nowhere", cwd=tmp_path)
    assert (code, err) == (2, "popcorn-bench: nowhere: no results there\n")


def test_settings_of_covers_that_are_not_made_are_refused(zygote: Zygote, tmp_path: Path) -> None:
    code, _, err = zygote.run("--covers=none", "--cover-args=width=64", "--limit=1", cwd=tmp_path)
    assert code == 2
    assert err.startswith("popcorn-bench: --cover-args: ")
    assert "--covers none" in err


def test_a_dry_run_tells_the_calls_of_a_judge(zygote: Zygote, tmp_path: Path) -> None:
    with ChatServer() as server:
        judge = f"judge:model=openai/eye,api_base={server.base_url},repeats=2"
        args = (
            *("--llms=echo", "--videos=still", "--covers=none", "--tasks=popcorn_concrete"),
            *("--evaluators=judge", "--limit=5", "--dry-run", "--json"),
            *(f"--evaluator-args={judge},price_input=10,price_output=10", "--budget=0.01"),
        )
        code, out, err = zygote.run(*args, cwd=tmp_path)
        assert server.count == 0
    assert code == 0, err
    plan = json.loads(out)
    assert plan["calls"] == {"echo": 5, "judge": 10}
    assert plan["estimated_usd"] > 0.01
    assert "more than the budget" in plan["warnings"][0]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_to_the_whole_group_saves_what_is_in_flight(
    zygote: Zygote, tmp_path: Path, number: signal.Signals
) -> None:
    """As a terminal, `timeout` or a batch system send it: workers get it, too."""
    args = (
        *("--llms=template", "--videos=still", "--video-args=width=640,height=640,fps=24"),
        *("--covers=none", "--evaluators=quality", "--tasks=popcorn_concrete", "--limit=100"),
        *("--display=plain",),
    )
    process = zygote.start(*args, cwd=tmp_path)
    while _units(tmp_path, "video") < 2:
        assert process.is_running()
        time.sleep(0.05)
    os.killpg(process.pid, number)
    code = zygote.wait(process)
    err = process.err.read_text()

    assert code == 130, err
    assert "worker_died" not in err
    assert "Traceback" not in err
    assert err.count("stopping: what is in flight will be saved") == 1
    kinds = [json.loads(line)["t"] for line in _lines(tmp_path)]
    assert "failure" not in kinds
    assert json.loads(_lines(tmp_path)[-1])["status"] == "interrupted"


def test_a_second_interrupt_stops_at_once(zygote: Zygote, tmp_path: Path) -> None:
    with ChatServer(lambda _: Reply(content="{}", delay=600)) as server:
        process = zygote.start(*_args(server), cwd=tmp_path)
        while not server.count:
            time.sleep(0.02)
        os.kill(process.pid, signal.SIGINT)
        while "stopping" not in process.err.read_text():
            time.sleep(0.02)
        os.kill(process.pid, signal.SIGINT)
        code = zygote.wait(process)
    err = process.err.read_text()
    assert code == 130, err
    assert "Traceback" not in err
    assert "never retrieved" not in err


def _lines(folder: Path) -> list[bytes]:
    files = journal_files(folder / "results")
    whole = (line for path in files for line in path.read_bytes().splitlines(keepends=True))
    return [line for line in whole if line.endswith(b"\n")]


def _units(folder: Path, stage: str) -> int:
    records = map(json.loads, _lines(folder))
    return sum(r["t"] == "unit" and r["stage"] == stage for r in records)


def _numbers(bill: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in bill.items() if not isinstance(value, str)}
