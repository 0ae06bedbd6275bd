from __future__ import annotations

from datetime import date

import pytest

from popcorn_bench.remote import runtime
from popcorn_bench.remote.prices import ModelFacts, Price, cost, facts
from popcorn_bench.types import Usage


async def test_a_cost_is_what_litellm_itself_would_say() -> None:
    litellm = await runtime.load()
    usage = Usage(prompt_tokens=1200, completion_tokens=340)
    for model in ("openai/gpt-4o-2024-08-06", "deepinfra/deepseek-ai/DeepSeek-R1"):
        into, out = litellm.cost_per_token(model=model, prompt_tokens=1200, completion_tokens=340)
        assert cost(model, usage) == pytest.approx(into + out)


@pytest.mark.parametrize("model", ["openai/mock", "nobody/x", "gpt", "", "/", "dashscope/gpt-4o"])
def test_an_unknown_model_has_no_cost(model: str) -> None:
    assert facts(model) is None
    assert cost(model, Usage(prompt_tokens=1)) is None


def test_zero_in_the_table_is_believed_only_of_ones_own_machine() -> None:
    assert cost("cohere/command-a-plus-05-2026", Usage(prompt_tokens=1)) is None
    assert cost("ollama/llama3", Usage(prompt_tokens=1)) == 0


def test_a_tiered_price_is_that_of_its_first_tier() -> None:
    known = facts("dashscope/qwen3-max-2026-01-23")
    assert known is not None
    assert known.price == Price(1.2, 6)
    assert known.context == 258048


def test_facts_hold_what_the_table_says() -> None:
    known = facts("openai/gpt-4o-2024-08-06")
    assert known is not None
    assert known.response_schema is True
    assert known.ends == "2027-01-14"
    assert not known.ended(date(2027, 1, 13))
    assert known.ended(date(2027, 1, 14))
    assert not ModelFacts().ended()
