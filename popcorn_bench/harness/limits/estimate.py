"""How large a call will be: what a budget sets aside for it before it is sent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from popcorn_bench.generators.llm.catalog import LLMEntry
from popcorn_bench.generators.retrieval.prompt import tokens
from popcorn_bench.types import Message, Usage

_MILLION = 1_000_000
_ANSWER = 400.0  # tokens of three fields of a few sentences
_LONG_ANSWER = 4_000  # tokens, before enough answers were seen
_ENOUGH = 8  # answers, to know how long they get
_SAFETY = 2.0  # times the longest
_FORM = 200  # tokens around the messages: roles, schema
_BOUNDS = ("max_completion_tokens", "max_tokens")


@dataclass(slots=True)
class CallSize:
    """Money and tokens of the next call to an LLM.

    The request is known but for its tokenizer: twice the estimate is set aside. The answer is
    bounded where the LLM is called with `max_tokens`; elsewhere twice the dearest one so far is
    set aside, and at least 4,000 tokens before eight answers were seen.
    """

    entry: LLMEntry
    _seen: int = 0
    _mean: float = _ANSWER
    _dearest_usd: float = 0.0

    def usd(self, messages: Sequence[Message]) -> float:
        """USD to set aside; 0 where the price is unknown or nothing."""
        price = self.entry.price
        if price is None:
            return 0.0
        asked = _SAFETY * _tokens(messages) + _FORM
        return asked * price.input / _MILLION + self._answer_usd(price.output)

    def tokens(self, messages: Sequence[Message]) -> int:
        """Tokens of request and answer, as a limit per minute will count them."""
        return _tokens(messages) + round(self._mean)

    def saw(self, messages: Sequence[Message], cost_usd: float | None, usage: Usage | None) -> None:
        """Learn from an answer that came."""
        if usage and usage.completion_tokens:
            self._mean += (usage.completion_tokens - self._mean) / (self._seen + 1)
        if cost_usd is None or self.entry.price is None:
            return
        self._seen += 1
        asked = _tokens(messages) * self.entry.price.input / _MILLION
        self._dearest_usd = max(self._dearest_usd, cost_usd - asked)

    def _answer_usd(self, usd_per_million: float) -> float:
        bounds = (self.entry.llm.params.get(name) for name in _BOUNDS)
        bound = next((value for value in bounds if isinstance(value, int)), None)
        if bound is not None:
            return bound * usd_per_million / _MILLION
        unseen = _LONG_ANSWER * usd_per_million / _MILLION if self._seen < _ENOUGH else 0.0
        return max(unseen, _SAFETY * self._dearest_usd)


@dataclass(slots=True)
class Largest:
    """The next amount, from what is known beforehand and the largest so far; None is unknown.

    Args:
        prior: as known beforehand.
        safety: how many times the largest that was seen is set aside.
    """

    prior: float | None = None
    safety: float = 1.0
    _largest: float | None = None

    def next(self) -> float | None:
        """What to set aside."""
        if self._largest is None:
            return self.prior
        return max(self.prior or 0.0, self.safety * self._largest)

    def saw(self, amount: float | None) -> None:
        """Learn from one that has ended."""
        if amount is not None:
            self._largest = max(self._largest or 0.0, amount)


def _tokens(messages: Sequence[Message]) -> int:
    return sum(tokens(message.content) for message in messages)
