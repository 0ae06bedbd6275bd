"""What a run asks of an executor."""

from __future__ import annotations

from typing import Protocol

from popcorn_bench.generators.protocol import MediaRequest
from popcorn_bench.harness.worker import AuditRequest, ScoreRequest
from popcorn_bench.types import Artefact, Audit, Generator, Score

Scores = tuple[Score, ...]


class Executor(Protocol):
    """Makes media and scores somewhere; all raise `AdapterError` for a unit that failed."""

    async def make(self, generator: Generator, request: MediaRequest) -> Artefact:
        """One clip or cover by a generator of the plan."""
        ...

    async def judge(self, evaluator: str, request: ScoreRequest) -> Scores:
        """The scores of one sample by the evaluator of that name."""
        ...

    async def audit(self, evaluator: str, request: AuditRequest) -> Audit:
        """What the scores of the evaluator of that name hang on."""
        ...

    def drop_waiting(self) -> None:
        """Cancel what has not begun."""
        ...
