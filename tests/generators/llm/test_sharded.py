"""Calls through shards give what calls in this process give."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import replace

import pytest

from popcorn_bench.errors import AdapterError
from popcorn_bench.generators.llm.catalog import LLMEntry
from popcorn_bench.generators.llm.client import LiteLLMClient
from popcorn_bench.generators.llm.sharded import ShardedClient
from popcorn_bench.generators.protocol import TextClient
from popcorn_bench.types import Brief, BriefRules, Message
from tests.generators.llm.conftest import Asker
from tests.loopback import ChatRequest, Reply, brief_json

_SECRET = "sk-a-secret-of-the-environment"
_REPLIES: dict[str, Callable[[], str | Reply]] = {
    "sound": lambda: brief_json("a cat"),
    "talkative": lambda: Reply(
        content=f"<think>hm</think>{brief_json('a dog')}", message={"reasoning_content": "so"}
    ),
    "malformed": lambda: "no JSON at all",
    "slow down": lambda: Reply(status=429, content="slow", headers={"Retry-After": "9"}),
    "trouble": lambda: Reply(status=500, content=f"boom {_SECRET}"),
    "hang up": lambda: Reply(hang_up=True),
    "denied": lambda: Reply(status=401, content="who?"),
}


def _answer(request: ChatRequest) -> str | Reply:
    assert request.headers["Authorization"] == f"Bearer {_SECRET}"
    return _REPLIES[request.query]()


async def _outcome(client: TextClient, entry: LLMEntry, query: str) -> Brief | tuple[object, ...]:
    messages = [Message("user", f"<query>{query}</query>")]
    try:
        brief = await client.brief(entry.llm, messages, 5, BriefRules(title_max=9))
    except AdapterError as error:
        known = (error.kind, error.message, error.retriable, error.retry_after, error.cost_usd)
        return (*known, error.answer)
    assert brief.seconds > 0
    return replace(brief, seconds=0)


@pytest.fixture
async def sharded(
    asker: Asker, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[tuple[ShardedClient, LiteLLMClient, LLMEntry]]:
    monkeypatch.setenv("OPENAI_API_KEY", _SECRET)
    server = asker.server(_answer)
    entry = asker.entry("openai/mock", server.base_url, price_input="2", price_output="10")
    client = ShardedClient([entry, asker.entry("echo")])
    yield client, asker.client(entry), entry
    await client.close()


async def test_answers_errors_and_costs_are_the_same(
    sharded: tuple[ShardedClient, LiteLLMClient, LLMEntry], asker: Asker
) -> None:
    client, plain, entry = sharded
    for query in _REPLIES:
        here, there = await _outcome(plain, entry, query), await _outcome(client, entry, query)
        assert there == here, query
        assert _SECRET not in repr(there)
    echo = asker.entry("echo")
    assert isinstance(await _outcome(client, echo, "a cat on a drum"), Brief)
