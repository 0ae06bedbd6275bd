"""What a service needs before it can be called, and until when its model is there."""

from __future__ import annotations

import os
from collections.abc import Collection
from datetime import UTC, date, datetime, timedelta

from popcorn_bench.generators.remote_media.settings import Common
from popcorn_bench.remote import providers
from popcorn_bench.remote.prices import ModelFacts, facts

_SOON = timedelta(days=90)


def missing(told: Common, known: Collection[str] = ()) -> list[str]:
    """In short phrases: the key, the endpoint, the model that its provider has ended.

    Args:
        told: the settings.
        known: the providers that can be called at all; empty where that is not known.
    """
    found = [providers.missing(told.model, told.api_base, os.environ), _bad_address(told)]
    if known and told.provider not in known:
        found.append(f"LiteLLM has no video endpoint for {told.provider}")
    ends = _table(told)
    if ends.ended():
        found.append(f"its provider ended it on {ends.ends}")
    return [text for text in found if text]


def remarks(told: Common, today: date | None = None) -> list[str]:
    """A warning where the provider will end the model within 90 days, by LiteLLM's table."""
    ends, day = _table(told), today or datetime.now(UTC).date()
    if not ends.ends or ends.ended(day) or ends.ends > (day + _SOON).isoformat():
        return []
    return [f"its provider will end it on {ends.ends}"]


def _table(told: Common) -> ModelFacts:
    """What the table says; it speaks for the provider's own endpoint only."""
    return ModelFacts() if told.is_elsewhere else facts(told.model) or ModelFacts()


def _bad_address(told: Common) -> str:
    variable, url = providers.address(told.model, os.environ)
    fault = providers.address_fault(url) if url and not told.api_base else ""
    return f"{variable} {fault}" if fault else ""
