"""What goes wrong with a judge, what it costs, and what is asked again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from popcorn_bench.errors import AdapterError
from popcorn_bench.evaluators.judge import Judge
from popcorn_bench.types import Score
from tests.evaluators.judge.asking import Serve, answer, error, judge, rate, value
from tests.evaluators.judge.eye import by_brightness, in_turn, sample
from tests.loopback import ChatRequest, Reply


@pytest.mark.parametrize(
    ("reply", "kind", "retriable"),
    [
        ("I like it a lot", "malformed_answer", True),
        (answer(101), "malformed_answer", True),
        (answer(-1), "malformed_answer", True),
        (answer(True), "malformed_answer", True),
        (answer(None), "malformed_answer", True),
        ('{"reason": "", "score": NaN}', "malformed_answer", True),
        ('{"score": 90} or rather {"score": 10}', "malformed_answer", True),
        ("", "empty_answer", True),
        ("I'm sorry, but I can't rate this clip.", "refusal", False),
        (Reply(content="", finish_reason="content_filter"), "refusal", False),
        (Reply(content="", message={"refusal": "no people"}), "refusal", False),
        (Reply(content='{"reason": "a lon', finish_reason="length"), "truncated", False),
        (Reply(content="<think>hm", finish_reason="length"), "truncated", False),
        (Reply(status=429, content="slow down"), "rate_limit", True),
        (Reply(status=500, content="boom"), "overload", True),
        (Reply(status=401, content="bad key"), "authentication", False),
        (Reply(status=400, content="this model takes no images"), "bad_request", False),
        (Reply(raw=b"<html>"), "bad_response", True),
        (Reply(hang_up=True), "connection", True),
        (Reply(delay=1.0), "timeout", True),
    ],
)
def test_what_goes_wrong_has_its_kind(
    serve: Serve, dark: Path, reply: str | Reply, kind: str, *, retriable: bool
) -> None:
    server = serve(lambda _: reply)

    limit = "0.5" if kind == "timeout" else "60"

    (found,) = rate(server, sample(dark), repeats="1", timeout=limit)

    assert (error(found).kind, error(found).retriable) == (kind, retriable)
    assert "1 of 1" in str(found)
    assert server.count == 1


@pytest.mark.parametrize(
    "text",
    [
        '{"score": 42}',
        '{"score": "42", "reason": "as text"}',
        f"```json\n{answer(42)}\n```",
        f"<think>first {answer(90)}</think>{answer(42)}",
        f"Here it is: {answer(42)} And again: {answer(42)}",
        answer(42, extra={"score": 7}),
    ],
)
def test_answers_that_are_understood(serve: Serve, dark: Path, text: str) -> None:
    assert value(rate(serve(lambda _: text), sample(dark), repeats="1")[0]) == 42


def test_one_sample_in_trouble_leaves_the_others_alone(
    serve: Serve, bright: Path, dark: Path, tmp_path: Path
) -> None:
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(bright.read_bytes()[:900])
    samples = [sample(None), sample(bright), sample(broken), sample(dark)]

    found = rate(serve(by_brightness), *samples, repeats="2")

    assert error(found[0]).kind == "missing_input"
    assert error(found[2]).kind == "broken_media"
    assert value(found[1]) > value(found[3])


def test_a_sample_that_comes_again_pays_only_for_what_it_lacks(serve: Serve, dark: Path) -> None:
    failing = True

    def flaky(request: ChatRequest) -> str | Reply:
        if failing and request.body["seed"] == 1:
            return Reply(status=429, content="later", headers={"Retry-After": "7"})
        return answer(request.body["seed"])

    server = serve(flaky)
    asked = judge(server, repeats="3", price_input="1", price_output="1")

    (first,) = asked.score([sample(dark)])
    failing = False
    (second,) = asked.score([sample(dark)])
    (third,) = asked.score([sample(dark)])

    assert isinstance(first, AdapterError)
    assert (first.kind, first.retriable, first.retry_after) == ("rate_limit", True, 7.0)
    assert [r.body["seed"] for r in server.requests[3:4]] == [1]
    assert server.count == 3 + 1 + 3
    assert not isinstance(second, AdapterError)
    assert not isinstance(third, AdapterError)
    assert second[0].members == (0.0, 1.0, 2.0)
    paid = [first.cost_usd or 0, second[0].cost_usd or 0, third[0].cost_usd or 0]
    assert paid[0] + paid[1] == pytest.approx(paid[2])
    assert min(paid) > 0


def test_a_failure_for_good_outweighs_one_that_may_pass(serve: Serve, dark: Path) -> None:
    replies = in_turn(Reply(status=429, content="later"), Reply(status=401), answer(5))
    (found,) = rate(serve(replies), sample(dark), repeats="3")

    assert (error(found).kind, error(found).retriable) == ("authentication", False)
    assert "2 of 3" in str(found)


def test_what_was_paid_for_nothing_is_counted(serve: Serve, dark: Path) -> None:
    usage = {"prompt_tokens": 1000, "completion_tokens": 100, "total_tokens": 1100}
    good = Reply(content=answer(5), usage=usage)
    bad = Reply(content="no idea", usage=usage)
    prices = {"price_input": "2", "price_output": "10"}

    (scored,) = rate(serve(lambda _: good), sample(dark), repeats="2", **prices)
    (failed,) = rate(serve(in_turn(good, bad)), sample(dark), repeats="2", **prices)
    (unknown,) = rate(serve(lambda _: good), sample(dark), repeats="2")

    assert isinstance(scored, Score)
    assert scored.cost_usd == pytest.approx(2 * (1000 * 2 + 100 * 10) / 1e6)
    assert error(failed).cost_usd == scored.cost_usd
    assert isinstance(unknown, Score)
    assert unknown.cost_usd is None


def test_the_key_is_sent_and_nowhere_else(
    serve: Serve, dark: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    canary = "sk-canary-0123456789abcdef"
    monkeypatch.setenv("OPENAI_API_KEY", canary)
    server = serve(lambda _: Reply(status=401, content=f"Incorrect API key provided: {canary}"))

    (found,) = rate(server, sample(dark), repeats="1")

    assert server.requests[0].headers["Authorization"] == f"Bearer {canary}"
    assert "OPENAI_API_KEY" in str(found)
    assert canary not in str(found)
    assert canary not in repr(Judge.card({"model": "openai/gpt-4o"}))
    assert canary not in json.dumps(server.requests[0].body)
