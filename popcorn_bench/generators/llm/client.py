"""Calls language models through LiteLLM: one request, one answer, one brief."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping, Sequence
from time import monotonic
from types import ModuleType
from typing import cast

from pydantic import BaseModel

from popcorn_bench.errors import AdapterError, boundary
from popcorn_bench.generators.llm import answer, cleaning, faults, providers, response, runtime
from popcorn_bench.generators.llm.catalog import LLMEntry
from popcorn_bench.generators.llm.response import Response
from popcorn_bench.types import JSON, LLM, Brief, BriefRules, Message, Usage

_TIMEOUT = 300.0
_NO_KEY = "none"  # a server of one's own asks for no key, but its client wants one
_SCHEMA = "response_schema"


class BriefSchema(BaseModel):
    """The JSON object that is asked for."""

    title: str
    cover_prompt: str
    video_prompt: str


class LiteLLMClient:
    """A `TextClient` for the models in `entries`; it is known by `llm.name` which one is meant.

    It never tries again by itself, with one exception: an endpoint that refuses answers by
    schema is asked once more without, and from then on always so.
    """

    def __init__(self, entries: Sequence[LLMEntry]) -> None:
        self._entries = {entry.llm.name: entry for entry in entries}
        self._schema: dict[str, bool] = {}
        self._litellm: ModuleType | None = None

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
            self._litellm = litellm = self._litellm or await runtime.load()
            started = monotonic()
            got = await self._ask(litellm, entry, _request(entry, messages, seed, rules))
            return _brief(entry, got, rules, monotonic() - started)

    async def close(self) -> None:
        """Close the connections of all of LiteLLM in this process."""
        await runtime.close()

    async def _ask(
        self, litellm: ModuleType, entry: LLMEntry, request: Mapping[str, object]
    ) -> Response:
        if self._wants_schema(litellm, entry):
            try:
                return await _call(litellm, {**request, "response_format": BriefSchema})
            except Exception as error:
                if not faults.refuses_schema(error):
                    raise _fault(error, entry) from error
        try:
            got = await _call(litellm, request)
        except Exception as error:
            raise _fault(error, entry) from error
        # Only success without the schema shows that the schema was at fault.
        self._schema[entry.llm.name] = False
        return got

    def _wants_schema(self, litellm: ModuleType, entry: LLMEntry) -> bool:
        name = entry.llm.name
        if name not in self._schema:
            known = entry.response_schema
            model = entry.llm.model
            self._schema[name] = (
                bool(litellm.supports_response_schema(model)) if known is None else known
            )
        return self._schema[name]


async def _call(litellm: ModuleType, request: Mapping[str, object]) -> Response:
    """Ask; LiteLLM's timeout is for each read of the socket, ours for the whole answer."""
    limit = float(cast("float", request["timeout"]))
    try:
        async with asyncio.timeout(limit):
            return cast("Response", await litellm.acompletion(**request))
    except TimeoutError as error:
        raise AdapterError("timeout", f"no answer in {limit:g} s", retriable=True) from error


def _request(
    entry: LLMEntry, messages: Sequence[Message], seed: int, rules: BriefRules
) -> dict[str, object]:
    params = {name: value for name, value in entry.llm.params.items() if name != _SCHEMA}
    return {
        "model": entry.llm.model,
        "messages": [{"role": m.role, "content": m.content} for m in messages],
        "seed": seed,
        "timeout": _TIMEOUT,
        "max_retries": 0,
        "num_retries": 0,
        **entry.transport,
        **params,
        **_own(entry, params, rules),
    }


def _own(entry: LLMEntry, params: Mapping[str, JSON], rules: BriefRules) -> dict[str, object]:
    """What only some models are told: baselines the title's limit, keyless servers a dummy key."""
    if entry.llm.baseline:
        return {"title_max": rules.title_max}
    keyless = "api_base" in params and not providers.has_key(entry.llm.model, os.environ)
    return {"api_key": _NO_KEY} if keyless else {}


def _fault(error: Exception, entry: LLMEntry) -> Exception:
    return faults.fault(error, entry.llm.model) or error


def _brief(entry: LLMEntry, got: Response, rules: BriefRules, seconds: float) -> Brief:
    usage = response.usage_of(got)
    cost = _cost(entry, usage)
    reply = response.reply_of(got)
    try:
        parsed = answer.parse(reply, rules)
    except AdapterError as error:
        error.cost_usd = cost
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


def _reasoning(reply: answer.Reply) -> str:
    """The model's thinking as the API gave it, or what it wrote between tags before its answer."""
    return reply.reasoning or cleaning.thoughts(reply.content)


def _cost(entry: LLMEntry, usage: Usage | None) -> float | None:
    """USD of a call: unknown without a price, and without a count of what was used."""
    if entry.llm.baseline:
        return 0.0
    return entry.price.cost(usage) if entry.price and usage else None
