"""Partners of a run that answer at once: what is left is the harness itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256

from popcorn_bench.errors import AdapterError
from popcorn_bench.generators.protocol import MediaRequest
from popcorn_bench.harness.worker import AuditRequest, ScoreRequest
from popcorn_bench.results.artifacts import ArtefactStore
from popcorn_bench.types import (
    LLM,
    Artefact,
    Audit,
    Brief,
    BriefRules,
    Generator,
    Message,
    Score,
    Stage,
    Usage,
)

Fault = Callable[[Stage, str], AdapterError | None]


def no_fault(_stage: Stage, _text: str) -> AdapterError | None:
    return None


@dataclass(slots=True)
class InstantClient:
    """Writes a brief from the seed; `fault` may refuse by the LLM's name."""

    fault: Fault = no_fault
    calls: Counter[str] = field(default_factory=Counter)

    async def brief(
        self, llm: LLM, messages: Sequence[Message], seed: int, rules: BriefRules
    ) -> Brief:
        self.calls[llm.name] += 1
        error = self.fault(Stage.BRIEF, messages[-1].content)
        if error:
            raise error
        text = f"{llm.name} {seed}"
        return Brief(
            title=text[: rules.title_max],
            cover_prompt=text,
            video_prompt=text,
            usage=Usage(prompt_tokens=1, completion_tokens=1),
            cost_usd=0.001,
        )

    async def close(self) -> None:
        pass


@dataclass(slots=True)
class InstantExecutor:
    """Makes clips of a few bytes and scores from hashes."""

    store: ArtefactStore
    metrics: dict[str, tuple[str, ...]]
    fault: Fault = no_fault
    made: Counter[str] = field(default_factory=Counter)
    drawn: Counter[str] = field(default_factory=Counter)
    judged: Counter[str] = field(default_factory=Counter)
    audited: Counter[str] = field(default_factory=Counter)

    async def make(self, generator: Generator, request: MediaRequest) -> Artefact:
        is_cover = generator.adapter == "keyframe"
        (self.drawn if is_cover else self.made)[generator.name] += 1
        error = self.fault(Stage.COVER if is_cover else Stage.VIDEO, request.prompt)
        if error:
            raise error
        content = f"{generator.adapter} {generator.name} {request}".encode()
        digest = sha256(content).hexdigest()
        path = self.store.path(digest, ".mp4")
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        return Artefact(sha256=digest, suffix=".mp4", bytes=len(content), width=2, height=2)

    def drop_waiting(self) -> None:
        pass

    async def audit(self, evaluator: str, request: AuditRequest) -> Audit:
        self.audited[evaluator] += len(request.samples)
        error = self.fault(Stage.AUDIT, evaluator)
        if error:
            raise error
        return Audit()

    async def judge(self, evaluator: str, request: ScoreRequest) -> tuple[Score, ...]:
        self.judged[evaluator] += 1
        error = self.fault(Stage.SCORE, request.title)
        if error:
            raise error
        seen = f"{request.title} {request.video.sha256 if request.video else ''}"
        value = int(sha256(seen.encode()).hexdigest()[:4], 16) / 65536
        return tuple(Score(metric=name, value=value) for name in self.metrics[evaluator])
