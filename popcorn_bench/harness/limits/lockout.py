"""A refused key is refused for every call: the first one tells, the others are not sent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from popcorn_bench.errors import AdapterError
from popcorn_bench.harness.limits.faults import Fault, fault_of
from popcorn_bench.harness.limits.leaving import NotSentError


@dataclass(slots=True)
class Lockout:
    """Whether the key of an LLM, generator or evaluator was refused; `note` tells people once."""

    who: str
    note: Callable[[str], None]
    _reason: str = ""

    def check(self) -> None:
        """Pass, or fail at once.

        Raises:
            NotSentError: `authentication`, with the words of the first refusal.
        """
        if self._reason:
            raise NotSentError("authentication", self._reason)

    def look(self, error: AdapterError) -> None:
        """Learn from a failed call."""
        if fault_of(error) is Fault.AUTHENTICATION and not self._reason:
            self._reason = error.message
            self.note(f"{self.who}: {error.message}; its other units are not sent")
