"""Calls language models, through LiteLLM or a plugin: one request, one answer, one brief."""

from __future__ import annotations

from collections.abc import Sequence
from time import monotonic
from typing import cast

from pydantic import BaseModel

from popcorn_bench.errors import AdapterError, boundary
from popcorn_bench.generators.llm import answer, custom
from popcorn_bench.generators.llm.catalog import LLMEntry
from popcorn_bench.generators.llm.plugged import Plugged, is_plugged
from popcorn_bench.remote import cleaning, response, runtime
from popcorn_bench.remote.chat import Chat, Endpoint
from popcorn_bench.remote.response import Reply
from popcorn_bench.types import LLM, Brief, BriefRules, Message, Usage

_TIMEOUT = 300.0
_SHOWN_AGAIN = 8_000  # characters of an answer that a model is shown again
_SCHEMA = "response_schema"


class BriefSchema(BaseModel):
    """The JSON object that is asked for."""

    title: str
    cover_prompt: str
    video_prompt: str


class LiteLLMClient:
    """A `TextClient` for the models in `entries`; `llm.name` says which one is meant."""

    def __init__(self, entries: Sequence[LLMEntry]) -> None:
        self._entries = {entry.llm.name: entry for entry in entries}
        self._models = {entry.llm.name: _model(entry) for entry in entries}

    async def brief(
        self, llm: LLM, messages: Sequence[Message], seed: int, rules: BriefRules
    ) -> Brief:
        """Ask once and parse the answer.

        Raises:
            AdapterError: with the kind that names what went wrong. An error of an answer that
                was paid for carries its cost.
        """
        with boundary(f"calling {llm.name}"):
            entry = self._entries[llm.name]
            started = monotonic()
            reply, usage = await self._ask(entry, messages, seed, rules)
            return _brief(entry, reply, usage, rules, monotonic() - started)

    async def _ask(
        self, entry: LLMEntry, messages: Sequence[Message], seed: int, rules: BriefRules
    ) -> tuple[Reply, Usage | None]:
        model = self._models[entry.llm.name]
        if isinstance(model, Plugged):
            return await model.ask(messages, seed), None
        custom.install(await runtime.load())
        got = await model.ask(
            [{"role": m.role, "content": m.content} for m in messages],
            seed,
            BriefSchema,
            {"title_max": rules.title_max} if entry.llm.baseline else None,
        )
        usage = response.usage_of(got)
        try:
            return response.reply_of(got), usage
        except AdapterError as error:
            error.cost_usd = _cost(entry, usage)
            raise

    async def close(self) -> None:
        """Close the connections of all of LiteLLM in this process."""
        await runtime.close()


def _model(entry: LLMEntry) -> Chat | Plugged:
    if is_plugged(entry.llm.model):
        return Plugged(entry.llm.model, _timeout(entry))
    return Chat(_endpoint(entry))


def _timeout(entry: LLMEntry) -> float:
    """Seconds for a whole answer."""
    return float(cast("float", entry.transport.get("timeout", _TIMEOUT)))


def _endpoint(entry: LLMEntry) -> Endpoint:
    params = {name: value for name, value in entry.llm.params.items() if name != _SCHEMA}
    transport = {name: value for name, value in entry.transport.items() if name != "timeout"}
    return Endpoint(
        model=entry.llm.model,
        api_base=str(params.pop("api_base", "")),
        params={**transport, **params},
        timeout=_timeout(entry),
        response_schema=entry.response_schema,
    )


def _brief(
    entry: LLMEntry, reply: Reply, usage: Usage | None, rules: BriefRules, seconds: float
) -> Brief:
    cost = _cost(entry, usage)
    try:
        parsed = answer.parse(reply, rules)
    except AdapterError as error:
        error.cost_usd = cost
        error.answer = cleaning.storable(reply.content[:_SHOWN_AGAIN])
        raise
    return Brief(
        title=parsed.title,
        cover_prompt=parsed.cover_prompt,
        video_prompt=parsed.video_prompt,
        raw=cleaning.storable(reply.content[: answer.MAX_RAW]),
        breaches=parsed.breaches,
        reasoning=cleaning.storable(_reasoning(reply)[: answer.MAX_RAW]),
        usage=usage or Usage(),
        cost_usd=cost,
        seconds=seconds,
    )


def _reasoning(reply: Reply) -> str:
    """The model's thinking as the API gave it, or what it wrote between tags before its answer."""
    return reply.reasoning or cleaning.thoughts(reply.content)


def _cost(entry: LLMEntry, usage: Usage | None) -> float | None:
    """USD of a call: unknown without a price, and without a count of what was used."""
    if entry.llm.baseline:
        return 0.0
    return entry.price.cost(usage) if entry.price and usage else None
