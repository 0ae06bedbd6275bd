"""A server that fails one call in five: each query ends as a score or as a typed failure."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from popcorn_bench.harness.retry import Patience
from popcorn_bench.results import index
from tests.faults.zygote import Zygote
from tests.loopback import ChatRequest, ChatServer, Reply, brief_json

_TYPED = {
    "rate_limit", "overload", "timeout", "connection", "bad_response", "malformed_answer",
    "missing_field", "empty_answer", "endpoint_down",
}  # fmt: skip
_CALL_S = 5.0  # far more than a sound answer takes, on a busy machine too
_TAKES = 4


def _cut(query: str) -> str:
    whole = brief_json(query)
    return whole[: len(whole) // 2]


_FAULTS: Mapping[str, Callable[[str], Reply]] = {
    "429": lambda _: Reply(status=429, content="slow down", headers={"Retry-After": "0.3"}),
    "500": lambda _: Reply(status=500, content="oops"),
    "drop": lambda _: Reply(hang_up=True),
    "hang": lambda _: Reply(delay=60),
    "malformed": lambda _: Reply(content="Here is an idea for you!"),
    "empty": lambda _: Reply(content=""),
    "truncated": lambda query: Reply(content=_cut(query)),
    "schema": lambda _: Reply(content=json.dumps({"headline": "x", "scenes": [1, 2]})),
}


class BadServer:
    """Answers with a share of faults, by a seeded die; keeps count of what it did."""

    def __init__(self, seed: int, share: float) -> None:
        self._dice, self._share = random.Random(seed), share
        self.done: Counter[str] = Counter()
        self.asked: Counter[str] = Counter()

    def __call__(self, request: ChatRequest) -> Reply:
        asked = _query(request)
        self.asked[asked] += 1
        is_fault = self._dice.random() < self._share
        name = self._dice.choice(list(_FAULTS)) if is_fault else "good"
        self.done[name] += 1
        return _FAULTS[name](asked) if is_fault else Reply(content=brief_json(asked))


def _query(request: ChatRequest) -> str:
    """Of the first user message: a later one tells what was wrong with the answer."""
    first = next(m for m in request.body["messages"] if m["role"] == "user")
    alone = ChatRequest(0, "", {}, {"messages": [first]})
    return alone.query


@pytest.mark.timeout(3600)
def test_every_query_ends_as_a_score_or_a_typed_failure(
    zygote: Zygote, tmp_path: Path, *, soak: bool
) -> None:
    limit = 100 if soak else 25
    bad = BadServer(seed=7, share=0.2)
    with ChatServer(bad, delay=0.01) as server:
        report = _run(zygote, tmp_path, server, limit)

    briefs, scores = report["units"]["brief"], report["units"]["score"]
    failed = {f["kind"]: f["n"] for f in report["failures"]}
    assert briefs["done"] + briefs["failed"] == 2 * limit
    assert scores["done"] + scores["reused"] == briefs["done"]
    assert set(failed) <= _TYPED
    faults = bad.done.total() - bad.done["good"]
    assert faults > limit * 2 * 0.1
    # A good answer ends a unit; every other one leads to at most one further request.
    assert bad.done["good"] == briefs["done"]
    assert server.count <= 2 * limit + faults
    most = Patience()
    assert max(bad.asked.values()) <= most.attempts + most.waits
    _helped_models_are_marked(tmp_path / "results", server)


def _run(zygote: Zygote, folder: Path, server: ChatServer, limit: int) -> dict[str, Any]:
    code, out, err = zygote.run(
        *("--llms=openai/mock-a", f"--llm-args=api_base={server.base_url}"),
        *("--videos=none", "--covers=none", "--evaluators=popularity", "--tasks=popcorn"),
        *(f"--limit={limit}", "--max-connections=16", f"--timeout={_CALL_S}"),
        *("--display=none", "--json"),
        cwd=folder,
    )
    assert code in (0, 3), err
    assert "Traceback" not in err
    found: dict[str, Any] = json.loads(out)
    return found


def _helped_models_are_marked(results: Path, server: ChatServer) -> None:
    """Who was shown what was wrong has a breach, and nobody else."""
    again = [r for r in server.requests if len(r.body["messages"]) > _messages(server)]
    assert again
    assert all("could not be used" in r.body["messages"][-1]["content"] for r in again)
    with closing(index.connect([results])) as connection:
        (marked,) = connection.sql(
            "SELECT count(*) FROM briefs WHERE list_contains(breaches, 'asked_again')"
        ).fetchall()[0]
    assert 0 < marked <= len(again)


def _messages(server: ChatServer) -> int:
    return min(len(request.body["messages"]) for request in server.requests)


def test_a_dead_endpoint_does_not_hold_up_the_others(zygote: Zygote, tmp_path: Path) -> None:
    with ChatServer() as gone:
        address = gone.base_url
    with ChatServer() as server:
        code, out, err = zygote.run(
            *("--llms=openai/alive,openai/dead", f"--llm-args=openai/dead:api_base={address}"),
            *(f"--llm-args=openai/alive:api_base={server.base_url}", "--retry-on-error=1"),
            *("--videos=none", "--covers=none", "--evaluators=popularity", "--limit=10"),
            *("--tasks=popcorn_concrete", "--display=none", "--json"),
            cwd=tmp_path,
        )
    assert code == 3, err
    report = json.loads(out)
    assert report["units"]["brief"] == {
        "done": 10, "reused": 0, "present": 0, "failed": 10, "missing": 0,
    }  # fmt: skip
    assert {(f["who"], f["kind"]) for f in report["failures"]} == {("openai/dead", "connection")}


def test_calls_settle_at_what_a_server_takes(zygote: Zygote, tmp_path: Path) -> None:
    """It takes four at once; sixty-four may be sent. Fewer are refused than taken."""
    refused = 0

    def answer(request: ChatRequest) -> Reply:
        nonlocal refused
        if server._at_once > _TAKES:
            refused += 1
            return Reply(status=429, content="slow down", headers={"Retry-After": "0.05"})
        return Reply(content=brief_json(_query(request)), delay=0.05)

    with ChatServer(answer) as server:
        code, _, err = zygote.run(
            *("--llms=openai/mock-a", f"--llm-args=api_base={server.base_url}"),
            *("--videos=none", "--covers=none", "--evaluators=popularity", "--limit=100"),
            *("--tasks=popcorn", "--max-connections=64", "--display=none"),
            cwd=tmp_path,
        )
    assert code == 0, err
    assert server.count - refused == 200
    assert refused < 200


def test_a_refused_key_is_told_once_and_not_sent_again(zygote: Zygote, tmp_path: Path) -> None:
    def refuse(request: ChatRequest) -> str | Reply:
        if request.model == "locked":
            return Reply(status=401, content="bad key")
        return brief_json(request.query)

    with ChatServer(refuse, delay=0.02) as server:
        code, out, err = zygote.run(
            *("--llms=openai/open,openai/locked", f"--llm-args=api_base={server.base_url}"),
            *("--videos=none", "--covers=none", "--evaluators=popularity", "--limit=20"),
            *("--tasks=popcorn_concrete", "--max-connections=2", "--display=plain", "--json"),
            cwd=tmp_path,
        )
    assert code == 3, err
    report = json.loads(out)
    assert report["failures"] == [{"who": "openai/locked", "kind": "authentication", "n": 20}]
    assert report["units"]["brief"]["done"] == 20
    assert sum(request.model == "locked" for request in server.requests) <= 2
    assert err.count("check OPENAI_API_KEY") == 1
