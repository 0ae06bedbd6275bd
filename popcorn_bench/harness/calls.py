"""The calls of a run: each passes its lane and the budget, in that order, and is then made.

    retry -> key -> pace -> window -> breaker -> budget -> the call

`retry` stands outside (see `retry.py`), so that every attempt passes all of it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from functools import partial
from time import monotonic

from popcorn_bench.errors import AdapterError
from popcorn_bench.evaluators.catalog import asks
from popcorn_bench.generators.machine import devices
from popcorn_bench.generators.media_catalog import MediaEntry
from popcorn_bench.generators.protocol import MediaRequest, TextClient
from popcorn_bench.generators.retrieval.copying import copying
from popcorn_bench.harness.asking import ASKED_AGAIN, asked_again
from popcorn_bench.harness.budget import Budget
from popcorn_bench.harness.executors.protocol import Executor, Scores
from popcorn_bench.harness.ledger import cost_of
from popcorn_bench.harness.limits.estimate import CallSize, Largest
from popcorn_bench.harness.limits.faults import may_be_billed
from popcorn_bench.harness.limits.lane import lanes
from popcorn_bench.harness.limits.lockout import Lockout
from popcorn_bench.harness.limits.terms import stated
from popcorn_bench.harness.plan import BriefJob, RunPlan
from popcorn_bench.harness.pool import ITEM_SECONDS
from popcorn_bench.harness.worker import ScoreRequest
from popcorn_bench.types import Artefact, Brief, EvaluatorCard

_HOUR = 3600.0
_GPU_SAFETY = 1.5  # clips of one generator take about the same time
_SCORE_SAFETY = 2.0  # answers of a judge differ more


class Calls:
    """Calls LLMs, generators and evaluators of one plan within the limits of its spec.

    All raise `AdapterError` for a unit that failed, and `LeftOutError` for one that was not begun
    because the run stops or a budget is reached.
    """

    def __init__(
        self,
        plan: RunPlan,
        client: TextClient,
        executor: Executor,
        stop: asyncio.Event,
        note: Callable[[str], None],
    ) -> None:
        spec = plan.spec
        self._plan, self._client, self._executor = plan, client, executor
        self.money = Budget(spec.budget)
        self.gpu = Budget(None if spec.max_gpu_hours is None else spec.max_gpu_hours * _HOUR)
        self._lanes = lanes(plan.llms, spec.max_connections, stop, note)
        self._sizes = {entry.llm.name: CallSize(entry) for entry in plan.llms}
        makers = [*plan.videos, *filter(None, [plan.cover])]
        self._makers = {_id(maker): _maker(maker, note) for maker in makers}
        self._judges = {card.name: _judge(plan, card, note) for card in plan.evaluators}
        has_gpu = spec.device != "cpu" if spec.executor == "ray" else bool(devices(spec.device))
        self.asking = frozenset(name for name, known in self._judges.items() if known.paid)
        self._has_gpu = spec.max_gpu_hours is not None and has_gpu

    def close(self) -> None:
        """Begin nothing more; who waits is left out."""
        for lane in self._lanes.values():
            lane.window.close()
        self.money.close()
        self.gpu.close()

    def reached(self) -> str:
        """Which budget is reached, in words; '' while none is."""
        if self.money.reached:
            return (
                f"the budget is reached: ${self.money.taken:.4f} of ${self.money.limit:.2f}"
                f"{self._presumed()}; the same with a higher --budget goes on"
            )
        if self.gpu.reached:
            return (
                f"the GPU time is reached: {self.gpu.taken / _HOUR:.2f} of "
                f"{(self.gpu.limit or 0) / _HOUR:.2f} h; the same with more --max-gpu-hours goes on"
            )
        return ""

    def _presumed(self) -> str:
        usd = self.money.presumed
        return f" (${usd:.4f} of it for calls that may be billed without an answer)" if usd else ""

    async def brief(self, job: BriefJob, last: AdapterError | None) -> Brief:
        """Ask an LLM; it is shown what was wrong with its `last` answer, if that was malformed."""
        llm, size = job.entry.llm, self._sizes[job.entry.llm.name]
        lane = self._lanes[llm.name]
        messages, again = asked_again(job.prompt.messages, last)
        ask = partial(self._client.brief, llm, messages, job.seed, job.task.rules)
        paid = partial(self.money.spend, partial(size.usd, messages), ask, cost_of, _cost)
        expected = size.tokens(messages)
        try:
            brief = await lane.call(paid, expected)
        except AdapterError as error:
            size.saw(messages, error.cost_usd, None)
            raise
        size.saw(messages, brief.cost_usd, brief.usage)
        used = brief.usage.prompt_tokens + brief.usage.completion_tokens
        lane.tokens.correct(expected, used or expected)
        return _with_references(job, brief, (ASKED_AGAIN,) if again else ())

    async def make(self, entry: MediaEntry, request: MediaRequest) -> Artefact:
        """Have a clip or a cover made."""
        known = self._makers[_id(entry)]
        on_gpu = entry.on_gpu and self._has_gpu
        clock = _Clock()
        made = partial(clock.timed, partial(self._made, entry, known.key, request))
        paid = partial(
            self.money.spend, known.usd.next if known.paid else _nothing, made, _usd_of, _cost
        )
        artefact = await self.gpu.spend(
            known.seconds.next if on_gpu else _nothing,
            paid,
            _seconds_of,
            partial(clock.lost, known.seconds.next),
        )
        known.seconds.saw(artefact.made_seconds)
        known.usd.saw(artefact.cost_usd)
        return artefact

    async def judge(self, card: EvaluatorCard, request: ScoreRequest) -> Scores:
        """Have a sample scored."""
        known = self._judges[card.name]
        judged = partial(self._judged, card, known.key, request)
        estimate = known.usd.next if known.paid else _nothing
        scores = await self.money.spend(estimate, judged, _scores_usd, _cost)
        known.usd.saw(_scores_usd(scores))
        return scores

    async def _made(self, entry: MediaEntry, key: Lockout, request: MediaRequest) -> Artefact:
        key.check()
        try:
            artefact = await self._executor.make(entry.generator, request)
        except AdapterError as error:
            key.look(error)
            raise
        price = stated(self._plan.spec.price, entry.generator.name)
        if price is None or artefact.cost_usd:
            return artefact  # its provider said what it cost, or nobody did
        return replace(artefact, cost_usd=price)

    async def _judged(self, card: EvaluatorCard, key: Lockout, request: ScoreRequest) -> Scores:
        key.check()
        try:
            scores = await self._executor.judge(card.name, request)
        except AdapterError as error:
            key.look(error)
            raise
        price = stated(self._plan.spec.price, card.name)
        if price is None or _scores_usd(scores) is not None:
            return scores
        return (replace(scores[0], cost_usd=price), *scores[1:])


@dataclass(frozen=True, slots=True)
class _Known:
    """What a run knows of a generator or evaluator: whether its key holds, and what it takes."""

    key: Lockout
    usd: Largest
    paid: bool
    seconds: Largest = field(default_factory=Largest)


@dataclass(slots=True)
class _Clock:
    """Seconds since a call was begun."""

    _began: float | None = None

    async def timed(self, call: Callable[[], Awaitable[Artefact]]) -> Artefact:
        self._began = monotonic()
        return await call()

    def lost(self, longest: Callable[[], float | None], error: AdapterError) -> float:
        """What a failed call took at most; nothing, where it was not begun.

        Most of its time it may have waited for others at the device: it counts as the `longest`
        clip, or as the longest wait for a process that hung or died.
        """
        passed = 0.0 if self._began is None else monotonic() - self._began
        most = ITEM_SECONDS if may_be_billed(error) else longest()
        return passed if most is None else min(passed, most)


def _id(entry: MediaEntry) -> tuple[str, str]:
    """A cover's and a clip's generator may have one name."""
    return entry.generator.name, entry.generator.adapter


def _maker(entry: MediaEntry, note: Callable[[str], None]) -> _Known:
    return _Known(
        key=Lockout(entry.generator.name, note),
        usd=Largest(entry.usd_per_clip),
        paid=entry.paid,
        seconds=Largest(entry.seconds_per_clip, _GPU_SAFETY),
    )


def _judge(plan: RunPlan, card: EvaluatorCard, note: Callable[[str], None]) -> _Known:
    prior = stated(plan.spec.price, card.name)
    paid = asks(card) is not None
    return _Known(key=Lockout(card.name, note), usd=Largest(prior, _SCORE_SAFETY), paid=paid)


def _with_references(job: BriefJob, brief: Brief, more: tuple[str, ...]) -> Brief:
    """The brief with what is known of how it was asked for."""
    brief = replace(brief, breaches=(*brief.breaches, *more)) if more else brief
    found = job.prompt.found
    if found is None:
        return brief
    return replace(
        brief,
        references=tuple(reference.id for reference in found.references),
        copying=copying(brief.title, found.references),
    )


def _nothing() -> float:
    return 0.0


def _cost(error: AdapterError) -> float | None:
    return error.cost_usd


def _usd_of(artefact: Artefact) -> float | None:
    return artefact.cost_usd


def _seconds_of(artefact: Artefact) -> float | None:
    return artefact.made_seconds


def _scores_usd(scores: Scores) -> float | None:
    """USD of a sample's scores; None where nobody said."""
    known = [score.cost_usd for score in scores if score.cost_usd is not None]
    return sum(known) if known else None
