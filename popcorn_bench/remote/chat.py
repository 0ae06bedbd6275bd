"""Asks one model through LiteLLM: one request, one answer, never tried again in here."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import ModuleType
from typing import TypeAlias, cast

from pydantic import BaseModel

from popcorn_bench.errors import AdapterError
from popcorn_bench.remote import faults, providers, runtime
from popcorn_bench.remote.response import Response
from popcorn_bench.types import JSON

NO_KEY = "none"  # a server of one's own asks for no key, but its client wants one

ChatMessage: TypeAlias = Mapping[str, JSON]


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """A model and how it is called.

    `model` is the LiteLLM string, `params` go into every request, `timeout` is in seconds for a
    whole answer, and `response_schema` None means that LiteLLM's table decides whether the model
    is asked by schema.
    """

    model: str
    api_base: str = ""
    params: Mapping[str, JSON] = field(default_factory=dict)
    timeout: float = 300.0
    response_schema: bool | None = None


class Chat:
    """One model at one endpoint.

    It never tries again by itself, with one exception: an endpoint that refuses answers by schema
    is asked once more without, and from then on always so.
    """

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._by_schema = endpoint.response_schema

    async def ask(
        self,
        messages: Sequence[ChatMessage],
        seed: int,
        schema: type[BaseModel],
        extra: Mapping[str, JSON] | None = None,
    ) -> Response:
        """Ask once for an answer of the form `schema`; whether it is one is for the caller.

        Args:
            messages: the chat.
            seed: of this answer.
            schema: what is asked for.
            extra: parameters of this request alone.

        Raises:
            AdapterError: with the kind that names what went wrong.
        """
        litellm = await runtime.load()
        request = {**self._request(messages, seed), **(extra or {})}
        try:
            if self._wants_schema(litellm):
                try:
                    return await self._call(litellm, {**request, "response_format": schema})
                except Exception as error:
                    if not faults.refuses_schema(error):
                        raise
            got = await self._call(litellm, request)
        except Exception as error:
            raise faults.fault(error, self._endpoint.model) or error from error
        self._by_schema = False  # only success without it shows that the schema was at fault
        return got

    def _wants_schema(self, litellm: ModuleType) -> bool:
        if self._by_schema is None:
            self._by_schema = bool(litellm.supports_response_schema(self._endpoint.model))
        return self._by_schema

    def _request(self, messages: Sequence[ChatMessage], seed: int) -> dict[str, object]:
        asked = self._endpoint
        given = {name: value for name, value in asked.params.items() if value is not None}
        where = {"api_base": asked.api_base} if asked.api_base else {}
        keyless = asked.api_base and not providers.has_key(asked.model, os.environ)
        return {
            "model": asked.model,
            "messages": list(messages),
            "seed": seed,
            "timeout": asked.timeout,
            "max_retries": 0,
            "num_retries": 0,
            **given,
            **where,
            **({"api_key": NO_KEY} if keyless else {}),
        }

    async def _call(self, litellm: ModuleType, request: Mapping[str, object]) -> Response:
        """Ask; LiteLLM's timeout is for each read of the socket, ours for the whole answer."""
        limit = self._endpoint.timeout
        try:
            async with asyncio.timeout(limit):
                return cast("Response", await litellm.acompletion(**request))
        except TimeoutError as error:
            raise AdapterError("timeout", f"no answer in {limit:g} s", retriable=True) from error
