"""The baselines as a provider of LiteLLM, called like any other model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from types import ModuleType

from popcorn_bench.generators.llm import baselines
from popcorn_bench.remote.providers import BASELINES
from popcorn_bench.remote.response import Response


def install(litellm: ModuleType) -> None:
    """Make LiteLLM know the baselines, once."""
    if any(item["provider"] == BASELINES for item in litellm.custom_provider_map):
        return
    handler = litellm.CustomLLM()
    handler.acompletion = partial(_answer, litellm)
    litellm.custom_provider_map.append({"provider": BASELINES, "custom_handler": handler})


async def _answer(
    litellm: ModuleType,
    *,
    model: str,
    messages: Sequence[Mapping[str, str]],
    model_response: Response,
    optional_params: Mapping[str, int],
    **_: object,
) -> Response:
    """Answer as `popcorn/echo` or `popcorn/template`."""
    said = [m["content"] for m in messages if m["role"] == "user"]
    seed, title_max = optional_params["seed"], optional_params["title_max"]
    text = baselines.write(model, said[-1] if said else "", seed, title_max)
    model_response.choices[0].message.content = text
    model_response.usage = litellm.Usage()
    return model_response
