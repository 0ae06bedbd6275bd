from __future__ import annotations

import asyncio
import json

import pytest

from popcorn_bench.errors import AdapterError
from popcorn_bench.types import BriefRules, Message
from tests.generators.llm.conftest import Asker
from tests.loopback import ChatRequest, Reply, brief_json


async def test_a_brief_comes_back_with_tokens_cost_and_time(asker: Asker) -> None:
    server = asker.server()
    entry = asker.entry("openai/mock", server.base_url, price_input="2", price_output="10")
    brief = await asker.brief(entry)
    assert brief.title == "a cat on a drum in 3 seconds"
    assert brief.cover_prompt.endswith("a cat on a drum")
    assert "slow zoom" in brief.video_prompt
    assert json.loads(brief.raw)["title"] == brief.title
    assert brief.usage.prompt_tokens > 0
    paid = brief.usage.prompt_tokens * 2 + brief.usage.completion_tokens * 10
    assert brief.cost_usd == pytest.approx(paid / 1e6)
    assert brief.seconds > 0
    assert brief.breaches == ()


async def test_the_request_says_what_was_resolved_and_no_more(asker: Asker) -> None:
    server = asker.server()
    entry = asker.entry(
        "openai/mock",
        server.base_url,
        temperature="0.7",
        top_k="5",
        repetition_penalty="1.1",
        timeout="20",
        response_schema="false",
        **{"extra_body.think": "false"},
    )
    await asker.brief(entry, seed=11)
    body = dict(server.requests[0].body)
    assert [m["role"] for m in body.pop("messages")] == ["system", "user"]
    assert body == {
        "model": "mock",
        "seed": 11,
        "temperature": 0.7,
        "top_k": 5,
        "repetition_penalty": 1.1,
        "think": False,
    }
    assert server.requests[0].headers["Authorization"] == "Bearer none"


async def test_the_key_of_the_environment_is_sent(
    asker: Asker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-from-the-environment")
    server = asker.server()
    await asker.brief(asker.entry("openai/mock", server.base_url))
    assert server.requests[0].headers["Authorization"] == "Bearer sk-from-the-environment"


@pytest.mark.parametrize("provider", ["openai", "hosted_vllm"])
async def test_a_schema_is_sent_where_the_model_takes_one(asker: Asker, provider: str) -> None:
    server = asker.server()
    await asker.brief(asker.entry(f"{provider}/mock", server.base_url, response_schema="true"))
    sent = server.requests[0].body["response_format"]
    assert sent["type"] == "json_schema"
    assert set(sent["json_schema"]["schema"]["required"]) == {
        "title",
        "cover_prompt",
        "video_prompt",
    }


async def test_an_unknown_model_is_asked_without_a_schema(asker: Asker) -> None:
    server = asker.server()
    await asker.brief(asker.entry("openai/mock", server.base_url))
    assert "response_format" not in server.requests[0].body


async def test_an_endpoint_that_refuses_the_schema_is_asked_plainly_ever_after(
    asker: Asker,
) -> None:
    def answer(request: ChatRequest) -> str | Reply:
        if "response_format" in request.body:
            return Reply(status=400, content="response_format is not supported here")
        return brief_json(request.query)

    server = asker.server(answer)
    entry = asker.entry("openai/mock", server.base_url, response_schema="true")
    client = asker.client(entry)
    for seed in (1, 2):
        await client.brief(entry.llm, [Message("user", "a drum")], seed, BriefRules())
    assert ["response_format" in r.body for r in server.requests] == [True, False, False]


async def test_a_bad_request_for_another_reason_keeps_the_schema(asker: Asker) -> None:
    server = asker.server(lambda _: Reply(status=400, content="no such seed"))
    entry = asker.entry("openai/mock", server.base_url, response_schema="true")
    client = asker.client(entry)
    for _ in range(2):
        with pytest.raises(AdapterError, match="no such seed"):
            await client.brief(entry.llm, [Message("user", "a drum")], 1, BriefRules())
    assert ["response_format" in r.body for r in server.requests] == [True, False, True, False]


async def test_nothing_is_tried_twice(asker: Asker) -> None:
    for status in (429, 500, 503):
        server = asker.server(lambda _, s=status: Reply(status=s, content="not now"))  # type: ignore[misc]  # default binds the loop's value
        with pytest.raises(AdapterError):
            await asker.brief(asker.entry("openai/mock", server.base_url))
        assert server.count == 1


async def test_thoughts_are_not_the_answer(asker: Asker) -> None:
    thought = brief_json("a thought")
    replies = [
        Reply(content=brief_json("the answer"), message={"reasoning_content": thought}),
        Reply(content=f"<think>{thought}</think>{brief_json('the answer')}"),
        Reply(content=f"{thought}</think>{brief_json('the answer')}"),
    ]
    server = asker.server(lambda request: replies[request.index])
    for _ in replies:
        brief = await asker.brief(asker.entry("openai/mock", server.base_url))
        assert brief.title.startswith("the answer")


async def test_a_thought_without_an_answer_is_an_empty_answer(asker: Asker) -> None:
    thought = {"reasoning_content": brief_json("a thought")}
    server = asker.server(lambda _: Reply(content=None, message=thought))
    with pytest.raises(AdapterError) as caught:
        await asker.brief(asker.entry("openai/mock", server.base_url))
    assert caught.value.kind == "empty_answer"


async def test_a_useless_answer_carries_what_it_cost(asker: Asker) -> None:
    server = asker.server(lambda _: "I would rather talk about the weather today.")
    entry = asker.entry("openai/mock", server.base_url, price_input="1", price_output="1")
    with pytest.raises(AdapterError) as caught:
        await asker.brief(entry)
    assert caught.value.kind == "malformed_answer"
    assert caught.value.cost_usd is not None
    assert caught.value.cost_usd > 0


async def test_an_unknown_price_is_no_price(asker: Asker) -> None:
    server = asker.server()
    assert (await asker.brief(asker.entry("openai/mock", server.base_url))).cost_usd is None


async def test_a_reply_without_a_count_of_tokens_has_no_cost(asker: Asker) -> None:
    server = asker.server(lambda r: Reply(content=brief_json(r.query), usage={}))
    entry = asker.entry("openai/mock", server.base_url, price_input="1", price_output="1")
    assert (await asker.brief(entry)).cost_usd is None


async def test_many_calls_run_at_once(asker: Asker) -> None:
    server = asker.server(lambda r: Reply(content=brief_json(r.query), delay=0.2))
    entry = asker.entry("openai/mock", server.base_url)
    client = asker.client(entry)
    asked = [[Message("user", f"<query>number {i}</query>")] for i in range(40)]
    briefs = await asyncio.gather(*(client.brief(entry.llm, m, 1, BriefRules()) for m in asked))
    assert [b.title for b in briefs] == [f"number {i} in 3 seconds" for i in range(40)]
    assert server.most_at_once > 20


async def test_a_client_works_after_another_was_closed(asker: Asker) -> None:
    server = asker.server()
    entry = asker.entry("openai/mock", server.base_url)
    first = asker.client(entry)
    await first.brief(entry.llm, [Message("user", "one")], 1, BriefRules())
    await first.close()
    second = asker.client(entry)
    await second.brief(entry.llm, [Message("user", "two")], 1, BriefRules())
    assert server.count == 2


async def test_lone_surrogates_do_not_reach_the_store(asker: Asker) -> None:
    server = asker.server(
        lambda _: (
            '{"title": "cat \\ud83d", "cover_prompt": "a", "video_prompt": "b"} \ud800'.encode(
                "utf-8", "surrogatepass"
            ).decode("utf-8", "replace")
        )
    )
    brief = await asker.brief(asker.entry("openai/mock", server.base_url))
    assert brief.title == "cat"
    json.dumps([brief.title, brief.raw], ensure_ascii=False).encode()


async def test_baselines_answer_through_litellm_at_no_cost(asker: Asker) -> None:
    echo = await asker.brief(asker.entry("echo"), "how to fold a shirt")
    assert echo.title == echo.cover_prompt == echo.video_prompt == "how to fold a shirt"
    assert echo.cost_usd == 0
    short = await asker.brief(asker.entry("echo"), "how to fold a shirt", title_max=8)
    assert short.title == "how to"
    template = await asker.brief(asker.entry("template"), "how to fold a shirt", title_max=30)
    assert template.title != echo.title
    assert len(template.title) <= 30
    assert template.breaches == ()
