"""The LiteLLM client in processes of its own: LiteLLM computes for milliseconds on every call."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import cast

from popcorn_bench.generators.llm.catalog import LLMEntry
from popcorn_bench.generators.llm.client import LiteLLMClient
from popcorn_bench.remote.shards.shards import Shards
from popcorn_bench.types import LLM, Brief, BriefRules, Message


class ShardedClient:
    """A `TextClient` as `LiteLLMClient`, for many calls at once.

    One call has the same answer, cost and errors in either; here it may also fail as `worker_died`
    (retriable).
    """

    def __init__(self, entries: Sequence[LLMEntry]) -> None:
        self.shards = Shards(partial(_Briefs, tuple(entries)))

    async def brief(
        self, llm: LLM, messages: Sequence[Message], seed: int, rules: BriefRules
    ) -> Brief:
        """See `LiteLLMClient.brief`."""
        return cast("Brief", await self.shards.call(llm, tuple(messages), seed, rules))

    async def close(self) -> None:
        """End the processes."""
        await self.shards.close()


class _Briefs:
    """The service of a shard."""

    def __init__(self, entries: Sequence[LLMEntry]) -> None:
        self._client = LiteLLMClient(entries)

    async def answer(
        self, llm: LLM, messages: Sequence[Message], seed: int, rules: BriefRules
    ) -> Brief:
        return await self._client.brief(llm, messages, seed, rules)

    async def close(self) -> None:
        await self._client.close()
