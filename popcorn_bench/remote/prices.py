"""What calls cost, and what else LiteLLM's table knows of a model, without importing LiteLLM.

The table ships inside the LiteLLM package as JSON (USD per token, limits, end dates). Reading it
takes some 60 ms once; importing LiteLLM takes seconds.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from popcorn_bench.remote.providers import KEYLESS, provider_of
from popcorn_bench.types import Usage

_FILE = "model_prices_and_context_window_backup.json"
_MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class Price:
    """USD per million tokens that go in and that come out."""

    input: float
    output: float

    def cost(self, usage: Usage) -> float:
        """USD of one call, without discounts for cached tokens."""
        paid = usage.prompt_tokens * self.input + usage.completion_tokens * self.output
        return paid / _MILLION


FREE = Price(0.0, 0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFacts:
    """What LiteLLM's table says of a model; None or '' where it says nothing."""

    price: Price | None = None
    context: int | None = None
    response_schema: bool | None = None
    vision: bool | None = None
    ends: str = ""

    def ended(self, today: date | None = None) -> bool:
        """Whether the provider's end date has passed."""
        day = today or datetime.now(UTC).date()
        return bool(self.ends) and self.ends <= day.isoformat()


def facts(model: str) -> ModelFacts | None:
    """What is known of the LiteLLM string `model`; None if it is not in the table."""
    row = _row(model)
    if row is None:
        return None
    return ModelFacts(
        price=_price(model, row),
        context=_whole(row.get("max_input_tokens")),
        response_schema=_flag(row.get("supports_response_schema")),
        vision=_flag(row.get("supports_vision")),
        ends=_text(row.get("deprecation_date")),
    )


def cost(llm_model: str, usage: Usage) -> float | None:
    """USD of one call of the LiteLLM string `llm_model` by the table; None where unknown."""
    known = facts(llm_model)
    return known.price.cost(usage) if known and known.price else None


def listed(model: str) -> Mapping[str, object]:
    """The row of a model as it stands in the table; empty where there is none."""
    return _row(model) or {}


def _row(model: str) -> Mapping[str, object] | None:
    """The row of a model; the table names those of a few providers without their prefix."""
    table = _table()
    if model in table:
        return table[model]
    provider, _, bare = model.partition("/")
    row = table.get(bare)
    return row if row and _text(row.get("litellm_provider")).startswith(provider) else None


def _price(model: str, row: Mapping[str, object]) -> Price | None:
    """The price of the smallest tier; briefs never reach the next one.

    The table holds 0 for many hosted models whose price it lacks, so 0 is believed only where the
    model runs on one's own machine.
    """
    tiers = row.get("tiered_pricing")
    if isinstance(tiers, list) and tiers and isinstance(tiers[0], Mapping):
        row = tiers[0]
    paid = row.get("input_cost_per_token"), row.get("output_cost_per_token")
    into, out = (float(p) * _MILLION if isinstance(p, int | float) else None for p in paid)
    if into is None or out is None:
        return None
    known = into > 0 or out > 0 or provider_of(model) in KEYLESS
    return Price(round(into, 9), round(out, 9)) if known else None


@cache
def _table() -> Mapping[str, Mapping[str, object]]:
    """LiteLLM's table, empty where LiteLLM is not installed or has moved its file."""
    spec = find_spec("litellm")
    if spec is None or spec.origin is None:
        return {}
    try:
        rows = json.loads((Path(spec.origin).parent / _FILE).read_bytes())
    except (OSError, ValueError):
        return {}
    return {name: row for name, row in rows.items() if isinstance(row, dict)}


def _whole(value: object) -> int | None:
    return int(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _flag(value: object) -> bool | None:
    return value if isinstance(value, bool) else None


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
